/* Looks at photographs in the spool, until the centre knows of each, and for a
 * centre that was restored. */
#include <string.h>

#include "spool/inside.h"

static void put_look(void *arg, const struct spooled_look *look)
{
    sqlite3_stmt *row = spool_stage(arg, PUT_LOOK);

    spool_bind_text(row, 1, look->device);
    spool_bind_text(row, 2, look->alert_id);
    (void)sqlite3_bind_int64(row, 3, look->at_ms);
    (void)sqlite3_bind_int(row, 4, look->thumbnail);
    spool_bind_bytes(row, 5, look->request_id, sizeof look->request_id);
    spool_done(arg, row);
}

static void end_look(void *arg, int64_t number)
{
    static const enum sentence sentences[] = {KEEP_LOOK, CUT_LOOKS, END_LOOK};

    for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++) {
        sqlite3_stmt *row = spool_stage(arg, sentences[i]);

        (void)sqlite3_bind_int64(row, 1, number);
        if (sentences[i] == CUT_LOOKS)
            (void)sqlite3_bind_int64(row, 2, SPOOL_LOOKED_MAX);
        spool_done(arg, row);
    }
}

void looks_say_again(struct spool *spool)
{
    spool_done(spool, spool_stage(spool, AGAIN_LOOKS));
    spool_done(spool, spool_stage(spool, DROP_LOOKS));
}

static void take(struct spooled_look *look, sqlite3_stmt *row)
{
    const void *id = sqlite3_column_blob(row, 5);

    memset(look, 0, sizeof *look);
    look->row = sqlite3_column_int64(row, 0);
    spool_take_text(look->device, sizeof look->device, row, 1);
    spool_take_text(look->alert_id, sizeof look->alert_id, row, 2);
    look->at_ms = sqlite3_column_int64(row, 3);
    look->thumbnail = sqlite3_column_int(row, 4) != 0;
    if (id != NULL && sqlite3_column_bytes(row, 5) == 16)
        memcpy(look->request_id, id, sizeof look->request_id);
}

static void each_look(void *arg, int64_t after,
                      bool (*each)(void *to, const struct spooled_look *look),
                      void *to)
{
    sqlite3_stmt *query = spool_ask(arg, EACH_LOOK);
    struct spooled_look look;
    bool more = true;

    (void)sqlite3_bind_int64(query, 1, after);
    while (more && sqlite3_step(query) == SQLITE_ROW) {
        take(&look, query);
        more = each(to, &look);
    }
    spool_asked(arg, query);
}

void looks_port(struct gateway_spool *port)
{
    port->put_look = put_look;
    port->end_look = end_look;
    port->each_look = each_look;
}
