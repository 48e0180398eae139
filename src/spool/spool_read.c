/* What is asked of the spool while a gateway runs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spool/inside.h"
#include "sqlite/sqlite.h"

sqlite3_stmt *spool_ask(struct spool *spool, enum sentence which)
{
    spool->unread = STATUS_OK;
    return spool_say(spool, which);
}

static void settle(struct spool *spool, bool answered)
{
    if (spool_is_absent(spool)) {
        spool->unread = STATUS_DISK;
        spool->unread_why = spool->absent;
    } else if (!answered)
        spool->unread =
            sqlite_trouble(spool->db, "reading the spool", &spool->unread_why);
}

void spool_asked(struct spool *spool, sqlite3_stmt *query)
{
    settle(spool, sqlite3_reset(query) == SQLITE_OK);
}

static bool unread(void *arg, struct diag *why)
{
    const struct spool *spool = arg;

    if (spool->unread == STATUS_OK)
        return false;
    (void)diag_set(why, spool->damaged ? STATUS_DISK : spool->unread, "%s",
                   spool->unread_why.text);
    return true;
}

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
    settle(spool, spool_give_fates(query, each, to));
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
        device.revoked = sqlite3_column_int64(query, 3) == DEVICE_REVOKED;
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

void read_port(struct gateway_spool *port)
{
    port->unread = unread;
    port->find = find;
    port->each_fate = each_fate;
    port->each_waiting = each_waiting;
    port->each_device = each_device;
    port->each_kept_alert = each_kept_alert;
    port->read = read_answer;
}
