#include "spool/spool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spool/inside.h"
#include "sqlite/sqlite.h"

/* ---- speaking -------------------------------------------------------------
 */

void spool_bind_text(sqlite3_stmt *statement, int at, const char *text)
{
    (void)sqlite3_bind_text(statement, at, text, -1, SQLITE_TRANSIENT);
}

void spool_bind_bytes(sqlite3_stmt *statement, int at, const void *bytes,
                      size_t size)
{
    /* a null pointer would be a null value */
    (void)sqlite3_bind_blob64(statement, at, size > 0 ? bytes : "", size,
                              SQLITE_TRANSIENT);
}

sqlite3_stmt *spool_say(struct spool *spool, enum sentence which)
{
    sqlite3_stmt *statement = spool->sentences[which];

    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
    return statement;
}

sqlite3_stmt *spool_stage(struct spool *spool, enum sentence which)
{
    if (!spool->began && spool->failed == STATUS_OK) {
        spool->failed = sqlite_run(spool->db, "BEGIN IMMEDIATE", &spool->why);
        spool->began = spool->failed == STATUS_OK;
    }
    return spool_say(spool, which);
}

void spool_done(struct spool *spool, sqlite3_stmt *statement)
{
    if (spool->failed == STATUS_OK && sqlite3_step(statement) != SQLITE_DONE)
        spool->failed = sqlite_trouble(spool->db, "spooling", &spool->why);
    (void)sqlite3_reset(statement);
}

void spool_run_on(struct spool *spool, enum sentence which, const char *text)
{
    sqlite3_stmt *row = spool_stage(spool, which);

    spool_bind_text(row, 1, text);
    spool_done(spool, row);
}

/* Nothing of it stands, and the next one begins anew. */
static enum status give_up(struct spool *spool, struct diag *why)
{
    enum status status = sqlite_undo(spool->db, spool->failed, &spool->why);

    (void)diag_set(why, status, "spool: %s", spool->why.text);
    spool->began = false;
    spool->failed = STATUS_OK;
    return status;
}

#define WAIT_MS 5000 /* of sqlite_open_durable */

/* Whoever reads the spool meanwhile is not waited for. */
static bool scrub(void *arg)
{
    struct spool *spool = arg;

    if (spool_is_absent(spool))
        return false;
    (void)sqlite3_busy_timeout(spool->db, 0);
    spool->truncate =
        sqlite3_wal_checkpoint_v2(spool->db, NULL, SQLITE_CHECKPOINT_TRUNCATE,
                                  NULL, NULL) != SQLITE_OK;
    (void)sqlite3_busy_timeout(spool->db, WAIT_MS);
    return !spool->truncate;
}

static enum status commit(void *arg, struct diag *why)
{
    struct spool *spool = arg;

    if (spool_is_absent(spool) && spool->began) {
        spool->failed = STATUS_FULL;
        spool->why = spool->absent;
    }
    if (spool->failed == STATUS_OK && spool->began)
        spool->failed = sqlite_run(spool->db, "COMMIT", &spool->why);
    if (spool->failed != STATUS_OK)
        return give_up(spool, why);
    spool->began = false;
    if (spool->truncate)
        (void)scrub(spool);
    return STATUS_OK;
}

/* ---- writing --------------------------------------------------------------
 */

static void put(void *arg, struct fate *fate,
                const Tocsin__V1__SignedAnswer *answer)
{
    struct spool *spool = arg;
    sqlite3_stmt *row = spool_stage(spool, PUT);
    size_t size;
    uint8_t *sealed = letter_seal(spool, fate, answer, &size);

    spool_bind_text(row, 1, fate->device);
    spool_bind_bytes(row, 2, fate->answer_id, sizeof fate->answer_id);
    spool_bind_text(row, 3, fate->alert_id);
    (void)sqlite3_bind_int64(row, 4, fate->revision);
    (void)sqlite3_bind_int(row, 5, (int)fate->rung);
    spool_bind_bytes(row, 6, fate->digest, sizeof fate->digest);
    spool_bind_bytes(row, 7, sealed, size);
    (void)sqlite3_bind_int64(row, 8, fate->taken_ms);
    (void)sqlite3_bind_int(row, 9, (int)fate->kind);
    (void)sqlite3_bind_int(row, 10, (int)fate->picture.state);
    if (fate->picture.size > 0)
        spool_bind_bytes(row, 11, fate->picture.hash,
                         sizeof fate->picture.hash);
    (void)sqlite3_bind_int64(row, 12, fate->picture.size);
    free(sealed);
    spool_done(spool, row);
    fate->row = sqlite3_last_insert_rowid(spool->db);
}

static void end(void *arg, const struct fate *fate)
{
    struct spool *spool = arg;
    sqlite3_stmt *row = spool_stage(spool, END);

    (void)sqlite3_bind_int64(row, 1, fate->row);
    (void)sqlite3_bind_int(row, 2, (int)fate->state);
    (void)sqlite3_bind_int64(row, 3, fate->settled_ms);
    (void)sqlite3_bind_int64(row, 4, (int64_t)fate->sequence);
    (void)sqlite3_bind_int(row, 5, (int)fate->status);
    spool_bind_text(row, 6, fate->field);
    spool_bind_text(row, 7, fate->reason);
    spool_done(spool, row);
    if (fate->state == TOCSIN__V1__FATE_STATE__FATE_STATE_REFUSED)
        pictures_end_of(spool, fate);
    spool->truncate = spool->truncate || fate->kind == FATE_FOUND;
}

static void forget(void *arg, const char *device, const uint8_t answer_id[16])
{
    struct spool *spool = arg;
    sqlite3_stmt *row = spool_stage(spool, FORGET);

    spool_bind_text(row, 1, device);
    spool_bind_bytes(row, 2, answer_id, 16);
    spool_done(spool, row);
}

static void revoke(void *arg, const char *device, const char *alert_id,
                   int64_t now_ms)
{
    static const enum sentence sentences[] = {REVOKE, END_PICTURES_OF};

    for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++) {
        sqlite3_stmt *row = spool_stage(arg, sentences[i]);

        spool_bind_text(row, 1, device);
        if (alert_id != NULL)
            spool_bind_text(row, 2, alert_id);
        if (sentences[i] == REVOKE)
            (void)sqlite3_bind_int64(row, 3, now_ms);
        spool_done(arg, row);
    }
}

static void say_again(void *arg)
{
    spool_done(arg, spool_stage(arg, SAY_AGAIN));
    spool_done(arg, spool_stage(arg, AGAIN_PICTURES));
    looks_say_again(arg);
}

static void keep_device(void *arg, const struct spooled_device *device)
{
    struct spool *spool = arg;
    sqlite3_stmt *row = spool_stage(spool, KEEP_DEVICE);

    spool_bind_text(row, 1, device->id);
    spool_bind_bytes(row, 2, device->key, KEY_SIZE);
    (void)sqlite3_bind_int(row, 3, device->introduced ? 2 : device->own);
    (void)sqlite3_bind_int64(
        row, 4, device->revoked ? DEVICE_REVOKED : device->lost_ms);
    spool_done(spool, row);
}

void spool_port(struct spool *spool, struct gateway_spool *port)
{
    *port = (struct gateway_spool){.arg = spool,
                                   .put = put,
                                   .end = end,
                                   .forget = forget,
                                   .revoke = revoke,
                                   .say_again = say_again,
                                   .scrub = scrub,
                                   .keep_device = keep_device,
                                   .commit = commit};
    read_port(port);
    keep_port(port);
    pictures_port(port);
    looks_port(port);
}
