/**
 * Children of unknown origin: the limits of what is said of one, and the
 * signature of who says it. Pure.
 */
#ifndef TOCSIN_WIRE_FOUND_H
#define TOCSIN_WIRE_FOUND_H

#include "base/status.h"
#include "tocsin/v1/found.pb-c.h"
#include "wire/check.h"
#include "wire/decode.h"
#include "wire/keys.h"

/** The limits that found.proto promises; else the complaint names the field. */
bool found_check(const Tocsin__V1__FoundChild *found,
                 struct complaint *complaint);

/**
 * Pack and sign.
 *
 * Gives:  packed SignedFound in heap memory; the caller frees.
 * Fails:  STATUS_TOO_BIG.
 */
MUST_USE enum status found_sign(const Tocsin__V1__FoundChild *found,
                                const struct keypair *key, uint8_t **out,
                                size_t *size, struct diag *why);

/**
 * Decode and check; the signature is not looked at: whose it must be stands
 * inside. *out is in the arena.
 *
 * Fails:  STATUS_MALFORMED (complaint names the field).
 */
MUST_USE enum status found_open(const Tocsin__V1__FoundChild **out,
                                struct arena *arena,
                                const Tocsin__V1__SignedFound *sealed,
                                struct complaint *complaint);
bool found_verify(const Tocsin__V1__SignedFound *sealed,
                  const uint8_t public_key[KEY_SIZE]);

/** The same for what becomes of one. */
bool found_order_check(const Tocsin__V1__FoundOrder *order,
                       struct complaint *complaint);
MUST_USE enum status found_order_sign(const Tocsin__V1__FoundOrder *order,
                                      const struct keypair *key, uint8_t **out,
                                      size_t *size, struct diag *why);
/** Verifies too: STATUS_FORGED. */
MUST_USE enum status
found_order_open(const Tocsin__V1__FoundOrder **out, struct arena *arena,
                 const Tocsin__V1__SignedFoundOrder *sealed,
                 const uint8_t public_key[KEY_SIZE],
                 struct complaint *complaint);

#endif
