#include "terminal/terminal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "terminal/core.h"

#define FRAME_ROOM (1024 * 1024)
#define INNER_ROOM (256 * 1024)

void note(struct terminal *terminal, enum log_level level, const char *event,
          const char *format, ...)
{
    char text[400];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    terminal->port.note(terminal->port.arg, level, event, text);
}

int64_t draw(struct terminal *terminal, uint32_t bound)
{
    uint32_t number;

    terminal->port.random(terminal->port.arg, &number, sizeof number);
    return bound == 0 ? 0 : (int64_t)(number % bound);
}

void start_ask(struct terminal *terminal, struct ask *ask,
               Tocsin__V1__Request *request, struct moment now)
{
    uint8_t id[16];

    terminal->port.random(terminal->port.arg, id, sizeof id);
    ask_start(ask, request, id, now.monotonic_ms);
}

struct terminal *terminal_new(const struct terminal_setup *setup,
                              const struct terminal_port *port,
                              const struct terminal_store *store)
{
    struct terminal *terminal = must_calloc(1, sizeof *terminal);

    snprintf(terminal->node, sizeof terminal->node, "%s", setup->node);
    snprintf(terminal->division, sizeof terminal->division, "%s",
             setup->division);
    snprintf(terminal->software, sizeof terminal->software, "%s",
             setup->software);
    terminal->place = setup->place;
    terminal->place.division = terminal->division;
    memcpy(terminal->authority, setup->authority, KEY_SIZE);
    terminal->key = setup->key;
    terminal->fetch_pictures = setup->fetch_pictures;
    terminal->whole_area = setup->whole_area;
    terminal->port = *port;
    terminal->store = *store;
    terminal->keys_ms = INT64_MAX;
    terminal->fetch.look = true;
    terminal->shipment.look = true;
    held_init(&terminal->held);
    chain_init(&terminal->chain, terminal->division);
    outbox_init(&terminal->outbox);
    arena_init(&terminal->frame, FRAME_ROOM);
    arena_init(&terminal->inner, INNER_ROOM);
    return terminal;
}

void terminal_free(struct terminal *terminal)
{
    if (terminal == NULL)
        return;
    held_done(&terminal->held);
    opener_done(&terminal->opener);
    outbox_done(&terminal->outbox);
    ask_end(&terminal->sync.ask);
    ask_end(&terminal->hand_back.ask);
    ask_end(&terminal->heartbeat);
    ask_end(&terminal->keys);
    fetch_drop(terminal);
    shipment_drop(terminal);
    arena_done(&terminal->frame);
    arena_done(&terminal->inner);
    sodium_memzero(terminal, sizeof *terminal);
    free(terminal);
}

void terminal_load_state(struct terminal *terminal,
                         const struct terminal_state *state, struct moment now)
{
    struct chain *chain = &terminal->chain;
    struct topic_keys *keys = &terminal->opener.now;

    memcpy(chain->epoch, state->epoch, sizeof chain->epoch);
    memcpy(chain->last, state->last, sizeof chain->last);
    chain->has_epoch = state->has_epoch;
    chain->head = state->head;
    chain->whole = state->whole;
    chain->mark.sequence = state->marked;
    memcpy(chain->mark.chain, state->mark, sizeof chain->mark.chain);
    keys->generation = state->generation;
    keys->have = state->keys_held;
    memcpy(keys->key, state->keys, sizeof keys->key);
    terminal->revoked = state->revoked;
    terminal->picture_ms = state->picture_ms;
    daytime_loaded(terminal, state->daytime_ms, now);
    terminal->rejected = state->rejected;
    terminal->gaps = state->gaps;
}

/* The node may have been moved. Who was not aimed at before may not be told any
 * more when its ring comes: it shows at once. */
static void aim_anew(const struct terminal *terminal, struct holding *holding,
                     const Tocsin__V1__Alert *alert)
{
    bool before = holding->for_us;

    holding->for_us =
        terminal->whole_area || target_holds(alert->target, &terminal->place);
    if (terminal->whole_area ||
        (holding->for_us && (alert->rings == NULL || !before)))
        holding->reached = true;
}

/* A store is not believed either: what it shows must verify, and whether it
 * is for us is decided anew, since the node may have been moved. */
static bool restore(struct terminal *terminal, struct holding *holding,
                    struct blob bytes, struct moment now)
{
    Tocsin__V1__SignedAlert *sealed;
    struct complaint complaint = {0};
    struct document document;
    enum status status;

    arena_reset(&terminal->frame);
    arena_reset(&terminal->inner);
    sealed = decode(&terminal->frame, &tocsin__v1__signed_alert__descriptor,
                    bytes.data, bytes.size, NULL);
    if (sealed == NULL)
        return false;
    status = document_open(&document, &terminal->inner, sealed,
                           terminal->authority, &complaint);
    if (status != STATUS_OK ||
        strcmp(document.alert_id, holding->alert_id) != 0 ||
        document.revision != holding->revision ||
        document.exercise != holding->exercise)
        return false;
    daytime_signed(terminal, document.sent_ms, now);
    if (document.alert != NULL)
        aim_anew(terminal, holding, document.alert);
    return true;
}

bool terminal_load(struct terminal *terminal, const struct holding *holding,
                   struct blob document, struct moment now)
{
    struct holding copy = *holding;
    struct holding *place;

    if (!copy.bare && !restore(terminal, &copy, document, now)) {
        terminal->rejected++;
        note(terminal, LEVEL_WARN, "document.refused",
             "alert=%s reason=\"damaged in the store\"", copy.alert_id);
        chain_forget(&terminal->chain); /* it has to come again */
        return false;
    }
    place = held_add(&terminal->held, copy.alert_id);
    if (place == NULL)
        return false;
    copy.counted = false;
    copy.dirty = false;
    copy.picture_news = false;
    *place = copy;
    held_count(&terminal->held, place);
    if (!copy.bare)
        held_touch(&terminal->held, place);
    return true;
}

void terminal_answers_queued(struct terminal *terminal)
{
    outbox_look(&terminal->outbox);
    terminal->shipment.look = true;
}

#define HEARD_LATELY_MS 45000

static bool complete(const struct terminal *terminal, struct moment now)
{
    const struct sync *sync = &terminal->sync;

    return terminal->same_ms != 0 && !terminal->revoked && !sync->wanted &&
           !sync->ask.open &&
           (now.monotonic_ms - terminal->same_ms) * 2 <
               terminal->beacons.interval_ms * 5;
}

void terminal_standing(const struct terminal *terminal, struct moment now,
                       struct terminal_standing *out)
{
    memset(out, 0, sizeof *out);
    out->connected = terminal->line_up && terminal->heard_ms != 0 &&
                     now.monotonic_ms - terminal->heard_ms < HEARD_LATELY_MS;
    out->complete = complete(terminal, now);
    out->revoked = terminal->revoked;
    out->picture_ms = terminal->picture_ms;
    memcpy(out->epoch, terminal->chain.epoch, sizeof out->epoch);
    out->head = terminal->chain.head;
    out->generation = terminal->opener.now.generation;
    out->clock_skew_ms = terminal->clock_skew_ms;
    out->daytime_ms = daytime_ms(terminal, now) - now.wall_ms;
    out->rejected = terminal->rejected;
    out->unopened = terminal->unopened;
    out->gaps = terminal->gaps;
}

const struct holding *terminal_holding(const struct terminal *terminal,
                                       const char *alert_id)
{
    return held_find(&terminal->held, alert_id);
}

const struct holding *terminal_next(const struct terminal *terminal,
                                    size_t *cursor)
{
    return held_next(&terminal->held, cursor);
}

uint32_t terminal_generation(const struct terminal *terminal)
{
    uint32_t ours = terminal->opener.now.generation;

    return terminal->generation_heard > ours ? terminal->generation_heard
                                             : ours;
}
