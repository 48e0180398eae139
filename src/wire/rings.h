/**
 * The policy of rings: what is in force when nobody says otherwise, how it is
 * written down, and which circle of a target is the rings'.
 */
#ifndef TOCSIN_WIRE_RINGS_H
#define TOCSIN_WIRE_RINGS_H

#include "wire/check.h"

#define RING_STEPS_MAX 8
#define RING_KMH_MAX 2000

/** Fill rings with the default policy, its steps in the caller's memory. */
void rings_default(Tocsin__V1__Rings *rings,
                   Tocsin__V1__RingStep steps[RING_STEPS_MAX],
                   Tocsin__V1__RingStep *list[RING_STEPS_MAX]);

/**
 * Read a policy: steps "KM@TIME" (TIME: 0, 90s, 30m, 1h, 1d) and speeds
 * "air=KMH", "rail=", "road=", "water=", between commas, semicolons or white
 * space; # begins a comment. Speeds that are not named are the default ones.
 *
 * Fails: false, and the complaint names the entry; what check_rings refuses
 *        too.
 */
bool rings_read(const char *text, Tocsin__V1__Rings *rings,
                Tocsin__V1__RingStep steps[RING_STEPS_MAX],
                Tocsin__V1__RingStep *list[RING_STEPS_MAX],
                struct complaint *complaint);

/** Its steps and speeds alone, without the target that they need. */
bool check_rings(const Tocsin__V1__Rings *rings, struct complaint *complaint);

/** The circle of the target that is the last step's; NULL: it lacks one, or has
 *  no rings. */
const Tocsin__V1__Circle *rings_circle(const Tocsin__V1__Alert *alert);

#endif
