/**
 * Finds what was marked in a journal that is being written to, without asking
 * the disk for a name that is greater than any that was ever marked. The names
 * of one kind begin with one byte; where the rest of them grows with time, as a
 * ULID does, nothing new costs a look into the file.
 */
#ifndef TOCSIN_JOURNAL_RECALL_H
#define TOCSIN_JOURNAL_RECALL_H

#include "journal/journal.h"

struct recall;

/**
 * journal: open for reading, borrowed; all that it holds by now is found.
 */
struct recall *recall_new(struct journal *journal);
void recall_free(struct recall *recall); /* NULL is fine */

/** To be called with each record before it is handed over to who appends: what
 *  is marked with it may be asked for from now on. */
void recall_expect(struct recall *recall, const struct record *record);

/** As journal_find. */
MUST_USE enum status recall_find(struct recall *recall, const void *name,
                                 size_t size, struct found *found,
                                 struct diag *why);

#endif
