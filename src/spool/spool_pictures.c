/* The photographs of answers in the spool: sealed, each until the centre has it
 * or will not have it. */
#include <stdlib.h>
#include <string.h>

#include "spool/inside.h"

static void run_on_row(struct spool *spool, enum sentence which, int64_t row)
{
    sqlite3_stmt *statement = spool_stage(spool, which);

    (void)sqlite3_bind_int64(statement, 1, row);
    spool_done(spool, statement);
}

static struct rest_name name_of(const struct fate *fate)
{
    return (struct rest_name){fate->picture.hash, sizeof fate->picture.hash};
}

static void keep_picture(void *arg, const struct fate *fate,
                         const uint8_t *bytes)
{
    struct spool *spool = arg;
    sqlite3_stmt *row = spool_stage(spool, KEEP_PICTURE);
    size_t size = (size_t)fate->picture.size + REST_OVERHEAD;
    uint8_t *sealed = must_calloc(1, size);

    rest_seal(sealed, spool->key, name_of(fate), bytes, fate->picture.size);

    (void)sqlite3_bind_int64(row, 1, fate->row);
    spool_bind_bytes(row, 2, sealed, size);
    free(sealed);
    spool_done(spool, row);
    run_on_row(spool, PICTURE_WAITS, fate->row);
}

static void end_picture(void *arg, const struct fate *fate)
{
    struct spool *spool = arg;
    const struct picture_fate *picture = &fate->picture;
    sqlite3_stmt *row = spool_stage(spool, END_PICTURE);

    (void)sqlite3_bind_int64(row, 1, fate->row);
    (void)sqlite3_bind_int(row, 2, (int)picture->state);
    (void)sqlite3_bind_int64(row, 3, (int64_t)picture->sequence);
    (void)sqlite3_bind_int(row, 4, (int)picture->status);
    spool_bind_text(row, 5, picture->reason);
    spool_done(spool, row);
    if (picture->status != TOCSIN__V1__STATUS__STATUS_NOT_FOUND)
        run_on_row(spool, DROP_PICTURE, fate->row);
}

void pictures_end_of(struct spool *spool, const struct fate *fate)
{
    sqlite3_stmt *row = spool_stage(spool, END_PICTURE_OF);

    (void)sqlite3_bind_int64(row, 1, fate->row);
    (void)sqlite3_bind_int(row, 2, (int)fate->status);
    spool_done(spool, row);
    if (fate->status != TOCSIN__V1__STATUS__STATUS_NOT_FOUND)
        run_on_row(spool, DROP_PICTURE, fate->row);
}

static void purge_pictures(void *arg, const char *alert_id)
{
    spool_run_on(arg, PURGE_PICTURES, alert_id);
    spool_run_on(arg, DROP_PICTURES, alert_id);
}

static bool next_picture(void *arg, const char *device, struct fate *out)
{
    sqlite3_stmt *query = spool_ask(arg, NEXT_PICTURE);
    bool found;

    spool_bind_text(query, 1, device);
    found = sqlite3_step(query) == SQLITE_ROW;
    if (found)
        spool_take_fate(out, query);
    spool_asked(arg, query);
    return found;
}

static bool read_picture(void *arg, const struct fate *fate, uint8_t **bytes)
{
    struct spool *spool = arg;
    sqlite3_stmt *query = spool_ask(spool, READ_PICTURE);
    size_t size = (size_t)fate->picture.size + REST_OVERHEAD;
    bool good;

    *bytes = NULL;
    (void)sqlite3_bind_int64(query, 1, fate->row);
    if (sqlite3_step(query) == SQLITE_ROW &&
        (size_t)sqlite3_column_bytes(query, 0) == size)
        *bytes = must_calloc(1, fate->picture.size);
    good = *bytes != NULL && rest_open(*bytes, spool->key, name_of(fate),
                                       sqlite3_column_blob(query, 0), size);
    spool_asked(spool, query);
    if (!good) {
        free(*bytes);
        *bytes = NULL;
    }
    return good;
}

static void each_picture(void *arg,
                         bool (*each)(void *to, const struct fate *fate),
                         void *to)
{
    spool_tell_fates(arg, spool_ask(arg, EACH_PICTURE), each, to);
}

void pictures_port(struct gateway_spool *port)
{
    port->keep_picture = keep_picture;
    port->end_picture = end_picture;
    port->purge_pictures = purge_pictures;
    port->next_picture = next_picture;
    port->read_picture = read_picture;
    port->each_picture = each_picture;
}
