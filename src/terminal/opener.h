/**
 * Topic keys of the generation in force and the one before, and the messages
 * that wait for a newer one. Pure.
 */
#ifndef TOCSIN_TERMINAL_OPENER_H
#define TOCSIN_TERMINAL_OPENER_H

#include "terminal/chain.h"

#define OPENER_WAITING_MAX 64

struct topic_keys {
    uint32_t generation;
    uint16_t have; /* bit i: key of own topic i */
    uint8_t key[OWN_TOPICS][32];
};

struct unopened {
    uint8_t *bytes;
    size_t size;
    uint32_t generation;
    int topic;
    int tries; /* so often keys came that did not open it */
};

struct opener {
    struct topic_keys now;
    struct topic_keys before; /* what was sealed just before the change */
    struct unopened waiting[OPENER_WAITING_MAX];
    size_t first;
    size_t count;
};

void opener_done(struct opener *opener);

/** NULL: no key of that generation for it. */
const uint8_t *opener_key(const struct opener *opener, int topic,
                          uint32_t generation);

/** false: not a usable set of keys; nothing changed. */
bool opener_take_keys(struct opener *opener, const struct chain *chain,
                      const Tocsin__V1__Keys *keys);

/** Keep a message for later; the oldest makes room. Bytes are copied. */
void opener_wait(struct opener *opener, const struct unopened *message);

/** The oldest message that waits; *out's bytes are the caller's to free. */
bool opener_next(struct opener *opener, struct unopened *out);

#endif
