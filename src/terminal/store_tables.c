/* The store's tables: of which version, and whose. Whoever only wants to read
 * finds all of it settled and waits for nobody who writes. */
#include <stdio.h>
#include <string.h>

#include "terminal/store_inside.h"
#include "wire/bundle.h"

#define SCHEMA_VERSION "1"
#define WANTED_VERSION "3" /* of wanted_normal */

#define MARK_SIZE (2 * 16 + 1)

static const char *mark_of(char out[MARK_SIZE], const void *bytes, size_t size)
{
    uint8_t hash[32];

    hash_bytes(hash, bytes, size);
    return hex_encode(out, hash, 16);
}

static const char *tables_mark(char out[MARK_SIZE])
{
    return mark_of(out, store_schema, strlen(store_schema));
}

static enum status read_about(struct store *store, const char *key, char *out,
                              struct diag *why)
{
    sqlite3_stmt *query = NULL;
    enum status status = sqlite_prepare(
        store->db, "SELECT value FROM about WHERE key = ?1", &query, why);

    out[0] = '\0';
    if (status != STATUS_OK)
        return status;
    bind_text(query, 1, key);
    if (sqlite3_step(query) == SQLITE_ROW)
        snprintf(out, ID_MAX + 1, "%s",
                 (const char *)sqlite3_column_text(query, 0));
    sqlite3_finalize(query);
    return STATUS_OK;
}

static enum status write_about(struct store *store, const char *key,
                               const char *value, struct diag *why)
{
    sqlite3_stmt *query = NULL;
    enum status status =
        sqlite_prepare(store->db,
                       "INSERT INTO about(key, value) VALUES(?1, ?2)"
                       " ON CONFLICT(key) DO UPDATE SET value = ?2",
                       &query, why);

    if (status != STATUS_OK)
        return status;
    bind_text(query, 1, key);
    bind_text(query, 2, value);
    if (sqlite3_step(query) != SQLITE_DONE)
        status = sqlite_trouble(store->db, "saying whose it is", why);
    sqlite3_finalize(query);
    return status;
}

/* As it was written by a version that knew no mark. */
#define UNMARKED_SIZE offsetof(struct terminal_state, marked)

bool store_take_state(struct terminal_state *out, sqlite3_stmt *row)
{
    struct blob bytes = column_blob(row, 0);

    if (bytes.size != sizeof *out && bytes.size != UNMARKED_SIZE)
        return false;
    memset(out, 0, sizeof *out);
    memcpy(out, bytes.data, bytes.size);
    return true;
}

/* All but which journal the broker has, and how far it was heard: if it is
 * another one by now, what that lacks has to go back. */
static enum status forget_state(struct store *store, struct diag *why)
{
    struct terminal_state state = {0};
    struct terminal_state kept = {0};
    sqlite3_stmt *query = NULL;
    enum status status =
        sqlite_prepare(store->db, store_sentences[READ_STATE], &query, why);

    if (status == STATUS_OK && sqlite3_step(query) == SQLITE_ROW &&
        store_take_state(&state, query)) {
        memcpy(kept.epoch, state.epoch, sizeof kept.epoch);
        kept.has_epoch = state.has_epoch;
        kept.marked = state.marked;
        memcpy(kept.mark, state.mark, sizeof kept.mark);
    }
    sqlite3_finalize(query);
    query = NULL;
    if (status == STATUS_OK)
        status =
            sqlite_prepare(store->db, store_sentences[KEEP_STATE], &query, why);
    if (status != STATUS_OK)
        return status;
    (void)sqlite3_bind_blob(query, 1, &kept, sizeof kept, SQLITE_STATIC);
    if (sqlite3_step(query) != SQLITE_DONE)
        status = sqlite_trouble(store->db, "forgetting the broker", why);
    sqlite3_finalize(query);
    return status;
}

/* Another one than last time: what it knows of the broker is of no use. */
static enum status settle_trait(struct store *store, const char *trait,
                                const char *value, bool *changed,
                                struct diag *why)
{
    char text[ID_MAX + 1];
    enum status status = read_about(store, trait, text, why);

    *changed = false;
    if (status != STATUS_OK || strcmp(text, value) == 0)
        return status;
    *changed = text[0] != '\0';
    status = forget_state(store, why);
    if (status == STATUS_OK)
        status = write_about(store, trait, value, why);
    return status;
}

static enum status settle_key(struct store *store,
                              const struct store_owner *owner, struct diag *why)
{
    char text[MARK_SIZE];
    bool changed;
    enum status status;

    if (owner->key == NULL)
        return STATUS_OK;
    status = settle_trait(store, "key", mark_of(text, owner->key, KEY_SIZE),
                          &changed, why);
    if (status != STATUS_OK || !changed)
        return status;
    if (store_running(store)) /* what it has in hand is signed with its key */
        return diag_set(why, STATUS_REFUSED,
                        "is held by a daemon with another key of this node: "
                        "restart it with this bundle");
    return owner->secret != NULL ? store_resign(store, owner->secret, why)
                                 : STATUS_OK;
}

static enum status settle_owner(struct store *store,
                                const struct store_owner *owner,
                                struct diag *why)
{
    char text[ID_MAX + 1];
    bool changed;
    enum status status = read_about(store, "schema", text, why);

    if (status == STATUS_OK && text[0] != '\0' &&
        strcmp(text, SCHEMA_VERSION) != 0)
        return diag_set(why, STATUS_REFUSED,
                        "made by another version of this program");
    if (status == STATUS_OK)
        status = read_about(store, "node", text, why);
    if (status == STATUS_OK && text[0] != '\0' &&
        strcmp(text, owner->node) != 0)
        return diag_set(why, STATUS_REFUSED, "is the store of %s, not of %s",
                        text, owner->node);
    if (status == STATUS_OK && text[0] == '\0')
        status = write_about(store, "node", owner->node, why);
    if (status == STATUS_OK && text[0] == '\0')
        status = write_about(store, "schema", SCHEMA_VERSION, why);
    if (status == STATUS_OK)
        status =
            settle_trait(store, "division", owner->division, &changed, why);
    if (status == STATUS_OK)
        status = settle_key(store, owner, why);
    return status;
}

/* Noting twice what is sought by a number does no harm. */
static enum status settle_wanted(struct store *store, struct diag *why)
{
    char text[ID_MAX + 1];
    enum status status = read_about(store, "wanted", text, why);

    if (status != STATUS_OK || strcmp(text, WANTED_VERSION) == 0)
        return status;
    status = wanted_begin(store, why);
    return status == STATUS_OK
               ? write_about(store, "wanted", WANTED_VERSION, why)
               : status;
}

static enum status settle_told(struct store *store, struct diag *why)
{
    char text[ID_MAX + 1];
    enum status status = read_about(store, "told", text, why);

    if (status != STATUS_OK || text[0] != '\0')
        return status;
    status = told_begin(store, why);
    return status == STATUS_OK ? write_about(store, "told", "1", why) : status;
}

static bool says(struct store *store, const char *key, const char *value)
{
    char text[ID_MAX + 1];

    return read_about(store, key, text, NULL) == STATUS_OK &&
           strcmp(text, value) == 0;
}

static bool is_settled(struct store *store, const struct store_owner *owner)
{
    char tables[MARK_SIZE];
    char key[MARK_SIZE];

    return says(store, "tables", tables_mark(tables)) &&
           says(store, "schema", SCHEMA_VERSION) &&
           says(store, "node", owner->node) &&
           says(store, "division", owner->division) &&
           says(store, "wanted", WANTED_VERSION) &&
           (owner->key == NULL ||
            says(store, "key", mark_of(key, owner->key, KEY_SIZE)));
}

static enum status settle_tables(struct store *store,
                                 const struct store_owner *owner,
                                 struct diag *why)
{
    char tables[MARK_SIZE];
    enum status status = sqlite_run(store->db, "BEGIN IMMEDIATE", why);

    if (status == STATUS_OK)
        status = sqlite_run(store->db, store_schema, why);
    if (status == STATUS_OK)
        status = settle_owner(store, owner, why);
    if (status == STATUS_OK)
        status = settle_told(store, why);
    if (status == STATUS_OK)
        status = write_about(store, "tables", tables_mark(tables), why);
    if (status == STATUS_OK)
        status = sqlite_run(store->db, "COMMIT", why);
    return status;
}

enum status tables_open(struct store *store, const struct store_owner *owner,
                        struct diag *why)
{
    bool settled = is_settled(store, owner);
    enum status status = settled ? STATUS_OK : settle_tables(store, owner, why);

    if (status == STATUS_OK)
        status = store_prepare(store, why);
    if (status == STATUS_OK && !settled)
        status = settle_wanted(store, why);
    return status;
}
