/** What a laboratory says of samples (sample.proto). */
#ifndef TOCSIN_LABORATORY_H
#define TOCSIN_LABORATORY_H

#include <tocsin/client.h>

/**
 * Make the request that says it, signed with the bundle's key. report_id and
 * at_ms are filled in when they are empty.
 *
 * Gives:  *request in heap memory, packed, with its request_id; the caller
 *         frees it and sends it with tocsin_client_call_packed: again and
 *         again, it is the same word.
 * Fails:  TOCSIN_USAGE; why names the field, or says that the bundle has no
 *         key.
 */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_lab_prepare(uint8_t **request, size_t *size,
                   const Tocsin__V1__LabWord *word,
                   const struct tocsin_bundle *bundle, struct tocsin_diag *why);

/** Decode a word; free with tocsin_lab_free; NULL: it makes no sense. Whether
 *  it is signed by who said it, the broker has checked. */
TOCSIN_API Tocsin__V1__LabWord *
tocsin_lab_open(const Tocsin__V1__SignedLabWord *sealed);
TOCSIN_API void tocsin_lab_free(Tocsin__V1__LabWord *word);

#endif
