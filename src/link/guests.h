/**
 * Who is connected to the gates, by descriptor: libzmq cannot be told to let a
 * peer go, so a connection that does harm is shut down beneath it. That is one
 * that says nothing, the oldest of a key that has too many, one that subscribes
 * without end, and one that has stopped reading the feed; its queue and its
 * subscriptions go with it. So a stolen key does not take the descriptors that
 * the others need.
 *
 * Thread: that of the event base. Times are of the monotonic clock, in ms.
 */
#ifndef TOCSIN_LINK_GUESTS_H
#define TOCSIN_LINK_GUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/keys.h"
#include "wire/route.h"

/** A checkpoint has nine; more of one connection end it. */
#define SUBSCRIPTIONS_MAX 64
/** Something waits for it, and it has taken nothing for so long. */
#define STALLED_MS 20000
/** From being cut off the feed to the next handshake that may succeed. */
#define COOL_OFF_MS 20000
/** A desk that asks nothing, a feed that subscribes to nothing, is no use to
 *  anybody: so long after it came it is cut off. */
#define SILENT_MS 60000
/** The same when hardly a descriptor is left. The first word takes some 12 s
 *  over a line of 2 s each way, or when all come back at once: with two
 *  descriptors for each node and a tenth more nobody is cut off for that. */
#define SILENT_CROWDED_MS 3000
/** That is one in so many. */
#define CROWDED_LEAVES 32
/** Descriptors that are no connections, at most: files, events, listeners. */
#define NO_GUESTS 128
/** Connections of one key at one gate that have said nothing yet. */
#define SILENT_OF_ONE_MAX 60
/** Connections of one key at one gate that have: a line that breaks each second
 *  leaves some forty behind that nobody knows to be dead. Many programs may use
 *  a centre's key at once. */
#define GUESTS_OF_ONE_MAX 64
#define GUESTS_OF_ONE_CENTRE_MAX 256

struct guests;

/** cut is told of each connection that was cut off, but for that of
 *  guests_subscribed; curve: NULL when nobody knows whose it was. */
struct guests *guests_new(void (*cut)(void *arg, enum gate gate,
                                      const uint8_t *curve, const char *what),
                          void *arg);
void guests_free(struct guests *guests);

/** May this key come in now? Asked in its handshake; counts as one that has
 *  said nothing yet. */
bool guests_may_come(struct guests *guests, enum gate gate,
                     const uint8_t curve[KEY_SIZE], int64_t now_ms);
/** The gate has accepted a connection. */
void guests_came(struct guests *guests, enum gate gate, int fd, int64_t now_ms);
/** A frame came from it, of whom the handshake has proved this key. */
void guests_spoke(struct guests *guests, enum gate gate, int fd,
                  const uint8_t curve[KEY_SIZE], int64_t now_ms);
/** The same at the feed. false: one frame too many, and it was cut off. */
bool guests_subscribed(struct guests *guests, int fd,
                       const uint8_t curve[KEY_SIZE], int64_t now_ms);

/** How often to tick, in ms: each time a fortieth of the connections is looked
 *  at, since ten thousand in one go would hold up the desk. */
#define GUESTS_TICK_MS 50

/** So long between two ticks, which no load brings about, does not count
 *  against anybody. */
#define STOOD_STILL_MS 5000

void guests_tick(struct guests *guests, int64_t now_ms);

/** Connections that are open, as far as was looked. */
size_t guests_count(const struct guests *guests);

#endif
