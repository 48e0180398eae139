/**
 * The broker's sockets on libevent: both desks, the feed, and the ZAP handler
 * that decides whose handshake succeeds. CURVE on all of them.
 *
 * Thread: everything here belongs on the event base's thread.
 */
#ifndef TOCSIN_LINK_SERVER_H
#define TOCSIN_LINK_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "wire/keys.h"
#include "wire/route.h"

struct event_base;

struct server_setup {
    struct event_base *base;
    const struct keypair *key;
    const char *endpoint[GATE_COUNT]; /* NULL: this gate stays shut */
    int io_threads;                   /* 1 to 32 */
    int feed_queue;                   /* messages a slow subscriber may owe */
    void *arg;
    /** May this CURVE key pass this gate? Asked at each handshake. */
    bool (*admit)(void *arg, enum gate gate, const uint8_t curve[KEY_SIZE]);
    /** A frame from a desk. bytes are valid within the call. */
    void (*request)(void *arg, enum gate gate, const uint8_t curve[KEY_SIZE],
                    const struct route *route, const uint8_t *bytes,
                    size_t size);
    /** All frames that were at hand, or a turn's worth of them, have been told.
     */
    void (*rest)(void *arg);
    /** Something that should not be: for the counters. curve may be NULL. */
    void (*junk)(void *arg, enum gate gate, const uint8_t *curve,
                 const char *what);
};

struct server;

/** Fails: STATUS_NETWORK, STATUS_SYSTEM (an option that libzmq lacks). */
MUST_USE enum status server_open(struct server **out,
                                 const struct server_setup *setup,
                                 struct diag *why);
void server_close(struct server *server);

/** The endpoint as bound: a wildcard port is filled in. "-" when shut. */
const char *server_endpoint(const struct server *server, enum gate gate);

enum sent server_send(struct server *server, enum gate gate,
                      const struct route *route, const uint8_t *bytes,
                      size_t size);
void server_publish(struct server *server, const char *topic,
                    const uint8_t *bytes, size_t size);

#endif
