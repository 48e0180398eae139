/**
 * Facts as bytes: plain in memory, and on disk with personal data sealed under
 * the case's key. The only place that knows which fields those are.
 */
#ifndef TOCSIN_BROKER_FACT_CODEC_H
#define TOCSIN_BROKER_FACT_CODEC_H

#include "domain/apply.h"
#include "journal/journal.h"
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

/** A fact as the journal has it. All borrowed. */
struct fact_source {
    const struct record *record;
    const struct book *book; /* as it was before this fact */
    const struct vault *vault;
};

/**
 * Decode and unseal. What a destroyed key has sealed comes back empty.
 *
 * Gives:  the fact in the arena.
 * Fails:  with the record's number in the words. STATUS_CORRUPT: the bytes do
 *         not decode. STATUS_MISSING: a case's key is not in the vault, nor
 *         known to be destroyed; to go on without what it sealed would be to
 *         lose it.
 */
MUST_USE enum status fact_from_disk(Tocsin__V1__Fact **fact,
                                    struct arena *arena,
                                    const struct fact_source *source,
                                    struct diag *why);

/**
 * To be asked before book_apply: a record may be of a later version, or of
 * somebody who can write to the disk.
 *
 * Fails:  STATUS_CORRUPT, with the record's number, the field and the reason.
 */
MUST_USE enum status fact_fits(const struct book *book, uint64_t sequence,
                               const Tocsin__V1__Fact *fact, struct diag *why);
/** And after it: is the key of whom it enrolled one? */
MUST_USE enum status
fact_has_key(uint64_t sequence, const struct effect *effect, struct diag *why);

#endif
