/* Alerts in the store: rows, thumbnails. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "terminal/store_inside.h"

static int marks_of(const struct holding *holding)
{
    return (holding->exercise ? MARK_EXERCISE : 0) |
           (holding->withdrawn ? MARK_WITHDRAWN : 0) |
           (holding->expired ? MARK_EXPIRED : 0) |
           (holding->gone ? MARK_GONE : 0) | (holding->bare ? MARK_BARE : 0) |
           (holding->for_us ? MARK_FOR_US : 0) |
           (holding->was_for_us ? MARK_WAS_FOR_US : 0) |
           (holding->reached ? 0 : MARK_WAITS) |
           (holding->picture_here ? MARK_PICTURE_HERE : 0) |
           (holding->picture.png ? MARK_PNG : 0);
}

static void take_marks(struct holding *holding, int marks)
{
    holding->exercise = (marks & MARK_EXERCISE) != 0;
    holding->withdrawn = (marks & MARK_WITHDRAWN) != 0;
    holding->expired = (marks & MARK_EXPIRED) != 0;
    holding->gone = (marks & MARK_GONE) != 0;
    holding->bare = (marks & MARK_BARE) != 0;
    holding->for_us = (marks & MARK_FOR_US) != 0;
    holding->was_for_us = (marks & MARK_WAS_FOR_US) != 0;
    holding->reached = holding->was_for_us && (marks & MARK_WAITS) == 0;
    holding->picture_here = (marks & MARK_PICTURE_HERE) != 0;
    holding->picture.png = (marks & MARK_PNG) != 0;
}

static void bind_holding(sqlite3_stmt *row, const struct holding *holding)
{
    struct blob hash = {holding->picture.hash, sizeof holding->picture.hash};

    bind_text(row, 1, holding->alert_id);
    (void)sqlite3_bind_int64(row, 2, holding->revision);
    (void)sqlite3_bind_int64(row, 3, holding->announced);
    bind_text(row, 4, holding->case_number);
    (void)sqlite3_bind_int64(row, 5, (int64_t)holding->sequence);
    (void)sqlite3_bind_int64(row, 6, holding->recorded_ms);
    (void)sqlite3_bind_int64(row, 7, holding->received_ms);
    (void)sqlite3_bind_int64(row, 8, holding->expires_ms);
    (void)sqlite3_bind_int64(row, 9, holding->ended_ms);
    (void)sqlite3_bind_int(row, 10, holding->topics);
    (void)sqlite3_bind_int(row, 11, marks_of(holding));
    if (holding->picture.size > 0)
        bind_blob(row, 12, hash);
    (void)sqlite3_bind_int64(row, 13, holding->picture.size);
}

static void run_on(struct store *store, enum sentence which,
                   const char *alert_id)
{
    sqlite3_stmt *row = store_stage(store, which);

    bind_text(row, 1, alert_id);
    store_done(store, row);
}

void alerts_keep(void *arg, const struct holding *holding, struct blob document)
{
    struct store *store = arg;
    sqlite3_stmt *row;

    if (document.data != NULL)
        pictures_replace(store, holding);
    row = store_stage(store, KEEP_MARKS);
    bind_holding(row, holding);
    store_done(store, row);
    if (document.data == NULL)
        return;
    row = store_stage(store, holding->withdrawn ? KEEP_WITHDRAWAL : KEEP_ALERT);
    bind_text(row, 1, holding->alert_id);
    bind_blob(row, 2, document);
    store_done(store, row);
    run_on(store, STRIP_WANTED, holding->alert_id);
    if (!holding->withdrawn)
        wanted_note(store, holding->alert_id, document);
}

void alerts_strip(void *arg, const char *alert_id)
{
    struct store *store = arg;

    pictures_remove(store, alert_id);
    run_on(store, STRIP, alert_id);
    run_on(store, STRIP_ANSWERS, alert_id);
    run_on(store, STRIP_WORDS, alert_id);
    run_on(store, STRIP_WANTED, alert_id);
    run_on(store, STRIP_PHOTOGRAPHS, alert_id);
    store->truncate = true;
}

void alerts_drop(void *arg, const char *alert_id)
{
    struct store *store = arg;

    pictures_remove(store, alert_id);
    run_on(store, DROP, alert_id);
    run_on(store, STRIP_ANSWERS, alert_id);
    run_on(store, STRIP_WORDS, alert_id);
    run_on(store, STRIP_WANTED, alert_id);
    run_on(store, PURGE_PHOTOGRAPHS, alert_id);
    store->truncate = true;
}

void alerts_keep_thumbnail(void *arg, const char *alert_id, struct blob image)
{
    struct store *store = arg;
    sqlite3_stmt *row = store_stage(store, KEEP_THUMBNAIL);

    bind_text(row, 1, alert_id);
    bind_blob(row, 2, image);
    store_done(store, row);
}

static void take_text(char *out, size_t room, sqlite3_stmt *row, int at)
{
    snprintf(out, room, "%s", (const char *)sqlite3_column_text(row, at));
}

static void take_row(struct stored *stored, sqlite3_stmt *row)
{
    struct holding *holding = &stored->holding;
    struct blob hash = column_blob(row, 12);

    memset(stored, 0, sizeof *stored);
    take_text(holding->alert_id, sizeof holding->alert_id, row, 0);
    holding->revision = (uint32_t)sqlite3_column_int64(row, 1);
    holding->announced = (uint32_t)sqlite3_column_int64(row, 2);
    take_text(holding->case_number, sizeof holding->case_number, row, 3);
    holding->sequence = (uint64_t)sqlite3_column_int64(row, 4);
    holding->recorded_ms = sqlite3_column_int64(row, 5);
    holding->received_ms = sqlite3_column_int64(row, 6);
    holding->expires_ms = sqlite3_column_int64(row, 7);
    holding->ended_ms = sqlite3_column_int64(row, 8);
    holding->topics = (uint8_t)sqlite3_column_int(row, 9);
    take_marks(holding, sqlite3_column_int(row, 10));
    stored->rung = (Tocsin__V1__Rung)sqlite3_column_int(row, 11);
    if (hash.size == sizeof holding->picture.hash) {
        memcpy(holding->picture.hash, hash.data, hash.size);
        holding->picture.size = (uint32_t)sqlite3_column_int64(row, 13);
    }
    stored->alert = column_blob(row, 14);
    stored->withdrawal = column_blob(row, 15);
    stored->thumbnail = column_blob(row, 16);
}

void ids_done(struct ids *ids)
{
    free(ids->ids);
    memset(ids, 0, sizeof *ids);
}

static void add_id(struct ids *ids, const char *id)
{
    if (ids->count == ids->room) {
        ids->room = 2 * ids->room + 16;
        ids->ids = must_realloc(ids->ids, ids->room, sizeof *ids->ids);
    }
    snprintf(ids->ids[ids->count++], sizeof *ids->ids, "%s", id);
}

enum status ids_read(struct ids *ids, struct store *store, sqlite3_stmt *rows,
                     struct diag *why)
{
    enum status status = STATUS_OK;
    int step;

    memset(ids, 0, sizeof *ids);
    while ((step = sqlite3_step(rows)) == SQLITE_ROW)
        add_id(ids, (const char *)sqlite3_column_text(rows, 0));
    if (step != SQLITE_DONE) {
        status = sqlite_trouble(store->db, "reading alerts", why);
        ids_done(ids);
    }
    (void)sqlite3_reset(rows);
    return status;
}

static struct blob copy_of(struct blob bytes)
{
    if (bytes.data != NULL)
        bytes.data = must_memdup(bytes.data, bytes.size);
    return bytes;
}

static void let_go(struct blob bytes)
{
    free((void *)(uintptr_t)bytes.data);
}

enum status alerts_read(struct store *store, struct alert_reading *reading,
                        struct diag *why)
{
    sqlite3_stmt *row = store_say(store, READ_ALERT);
    enum status status = STATUS_OK;
    struct stored stored;
    int step;

    reading->going = true;
    bind_text(row, 1, reading->alert_id);
    (void)sqlite3_bind_int(row, 2, reading->everything);
    step = sqlite3_step(row);
    if (step == SQLITE_ROW) {
        take_row(&stored, row);
        stored.alert = copy_of(stored.alert);
        stored.withdrawal = copy_of(stored.withdrawal);
        stored.thumbnail = copy_of(stored.thumbnail);
    } else if (step != SQLITE_DONE) {
        status = sqlite_trouble(store->db, "reading an alert", why);
    }
    (void)sqlite3_reset(row);
    if (step != SQLITE_ROW)
        return status;
    stored.picture_here = pictures_here(store, &stored.holding);
    reading->going = reading->each(reading->arg, &stored);
    let_go(stored.alert);
    let_go(stored.withdrawal);
    let_go(stored.thumbnail);
    return STATUS_OK;
}

enum status store_each(struct store *store, const struct store_query *query,
                       bool (*each)(void *arg, const struct stored *stored),
                       void *arg, struct diag *why)
{
    struct alert_reading reading = {.everything = query->everything,
                                    .each = each,
                                    .arg = arg,
                                    .going = true};
    sqlite3_stmt *rows = store_say(store, EACH);
    enum status status = store_look(store, why);
    struct ids ids;

    if (status != STATUS_OK)
        return status;
    bind_text(rows, 1, query->alert_id);
    bind_text(rows, 2, query->prefix);
    (void)sqlite3_bind_int(rows, 3, query->everything);
    (void)sqlite3_bind_int(rows, 4, query->by_sequence);
    (void)sqlite3_bind_int64(rows, 5,
                             query->below == 0 || query->below > INT64_MAX
                                 ? INT64_MAX
                                 : (int64_t)query->below);
    status = ids_read(&ids, store, rows, why);
    for (size_t i = 0; status == STATUS_OK && reading.going && i < ids.count;
         i++) {
        reading.alert_id = ids.ids[i];
        status = alerts_read(store, &reading, why);
    }
    ids_done(&ids);
    return status;
}
