#include "wire/kit.h"

#include <string.h>

#include "wire/seal.h"

#define CONTEXT_KIT "tocsin/v1/kit"

bool kit_valid(const char *kit)
{
    size_t size = strlen(kit);

    return size >= 1 && size <= KIT_MAX &&
           strspn(kit, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                       "0123456789-") == size;
}

char *kit_upper(char out[KIT_MAX + 1], const char *kit)
{
    size_t i;

    for (i = 0; i < KIT_MAX && kit[i] != '\0'; i++)
        out[i] = kit[i] >= 'a' && kit[i] <= 'z' ? (char)(kit[i] - 'a' + 'A')
                                                : kit[i];
    out[i] = '\0';
    return out;
}

void kit_digest(uint8_t out[KIT_DIGEST_SIZE], const char *kit)
{
    uint8_t bytes[sizeof CONTEXT_KIT + KIT_MAX];
    char upper[KIT_MAX + 1];
    uint8_t hash[32];
    size_t size = strlen(kit_upper(upper, kit));

    memcpy(bytes, CONTEXT_KIT, sizeof CONTEXT_KIT); /* with its zero */
    memcpy(bytes + sizeof CONTEXT_KIT, upper, size);
    hash_bytes(hash, bytes, sizeof CONTEXT_KIT + size);
    memcpy(out, hash, KIT_DIGEST_SIZE);
}
