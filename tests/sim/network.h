/**
 * The lines between clients and the broker. One wire is one client's socket;
 * its connections come and go. Within one connection everything arrives in
 * order or not at all; a connection that breaks takes what is in flight with
 * it, and either end may notice late.
 */
#ifndef TOCSIN_SIM_NETWORK_H
#define TOCSIN_SIM_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/keys.h"
#include "wire/route.h"
#include "wire/topic.h"

struct world;
struct wire;

/** Bytes on their way; shared by all receivers of a feed message. */
struct parcel {
    unsigned holders;
    char topic[TOPIC_MAX]; /* feed only */
    size_t size;
    uint8_t bytes[];
};

struct parcel *parcel_new(const char *topic, const uint8_t *bytes, size_t size);
struct parcel *parcel_hold(struct parcel *parcel);
void parcel_release(struct parcel *parcel);

/** What a wire tells its client. */
struct wire_ports {
    void *arg;
    void (*connected)(void *arg, struct wire *wire);
    void (*lost)(void *arg, struct wire *wire, bool refused);
    /** The parcel is lent. */
    void (*take)(void *arg, struct wire *wire, struct parcel *parcel);
};

struct wire {
    struct world *world;
    const char *who;
    enum gate gate;
    uint8_t curve[KEY_SIZE];
    struct wire_ports ports;
    const char (*topics)[TOPIC_MAX]; /* OWN_TOPICS of them; feed only */
    uint32_t connection;             /* 0: none that the client knows of */
    bool wanted;                     /* the client's process runs */
    bool cut;                        /* partitioned */
    bool slow;
    uint64_t attempt; /* the latest planned one counts */
};

/** Seen from the broker. */
struct connection {
    struct wire *wire;
    uint8_t curve[KEY_SIZE]; /* as it was proved */
    enum gate gate;
    bool broken;   /* nothing passes */
    bool known;    /* the broker believes in it */
    int64_t up_ms; /* nothing arrives before what was sent before */
    int64_t down_ms;
    int64_t since_ms; /* feed: it is subscribed */
    uint32_t owed;    /* messages on their way down */
};

struct network {
    struct connection *connections; /* by number - 1 */
    size_t count;
    size_t room;
    uint64_t dropped; /* by the feed, for its slow peers */
};

void network_done(struct network *network);

/** The client's process begins or ends. */
void wire_open(struct wire *wire);
void wire_close(struct wire *wire);
/** Another key, or another topic: the next connection has it. */
void wire_break(struct wire *wire, bool unnoticed);
void wire_cut(struct wire *wire, bool cut);
/** false: it cannot go now. */
bool wire_send(struct wire *wire, const uint8_t *bytes, size_t size);

/* ---- the broker's side ---- */

struct route network_route(uint32_t connection);
enum sent network_reply(struct world *world, const struct route *route,
                        const uint8_t *bytes, size_t size);
void network_publish(struct world *world, const char *topic,
                     const uint8_t *bytes, size_t size);
/** The broker's process has ended. */
void network_hang_up(struct world *world);
/** The longest that a message of this wire takes. */
int64_t wire_delay_max_ms(const struct wire *wire);

#endif
