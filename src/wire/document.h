/**
 * Signed documents: what a centre signs for all to read, what an officer
 * signs for the centre. Sign after packing, verify before decoding.
 */
#ifndef TOCSIN_WIRE_DOCUMENT_H
#define TOCSIN_WIRE_DOCUMENT_H

#include "base/status.h"
#include "tocsin/v1/desk.pb-c.h"
#include "wire/bundle.h"
#include "wire/check.h"
#include "wire/decode.h"

/** A verified alert document; everything points into the arena. */
struct document {
    const char *alert_id;
    uint32_t revision;
    bool exercise;
    int64_t sent_ms;
    const Tocsin__V1__Alert *alert;           /* or NULL */
    const Tocsin__V1__Withdrawal *withdrawal; /* or NULL */
    const Tocsin__V1__Certificate *certificate;
};

/**
 * Sign one document as this centre.
 *
 * Gives:  packed SignedAlert in heap memory; the caller frees.
 * Fails:  STATUS_USAGE (the bundle has not the seed or certificate),
 *         STATUS_TOO_BIG.
 */
MUST_USE enum status document_sign(const Tocsin__V1__AlertDocument *document,
                                   const struct bundle *centre, uint8_t **out,
                                   size_t *size, struct diag *why);

/**
 * Verify and decode. Checks certificate, its time, signature, limits.
 *
 * Fails:  STATUS_FORGED, STATUS_MALFORMED (complaint names the field).
 */
MUST_USE enum status document_open(struct document *out, struct arena *arena,
                                   const Tocsin__V1__SignedAlert *sealed,
                                   const uint8_t authority[KEY_SIZE],
                                   struct complaint *complaint);

/** Verify a certificate for this role, a centre's or an administrator's. Same
 *  failures; *out is in the arena. */
MUST_USE enum status
certificate_open(const Tocsin__V1__Certificate **out, struct arena *arena,
                 const Tocsin__V1__SignedCertificate *sealed,
                 Tocsin__V1__Role role, const uint8_t authority[KEY_SIZE],
                 struct complaint *complaint);

/**
 * Certify a centre, or an administrator: fills certificate, certificate_size
 * and certificate_signature of its bundle. Needs id, role, division and public
 * keys, of a centre both.
 */
MUST_USE enum status certificate_issue(struct bundle *whom,
                                       const struct keypair *authority,
                                       int64_t not_before_ms,
                                       int64_t not_after_ms, struct diag *why);

/**
 * Pack an answer, signed from READ up.
 * Gives: packed SignedAnswer in heap memory; the caller frees.
 */
uint8_t *answer_sign(const Tocsin__V1__Answer *answer,
                     const struct keypair *key, size_t *size);

/**
 * Decode and check an answer's limits; the signature is not looked at.
 * Fails: STATUS_MALFORMED (complaint names the field).
 */
MUST_USE enum status answer_open(const Tocsin__V1__Answer **out,
                                 struct arena *arena,
                                 const Tocsin__V1__SignedAnswer *sealed,
                                 struct complaint *complaint);

/**
 * What a handheld claims: decoded, and signed by the key that it names.
 * Whether the invitation's secret signed it too: claim_by_secret.
 *
 * Fails: STATUS_MALFORMED, STATUS_FORGED (complaint names the field).
 */
MUST_USE enum status claim_open(const Tocsin__V1__DeviceClaim **out,
                                struct arena *arena,
                                const Tocsin__V1__SignedClaim *sealed,
                                struct complaint *complaint);

bool claim_by_secret(const Tocsin__V1__SignedClaim *sealed,
                     const uint8_t secret_key[KEY_SIZE]);

bool answer_verify(const Tocsin__V1__SignedAnswer *sealed,
                   const uint8_t public_key[KEY_SIZE]);

#endif
