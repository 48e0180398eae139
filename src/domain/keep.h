/**
 * The book as entries that can be written down, and a book made of them again.
 * What can be told from the rest (counts, indexes) is not written.
 */
#ifndef TOCSIN_DOMAIN_KEEP_H
#define TOCSIN_DOMAIN_KEEP_H

#include "domain/book.h"
#include "tocsin/v1/book.pb-c.h"

#define BOOK_FORMAT 1

/**
 * Tell the whole book, entry by entry; what is told of the same book is always
 * the same.
 *
 * chain:  the journal's hash at book->head, for the first entry.
 * each:   gets an entry, valid and changeable within the call.
 */
void book_keep(const struct book *book, const uint8_t *chain, size_t chain_size,
               void (*each)(void *arg, Tocsin__V1__BookEntry *entry),
               void *arg);

/**
 * Take the entries into a new book, in the same order, the head first.
 *
 * Fails:  STATUS_CORRUPT: entries that book_keep does not tell. The book is
 *         then only good for book_free.
 */
MUST_USE enum status book_take(struct book *book,
                               const Tocsin__V1__BookEntry *entry,
                               struct diag *why);

/** The same for two books that hold the same, be one of them a state that an
 *  earlier version has written down. */
void book_digest(const struct book *book, uint8_t digest[32]);

#endif
