/** One question to the field desk: the same bytes until it is answered. */
#ifndef TOCSIN_TERMINAL_ASKS_H
#define TOCSIN_TERMINAL_ASKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tocsin/v1/desk.pb-c.h"

#define ASK_AGAIN_MS 5000

struct ask {
    bool open;
    uint8_t id[16];
    uint8_t *bytes;
    size_t size;
    int64_t due_ms; /* monotonic: when to send it, or send it again */
};

/** Packs the request; request_id is set to id. Ends the one before. */
void ask_start(struct ask *ask, Tocsin__V1__Request *request,
               const uint8_t id[16], int64_t now_ms);
void ask_end(struct ask *ask);
/** Send it at due_ms: at once on a new connection, later when BUSY. */
void ask_again(struct ask *ask, int64_t due_ms);
bool ask_is(const struct ask *ask, ProtobufCBinaryData request_id);

/** How long to wait after BUSY or UNAVAILABLE, within reason. */
int64_t ask_pause_ms(const Tocsin__V1__Reply *reply);
/** A crowd, or a disk, is waited out in this: what is told to wait for longer
 *  is put off by itself, and nothing else need wait for it. */
#define ASK_CROWD_MS 2000

/** A broker of an earlier version does not know the question, or takes it from
 *  others only: what was to be told waits until it is a later one. */
#define ASK_EARLIER_MS 60000
bool ask_is_early(const Tocsin__V1__Reply *reply);

/** Refused at the door, whatever was asked: the key is revoked or replaced.
 * What was to be told waits, since the same key may be admitted again. */
bool ask_is_outcast(const Tocsin__V1__Reply *reply);

#endif
