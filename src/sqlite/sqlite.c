#include "sqlite/sqlite.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

#define PATIENCE_MS 5000
#define STEP_MS 10
#define URI_MAX (3 * PATH_MAX + 32)

/* SQLite forgets why it could not make a file: can we? */
static bool no_room_beside(const char *path)
{
    char beside[PATH_MAX];
    bool full;

    if (path == NULL)
        return false;
    snprintf(beside, sizeof beside, "%s.room", path);
    full = file_write_quick(beside, 0600, "", 1, NULL) == STATUS_FULL;
    (void)unlink(beside);
    return full;
}

static bool no_room(sqlite3 *db)
{
    return no_room_beside(sqlite3_db_filename(db, "main"));
}

/* An fsync that failed is never "full", whatever its errno: what it was to keep
 * is in doubt. */
static bool is_full(sqlite3 *db)
{
    int code = sqlite3_extended_errcode(db);
    int error = sqlite3_system_errno(db);

    if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC)
        return false;
    return code == SQLITE_FULL || error == ENOSPC || error == EDQUOT ||
           ((code & 0xff) == SQLITE_CANTOPEN && no_room(db));
}

enum status sqlite_trouble(sqlite3 *db, const char *doing, struct diag *why)
{
    int code = db == NULL ? SQLITE_NOMEM : sqlite3_errcode(db);
    enum status status = STATUS_DISK;

    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
        status = STATUS_CORRUPT;
    else if (db != NULL && is_full(db))
        status = STATUS_FULL;
    return diag_set(why, status, "%.60s: %s%s", doing,
                    db == NULL ? "out of memory" : sqlite3_errmsg(db),
                    status == STATUS_FULL ? " (no space left)" : "");
}

enum status sqlite_run(sqlite3 *db, const char *sql, struct diag *why)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return sqlite_trouble(db, sql, why);
    return STATUS_OK;
}

enum status sqlite_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **out,
                           struct diag *why)
{
    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL) !=
        SQLITE_OK)
        return sqlite_trouble(db, sql, why);
    return STATUS_OK;
}

enum status sqlite_undo(sqlite3 *db, enum status status, struct diag *why)
{
    if (sqlite3_get_autocommit(db) != 0 ||
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL) == SQLITE_OK)
        return status;
    return diag_wrap(why, STATUS_DISK, "rolling back");
}

/* One row, one column of text: is it what we rely on? */
static enum status expect(sqlite3 *db, const char *sql, const char *value,
                          struct diag *why)
{
    sqlite3_stmt *query = NULL;
    enum status status = sqlite_prepare(db, sql, &query, why);

    if (status != STATUS_OK)
        return status;
    if (sqlite3_step(query) != SQLITE_ROW)
        status = sqlite_trouble(db, sql, why);
    else if (strcmp((const char *)sqlite3_column_text(query, 0), value) != 0)
        status = diag_set(why, no_room(db) ? STATUS_FULL : STATUS_DISK,
                          "%s gives %s instead of %s%s", sql,
                          (const char *)sqlite3_column_text(query, 0), value,
                          no_room(db) ? " (no space left)" : "");
    sqlite3_finalize(query);
    return status;
}

/* SQLite itself waits for nobody who opens a new file at the same moment. */
static enum status begin_log(sqlite3 *db, struct diag *why)
{
    const struct timespec pause = {0, STEP_MS * 1000000L};
    enum status status = expect(db, "PRAGMA journal_mode=WAL", "wal", why);

    for (int waited_ms = 0; status != STATUS_OK && waited_ms < PATIENCE_MS &&
                            sqlite3_errcode(db) == SQLITE_BUSY;
         waited_ms += STEP_MS) {
        (void)nanosleep(&pause, NULL);
        status = expect(db, "PRAGMA journal_mode=WAL", "wal", why);
    }
    return status;
}

static enum status settle(sqlite3 *db, struct diag *why)
{
    enum status status;

    (void)sqlite3_busy_timeout(db, PATIENCE_MS);
    status = begin_log(db, why);
    if (status == STATUS_OK)
        status = sqlite_run(db, "PRAGMA synchronous=FULL", why);
    if (status == STATUS_OK)
        status = expect(db, "PRAGMA synchronous", "2", why);
    return status;
}

/* Whoever had it before may have been killed between write and fsync: what is
 * read now, and said to be recorded, must be on the disk first. The file itself
 * through SQLite's descriptor: to close another one would drop its locks. */
static enum status sync_what_is_there(sqlite3 *db, const char *path,
                                      struct diag *why)
{
    sqlite3_file *file = NULL;
    char log[PATH_MAX];
    enum status status;

    snprintf(log, sizeof log, "%s-wal", path);
    status = file_sync(log, why);
    if (status != STATUS_OK && status != STATUS_MISSING)
        return status;
    if (sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file) !=
            SQLITE_OK ||
        file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) != SQLITE_OK)
        return diag_set(why, STATUS_DISK, "syncing: failed");
    return STATUS_OK;
}

enum status sqlite_open_durable(sqlite3 **out, const char *path, bool create,
                                struct diag *why)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
                (create ? SQLITE_OPEN_CREATE : 0);
    struct stat facts;
    sqlite3 *db = NULL;
    enum status status;

    *out = NULL;
    if (!create && stat(path, &facts) != 0)
        return diag_errno(why, STATUS_MISSING, "opening");
    if (sqlite3_open_v2(path, &db, flags, NULL) != SQLITE_OK)
        status = no_room_beside(path)
                     ? diag_set(why, STATUS_FULL, "opening: no space left")
                     : sqlite_trouble(db, "opening", why);
    else if (chmod(path, 0600) != 0)
        status = diag_errno(why, STATUS_SYSTEM, "its mode");
    else
        status = settle(db, why);
    if (status == STATUS_OK)
        status = sync_what_is_there(db, path, why);
    if (status != STATUS_OK) {
        (void)sqlite3_close(db);
        return status;
    }
    *out = db;
    return STATUS_OK;
}

/* On a disk that is mounted to be read nobody writes; and one that was closed
 * as it should be has no log, which SQLite would make to read it. */
static bool lies_still(const char *path)
{
    char log[PATH_MAX];

    if (access(path, W_OK) == 0 || errno != EROFS)
        return false;
    snprintf(log, sizeof log, "%s-wal", path);
    return access(log, F_OK) != 0 && errno == ENOENT;
}

static const char *path_as_uri(const char *path, char uri[URI_MAX])
{
    char *at = stpcpy(uri, *path == '/' ? "file://" : "file:");

    for (; *path != '\0' && at < uri + URI_MAX - 32; path++)
        at += snprintf(at, 4, strchr("%?#", *path) != NULL ? "%%%02X" : "%c",
                       (unsigned char)*path);
    (void)stpcpy(at, "?immutable=1");
    return uri;
}

static enum status open_reading(sqlite3 **out, const char *path, bool still,
                                struct diag *why)
{
    int flags = SQLITE_OPEN_READONLY;
    char uri[URI_MAX];
    struct stat facts;
    sqlite3 *db = NULL;
    enum status status = STATUS_OK;

    *out = NULL;
    if (stat(path, &facts) != 0)
        return diag_errno(why, STATUS_MISSING, "opening");
    if (still) {
        path = path_as_uri(path, uri);
        flags |= SQLITE_OPEN_URI;
    }
    if (sqlite3_open_v2(path, &db, flags, NULL) != SQLITE_OK) {
        status = sqlite_trouble(db, "opening", why);
        (void)sqlite3_close(db);
        return status;
    }
    (void)sqlite3_busy_timeout(db, PATIENCE_MS);
    *out = db;
    return STATUS_OK;
}

enum status sqlite_open_reading(sqlite3 **out, const char *path,
                                struct diag *why)
{
    return open_reading(out, path, lies_still(path), why);
}

enum status sqlite_open_still(sqlite3 **out, const char *path, struct diag *why)
{
    return open_reading(out, path, true, why);
}

#define PAGES_PER_STEP 4096

/* An open reading keeps one state in view, so that the copy never begins
 * anew. */
static enum status copy_pages(sqlite3 *from, sqlite3 *to,
                              void (*progress)(void *arg, int done, int all),
                              void *arg, struct diag *why)
{
    sqlite3_backup *backup;
    int step = SQLITE_OK;
    enum status status =
        sqlite_run(from, "BEGIN; SELECT count(*) FROM sqlite_master", why);

    if (status != STATUS_OK)
        return status;
    backup = sqlite3_backup_init(to, "main", from, "main");
    while (backup != NULL && step == SQLITE_OK) {
        step = sqlite3_backup_step(backup, PAGES_PER_STEP);
        if (progress != NULL)
            progress(arg,
                     sqlite3_backup_pagecount(backup) -
                         sqlite3_backup_remaining(backup),
                     sqlite3_backup_pagecount(backup));
    }
    (void)sqlite3_backup_finish(backup);
    return step == SQLITE_DONE ? STATUS_OK : sqlite_trouble(to, "copying", why);
}

enum status sqlite_copy(const char *from, const char *to,
                        void (*progress)(void *arg, int done, int all),
                        void *arg, struct diag *why)
{
    sqlite3 *source = NULL;
    sqlite3 *copy = NULL;
    enum status status = sqlite_open_reading(&source, from, why);

    if (status == STATUS_OK)
        status = sqlite_open_durable(&copy, to, true, why);
    if (status == STATUS_OK)
        status = copy_pages(source, copy, progress, arg, why);
    if (status == STATUS_OK)
        status = sqlite_run(copy, "PRAGMA wal_checkpoint(TRUNCATE)", why);
    if (status == STATUS_OK)
        status = sqlite_run(copy, "PRAGMA journal_mode=DELETE", why);
    (void)sqlite3_close(copy);
    (void)sqlite3_close(source);
    return status == STATUS_OK ? status : diag_wrap(why, status, "%s", from);
}

enum status sqlite_move_log(const char *path, struct diag *why)
{
    sqlite3 *db = NULL;
    int stays = 1;
    int code;
    enum status status = sqlite_open_durable(&db, path, false, why);

    if (status != STATUS_OK)
        return diag_wrap(why, status, "%s", path);
    (void)sqlite3_file_control(db, "main", SQLITE_FCNTL_PERSIST_WAL, &stays);
    code =
        sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_FULL, NULL, NULL);
    if (code == SQLITE_BUSY)
        status = diag_set(why, STATUS_BUSY, "%s: somebody else has it", path);
    else if (code != SQLITE_OK)
        status = sqlite_trouble(db, "moving the log", why);
    (void)sqlite3_close(db);
    return status;
}

static enum status rewrite_rows(sqlite3 *db,
                                const struct sqlite_rewriting *rewriting,
                                sqlite3_stmt *next, sqlite3_stmt *update,
                                struct diag *why)
{
    int64_t done = 0;
    int step = SQLITE_ROW;

    while (sqlite3_bind_int64(next, 1, done) == SQLITE_OK &&
           (step = sqlite3_step(next)) == SQLITE_ROW) {
        done = sqlite3_column_int64(next, 0);
        (void)sqlite3_bind_int64(update, 1, done);
        if (rewriting->change(rewriting->arg, next, update) &&
            sqlite3_step(update) != SQLITE_DONE)
            return sqlite_trouble(db, "changing rows", why);
        (void)sqlite3_reset(update);
        (void)sqlite3_reset(next);
    }
    return step == SQLITE_DONE ? STATUS_OK
                               : sqlite_trouble(db, "reading rows", why);
}

enum status sqlite_rewrite(sqlite3 *db,
                           const struct sqlite_rewriting *rewriting,
                           struct diag *why)
{
    sqlite3_stmt *next = NULL;
    sqlite3_stmt *update = NULL;
    enum status status = sqlite_prepare(db, rewriting->next, &next, why);

    if (status == STATUS_OK)
        status = sqlite_prepare(db, rewriting->update, &update, why);
    if (status == STATUS_OK)
        status = rewrite_rows(db, rewriting, next, update, why);
    sqlite3_finalize(next);
    sqlite3_finalize(update);
    return status;
}
