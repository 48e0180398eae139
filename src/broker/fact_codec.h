/**
 * Facts as bytes: plain in memory, and on disk with personal data sealed under
 * the case's key. The only place that knows which fields those are.
 */
#ifndef TOCSIN_BROKER_FACT_CODEC_H
#define TOCSIN_BROKER_FACT_CODEC_H

#include "domain/book.h"
#include "journal/keyring.h"
#include "wire/decode.h"

/** Has it personal data? Else it is on disk as it is in memory. */
bool fact_is_personal(const Tocsin__V1__Fact *fact);

/**
 * Gives:  the body of a journal record in heap memory; NULL when the case's
 *         key is not there.
 */
uint8_t *fact_for_disk(const Tocsin__V1__Fact *fact, const struct book *book,
                       const struct vault *vault, size_t *size);

/**
 * Decode and unseal. What cannot be opened, because the case's key is
 * destroyed, comes back empty.
 * Gives: the fact in the arena; NULL when the bytes do not decode.
 */
Tocsin__V1__Fact *fact_from_disk(struct arena *arena, const uint8_t *body,
                                 size_t size, const struct book *book,
                                 const struct vault *vault, struct diag *why);

#endif
