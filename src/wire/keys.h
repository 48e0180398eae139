/**
 * One Ed25519 pair for everything: it signs, and CURVE's X25519 pair is derived
 * from it. Signatures carry a context, so that none can be used for another.
 */
#ifndef TOCSIN_WIRE_KEYS_H
#define TOCSIN_WIRE_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEY_SIZE 32
#define SIGNATURE_SIZE 64

#define CONTEXT_CERTIFICATE "tocsin/v1/certificate"
#define CONTEXT_ALERT "tocsin/v1/alert"
#define CONTEXT_EXERCISE "tocsin/v1/exercise"
#define CONTEXT_ANSWER "tocsin/v1/answer"
#define CONTEXT_INVITATION "tocsin/v1/invitation"
#define CONTEXT_CLAIM "tocsin/v1/claim"
#define CONTEXT_DEVICE "tocsin/v1/device"
#define CONTEXT_LOGIN "tocsin/v1/login"
#define CONTEXT_PROOF "tocsin/v1/proof"
#define CONTEXT_CASE "tocsin/v1/case"
#define CONTEXT_PURGE "tocsin/v1/purge"
#define CONTEXT_FOUND "tocsin/v1/found"
#define CONTEXT_FOUND_ORDER "tocsin/v1/found-order"
#define CONTEXT_LABORATORY "tocsin/v1/laboratory"

struct keypair {
    uint8_t seed[KEY_SIZE];
    uint8_t public_key[KEY_SIZE];
    uint8_t secret_key[64]; /* libsodium's form: seed and public key */
};

/** Call once before anything else here; ends the process if it fails. */
void keys_start(void);

void keypair_make(struct keypair *pair);
void keypair_from_seed(struct keypair *pair, const uint8_t seed[KEY_SIZE]);
void keypair_wipe(struct keypair *pair);

#define SECRET_SIZE 20

/** The pair that an invitation's secret stands for. */
void keypair_from_secret(struct keypair *pair,
                         const uint8_t secret[SECRET_SIZE]);

void keypair_curve_secret(const struct keypair *pair, uint8_t out[KEY_SIZE]);
/** false when public_key is not a point that CURVE can use. */
bool key_curve_public(const uint8_t public_key[KEY_SIZE],
                      uint8_t out[KEY_SIZE]);

void sign(uint8_t signature[SIGNATURE_SIZE], const char *context,
          const uint8_t *content, size_t size, const struct keypair *pair);
bool verify(const uint8_t *signature, size_t signature_size,
            const char *context, const uint8_t *content, size_t size,
            const uint8_t public_key[KEY_SIZE]);

#endif
