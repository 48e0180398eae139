/**
 * Rings: how far an alert reaches at which time after the child was last seen.
 * Steps that a centre has signed, and per means of travel a speed that widens
 * sooner. Pure; everything given has been checked.
 *
 * How far the rings have come is one number, reached_ms: whoever a child that
 * set out at last_seen.time_ms can have reached so much later is meant, and
 * whoever lies within the step then in force. It only grows.
 */
#ifndef TOCSIN_DOMAIN_RINGS_H
#define TOCSIN_DOMAIN_RINGS_H

#include <stdint.h>

#include "domain/geo.h"
#include "tocsin/v1/alert.pb-c.h"

#define RING_NEVER INT64_MAX

/** Means of travel. */
enum travel { BY_AIR, BY_RAIL, BY_ROAD, BY_WATER, TRAVEL_COUNT };

/** How a node of this kind is reached. */
enum travel kind_travel(Tocsin__V1__NodeKind kind);

/** A target as it stands at some time. Borrows the alert. */
struct scope {
    const Tocsin__V1__Target *target;
    const Tocsin__V1__Circle *ring; /* of its circles; NULL: no rings */
    double km[TRAVEL_COUNT];        /* how far it has come */
};

struct scope scope_at(const Tocsin__V1__Alert *alert, int64_t reached_ms);
bool scope_holds(const struct scope *scope, const struct whereabouts *node);

/** The steps in force, counted; 0: it has no rings. */
uint32_t rings_step(const Tocsin__V1__Rings *rings, int64_t reached_ms);
/** reached_ms when all of it is told. */
int64_t rings_last_ms(const Tocsin__V1__Rings *rings);

/**
 * reached_ms to go to when so much time has passed: a little ahead, a
 * thirty-second part of the time, so that nodes which speeds reach one after
 * the other come in handfuls and rather before the child than after. Never
 * ahead of the next step.
 */
int64_t rings_reach(const Tocsin__V1__Rings *rings, int64_t passed_ms);

/** The reached_ms from which on this node is meant; RING_NEVER. */
int64_t rings_due_ms(const Tocsin__V1__Alert *alert,
                     const struct whereabouts *node);

/** When a child could be at this node at the earliest, by the alert's speeds or
 *  the usual ones, ms after last_seen.time_ms; RING_NEVER: not known. */
int64_t rings_arrival_ms(const Tocsin__V1__Alert *alert,
                         const struct whereabouts *node, double *distance_km);

#endif
