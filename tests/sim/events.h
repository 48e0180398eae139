/** The virtual clock: what happens next, and when. Events of the same
 *  millisecond happen in the order in which they were planned. */
#ifndef TOCSIN_SIM_EVENTS_H
#define TOCSIN_SIM_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct world;

struct event {
    int64_t at_ms;
    uint64_t order;
    void (*happen)(struct world *world, void *what, uint64_t number);
    /** Instead of happen, when the world ends first; NULL: nothing to free. */
    void (*drop)(void *what);
    void *what;
    uint64_t number; /* for the event: e.g. which life of a process it means */
};

struct events {
    struct event *heap;
    size_t count;
    size_t room;
    uint64_t planned;
};

void events_plan(struct events *events, struct event event);
/** The next one, taken out; false: nothing will ever happen again. */
bool events_next(struct events *events, struct event *out);
void events_done(struct events *events);

#endif
