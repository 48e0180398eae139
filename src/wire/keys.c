#include "wire/keys.h"

#include <string.h>

#include <sodium.h>

#include "base/status.h"

void keys_start(void)
{
    REQUIRE(sodium_init() >= 0);
}

void keypair_from_seed(struct keypair *pair, const uint8_t seed[KEY_SIZE])
{
    memmove(pair->seed, seed, KEY_SIZE);
    (void)crypto_sign_seed_keypair(pair->public_key, pair->secret_key,
                                   pair->seed);
}

void keypair_make(struct keypair *pair)
{
    uint8_t seed[KEY_SIZE];

    randombytes_buf(seed, sizeof seed);
    keypair_from_seed(pair, seed);
    sodium_memzero(seed, sizeof seed);
}

void keypair_wipe(struct keypair *pair)
{
    sodium_memzero(pair, sizeof *pair);
}

void keypair_from_secret(struct keypair *pair,
                         const uint8_t secret[SECRET_SIZE])
{
    uint8_t bytes[sizeof CONTEXT_INVITATION + SECRET_SIZE];
    uint8_t seed[KEY_SIZE];

    memcpy(bytes, CONTEXT_INVITATION, sizeof CONTEXT_INVITATION);
    memcpy(bytes + sizeof CONTEXT_INVITATION, secret, SECRET_SIZE);
    (void)crypto_generichash(seed, sizeof seed, bytes, sizeof bytes, NULL, 0);
    keypair_from_seed(pair, seed);
    sodium_memzero(bytes, sizeof bytes);
    sodium_memzero(seed, sizeof seed);
}

void keypair_curve_secret(const struct keypair *pair, uint8_t out[KEY_SIZE])
{
    (void)crypto_sign_ed25519_sk_to_curve25519(out, pair->secret_key);
}

/* What was converted lately: some 60 us each, and an enrolment asks twice, for
 * the answer and for the book. A key that cannot be converted is not kept. */
#define CONVERTED 128

static _Thread_local struct converted {
    bool known;
    uint8_t public_key[KEY_SIZE];
    uint8_t curve[KEY_SIZE];
} lately[CONVERTED];

bool key_curve_public(const uint8_t public_key[KEY_SIZE], uint8_t out[KEY_SIZE])
{
    struct converted *slot = &lately[public_key[0] % CONVERTED];

    if (!slot->known || memcmp(slot->public_key, public_key, KEY_SIZE) != 0) {
        if (crypto_sign_ed25519_pk_to_curve25519(out, public_key) != 0)
            return false;
        slot->known = true;
        memcpy(slot->public_key, public_key, KEY_SIZE);
        memcpy(slot->curve, out, KEY_SIZE);
    }
    memcpy(out, slot->curve, KEY_SIZE);
    return true;
}

/* The multi-part interface of libsodium is Ed25519ph, another scheme: so the
 * context and the content are laid side by side. */
#define SIGNED_MAX 8192

static size_t lay_out(uint8_t *room, const char *context,
                      const uint8_t *content, size_t size)
{
    size_t front = strlen(context) + 1;

    if (size > SIGNED_MAX - front)
        return 0;
    memcpy(room, context, front);
    if (size > 0)
        memcpy(room + front, content, size);
    return front + size;
}

void sign(uint8_t signature[SIGNATURE_SIZE], const char *context,
          const uint8_t *content, size_t size, const struct keypair *pair)
{
    uint8_t room[SIGNED_MAX];
    size_t whole = lay_out(room, context, content, size);

    REQUIRE(whole > 0);
    (void)crypto_sign_detached(signature, NULL, room, whole, pair->secret_key);
}

bool verify(const uint8_t *signature, size_t signature_size,
            const char *context, const uint8_t *content, size_t size,
            const uint8_t public_key[KEY_SIZE])
{
    uint8_t room[SIGNED_MAX];
    size_t whole;

    if (signature_size != SIGNATURE_SIZE)
        return false;
    whole = lay_out(room, context, content, size);
    return whole > 0 &&
           crypto_sign_verify_detached(signature, room, whole, public_key) == 0;
}
