/** Answers as requests: packed once, sent as often as it takes. */
#ifndef TOCSIN_TERMINAL_SAYS_H
#define TOCSIN_TERMINAL_SAYS_H

#include "terminal/core.h"

/** A packed Request that acknowledges; in heap memory, the caller frees. */
uint8_t *answer_request(const Tocsin__V1__Answer *answer,
                        const struct keypair *key, const uint8_t request_id[16],
                        size_t *size);

/** Queue HELD for the holding's revision. */
void say_held(struct terminal *terminal, const struct holding *holding,
              struct moment now);

#endif
