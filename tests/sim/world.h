/** One life: everybody in it, the clock, the weather. */
#ifndef TOCSIN_SIM_WORLD_H
#define TOCSIN_SIM_WORLD_H

#include <stdio.h>

#include "chance.h"
#include "domain/divisions.h"
#include "events.h"
#include "host.h"
#include "model.h"
#include "network.h"
#include "node.h"
#include "papers.h"
#include "people.h"
#include "photographs.h"
#include "transcript.h"
#include "weather.h"
#include "wire/arena.h"

#define BEGIN_MONOTONIC_MS 1000000
#define BEGIN_WALL_MS 1790000000000

struct world {
    uint64_t seed;
    FILE *transcript; /* or NULL */
    struct chance chance;
    struct chance sodium;
    struct weather weather;
    bool calm; /* nothing goes wrong any more, nobody begins anything */
    struct events events;
    int64_t now_ms; /* monotonic, of all machines */
    struct divisions *divisions;
    struct keypair authority;
    struct network network;
    struct host host;
    struct papers papers;
    struct shots shots;
    struct model *model;
    struct arena reading; /* for what is decoded, read and let go of at once */
    struct node *nodes;
    size_t node_count;
    size_t node_room;
    struct people people;
};

/** NULL: nobody listens. */
struct world *world_new(uint64_t seed, FILE *transcript);
void world_free(struct world *world);
/** From the first report to the calm after the last fault; ends the process
 *  when a promise is broken. */
void world_live(struct world *world);

/** The true time of day. */
int64_t world_wall_ms(const struct world *world);
struct moment world_moment(const struct world *world, int64_t wrong_ms);

void world_plan(struct world *world, int64_t in_ms,
                void (*happen)(struct world *world, void *what,
                               uint64_t number),
                void *what, uint64_t number);
/** A time around the mean. */
int64_t world_about(struct world *world, int64_t mean_ms);

#endif
