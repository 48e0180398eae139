/**
 * A damaged file gives its place to one that was begun beside it, and lies
 * aside as FILE.damaged-N, its log as FILE.damaged-N-wal, until somebody
 * deletes it: it has what no purge reaches.
 */
#ifndef TOCSIN_SQLITE_ASIDE_H
#define TOCSIN_SQLITE_ASIDE_H

#include <stdbool.h>

#include <sqlite3.h>

#include "base/status.h"

#define ASIDE_NAME_MAX 256

/** All of its pages; false: it is damaged, why is set. What cannot be read now,
 *  or not at all, is not called damaged. */
bool sqlite_pages_good(sqlite3 *db, struct diag *why);

/** The file, its log and what belongs to them; nobody may have it open. */
void sqlite_drop(const char *path);

/**
 * A name for it that no other one has or had while one lies there still.
 *
 * out: of size bytes.
 */
void sqlite_name_aside(const char *path, char *out, size_t size);

/**
 * Both are closed. At whatever moment this is ended: path is the damaged one,
 * or the new one, and the log of the one is never laid over the other.
 *
 * Fails: STATUS_DISK.
 */
MUST_USE enum status sqlite_change_places(const char *path, const char *aside,
                                          const char *beside, struct diag *why);

/** Does such a file, of whatever name, lie in this folder? name: the first of
 *  them by its name, without the folder; may be NULL. */
bool sqlite_lies_aside(const char *folder, char name[ASIDE_NAME_MAX]);

#endif
