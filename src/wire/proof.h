/**
 * The broker's word that a handheld has a key, for gateways that cannot ask it.
 * Pure.
 */
#ifndef TOCSIN_WIRE_PROOF_H
#define TOCSIN_WIRE_PROOF_H

#include "base/status.h"
#include "tocsin/v1/desk.pb-c.h"
#include "wire/decode.h"
#include "wire/keys.h"

#define PROOF_CONTENT_MAX 200
#define PROOF_MS (30LL * 24 * 3600 * 1000)

/** In the arena. */
Tocsin__V1__SignedDeviceProof *proof_make(struct arena *arena,
                                          const Tocsin__V1__DeviceProof *proof,
                                          const struct keypair *broker);

/**
 * Decode and verify; *out is in the arena.
 *
 * Fails: STATUS_MALFORMED, STATUS_FORGED.
 */
MUST_USE enum status proof_open(const Tocsin__V1__DeviceProof **out,
                                struct arena *arena,
                                const Tocsin__V1__SignedDeviceProof *sealed,
                                const uint8_t broker[KEY_SIZE]);

#endif
