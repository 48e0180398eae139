/* Whom a revision must reach, worked out in another way than domain/ does. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "model.h"
#include "wire/check.h"

bool prefix_holds(const char *prefix, const char *division)
{
    return strncmp(prefix, division, strlen(prefix)) == 0;
}

/* "440300" holds whatever begins with "4403". */
static bool division_holds(const char *outer, const char *inner)
{
    size_t size = 6;

    while (size >= 2 && outer[size - 1] == '0' && outer[size - 2] == '0')
        size -= 2;
    return strncmp(outer, inner, size) == 0;
}

static void direction(double latitude, double longitude, double out[3])
{
    double lat = latitude * (4 * atan(1)) / 180;
    double lon = longitude * (4 * atan(1)) / 180;

    out[0] = cos(lat) * cos(lon);
    out[1] = cos(lat) * sin(lon);
    out[2] = sin(lat);
}

/* The angle between two directions: no haversine. */
static double distance_km(double lat1, double lon1, double lat2, double lon2)
{
    double a[3];
    double b[3];
    double chord = 0;

    direction(lat1, lon1, a);
    direction(lat2, lon2, b);
    for (int i = 0; i < 3; i++)
        chord += (a[i] - b[i]) * (a[i] - b[i]);
    return 2 * EARTH_RADIUS_KM * asin(sqrt(chord) / 2);
}

/* By air, rail, road or water: whatever is no airport, station or port is
 * reached by road. */
static double speed_to(const struct rings *rings, Tocsin__V1__NodeKind kind)
{
    if (kind == TOCSIN__V1__NODE_KIND__NODE_KIND_AIRPORT)
        return rings->kmh[0];
    if (kind == TOCSIN__V1__NODE_KIND__NODE_KIND_RAILWAY_STATION)
        return rings->kmh[1];
    return kind == TOCSIN__V1__NODE_KIND__NODE_KIND_PORT ? rings->kmh[3]
                                                         : rings->kmh[2];
}

static double ring_km(const struct rings *rings, Tocsin__V1__NodeKind kind,
                      int64_t reached_ms)
{
    double km = speed_to(rings, kind) / 3600 * (double)reached_ms / 1000;

    for (size_t i = 0; i < rings->count; i++) {
        if (rings->steps[i].after_ms <= reached_ms && rings->steps[i].km > km)
            km = rings->steps[i].km;
    }
    return km < rings->steps[rings->count - 1].km
               ? km
               : rings->steps[rings->count - 1].km;
}

static bool in_area(const struct aim *aim,
                    const struct model_principal *principal)
{
    for (size_t i = 0; i < aim->division_count; i++) {
        if (division_holds(aim->divisions[i], principal->division))
            return true;
    }
    for (size_t i = 0; i < aim->circle_count; i++) {
        if (principal->has_point &&
            distance_km(aim->circles[i].latitude, aim->circles[i].longitude,
                        principal->latitude,
                        principal->longitude) <= aim->circles[i].km)
            return true;
    }
    return false;
}

bool aim_holds(const struct aim *aim, const struct model_principal *principal)
{
    bool kind = aim->kind_count == 0;

    for (size_t i = 0; i < aim->kind_count; i++)
        kind = kind || aim->kinds[i] == principal->kind;
    return kind && in_area(aim, principal);
}

bool aim_reaches(const struct aim *aim, const struct model_principal *principal,
                 int64_t reached_ms)
{
    struct aim now = *aim;

    if (aim->rings.count > 0)
        now.circles[0].km = ring_km(&aim->rings, principal->kind, reached_ms);
    return aim_holds(&now, principal);
}

/* It was in the coverage, or has answered all the same; but who lies in rings
 * that have not come to it yet, and has only said HELD, waits for them. */
static bool had_a_line(const struct model_alert *before, uint32_t number,
                       const struct paper *paper,
                       const struct model_principal *principal)
{
    const struct model_line *line;

    if (before == NULL || number >= before->line_count)
        return false;
    line = &before->lines[number];
    if (line->extra && line->rung <= TOCSIN__V1__RUNG__RUNG_HELD &&
        line->said == 0 && !paper->withdrawal && paper->aim.rings.count > 0 &&
        aim_holds(&paper->aim, principal))
        return false;
    return line->covered || line->extra;
}

/* Those it is aimed at; those who had a line before; those who were enrolled in
 * the target of the one before since it went out. */
bool *aim_coverage(const struct model *model, const struct model_alert *before,
                   const struct paper *paper, int64_t reached_ms)
{
    bool *covered = must_calloc(model->principal_count + 1, sizeof *covered);
    const struct paper *last = NULL;

    if (before != NULL)
        last = before->history[before->revision - 1].paper;
    for (uint32_t number = 1; number <= model->principal_count; number++) {
        const struct model_principal *principal =
            &model->principals[number - 1];

        if (!model_active_node(model, number))
            continue;
        covered[number] = (!paper->withdrawal &&
                           aim_reaches(&paper->aim, principal, reached_ms)) ||
                          (last != NULL && aim_reaches(&last->aim, principal,
                                                       before->reached_ms)) ||
                          had_a_line(before, number, paper, principal);
    }
    return covered;
}
