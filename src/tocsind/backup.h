/** Copying homes: for backups, and back again. */
#ifndef TOCSIN_TOCSIND_BACKUP_H
#define TOCSIN_TOCSIND_BACKUP_H

#include "domain/book.h"
#include "tocsind/home.h"

struct home_copying {
    const struct home *from; /* of both only the path is used */
    const struct home *to;
    void (*progress)(void *arg, int done, int all); /* arg: NULL; may be NULL */
    struct diag pictures; /* why some of them could not be copied */
};

/**
 * Copy what a home holds into another folder, made when it is missing and
 * brought up to date when not. A broker may be running on the source, never on
 * the copy. Where pictures cannot be read all else is copied, and
 * copying->pictures says why.
 *
 * Fails:  STATUS_FULL, STATUS_DISK, STATUS_SYSTEM, STATUS_MISSING (keys); the
 *         copy that was there before is still whole.
 */
MUST_USE enum status home_copy(struct home_copying *copying, struct diag *why);

/**
 * Delete the copy's pictures that its source has no more and no alert of the
 * book, the copy's, shows.
 *
 * Fails:  as home_copy failed on the pictures: none was deleted;
 *         STATUS_MISSING: the source has lost some, which the copy keeps.
 */
MUST_USE enum status home_prune(const struct home_copying *copying,
                                const struct book *book, struct diag *why);

#endif
