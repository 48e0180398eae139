#include "domain/geo.h"

#include <math.h>

#include "wire/check.h"
#include "wire/topic.h"

#define RADIANS (3.14159265358979323846 / 180)

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
    return fabs(to.latitude - from.latitude) * 111.19 > km + 1;
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

static bool kind_named(const Tocsin__V1__Target *target,
                       Tocsin__V1__NodeKind kind)
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
    if (!kind_named(target, node->kind))
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
