/** What a command centre does beyond asking: sign documents, send pictures. */
#ifndef TOCSIN_CENTRE_H
#define TOCSIN_CENTRE_H

#include <tocsin/client.h>

/** A fresh alert id (ULID) of now; out has 27 bytes, the last one a zero. */
TOCSIN_API void tocsin_alert_id(char out[27]);

/**
 * Check the limits of an alert without signing it.
 * Fails: TOCSIN_USAGE; why begins with the path of the field.
 */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_alert_check(const Tocsin__V1__Alert *alert, struct tocsin_diag *why);

/**
 * Read a policy of rings: steps "KM@TIME" (times 0, 90s, 30m, 1h, 1d) and
 * speeds "air=KMH", "rail=", "road=", "water=", between commas or white space;
 * # begins a comment. What it does not say of speeds is as in the default
 * policy, "100@0, 200@1h, 300@2h, 500@3h, air=850, rail=350, road=120,
 * water=85".
 *
 * policy: NULL: the default one.
 * Gives:  *out; free it with tocsin__v1__rings__free_unpacked(out, NULL).
 * Fails:  TOCSIN_USAGE; why names the entry.
 */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_rings_read(Tocsin__V1__Rings **out, const char *policy,
                  struct tocsin_diag *why);

/**
 * Sign an alert or withdrawal as the bundle's centre.
 *
 * Gives:  *out; free it with tocsin_signed_free.
 * Fails:  TOCSIN_USAGE; why names the field, or the key that is missing.
 */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_sign_alert(Tocsin__V1__SignedAlert **out, const Tocsin__V1__Alert *alert,
                  const struct tocsin_bundle *centre, struct tocsin_diag *why);
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status tocsin_sign_withdrawal(
    Tocsin__V1__SignedAlert **out, const Tocsin__V1__Withdrawal *withdrawal,
    const struct tocsin_bundle *centre, struct tocsin_diag *why);
TOCSIN_API void tocsin_signed_free(Tocsin__V1__SignedAlert *sealed);

/**
 * Verify a signed document under the authority of the bundle and decode it.
 *
 * Gives:  *out; free it with tocsin_document_free.
 * Fails:  TOCSIN_REFUSED (signature), TOCSIN_USAGE (limits).
 */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status tocsin_document_open(
    Tocsin__V1__AlertDocument **out, const Tocsin__V1__SignedAlert *sealed,
    const struct tocsin_bundle *bundle, struct tocsin_diag *why);
TOCSIN_API void tocsin_document_free(Tocsin__V1__AlertDocument *document);

/** Decode the content of an answer; free with tocsin_answer_free. NULL: it
 * makes no sense. Whether it is signed by who gave it, the broker has checked.
 */
TOCSIN_API Tocsin__V1__Answer *
tocsin_answer_open(const Tocsin__V1__SignedAnswer *sealed);
TOCSIN_API void tocsin_answer_free(Tocsin__V1__Answer *answer);

/**
 * Upload a picture (JPEG or PNG, at most 4 MiB) for an alert of this id, in
 * pieces, and describe it. bytes is borrowed; timeout_ms is how long to wait
 * for the answer to one piece. Again is fine.
 *
 * Gives:  *picture filled, for the alert's document; its hash points to
 *         hash_room, 32 bytes of the caller's that must live as long.
 * Fails:  as tocsin_client_call; TOCSIN_USAGE (no JPEG or PNG, too large);
 *         TOCSIN_REFUSED: by the broker, why says the reason.
 */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_picture_put(struct tocsin_client *client, const char *alert_id,
                   const uint8_t *bytes, size_t size,
                   Tocsin__V1__Picture *picture, uint8_t hash_room[32],
                   int timeout_ms, struct tocsin_diag *why);

/**
 * Fetch a picture by its hash, in pieces, and check it. timeout_ms is how long
 * to wait for one piece. The look is recorded.
 *
 * Gives:  *bytes in heap memory, freed by the caller with free(); untouched on
 *         failure, as *size.
 * Fails:  as tocsin_client_call; TOCSIN_MISSING (no such picture for this
 *         principal); TOCSIN_REFUSED: it is not what the hash says.
 */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_picture_get(struct tocsin_client *client, const char *alert_id,
                   const uint8_t hash[32], uint8_t **bytes, size_t *size,
                   int timeout_ms, struct tocsin_diag *why);

/**
 * Scale a JPEG down to at most max bytes, longest side 160 pixels or less.
 *
 * Gives:  *out in heap memory, freed by the caller with free().
 * Fails:  TOCSIN_USAGE (not a JPEG, or it cannot be made as small).
 */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_thumbnail(const uint8_t *jpeg, size_t size, size_t max, uint8_t **out,
                 size_t *out_size, struct tocsin_diag *why);

#endif
