/**
 * The ZAP handler (ZeroMQ RFC 27): asked by libzmq at every CURVE handshake.
 * Its domain is the gate's name; the answer's User-Id is the client's CURVE key
 * in hex, so that a key that was replaced never passes for its successor.
 */
#ifndef TOCSIN_LINK_ZAP_H
#define TOCSIN_LINK_ZAP_H

#include "link/guests.h"
#include "link/server.h"

struct zap;

/** guests is borrowed: whom it keeps out is told to come back later. Must exist
 *  before any other socket of the context is bound. */
MUST_USE enum status zap_open(struct zap **out, void *context,
                              const struct server_setup *setup,
                              struct guests *guests, struct diag *why);
void zap_close(struct zap *zap);

#endif
