#include "events.h"

#include <stdlib.h>

#include "base/status.h"

static bool is_sooner(const struct event *a, const struct event *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void swap(struct event *a, struct event *b)
{
    struct event held = *a;

    *a = *b;
    *b = held;
}

void events_plan(struct events *events, struct event event)
{
    struct event *heap;
    size_t at = events->count++;

    if (events->count > events->room) {
        events->room = events->room * 2 + 256;
        events->heap =
            must_realloc(events->heap, events->room, sizeof *events->heap);
    }
    heap = events->heap;
    event.order = events->planned++;
    heap[at] = event;
    while (at > 0 && is_sooner(&heap[at], &heap[(at - 1) / 2])) {
        swap(&heap[at], &heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

bool events_next(struct events *events, struct event *out)
{
    struct event *heap = events->heap;
    size_t at = 0;

    if (events->count == 0)
        return false;
    *out = heap[0];
    heap[0] = heap[--events->count];
    for (;;) {
        size_t child = at * 2 + 1;

        if (child >= events->count)
            return true;
        if (child + 1 < events->count &&
            is_sooner(&heap[child + 1], &heap[child]))
            child++;
        if (!is_sooner(&heap[child], &heap[at]))
            return true;
        swap(&heap[child], &heap[at]);
        at = child;
    }
}

void events_done(struct events *events)
{
    for (size_t i = 0; i < events->count; i++) {
        if (events->heap[i].drop != NULL)
            events->heap[i].drop(events->heap[i].what);
    }
    free(events->heap);
}
