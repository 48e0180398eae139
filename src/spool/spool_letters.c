/* What a handheld has signed, as it lies on the disk: a byte with the size of
 * the signature, the signature, what is signed; sealed for its row's device and
 * id. */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "spool/inside.h"

#define NAME_ROOM (ID_MAX + 1 + 16)
#define SIGNATURE_MAX 255

static struct rest_name name_of(const struct fate *fate,
                                uint8_t room[NAME_ROOM])
{
    size_t size = strlen(fate->device) + 1;

    memcpy(room, fate->device, size);
    memcpy(room + size, fate->answer_id, sizeof fate->answer_id);
    return (struct rest_name){room, size + sizeof fate->answer_id};
}

uint8_t *letter_seal(const struct spool *spool, const struct fate *fate,
                     const Tocsin__V1__SignedAnswer *answer, size_t *size)
{
    size_t plain_size = 1 + answer->signature.len + answer->content.len;
    uint8_t *plain = must_calloc(1, plain_size);
    uint8_t room[NAME_ROOM];
    uint8_t *sealed;

    REQUIRE(answer->signature.len <= SIGNATURE_MAX);
    plain[0] = (uint8_t)answer->signature.len;
    if (answer->signature.len > 0)
        memcpy(plain + 1, answer->signature.data, answer->signature.len);
    if (answer->content.len > 0)
        memcpy(plain + 1 + answer->signature.len, answer->content.data,
               answer->content.len);
    *size = plain_size + REST_OVERHEAD;
    sealed = must_calloc(1, *size);
    rest_seal(sealed, spool->key, name_of(fate, room), plain, plain_size);
    sodium_memzero(plain, plain_size);
    free(plain);
    return sealed;
}

bool letter_open(struct spool *spool, const struct fate *fate,
                 const void *sealed, size_t size,
                 Tocsin__V1__SignedAnswer *answer)
{
    uint8_t room[NAME_ROOM];
    uint8_t *plain;

    free(spool->opened);
    spool->opened = NULL;
    if (sealed == NULL || size <= REST_OVERHEAD)
        return false;
    plain = spool->opened = must_calloc(1, size - REST_OVERHEAD);
    if (!rest_open(plain, spool->key, name_of(fate, room), sealed, size) ||
        size - REST_OVERHEAD < 1 + (size_t)plain[0])
        return false;
    tocsin__v1__signed_answer__init(answer);
    answer->signature = (ProtobufCBinaryData){plain[0], plain + 1};
    answer->content = (ProtobufCBinaryData){size - REST_OVERHEAD - 1 - plain[0],
                                            plain + 1 + plain[0]};
    return true;
}
