#include "journal/journal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sodium.h>

#include "sqlite/sqlite.h"

struct journal {
    sqlite3 *db;
    sqlite3_stmt *insert;
    uint64_t head;
    uint8_t chain[CHAIN_SIZE];
};

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS journal ("
    "sequence INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, "
    "principal TEXT NOT NULL, request_id BLOB NOT NULL, "
    "body BLOB NOT NULL, chain BLOB NOT NULL)";

static void add_number(crypto_generichash_state *state, uint64_t number)
{
    uint8_t bytes[8];

    for (int i = 7; i >= 0; i--, number >>= 8)
        bytes[i] = (uint8_t)number;
    (void)crypto_generichash_update(state, bytes, sizeof bytes);
}

static void add_bytes(crypto_generichash_state *state, const void *bytes,
                      size_t size)
{
    add_number(state, size);
    (void)crypto_generichash_update(state, bytes, size);
}

/* chain = BLAKE2b-256(chain before, sequence, time, and every part with its
 * length in front). */
static void link_chain(uint8_t chain[CHAIN_SIZE], const struct record *record)
{
    crypto_generichash_state state;

    (void)crypto_generichash_init(&state, NULL, 0, CHAIN_SIZE);
    (void)crypto_generichash_update(&state, chain, CHAIN_SIZE);
    add_number(&state, record->sequence);
    add_number(&state, (uint64_t)record->time_ms);
    add_bytes(&state, record->principal, strlen(record->principal));
    add_bytes(&state, record->request_id, record->request_size);
    add_bytes(&state, record->body, record->body_size);
    (void)crypto_generichash_final(&state, chain, CHAIN_SIZE);
}

/* Where the journal stands: its last sequence and chain hash. */
static enum status find_head(struct journal *journal, struct diag *why)
{
    static const char sql[] = "SELECT sequence, chain FROM journal "
                              "ORDER BY sequence DESC LIMIT 1";
    sqlite3_stmt *query = NULL;
    enum status status = sqlite_prepare(journal->db, sql, &query, why);
    int step;

    if (status != STATUS_OK)
        return status;
    step = sqlite3_step(query);
    if (step == SQLITE_ROW && sqlite3_column_bytes(query, 1) == CHAIN_SIZE) {
        journal->head = (uint64_t)sqlite3_column_int64(query, 0);
        memcpy(journal->chain, sqlite3_column_blob(query, 1), CHAIN_SIZE);
    } else if (step == SQLITE_ROW) {
        status = diag_set(why, STATUS_CORRUPT, "the last chain hash is cut");
    } else if (step != SQLITE_DONE) {
        status = sqlite_trouble(journal->db, "finding the head", why);
    }
    sqlite3_finalize(query);
    return status;
}

enum status journal_open(struct journal **out, const char *path, bool create,
                         struct diag *why)
{
    struct journal *journal = must_calloc(1, sizeof *journal);
    enum status status;

    *out = NULL;
    status = sqlite_open_durable(&journal->db, path, create, why);
    if (status == STATUS_OK)
        status = sqlite_run(journal->db, "PRAGMA wal_autocheckpoint=0", why);
    if (status == STATUS_OK)
        status = sqlite_run(journal->db, schema, why);
    if (status == STATUS_OK)
        status = sqlite_prepare(journal->db,
                                "INSERT INTO journal VALUES (?,?,?,?,?,?)",
                                &journal->insert, why);
    if (status == STATUS_OK)
        status = find_head(journal, why);
    if (status != STATUS_OK) {
        journal_close(journal);
        return diag_wrap(why, status, "journal %s", path);
    }
    *out = journal;
    return STATUS_OK;
}

enum status journal_open_reading(struct journal **out, const char *path,
                                 struct diag *why)
{
    struct journal *journal = must_calloc(1, sizeof *journal);
    struct stat facts;
    enum status status = STATUS_OK;

    *out = NULL;
    if (stat(path, &facts) != 0)
        status = diag_errno(why, STATUS_MISSING, "%s", path);
    else if (sqlite3_open_v2(path, &journal->db, SQLITE_OPEN_READONLY, NULL) !=
             SQLITE_OK)
        status = sqlite_trouble(journal->db, "opening", why);
    if (status == STATUS_OK) {
        (void)sqlite3_busy_timeout(journal->db, 5000);
        status = find_head(journal, why);
    }
    if (status != STATUS_OK) {
        journal_close(journal);
        return diag_wrap(why, status, "journal %s", path);
    }
    *out = journal;
    return STATUS_OK;
}

void journal_close(struct journal *journal)
{
    if (journal == NULL)
        return;
    sqlite3_finalize(journal->insert);
    (void)sqlite3_close(journal->db);
    free(journal);
}

uint64_t journal_head(const struct journal *journal)
{
    return journal->head;
}

void journal_chain(const struct journal *journal, uint8_t out[CHAIN_SIZE])
{
    memcpy(out, journal->chain, CHAIN_SIZE);
}

static bool bind_record(sqlite3_stmt *insert, const struct record *record,
                        const uint8_t chain[CHAIN_SIZE])
{
    return sqlite3_bind_int64(insert, 1, (sqlite3_int64)record->sequence) ==
               SQLITE_OK &&
           sqlite3_bind_int64(insert, 2, record->time_ms) == SQLITE_OK &&
           sqlite3_bind_text(insert, 3, record->principal, -1, SQLITE_STATIC) ==
               SQLITE_OK &&
           sqlite3_bind_blob(
               insert, 4,
               record->request_size > 0 ? (const void *)record->request_id : "",
               (int)record->request_size, SQLITE_STATIC) == SQLITE_OK &&
           sqlite3_bind_blob(insert, 5, record->body, (int)record->body_size,
                             SQLITE_STATIC) == SQLITE_OK &&
           sqlite3_bind_blob(insert, 6, chain, CHAIN_SIZE, SQLITE_TRANSIENT) ==
               SQLITE_OK;
}

static enum status insert_all(struct journal *journal,
                              const struct record *records, size_t count,
                              struct diag *why)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        REQUIRE(records[i].sequence == journal->head + 1);
        link_chain(journal->chain, &records[i]);
        journal->head++;
        if (!bind_record(journal->insert, &records[i], journal->chain) ||
            sqlite3_step(journal->insert) != SQLITE_DONE)
            status = sqlite_trouble(journal->db, "appending", why);
        if (sqlite3_reset(journal->insert) != SQLITE_OK && status == STATUS_OK)
            status = sqlite_trouble(journal->db, "appending", why);
    }
    return status;
}

enum status journal_append(struct journal *journal,
                           const struct record *records, size_t count,
                           struct diag *why)
{
    const uint64_t head = journal->head;
    uint8_t chain[CHAIN_SIZE];
    enum status status = sqlite_run(journal->db, "BEGIN IMMEDIATE", why);

    memcpy(chain, journal->chain, CHAIN_SIZE);
    if (status == STATUS_OK)
        status = insert_all(journal, records, count, why);
    if (status == STATUS_OK)
        status = sqlite_run(journal->db, "COMMIT", why);
    if (status == STATUS_OK)
        return STATUS_OK;
    if (status == STATUS_FULL) {
        status = sqlite_undo(journal->db, status, why);
        journal->head = head;
        memcpy(journal->chain, chain, CHAIN_SIZE);
    }
    return diag_wrap(why, status, "journal %s",
                     sqlite3_db_filename(journal->db, "main"));
}

static void take_record(sqlite3_stmt *query, struct record *record)
{
    record->sequence = (uint64_t)sqlite3_column_int64(query, 0);
    record->time_ms = sqlite3_column_int64(query, 1);
    record->principal = (const char *)sqlite3_column_text(query, 2);
    record->request_id = sqlite3_column_blob(query, 3);
    record->request_size = (size_t)sqlite3_column_bytes(query, 3);
    record->body = sqlite3_column_blob(query, 4);
    record->body_size = (size_t)sqlite3_column_bytes(query, 4);
}

static enum status read_one(sqlite3_stmt *query, uint8_t chain[CHAIN_SIZE],
                            uint64_t *next, struct record *record,
                            struct diag *why)
{
    take_record(query, record);
    if (record->sequence != *next || record->principal == NULL)
        return diag_set(why, STATUS_CORRUPT,
                        "sequence %" PRIu64 " stands where %" PRIu64 " belongs",
                        record->sequence, *next);
    link_chain(chain, record);
    if (sqlite3_column_bytes(query, 5) != CHAIN_SIZE ||
        memcmp(chain, sqlite3_column_blob(query, 5), CHAIN_SIZE) != 0)
        return diag_set(why, STATUS_CORRUPT,
                        "the chain breaks at sequence %" PRIu64, *next);
    (*next)++;
    return STATUS_OK;
}

/* The chain hash just before a sequence. */
static enum status chain_before(struct journal *journal, uint64_t from,
                                uint8_t chain[CHAIN_SIZE], struct diag *why)
{
    sqlite3_stmt *query = NULL;
    enum status status;

    memset(chain, 0, CHAIN_SIZE);
    if (from <= 1)
        return STATUS_OK;
    status = sqlite_prepare(journal->db,
                            "SELECT chain FROM journal WHERE sequence = ?",
                            &query, why);
    if (status != STATUS_OK)
        return status;
    (void)sqlite3_bind_int64(query, 1, (sqlite3_int64)(from - 1));
    if (sqlite3_step(query) == SQLITE_ROW &&
        sqlite3_column_bytes(query, 0) == CHAIN_SIZE)
        memcpy(chain, sqlite3_column_blob(query, 0), CHAIN_SIZE);
    else
        status = diag_set(why, STATUS_MISSING, "no sequence %" PRIu64, from);
    sqlite3_finalize(query);
    return status;
}

enum status journal_read(struct journal *journal, uint64_t from,
                         enum status (*each)(void *arg,
                                             const struct record *record,
                                             struct diag *why),
                         void *arg, struct diag *why)
{
    static const char sql[] = "SELECT sequence, time_ms, principal, "
                              "request_id, body, chain FROM journal "
                              "WHERE sequence >= ? ORDER BY sequence";
    uint64_t next = from > 0 ? from : 1;
    uint8_t chain[CHAIN_SIZE];
    struct record record;
    sqlite3_stmt *query = NULL;
    enum status status = chain_before(journal, next, chain, why);
    int step = SQLITE_DONE;

    if (status == STATUS_OK)
        status = sqlite_prepare(journal->db, sql, &query, why);
    if (status != STATUS_OK)
        return status;
    (void)sqlite3_bind_int64(query, 1, (sqlite3_int64)next);
    while (status == STATUS_OK && (step = sqlite3_step(query)) == SQLITE_ROW) {
        status = read_one(query, chain, &next, &record, why);
        if (status == STATUS_OK)
            status = each(arg, &record, why);
    }
    if (status == STATUS_OK && step != SQLITE_DONE)
        status = sqlite_trouble(journal->db, "reading the journal", why);
    sqlite3_finalize(query);
    return status;
}

enum status journal_checkpoint(const char *path, struct diag *why)
{
    sqlite3 *db = NULL;
    enum status status = STATUS_OK;

    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
        sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL,
                                  NULL) != SQLITE_OK)
        status = sqlite_trouble(db, "checkpoint", why);
    (void)sqlite3_close(db);
    return status;
}
