#include "sqlite/sqlite.h"

#include <string.h>
#include <sys/stat.h>

enum status sqlite_trouble(sqlite3 *db, const char *doing, struct diag *why)
{
    int code = db == NULL ? SQLITE_NOMEM : sqlite3_errcode(db);
    enum status status = code == SQLITE_CORRUPT || code == SQLITE_NOTADB
                             ? STATUS_CORRUPT
                             : STATUS_DISK;

    return diag_set(why, status, "%s: %s", doing,
                    db == NULL ? "out of memory" : sqlite3_errmsg(db));
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
        status = diag_set(why, STATUS_DISK, "%s gives %s instead of %s", sql,
                          (const char *)sqlite3_column_text(query, 0), value);
    sqlite3_finalize(query);
    return status;
}

static enum status settle(sqlite3 *db, struct diag *why)
{
    enum status status = STATUS_OK;

    (void)sqlite3_busy_timeout(db, 5000);
    if (status == STATUS_OK)
        status = expect(db, "PRAGMA journal_mode=WAL", "wal", why);
    if (status == STATUS_OK)
        status = sqlite_run(db, "PRAGMA synchronous=FULL", why);
    if (status == STATUS_OK)
        status = expect(db, "PRAGMA synchronous", "2", why);
    return status;
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
        return diag_errno(why, STATUS_MISSING, "%s", path);
    if (sqlite3_open_v2(path, &db, flags, NULL) != SQLITE_OK)
        status = sqlite_trouble(db, "opening", why);
    else if (chmod(path, 0600) != 0)
        status = diag_errno(why, STATUS_SYSTEM, "%s", path);
    else
        status = settle(db, why);
    if (status != STATUS_OK) {
        (void)sqlite3_close(db);
        return diag_wrap(why, status, "%s", path);
    }
    *out = db;
    return STATUS_OK;
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
    enum status status = STATUS_OK;

    if (sqlite3_open_v2(from, &source, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        status = sqlite_trouble(source, "opening", why);
    if (status == STATUS_OK)
        (void)sqlite3_busy_timeout(source, 5000);
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
