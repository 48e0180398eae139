#include "events.h"

#include <stdlib.h>

#include "base/status.h"

static bool is_sooner(const struct event *a, const struct event *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
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
    while (at > 0 && is_sooner(&event, &heap[(at - 1) / 2])) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = event;
}

bool events_next(struct events *events, struct event *out)
{
    struct event *heap = events->heap;
    const struct event *last;
    size_t at = 0;

    if (events->count == 0)
        return false;
    *out = heap[0];
    last = &heap[--events->count];
    for (;;) {
        size_t child = at * 2 + 1;

        if (child >= events->count)
            break;
        if (child + 1 < events->count &&
            is_sooner(&heap[child + 1], &heap[child]))
            child++;
        if (!is_sooner(&heap[child], last))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = *last;
    return true;
}

void events_done(struct events *events)
{
    for (size_t i = 0; i < events->count; i++) {
        if (events->heap[i].drop != NULL)
            events->heap[i].drop(events->heap[i].what);
    }
    free(events->heap);
}
