/**
 * A client's line to the broker: one DEALER or SUB over CURVE, made anew when
 * the broker refused the key (libzmq itself would stay silent for ever).
 *
 * Thread: one thread owns a line and its context.
 */
#ifndef TOCSIN_LINK_CLIENT_H
#define TOCSIN_LINK_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "wire/keys.h"

enum line_kind { LINE_DESK, LINE_FEED };

enum line_state {
    LINE_CONNECTING,
    LINE_UP,     /* the handshake has succeeded */
    LINE_REFUSED /* the broker does not know the key, or not here */
};

struct line_setup {
    enum line_kind kind;
    const char *endpoint;      /* copied */
    const uint8_t *broker_key; /* Ed25519, KEY_SIZE bytes */
    const struct keypair *key; /* copied */
    const char *const *topics; /* feed: borrowed while opening */
    size_t topic_count;
    size_t frame_max; /* bytes; larger frames cut the line */
    int reconnect_ms; /* least pause; drawn up to 5 times */
    int dead_ms;      /* a line that leads nowhere is noticed in 1.5 times this
                       * and made anew; 0: 45 s, for those that send much over
                       * little */
};

struct line;

/** A libzmq context with one I/O thread; end it after its lines. */
void *line_context_new(void);
void line_context_free(void *context);

/** Fails: STATUS_NETWORK (a bad endpoint), STATUS_USAGE (a bad key). */
MUST_USE enum status line_open(struct line **out, void *context,
                               const struct line_setup *setup,
                               struct diag *why);
void line_close(struct line *line);

/** false when it cannot go now (not connected, or the queue is full). */
bool line_send(struct line *line, const uint8_t *bytes, size_t size);

struct line_message {
    const uint8_t *topic; /* feed only */
    size_t topic_size;
    const uint8_t *body;
    size_t size;
};

/** The next message, valid until the next call; false: none now. */
bool line_receive(struct line *line, struct line_message *message);

/**
 * Wait until one of the lines has something, at most timeout_ms; reads their
 * monitors and mends refused lines. Returns early on a signal.
 */
void line_wait(struct line *const *lines, size_t count, int timeout_ms);

/** Descriptors that become readable when line_wait has something to do: the
 *  socket's and its monitor's, edge-triggered as libzmq's are; -1: none now.
 *  They are others when a line is made anew, also where the numbers are not. */
void line_fds(const struct line *line, int fds[2]);
/** How often the line was made: a change means other descriptors. */
unsigned line_made(const struct line *line);
/** Something is there already: do not wait for its descriptor. */
bool line_ready(const struct line *line);

enum line_state line_state(const struct line *line);
/** How often a handshake has succeeded: a change means a new connection. */
unsigned line_connects(const struct line *line);

#endif
