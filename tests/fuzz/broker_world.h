/** A broker core with the cast of the stories, rebuilt from its paper disk when
 *  inputs have changed it enough. */
#ifndef TOCSIN_FUZZ_BROKER_WORLD_H
#define TOCSIN_FUZZ_BROKER_WORLD_H

#include "story_inside.h"

struct world {
    struct story *story; /* its paper is what the world is rebuilt from */
    struct broker *broker;
    int64_t now_ms;
    bool paused;      /* nothing becomes durable */
    uint64_t written; /* newest sequence handed over */
    unsigned age;     /* inputs since it was built */
};

/** The world, fresh enough for one more input. */
struct world *world_take(void);
struct moment world_now(const struct world *world);
/** All that was handed to the journal is durable. */
void world_settle(struct world *world);

#endif
