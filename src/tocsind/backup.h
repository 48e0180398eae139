/** Copying homes: for backups, and back again. */
#ifndef TOCSIN_TOCSIND_BACKUP_H
#define TOCSIN_TOCSIND_BACKUP_H

#include "domain/book.h"
#include "tocsind/home.h"
#include "tocsind/sweep.h"

struct home_copying {
    const struct home *from; /* of both only the path is used */
    const struct home *to;
    void (*progress)(void *arg, int done, int all); /* arg: NULL; may be NULL */
    struct diag pictures; /* why some of them could not be copied */
    struct diag archive;  /* of the first of its files that was not */
};

/**
 * Copy what a home holds into another folder, made when it is missing and
 * brought up to date when not. A broker may be running on the source, never on
 * the copy. Where pictures, or a file of the archive, cannot be read all else
 * is copied, and copying->pictures, copying->archive say why: a copy of such a
 * file is verified before it has its name.
 *
 * Fails:  STATUS_FULL, STATUS_DISK, STATUS_SYSTEM, STATUS_MISSING (keys); the
 *         copy that was there before is still whole.
 */
MUST_USE enum status home_copy(struct home_copying *copying, struct diag *why);

/** Pictures that the source has no more, and an alert of the copy shows: lost,
 * or swept since its journal was copied. */
struct home_lacks {
    char (*names)[PICTURE_NAME_SIZE + 1]; /* in heap memory */
    size_t count;
};

/**
 * Delete the copy's pictures that its source has no more and no alert of the
 * book, the copy's, shows.
 *
 * lacks:  empty; gets those that are shown, which the copy keeps. The caller
 *         frees the names.
 * Fails:  as home_copy failed on the pictures: none was deleted; STATUS_SYSTEM.
 */
MUST_USE enum status home_prune(const struct home_copying *copying,
                                const struct book *book,
                                struct home_lacks *lacks, struct diag *why);

#endif
