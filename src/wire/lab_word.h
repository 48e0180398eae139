/**
 * What a laboratory says of samples: its limits, and its signature. Pure.
 */
#ifndef TOCSIN_WIRE_LAB_WORD_H
#define TOCSIN_WIRE_LAB_WORD_H

#include "base/status.h"
#include "tocsin/v1/sample.pb-c.h"
#include "wire/check.h"
#include "wire/decode.h"
#include "wire/keys.h"

#define KIN_KITS_MAX 2

/** The limits that sample.proto promises; else the complaint names the field.
 */
bool lab_word_check(const Tocsin__V1__LabWord *word,
                    struct complaint *complaint);

/** Packed SignedLabWord in heap memory; the caller frees. The word is checked.
 */
uint8_t *lab_word_sign(const Tocsin__V1__LabWord *word,
                       const struct keypair *key, size_t *size);

/**
 * Verify, decode and check. *out is in the arena.
 *
 * Fails:  STATUS_FORGED, STATUS_MALFORMED (complaint names the field).
 */
MUST_USE enum status lab_word_open(const Tocsin__V1__LabWord **out,
                                   struct arena *arena,
                                   const Tocsin__V1__SignedLabWord *sealed,
                                   const uint8_t public_key[KEY_SIZE],
                                   struct complaint *complaint);

#endif
