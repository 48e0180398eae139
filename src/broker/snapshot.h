/**
 * The book as a file, so that a start reads only what came later. Personal data
 * in it is sealed with the cases' keys, as in the journal; a hash over the
 * whole tells a damaged one, which is only useless.
 */
#ifndef TOCSIN_BROKER_SNAPSHOT_H
#define TOCSIN_BROKER_SNAPSHOT_H

#include "domain/book.h"
#include "journal/journal.h"
#include "journal/keyring.h"

/**
 * chain:  the journal's hash at book->head.
 * Gives:  the file's bytes in heap memory.
 */
uint8_t *snapshot_make(const struct book *book, const struct vault *vault,
                       const uint8_t chain[CHAIN_SIZE], size_t *size);

/** Where it stands, after its hash was checked.
 *  Fails: STATUS_CORRUPT; why says in what. */
MUST_USE enum status snapshot_check(const uint8_t *bytes, size_t size,
                                    uint64_t *sequence,
                                    uint8_t chain[CHAIN_SIZE],
                                    struct diag *why);

/**
 * Take a checked snapshot into a new book.
 *
 * Fails:  STATUS_CORRUPT: entries that make no sense, or the vault lacks a key.
 *         The book is then only good for book_free.
 */
MUST_USE enum status snapshot_take(struct book *book, const struct vault *vault,
                                   const uint8_t *bytes, size_t size,
                                   struct diag *why);

#endif
