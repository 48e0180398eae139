/**
 * Answers on their way: what an officer said in one lane, what the machine says
 * in the other. Each lane has a window of requests under way, filled from the
 * store in its order.
 */
#ifndef TOCSIN_TERMINAL_OUTBOX_H
#define TOCSIN_TERMINAL_OUTBOX_H

#include "terminal/asks.h"
#include "terminal/terminal.h"

#define LANE_WINDOW 48

struct lane_slot {
    struct queued_answer answer; /* request NULL: free */
    int64_t due_ms;
};

struct lane {
    bool personal;
    int64_t after; /* the last row taken from the store */
    bool look;     /* the store may have more */
    struct lane_slot slots[LANE_WINDOW];
};

struct outbox {
    struct lane personal;
    struct lane machine;
};

void outbox_init(struct outbox *outbox);
void outbox_done(struct outbox *outbox);

/** The store has new answers. */
void outbox_look(struct outbox *outbox);
void lane_fill(struct lane *lane, const struct terminal_store *store,
               int64_t now_ms);

/** Send what is due. false: the line takes no more. */
bool lane_send(struct lane *lane, const struct terminal_port *port,
               int64_t now_ms);
/** true when nothing is under way or waiting in it. */
bool lane_idle(const struct lane *lane);
int64_t lane_due_ms(const struct lane *lane);

/** The store lets answers wait that were ended: from the first one again. */
void outbox_restart(struct outbox *outbox);

/** A new connection: all of it again. */
void outbox_again(struct outbox *outbox, int64_t now_ms);

/** A reply to one of the answers; false: to none. */
bool outbox_reply(struct outbox *outbox, const Tocsin__V1__Reply *reply,
                  const struct terminal_store *store, int64_t now_ms);

#endif
