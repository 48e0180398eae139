/* Where a journal begins: what an archive has taken over may go. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "journal/journal_private.h"
#include "sqlite/sqlite.h"

static enum status put_base(struct journal *journal, uint64_t sequence,
                            const uint8_t chain[CHAIN_SIZE],
                            const uint8_t *state, size_t size, struct diag *why)
{
    sqlite3_stmt *insert = NULL;
    enum status status = sqlite_prepare(
        journal->db, "INSERT OR REPLACE INTO base VALUES (1,?,?,?)", &insert,
        why);

    if (status != STATUS_OK)
        return status;
    (void)sqlite3_bind_int64(insert, 1, (sqlite3_int64)sequence);
    (void)sqlite3_bind_blob(insert, 2, chain, CHAIN_SIZE, SQLITE_STATIC);
    if (size > 0)
        (void)sqlite3_bind_blob64(insert, 3, state, size, SQLITE_STATIC);
    if (sqlite3_step(insert) != SQLITE_DONE)
        status = sqlite_trouble(journal->db, "moving the base", why);
    sqlite3_finalize(insert);
    if (status != STATUS_OK)
        return status;
    journal->base = sequence;
    memcpy(journal->base_chain, chain, CHAIN_SIZE);
    return STATUS_OK;
}

enum status journal_rebase(struct journal *journal, uint64_t sequence,
                           const uint8_t *state, size_t size, struct diag *why)
{
    uint8_t chain[CHAIN_SIZE];
    enum status status = journal_chain_at(journal, sequence, chain, why);

    if (status == STATUS_OK)
        status = put_base(journal, sequence, chain, state, size, why);
    return status == STATUS_OK ? status : diag_wrap(why, status, "journal");
}

enum status journal_found(struct journal *journal, uint64_t sequence,
                          const uint8_t chain[CHAIN_SIZE], struct diag *why)
{
    enum status status;

    REQUIRE(journal->head == 0);
    status = put_base(journal, sequence, chain, NULL, 0, why);
    journal->head = sequence;
    memcpy(journal->chain, chain, CHAIN_SIZE);
    return status == STATUS_OK ? status : diag_wrap(why, status, "journal");
}

enum status journal_state(struct journal *journal, uint8_t **state,
                          size_t *size, struct diag *why)
{
    sqlite3_stmt *query = NULL;
    int step;
    enum status status = sqlite_prepare(
        journal->db, "SELECT state FROM base WHERE state IS NOT NULL", &query,
        why);

    *state = NULL;
    *size = 0;
    if (status != STATUS_OK)
        return diag_wrap(why, status, "journal");
    step = sqlite3_step(query);
    if (step == SQLITE_ROW) {
        *size = (size_t)sqlite3_column_bytes(query, 0);
        *state = must_memdup(sqlite3_column_blob(query, 0), *size);
    } else if (step != SQLITE_DONE) {
        status = sqlite_trouble(journal->db, "reading the state", why);
    }
    sqlite3_finalize(query);
    return status == STATUS_OK ? status : diag_wrap(why, status, "journal");
}

enum status journal_trim(struct journal *journal, unsigned count,
                         unsigned *removed, struct diag *why)
{
    char sql[200];
    enum status status;

    /* the lowest come first: what is left has no hole */
    snprintf(sql, sizeof sql,
             "DELETE FROM journal WHERE sequence IN (SELECT sequence FROM "
             "journal WHERE sequence <= %llu ORDER BY sequence LIMIT %u)",
             (unsigned long long)journal->base, count);
    status = sqlite_run(journal->db, sql, why);
    *removed = (unsigned)sqlite3_changes(journal->db);
    return status == STATUS_OK ? status : diag_wrap(why, status, "journal");
}

enum status journal_finish(struct journal *journal, struct diag *why)
{
    enum status status =
        sqlite_run(journal->db, "PRAGMA wal_checkpoint(TRUNCATE)", why);

    /* leaving WAL needs the file to itself, prepared statements apart */
    if (status == STATUS_OK)
        status = sqlite_run(journal->db, "PRAGMA journal_mode=DELETE", why);
    return status == STATUS_OK ? status : diag_wrap(why, status, "journal");
}

enum status journal_compact(struct journal *journal, struct diag *why)
{
    enum status status = sqlite_run(journal->db, "VACUUM", why);

    if (status == STATUS_OK)
        status =
            sqlite_run(journal->db, "PRAGMA wal_checkpoint(TRUNCATE)", why);
    return status == STATUS_OK ? status : diag_wrap(why, status, "journal");
}
