/**
 * Who hangs on the feed, by descriptor: libzmq cannot be told to let a peer go,
 * so the connection of one who subscribes without end, or has stopped reading,
 * is shut down beneath it. Its queue and its subscriptions go with it, and its
 * next handshake has to wait.
 */
#ifndef TOCSIN_LINK_FEED_WATCH_H
#define TOCSIN_LINK_FEED_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/keys.h"

/** A checkpoint has nine; more of one connection end it. */
#define SUBSCRIPTIONS_MAX 64
/** Something waits for it, and it has taken nothing for so long. */
#define STALLED_MS 20000
/** From being cut off to the next handshake that may succeed. */
#define COOL_OFF_MS 20000

struct feed_watch;

struct feed_watch *feed_watch_new(void);
void feed_watch_free(struct feed_watch *watch);

/** A frame came up the feed from this descriptor. false: one too many, and the
 *  connection was cut off. */
bool feed_watch_frame(struct feed_watch *watch, int fd,
                      const uint8_t curve[KEY_SIZE]);

/** How often to tick, in ms: each time a fortieth of the connections is looked
 *  at, since ten thousand in one go would hold up the desk. */
#define FEED_WATCH_TICK_MS 50

/** Looks at the next connections in turn and cuts off those that have stalled;
 *  tells of each. */
void feed_watch_tick(struct feed_watch *watch,
                     void (*stalled)(void *arg, const uint8_t curve[KEY_SIZE]),
                     void *arg);

/** Was this key cut off lately? */
bool feed_watch_shuns(const struct feed_watch *watch,
                      const uint8_t curve[KEY_SIZE]);

#endif
