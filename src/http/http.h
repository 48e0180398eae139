/**
 * An HTTP/1.1 server on libevent: HTTPS for handhelds, plain HTTP on loopback
 * for who looks after the machine. The only place that includes evhttp, and the
 * place that bounds what evhttp leaves open: sizes, numbers, time.
 *
 * Thread: that of the event base. Callbacks come from its loop.
 */
#ifndef TOCSIN_HTTP_HTTP_H
#define TOCSIN_HTTP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct event_base;
struct http;
struct shared;

struct http_limits {
    size_t header_bytes;
    size_t body_bytes;
    size_t connections;
    int64_t request_ms;  /* from its first byte, or from connecting */
    int64_t idle_ms;     /* between two requests */
    int64_t taking_ms;   /* to take 4 KiB more of an answer, or its rest */
    size_t stream_bytes; /* that a reader may leave lying */
    unsigned requests_a_second; /* of one connection; five seconds at once */
};
extern const struct http_limits http_usual_limits;

/** What somebody asks; pointers are valid within the call. */
struct http_request {
    const char *method; /* GET, POST, DELETE, PUT or HEAD; "" for others */
    const char *path;   /* decoded, without the query */
    const char *query;  /* "" when there is none */
    const char *authorization; /* headers: "" when absent */
    const char *accept;
    const char *content_type;
    const char *last_event_id;
    const uint8_t *body;
    size_t size;
    bool local; /* by the plain listener on loopback */
};

struct http_response {
    int code;
    const char *type; /* NULL: no content type */
    const void *body;
    size_t size;
    struct shared *shared;  /* where body lies, to be held; NULL: copied */
    unsigned retry_after_s; /* 0: not said */
};

struct http_setup {
    struct event_base *base;
    const char *address;     /* "0.0.0.0:8443" */
    const char *certificate; /* PEM files */
    const char *key;
    const char *local; /* "127.0.0.1:8480", or NULL: no plain listener */
    struct http_limits limits;
    void *arg;
    /** Answered by http_respond or http_stream, at once or later. */
    void (*request)(void *arg, uint64_t exchange,
                    const struct http_request *request);
    /** Its answer is wholly given out, or whoever asked is gone: the number
     * means nothing from here on. Also within a call of http_respond. */
    void (*gone)(void *arg, uint64_t exchange);
};

/**
 * Fails: STATUS_USAGE (an address that is none, or local is not loopback),
 *        STATUS_SYSTEM (it cannot be bound), STATUS_MISSING and STATUS_REFUSED
 *        (certificate or key not there, or readable by others).
 */
MUST_USE enum status
http_open(struct http **out, const struct http_setup *setup, struct diag *why);
void http_close(struct http *http);

/** An exchange that is gone is no mistake. */
void http_respond(struct http *http, uint64_t exchange,
                  const struct http_response *response);

/** Begin a stream of server-sent events; false: it is gone. */
bool http_stream(struct http *http, uint64_t exchange);
/** false: it is gone, or was closed because its reader does not keep up. */
bool http_push(struct http *http, uint64_t exchange, const char *text,
               size_t size);
void http_stream_end(struct http *http, uint64_t exchange);

/** Every second or so: what takes too long is closed. */
void http_tick(struct http *http);

struct http_counts {
    uint64_t accepted;
    uint64_t requests;
    uint64_t late;      /* closed: a request that took too long */
    uint64_t stalled;   /* closed: they did not take their answer */
    uint64_t crowded;   /* closed: to make room for others */
    uint64_t malformed; /* two lengths, a length and chunks, and the like */
    uint64_t hurried;   /* requests beyond a connection's rate, or far ahead */
    uint64_t slow;      /* streams closed: their reader did not keep up */
    uint64_t starved;   /* pauses for want of descriptors */
    size_t connections;
    size_t streams;
};
void http_count(const struct http *http, struct http_counts *out);

/** The ports that it listens on; 0: not at all. */
unsigned http_port(const struct http *http, bool local);

#endif
