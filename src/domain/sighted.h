/**
 * What a sighting means beside the others: could the child have been there, and
 * which sightings tell of the same. Pure.
 */
#ifndef TOCSIN_DOMAIN_SIGHTED_H
#define TOCSIN_DOMAIN_SIGHTED_H

#include "domain/book.h"
#include "wire/decode.h"

/** Faster than this nobody travels: an airliner's cruise is some 900 km/h. */
#define FASTEST_KMH 900
/** A place is told to so many kilometres, whatever the time. */
#define PLACE_SLACK_KM 20
/** Sightings so near to each other in place and time tell of one. */
#define CLUSTER_KM 5
#define CLUSTER_MS (30 * 60 * 1000)

struct seen_at {
    struct point point;
    int64_t time_ms;
};

/** Where and when an answer says; the node's own place when it says none.
 *  false: it is not known where. */
bool sighted_at(struct seen_at *out, const Tocsin__V1__Answer *answer,
                const struct principal *node);

/** Too far from where the child was last seen for the time between. */
bool sighted_beyond_reach(const struct seen_at *last,
                          const struct seen_at *seen);

/**
 * Where and when the newest alert says that the child was last seen, decoded in
 * the arena. false: its document cannot be read.
 */
bool alert_last_seen(struct seen_at *out, const struct alert *alert,
                     struct arena *arena);

/** The sequence of the first sighting of the alert that tells of the same, or
 *  0. The newest 64 that nobody has dismissed are looked at. */
uint64_t sighted_cluster(const struct book *book, const struct alert *alert,
                         const struct seen_at *seen, struct arena *arena);

#endif
