#include "wire/rest.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/bytes.h"
#include "base/status.h"

#define NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES

void rest_key(uint8_t out[REST_KEY_SIZE], const uint8_t secret[32],
              const char *purpose)
{
    /* the zero at its end too: so it was from the beginning */
    (void)crypto_generichash(out, REST_KEY_SIZE, (const uint8_t *)purpose,
                             strlen(purpose) + 1, secret, 32);
}

void rest_seal(uint8_t *out, const uint8_t key[REST_KEY_SIZE],
               struct rest_name name, const void *bytes, size_t size)
{
    _Static_assert(NONCE + crypto_aead_xchacha20poly1305_ietf_ABYTES ==
                       REST_OVERHEAD,
                   "the sizes of libsodium");

    randombytes_buf(out, NONCE);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(
        out + NONCE, NULL, bytes, size, name.data, name.size, NULL, out, key);
}

bool rest_open(uint8_t *out, const uint8_t key[REST_KEY_SIZE],
               struct rest_name name, const uint8_t *sealed, size_t size)
{
    return size >= REST_OVERHEAD &&
           crypto_aead_xchacha20poly1305_ietf_decrypt(
               out, NULL, NULL, sealed + NONCE, size - NONCE, name.data,
               name.size, sealed, key) == 0;
}

uint8_t *rest_reseal(const uint8_t key[REST_KEY_SIZE],
                     const uint8_t former[REST_KEY_SIZE], struct rest_name name,
                     const uint8_t *sealed, size_t size)
{
    uint8_t *plain = must_calloc(1, size + 1);
    uint8_t *anew = NULL;

    if (rest_open(plain, former, name, sealed, size)) {
        anew = must_calloc(1, size);
        rest_seal(anew, key, name, plain, size - REST_OVERHEAD);
    }
    bytes_wipe(plain, size);
    free(plain);
    return anew;
}
