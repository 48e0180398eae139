/**
 * Answers on their way, in lanes. Each has a window of requests under way,
 * filled from the store in its order. What is put off by itself makes room.
 */
#ifndef TOCSIN_TERMINAL_OUTBOX_H
#define TOCSIN_TERMINAL_OUTBOX_H

#include "terminal/asks.h"
#include "terminal/terminal.h"

#define LANE_WINDOW 48

struct lane_slot {
    struct queued_answer answer; /* request NULL: free */
    int64_t due_ms;
    bool put_off; /* by itself, and not asked since */
};

struct lane {
    enum lane_of of;
    int64_t after;    /* the last row taken from the store */
    bool look;        /* the store may have more */
    int64_t again_ms; /* when from its first one again: some were put off and
                         made room; 0: none */
    struct lane_slot slots[LANE_WINDOW];
};

struct outbox {
    struct lane lanes[LANES];
};

void outbox_init(struct outbox *outbox);
void outbox_done(struct outbox *outbox);

/** The store has new answers. */
void outbox_look(struct outbox *outbox);
void outbox_fill(struct outbox *outbox, const struct terminal_store *store,
                 int64_t now_ms);

/** Send what is due. false: the line takes no more. */
bool lane_send(struct lane *lane, const struct terminal_port *port,
               int64_t now_ms);
/** When the next one is; INT64_MAX: nothing is under way or waiting. */
int64_t outbox_due_ms(const struct outbox *outbox);

/** Nothing is under way or due: what is put off need not hold up what goes when
 *  no answer waits. */
bool outbox_idle(const struct outbox *outbox, int64_t now_ms);

/** The store lets answers wait that were ended: from the first one again. */
void outbox_restart(struct outbox *outbox);

/** A new connection: all of it again. */
void outbox_again(struct outbox *outbox, int64_t now_ms);

/** A reply to one of the answers; false: to none. */
bool outbox_reply(struct outbox *outbox, const Tocsin__V1__Reply *reply,
                  const struct terminal_store *store, int64_t now_ms);

#endif
