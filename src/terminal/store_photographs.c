/* Photographs in the store: put in with their answers, until the broker has
 * them or will not have them. */
#include <stdlib.h>
#include <string.h>

#include "terminal/store_inside.h"

void photographs_put(struct store *store, const struct new_answer *answer)
{
    const struct new_photograph *photograph = answer->photograph;
    struct blob bytes = photograph->bytes;
    uint8_t *sealed = must_calloc(1, bytes.size + REST_OVERHEAD);
    sqlite3_stmt *row = store_stage(store, ADD_PHOTOGRAPH);

    rest_seal(sealed, store->rest, (struct rest_name){photograph->hash, 32},
              bytes.data, bytes.size);
    bind_blob(row, 1, (struct blob){answer->answer_id, 16});
    bind_text(row, 2, answer->alert_id);
    bind_blob(row, 3, (struct blob){photograph->hash, 32});
    (void)sqlite3_bind_int64(row, 4, (int64_t)photograph->bytes.size);
    (void)sqlite3_bind_int(row, 5, photograph->png);
    bind_blob(row, 6, (struct blob){sealed, bytes.size + REST_OVERHEAD});
    store_done(store, row);
    free(sealed);
}

bool photographs_next(void *arg, int64_t after, struct photograph *out)
{
    struct store *store = arg;
    sqlite3_stmt *row = store_say(store, NEXT_PHOTOGRAPH);
    bool good = false;
    int step;

    (void)sqlite3_bind_int64(row, 1, after);
    step = sqlite3_step(row);
    if (step == SQLITE_ROW) {
        struct blob hash = column_blob(row, 2);
        const char *alert_id = (const char *)sqlite3_column_text(row, 1);

        memset(out, 0, sizeof *out);
        out->row = sqlite3_column_int64(row, 0);
        out->size = (uint32_t)sqlite3_column_int64(row, 3);
        out->png = sqlite3_column_int(row, 4) != 0;
        good = hash.size == sizeof out->hash && alert_id != NULL &&
               strlen(alert_id) < sizeof out->alert_id;
        if (good) {
            memcpy(out->hash, hash.data, sizeof out->hash);
            strcpy(out->alert_id, alert_id);
        }
    } else if (step != SQLITE_DONE) {
        store_fail(store, "reading photographs");
    }
    (void)sqlite3_reset(row);
    return good;
}

/* Sealed as a whole: opened for each piece, of which there are few. */
static size_t copy_piece(const struct store *store, sqlite3_stmt *row,
                         uint32_t offset, uint8_t *out, size_t room)
{
    struct blob hash = column_blob(row, 0);
    struct blob sealed = column_blob(row, 1);
    size_t size = sealed.size > REST_OVERHEAD ? sealed.size - REST_OVERHEAD : 0;
    size_t piece = size > offset ? size - offset : 0;
    uint8_t *whole = must_calloc(1, size + 1);

    if (piece > room)
        piece = room;
    if (!rest_open(whole, store->rest, (struct rest_name){hash.data, hash.size},
                   sealed.data, sealed.size))
        piece = 0;
    if (piece > 0)
        memcpy(out, whole + offset, piece);
    bytes_wipe(whole, size);
    free(whole);
    return piece;
}

size_t photographs_read(void *arg, int64_t number, uint32_t offset,
                        uint8_t *out, size_t room)
{
    struct store *store = arg;
    sqlite3_stmt *row = store_say(store, READ_PHOTOGRAPH);
    size_t size = 0;

    (void)sqlite3_bind_int64(row, 1, number);
    if (sqlite3_step(row) == SQLITE_ROW)
        size = copy_piece(store, row, offset, out, room);
    (void)sqlite3_reset(row);
    return size;
}

void photographs_end(void *arg, const struct answer_end *end)
{
    struct store *store = arg;
    bool good = end->status == TOCSIN__V1__STATUS__STATUS_RECORDED ||
                end->status == TOCSIN__V1__STATUS__STATUS_DUPLICATE;
    sqlite3_stmt *row = store_stage(store, END_PHOTOGRAPH);

    (void)sqlite3_bind_int64(row, 1, end->row);
    (void)sqlite3_bind_int(row, 2,
                           good ? PHOTOGRAPH_RECORDED : PHOTOGRAPH_REFUSED);
    (void)sqlite3_bind_int(row, 3, (int)end->status);
    bind_text(row, 4, end->reason);
    store_done(store, row);
    store->truncate = true; /* its bytes, not even in the log */
}

void photographs_end_of(struct store *store, const struct answer_end *end)
{
    sqlite3_stmt *row = store_stage(store, END_PHOTOGRAPH_OF);

    (void)sqlite3_bind_int64(row, 1, end->row);
    (void)sqlite3_bind_int(row, 2, (int)end->status);
    store_done(store, row);
}

void photographs_purge(void *arg, const char *alert_id)
{
    struct store *store = arg;
    sqlite3_stmt *row = store_stage(store, PURGE_PHOTOGRAPHS);

    bind_text(row, 1, alert_id);
    store_done(store, row);
    store->truncate = true;
}

/* ---- with another key ---------------------------------------------------- */

struct resealing {
    const struct store *store;
    uint8_t former[REST_KEY_SIZE];
    bool changed;
};

static bool reseal(void *arg, sqlite3_stmt *row, sqlite3_stmt *update)
{
    struct resealing *resealing = arg;
    struct blob hash = column_blob(row, 1);
    struct blob sealed = column_blob(row, 2);
    uint8_t *anew = rest_reseal(resealing->store->rest, resealing->former,
                                (struct rest_name){hash.data, hash.size},
                                sealed.data, sealed.size);

    if (anew == NULL)
        return false;
    bind_blob(update, 2, (struct blob){anew, sealed.size});
    free(anew);
    resealing->changed = true;
    return true;
}

enum status store_reseal(struct store *store, const uint8_t former[KEY_SIZE],
                         struct diag *why)
{
    struct resealing resealing = {.store = store};
    const struct sqlite_rewriting photographs = {
        .next = "SELECT row, hash, bytes FROM photographs WHERE row > ?1"
                " AND bytes IS NOT NULL ORDER BY row LIMIT 1",
        .update = "UPDATE photographs SET bytes = ?2 WHERE row = ?1",
        .change = reseal,
        .arg = &resealing};
    enum status status;

    if (!store->has_secret)
        return STATUS_OK;
    rest_key(resealing.former, former, STORE_PURPOSE);
    status = sqlite_run(store->db, "BEGIN IMMEDIATE", why);
    if (status == STATUS_OK) {
        status = sqlite_rewrite(store->db, &photographs, why);
        status = status == STATUS_OK ? sqlite_run(store->db, "COMMIT", why)
                                     : sqlite_undo(store->db, status, why);
    }
    if (status == STATUS_OK && resealing.changed) /* nor in the log */
        (void)sqlite3_wal_checkpoint_v2(store->db, NULL,
                                        SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    bytes_wipe(&resealing, sizeof resealing);
    return status == STATUS_OK
               ? status
               : diag_wrap(why, status, "store %s", store->folder);
}
