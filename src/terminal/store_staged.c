/* What is staged, and its commit. While a program has the store to itself the
 * daemon does not wait for it: what it stages is kept here, as sentences, and
 * said at the first commit that finds the store free. */
#include <stdlib.h>

#include "terminal/store_inside.h"

struct staged {
    char *sentence;
    struct staged *next;
};

void staged_forget(struct store *store)
{
    struct staged *next;

    for (struct staged *at = store->first_staged; at != NULL; at = next) {
        next = at->next;
        sqlite3_free(at->sentence);
        free(at);
    }
    store->first_staged = store->last_staged = NULL;
    store->waits = false;
}

static void keep_for_later(struct store *store, sqlite3_stmt *statement)
{
    struct staged *staged = must_calloc(1, sizeof *staged);

    staged->sentence = sqlite3_expanded_sql(statement);
    REQUIRE(staged->sentence != NULL);
    if (store->last_staged == NULL)
        store->first_staged = staged;
    else
        store->last_staged->next = staged;
    store->last_staged = staged;
}

/* A program gives up when it has waited; a daemon comes back. */
static enum status open_transaction(struct store *store, struct diag *why)
{
    char who[STORE_WRITER_MAX];
    enum status status = store_look(store, why);

    if (status != STATUS_OK)
        return status;
    if (sqlite3_exec(store->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) ==
        SQLITE_OK) {
        store->began = true;
        return STATUS_OK;
    }
    if (sqlite3_errcode(store->db) != SQLITE_BUSY)
        return sqlite_trouble(store->db, "beginning", why);
    if (store->locked)
        return diag_set(why, STATUS_BUSY, "a program is writing to it");
    store_writer(store, who);
    return diag_set(why, STATUS_DISK,
                    "%s writes to it and does not end; nothing was stored",
                    who);
}

static void say_staged(struct store *store)
{
    for (const struct staged *at = store->first_staged;
         at != NULL && store->failed == STATUS_OK; at = at->next) {
        if (sqlite3_exec(store->db, at->sentence, NULL, NULL, NULL) !=
            SQLITE_OK)
            store_fail(store, "storing");
    }
    staged_forget(store);
}

enum status store_begin(struct store *store, struct diag *why)
{
    enum status status;

    if (store->began || store->failed != STATUS_OK)
        return STATUS_OK; /* its commit says what has failed */
    status = open_transaction(store, &store->why);
    if (status == STATUS_BUSY)
        return diag_set(why, status, "store %s: %s", store->folder,
                        store->why.text);
    if (status == STATUS_OK)
        say_staged(store);
    else
        store->failed = status;
    return STATUS_OK;
}

sqlite3_stmt *store_stage(struct store *store, enum sentence which)
{
    if (!store->waits)
        store->waits = store_begin(store, NULL) == STATUS_BUSY;
    return store_say(store, which);
}

void store_done(struct store *store, sqlite3_stmt *statement)
{
    if (store->waits)
        keep_for_later(store, statement);
    else if (store->failed == STATUS_OK &&
             sqlite3_step(statement) != SQLITE_DONE)
        store_fail(store, "storing");
    (void)sqlite3_reset(statement);
}

/* Whoever reads keeps what he reads in the log. A daemon does not wait for him:
 * the next commit tries again. */
static void empty_log(struct store *store)
{
    if (store->locked)
        (void)sqlite3_busy_timeout(store->db, 0);
    store->truncate =
        sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE,
                                  NULL, NULL) != SQLITE_OK;
    if (store->locked)
        (void)sqlite3_busy_timeout(store->db, DAEMON_PATIENCE_MS);
}

enum status store_commit(struct store *store, struct diag *why)
{
    if (store->waits && store_begin(store, why) == STATUS_BUSY)
        return STATUS_BUSY;
    if (store->failed == STATUS_OK && store->began)
        store->failed = sqlite_run(store->db, "COMMIT", &store->why);
    if (store->failed != STATUS_OK) {
        (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
        store->began = false;
        return diag_set(why, store->failed, "store %s: %s", store->folder,
                        store->why.text);
    }
    store->began = false;
    if (store->truncate)
        empty_log(store);
    return STATUS_OK;
}

bool store_forgotten(const struct store *store)
{
    return !store->waits && !store->began && !store->truncate;
}
