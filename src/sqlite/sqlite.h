/** Opening SQLite files the way everything durable here needs it. */
#ifndef TOCSIN_SQLITE_SQLITE_H
#define TOCSIN_SQLITE_SQLITE_H

#include <stdbool.h>

#include <sqlite3.h>

#include "base/status.h"

/**
 * Open for writing with WAL and synchronous=FULL, both asserted, file mode
 * 0600. *out is NULL on failure; the caller names the file.
 */
MUST_USE enum status sqlite_open_durable(sqlite3 **out, const char *path,
                                         bool create, struct diag *why);

/** Open one that is there, never to write to it: it may lie where nothing can
 * be written. Waits for who writes. Fails: STATUS_MISSING, STATUS_DISK,
 *  STATUS_CORRUPT. */
MUST_USE enum status sqlite_open_reading(sqlite3 **out, const char *path,
                                         struct diag *why);

/** The file without what its log has, which may make no sense, and which nobody
 *  may write to meanwhile; no file is made for it. Fails as the one above. */
MUST_USE enum status sqlite_open_still(sqlite3 **out, const char *path,
                                       struct diag *why);

MUST_USE enum status sqlite_run(sqlite3 *db, const char *sql, struct diag *why);
MUST_USE enum status sqlite_prepare(sqlite3 *db, const char *sql,
                                    sqlite3_stmt **out, struct diag *why);
/**
 * A consistent copy of a file that others may be writing to.
 *
 * to:        must not exist.
 * progress:  told pages done and in all, now and then; may be NULL.
 */
MUST_USE enum status sqlite_copy(const char *from, const char *to,
                                 void (*progress)(void *arg, int done, int all),
                                 void *arg, struct diag *why);

/**
 * What the log of a file holds moves into the file, durably; the log stays
 * there, and is worth nothing any more.
 *
 * Fails: STATUS_BUSY: somebody else has the file.
 */
MUST_USE enum status sqlite_move_log(const char *path, struct diag *why);

/** Rows that are changed one by one, in the transaction that is open. */
struct sqlite_rewriting {
    const char *next;   /* the first row after ?1, its number first */
    const char *update; /* of row ?1, which is bound */
    /** Binds the rest of update; false: this row stays as it is. */
    bool (*change)(void *arg, sqlite3_stmt *row, sqlite3_stmt *update);
    void *arg;
};
MUST_USE enum status sqlite_rewrite(sqlite3 *db,
                                    const struct sqlite_rewriting *rewriting,
                                    struct diag *why);

/** Roll back what failed with status. Gives status, or STATUS_DISK when it is
 *  not certain that nothing of it stands. */
enum status sqlite_undo(sqlite3 *db, enum status status, struct diag *why);
/** STATUS_FULL (no space; nothing was changed), STATUS_DISK or STATUS_CORRUPT
 *  with SQLite's own words. */
enum status sqlite_trouble(sqlite3 *db, const char *doing, struct diag *why);

#endif
