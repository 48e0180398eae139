/** What the files of the HTTP server share; nobody else includes it. */
#ifndef TOCSIN_HTTP_INSIDE_H
#define TOCSIN_HTTP_INSIDE_H

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <openssl/ssl.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "http/http.h"

struct conn {
    struct http *http;
    struct bufferevent *bev;   /* evhttp's */
    struct exchange *exchange; /* under way, or NULL */
    int64_t begun_ms;          /* a request is on its way; 0: none */
    int64_t idle_ms;           /* since when nothing is */
    bool answering;            /* a request is being answered, or streamed to */
    bool taking; /* that answer: it is whole, and on its way out */
    size_t left; /* to be taken, when it had last taken some of it */
    int64_t took_ms;
    bool doomed;
    bool held; /* bev is ours as well as evhttp's */
    int64_t rate_ms;
    int64_t tokens; /* thousandths of a request */
    struct conn *next;
    struct conn *before;
};

struct exchange {
    uint64_t number;
    struct http *http;
    struct evhttp_request *request;
    struct conn *conn;
    bool streaming;
    bool answered; /* to the end; that is still on its way out */
};

struct door {
    struct http *http;
    struct evhttp *evhttp;
    struct evconnlistener *listener;
    struct event *open_again;
    bool local;
    unsigned port;
};

struct http {
    struct http_setup setup;
    SSL_CTX *tls;
    struct door doors[2];
    struct conn *first; /* oldest */
    struct conn *last;
    struct map *of_bev; /* bufferevent -> conn */
    struct map *exchanges;
    uint64_t next_exchange;
    struct http_counts counts;
    bool closing;
};

/* tls.c */
MUST_USE enum status tls_open(SSL_CTX **out, const char *certificate,
                              const char *key, struct diag *why);

/* connections.c */
struct bufferevent *conn_make(struct event_base *base, void *arg);
struct conn *conn_of(const struct http *http, struct bufferevent *bev);
/** A whole request has come; false: one too many in this second. */
bool conn_request(struct conn *conn);
void conn_answered(struct conn *conn);
void conn_shut(struct conn *conn);
/** So many that nobody is let in. */
bool conn_is_full(const struct http *http);
/** Let go of what evhttp has let go of, or of all. */
void conn_sweep(struct http *http, bool all);

/* patience.c */
/** Its answer is given out from here on. */
void conn_takes(struct conn *conn);
/** One has to go; false: nobody can be spared. */
bool conn_make_room(struct http *http);

/* exchange.c */
void exchange_take(struct evhttp_request *request, void *arg);

#endif
