/* What a screen beside the daemon was told with success: after a restart it is
 * told what it lacks, and an end above all. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/store_inside.h"

enum status store_told(struct store *store, const char *alert_id,
                       uint32_t revision, struct diag *why)
{
    sqlite3_stmt *row =
        store_stage(store, revision == 0 ? END_TOLD : KEEP_TOLD);
    enum status status;

    bind_text(row, 1, alert_id);
    if (revision != 0)
        (void)sqlite3_bind_int64(row, 2, revision);
    store_done(store, row);
    status = store_commit(store, why);
    if (!store->locked)
        store->failed = STATUS_OK; /* not the daemon: may try again */
    return status == STATUS_BUSY ? STATUS_OK : status; /* it stays staged */
}

struct untold_list {
    struct untold *rows;
    size_t count;
    size_t room;
};

static void add(struct untold_list *list, sqlite3_stmt *row)
{
    struct untold *untold;

    if (list->count == list->room) {
        list->room = 2 * list->room + 16;
        list->rows = must_realloc(list->rows, list->room, sizeof *list->rows);
    }
    untold = &list->rows[list->count++];
    snprintf(untold->alert_id, sizeof untold->alert_id, "%s",
             (const char *)sqlite3_column_text(row, 0));
    untold->revision = (uint32_t)sqlite3_column_int64(row, 1);
    untold->told = (uint32_t)sqlite3_column_int64(row, 2);
    untold->on_screen = sqlite3_column_int64(row, 3) != 0;
}

enum status store_untold(struct store *store,
                         void (*each)(void *arg, const struct untold *untold),
                         void *arg, struct diag *why)
{
    sqlite3_stmt *rows = store_say(store, EACH_UNTOLD);
    struct untold_list list = {NULL, 0, 0};
    enum status status = STATUS_OK;
    int step;

    while ((step = sqlite3_step(rows)) == SQLITE_ROW)
        add(&list, rows);
    if (step != SQLITE_DONE)
        status = sqlite_trouble(store->db, "reading what is untold", why);
    (void)sqlite3_reset(rows);
    for (size_t i = 0; status == STATUS_OK && i < list.count; i++)
        each(arg, &list.rows[i]);
    free(list.rows);
    return status;
}

/* A sighting (5) stays with newer revisions, of which it says nothing. */
enum status told_begin(struct store *store, struct diag *why)
{
    return sqlite_run(store->db,
                      "INSERT OR IGNORE INTO told SELECT alert_id,"
                      " CASE WHEN rung < 5 THEN revision"
                      " ELSE max(1, revision - 1) END FROM alerts"
                      " WHERE rung >= 2 AND (marks & 16) = 0",
                      why);
}
