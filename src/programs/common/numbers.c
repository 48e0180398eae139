#define _GNU_SOURCE
#include "common/numbers.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* strtod also reads "inf", "0x1p3" and leading blanks: nobody means those. */
static bool take_real(const char *text, const char **end, double *out)
{
    char *stop;
    size_t span = strspn(text, "+-.0123456789eE");
    double value;

    if (span == 0 || strchr("eE", text[0]) != NULL)
        return false;
    errno = 0;
    value = strtod(text, &stop);
    if (stop != text + span || errno != 0 || !isfinite(value))
        return false;
    *end = stop;
    *out = value;
    return true;
}

bool number_real(const char *text, double *out)
{
    const char *end;
    double value;

    if (!take_real(text, &end, &value) || *end != '\0')
        return false;
    *out = value;
    return true;
}

bool number_whole(const char *text, int64_t min, int64_t max, int64_t *out)
{
    size_t sign = text[0] == '-' || text[0] == '+';
    long long value;

    if (text[sign] == '\0' ||
        strspn(text + sign, "0123456789") != strlen(text + sign))
        return false;
    errno = 0;
    value = strtoll(text, NULL, 10);
    if (errno != 0 || value < min || value > max)
        return false;
    *out = value;
    return true;
}

bool number_list(const char *text, double *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!take_real(text, &text, out + i) ||
            *text != (i + 1 < count ? ',' : '\0'))
            return false;
        text++;
    }
    return true;
}

bool number_is_place(double latitude, double longitude)
{
    return fabs(latitude) <= 90 && fabs(longitude) <= 180;
}

int64_t time_now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t time_steady_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool duration_parse(const char *text, int64_t *out_ms)
{
    static const char units[] = "smhd";
    static const int64_t unit_ms[] = {1000, 60000, 3600000, 86400000};
    int64_t sum = 0;

    if (*text == '\0')
        return false;
    while (*text != '\0') {
        char *end;
        const char *unit;
        long value;

        if (!isdigit((unsigned char)*text))
            return false;
        errno = 0;
        value = strtol(text, &end, 10);
        unit = *end == '\0' ? NULL : strchr(units, *end);
        if (errno != 0 || value > 1000000 || unit == NULL)
            return false;
        sum += value * unit_ms[unit - units];
        text = end + 1;
    }
    *out_ms = sum;
    return true;
}

/* The zone at the end of RFC 3339; nothing means local time. */
static bool add_zone(const char *zone, struct tm *parts, int64_t *seconds)
{
    int hours;
    int minutes;
    int used = 0;

    if (*zone == '\0') {
        parts->tm_isdst = -1;
        *seconds = mktime(parts);
        return true;
    }
    *seconds = timegm(parts);
    if (strcmp(zone, "Z") == 0 || strcmp(zone, "z") == 0)
        return true;
    if ((*zone != '+' && *zone != '-') ||
        sscanf(zone + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2 ||
        zone[1 + used] != '\0' || hours > 23 || minutes > 59)
        return false;
    *seconds -= (*zone == '-' ? -60 : 60) * (hours * 60 + minutes);
    return true;
}

static bool take_clock(const char *text, struct tm *parts, const char **end)
{
    const char *after = strptime(text, "%H:%M", parts);

    if (after != NULL && *after == ':') {
        after = strptime(after, ":%S", parts);
        if (after != NULL && *after == '.')
            after += 1 + strspn(after + 1, "0123456789");
    }
    *end = after;
    return after != NULL;
}

static bool calendar_parse(const char *text, int64_t *out_ms)
{
    struct tm parts = {0};
    struct tm again;
    const char *end = strptime(text, "%Y-%m-%d", &parts);
    int64_t seconds;
    int day = parts.tm_mday;

    if (end == NULL || strchr("Tt ", *end) == NULL || *end == '\0' ||
        !take_clock(end + 1, &parts, &end))
        return false;
    again = parts;
    (void)timegm(&again); /* the 30th of February becomes a day of March */
    if (again.tm_mday != day || !add_zone(end, &parts, &seconds))
        return false;
    *out_ms = seconds * 1000;
    return true;
}

bool time_parse(const char *text, int64_t now_ms, int64_t *out_ms)
{
    int64_t distance;

    if (strcmp(text, "now") == 0) {
        *out_ms = now_ms;
        return true;
    }
    if ((text[0] == '-' || text[0] == '+') &&
        duration_parse(text + 1, &distance)) {
        *out_ms = text[0] == '-' ? now_ms - distance : now_ms + distance;
        return true;
    }
    return calendar_parse(text, out_ms);
}

const char *time_text(int64_t ms, char text[TIME_TEXT_MAX])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm parts;

    if (ms == 0 || localtime_r(&seconds, &parts) == NULL ||
        strftime(text, TIME_TEXT_MAX, "%Y-%m-%d %H:%M:%S%z", &parts) == 0)
        snprintf(text, TIME_TEXT_MAX, "never");
    return text;
}

const char *time_utc(int64_t ms, char text[TIME_TEXT_MAX])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm parts;

    text[0] = '\0';
    if (gmtime_r(&seconds, &parts) != NULL)
        (void)strftime(text, TIME_TEXT_MAX, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

const char *duration_text(int64_t ms, char text[TIME_TEXT_MAX])
{
    double seconds = (double)ms / 1000;

    if (seconds < 10)
        snprintf(text, TIME_TEXT_MAX, "%.2f s", seconds);
    else if (seconds < 120)
        snprintf(text, TIME_TEXT_MAX, "%.0f s", seconds);
    else if (seconds < 120 * 60)
        snprintf(text, TIME_TEXT_MAX, "%.0f min", seconds / 60);
    else if (seconds < 48 * 3600)
        snprintf(text, TIME_TEXT_MAX, "%.0f h", seconds / 3600);
    else
        snprintf(text, TIME_TEXT_MAX, "%.0f d", seconds / 86400);
    return text;
}
