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
/** So many degrees of latitude farther north or south, and nothing more. */
double geo_band_degrees(double km);

/** The same place as a vector of length 1: many are compared with one without
 *  a sine each. */
struct unit {
    double x;
    double y;
    double z;
};
struct unit geo_unit(struct point point);
/** Of the angle between them. */
double geo_cosine(struct unit one, struct unit other);

/** Of a distance, as cosines: who is nearer than `inside` is within it, who is
 *  farther than `outside` is not, and of the few between geo_distance_km
 *  decides. */
struct reach {
    double inside;
    double outside;
};
struct reach geo_reach(double km);

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

/** Does it mean nodes of this kind? */
bool target_names(const Tocsin__V1__Target *target, Tocsin__V1__NodeKind kind);

/** The same with another circle in the place of one of its own. */
bool target_holds_with(const Tocsin__V1__Target *target,
                       const Tocsin__V1__Circle *instead_of,
                       const Tocsin__V1__Circle *circle,
                       const struct whereabouts *node);

#endif
