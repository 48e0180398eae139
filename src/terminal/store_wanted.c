/* What is sought by a number: plates and identity documents in the alerts that
 * are held here, found without a line. */
#include "terminal/store_inside.h"
#include "wire/decode.h"

#define ARENA_BYTES (128 * 1024)

static void add(struct store *store, const char *alert_id, const char *text)
{
    char normal[WANTED_MAX + 1];
    sqlite3_stmt *row;

    wanted_normal(normal, text);
    if (normal[0] == '\0')
        return;
    row = store_stage(store, ADD_WANTED);
    bind_text(row, 1, normal);
    bind_text(row, 2, alert_id);
    store_done(store, row);
}

static const Tocsin__V1__Alert *content_of(struct arena *arena,
                                           struct blob document)
{
    const Tocsin__V1__SignedAlert *sealed =
        decode(arena, &tocsin__v1__signed_alert__descriptor, document.data,
               document.size, NULL);
    const Tocsin__V1__AlertDocument *content =
        sealed == NULL
            ? NULL
            : decode(arena, &tocsin__v1__alert_document__descriptor,
                     sealed->content.data, sealed->content.len, NULL);

    return content != NULL &&
                   content->kind_case == TOCSIN__V1__ALERT_DOCUMENT__KIND_ALERT
               ? content->alert
               : NULL;
}

void wanted_note(struct store *store, const char *alert_id,
                 struct blob document)
{
    const Tocsin__V1__Alert *alert;
    struct arena arena;

    arena_init(&arena, ARENA_BYTES);
    alert = content_of(&arena, document);
    for (size_t i = 0; alert != NULL && i < alert->n_vehicles; i++)
        add(store, alert_id, alert->vehicles[i]->plate);
    for (size_t i = 0; alert != NULL && i < alert->n_companions; i++)
        add(store, alert_id, alert->companions[i]->document);
    arena_done(&arena);
}

/* ---- a store of a version that did not know them --------------------------
 */

static bool note_one(void *arg, const struct stored *stored)
{
    if (stored->alert.data != NULL)
        wanted_note(arg, stored->holding.alert_id, stored->alert);
    return true;
}

enum status wanted_begin(struct store *store, struct diag *why)
{
    const struct store_query all = {.everything = true};
    enum status status = store_each(store, &all, note_one, store, why);

    return status == STATUS_OK ? store_commit(store, why) : status;
}

/* ---- asking ---------------------------------------------------------------
 */

enum status store_wanted(struct store *store, const char *text,
                         bool (*each)(void *arg, const struct stored *stored),
                         void *arg, struct diag *why)
{
    struct alert_reading reading = {.each = each, .arg = arg, .going = true};
    sqlite3_stmt *rows = store_say(store, READ_WANTED);
    char normal[WANTED_MAX + 1];
    enum status status = store_look(store, why);
    struct ids ids;

    if (status != STATUS_OK)
        return status;
    wanted_normal(normal, text);
    bind_text(rows, 1, normal);
    status = ids_read(&ids, store, rows, why);
    for (size_t i = 0; status == STATUS_OK && reading.going && i < ids.count;
         i++) {
        reading.alert_id = ids.ids[i];
        status = alerts_read(store, &reading, why);
    }
    ids_done(&ids);
    return status;
}
