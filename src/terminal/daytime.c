/* What time of day it is, when our own clock may be wrong by years: an alert
 * must neither vanish because it says 2038 nor stay for ever because it says
 * 1970. */
#include "terminal/core.h"

static bool is_before(int64_t a_ms, int64_t b_ms)
{
    return a_ms < b_ms - CLOCKS_APART_MS;
}

/* Nobody's word alone ends an alert early. What a centre has signed proves a
 * clock that is behind it wrong; one that is ahead of the broker's is only
 * believed when the broker's comes after it. */
int64_t daytime_ms(const struct terminal *terminal, struct moment now)
{
    const struct daytime *daytime = &terminal->daytime;
    int64_t told_ms = daytime->told ? now.monotonic_ms + daytime->told_offset_ms
                                    : now.wall_ms;
    int64_t least_ms = daytime->signed_once
                           ? now.monotonic_ms + daytime->signed_offset_ms
                           : INT64_MIN / 2;

    if (is_before(now.wall_ms, least_ms) || is_before(told_ms, now.wall_ms))
        return told_ms > least_ms ? told_ms : least_ms;
    return now.wall_ms;
}

void daytime_told(struct terminal *terminal, int64_t broker_ms,
                  struct moment now)
{
    if (broker_ms <= 0)
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
