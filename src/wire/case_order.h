/**
 * Orders about a case: their limits, and the signature of whoever gives one.
 * Pure.
 */
#ifndef TOCSIN_WIRE_CASE_ORDER_H
#define TOCSIN_WIRE_CASE_ORDER_H

#include "base/status.h"
#include "tocsin/v1/case.pb-c.h"
#include "wire/check.h"
#include "wire/decode.h"
#include "wire/keys.h"

/** The limits that case.proto promises; else the complaint names the field. */
bool case_order_check(const Tocsin__V1__CaseOrder *order,
                      struct complaint *complaint);

/** Which step it is; CASE_STEP_UNSPECIFIED: none that is known. */
Tocsin__V1__CaseStep case_order_step(const Tocsin__V1__CaseOrder *order);

/**
 * Pack and sign.
 *
 * Gives:  packed SignedOrder in heap memory; the caller frees.
 * Fails:  STATUS_TOO_BIG.
 */
MUST_USE enum status case_order_sign(const Tocsin__V1__CaseOrder *order,
                                     const struct keypair *key, uint8_t **out,
                                     size_t *size, struct diag *why);

/**
 * Verify, decode and check. *out is in the arena.
 *
 * Fails:  STATUS_FORGED, STATUS_MALFORMED (complaint names the field).
 */
MUST_USE enum status case_order_open(const Tocsin__V1__CaseOrder **out,
                                     struct arena *arena,
                                     const Tocsin__V1__SignedOrder *sealed,
                                     const uint8_t public_key[KEY_SIZE],
                                     struct complaint *complaint);

/** Packed SignedPurge in heap memory; the caller frees. */
uint8_t *purge_sign(const Tocsin__V1__PurgeDone *done,
                    const struct keypair *key, size_t *size);

/** Verify and decode; as case_order_open. */
MUST_USE enum status purge_open(const Tocsin__V1__PurgeDone **out,
                                struct arena *arena,
                                const Tocsin__V1__SignedPurge *sealed,
                                const uint8_t public_key[KEY_SIZE],
                                struct complaint *complaint);

#endif
