/**
 * A ZeroMQ socket on libevent. libzmq's descriptor is edge-triggered: it says
 * "something happened", and any send may swallow the edge. So: drain within a
 * budget, nudge when not drained, nudge after every send.
 */
#ifndef TOCSIN_LINK_PUMP_H
#define TOCSIN_LINK_PUMP_H

#include "base/status.h"

struct event_base;
struct pump;

/** take must receive exactly one message without blocking. */
MUST_USE enum status pump_new(struct pump **out, struct event_base *base,
                              void *zsocket, void (*take)(void *arg),
                              void *arg);
/** Before the socket is closed. */
void pump_free(struct pump *pump);
/** After every send or option call on the socket outside of take. */
void pump_nudge(struct pump *pump);

#endif
