/** Where things are: great-circle distance, polygons, exact targets. Pure. */
#ifndef TOCSIN_DOMAIN_GEO_H
#define TOCSIN_DOMAIN_GEO_H

#include <stdbool.h>

#include "tocsin/v1/common.pb-c.h"

struct point {
    double latitude; /* degrees, WGS-84 */
    double longitude;
};

/** Kilometres by the haversine on a sphere of EARTH_RADIUS_KM. */
double geo_distance_km(struct point from, struct point to);

/** true: they are farther apart, by their latitudes alone. A degree is never
 *  less than 111.19 km, so most of what is far is ruled out without a sine. */
bool geo_is_beyond(struct point from, struct point to, double km);

/** What a target needs to know of a node. */
struct whereabouts {
    const char *division; /* 6 digits */
    struct point point;
    bool has_point;
    Tocsin__V1__NodeKind kind;
};

/** true when the node is in the target, exactly. The target has been checked.
 */
bool target_holds(const Tocsin__V1__Target *target,
                  const struct whereabouts *node);

/** The same with another circle in the place of one of its own. */
bool target_holds_with(const Tocsin__V1__Target *target,
                       const Tocsin__V1__Circle *instead_of,
                       const Tocsin__V1__Circle *circle,
                       const struct whereabouts *node);

#endif
