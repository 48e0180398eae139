#include "domain/rings.h"

#include <math.h>

#include "wire/rings.h"

#define HOUR_MS 3600000.0
#define AHEAD 32 /* see rings_reach */

enum travel kind_travel(Tocsin__V1__NodeKind kind)
{
    switch ((int)kind) {
    case TOCSIN__V1__NODE_KIND__NODE_KIND_AIRPORT:
        return BY_AIR;
    case TOCSIN__V1__NODE_KIND__NODE_KIND_RAILWAY_STATION:
        return BY_RAIL;
    case TOCSIN__V1__NODE_KIND__NODE_KIND_PORT:
        return BY_WATER;
    default:
        return BY_ROAD;
    }
}

static double speed_kmh(const Tocsin__V1__Rings *rings, enum travel travel)
{
    const double speeds[TRAVEL_COUNT] = {
        [BY_AIR] = rings->air_kmh,
        [BY_RAIL] = rings->rail_kmh,
        [BY_ROAD] = rings->road_kmh,
        [BY_WATER] = rings->water_kmh,
    };

    return speeds[travel];
}

static double last_km(const Tocsin__V1__Rings *rings)
{
    return rings->steps[rings->n_steps - 1]->radius_km;
}

int64_t rings_last_ms(const Tocsin__V1__Rings *rings)
{
    return rings->steps[rings->n_steps - 1]->after_ms;
}

uint32_t rings_step(const Tocsin__V1__Rings *rings, int64_t reached_ms)
{
    uint32_t step = 0;

    while (rings != NULL && step < rings->n_steps &&
           rings->steps[step]->after_ms <= reached_ms)
        step++;
    return step;
}

int64_t rings_reach(const Tocsin__V1__Rings *rings, int64_t passed_ms)
{
    int64_t passed = passed_ms > 0 ? passed_ms : 0;
    int64_t reach = passed + passed / AHEAD;
    uint32_t step = rings_step(rings, passed);

    if (step == rings->n_steps)
        return rings_last_ms(rings);
    return reach < rings->steps[step]->after_ms
               ? reach
               : rings->steps[step]->after_ms - 1;
}

static double reached_km(const Tocsin__V1__Rings *rings, enum travel travel,
                         int64_t reached_ms)
{
    uint32_t step = rings_step(rings, reached_ms);
    double km = step > 0 ? rings->steps[step - 1]->radius_km : 0;
    double travelled =
        speed_kmh(rings, travel) * ((double)reached_ms / HOUR_MS);

    return fmin(fmax(km, travelled), last_km(rings));
}

struct scope scope_at(const Tocsin__V1__Alert *alert, int64_t reached_ms)
{
    struct scope scope = {.target = alert->target};

    if (alert->rings == NULL)
        return scope;
    scope.ring = rings_circle(alert);
    for (int travel = 0; travel < TRAVEL_COUNT; travel++)
        scope.km[travel] =
            reached_km(alert->rings, (enum travel)travel, reached_ms);
    return scope;
}

bool scope_holds(const struct scope *scope, const struct whereabouts *node)
{
    Tocsin__V1__Circle ring;

    if (scope->ring == NULL)
        return target_holds(scope->target, node);
    ring = *scope->ring;
    ring.radius_km = scope->km[kind_travel(node->kind)];
    return target_holds_with(scope->target, scope->ring, &ring, node);
}

/* Where the child was last seen is where the ring's circle has its centre. */
static double distance_of(const Tocsin__V1__Alert *alert,
                          const struct whereabouts *node)
{
    const Tocsin__V1__Point *seen = alert->last_seen->place->point;

    return geo_distance_km((struct point){seen->latitude, seen->longitude},
                           node->point);
}

/* Rounded up, so that it holds then. */
static int64_t travel_ms(double distance_km, double kmh)
{
    double ms = kmh > 0 ? distance_km / kmh * HOUR_MS : INFINITY;

    return ms < (double)TIME_MAX_MS ? (int64_t)ms + 1 : RING_NEVER;
}

static int64_t step_ms(const Tocsin__V1__Rings *rings, double distance_km)
{
    for (size_t i = 0; i < rings->n_steps; i++) {
        if (distance_km <= rings->steps[i]->radius_km)
            return rings->steps[i]->after_ms;
    }
    return RING_NEVER;
}

int64_t rings_due_ms(const Tocsin__V1__Alert *alert,
                     const struct whereabouts *node)
{
    const Tocsin__V1__Rings *rings = alert->rings;
    struct scope first;
    double distance;
    int64_t by_step;
    int64_t by_speed;

    if (!target_holds(alert->target, node))
        return RING_NEVER; /* so for most: it is looked at first */
    first = scope_at(alert, 0);
    if (scope_holds(&first, node))
        return 0;
    distance = distance_of(alert, node);
    by_step = step_ms(rings, distance);
    by_speed = travel_ms(distance, speed_kmh(rings, kind_travel(node->kind)));
    return by_step < by_speed ? by_step : by_speed;
}

int64_t rings_arrival_ms(const Tocsin__V1__Alert *alert,
                         const struct whereabouts *node, double *distance_km)
{
    Tocsin__V1__RingStep steps[RING_STEPS_MAX];
    Tocsin__V1__RingStep *list[RING_STEPS_MAX];
    Tocsin__V1__Rings usual;
    const Tocsin__V1__Rings *rings = alert->rings;

    *distance_km = 0;
    if (!node->has_point)
        return RING_NEVER;
    if (rings == NULL) {
        rings_default(&usual, steps, list);
        rings = &usual;
    }
    *distance_km = distance_of(alert, node);
    return travel_ms(*distance_km, speed_kmh(rings, kind_travel(node->kind)));
}
