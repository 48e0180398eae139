/* A damaged store would end every start, and a checkpoint without a screen sees
 * no alert. Alerts come again with the first sync; what officers said is only
 * here, and is taken over as far as it can be read: as SQLite gives it, and
 * then what it does not find any more (store_leaves.c). */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "sqlite/aside.h"
#include "terminal/store_inside.h"

#define BESIDE "store.db.new"

bool store_has_damaged(const struct store *store)
{
    return sqlite_lies_aside(store->folder, NULL);
}

static enum status look_for_another(const struct store *store, struct diag *why)
{
    char path[STORE_PATH_MAX + 16];
    struct stat facts;

    snprintf(path, sizeof path, "%s/store.db", store->folder);
    if (stat(path, &facts) != 0 || facts.st_ino == store->inode)
        return STATUS_OK;
    return diag_set(why, STATUS_DISK,
                    "store %s: was damaged, and another one was begun: open it "
                    "again",
                    store->folder);
}

enum status store_look(const struct store *store, struct diag *why)
{
    enum status status =
        store->locked ? STATUS_OK : look_for_another(store, why);

    if (status != STATUS_OK || store->locked || !store_is_unopened(store))
        return status;
    return diag_set(why, store->unopened.status, "store %s: %s%s",
                    store->folder, store->unopened.text,
                    store->unopened.status == STATUS_CORRUPT
                        ? ": its daemon begins another one when it is started "
                          "and has room on the disk"
                        : "");
}

static bool is_damaged(const struct store *store, struct diag *damage)
{
    if (!store_is_unopened(store))
        return !sqlite_pages_good(store->db, damage);
    *damage = store->unopened;
    return true;
}

static const char *path_of(const struct store *store, const char *name,
                           char out[STORE_PATH_MAX + 16])
{
    snprintf(out, STORE_PATH_MAX + 16, "%s/%s", store->folder, name);
    return out;
}

static void drop_beside(const struct store *store)
{
    char path[STORE_PATH_MAX + 16];

    sqlite_drop(path_of(store, BESIDE, path));
}

static sqlite3_stmt *prepare_taking(struct store *store, const char *table,
                                    int columns)
{
    sqlite3_stmt *take = NULL;
    char sql[200];
    size_t size = (size_t)snprintf(sql, sizeof sql,
                                   "INSERT OR IGNORE INTO %s VALUES(?", table);

    for (int i = 1; i < columns && size < sizeof sql - 4; i++)
        size += (size_t)snprintf(sql + size, sizeof sql - size, ",?");
    snprintf(sql + size, sizeof sql - size, ")");
    return sqlite_prepare(store->db, sql, &take, NULL) == STATUS_OK ? take
                                                                    : NULL;
}

/* Row by row, from one end up to what cannot be read. */
static enum status take_over(struct store *store, sqlite3 *old,
                             const char *table, const char *order,
                             unsigned *count, struct diag *why)
{
    enum status status = STATUS_OK;
    sqlite3_stmt *rows = NULL;
    sqlite3_stmt *take;
    char sql[100];

    snprintf(sql, sizeof sql, "SELECT * FROM %s ORDER BY row %s", table, order);
    if (sqlite_prepare(old, sql, &rows, NULL) != STATUS_OK)
        return STATUS_OK;
    take = prepare_taking(store, table, sqlite3_column_count(rows));
    while (take != NULL && status == STATUS_OK &&
           sqlite3_step(rows) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(rows); i++)
            (void)sqlite3_bind_value(take, i + 1,
                                     sqlite3_column_value(rows, i));
        if (sqlite3_step(take) == SQLITE_DONE)
            *count += (unsigned)sqlite3_changes(store->db);
        else
            status = sqlite_trouble(store->db, "taking over", why);
        (void)sqlite3_reset(take);
    }
    sqlite3_finalize(take);
    sqlite3_finalize(rows);
    return status;
}

/* While they change places its log is not beside it, and what is read leaf by
 * leaf is the file. */
static void move_log(sqlite3 *old)
{
    if (old != NULL)
        (void)sqlite3_wal_checkpoint_v2(old, NULL, SQLITE_CHECKPOINT_PASSIVE,
                                        NULL, NULL);
}

static enum status take_all_over(struct store *store, sqlite3 *old,
                                 const struct store_owner *owner,
                                 struct store_mended *out, struct diag *why)
{
    static const char *const orders[] = {"ASC", "DESC"};
    enum status status = sqlite_run(store->db, "BEGIN IMMEDIATE", why);

    for (int i = 0; i < 2 && old != NULL && status == STATUS_OK; i++) {
        status =
            take_over(store, old, "answers", orders[i], &out->answers, why);
        if (status == STATUS_OK)
            status = take_over(store, old, "photographs", orders[i],
                               &out->photographs, why);
    }
    move_log(old);
    if (status == STATUS_OK)
        status = store_take_leaves(store, owner->key, out, why);
    return status == STATUS_OK ? sqlite_run(store->db, "COMMIT", why) : status;
}

/* Whole, in one file, before it takes the name. */
static enum status make_beside(struct store *store, sqlite3 *old,
                               const struct store_owner *owner,
                               struct store_mended *out, struct diag *why)
{
    ino_t inode = store->inode;
    enum status status;

    drop_beside(store);
    status = store_open_database(store, BESIDE, why);
    if (status == STATUS_OK)
        status = tables_open(store, owner, why);
    if (status == STATUS_OK)
        status = take_all_over(store, old, owner, out, why);
    if (status == STATUS_OK)
        status = sqlite_run(store->db, "PRAGMA wal_checkpoint(TRUNCATE)", why);
    store_unprepare(store);
    (void)sqlite3_close(store->db);
    store->db = NULL;
    store->inode = inode; /* it has not taken the name yet */
    return status;
}

/* Nothing of what was staged in it. What is left of it is given, and what is in
 * memory instead, which stays until there is another one. */
static sqlite3 *let_go(struct store *store, sqlite3 **memory)
{
    sqlite3 *old = store->db;

    *memory = NULL;
    store_unprepare(store);
    staged_forget(store);
    store->failed = STATUS_OK;
    if (store_is_unopened(store)) {
        *memory = store->db;
        old = store->torn;
        store->torn = NULL;
    }
    store->db = NULL;
    return old;
}

static enum status begin_another(struct store *store, sqlite3 *old,
                                 const char *aside,
                                 const struct store_owner *owner,
                                 struct diag *why)
{
    char path[STORE_PATH_MAX + 16];
    char beside[STORE_PATH_MAX + 16];
    enum status status;

    move_log(old);
    (void)sqlite3_close(old);
    status = sqlite_change_places(path_of(store, "store.db", path), aside,
                                  path_of(store, BESIDE, beside), why);
    if (status == STATUS_OK)
        status = store_open_database(store, "store.db", why);
    if (status == STATUS_OK)
        status = tables_open(store, owner, why);
    if (status == STATUS_OK)
        (void)sqlite3_busy_timeout(store->db, DAEMON_PATIENCE_MS);
    return status;
}

/* There is no room for another one, or the disk fails: the next try begins with
 * this. */
static enum status put_off(struct store *store, sqlite3 *old, sqlite3 *memory,
                           const struct store_owner *owner,
                           const struct diag *damage)
{
    enum status status;

    if (memory == NULL) {
        store->db = old;
        status = store_leave_unopened(store, owner, damage, NULL);
    } else {
        store->torn = old;
        store->db = memory;
        status = store_prepare(store, NULL);
    }
    return status == STATUS_OK ? STATUS_FULL : STATUS_DISK;
}

static enum status mend(struct store *store, const struct store_owner *owner,
                        const struct diag *damage, struct store_mended *out,
                        struct diag *why)
{
    char path[STORE_PATH_MAX + 16];
    enum status status;
    sqlite3 *memory;
    sqlite3 *old;

    snprintf(out->reason, sizeof out->reason, "%.150s", damage->text);
    sqlite_name_aside(path_of(store, "store.db", path), out->aside,
                      sizeof out->aside);
    old = let_go(store, &memory);
    status = make_beside(store, old, owner, out, why);
    store->failing = status != STATUS_OK && status != STATUS_FULL;
    if (status != STATUS_OK) {
        status = put_off(store, old, memory, owner, damage);
    } else {
        status = begin_another(store, old, out->aside, owner, why);
        (void)sqlite3_close(memory);
        if (status == STATUS_FULL) /* nothing is left to go on with */
            status = STATUS_DISK;
    }
    out->mended = status == STATUS_OK;
    if (out->mended) {
        store->unopened.status = STATUS_OK;
        return STATUS_OK;
    }
    drop_beside(store);
    return diag_wrap(why, status, "store %s: another one for the damaged one",
                     store->folder);
}

/* A disk that fails is tried again like one that is full. */
static enum status find_room(struct store *store, struct diag *why)
{
    enum status status = store_find_room(store, why);

    return status == STATUS_DISK ? STATUS_FULL : status;
}

enum status store_mend(struct store *store, const struct store_owner *owner,
                       struct store_mended *out, struct diag *why)
{
    enum status status = look_for_another(store, why);
    struct diag damage = {0};

    REQUIRE(store->locked);
    memset(out, 0, sizeof *out);
    if (status == STATUS_OK && store_is_unopened(store))
        status = find_room(store, why);
    if (status == STATUS_OK && store_is_unopened(store) &&
        store->unopened.status != STATUS_CORRUPT)
        status = store_open_late(store, owner, why);
    if (status != STATUS_OK || !is_damaged(store, &damage))
        return status;
    return mend(store, owner, &damage, out, why);
}
