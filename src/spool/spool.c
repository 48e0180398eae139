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

sqlite3_stmt *spool_ask(struct spool *spool, enum sentence which)
{
    spool->unread = STATUS_OK;
    return spool_say(spool, which);
}

void spool_asked(struct spool *spool, sqlite3_stmt *query)
{
    if (sqlite3_reset(query) != SQLITE_OK)
        spool->unread =
            sqlite_trouble(spool->db, "reading the spool", &spool->unread_why);
}

static bool unread(void *arg, struct diag *why)
{
    const struct spool *spool = arg;

    if (spool->unread == STATUS_OK)
        return false;
    (void)diag_set(why, spool->unread, "%s", spool->unread_why.text);
    return true;
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

/* In the column `revoked`: else since when the centre does not know it, in
 * which an earlier version sees one that is revoked; 0: neither. */
#define REVOKED 1

static void keep_device(void *arg, const struct spooled_device *device)
{
    struct spool *spool = arg;
    sqlite3_stmt *row = spool_stage(spool, KEEP_DEVICE);

    spool_bind_text(row, 1, device->id);
    spool_bind_bytes(row, 2, device->key, KEY_SIZE);
    (void)sqlite3_bind_int(row, 3, device->introduced ? 2 : device->own);
    (void)sqlite3_bind_int64(row, 4,
                             device->revoked ? REVOKED : device->lost_ms);
    spool_done(spool, row);
}

/* ---- reading --------------------------------------------------------------
 */

void spool_take_text(char *out, size_t room, sqlite3_stmt *row, int at)
{
    const char *text = (const char *)sqlite3_column_text(row, at);

    snprintf(out, room, "%s", text != NULL ? text : "");
}

static void take_bytes(void *out, size_t size, sqlite3_stmt *row, int at)
{
    const void *bytes = sqlite3_column_blob(row, at);

    if (bytes != NULL && (size_t)sqlite3_column_bytes(row, at) == size)
        memcpy(out, bytes, size);
}

static void take_picture(struct picture_fate *picture, sqlite3_stmt *row)
{
    picture->state = (Tocsin__V1__PictureState)sqlite3_column_int(row, 14);
    take_bytes(picture->hash, sizeof picture->hash, row, 15);
    picture->size = (uint32_t)sqlite3_column_int64(row, 16);
    picture->sequence = (uint64_t)sqlite3_column_int64(row, 17);
    picture->status = (Tocsin__V1__Status)sqlite3_column_int(row, 18);
    spool_take_text(picture->reason, sizeof picture->reason, row, 19);
}

void spool_take_fate(struct fate *fate, sqlite3_stmt *row)
{
    memset(fate, 0, sizeof *fate);
    fate->row = sqlite3_column_int64(row, 0);
    spool_take_text(fate->device, sizeof fate->device, row, 1);
    take_bytes(fate->answer_id, sizeof fate->answer_id, row, 2);
    spool_take_text(fate->alert_id, sizeof fate->alert_id, row, 3);
    fate->revision = (uint32_t)sqlite3_column_int64(row, 4);
    fate->rung = (Tocsin__V1__Rung)sqlite3_column_int(row, 5);
    take_bytes(fate->digest, sizeof fate->digest, row, 6);
    fate->taken_ms = sqlite3_column_int64(row, 7);
    fate->state = (Tocsin__V1__FateState)sqlite3_column_int(row, 8);
    fate->settled_ms = sqlite3_column_int64(row, 9);
    fate->sequence = (uint64_t)sqlite3_column_int64(row, 10);
    fate->status = (Tocsin__V1__Status)sqlite3_column_int(row, 11);
    spool_take_text(fate->field, sizeof fate->field, row, 12);
    spool_take_text(fate->reason, sizeof fate->reason, row, 13);
    take_picture(&fate->picture, row);
    fate->kind = (enum fate_kind)sqlite3_column_int(row, 20);
}

static bool find(void *arg, const char *device, const uint8_t answer_id[16],
                 struct fate *out)
{
    sqlite3_stmt *query = spool_ask(arg, FIND);
    bool found;

    spool_bind_text(query, 1, device);
    spool_bind_bytes(query, 2, answer_id, 16);
    found = sqlite3_step(query) == SQLITE_ROW;
    if (found)
        spool_take_fate(out, query);
    spool_asked(arg, query);
    return found;
}

bool spool_give_fates(sqlite3_stmt *query,
                      bool (*each)(void *to, const struct fate *fate), void *to)
{
    struct fate fate;
    bool more = true;

    while (more && sqlite3_step(query) == SQLITE_ROW) {
        spool_take_fate(&fate, query);
        more = each(to, &fate);
    }
    return sqlite3_reset(query) == SQLITE_OK;
}

void spool_tell_fates(struct spool *spool, sqlite3_stmt *query,
                      bool (*each)(void *to, const struct fate *fate), void *to)
{
    if (!spool_give_fates(query, each, to))
        spool->unread =
            sqlite_trouble(spool->db, "reading the spool", &spool->unread_why);
}

static void each_fate(void *arg, const struct fate_query *asked,
                      bool (*each)(void *to, const struct fate *fate), void *to)
{
    sqlite3_stmt *query = spool_ask(arg, EACH_FATE);

    spool_bind_text(query, 1, asked->device);
    (void)sqlite3_bind_int64(query, 2, asked->after);
    (void)sqlite3_bind_int(query, 3, (int)asked->kind);
    spool_tell_fates(arg, query, each, to);
}

static void each_waiting(void *arg,
                         bool (*each)(void *to, const struct fate *fate),
                         void *to)
{
    spool_tell_fates(arg, spool_ask(arg, EACH_WAITING), each, to);
}

static void each_device(void *arg,
                        bool (*each)(void *to,
                                     const struct spooled_device *device),
                        void *to)
{
    sqlite3_stmt *query = spool_ask(arg, EACH_DEVICE);
    bool more = true;

    while (more && sqlite3_step(query) == SQLITE_ROW) {
        struct spooled_device device = {0};

        spool_take_text(device.id, sizeof device.id, query, 0);
        take_bytes(device.key, KEY_SIZE, query, 1);
        device.own = sqlite3_column_int(query, 2) == 1;
        device.introduced = sqlite3_column_int(query, 2) == 2;
        device.revoked = sqlite3_column_int64(query, 3) == REVOKED;
        device.lost_ms = device.revoked ? 0 : sqlite3_column_int64(query, 3);
        more = each(to, &device);
    }
    spool_asked(arg, query);
}

#define ALERTS_AT_ONCE 64

/* Told when the question is over: each may change what it is about. */
static void each_kept_alert(void *arg,
                            bool (*each)(void *to, const char *alert_id),
                            void *to)
{
    sqlite3_stmt *query = spool_ask(arg, EACH_KEPT_ALERT);
    char(*ids)[ULID_SIZE + 1] = NULL;
    size_t count = 0;

    while (sqlite3_step(query) == SQLITE_ROW) {
        if (count % ALERTS_AT_ONCE == 0)
            ids = must_realloc(ids, count + ALERTS_AT_ONCE, sizeof *ids);
        spool_take_text(ids[count++], sizeof *ids, query, 0);
    }
    spool_asked(arg, query);
    for (size_t i = 0; i < count && each(to, ids[i]); i++) {
    }
    free(ids);
}

static bool read_answer(void *arg, int64_t row, struct fate *fate,
                        Tocsin__V1__SignedAnswer *answer)
{
    struct spool *spool = arg;
    sqlite3_stmt *query = spool_ask(spool, READ);
    bool good;

    (void)sqlite3_bind_int64(query, 1, row);
    if (sqlite3_step(query) != SQLITE_ROW) {
        spool_asked(spool, query);
        return false;
    }
    spool_take_fate(fate, query);
    good =
        letter_open(spool, fate, sqlite3_column_blob(query, FATE_COLUMNS),
                    (size_t)sqlite3_column_bytes(query, FATE_COLUMNS), answer);
    spool_asked(spool, query);
    return good;
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
                                   .unread = unread,
                                   .find = find,
                                   .each_fate = each_fate,
                                   .each_waiting = each_waiting,
                                   .each_device = each_device,
                                   .each_kept_alert = each_kept_alert,
                                   .read = read_answer,
                                   .commit = commit};
    keep_port(port);
    pictures_port(port);
    looks_port(port);
}
