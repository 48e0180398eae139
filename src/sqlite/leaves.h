/**
 * The rows of a file whose beginning, or the way to them, is lost: each leaf of
 * its tables has its rows whole, and says how many, whoever knows where it is.
 * Which table they are of nobody says: the reader tells by what they are, and
 * believes what he can prove. A table without row numbers is given as what it
 * is, an index: its key's columns first.
 *
 * What was deleted is not among them, because what is opened here overwrites
 * it (secure_delete).
 */
#ifndef TOCSIN_SQLITE_LEAVES_H
#define TOCSIN_SQLITE_LEAVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "base/status.h"

#define LEAF_COLUMNS_MAX 32

struct leaf_value {
    /* n null, which the column of a row's own number is, i integer, t text,
     * b bytes; f a fraction, which nothing here has */
    char kind;
    int64_t number;       /* i */
    const uint8_t *bytes; /* t, b */
    size_t size;
};

struct leaf_row {
    bool numbered;
    int64_t number; /* of the row, which is the value of its first column */
    size_t count;
    struct leaf_value values[LEAF_COLUMNS_MAX];
};

/** Are these the kinds of its columns, all of them? B: bytes or null. */
bool leaf_row_is(const struct leaf_row *row, const char *kinds);

/** Bind its values from ?1 on. */
void leaf_row_bind(const struct leaf_row *row, sqlite3_stmt *statement);

/**
 * Each row that can be read, of a file that nobody writes to and that has all
 * of its log.
 *
 * give:   the row is valid within the call; what it fails with ends this.
 * Fails:  as give, or STATUS_DISK.
 */
MUST_USE enum status leaves_each(const char *path,
                                 enum status (*give)(void *arg,
                                                     const struct leaf_row *row,
                                                     struct diag *why),
                                 void *arg, struct diag *why);

#endif
