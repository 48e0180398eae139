#define _GNU_SOURCE
#include "base/clock.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t read_us(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

struct moment clock_now(void)
{
    return (struct moment){clock_monotonic_ms(), clock_wall_ms()};
}

int64_t clock_wall_ms(void)
{
    return read_us(CLOCK_REALTIME) / 1000;
}

int64_t clock_monotonic_ms(void)
{
    return read_us(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_monotonic_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

const char *clock_text(int64_t ms, char text[CLOCK_TEXT_MAX])
{
    int64_t seconds = ms / 1000 - (ms % 1000 < 0);
    time_t stamp = (time_t)seconds;
    struct tm parts;
    size_t used;

    if (gmtime_r(&stamp, &parts) == NULL || parts.tm_year > 8099) {
        snprintf(text, CLOCK_TEXT_MAX, "%lldms", (long long)ms);
        return text;
    }
    used = strftime(text, CLOCK_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text + used, CLOCK_TEXT_MAX - used, ".%03dZ",
             (int)(ms - seconds * 1000));
    return text;
}

/* The part after the minutes: seconds, fraction. Returns what follows. */
static const char *parse_seconds(const char *text, int *seconds, int *millis)
{
    int scale = 100;
    int used = 0;

    *seconds = 0;
    *millis = 0;
    if (*text != ':')
        return text;
    if (sscanf(text, ":%2d%n", seconds, &used) != 1 || used != 3 ||
        *seconds < 0 || *seconds > 60)
        return NULL;
    text += used;
    if (*text != '.')
        return text;
    if (!isdigit((unsigned char)*++text))
        return NULL;
    for (; isdigit((unsigned char)*text); text++, scale /= 10)
        *millis += scale * (*text - '0');
    return text;
}

/* "Z" or "+hh:mm" up to the end, as minutes east. */
static bool parse_zone(const char *text, int *minutes)
{
    int hours;
    int rest;
    int used = 0;

    *minutes = 0;
    if (strcmp(text, "Z") == 0 || strcmp(text, "z") == 0)
        return true;
    if (*text != '+' && *text != '-')
        return false;
    if (sscanf(text + 1, "%2d:%2d%n", &hours, &rest, &used) != 2 || used != 5 ||
        text[6] != '\0' || hours < 0 || hours > 14 || rest < 0 || rest > 59)
        return false;
    *minutes = (hours * 60 + rest) * (*text == '-' ? -1 : 1);
    return true;
}

static bool in_range(const struct tm *parts)
{
    struct tm again = *parts;

    return timegm(&again) != (time_t)-1 && again.tm_mday == parts->tm_mday &&
           again.tm_mon == parts->tm_mon && parts->tm_hour >= 0 &&
           parts->tm_hour < 24 && parts->tm_min >= 0 && parts->tm_min < 60;
}

bool clock_parse(const char *text, int64_t *ms)
{
    struct tm parts = {0};
    int used = 0;
    int seconds;
    int millis;
    int zone;
    const char *rest;

    if (sscanf(text, "%4d-%2d-%2d%*1[Tt ]%2d:%2d%n", &parts.tm_year,
               &parts.tm_mon, &parts.tm_mday, &parts.tm_hour, &parts.tm_min,
               &used) != 5 ||
        used != 16)
        return false;
    rest = parse_seconds(text + used, &seconds, &millis);
    if (rest == NULL || !parse_zone(rest, &zone))
        return false;
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    if (!in_range(&parts))
        return false;
    *ms = ((int64_t)timegm(&parts) + seconds - zone * 60) * 1000 + millis;
    return true;
}
