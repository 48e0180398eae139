/** Answers as requests: packed once, sent as often as it takes. */
#ifndef TOCSIN_TERMINAL_SAYS_H
#define TOCSIN_TERMINAL_SAYS_H

#include "terminal/core.h"

/** A packed Request that acknowledges; in heap memory, the caller frees. */
uint8_t *answer_request(const Tocsin__V1__Answer *answer,
                        const struct keypair *key, const uint8_t request_id[16],
                        size_t *size);

/** A packed Request of an officer's answer or found child as it is kept, signed
 *  with another key of its node under a new request_id; its own id stays. In
 * heap memory, the caller frees; NULL: nobody has signed it, or it is damaged.
 * The arena is reset, and holds what was read afterwards. */
uint8_t *sign_request_again(struct arena *arena, struct blob bytes,
                            const struct keypair *key,
                            const uint8_t request_id[16], size_t *size);

/** Queue HELD for the holding's revision. */
void say_held(struct terminal *terminal, const struct holding *holding,
              struct moment now);

#endif
