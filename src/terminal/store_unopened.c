/* A store whose file cannot be opened, because it is damaged, because the disk
 * is full, or because it fails, is one in memory for its daemon, so that the
 * screen shows what comes, and a refusal for everybody else. */
#include <stdio.h>

#include "sqlite/aside.h"
#include "terminal/store_inside.h"

bool store_is_unopened(const struct store *store)
{
    return store->unopened.status != STATUS_OK;
}

bool store_is_failing(const struct store *store)
{
    return store->unopened.status == STATUS_DISK || store->failing;
}

/* Of a damaged one what can be read is kept. What has failed there has not in
 * the one that follows. */
static void let_be(struct store *store, const struct diag *reason)
{
    store_unprepare(store);
    staged_forget(store);
    store->failed = STATUS_OK;
    store->began = false;
    if (store->db != NULL)
        (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    if (reason->status == STATUS_CORRUPT)
        store->torn = store->db;
    else
        (void)sqlite3_close(store->db);
    store->db = NULL;
}

enum status store_leave_unopened(struct store *store,
                                 const struct store_owner *owner,
                                 const struct diag *reason, struct diag *why)
{
    enum status status;

    let_be(store, reason);
    store->unopened.status = STATUS_OK;
    if (sqlite3_open(":memory:", &store->db) != SQLITE_OK)
        return sqlite_trouble(store->db, "opening one in memory", why);
    status = tables_open(store, owner, why);
    store->unopened = *reason;
    return status;
}

enum status store_open_files(struct store *store,
                             const struct store_owner *owner, struct diag *why)
{
    struct diag reason = {0};
    enum status status = store_open_database(store, "store.db", &reason);

    if (status == STATUS_OK)
        status = tables_open(store, owner, &reason);
    if (status == STATUS_CORRUPT || status == STATUS_FULL ||
        status == STATUS_DISK)
        return store_leave_unopened(store, owner, &reason, why);
    return status == STATUS_OK ? STATUS_OK
                               : diag_set(why, status, "%s", reason.text);
}

/* What is in memory stays until the file is open. */
enum status store_open_late(struct store *store,
                            const struct store_owner *owner, struct diag *why)
{
    sqlite3 *memory = store->db;
    struct diag reason = {0};
    enum status status;

    store_unprepare(store);
    store->db = NULL;
    status = store_open_database(store, "store.db", &reason);
    if (status == STATUS_OK)
        status = tables_open(store, owner, &reason);
    if (status == STATUS_OK) {
        staged_forget(store);
        (void)sqlite3_close(memory);
        store->unopened.status = STATUS_OK;
        (void)sqlite3_busy_timeout(store->db, DAEMON_PATIENCE_MS);
        return STATUS_OK;
    }
    let_be(store, &reason);
    store->db = memory;
    if (store_prepare(store, why) != STATUS_OK)
        return STATUS_DISK;
    if (status != STATUS_CORRUPT)
        return diag_set(why, STATUS_FULL, "%s", reason.text);
    store->unopened = reason;
    return STATUS_OK;
}

/* As it was when its log last moved into it, if that makes a whole. */
static sqlite3 *copy_lying(const struct store *store)
{
    char path[STORE_PATH_MAX + 16];
    sqlite3 *file = NULL;
    sqlite3 *copy = NULL;

    snprintf(path, sizeof path, "%s/store.db", store->folder);
    if (sqlite_open_still(&file, path, NULL) == STATUS_OK)
        copy = store_copy_of(file);
    (void)sqlite3_close(file);
    return copy;
}

enum status store_go_unopened(struct store *store,
                              const struct store_owner *owner, struct diag *why)
{
    sqlite3 *empty = store->db;
    sqlite3 *copy =
        store->unopened.status == STATUS_FULL ? copy_lying(store) : NULL;

    if (copy == NULL)
        return STATUS_OK;
    store_unprepare(store);
    store->db = copy;
    if (sqlite_pages_good(copy, why) &&
        tables_open(store, owner, why) == STATUS_OK) {
        (void)sqlite3_close(empty);
        return STATUS_OK;
    }
    store_unprepare(store);
    (void)sqlite3_close(copy);
    store->db = empty;
    return store_prepare(store, why);
}
