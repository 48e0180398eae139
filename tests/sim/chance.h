/** All that is random comes from here, so that a seed is a whole life. */
#ifndef TOCSIN_SIM_CHANCE_H
#define TOCSIN_SIM_CHANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chance {
    uint64_t state;
};

uint64_t chance_draw(struct chance *chance);
/** 0 to below bound; 0 when bound is 0. */
uint32_t chance_below(struct chance *chance, uint32_t bound);
int64_t chance_between(struct chance *chance, int64_t least, int64_t most);
bool chance_is(struct chance *chance, unsigned per_mille);
void chance_fill(struct chance *chance, void *out, size_t size);

/** From now on libsodium's own random bytes (keys, nonces, the secrets of hash
 *  maps) come from this one. Before keys_start. */
void chance_rules_sodium(struct chance *source);

#endif
