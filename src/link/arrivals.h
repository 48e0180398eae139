/**
 * What a gate's socket says of the connections that it accepts, before a
 * handshake; told to guests.
 */
#ifndef TOCSIN_LINK_ARRIVALS_H
#define TOCSIN_LINK_ARRIVALS_H

#include "base/status.h"
#include "link/guests.h"

struct event_base;
struct arrivals;

/** Before the gate is bound. guests is borrowed. Fails: STATUS_NETWORK. */
MUST_USE enum status arrivals_open(struct arrivals **out,
                                   struct event_base *base, void *context,
                                   void *zsocket, enum gate gate,
                                   struct guests *guests);
/** Before the gate's socket is closed. */
void arrivals_close(struct arrivals *arrivals);

#endif
