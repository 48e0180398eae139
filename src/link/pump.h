/**
 * A ZeroMQ socket on libevent. libzmq's descriptor is edge-triggered: it says
 * "something happened", and any send may swallow the edge. So: drain within a
 * budget, nudge when not drained, nudge after every send. A receive without
 * waiting that finds nothing has looked into everything, as asking for
 * ZMQ_EVENTS would have, at the price of a system call only then.
 */
#ifndef TOCSIN_LINK_PUMP_H
#define TOCSIN_LINK_PUMP_H

#include <stdbool.h>

#include "base/status.h"

struct event_base;
struct pump;

/** take receives one message without waiting; false: there was none. rest is
 *  called after each turn of them; NULL is fine. */
MUST_USE enum status pump_new(struct pump **out, struct event_base *base,
                              void *zsocket, bool (*take)(void *arg),
                              void (*rest)(void *arg), void *arg);
/** Before the socket is closed. */
void pump_free(struct pump *pump);
/** After every send or option call on the socket outside of take: many of them
 *  in one turn of the loop cost one look. */
void pump_nudge(struct pump *pump);

#endif
