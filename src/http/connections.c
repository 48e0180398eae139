/* Connections: how many, how often. evhttp counts none of it, so each is
 * entered in a list when its bufferevent is made and leaves it when that is
 * freed. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "http/inside.h"

#define BURST_S 5
#define READ_BYTES (64 * 1024) /* more than libevent reads at once */
#define HARD_EXTRA 64          /* connections under way to their end */

static void leave(struct conn *conn)
{
    struct http *http = conn->http;

    (void)map_remove(http->of_bev, &conn->bev, sizeof conn->bev);
    if (conn->before != NULL)
        conn->before->next = conn->next;
    else
        http->first = conn->next;
    if (conn->next != NULL)
        conn->next->before = conn->before;
    else
        http->last = conn->before;
    http->counts.connections--;
    free(conn);
}

static struct conn *enter(struct http *http)
{
    struct conn *conn = must_calloc(1, sizeof *conn);

    conn->http = http;
    conn->begun_ms = clock_monotonic_ms();
    conn->rate_ms = conn->begun_ms;
    conn->tokens = (int64_t)http->setup.limits.requests_a_second * BURST_S;
    conn->tokens *= 1000;
    conn->before = http->last;
    if (http->last != NULL)
        http->last->next = conn;
    else
        http->first = conn;
    http->last = conn;
    http->counts.connections++;
    http->counts.accepted++;
    return conn;
}

void conn_shut(struct conn *conn)
{
    int fd = bufferevent_getfd(conn->bev);

    conn->doomed = true;
    if (fd >= 0)
        (void)shutdown(fd, SHUT_RDWR); /* evhttp reads its end and frees it */
}

bool conn_is_full(const struct http *http)
{
    return http->counts.connections >=
           http->setup.limits.connections + HARD_EXTRA;
}

static void pause_when_full(struct http *http)
{
    if (!conn_is_full(http))
        return;
    for (int i = 0; i < 2; i++) {
        if (http->doors[i].listener != NULL)
            (void)evconnlistener_disable(http->doors[i].listener);
    }
}

/* ---- knowing when one ends ------------------------------------------------
 */

/* A connection's entry hangs on its SSL and goes with it. Where there is none
 * it holds the bufferevent, and looks whether evhttp has let go of that: then
 * nobody is called back any more. */
static void ssl_freed(void *parent, void *pointer, CRYPTO_EX_DATA *data,
                      int index, long argl, void *argp)
{
    (void)parent;
    (void)data;
    (void)index;
    (void)argl;
    (void)argp;
    if (pointer != NULL)
        leave(pointer);
}

static int ssl_index(void)
{
    static int index = -1; /* OpenSSL gives them out for good */

    if (index < 0)
        index = SSL_get_ex_new_index(0, NULL, NULL, NULL, ssl_freed);
    return index;
}

/* evhttp reads on while it answers, without end. A read watermark would leave
 * what OpenSSL has read already lying for good: nobody looks for it there. */
static bool is_far_ahead(const struct conn *conn, struct evbuffer *input)
{
    const struct http_limits *limits = &conn->http->setup.limits;

    return conn->answering && !conn->doomed &&
           evbuffer_get_length(input) >
               limits->header_bytes + limits->body_bytes;
}

/* Of a request that is on its way no more lies here than a body that is not
 * whole yet, and what was read with its last bytes; but of the line that says
 * how long a chunk is evhttp waits for the end for ever. */
static bool has_no_end(const struct conn *conn, struct evbuffer *input)
{
    const struct http_limits *limits = &conn->http->setup.limits;

    return !conn->answering && !conn->doomed &&
           evbuffer_get_length(input) >
               limits->header_bytes + limits->body_bytes + READ_BYTES;
}

/* A request has begun when its first bytes are there. */
static void bytes_came(struct evbuffer *buffer,
                       const struct evbuffer_cb_info *info, void *arg)
{
    struct conn *conn = arg;

    if (info->n_added > 0 && conn->begun_ms == 0 && !conn->answering)
        conn->begun_ms = clock_monotonic_ms();
    if (is_far_ahead(conn, buffer)) {
        conn->http->counts.hurried++;
        conn_shut(conn);
    } else if (has_no_end(conn, buffer)) {
        conn->http->counts.malformed++;
        conn_shut(conn);
    }
}

static struct bufferevent *make_tls(struct event_base *base, struct http *http,
                                    struct conn *conn)
{
    SSL *ssl = SSL_new(http->tls);
    struct bufferevent *bev;

    REQUIRE(ssl != NULL && SSL_set_ex_data(ssl, ssl_index(), conn) == 1);
    bev = bufferevent_openssl_socket_new(
        base, -1, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
    REQUIRE(bev != NULL);
    bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
    return bev;
}

static struct bufferevent *make_plain(struct event_base *base,
                                      struct conn *conn)
{
    struct bufferevent *bev =
        bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);

    REQUIRE(bev != NULL);
    bufferevent_incref(bev);
    conn->held = true;
    return bev;
}

static bool is_let_go(const struct conn *conn)
{
    bufferevent_data_cb read = NULL;
    bufferevent_event_cb event = NULL;

    if (!conn->held)
        return false;
    bufferevent_getcb(conn->bev, &read, NULL, &event, NULL);
    return read == NULL && event == NULL;
}

void conn_sweep(struct http *http, bool all)
{
    struct conn *conn = http->first;

    while (conn != NULL) {
        struct conn *next = conn->next;
        struct bufferevent *bev = conn->bev;

        if (is_let_go(conn) || (all && conn->held)) {
            leave(conn);
            (void)bufferevent_decref(bev);
        }
        conn = next;
    }
}

struct bufferevent *conn_make(struct event_base *base, void *arg)
{
    const struct door *door = arg;
    struct http *http = door->http;
    struct conn *conn;

    if (http->counts.connections >= http->setup.limits.connections) {
        conn_sweep(http, false);
        (void)conn_make_room(http);
    }
    conn = enter(http);
    conn->bev =
        door->local ? make_plain(base, conn) : make_tls(base, http, conn);
    (void)map_put(http->of_bev, &conn->bev, sizeof conn->bev, conn);
    (void)evbuffer_add_cb(bufferevent_get_input(conn->bev), bytes_came, conn);
    pause_when_full(http);
    return conn->bev;
}

struct conn *conn_of(const struct http *http, struct bufferevent *bev)
{
    return map_get(http->of_bev, &bev, sizeof bev);
}

bool conn_request(struct conn *conn)
{
    int64_t now_ms = clock_monotonic_ms();
    int64_t rate = conn->http->setup.limits.requests_a_second;
    int64_t most = rate * BURST_S * 1000;

    conn->begun_ms = 0;
    conn->answering = true;
    conn->tokens += (now_ms - conn->rate_ms) * rate;
    conn->rate_ms = now_ms;
    if (conn->tokens > most)
        conn->tokens = most;
    if (conn->tokens < 1000)
        return false;
    conn->tokens -= 1000;
    return true;
}

void conn_answered(struct conn *conn)
{
    conn->answering = false;
    conn->taking = false;
    conn->idle_ms = clock_monotonic_ms();
    /* a request that came behind this one is on its way already */
    if (evbuffer_get_length(bufferevent_get_input(conn->bev)) > 0)
        conn->begun_ms = conn->idle_ms;
}
