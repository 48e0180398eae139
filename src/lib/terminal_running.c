/* A running terminal whose store has no room, or is not free: it goes on. */
#include <stdio.h>

#include "base/clock.h"
#include "lib/terminal_running.h"

#define BUSY_LONG_MS 1000 /* worth a line of the log */
#define BUSY_MAX_MS 10000 /* a screen without what comes */
#define ROOM_MIN_MS 500   /* pauses between looks for space on the disk */
#define ROOM_MAX_MS 15000

/* Others read the disk, which has nothing of what came since it is full, or
 * since somebody else writes. */
void running_beat(struct tocsin_terminal *terminal, struct moment now)
{
    struct pulse *pulse = &terminal->pulse;

    terminal->beat_ms = now.monotonic_ms;
    pulse->beat_ms = now.wall_ms;
    pulse->beat_monotonic_ms = now.monotonic_ms;
    terminal_standing(terminal->core, now, &pulse->standing);
    pulse->full = store_in_memory(terminal->store->inner);
    pulse->held = pulse->full && terminal->held;
    if (terminal->said_busy) {
        pulse->standing.complete = false;
        pulse->standing.picture_ms = pulse->kept_ms;
    }
    if (!pulse->full)
        pulse->kept_ms = pulse->standing.picture_ms;
    store_pulse(terminal->store->inner, pulse);
}

/* As after a restart: what the store has, and a sync for the rest. */
static enum status start_anew(struct tocsin_terminal *terminal,
                              struct moment now, struct diag *why)
{
    enum status status;

    terminal_free(terminal->core);
    terminal->core = NULL;
    status = running_open_core(terminal, why);
    if (status == STATUS_OK && terminal->state == LINE_UP)
        terminal_connected(terminal->core, now);
    return status;
}

enum status running_mend(struct tocsin_terminal *terminal, struct diag *why)
{
    struct store_owner owner = store_owner_of(terminal->store->bundle);
    struct store_mended mended = {0};
    char text[sizeof mended.aside + 300];
    enum status status =
        store_mend(terminal->store->inner, &owner, &mended, why);

    if (!mended.mended)
        return status;
    snprintf(text, sizeof text,
             "aside=%s answers=%u photographs=%u reason=\"%s\"", mended.aside,
             mended.answers, mended.photographs, mended.reason);
    running_note(terminal, LEVEL_ERROR, "store.damaged", text);
    return STATUS_OK;
}

/* From when on to look for room. */
static void say_full(struct tocsin_terminal *terminal, const char *event,
                     struct moment now, const struct diag *why)
{
    char text[300];

    snprintf(text, sizeof text, "reason=\"%.250s\"", why->text);
    running_note(terminal, LEVEL_ERROR, event, text);
    if (terminal->look_pause_ms == 0)
        terminal->look_pause_ms = ROOM_MIN_MS;
    terminal->look_ms = now.monotonic_ms + terminal->look_pause_ms;
}

enum status running_begin_full(struct tocsin_terminal *terminal,
                               struct diag *why)
{
    struct store_owner owner = store_owner_of(terminal->store->bundle);

    say_full(terminal,
             store_is_failing(terminal->store->inner) ? "store.failing"
                                                      : "store.full",
             clock_now(), why);
    return store_go_unopened(terminal->store->inner, &owner, why);
}

static enum status go_on_in_memory(struct tocsin_terminal *terminal,
                                   const char *event, struct moment now,
                                   struct diag *why)
{
    enum status status;

    say_full(terminal, event, now, why);
    status = store_to_memory(terminal->store->inner, why);
    if (status == STATUS_OK)
        status = start_anew(terminal, now, why);
    if (status == STATUS_OK)
        running_beat(terminal, now);
    return status;
}

enum status running_look_for_room(struct tocsin_terminal *terminal,
                                  struct moment now, struct diag *why)
{
    enum status status;

    if (!store_in_memory(terminal->store->inner) ||
        (now.monotonic_ms < terminal->look_ms &&
         !store_disk_changed(terminal->store->inner)))
        return STATUS_OK;
    status = store_is_unopened(terminal->store->inner)
                 ? running_mend(terminal, why)
                 : store_to_disk(terminal->store->inner, why);
    if (status == STATUS_FULL || status == STATUS_BUSY) {
        if (terminal->look_pause_ms < ROOM_MAX_MS)
            terminal->look_pause_ms *= 2;
        terminal->look_ms = now.monotonic_ms + terminal->look_pause_ms;
        return STATUS_OK;
    }
    if (status != STATUS_OK)
        return status;
    terminal->look_pause_ms = 0;
    terminal->said_unpurged = false;
    terminal->held = false;
    running_note(terminal, LEVEL_INFO, "store.roomy", "");
    return start_anew(terminal, now, why);
}

static void stop_waiting(struct tocsin_terminal *terminal)
{
    terminal->said_busy = false;
    terminal->busy_ms = 0;
}

/* An officer's program has the store for a moment; one that was stopped in the
 * middle, for as long as it is. */
static enum status be_patient(struct tocsin_terminal *terminal,
                              struct moment now, struct diag *why)
{
    char text[300];

    if (terminal->busy_ms == 0)
        terminal->busy_ms = now.monotonic_ms;
    if (!terminal->said_busy &&
        now.monotonic_ms - terminal->busy_ms >= BUSY_LONG_MS) {
        snprintf(text, sizeof text, "reason=\"%.250s\"", why->text);
        running_note(terminal, LEVEL_WARN, "store.busy", text);
        terminal->said_busy = true;
    }
    if (now.monotonic_ms - terminal->busy_ms < BUSY_MAX_MS)
        return STATUS_OK;
    stop_waiting(terminal);
    terminal->held = true;
    return go_on_in_memory(terminal, "store.held", now, why);
}

enum status running_settled(struct tocsin_terminal *terminal,
                            enum status status, struct moment now,
                            struct diag *why)
{
    if (status == STATUS_BUSY)
        return be_patient(terminal, now, why);
    if (terminal->said_busy)
        running_note(terminal, LEVEL_INFO, "store.free", "");
    stop_waiting(terminal);
    return status == STATUS_FULL
               ? go_on_in_memory(terminal, "store.full", now, why)
               : status;
}
