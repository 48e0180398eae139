#include "journal/journal_private.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sqlite/sqlite.h"

/* An archiving or a checkpoint may have it for a while, on a slow disk for more
 * than one: whoever writes waits, and what is recorded is late. */
#define PATIENCE_MS (10 * 60 * 1000)
#define LOG_KEPT "67108864" /* bytes that stay of a log that begins anew */
#define LAST_FRAMES_TRIES 20
#define LAST_FRAMES_PAUSE_NS (5 * 1000 * 1000)

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS journal ("
    "sequence INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, "
    "principal TEXT NOT NULL, request_id BLOB NOT NULL, "
    "body BLOB NOT NULL, chain BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS mark ("
    "name BLOB PRIMARY KEY, sequence INTEGER NOT NULL, "
    "value BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS base ("
    "one INTEGER PRIMARY KEY CHECK (one = 1), sequence INTEGER NOT NULL, "
    "chain BLOB NOT NULL, state BLOB)";

/* A row of sequence and chain hash; untouched when there is none. */
static enum status find_place(struct journal *journal, const char *sql,
                              uint64_t *sequence, uint8_t chain[CHAIN_SIZE],
                              struct diag *why)
{
    sqlite3_stmt *query = NULL;
    enum status status = sqlite_prepare(journal->db, sql, &query, why);
    int step;

    if (status != STATUS_OK)
        return status;
    step = sqlite3_step(query);
    if (step == SQLITE_ROW && sqlite3_column_bytes(query, 1) == CHAIN_SIZE) {
        *sequence = (uint64_t)sqlite3_column_int64(query, 0);
        memcpy(chain, sqlite3_column_blob(query, 1), CHAIN_SIZE);
    } else if (step == SQLITE_ROW) {
        status = diag_set(why, STATUS_CORRUPT, "a chain hash is cut");
    } else if (step != SQLITE_DONE) {
        status = sqlite_trouble(journal->db, "finding its place", why);
    }
    sqlite3_finalize(query);
    return status;
}

enum status journal_look_for_base(struct journal *journal, struct diag *why)
{
    /* an older program's journal, opened for reading, has no such table */
    bool based = sqlite3_table_column_metadata(journal->db, NULL, "base",
                                               "sequence", NULL, NULL, NULL,
                                               NULL, NULL) == SQLITE_OK;

    return based ? find_place(journal, "SELECT sequence, chain FROM base",
                              &journal->base, journal->base_chain, why)
                 : STATUS_OK;
}

/* Where the journal begins and where it stands. */
static enum status find_ends(struct journal *journal, struct diag *why)
{
    enum status status = journal_look_for_base(journal, why);

    journal->head = journal->base;
    memcpy(journal->chain, journal->base_chain, CHAIN_SIZE);
    if (status == STATUS_OK)
        status = find_place(journal,
                            "SELECT sequence, chain FROM journal "
                            "ORDER BY sequence DESC LIMIT 1",
                            &journal->head, journal->chain, why);
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
        status = sqlite_run(journal->db,
                            "PRAGMA wal_autocheckpoint=0;"
                            "PRAGMA journal_size_limit=" LOG_KEPT,
                            why);
    if (status == STATUS_OK)
        (void)sqlite3_busy_timeout(journal->db, PATIENCE_MS);
    if (status == STATUS_OK)
        status = sqlite_run(journal->db, schema, why);
    if (status == STATUS_OK)
        status = sqlite_prepare(journal->db,
                                "INSERT INTO journal VALUES (?,?,?,?,?,?)",
                                &journal->insert, why);
    if (status == STATUS_OK)
        status = sqlite_prepare(journal->db,
                                "INSERT OR REPLACE INTO mark VALUES (?,?,?)",
                                &journal->mark, why);
    if (status == STATUS_OK)
        status = find_ends(journal, why);
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
    enum status status = sqlite_open_reading(&journal->db, path, why);

    *out = NULL;
    if (status == STATUS_OK)
        status = find_ends(journal, why);
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
    sqlite3_finalize(journal->mark);
    sqlite3_finalize(journal->find);
    (void)sqlite3_close(journal->db);
    free(journal);
}

uint64_t journal_head(const struct journal *journal)
{
    return journal->head;
}

uint64_t journal_base(const struct journal *journal)
{
    return journal->base;
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

static bool bind_mark(sqlite3_stmt *insert, const struct mark *mark,
                      uint64_t sequence)
{
    return sqlite3_bind_blob(insert, 1, mark->name, (int)mark->name_size,
                             SQLITE_STATIC) == SQLITE_OK &&
           sqlite3_bind_int64(insert, 2, (sqlite3_int64)sequence) ==
               SQLITE_OK &&
           sqlite3_bind_blob(insert, 3, mark->value, (int)mark->value_size,
                             SQLITE_STATIC) == SQLITE_OK;
}

static enum status insert_marks(struct journal *journal,
                                const struct record *record, struct diag *why)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; status == STATUS_OK && i < record->mark_count; i++) {
        if (!bind_mark(journal->mark, &record->marks[i], record->sequence) ||
            sqlite3_step(journal->mark) != SQLITE_DONE)
            status = sqlite_trouble(journal->db, "marking a record", why);
        if (sqlite3_reset(journal->mark) != SQLITE_OK && status == STATUS_OK)
            status = sqlite_trouble(journal->db, "marking a record", why);
    }
    return status;
}

static enum status insert_all(struct journal *journal,
                              const struct record *records, size_t count,
                              struct diag *why)
{
    enum status status = STATUS_OK;

    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        REQUIRE(records[i].sequence == journal->head + 1);
        journal_link(journal->chain, &records[i]);
        journal->head++;
        if (!bind_record(journal->insert, &records[i], journal->chain) ||
            sqlite3_step(journal->insert) != SQLITE_DONE)
            status = sqlite_trouble(journal->db, "appending", why);
        if (sqlite3_reset(journal->insert) != SQLITE_OK && status == STATUS_OK)
            status = sqlite_trouble(journal->db, "appending", why);
        if (status == STATUS_OK && records[i].mark_count > 0)
            status = insert_marks(journal, &records[i], why);
    }
    return status;
}

static enum status take_mark(struct journal *journal, struct found *found,
                             struct diag *why)
{
    int step = sqlite3_step(journal->find);

    if (step == SQLITE_DONE)
        return STATUS_MISSING;
    if (step != SQLITE_ROW)
        return sqlite_trouble(journal->db, "finding a record", why);
    found->sequence = (uint64_t)sqlite3_column_int64(journal->find, 0);
    found->value_size = (size_t)sqlite3_column_bytes(journal->find, 1);
    if (found->value_size > MARK_VALUE_MAX)
        return diag_set(why, STATUS_CORRUPT, "a mark is too long");
    if (found->value_size > 0)
        memcpy(found->value, sqlite3_column_blob(journal->find, 1),
               found->value_size);
    return STATUS_OK;
}

enum status journal_find(struct journal *journal, const void *name, size_t size,
                         struct found *found, struct diag *why)
{
    enum status status = STATUS_OK;

    if (journal->find == NULL)
        status = sqlite_prepare(journal->db,
                                "SELECT sequence, value FROM mark "
                                "WHERE name = ?",
                                &journal->find, why);
    if (status != STATUS_OK)
        return status;
    (void)sqlite3_bind_blob(journal->find, 1, name, (int)size, SQLITE_STATIC);
    status = take_mark(journal, found, why);
    (void)sqlite3_reset(journal->find);
    return status;
}

enum status journal_last_mark(struct journal *journal, uint8_t kind,
                              uint8_t name[MARK_NAME_MAX], size_t *size,
                              struct diag *why)
{
    static const char sql[] = "SELECT name FROM mark WHERE name BETWEEN ? "
                              "AND ? ORDER BY name DESC LIMIT 1";
    sqlite3_stmt *query = NULL;
    uint8_t end[MARK_NAME_MAX + 1]; /* no name is as long */
    enum status status = sqlite_prepare(journal->db, sql, &query, why);
    int step;

    if (status != STATUS_OK)
        return status;
    memset(end, 0xff, sizeof end);
    end[0] = kind;
    (void)sqlite3_bind_blob(query, 1, &kind, 1, SQLITE_STATIC);
    (void)sqlite3_bind_blob(query, 2, end, sizeof end, SQLITE_STATIC);
    step = sqlite3_step(query);
    *size = step == SQLITE_ROW ? (size_t)sqlite3_column_bytes(query, 0) : 0;
    if (step != SQLITE_ROW && step != SQLITE_DONE)
        status = sqlite_trouble(journal->db, "finding the last mark", why);
    else if (*size > MARK_NAME_MAX)
        status = diag_set(why, STATUS_CORRUPT, "a mark's name is too long");
    else if (*size > 0)
        memcpy(name, sqlite3_column_blob(query, 0), *size);
    sqlite3_finalize(query);
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

/* A log begins anew only when all of it has moved: most of it moves beside the
 * writer, the last frames between two of its commits. A reader that still needs
 * the log puts it off to the next time. */
static int move_log(sqlite3 *db)
{
    const struct timespec pause = {0, LAST_FRAMES_PAUSE_NS};
    int code = sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE,
                                         NULL, NULL);

    for (int i = 0; code == SQLITE_OK && i < LAST_FRAMES_TRIES; i++) {
        code = sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_FULL, NULL,
                                         NULL);
        if (code == SQLITE_OK)
            return code;
        if (code == SQLITE_BUSY) {
            (void)nanosleep(&pause, NULL);
            code = SQLITE_OK;
        }
    }
    return code;
}

enum status journal_checkpoint(const char *path, struct diag *why)
{
    sqlite3 *db = NULL;
    enum status status = STATUS_OK;

    /* a connection that has read nothing knows of no log to move */
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
        sqlite3_exec(db, "SELECT count(*) FROM sqlite_master", NULL, NULL,
                     NULL) != SQLITE_OK ||
        move_log(db) != SQLITE_OK)
        status = sqlite_trouble(db, "checkpoint", why);
    (void)sqlite3_close(db);
    return status;
}
