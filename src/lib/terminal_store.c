/* The store as programs beside the daemon see it. */
#include "lib/terminal_store.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "wire/document.h"

#define ITEM_ROOM (256 * 1024)

struct store_owner store_owner_of(const struct bundle *bundle)
{
    return (struct store_owner){bundle->id, bundle->division,
                                bundle->key.public_key,
                                bundle->has_seed ? bundle->key.seed : NULL};
}

enum tocsin_status tocsin_store_open(struct tocsin_store **out,
                                     const char *folder,
                                     const struct tocsin_bundle *bundle,
                                     struct tocsin_diag *why)
{
    struct tocsin_store *store = must_calloc(1, sizeof *store);
    struct store_owner owner = store_owner_of(&bundle->inner);
    struct diag inner = {0};
    enum status status;

    *out = NULL;
    lib_start();
    store->bundle = &bundle->inner;
    status = store_open(&store->inner, folder, &owner, &inner);
    if (status != STATUS_OK) {
        free(store);
        return lib_told(why, status, &inner);
    }
    arena_init(&store->outer, ITEM_ROOM);
    *out = store;
    return TOCSIN_OK;
}

void tocsin_store_wait(struct tocsin_store *store, int64_t patience_ms,
                       void (*told)(void *arg, const char *who), void *arg)
{
    const struct store_waiting waiting = {patience_ms, told, arg};

    store_wait(store->inner, &waiting);
}

enum tocsin_status tocsin_store_reseal(struct tocsin_store *store,
                                       const struct tocsin_bundle *former,
                                       struct tocsin_diag *why)
{
    struct diag inner = {0};
    enum status status =
        former->inner.has_seed
            ? store_reseal(store->inner, former->inner.key.seed, &inner)
            : STATUS_OK;

    return status == STATUS_OK ? TOCSIN_OK : lib_told(why, status, &inner);
}

void tocsin_store_close(struct tocsin_store *store)
{
    if (store == NULL)
        return;
    store_close(store->inner);
    arena_done(&store->outer);
    free(store);
}

/* ---- items ------------------------------------------------------------------
 */

/* The time that the daemon goes by, carried on: our clock may have been set
 * since its last beat. */
int64_t store_daytime_ms(const struct tocsin_store *store)
{
    struct pulse pulse;

    if (!store_running(store->inner) ||
        store_last_pulse(store->inner, &pulse) != PULSE_READ)
        return clock_wall_ms();
    return pulse.beat_ms + pulse.standing.daytime_ms + clock_monotonic_ms() -
           pulse.beat_monotonic_ms;
}

static Tocsin__V1__AlertState state_of(const struct tocsin_store *store,
                                       const struct holding *holding)
{
    switch (holding_state(holding, store_daytime_ms(store))) {
    case HOLDING_LIVE:
        return TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE;
    case HOLDING_WITHDRAWN:
        return TOCSIN__V1__ALERT_STATE__ALERT_STATE_WITHDRAWN;
    case HOLDING_EXPIRED:
        break;
    }
    return TOCSIN__V1__ALERT_STATE__ALERT_STATE_EXPIRED;
}

/* Verified again at every look: nothing unsigned is shown, not even when
 * somebody has written into the file. */
static bool open_stored(struct tocsin_store *store, struct arena *arena,
                        struct blob bytes, struct document *out)
{
    const Tocsin__V1__SignedAlert *sealed;
    struct complaint complaint = {0};

    arena_reset(&store->outer);
    sealed = decode(&store->outer, &tocsin__v1__signed_alert__descriptor,
                    bytes.data, bytes.size, NULL);
    return sealed != NULL &&
           document_open(out, arena, sealed, store->bundle->authority,
                         &complaint) == STATUS_OK;
}

static bool open_both(struct tocsin_store *store, const struct stored *stored,
                      struct arena *arena, struct tocsin_item *item)
{
    struct document document;

    if (stored->alert.data != NULL) {
        if (!open_stored(store, arena, stored->alert, &document) ||
            document.alert == NULL ||
            strcmp(document.alert_id, item->alert_id) != 0 ||
            document.exercise != item->exercise)
            return false;
        item->alert = document.alert;
    }
    if (stored->withdrawal.data != NULL) {
        if (!open_stored(store, arena, stored->withdrawal, &document) ||
            document.withdrawal == NULL ||
            strcmp(document.alert_id, item->alert_id) != 0)
            return false;
        item->withdrawal = document.withdrawal;
    }
    return item->alert != NULL || item->withdrawal != NULL;
}

struct tocsin_item store_item_bare(const struct tocsin_store *store,
                                   const struct stored *stored)
{
    const struct holding *holding = &stored->holding;

    return (struct tocsin_item){.alert_id = holding->alert_id,
                                .case_number = holding->case_number,
                                .revision = holding->revision,
                                .exercise = holding->exercise,
                                .state = state_of(store, holding),
                                .for_us = holding->for_us,
                                .waits = holding->for_us && !holding->reached &&
                                         !holding->withdrawn,
                                .received_ms = holding->received_ms,
                                .recorded_ms = holding->recorded_ms,
                                .rung = stored->rung,
                                .thumbnail = stored->thumbnail.data,
                                .thumbnail_size = stored->thumbnail.size,
                                .picture_here = stored->picture_here};
}

bool store_item(struct tocsin_store *store, const struct stored *stored,
                int (*each)(void *arg, const struct tocsin_item *item),
                void *arg)
{
    struct tocsin_item item = store_item_bare(store, stored);
    struct arena arena; /* its own: each may ask for another one */
    bool goes_on;

    arena_init(&arena, 2 * ITEM_ROOM);
    goes_on = !open_both(store, stored, &arena, &item) || each(arg, &item) != 0;
    arena_done(&arena);
    return goes_on;
}

struct giving {
    struct tocsin_store *store;
    int (*each)(void *arg, const struct tocsin_item *item);
    void *arg;
    bool all;
};

static bool give_listed(void *arg, const struct stored *stored)
{
    struct giving *giving = arg;

    if (!giving->all &&
        !holding_on_screen(&stored->holding, store_daytime_ms(giving->store)))
        return true;
    return store_item(giving->store, stored, giving->each, giving->arg);
}

enum tocsin_status
tocsin_store_list(struct tocsin_store *store, bool all,
                  int (*each)(void *arg, const struct tocsin_item *item),
                  void *arg, struct tocsin_diag *why)
{
    struct giving giving = {store, each, arg, all};
    struct store_query query = {0};
    struct diag inner = {0};
    enum status status =
        store_each(store->inner, &query, give_listed, &giving, &inner);

    return status == STATUS_OK ? TOCSIN_OK : lib_told(why, status, &inner);
}

static bool give_sought(void *arg, const struct stored *stored)
{
    struct giving *giving = arg;

    if (state_of(giving->store, &stored->holding) !=
        TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE)
        return true;
    return store_item(giving->store, stored, giving->each, giving->arg);
}

enum tocsin_status
tocsin_store_query(struct tocsin_store *store, const char *number,
                   int (*each)(void *arg, const struct tocsin_item *item),
                   void *arg, struct tocsin_diag *why)
{
    struct giving giving = {store, each, arg, true};
    struct diag inner = {0};
    enum status status =
        store_wanted(store->inner, number, give_sought, &giving, &inner);

    return status == STATUS_OK ? TOCSIN_OK : lib_told(why, status, &inner);
}

/* ---- one of them ---- */

struct found {
    const char *text;
    unsigned count;
    bool exact;
    struct holding holding;
};

static bool look(void *arg, const struct stored *stored)
{
    struct found *found = arg;

    found->count++;
    found->holding = stored->holding;
    found->exact = strcmp(stored->holding.alert_id, found->text) == 0 ||
                   strcmp(stored->holding.case_number, found->text) == 0;
    return !found->exact;
}

enum tocsin_status store_find(struct tocsin_store *store, const char *alert,
                              struct holding *out, struct tocsin_diag *why)
{
    char text[64];
    struct found found = {.text = text};
    struct store_query query = {.prefix = text};
    struct diag inner = {0};
    enum status status;
    size_t size = strlen(alert);

    if (size < 4 || size >= sizeof text)
        return lib_fail(why, TOCSIN_USAGE,
                        "an alert is named by its id, its case number, or "
                        "the first 4 or more characters of its id");
    for (size_t i = 0; i <= size; i++)
        text[i] = (char)toupper((unsigned char)alert[i]);
    status = store_each(store->inner, &query, look, &found, &inner);
    if (status != STATUS_OK)
        return lib_told(why, status, &inner);
    if (found.count == 0)
        return lib_fail(why, TOCSIN_MISSING, "no alert %s here", text);
    if (found.count > 1 && !found.exact)
        return lib_fail(why, TOCSIN_USAGE, "%u alerts begin with %s",
                        found.count, text);
    *out = found.holding;
    return TOCSIN_OK;
}

enum tocsin_status
tocsin_store_show(struct tocsin_store *store, const char *alert,
                  int (*each)(void *arg, const struct tocsin_item *item),
                  void *arg, struct tocsin_diag *why)
{
    struct giving giving = {store, each, arg, true};
    struct holding holding;
    struct store_query query = {.alert_id = holding.alert_id};
    struct diag inner = {0};
    enum tocsin_status found = store_find(store, alert, &holding, why);
    enum status status;

    if (found != TOCSIN_OK)
        return found;
    status = store_each(store->inner, &query, give_listed, &giving, &inner);
    return status == STATUS_OK ? TOCSIN_OK : lib_told(why, status, &inner);
}

/* ---- standing ---- */

/* A daemon that has not written for so long is stopped or stuck. */
#define BEAT_LATE_MS 10000

static void take_pulse(struct tocsin_standing *out, const struct pulse *pulse)
{
    bool fresh = out->running &&
                 clock_monotonic_ms() - pulse->beat_monotonic_ms < BEAT_LATE_MS;

    out->connected = fresh && pulse->standing.connected;
    out->disk_full = out->running && pulse->full;
    out->store_held = out->running && pulse->held;
    out->complete = fresh && pulse->standing.complete && !pulse->full;
    out->revoked = pulse->standing.revoked;
    out->picture_ms = pulse->full ? pulse->kept_ms : pulse->standing.picture_ms;
    out->started_ms = pulse->started_ms;
    memcpy(out->epoch, pulse->standing.epoch, sizeof out->epoch);
    if (!pulse->full) /* else what the disk has */
        out->head = pulse->standing.head;
    out->generation = pulse->standing.generation;
    out->clock_skew_ms = pulse->standing.clock_skew_ms;
    out->rejected = pulse->standing.rejected;
    out->unopened = pulse->standing.unopened;
    out->gaps = pulse->standing.gaps;
}

enum tocsin_status tocsin_store_standing(struct tocsin_store *store,
                                         struct tocsin_standing *out,
                                         struct tocsin_diag *why)
{
    struct store_counts counts;
    struct diag inner = {0};
    struct pulse pulse;
    enum last_pulse last;
    enum status status =
        store_count(store->inner, store_daytime_ms(store), &counts, &inner);

    if (status != STATUS_OK)
        return lib_told(why, status, &inner);
    memset(out, 0, sizeof *out);
    out->running = store_running(store->inner);
    out->revoked = counts.state.revoked;
    out->picture_ms = counts.state.picture_ms;
    memcpy(out->epoch, counts.state.epoch, sizeof out->epoch);
    out->head = counts.state.head;
    out->generation = counts.state.generation;
    out->rejected = counts.state.rejected;
    out->gaps = counts.state.gaps;
    last = store_last_pulse(store->inner, &pulse);
    if (last == PULSE_READ)
        take_pulse(out, &pulse);
    out->other_version = out->running && last == PULSE_OF_ANOTHER;
    out->live = counts.live;
    out->waiting = counts.waiting;
    out->refused = counts.refused;
    out->photographs = counts.photographs;
    return TOCSIN_OK;
}
