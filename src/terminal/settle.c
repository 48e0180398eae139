/* Time passes; and what was staged becomes durable, then told, then sent. */
#include <string.h>

#include "terminal/core.h"

#define SAVE_MS 60000
#define PURGE_MS 60000
#define HOUR_MS (3600LL * 1000)
#define STRIP_AFTER_MS (24 * HOUR_MS)
#define STRIP_UNTOLD_MS (7 * 24 * HOUR_MS)
#define FORGET_AFTER_MS (40 * 24 * HOUR_MS)

static bool is_told(const struct holding *holding)
{
    return holding->withdrawn || holding->expired || holding->gone;
}

/* A child's data goes a day after the end. Where only our own clock says that
 * it has ended, a week: the clock may be wrong, and stripped is stripped. */
static bool to_strip(const struct holding *holding, int64_t wall_ms)
{
    return !holding->bare && !holding->dirty && holding->ended_ms != 0 &&
           wall_ms - holding->ended_ms >=
               (is_told(holding) ? STRIP_AFTER_MS : STRIP_UNTOLD_MS);
}

/* What the centre does not call over is in its picture, and so in ours. */
static bool to_forget(const struct holding *holding, int64_t wall_ms)
{
    return holding->bare && !holding->dirty && is_told(holding) &&
           wall_ms - holding->ended_ms >= FORGET_AFTER_MS;
}

void holding_strip(struct terminal *terminal, struct holding *holding)
{
    holding->bare = true;
    memset(&holding->picture, 0, sizeof holding->picture);
    terminal->store.strip(terminal->store.arg, holding->alert_id);
    note(terminal, LEVEL_INFO, "alert.stripped", "alert=%s", holding->alert_id);
}

static void purge(struct terminal *terminal, struct moment now)
{
    int64_t wall_ms = daytime_ms(terminal, now);
    struct holding *forget = NULL;
    struct holding *holding;
    size_t cursor = 0;

    if (now.monotonic_ms < terminal->purge_ms)
        return;
    terminal->purge_ms = now.monotonic_ms + PURGE_MS;
    while ((holding = held_next(&terminal->held, &cursor)) != NULL) {
        if (to_strip(holding, wall_ms))
            holding_strip(terminal, holding);
        else if (to_forget(holding, wall_ms))
            forget = holding;
    }
    if (forget != NULL) { /* one a round: the map must not move meanwhile */
        terminal->store.drop(terminal->store.arg, forget->alert_id);
        held_remove(&terminal->held, forget);
        terminal->purge_ms = now.monotonic_ms;
    }
}

void terminal_tick(struct terminal *terminal, struct moment now)
{
    watch_beacons(terminal, now);
    held_age(&terminal->held, daytime_ms(terminal, now));
    purge(terminal, now);
}

static void save_state(struct terminal *terminal, struct moment now)
{
    struct terminal_state state = {0};
    const struct chain *chain = &terminal->chain;
    const struct topic_keys *keys = &terminal->opener.now;

    if (!terminal->state_urgent &&
        !(terminal->state_changed && now.monotonic_ms >= terminal->save_ms))
        return;
    terminal->state_urgent = false;
    terminal->state_changed = false;
    terminal->save_ms = now.monotonic_ms + SAVE_MS;
    memcpy(state.epoch, chain->epoch, sizeof state.epoch);
    memcpy(state.last, chain->last, sizeof state.last);
    state.has_epoch = chain->has_epoch;
    state.head = chain->head;
    state.whole = chain->whole;
    state.generation = keys->generation;
    state.keys_held = keys->have;
    memcpy(state.keys, keys->key, sizeof state.keys);
    state.revoked = terminal->revoked;
    state.picture_ms = terminal->picture_ms;
    state.daytime_ms = daytime_ms(terminal, now) - now.wall_ms;
    state.rejected = terminal->rejected;
    state.gaps = terminal->gaps;
    state.marked = chain->mark.sequence;
    memcpy(state.mark, chain->mark.chain, sizeof state.mark);
    terminal->store.keep_state(terminal->store.arg, &state);
}

void terminal_save(struct terminal *terminal, struct moment now)
{
    terminal->state_urgent = true;
    save_state(terminal, now);
    (void)terminal->store.commit(terminal->store.arg, NULL);
}

static void tell(struct terminal *terminal, enum terminal_change change,
                 const char *alert_id)
{
    terminal->port.changed(terminal->port.arg, change, alert_id);
}

/* Tell what has changed on the screen since it was last told. That it was
 * told is stored afterwards: a crash in between tells it once more. */
static bool announce(struct terminal *terminal, struct holding *holding,
                     int64_t wall_ms)
{
    bool on_screen = holding_on_screen(holding, wall_ms);
    uint32_t before = holding->announced;

    if (on_screen && before == 0)
        tell(terminal, TERMINAL_NEW, holding->alert_id);
    else if (on_screen && (before != holding->revision || holding->anew))
        tell(terminal, TERMINAL_REVISED, holding->alert_id);
    else if (!on_screen && before != 0)
        tell(terminal, TERMINAL_ENDED, holding->alert_id);
    if (holding->picture_news && on_screen)
        tell(terminal, TERMINAL_PICTURE, holding->alert_id);
    holding->picture_news = false;
    holding->anew = false;
    holding->announced = on_screen ? holding->revision : 0;
    return holding->announced != before;
}

static bool set_ended(struct holding *holding, int64_t wall_ms)
{
    bool live = holding_state(holding, wall_ms) == HOLDING_LIVE;

    if (live == (holding->ended_ms == 0))
        return false;
    holding->ended_ms = live ? 0 : wall_ms;
    return true;
}

static void look_at(struct terminal *terminal, struct holding *holding,
                    struct moment now)
{
    int64_t wall_ms = daytime_ms(terminal, now);
    bool changed = set_ended(holding, wall_ms);

    changed = announce(terminal, holding, wall_ms) || changed;
    if (holding->gone) {
        terminal->store.drop(terminal->store.arg, holding->alert_id);
        held_remove(&terminal->held, holding);
    } else if (changed && !holding->bare) {
        terminal->store.keep(terminal->store.arg, holding,
                             (struct blob){NULL, 0});
    }
}

enum status terminal_settle(struct terminal *terminal, struct moment now,
                            struct diag *why)
{
    struct holding *holding;
    enum status status;

    save_state(terminal, now);
    status = terminal->store.commit(terminal->store.arg, why);
    if (status != STATUS_OK)
        return status;
    while ((holding = held_take_dirty(&terminal->held)) != NULL)
        look_at(terminal, holding, now);
    status = terminal->store.commit(terminal->store.arg, why);
    if (status != STATUS_OK)
        return status;
    if (terminal->standing_changed) {
        terminal->standing_changed = false;
        tell(terminal, TERMINAL_STANDING, NULL);
    }
    desk_pump(terminal, now);
    return STATUS_OK;
}

static void sooner(int64_t *wake, int64_t ms)
{
    if (ms < *wake)
        *wake = ms;
}

static void sooner_ask(int64_t *wake, const struct ask *ask)
{
    if (ask->open)
        sooner(wake, ask->due_ms);
}

static int64_t desk_wake_ms(const struct terminal *terminal)
{
    int64_t wake = terminal->heartbeat_ms;

    sooner_ask(&wake, &terminal->heartbeat);
    if (!terminal->revoked) {
        sooner(&wake, terminal->keys_ms);
        sooner_ask(&wake, &terminal->keys);
        sooner_ask(&wake, &terminal->sync.ask);
        sooner_ask(&wake, &terminal->hand_back.ask);
        if (terminal->hand_back.under_way && !terminal->hand_back.ask.open)
            sooner(&wake, terminal->hand_back.at_ms);
        sooner_ask(&wake, &terminal->fetch.ask);
        sooner_ask(&wake, &terminal->shipment.ask);
        if (terminal->shipment.open && !terminal->shipment.ask.open)
            sooner(&wake, terminal->shipment.at_ms);
        sooner(&wake, outbox_due_ms(&terminal->outbox));
        if (terminal->sync.wanted && !terminal->sync.ask.open)
            sooner(&wake, terminal->sync.at_ms);
    }
    return wake > terminal->send_again_ms ? wake : terminal->send_again_ms;
}

int64_t terminal_wake_ms(const struct terminal *terminal, struct moment now)
{
    int64_t wake = terminal->purge_ms;

    sooner(&wake, now.monotonic_ms + terminal->held.next_end_ms -
                      daytime_ms(terminal, now));
    if (!terminal->beacons.missed)
        sooner(&wake, terminal->beacons.heard_ms +
                          terminal->beacons.interval_ms * 5 / 2);
    if (terminal->line_up)
        sooner(&wake, desk_wake_ms(terminal));
    return wake > now.monotonic_ms ? wake : now.monotonic_ms;
}
