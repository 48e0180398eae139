/* What time of day it is, when our own clock may be wrong by years: an alert
 * must neither vanish because it says 2038 nor stay for ever because it says
 * 1970. */
#include "terminal/core.h"

/* So far behind, a clock was never set. */
#define NEVER_SET_MS (24LL * 3600 * 1000)

/* 2025-01-01: before this was written. No clock that says so is right. */
#define WRITTEN_MS 1735689600000LL

static bool is_before(int64_t a_ms, int64_t b_ms)
{
    return a_ms < b_ms - CLOCKS_APART_MS;
}

static bool is_near(int64_t a_ms, int64_t b_ms)
{
    return !is_before(a_ms, b_ms) && !is_before(b_ms, a_ms);
}

/* Within a day of each other, and of a year that can be. */
static bool go_together(int64_t a_ms, int64_t b_ms)
{
    return a_ms >= WRITTEN_MS && b_ms >= WRITTEN_MS &&
           a_ms - b_ms <= NEVER_SET_MS && b_ms - a_ms <= NEVER_SET_MS;
}

/* Nobody's word alone ends an alert early. Where ours and the broker's clock do
 * not agree, one that is ahead is not believed, unless a centre's says the
 * same, and one that is behind what a centre has signed is wrong; but a centre
 * may have been wrong too, by hours, or by more than the two of them. */
int64_t daytime_ms(const struct terminal *terminal, struct moment now)
{
    const struct daytime *daytime = &terminal->daytime;
    int64_t told_ms = now.monotonic_ms + daytime->told_offset_ms;
    int64_t least_ms = daytime->signed_once
                           ? now.monotonic_ms + daytime->signed_offset_ms
                           : INT64_MIN / 2;
    bool ahead = daytime->told && is_before(told_ms, now.wall_ms) &&
                 !is_near(now.wall_ms, least_ms);
    bool behind = !daytime->told || is_before(now.wall_ms, told_ms) ||
                  now.wall_ms < WRITTEN_MS;

    if (!ahead && !(behind && is_before(now.wall_ms, least_ms)))
        return now.wall_ms;
    return daytime->told && (told_ms >= least_ms - NEVER_SET_MS ||
                             go_together(told_ms, now.wall_ms))
               ? told_ms
               : least_ms;
}

void daytime_told(struct terminal *terminal, int64_t broker_ms,
                  struct moment now)
{
    if (broker_ms <= 0 || broker_ms > TIME_MAX_MS)
        return;
    terminal->clock_skew_ms = broker_ms - now.wall_ms;
    terminal->daytime.told = true;
    terminal->daytime.told_offset_ms = broker_ms - now.monotonic_ms;
}

void daytime_loaded(struct terminal *terminal, int64_t correction_ms,
                    struct moment now)
{
    terminal->daytime.told = correction_ms != 0;
    terminal->daytime.told_offset_ms =
        now.wall_ms + correction_ms - now.monotonic_ms;
}

void daytime_signed(struct terminal *terminal, int64_t sent_ms,
                    struct moment now)
{
    struct daytime *daytime = &terminal->daytime;
    int64_t offset_ms = sent_ms - now.monotonic_ms;

    if (daytime->signed_once && offset_ms <= daytime->signed_offset_ms)
        return;
    daytime->signed_once = true;
    daytime->signed_offset_ms = offset_ms;
}
