/** A terminal core of gate-1 (440305) with a store that keeps nothing, and the
 *  centre whose documents it believes. */
#ifndef TOCSIN_FUZZ_TERMINAL_WORLD_H
#define TOCSIN_FUZZ_TERMINAL_WORLD_H

#include "terminal/core.h"

struct world {
    struct terminal *terminal;
    struct moment now;
    unsigned age;
    unsigned sent;
    struct bundle centre;
    struct keypair authority;
    uint8_t master[32];
    uint8_t epoch[EPOCH_SIZE];
    struct arena arena; /* reset for each input */
};

/** The world, fresh enough for one more input: its line stands and it has the
 *  keys of generation 1. */
struct world *world_take(void);
void world_pass(struct world *world, int64_t ms);
/** The line breaks and stands again: heartbeat, keys, sync are asked. */
void world_reconnect(struct world *world);
/** Signed by the centre, if it decodes. */
void world_sign(struct world *world, Tocsin__V1__Notice *notice);

#endif
