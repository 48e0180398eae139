/** Copying homes: for backups, and back again. */
#ifndef TOCSIN_TOCSIND_BACKUP_H
#define TOCSIN_TOCSIND_BACKUP_H

#include "journal/journal.h"
#include "tocsind/home.h"

/**
 * Copy what a home holds into another folder, made when it is missing and
 * brought up to date when not. Of both only the path is used; a broker may be
 * running on the source, never on the copy.
 */
MUST_USE enum status home_copy(const struct home *from, const struct home *to,
                               void (*progress)(void *, int, int),
                               struct diag *why);

/** Read a home's journal to its end: chain, decoding, keys.
 *  Gives: its head and the chain hash there, in hexadecimal digits. */
MUST_USE enum status home_check(const struct home *home, uint64_t *head,
                                char hex[2 * CHAIN_SIZE + 1], struct diag *why);

#endif
