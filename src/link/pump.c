#include "link/pump.h"

#include <stdbool.h>
#include <stdlib.h>

#include <event2/event.h>
#include <zmq.h>

#define PUMP_BUDGET 64

struct pump {
    struct event *event;
    bool (*take)(void *arg);
    void (*rest)(void *arg);
    void *arg;
};

static bool take_some(const struct pump *pump)
{
    for (int left = PUMP_BUDGET; left > 0; left--) {
        if (!pump->take(pump->arg))
            return false; /* nothing left: the next edge will tell us */
    }
    return true;
}

static void drain(int fd, short what, void *arg)
{
    struct pump *pump = arg;

    (void)fd;
    (void)what;
    if (take_some(pump))
        event_active(pump->event, EV_READ, 0); /* no new edge will come */
    if (pump->rest != NULL)
        pump->rest(pump->arg);
}

enum status pump_new(struct pump **out, struct event_base *base, void *zsocket,
                     bool (*take)(void *arg), void (*rest)(void *arg),
                     void *arg)
{
    struct pump *pump = must_calloc(1, sizeof *pump);
    int fd;
    size_t size = sizeof fd;

    *out = NULL;
    pump->take = take;
    pump->rest = rest;
    pump->arg = arg;
    if (zmq_getsockopt(zsocket, ZMQ_FD, &fd, &size) == 0)
        pump->event = event_new(base, fd, EV_READ | EV_PERSIST, drain, pump);
    if (pump->event == NULL || event_add(pump->event, NULL) != 0) {
        pump_free(pump);
        return STATUS_SYSTEM;
    }
    event_active(pump->event, EV_READ, 0); /* what came before we listened */
    *out = pump;
    return STATUS_OK;
}

void pump_free(struct pump *pump)
{
    if (pump == NULL)
        return;
    if (pump->event != NULL)
        event_free(pump->event);
    free(pump);
}

void pump_nudge(struct pump *pump)
{
    event_active(pump->event, EV_READ, 0);
}
