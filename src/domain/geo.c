#include "domain/geo.h"

#include <math.h>

#include "wire/check.h"
#include "wire/topic.h"

#define HALF_TURN 3.14159265358979323846
#define RADIANS (HALF_TURN / 180)
#define KM_PER_DEGREE 111.19
#define UNSURE_KM 0.01

double geo_distance_km(struct point from, struct point to)
{
    double lat = sin((to.latitude - from.latitude) * RADIANS / 2);
    double lon = sin((to.longitude - from.longitude) * RADIANS / 2);
    double h = lat * lat + cos(from.latitude * RADIANS) *
                               cos(to.latitude * RADIANS) * lon * lon;

    return 2 * EARTH_RADIUS_KM * asin(sqrt(h < 1 ? h : 1));
}

bool geo_is_beyond(struct point from, struct point to, double km)
{
    return fabs(to.latitude - from.latitude) > geo_band_degrees(km);
}

double geo_band_degrees(double km)
{
    return (km + 1) / KM_PER_DEGREE;
}

struct unit geo_unit(struct point point)
{
    double latitude = point.latitude * RADIANS;
    double longitude = point.longitude * RADIANS;

    return (struct unit){cos(latitude) * cos(longitude),
                         cos(latitude) * sin(longitude), sin(latitude)};
}

double geo_cosine(struct unit one, struct unit other)
{
    return one.x * other.x + one.y * other.y + one.z * other.z;
}

static double cosine_of(double km)
{
    double angle = fmax(km, 0) / EARTH_RADIUS_KM;

    return angle < HALF_TURN ? cos(angle) : -2;
}

struct reach geo_reach(double km)
{
    /* ten metres: thousands of times what either way of reckoning rounds off */
    return (struct reach){km > UNSURE_KM ? cosine_of(km - UNSURE_KM) : 2,
                          cosine_of(km + UNSURE_KM)};
}

static bool circle_holds(const Tocsin__V1__Circle *circle, struct point point)
{
    struct point centre = {circle->centre->latitude, circle->centre->longitude};

    return !geo_is_beyond(centre, point, circle->radius_km) &&
           geo_distance_km(centre, point) <= circle->radius_km;
}

static bool on_edge(const Tocsin__V1__Point *a, const Tocsin__V1__Point *b,
                    struct point p)
{
    double cross = (b->longitude - a->longitude) * (p.latitude - a->latitude) -
                   (b->latitude - a->latitude) * (p.longitude - a->longitude);

    return fabs(cross) < 1e-12 &&
           p.latitude >= fmin(a->latitude, b->latitude) &&
           p.latitude <= fmax(a->latitude, b->latitude) &&
           p.longitude >= fmin(a->longitude, b->longitude) &&
           p.longitude <= fmax(a->longitude, b->longitude);
}

static bool polygon_holds(const Tocsin__V1__Polygon *polygon, struct point p)
{
    bool inside = false;

    for (size_t i = 0; i < polygon->n_points; i++) {
        const Tocsin__V1__Point *a = polygon->points[i];
        const Tocsin__V1__Point *b =
            polygon->points[(i + 1) % polygon->n_points];

        if (on_edge(a, b, p))
            return true;
        if ((a->latitude > p.latitude) != (b->latitude > p.latitude) &&
            p.longitude < a->longitude + (b->longitude - a->longitude) *
                                             (p.latitude - a->latitude) /
                                             (b->latitude - a->latitude))
            inside = !inside;
    }
    return inside;
}

bool target_names(const Tocsin__V1__Target *target, Tocsin__V1__NodeKind kind)
{
    for (size_t i = 0; i < target->n_kinds; i++) {
        if (target->kinds[i] == kind)
            return true;
    }
    return target->n_kinds == 0;
}

bool target_holds(const Tocsin__V1__Target *target,
                  const struct whereabouts *node)
{
    return target_holds_with(target, NULL, NULL, node);
}

bool target_holds_with(const Tocsin__V1__Target *target,
                       const Tocsin__V1__Circle *instead_of,
                       const Tocsin__V1__Circle *circle,
                       const struct whereabouts *node)
{
    if (!target_names(target, node->kind))
        return false;
    for (size_t i = 0; i < target->n_divisions; i++) {
        if (division_contains(target->divisions[i], node->division))
            return true;
    }
    if (!node->has_point)
        return false;
    for (size_t i = 0; i < target->n_circles; i++) {
        const Tocsin__V1__Circle *own = target->circles[i];

        if (circle_holds(own == instead_of ? circle : own, node->point))
            return true;
    }
    for (size_t i = 0; i < target->n_polygons; i++) {
        if (polygon_holds(target->polygons[i], node->point))
            return true;
    }
    return false;
}
