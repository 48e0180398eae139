/* Opening the spool: whose it is, its schema, its sentences. */
#include <stdlib.h>
#include <string.h>

#include "spool/inside.h"
#include "sqlite/sqlite.h"
#include "wire/seal.h"

#define SCHEMA_VERSION "2"
#define VERSION_BEFORE "1"
#define PURPOSE "tocsin/v1/spool"
/* The log is put into the file, with an fsync more, every so many pages. */
#define CHECKPOINT "PRAGMA wal_autocheckpoint=4000"

static enum status read_about(struct spool *spool, const char *key,
                              char out[ID_MAX + 1], struct diag *why)
{
    sqlite3_stmt *query = NULL;
    enum status status = sqlite_prepare(
        spool->db, "SELECT value FROM about WHERE key = ?1", &query, why);

    out[0] = '\0';
    if (status != STATUS_OK)
        return status;
    spool_bind_text(query, 1, key);
    if (sqlite3_step(query) == SQLITE_ROW)
        spool_take_text(out, ID_MAX + 1, query, 0);
    sqlite3_finalize(query);
    return STATUS_OK;
}

static enum status write_about(struct spool *spool, const char *key,
                               const char *value, struct diag *why)
{
    sqlite3_stmt *query = NULL;
    enum status status = sqlite_prepare(
        spool->db, "INSERT INTO about(key, value) VALUES(?1, ?2)", &query, why);

    if (status != STATUS_OK)
        return status;
    spool_bind_text(query, 1, key);
    spool_bind_text(query, 2, value);
    if (sqlite3_step(query) != SQLITE_DONE)
        status = sqlite_trouble(spool->db, "saying whose it is", why);
    sqlite3_finalize(query);
    return status;
}

static enum status settle_owner(struct spool *spool, const char *gateway,
                                struct diag *why)
{
    char text[ID_MAX + 1];
    enum status status = read_about(spool, "gateway", text, why);

    if (status != STATUS_OK)
        return status;
    if (text[0] == '\0') {
        status = write_about(spool, "gateway", gateway, why);
        return status == STATUS_OK
                   ? write_about(spool, "schema", SCHEMA_VERSION, why)
                   : status;
    }
    if (strcmp(text, gateway) != 0)
        return diag_set(why, STATUS_REFUSED, "is the spool of %s, not of %s",
                        text, gateway);
    status = read_about(spool, "schema", text, why);
    if (status == STATUS_OK && strcmp(text, SCHEMA_VERSION) != 0)
        return diag_set(why, STATUS_REFUSED,
                        "made by another version of this program");
    return status;
}

/* Without the key that the gateway had, what waits would be lost, although its
 * handheld was told that it is kept. What does not wait cannot be opened
 * either, and need not be. */
static enum status leave_old_key(struct spool *spool, struct diag *why)
{
    sqlite3_stmt *query = NULL;
    enum status status = sqlite_prepare(
        spool->db,
        "SELECT 1 FROM answers WHERE state = 1 OR picture = 2 LIMIT 1", &query,
        why);
    bool waits = status == STATUS_OK && sqlite3_step(query) == SQLITE_ROW;

    sqlite3_finalize(query);
    if (waits)
        return diag_set(why, STATUS_REFUSED,
                        "what waits in it was sealed with another key of this "
                        "gateway, which is not here");
    if (status == STATUS_OK)
        status = sqlite_run(spool->db,
                            "UPDATE answers SET content = NULL;"
                            "DELETE FROM pictures",
                            why);
    return status;
}

const char *spool_seal_name(char out[SEAL_NAME],
                            const uint8_t key[REST_KEY_SIZE])
{
    uint8_t hash[32];

    hash_bytes(hash, key, REST_KEY_SIZE);
    return hex_encode(out, hash, 8);
}

bool spool_key_of(const struct spool_owner *owner, size_t number,
                  uint8_t key[REST_KEY_SIZE])
{
    if (number > owner->former_count)
        return false;
    rest_key(key, number == 0 ? owner->secret : owner->formers[number - 1],
             PURPOSE);
    return true;
}

/* The key that this is the name of, among those that the gateway had. */
static bool find_former(const struct spool_owner *owner, const char *name,
                        uint8_t key[REST_KEY_SIZE])
{
    char text[SEAL_NAME];

    for (size_t i = 1; spool_key_of(owner, i, key); i++) {
        if (strcmp(name, spool_seal_name(text, key)) == 0)
            return true;
    }
    return false;
}

/* resealed: what was under another key may still be in the log. */
static enum status settle_seal(struct spool *spool,
                               const struct spool_owner *owner, bool *resealed,
                               struct diag *why)
{
    uint8_t key[REST_KEY_SIZE] = {0};
    char own[SEAL_NAME];
    char text[ID_MAX + 1];
    enum status status = read_about(spool, "seal", text, why);

    if (status != STATUS_OK ||
        strcmp(text, spool_seal_name(own, spool->key)) == 0)
        return status;
    if (text[0] != '\0') {
        *resealed = true;
        status = find_former(owner, text, key) ? spool_reseal(spool, key, why)
                                               : leave_old_key(spool, why);
        bytes_wipe(key, sizeof key);
        if (status == STATUS_OK)
            status = sqlite_run(spool->db,
                                "DELETE FROM about WHERE key = 'seal'", why);
    }
    return status == STATUS_OK ? write_about(spool, "seal", own, why) : status;
}

/* What an earlier version has left lies in the clear, and may in the log. */
static enum status settle_version(struct spool *spool, bool *lifted,
                                  struct diag *why)
{
    char text[ID_MAX + 1];
    enum status status = read_about(spool, "schema", text, why);

    *lifted = strcmp(text, VERSION_BEFORE) == 0;
    if (status != STATUS_OK || !*lifted)
        return status;
    status = sqlite_run(spool->db, spool_lift, why);
    return status == STATUS_OK ? spool_lift_letters(spool, why) : status;
}

static bool has_tables(struct spool *spool)
{
    return sqlite3_table_column_metadata(spool->db, NULL, "answers", NULL, NULL,
                                         NULL, NULL, NULL, NULL) == SQLITE_OK;
}

static enum status prepare(struct spool *spool, struct diag *why)
{
    enum status status = STATUS_OK;

    for (int i = 0; i < SENTENCES && status == STATUS_OK; i++)
        status = sqlite_prepare(spool->db, spool_sentences[i],
                                &spool->sentences[i], why);
    return status;
}

enum status spool_open_tables(struct spool *spool,
                              const struct spool_owner *owner, struct diag *why)
{
    enum status status = sqlite_run(spool->db, "PRAGMA secure_delete=ON", why);
    bool lifted = false;
    bool resealed = false;

    (void)spool_key_of(owner, 0, spool->key);
    if (status == STATUS_OK)
        status = sqlite_run(spool->db, CHECKPOINT, why);
    if (status == STATUS_OK)
        status = sqlite_run(spool->db, "BEGIN IMMEDIATE", why);
    if (status == STATUS_OK && has_tables(spool))
        status = settle_version(spool, &lifted, why);
    if (status == STATUS_OK)
        status = sqlite_run(spool->db, spool_schema, why);
    if (status == STATUS_OK)
        status = settle_owner(spool, owner->gateway, why);
    if (status == STATUS_OK)
        status = settle_seal(spool, owner, &resealed, why);
    if (status == STATUS_OK)
        status = sqlite_run(spool->db, "COMMIT", why);
    if (status == STATUS_OK && (lifted || resealed))
        (void)sqlite3_wal_checkpoint_v2(spool->db, NULL,
                                        SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    return status == STATUS_OK ? prepare(spool, why) : status;
}

enum status spool_open(struct spool **out, const char *path,
                       const struct spool_owner *owner, struct diag *why)
{
    struct spool *spool = must_calloc(1, sizeof *spool);
    enum status status = sqlite_open_durable(&spool->db, path, true, why);

    *out = NULL;
    if (status == STATUS_OK)
        status = spool_open_tables(spool, owner, why);
    if (status != STATUS_OK) {
        spool_close(spool);
        return diag_wrap(why, status, "spool %s", path);
    }
    *out = spool;
    return STATUS_OK;
}

static enum status other_version(struct diag *why)
{
    return diag_set(why, STATUS_REFUSED,
                    "is of another version than this program: start the "
                    "gateway anew with this one, or ask that one");
}

static enum status know_version(struct spool *spool, struct diag *why)
{
    char text[ID_MAX + 1];
    enum status status = read_about(spool, "schema", text, why);

    return status != STATUS_OK || strcmp(text, SCHEMA_VERSION) == 0
               ? status
               : other_version(why);
}

/* Beside a gateway that runs since before an upgrade, or after one: a table
 * that is not there is made by the one that writes, under the same number. */
static enum status prepare_looking(struct spool *spool, struct diag *why)
{
    enum status status = know_version(spool, why);

    if (status != STATUS_OK)
        return status;
    status = prepare(spool, why);
    return status != STATUS_OK && sqlite3_errcode(spool->db) == SQLITE_ERROR
               ? other_version(why)
               : status;
}

enum status spool_look(struct spool **out, const char *path, struct diag *why)
{
    struct spool *spool = must_calloc(1, sizeof *spool);
    enum status status = STATUS_OK;

    *out = NULL;
    if (sqlite3_open_v2(path, &spool->db, SQLITE_OPEN_READONLY, NULL) !=
        SQLITE_OK)
        status = diag_set(why, STATUS_MISSING, "%s", sqlite3_errmsg(spool->db));
    (void)sqlite3_busy_timeout(spool->db, 5000);
    if (status == STATUS_OK)
        status = prepare_looking(spool, why);
    if (status != STATUS_OK) {
        spool_close(spool);
        return diag_wrap(why, status, "spool %s", path);
    }
    *out = spool;
    return STATUS_OK;
}

void spool_close(struct spool *spool)
{
    if (spool == NULL)
        return;
    for (int i = 0; i < SENTENCES; i++)
        sqlite3_finalize(spool->sentences[i]);
    (void)sqlite3_close(spool->db);
    free(spool->opened);
    bytes_wipe(spool->key, sizeof spool->key);
    free(spool);
}
