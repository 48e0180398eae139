/* Reading the journal, and the chain on the way. */
#include "journal/journal_private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "sqlite/sqlite.h"

#define PIECE_RECORDS 256
#define PIECE_BYTES (1024 * 1024)

/* ---- the chain ----------------------------------------------------------- */

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
void journal_link(uint8_t chain[CHAIN_SIZE], const struct record *record)
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

static const char read_sql[] = "SELECT sequence, time_ms, principal, "
                               "request_id, body, chain FROM journal "
                               "WHERE sequence >= ? ORDER BY sequence";

/* ---- in one go ----------------------------------------------------------- */

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
    journal_link(chain, record);
    if (sqlite3_column_bytes(query, 5) != CHAIN_SIZE ||
        memcmp(chain, sqlite3_column_blob(query, 5), CHAIN_SIZE) != 0)
        return diag_set(why, STATUS_CORRUPT,
                        "the chain breaks at sequence %" PRIu64, *next);
    (*next)++;
    return STATUS_OK;
}

enum status journal_chain_at(struct journal *journal, uint64_t sequence,
                             uint8_t chain[CHAIN_SIZE], struct diag *why)
{
    sqlite3_stmt *query = NULL;
    enum status status;
    int step;

    if (sequence == journal->base) {
        memcpy(chain, journal->base_chain, CHAIN_SIZE);
        return STATUS_OK;
    }
    if (sequence < journal->base)
        return diag_set(why, STATUS_MISSING,
                        "sequence %" PRIu64 " is archived: it begins after "
                        "%" PRIu64,
                        sequence, journal->base);
    status = sqlite_prepare(journal->db,
                            "SELECT chain FROM journal WHERE sequence = ?",
                            &query, why);
    if (status != STATUS_OK)
        return status;
    (void)sqlite3_bind_int64(query, 1, (sqlite3_int64)sequence);
    step = sqlite3_step(query);
    if (step == SQLITE_ROW && sqlite3_column_bytes(query, 0) == CHAIN_SIZE)
        memcpy(chain, sqlite3_column_blob(query, 0), CHAIN_SIZE);
    else if (step == SQLITE_ROW || step == SQLITE_DONE)
        status =
            diag_set(why, STATUS_MISSING, "no sequence %" PRIu64, sequence);
    else
        status = sqlite_trouble(journal->db, "reading the journal", why);
    sqlite3_finalize(query);
    return status;
}

enum status journal_read(struct journal *journal, uint64_t from,
                         enum status (*each)(void *arg,
                                             const struct record *record,
                                             struct diag *why),
                         void *arg, struct diag *why)
{
    uint64_t next = from > 0 ? from : 1;
    uint8_t chain[CHAIN_SIZE];
    struct record record = {0};
    sqlite3_stmt *query = NULL;
    enum status status = journal_chain_at(journal, next - 1, chain, why);
    int step = SQLITE_DONE;

    if (status == STATUS_OK)
        status = sqlite_prepare(journal->db, read_sql, &query, why);
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

/* ---- in pieces ----------------------------------------------------------- */

/* What the database is left alone with. */
struct piece {
    struct record records[PIECE_RECORDS];
    size_t count;
    size_t bytes;
};

static void keep_record(struct piece *piece, const struct record *record)
{
    struct record *kept = &piece->records[piece->count++];

    *kept = *record;
    kept->principal = must_strdup(record->principal);
    kept->request_id = must_memdup(record->request_id, record->request_size);
    kept->body = must_memdup(record->body, record->body_size);
    piece->bytes += record->request_size + record->body_size;
}

static void drop_piece(struct piece *piece)
{
    for (size_t i = 0; i < piece->count; i++) {
        free((void *)(uintptr_t)piece->records[i].principal);
        free((void *)(uintptr_t)piece->records[i].request_id);
        free((void *)(uintptr_t)piece->records[i].body);
    }
    piece->count = piece->bytes = 0;
}

/* Where the next record is not: has an archiving taken it? */
static enum status explain_gap(struct journal *journal, uint64_t next,
                               enum status status, struct diag *why)
{
    enum status looked = journal_look_for_base(journal, why);

    if (looked != STATUS_OK || next > journal->base)
        return looked != STATUS_OK ? looked : status;
    return diag_set(why, STATUS_MISSING, "sequence %" PRIu64 " was archived",
                    next);
}

static enum status take_piece(struct journal *journal, sqlite3_stmt *query,
                              uint8_t chain[CHAIN_SIZE], uint64_t *next,
                              struct piece *piece, struct diag *why)
{
    struct record record = {0};
    enum status status = STATUS_OK;
    int step = SQLITE_ROW;

    (void)sqlite3_bind_int64(query, 1, (sqlite3_int64)*next);
    while (status == STATUS_OK && *next <= journal->head &&
           piece->count < PIECE_RECORDS && piece->bytes < PIECE_BYTES &&
           (step = sqlite3_step(query)) == SQLITE_ROW) {
        status = read_one(query, chain, next, &record, why);
        if (status == STATUS_OK)
            keep_record(piece, &record);
    }
    if (status == STATUS_OK && step == SQLITE_DONE)
        status = diag_set(why, STATUS_CORRUPT,
                          "sequence %" PRIu64 " is missing", *next);
    else if (status == STATUS_OK && step != SQLITE_ROW)
        status = sqlite_trouble(journal->db, "reading the journal", why);
    (void)sqlite3_reset(query);
    return status == STATUS_CORRUPT ? explain_gap(journal, *next, status, why)
                                    : status;
}

enum status journal_read_slowly(struct journal *journal, uint64_t from,
                                enum status (*each)(void *arg,
                                                    const struct record *record,
                                                    struct diag *why),
                                void *arg, struct diag *why)
{
    struct piece *piece = must_calloc(1, sizeof *piece);
    uint64_t next = from > 0 ? from : 1;
    uint8_t chain[CHAIN_SIZE];
    struct diag trouble = {0};
    sqlite3_stmt *query = NULL;
    enum status status = journal_chain_at(journal, next - 1, chain, why);

    if (status == STATUS_MISSING)
        status = explain_gap(journal, next, status, why);
    if (status == STATUS_OK)
        status = sqlite_prepare(journal->db, read_sql, &query, why);
    while (status == STATUS_OK && next <= journal->head) {
        enum status taken =
            take_piece(journal, query, chain, &next, piece, &trouble);

        for (size_t i = 0; status == STATUS_OK && i < piece->count; i++)
            status = each(arg, &piece->records[i], why);
        if (status == STATUS_OK && taken != STATUS_OK)
            status = diag_set(why, taken, "%s", trouble.text);
        drop_piece(piece);
    }
    sqlite3_finalize(query);
    free(piece);
    return status;
}
