/* The alerts as the store of this gateway has them: verified at every look, so
 * that nothing unsigned is given out, not even when somebody has written into
 * the file. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "gatewayd/daemon.h"
#include "wire/document.h"

#define ALERT_ROOM (256 * 1024)

void world_init(struct world *world)
{
    arena_init(&world->outer, ALERT_ROOM);
    arena_init(&world->alert, ALERT_ROOM);
    arena_init(&world->withdrawal, ALERT_ROOM);
}

void world_done(struct world *world)
{
    arena_done(&world->outer);
    arena_done(&world->alert);
    arena_done(&world->withdrawal);
}

static int64_t daytime_of(const struct world *world)
{
    struct terminal_standing standing;
    struct moment now = clock_now();

    terminal_standing(terminal_daemon_core(world->terminal), now, &standing);
    return now.wall_ms + standing.daytime_ms;
}

static Tocsin__V1__AlertState state_of(const struct holding *holding,
                                       int64_t wall_ms)
{
    switch (holding_state(holding, wall_ms)) {
    case HOLDING_LIVE:
        return TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE;
    case HOLDING_WITHDRAWN:
        return TOCSIN__V1__ALERT_STATE__ALERT_STATE_WITHDRAWN;
    case HOLDING_EXPIRED:
        break;
    }
    return TOCSIN__V1__ALERT_STATE__ALERT_STATE_EXPIRED;
}

static Tocsin__V1__SignedAlert *open_stored(struct world *world,
                                            struct arena *arena,
                                            struct blob bytes,
                                            struct document *out)
{
    Tocsin__V1__SignedAlert *sealed =
        decode(&world->outer, &tocsin__v1__signed_alert__descriptor, bytes.data,
               bytes.size, NULL);
    struct complaint complaint = {0};

    if (sealed == NULL ||
        document_open(out, arena, sealed, world->bundle->authority,
                      &complaint) != STATUS_OK)
        return NULL;
    return sealed;
}

static bool open_both(struct world *world, const struct stored *stored,
                      struct gateway_alert *out)
{
    struct document document;

    arena_reset(&world->outer);
    arena_reset(&world->alert);
    arena_reset(&world->withdrawal);
    if (stored->alert.size > 0) {
        out->document =
            open_stored(world, &world->alert, stored->alert, &document);
        if (out->document == NULL || document.alert == NULL ||
            strcmp(document.alert_id, out->alert_id) != 0)
            return false;
        out->alert = (Tocsin__V1__Alert *)(uintptr_t)document.alert;
    }
    if (stored->withdrawal.size > 0) {
        out->document = open_stored(world, &world->withdrawal,
                                    stored->withdrawal, &document);
        if (out->document == NULL || document.withdrawal == NULL ||
            strcmp(document.alert_id, out->alert_id) != 0)
            return false;
        out->withdrawal =
            (Tocsin__V1__Withdrawal *)(uintptr_t)document.withdrawal;
    }
    return out->document != NULL;
}

struct giving {
    struct world *world;
    int64_t wall_ms;
    bool ended;
    bool (*each)(void *to, const struct gateway_alert *alert);
    void *to;
};

static bool give(void *arg, const struct stored *stored)
{
    struct giving *giving = arg;
    const struct holding *holding = &stored->holding;
    struct gateway_alert alert = {
        .alert_id = holding->alert_id,
        .case_number = holding->case_number,
        .revision = holding->revision,
        .exercise = holding->exercise,
        .state = state_of(holding, giving->wall_ms),
        .recorded_ms = holding->recorded_ms,
        .received_ms = holding->received_ms,
        .sequence = holding->sequence,
        .thumbnail = {stored->thumbnail.size,
                      (uint8_t *)(uintptr_t)stored->thumbnail.data}};

    if (holding->bare || holding->gone ||
        (!giving->ended &&
         alert.state != TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE) ||
        !open_both(giving->world, stored, &alert))
        return true;
    return giving->each(giving->to, &alert);
}

#define SAID_AGAIN_MS 1000

/* Handhelds ask as often as they like: they fill no log. */
static void say_unreadable(struct world *world, const struct diag *why)
{
    int64_t now_ms = clock_monotonic_ms();

    world->unread++;
    if (world->unread_said_ms != 0 &&
        now_ms - world->unread_said_ms < SAID_AGAIN_MS)
        return;
    log_error("store.unreadable", "reason=\"%s\" count=%u", why->text,
              world->unread);
    world->unread_said_ms = now_ms;
    world->unread = 0;
}

bool world_each_alert(void *arg, const struct alerts_asked *asked,
                      bool (*each)(void *to, const struct gateway_alert *alert),
                      void *to)
{
    struct world *world = arg;
    struct giving giving = {world, daytime_of(world), asked->ended, each, to};
    struct store_query query = {.alert_id = asked->alert_id,
                                .by_sequence = true,
                                .below = asked->below};
    struct diag why = {0};
    bool read = store_each(world->store->inner, &query, give, &giving, &why) ==
                STATUS_OK;

    if (!read)
        say_unreadable(world, &why);
    return read;
}

bool world_find_picture(void *arg, const uint8_t hash[32],
                        struct gateway_picture *out)
{
    struct world *world = arg;
    int64_t wall_ms = daytime_of(world);
    const struct holding *holding;
    size_t cursor = 0;

    while ((holding = terminal_next(terminal_daemon_core(world->terminal),
                                    &cursor)) != NULL) {
        if (holding->picture.size == 0 ||
            memcmp(holding->picture.hash, hash, 32) != 0 ||
            !holding_on_screen(holding, wall_ms))
            continue;
        memcpy(out->alert_id, holding->alert_id, sizeof out->alert_id);
        out->size = holding->picture.size;
        out->png = holding->picture.png;
        return true;
    }
    return false;
}

static const struct holding *holding_of(const struct world *world,
                                        const char *alert_id)
{
    return terminal_holding(terminal_daemon_core(world->terminal), alert_id);
}

bool world_alert_is_held(void *arg, const char *alert_id)
{
    const struct holding *holding = holding_of(arg, alert_id);

    return holding != NULL && !holding->bare;
}

bool world_alert_is_over(void *arg, const char *alert_id)
{
    const struct holding *holding = holding_of(arg, alert_id);

    return holding != NULL && holding->bare;
}

bool world_picture_load(void *arg, const uint8_t hash[32], uint8_t **bytes,
                        size_t *size)
{
    return cache_load(((struct world *)arg)->cache, hash, bytes, size);
}

void world_picture_keep(void *arg, const uint8_t hash[32], const char *alert_id,
                        const uint8_t *bytes, size_t size)
{
    cache_keep(((struct world *)arg)->cache, hash, alert_id, bytes, size);
}

bool world_picture_drop(void *arg, const char *alert_id)
{
    return cache_drop(((struct world *)arg)->cache, alert_id);
}

void world_standing(const struct world *world, struct gateway_world *out)
{
    const struct terminal *core = terminal_daemon_core(world->terminal);
    struct terminal_standing standing;

    terminal_standing(core, clock_now(), &standing);
    out->connected = standing.connected;
    out->complete = standing.complete;
    out->revoked = standing.revoked;
    out->picture_ms = standing.picture_ms;
    out->daytime_ms = standing.daytime_ms;
    out->generation = terminal_generation(core);
}

static void one(void (*line)(void *to, const char *text), void *to,
                const char *name, const char *kind, const char *help,
                uint64_t value)
{
    char text[300];

    snprintf(text, sizeof text,
             "# HELP tocsin_gateway_%s %s\n# TYPE tocsin_gateway_%s %s\n"
             "tocsin_gateway_%s %llu\n",
             name, help, name, kind, name, (unsigned long long)value);
    line(to, text);
}

void world_metrics(void *arg, void (*line)(void *to, const char *text),
                   void *to)
{
    const struct world *world = arg;
    struct http_counts counts;

    http_count(world->http, &counts);
    one(line, to, "picture_cache_bytes", "gauge", "Size of the picture cache.",
        cache_bytes(world->cache));
    one(line, to, "connections", "gauge", "Connections of handhelds.",
        counts.connections);
    one(line, to, "connections_total", "counter", "Connections taken.",
        counts.accepted);
    one(line, to, "requests_total", "counter", "Requests taken.",
        counts.requests);
    one(line, to, "connections_late_total", "counter",
        "Connections closed: their request took too long.", counts.late);
    one(line, to, "connections_stalled_total", "counter",
        "Connections closed: they did not take their answer.", counts.stalled);
    one(line, to, "connections_crowded_total", "counter",
        "Connections closed to make room for others.", counts.crowded);
    one(line, to, "requests_malformed_total", "counter",
        "Requests whose end is in doubt.", counts.malformed);
    one(line, to, "requests_hurried_total", "counter",
        "Requests beyond the rate of their connection, or far ahead of "
        "answers.",
        counts.hurried);
    one(line, to, "event_streams_slow_total", "counter",
        "Streams closed: their reader did not keep up.", counts.slow);
    one(line, to, "accept_pauses_total", "counter",
        "Pauses for want of descriptors.", counts.starved);
}
