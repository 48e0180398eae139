#include "journal/keyring.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/bytes.h"
#include "sqlite/sqlite.h"

#define WAIT_MS 5000 /* of sqlite_open_durable */

struct keyring {
    sqlite3 *db;
};

enum status keyring_open(struct keyring **out, const char *path, bool create,
                         struct diag *why)
{
    struct keyring *keyring = must_calloc(1, sizeof *keyring);
    enum status status = sqlite_open_durable(&keyring->db, path, create, why);

    *out = NULL;
    if (status == STATUS_OK)
        status = sqlite_run(keyring->db, "PRAGMA secure_delete=ON", why);
    if (status == STATUS_OK)
        status = sqlite_run(keyring->db,
                            "CREATE TABLE IF NOT EXISTS keys ("
                            "id BLOB PRIMARY KEY, key BLOB NOT NULL);"
                            "CREATE TABLE IF NOT EXISTS destroyed ("
                            "id BLOB PRIMARY KEY) WITHOUT ROWID",
                            why);
    if (status != STATUS_OK) {
        keyring_close(keyring);
        return diag_wrap(why, status, "keyring %s", path);
    }
    (void)!keyring_scrub(keyring); /* after a death while destroying */
    *out = keyring;
    return STATUS_OK;
}

/* One of an earlier version, in which nothing was ever destroyed, lacks that
 * table. */
static enum status have_destroyed(struct keyring *keyring, struct diag *why)
{
    if (sqlite3_table_column_metadata(keyring->db, "main", "destroyed", "id",
                                      NULL, NULL, NULL, NULL,
                                      NULL) == SQLITE_OK)
        return STATUS_OK;
    return sqlite_run(keyring->db, "CREATE TEMP TABLE destroyed (id BLOB)",
                      why);
}

enum status keyring_open_reading(struct keyring **out, const char *path,
                                 struct diag *why)
{
    struct keyring *keyring = must_calloc(1, sizeof *keyring);
    enum status status = sqlite_open_reading(&keyring->db, path, why);

    *out = NULL;
    if (status == STATUS_OK)
        status = have_destroyed(keyring, why);
    if (status != STATUS_OK) {
        keyring_close(keyring);
        return diag_wrap(why, status, "keyring %s", path);
    }
    *out = keyring;
    return STATUS_OK;
}

void keyring_close(struct keyring *keyring)
{
    if (keyring == NULL)
        return;
    (void)sqlite3_close(keyring->db);
    free(keyring);
}

static enum status insert_keys(struct keyring *keyring,
                               const struct case_key *keys, size_t count,
                               struct diag *why)
{
    sqlite3_stmt *insert = NULL;
    enum status status = sqlite_prepare(
        keyring->db, "INSERT INTO keys VALUES (?,?)", &insert, why);

    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        (void)sqlite3_bind_blob(insert, 1, keys[i].id, KEY_ID_SIZE,
                                SQLITE_STATIC);
        (void)sqlite3_bind_blob(insert, 2, keys[i].key, CASE_KEY_SIZE,
                                SQLITE_STATIC);
        if (sqlite3_step(insert) != SQLITE_DONE)
            status = sqlite_trouble(keyring->db, "storing a key", why);
        (void)sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
    return status;
}

enum status keyring_make(struct keyring *keyring, struct case_key *keys,
                         size_t count, struct diag *why)
{
    enum status status = sqlite_run(keyring->db, "BEGIN IMMEDIATE", why);

    for (size_t i = 0; i < count; i++)
        randombytes_buf(&keys[i], sizeof keys[i]);
    if (status == STATUS_OK)
        status = insert_keys(keyring, keys, count, why);
    if (status == STATUS_OK)
        status = sqlite_run(keyring->db, "COMMIT", why);
    if (status == STATUS_FULL)
        status = sqlite_undo(keyring->db, status, why);
    return status == STATUS_OK
               ? status
               : diag_wrap(why, status, "keyring %s",
                           sqlite3_db_filename(keyring->db, "main"));
}

enum status keyring_read(struct keyring *keyring,
                         void (*each)(void *arg, const struct case_key *key),
                         void *arg, struct diag *why)
{
    sqlite3_stmt *query = NULL;
    struct case_key key;
    enum status status =
        sqlite_prepare(keyring->db, "SELECT id, key FROM keys", &query, why);
    int step = SQLITE_DONE;

    while (status == STATUS_OK && (step = sqlite3_step(query)) == SQLITE_ROW) {
        if (sqlite3_column_bytes(query, 0) != KEY_ID_SIZE ||
            sqlite3_column_bytes(query, 1) != CASE_KEY_SIZE) {
            status = diag_set(why, STATUS_CORRUPT, "a key is cut");
            break;
        }
        memcpy(key.id, sqlite3_column_blob(query, 0), KEY_ID_SIZE);
        memcpy(key.key, sqlite3_column_blob(query, 1), CASE_KEY_SIZE);
        each(arg, &key);
    }
    if (status == STATUS_OK && step != SQLITE_DONE)
        status = sqlite_trouble(keyring->db, "reading keys", why);
    sodium_memzero(&key, sizeof key);
    sqlite3_finalize(query);
    return status == STATUS_OK
               ? status
               : diag_wrap(why, status, "keyring %s",
                           sqlite3_db_filename(keyring->db, "main"));
}

static enum status run_with(struct keyring *keyring, const char *sentence,
                            const uint8_t id[KEY_ID_SIZE], struct diag *why)
{
    sqlite3_stmt *statement = NULL;
    enum status status = sqlite_prepare(keyring->db, sentence, &statement, why);

    if (status == STATUS_OK) {
        (void)sqlite3_bind_blob(statement, 1, id, KEY_ID_SIZE, SQLITE_STATIC);
        if (sqlite3_step(statement) != SQLITE_DONE)
            status = sqlite_trouble(keyring->db, "destroying a key", why);
    }
    sqlite3_finalize(statement);
    return status;
}

enum status keyring_scrub(struct keyring *keyring)
{
    int code;

    (void)sqlite3_busy_timeout(keyring->db, 0);
    code = sqlite3_wal_checkpoint_v2(keyring->db, NULL,
                                     SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    (void)sqlite3_busy_timeout(keyring->db, WAIT_MS);
    return code == SQLITE_BUSY ? STATUS_BUSY
           : code == SQLITE_OK ? STATUS_OK
                               : sqlite_trouble(keyring->db, "scrubbing", NULL);
}

/* secure_delete overwrites it in the file, and the log is cut: not even there.
 */
enum status keyring_destroy(struct keyring *keyring,
                            const uint8_t id[KEY_ID_SIZE], struct diag *why)
{
    enum status status = sqlite_run(keyring->db, "BEGIN IMMEDIATE", why);

    if (status == STATUS_OK)
        status = run_with(keyring, "DELETE FROM keys WHERE id = ?1", id, why);
    if (status == STATUS_OK)
        status = run_with(
            keyring, "INSERT OR IGNORE INTO destroyed VALUES (?1)", id, why);
    if (status == STATUS_OK)
        status = sqlite_run(keyring->db, "COMMIT", why);
    if (status == STATUS_FULL)
        status = sqlite_undo(keyring->db, status, why);
    if (status == STATUS_OK)
        status = keyring_scrub(keyring);
    return status == STATUS_OK || status == STATUS_BUSY
               ? status
               : diag_wrap(why, status, "keyring %s",
                           sqlite3_db_filename(keyring->db, "main"));
}

enum status keyring_read_destroyed(struct keyring *keyring,
                                   void (*each)(void *arg,
                                                const uint8_t id[KEY_ID_SIZE]),
                                   void *arg, struct diag *why)
{
    sqlite3_stmt *query = NULL;
    enum status status =
        sqlite_prepare(keyring->db, "SELECT id FROM destroyed", &query, why);
    int step = SQLITE_DONE;

    while (status == STATUS_OK && (step = sqlite3_step(query)) == SQLITE_ROW) {
        if (sqlite3_column_bytes(query, 0) == KEY_ID_SIZE)
            each(arg, sqlite3_column_blob(query, 0));
    }
    if (status == STATUS_OK && step != SQLITE_DONE)
        status = sqlite_trouble(keyring->db, "reading destroyed keys", why);
    sqlite3_finalize(query);
    return status;
}

struct held_key {
    struct case_key key;
    bool spare;
    struct held_key *next_spare;
};

struct vault {
    struct map *keys;
    struct map *destroyed;   /* id -> heap copy of it */
    struct held_key *spares; /* may hold some that are used by now */
    size_t spare_count;
};

struct vault *vault_new(void)
{
    struct vault *vault = must_calloc(1, sizeof *vault);

    vault->keys = map_new();
    vault->destroyed = map_new();
    return vault;
}

void vault_free(struct vault *vault)
{
    struct held_key *held;
    void *id;
    size_t cursor = 0;

    if (vault == NULL)
        return;
    while ((held = map_next(vault->keys, &cursor)) != NULL) {
        sodium_memzero(held, sizeof *held);
        free(held);
    }
    cursor = 0;
    while ((id = map_next(vault->destroyed, &cursor)) != NULL)
        free(id);
    map_free(vault->destroyed);
    map_free(vault->keys);
    free(vault);
}

void vault_add(struct vault *vault, const struct case_key *key)
{
    struct held_key *held;

    if (map_get(vault->keys, key->id, KEY_ID_SIZE) != NULL ||
        vault_is_destroyed(vault, key->id))
        return;
    held = must_calloc(1, sizeof *held);
    held->key = *key;
    held->spare = true;
    held->next_spare = vault->spares;
    vault->spares = held;
    vault->spare_count++;
    (void)map_put(vault->keys, key->id, KEY_ID_SIZE, held);
}

size_t vault_spares(const struct vault *vault)
{
    return vault->spare_count;
}

bool vault_take(struct vault *vault, uint8_t id[KEY_ID_SIZE])
{
    while (vault->spares != NULL) {
        struct held_key *held = vault->spares;

        vault->spares = held->next_spare;
        if (!held->spare)
            continue;
        held->spare = false;
        vault->spare_count--;
        memcpy(id, held->key.id, KEY_ID_SIZE);
        return true;
    }
    return false;
}

void vault_used(struct vault *vault, const uint8_t id[KEY_ID_SIZE])
{
    struct held_key *held = map_get(vault->keys, id, KEY_ID_SIZE);

    if (held != NULL && held->spare) {
        held->spare = false;
        vault->spare_count--;
    }
}

void vault_forget(struct vault *vault, const uint8_t id[KEY_ID_SIZE])
{
    struct held_key *held;

    vault_used(vault, id);
    held = map_get(vault->keys, id, KEY_ID_SIZE);
    if (held == NULL)
        return;
    for (struct held_key **at = &vault->spares; *at != NULL;) {
        if (*at == held)
            *at = held->next_spare;
        else
            at = &(*at)->next_spare;
    }
    (void)map_remove(vault->keys, id, KEY_ID_SIZE);
    sodium_memzero(held, sizeof *held);
    free(held);
}

void vault_destroy(struct vault *vault, const uint8_t id[KEY_ID_SIZE])
{
    vault_forget(vault, id);
    if (!vault_is_destroyed(vault, id))
        (void)map_put(vault->destroyed, id, KEY_ID_SIZE,
                      must_memdup(id, KEY_ID_SIZE));
}

bool vault_is_destroyed(const struct vault *vault,
                        const uint8_t id[KEY_ID_SIZE])
{
    return map_get(vault->destroyed, id, KEY_ID_SIZE) != NULL;
}

bool vault_has(const struct vault *vault, const uint8_t id[KEY_ID_SIZE])
{
    return map_get(vault->keys, id, KEY_ID_SIZE) != NULL;
}

bool vault_seal(const struct vault *vault, const uint8_t id[KEY_ID_SIZE],
                const uint8_t *bytes, size_t size, uint8_t *out)
{
    const struct held_key *held = map_get(vault->keys, id, KEY_ID_SIZE);

    if (held == NULL)
        return false;
    randombytes_buf(out, 24);
    return crypto_aead_xchacha20poly1305_ietf_encrypt(
               out + 24, NULL, bytes, size, id, KEY_ID_SIZE, NULL, out,
               held->key.key) == 0;
}

bool vault_open(const struct vault *vault, const uint8_t id[KEY_ID_SIZE],
                const uint8_t *sealed, size_t size, uint8_t *out)
{
    const struct held_key *held = map_get(vault->keys, id, KEY_ID_SIZE);

    return held != NULL && size >= VAULT_OVERHEAD &&
           crypto_aead_xchacha20poly1305_ietf_decrypt(
               out, NULL, NULL, sealed + 24, size - 24, id, KEY_ID_SIZE, sealed,
               held->key.key) == 0;
}
