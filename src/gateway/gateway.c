#include "gateway/gateway.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "gateway/core.h"

#define ARENA_ROOM (1024 * 1024)
#define TIDY_MS (60LL * 1000)
#define KEEP_RECORDED_MS (7LL * 24 * 3600 * 1000)
#define SEND_AGAIN_MS 50
#define FULL_PAUSE_MS 1000

const struct gateway_limits gateway_usual_limits = {.waiting = 200000,
                                                    .device_waiting = 2000,
                                                    .device_fates = 20000,
                                                    .pictures_wait = 1000,
                                                    .device_rate = 20,
                                                    .picture_bytes = 256u << 20,
                                                    .device_picture_bytes =
                                                        8u << 20,
                                                    .streams = 3000};

int64_t today_ms(const struct gateway *gateway, struct moment now)
{
    return now.wall_ms + gateway->world.daytime_ms;
}

void gateway_note(struct gateway *gateway, enum log_level level,
                  const char *event, const char *format, ...)
{
    char text[400];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    gateway->port.note(gateway->port.arg, level, event, text);
}

void begin_ask(struct gateway *gateway, struct ask *ask,
               Tocsin__V1__Request *request, struct moment now)
{
    uint8_t id[16];

    gateway->port.random(gateway->port.arg, id, sizeof id);
    ask_start(ask, request, id, now.monotonic_ms);
}

bool send_ask(struct gateway *gateway, struct ask *ask, struct moment now)
{
    if (!ask->open || ask->due_ms > now.monotonic_ms)
        return true;
    if (!gateway->port.send(gateway->port.arg, ask->bytes, ask->size))
        return false;
    ask_again(ask, now.monotonic_ms + ASK_AGAIN_MS);
    return true;
}

struct gateway *gateway_new(const struct gateway_setup *setup,
                            const struct gateway_port *port,
                            const struct gateway_spool *spool,
                            struct moment now)
{
    struct gateway *gateway = must_calloc(1, sizeof *gateway);
    uint8_t run[8];

    snprintf(gateway->id, sizeof gateway->id, "%s", setup->id);
    snprintf(gateway->software, sizeof gateway->software, "%s",
             setup->software);
    (void)crypto_generichash(gateway->secret, KEY_SIZE,
                             (const uint8_t *)"tocsin/v1/gateway", 17,
                             setup->secret, KEY_SIZE);
    memcpy(gateway->broker, setup->broker, KEY_SIZE);
    gateway->openapi = shared_new(
        must_memdup(setup->openapi, setup->openapi_size), setup->openapi_size);
    gateway->limits = setup->limits;
    gateway->port = *port;
    gateway->spool = *spool;
    gateway->devices = map_new();
    gateway->loans = map_new();
    gateway->photos = map_new();
    gateway->arrivals = must_calloc(ARRIVALS_MAX, sizeof *gateway->arrivals);
    gateway->tidy_ms = now.monotonic_ms + TIDY_MS;
    port->random(port->arg, run, sizeof run);
    (void)hex_encode(gateway->run, run, sizeof run);
    arena_init(&gateway->arena, ARENA_ROOM);
    arena_init(&gateway->inner, ARENA_ROOM);
    devices_load(gateway);
    relay_load(gateway);
    freight_load(gateway);
    looks_load(gateway);
    return gateway;
}

void gateway_free(struct gateway *gateway)
{
    if (gateway == NULL)
        return;
    relay_done(gateway);
    claims_done(gateway);
    fetches_done(gateway);
    looks_done(gateway);
    loans_done(gateway);
    uploads_drop(gateway, NULL, NULL);
    freight_drop(gateway, NULL, NULL);
    streams_done(gateway);
    devices_done(gateway);
    pages_drop(gateway);
    shared_drop(gateway->openapi);
    free(gateway->arrivals);
    arena_done(&gateway->arena);
    arena_done(&gateway->inner);
    sodium_memzero(gateway, sizeof *gateway);
    free(gateway);
}

/* ---- the world ------------------------------------------------------------
 */

void gateway_line(struct gateway *gateway, bool up, unsigned connects,
                  struct moment now)
{
    if (up && connects != gateway->connects) {
        gateway->send_again_ms = 0;
        devices_connected(gateway);
        relay_connected(gateway, now);
        freight_connected(gateway, now);
        looks_connected(gateway, now);
        ask_again(&gateway->roster.ask, now.monotonic_ms);
        roster_want(gateway);
    }
    gateway->line_up = up;
    gateway->connects = connects;
}

void gateway_world(struct gateway *gateway, const struct gateway_world *world,
                   struct moment now)
{
    bool changed = world->connected != gateway->world.connected ||
                   world->complete != gateway->world.complete;
    bool raised = world->generation > gateway->world.generation;

    gateway->world = *world;
    if (raised)
        roster_want(gateway); /* somebody was revoked */
    if (changed) {
        Tocsin__V1__DeviceEvent event = TOCSIN__V1__DEVICE_EVENT__INIT;
        Tocsin__V1__GatewayStanding standing;

        fill_standing(gateway, &standing, now);
        event.standing = &standing;
        pages_drop(gateway);
        tell_devices(gateway, NULL, "standing", &event);
    }
}

bool gateway_reply(struct gateway *gateway, const uint8_t *bytes, size_t size,
                   struct moment now)
{
    const Tocsin__V1__Reply *reply;

    arena_reset(&gateway->arena);
    reply = size > DESK_FRAME_MAX
                ? NULL
                : decode(&gateway->arena, &tocsin__v1__reply__descriptor, bytes,
                         size, NULL);
    if (reply == NULL || reply->request_id.len == 0 || ask_is_outcast(reply))
        return false; /* the last is for the terminal: what waits goes on so */
    return relay_reply(gateway, reply, now) ||
           roster_reply(gateway, reply, now) ||
           claims_reply(gateway, reply, now) ||
           freight_reply(gateway, reply, now) ||
           looks_reply(gateway, reply, now) ||
           fetches_reply(gateway, reply, now);
}

void gateway_alert_changed(struct gateway *gateway,
                           Tocsin__V1__ChangeKind change, const char *alert_id)
{
    Tocsin__V1__DeviceEvent event = TOCSIN__V1__DEVICE_EVENT__INIT;
    Tocsin__V1__AlertChange alert = TOCSIN__V1__ALERT_CHANGE__INIT;

    pages_drop(gateway);
    alert.alert_id = (char *)(uintptr_t)alert_id;
    alert.change = change;
    event.alert = &alert;
    tell_devices(gateway, NULL, "alert", &event);
    if (change == TOCSIN__V1__CHANGE_KIND__CHANGE_KIND_ENDED) {
        fetches_end(gateway, alert_id, "its alert has ended");
        (void)gateway->port.picture_drop(gateway->port.arg, alert_id);
    }
}

static void say_again(struct gateway *gateway)
{
    struct diag why = {0};

    purging_forget(gateway);
    gateway->spool.say_again(gateway->spool.arg);
    gateway->again_owed =
        gateway->spool.commit(gateway->spool.arg, &why) != STATUS_OK;
    if (!gateway->again_owed) {
        relay_restart(gateway);
        freight_drop(gateway, NULL, NULL); /* its answer goes again first */
        freight_load(gateway);
        looks_restart(gateway);
    }
}

void gateway_say_again(struct gateway *gateway, struct moment now)
{
    struct diag why = {0};

    (void)now;
    /* what is staged has to go its own way first */
    if (gateway_settle(gateway, now, &why) != STATUS_OK)
        gateway->again_owed = true;
    else
        say_again(gateway);
    if (gateway->again_owed || gateway->waiting > 0)
        gateway_note(gateway, LEVEL_WARN, "answers.again", "waiting=%zu",
                     gateway->waiting);
}

void gateway_gone(struct gateway *gateway, uint64_t exchange)
{
    streams_gone(gateway, exchange);
    fetches_gone(gateway, exchange);
    looks_gone(gateway, exchange);
    loan_gone(gateway, exchange);
}

/* ---- time ------------------------------------------------------------------
 */

static bool strip_if_over(void *to, const char *alert_id)
{
    struct gateway *gateway = to;

    if (gateway->port.alert_is_over(gateway->port.arg, alert_id)) {
        gateway->spool.strip(gateway->spool.arg, alert_id);
        (void)gateway->port.picture_drop(gateway->port.arg, alert_id);
    }
    return true;
}

/* What was recorded long ago goes, but not while nobody says what day it is: a
 * clock that jumps to 2038 would take what a restored broker may yet ask for.
 * And of an alert that is over and stripped here, the words of its answers. */
static void tidy(struct gateway *gateway, struct moment now)
{
    if (now.monotonic_ms < gateway->tidy_ms)
        return;
    gateway->tidy_ms = now.monotonic_ms + TIDY_MS;
    if (gateway->world.connected) {
        gateway->spool.purge(gateway->spool.arg,
                             today_ms(gateway, now) - KEEP_RECORDED_MS);
        devices_tidy(gateway, now);
    }
    gateway->said_unread = false;
    kept_tidy(gateway);
    gateway->spool.each_kept_alert(gateway->spool.arg, strip_if_over, gateway);
    (void)spool_unread(gateway);
}

void gateway_tick(struct gateway *gateway, struct moment now)
{
    pages_drop(gateway); /* they say how we stand, too */
    claims_tick(gateway, now);
    fetches_tick(gateway, now);
    uploads_tick(gateway, now);
    streams_tick(gateway, now);
    tidy(gateway, now);
}

/* ---- settling --------------------------------------------------------------
 */

static void set_full(struct gateway *gateway, bool full, const struct diag *why)
{
    if (full != gateway->full)
        gateway_note(gateway, full ? LEVEL_ERROR : LEVEL_INFO,
                     full ? "spool.full" : "spool.roomy", "reason=\"%.250s\"",
                     full ? why->text : "");
    gateway->full = full;
}

/* Answers first, questions about who may give them with them; pictures when
 * nothing else waits. */
static void send_all(struct gateway *gateway, struct moment now)
{
    bool sent;

    if (!gateway->line_up || gateway->world.revoked ||
        now.monotonic_ms < gateway->send_again_ms)
        return;
    roster_begin(gateway, now);
    sent = send_ask(gateway, &gateway->roster.ask, now) &&
           claims_send(gateway, now) && relay_send(gateway, now) &&
           (!relay_idle(gateway) ||
            (looks_send(gateway, now) && freight_send(gateway, now) &&
             fetches_send(gateway, now)));
    if (!sent)
        gateway->send_again_ms = now.monotonic_ms + SEND_AGAIN_MS;
}

enum status gateway_settle(struct gateway *gateway, struct moment now,
                           struct diag *why)
{
    bool whole = !gateway->full || now.monotonic_ms >= gateway->full_until_ms;
    size_t staged = gateway->arrival_count + gateway->looks.given_count;
    /* after a start an answer is relayed if its handheld is known */
    bool devices = whole || staged > 0;
    struct diag trouble = {0};
    enum status status;

    if (devices)
        staged += devices_stage(gateway, now);
    if (whole) /* else the ends of answers wait for room */
        staged += relay_stage(gateway) + purging_stage(gateway, now) +
                  freight_stage(gateway) + looks_stage(gateway) +
                  kept_stage(gateway);
    status = gateway->spool.commit(gateway->spool.arg, &trouble);
    if (status != STATUS_OK && status != STATUS_FULL)
        return diag_set(why, status, "%s", trouble.text);
    if (status == STATUS_FULL) {
        gateway->full_until_ms = now.monotonic_ms + FULL_PAUSE_MS;
        set_full(gateway, true, &trouble);
    } else if (staged > 0) {
        set_full(gateway, false, NULL);
    }
    arrivals_end(gateway, status);
    looks_given(gateway, status);
    if (devices)
        devices_end(gateway, status);
    if (whole) {
        kept_end(gateway, status); /* before more is added */
        relay_end(gateway, status, now);
        purging_end(gateway, status);
        freight_end(gateway, status);
        looks_end(gateway, status);
    }
    if (gateway->again_owed && status == STATUS_OK)
        say_again(gateway);
    if (status == STATUS_OK && !gateway->full)
        reread(gateway, now);
    send_all(gateway, now);
    return spool_whole(gateway, why);
}

static void sooner(int64_t *wake, int64_t ms)
{
    if (ms < *wake)
        *wake = ms;
}

int64_t gateway_wake_ms(const struct gateway *gateway, struct moment now)
{
    int64_t wake = now.monotonic_ms + 1000;

    if (gateway->line_up && !gateway->world.revoked) {
        int64_t due = relay_due_ms(gateway);

        sooner(&due, roster_due_ms(gateway));
        for (size_t i = 0; i < CLAIMS_MAX; i++) {
            if (gateway->claims[i].ask.open)
                sooner(&due, gateway->claims[i].ask.due_ms);
        }
        if (relay_idle(gateway)) {
            sooner(&due, freight_due_ms(gateway));
            sooner(&due, looks_due_ms(gateway));
        }
        for (size_t i = 0; i < FETCHES; i++) {
            if (gateway->fetches[i].ask.open && relay_idle(gateway))
                sooner(&due, gateway->fetches[i].ask.due_ms);
        }
        sooner(&wake,
               due > gateway->send_again_ms ? due : gateway->send_again_ms);
    }
    return wake > now.monotonic_ms ? wake : now.monotonic_ms;
}

void gateway_count(const struct gateway *gateway, struct gateway_counts *out)
{
    memset(out, 0, sizeof *out);
    out->waiting = gateway->waiting;
    out->oldest_ms = relay_oldest_ms(gateway);
    out->under_way = gateway->slots_used;
    out->devices = map_count(gateway->devices);
    out->streams = gateway->stream_count;
    out->taken = gateway->tallies.taken;
    out->recorded = gateway->tallies.recorded;
    for (int i = 0; i < REASONS; i++)
        out->refused += gateway->tallies.refused[i];
    out->full = gateway->full;
    out->pictures = gateway->pictures;
    out->picture_bytes = gateway->picture_bytes;
}
