#include "wire/rings.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_MS (3600LL * 1000)
#define AFTER_MAX_MS (30LL * 24 * HOUR_MS)
#define ENTRY_MAX 64
#define SEPARATORS ",; \t\r\n"

/* The steps are those of the Chinese police's own platform for missing children
 * (reunion system of the Ministry of Public Security, in force since 2016): 100
 * km around the place at once, 200, 300 and 500 km after one, two and three
 * hours. The speeds are the fastest that a traveller meets in regular service,
 * door to door never so fast, so that they err towards telling early: 850 km/h
 * is the cruising speed of an Airbus A320 or Boeing 737 (Mach 0.78), 350 km/h
 * that of a Fuxing train between Beijing and Shanghai, 120 km/h the limit on
 * motorways (Regulation on the Road Traffic Safety Law, Article 78), 85 km/h
 * the 45 knots of the jetfoils between Hong Kong and Macau. */
static const struct {
    int64_t after_ms;
    double radius_km;
} usual_steps[] = {
    {0, 100}, {HOUR_MS, 200}, {2 * HOUR_MS, 300}, {3 * HOUR_MS, 500}};

#define USUAL_AIR_KMH 850
#define USUAL_RAIL_KMH 350
#define USUAL_ROAD_KMH 120
#define USUAL_WATER_KMH 85

static void begin(Tocsin__V1__Rings *rings, Tocsin__V1__RingStep **list)
{
    tocsin__v1__rings__init(rings);
    rings->steps = list;
    rings->air_kmh = USUAL_AIR_KMH;
    rings->rail_kmh = USUAL_RAIL_KMH;
    rings->road_kmh = USUAL_ROAD_KMH;
    rings->water_kmh = USUAL_WATER_KMH;
}

static void add_step(Tocsin__V1__Rings *rings, Tocsin__V1__RingStep *step,
                     int64_t after_ms, double radius_km)
{
    tocsin__v1__ring_step__init(step);
    step->after_ms = after_ms;
    step->radius_km = radius_km;
    rings->steps[rings->n_steps++] = step;
}

void rings_default(Tocsin__V1__Rings *rings,
                   Tocsin__V1__RingStep steps[RING_STEPS_MAX],
                   Tocsin__V1__RingStep *list[RING_STEPS_MAX])
{
    begin(rings, list);
    for (size_t i = 0; i < sizeof usual_steps / sizeof *usual_steps; i++)
        add_step(rings, &steps[i], usual_steps[i].after_ms,
                 usual_steps[i].radius_km);
}

/* ---- reading ------------------------------------------------------------- */

static bool read_number(const char *text, double *out, char **end)
{
    errno = 0;
    *out = strtod(text, end);
    return *end != text && errno == 0 && isfinite(*out) && *out >= 0 &&
           text[0] >= '0' && text[0] <= '9';
}

static bool read_after(const char *text, int64_t *out)
{
    static const struct {
        const char *unit;
        double ms;
    } units[] = {{"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    double number;
    char *end;

    if (!read_number(text, &number, &end))
        return false;
    if (*end == '\0' && number == 0) {
        *out = 0;
        return true;
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(end, units[i].unit) == 0 &&
            number * units[i].ms <= (double)AFTER_MAX_MS) {
            *out = (int64_t)(number * units[i].ms);
            return true;
        }
    }
    return false;
}

static bool read_speed(const char *entry, Tocsin__V1__Rings *rings)
{
    const struct {
        const char *name;
        double *kmh;
    } speeds[] = {{"air=", &rings->air_kmh},
                  {"rail=", &rings->rail_kmh},
                  {"road=", &rings->road_kmh},
                  {"water=", &rings->water_kmh}};

    for (size_t i = 0; i < sizeof speeds / sizeof *speeds; i++) {
        size_t size = strlen(speeds[i].name);
        char *end;

        if (strncmp(entry, speeds[i].name, size) == 0)
            return read_number(entry + size, speeds[i].kmh, &end) &&
                   *end == '\0';
    }
    return false;
}

static bool read_entry(const char *entry, Tocsin__V1__Rings *rings,
                       Tocsin__V1__RingStep *steps, struct complaint *complaint)
{
    double radius_km;
    int64_t after_ms;
    char *end;

    if (strchr(entry, '=') != NULL) {
        if (read_speed(entry, rings))
            return true;
        return complain(complaint, "rings",
                        "'%.60s' is not air=KMH, rail=KMH, road=KMH or "
                        "water=KMH",
                        entry);
    }
    if (!read_number(entry, &radius_km, &end) || *end != '@' ||
        !read_after(end + 1, &after_ms))
        return complain(complaint, "rings",
                        "'%.60s' is not KM@TIME, for instance 200@1h, of at "
                        "most 30 days",
                        entry);
    if (rings->n_steps == RING_STEPS_MAX)
        return complain(complaint, "rings.steps", "are more than %d",
                        RING_STEPS_MAX);
    add_step(rings, &steps[rings->n_steps], after_ms, radius_km);
    return true;
}

/* The next entry, copied; false: there is none, or it is too long. */
static bool next_entry(const char **at, char entry[ENTRY_MAX])
{
    size_t size;

    *at += strspn(*at, SEPARATORS);
    while (**at == '#') {
        *at += strcspn(*at, "\n");
        *at += strspn(*at, SEPARATORS);
    }
    size = strcspn(*at, SEPARATORS "#");
    if (size == 0)
        return false;
    memset(entry, 0, ENTRY_MAX);
    memcpy(entry, *at, size < ENTRY_MAX ? size : ENTRY_MAX - 1);
    *at += size;
    return true;
}

bool rings_read(const char *text, Tocsin__V1__Rings *rings,
                Tocsin__V1__RingStep steps[RING_STEPS_MAX],
                Tocsin__V1__RingStep *list[RING_STEPS_MAX],
                struct complaint *complaint)
{
    char entry[ENTRY_MAX];

    begin(rings, list);
    while (next_entry(&text, entry)) {
        if (!read_entry(entry, rings, steps, complaint))
            return false;
    }
    return check_rings(rings, complaint);
}

/* ---- checking ------------------------------------------------------------ */

static bool check_speeds(const Tocsin__V1__Rings *rings,
                         struct complaint *complaint)
{
    const struct {
        const char *field;
        double kmh;
    } speeds[] = {{"rings.air_kmh", rings->air_kmh},
                  {"rings.rail_kmh", rings->rail_kmh},
                  {"rings.road_kmh", rings->road_kmh},
                  {"rings.water_kmh", rings->water_kmh}};

    for (size_t i = 0; i < sizeof speeds / sizeof *speeds; i++) {
        if (!(speeds[i].kmh >= 0 && speeds[i].kmh <= RING_KMH_MAX))
            return complain(complaint, speeds[i].field, "is not within 0..%d",
                            RING_KMH_MAX);
    }
    return true;
}

static bool check_step(const Tocsin__V1__RingStep *step,
                       const Tocsin__V1__RingStep *before, size_t number,
                       struct complaint *complaint)
{
    if (!(step->radius_km > 0 && step->radius_km <= 20016))
        return complain(complaint, "rings.steps",
                        "step %zu: radius_km is not above 0 and at most 20016",
                        number);
    if (step->after_ms < 0 || step->after_ms > AFTER_MAX_MS)
        return complain(complaint, "rings.steps",
                        "step %zu: after_ms is not within 0 and 30 days",
                        number);
    if (before == NULL && step->after_ms != 0)
        return complain(complaint, "rings.steps",
                        "step 1: after_ms is not 0: somebody must be told at "
                        "once");
    if (before != NULL && step->after_ms <= before->after_ms)
        return complain(complaint, "rings.steps",
                        "step %zu: after_ms is not above that of the step "
                        "before",
                        number);
    if (before != NULL && !(step->radius_km > before->radius_km))
        return complain(complaint, "rings.steps",
                        "step %zu: radius_km is not above that of the step "
                        "before",
                        number);
    return true;
}

bool check_rings(const Tocsin__V1__Rings *rings, struct complaint *complaint)
{
    const Tocsin__V1__RingStep *before = NULL;

    if (rings->n_steps == 0 || rings->n_steps > RING_STEPS_MAX)
        return complain(complaint, "rings.steps", "are not 1 to %d",
                        RING_STEPS_MAX);
    for (size_t i = 0; i < rings->n_steps; i++) {
        if (!check_step(rings->steps[i], before, i + 1, complaint))
            return false;
        before = rings->steps[i];
    }
    return check_speeds(rings, complaint);
}

const Tocsin__V1__Circle *rings_circle(const Tocsin__V1__Alert *alert)
{
    const Tocsin__V1__Rings *rings = alert->rings;
    const Tocsin__V1__Point *seen = alert->last_seen->place->point;
    const Tocsin__V1__Target *target = alert->target;

    if (rings == NULL)
        return NULL;
    for (size_t i = 0; i < target->n_circles; i++) {
        const Tocsin__V1__Circle *circle = target->circles[i];

        if (!islessgreater(circle->centre->latitude, seen->latitude) &&
            !islessgreater(circle->centre->longitude, seen->longitude) &&
            !islessgreater(circle->radius_km,
                           rings->steps[rings->n_steps - 1]->radius_km))
            return circle;
    }
    return NULL;
}
