/** Numbers, times, durations and places as people write them. */
#ifndef TOCSIN_PROGRAMS_NUMBERS_H
#define TOCSIN_PROGRAMS_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The whole text is a finite number; out untouched when it is not. */
bool number_real(const char *text, double *out);
bool number_whole(const char *text, int64_t min, int64_t max, int64_t *out);

/** Exactly count numbers between commas. */
bool number_list(const char *text, double *out, size_t count);

/** Latitude -90..90, longitude -180..180. */
bool number_is_place(double latitude, double longitude);

int64_t time_now_ms(void);
/** For pauses: never jumps. */
int64_t time_steady_ms(void);

/**
 * RFC 3339 ("2026-03-01T08:15Z", "2026-03-01 16:15:30+08:00"; without a zone it
 * is local time), "now", or a distance from now: "-20m", "-1h30m".
 */
bool time_parse(const char *text, int64_t now_ms, int64_t *out_ms);

/** "90s", "20m", "72h", "3d", "1h30m". */
bool duration_parse(const char *text, int64_t *out_ms);

#define TIME_TEXT_MAX 40

/** Local time with its zone, to the second; "never" for 0. */
const char *time_text(int64_t ms, char text[TIME_TEXT_MAX]);
/** As time_parse reads it again, to the second. */
const char *time_utc(int64_t ms, char text[TIME_TEXT_MAX]);
/** "0.4 s", "12 s", "3 min", "5 h", "2 d". */
const char *duration_text(int64_t ms, char text[TIME_TEXT_MAX]);

#endif
