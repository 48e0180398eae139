/** Milliseconds since 1970-01-01T00:00:00Z, and their text (RFC 3339, UTC). */
#ifndef TOCSIN_BASE_CLOCK_H
#define TOCSIN_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_TEXT_MAX 32

/** The time of day may jump and be wrong: facts carry it, schedules never go by
 *  it. */
struct moment {
    int64_t monotonic_ms;
    int64_t wall_ms;
};
struct moment clock_now(void);

int64_t clock_wall_ms(void);

/** Never jumps; no relation to the time of day. */
int64_t clock_monotonic_ms(void);
int64_t clock_monotonic_us(void);

/** "2026-03-01T08:15:30.123Z" */
const char *clock_text(int64_t ms, char text[CLOCK_TEXT_MAX]);

/**
 * Reads "2026-03-01T08:15:30Z", with fractions, with "+08:00", and without
 * seconds. false and ms untouched when it is none of these.
 */
bool clock_parse(const char *text, int64_t *ms);

#endif
