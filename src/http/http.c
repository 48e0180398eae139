#include "http/http.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "http/inside.h"

#define BACKLOG 1024
#define LAST_TURNS 16
#define STARVED_PAUSE_MS 200
#define KERNEL_BYTES (64 * 1024)

const struct http_limits http_usual_limits = {.header_bytes = 8192,
                                              .body_bytes = 32768,
                                              .connections = 4096,
                                              .request_ms = 10000,
                                              .idle_ms = 75000,
                                              .taking_ms = 30000,
                                              .stream_bytes = 256 * 1024,
                                              .requests_a_second = 50};

static void open_again(evutil_socket_t fd, short what, void *arg)
{
    const struct door *door = arg;

    (void)fd;
    (void)what;
    (void)evconnlistener_enable(door->listener);
}

/* Without descriptors the listener would spin. */
static void starved(struct evconnlistener *listener, void *arg)
{
    struct door *door = arg;
    const struct timeval pause = {0, STARVED_PAUSE_MS * 1000};

    door->http->counts.starved++;
    (void)evconnlistener_disable(listener);
    (void)event_add(door->open_again, &pause);
}

static bool is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *four = (const void *)address;

        return (ntohl(four->sin_addr.s_addr) >> 24) == 127;
    }
    return address->sa_family == AF_INET6 &&
           IN6_IS_ADDR_LOOPBACK(
               &((const struct sockaddr_in6 *)(const void *)address)
                    ->sin6_addr);
}

static unsigned port_of(const struct evconnlistener *listener)
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;
    int fd =
        evconnlistener_get_fd((struct evconnlistener *)(uintptr_t)listener);

    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        return 0;
    return address.ss_family == AF_INET6
               ? ntohs(((struct sockaddr_in6 *)(void *)&address)->sin6_port)
               : ntohs(((struct sockaddr_in *)(void *)&address)->sin_port);
}

/* What the kernel holds for who does not read is bounded as well; connections
 * have it from their listener. */
static void bound_kernel(struct evconnlistener *listener)
{
    int bytes = KERNEL_BYTES;

    (void)setsockopt(evconnlistener_get_fd(listener), SOL_SOCKET, SO_SNDBUF,
                     &bytes, sizeof bytes);
}

static enum status listen_at(struct door *door, const char *text,
                             struct diag *why)
{
    struct event_base *base = door->http->setup.base;
    struct sockaddr_storage address;
    int size = sizeof address;

    memset(&address, 0, sizeof address);
    if (evutil_parse_sockaddr_port(text, (struct sockaddr *)&address, &size) !=
        0)
        return diag_set(why, STATUS_USAGE, "%s: is no ADDRESS:PORT", text);
    if (door->local && !is_loopback((struct sockaddr *)&address))
        return diag_set(why, STATUS_USAGE,
                        "%s: plain HTTP is for loopback only", text);
    door->listener =
        evconnlistener_new_bind(base, NULL, NULL,
                                LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC |
                                    LEV_OPT_REUSEABLE | LEV_OPT_DISABLED,
                                BACKLOG, (struct sockaddr *)&address, size);
    if (door->listener == NULL)
        return diag_errno(why, STATUS_SYSTEM, "%s: cannot listen", text);
    bound_kernel(door->listener);
    return STATUS_OK;
}

static enum status open_door(struct door *door, const char *address,
                             struct diag *why)
{
    const struct http_setup *setup = &door->http->setup;
    enum status status = listen_at(door, address, why);

    if (status != STATUS_OK)
        return status;
    door->port = port_of(door->listener);
    door->open_again = evtimer_new(setup->base, open_again, door);
    door->evhttp = evhttp_new(setup->base);
    REQUIRE(door->evhttp != NULL && door->open_again != NULL);
    evhttp_set_max_headers_size(door->evhttp,
                                (ev_ssize_t)setup->limits.header_bytes);
    evhttp_set_max_body_size(door->evhttp,
                             (ev_ssize_t)setup->limits.body_bytes);
    /* what is too large is read to its end, in request_ms, and not kept: who is
     * still sending when the connection ends does not see why */
    REQUIRE(evhttp_set_flags(door->evhttp, EVHTTP_SERVER_LINGERING_CLOSE) == 0);
    /* no time-out of evhttp's: it would end an answer that is long under way,
     * as nothing is read meanwhile; patience.c has ours */
    evhttp_set_allowed_methods(
        door->evhttp, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD |
                          EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE);
    evhttp_set_bevcb(door->evhttp, conn_make, door);
    evhttp_set_gencb(door->evhttp, exchange_take, door);
    REQUIRE(evhttp_bind_listener(door->evhttp, door->listener) != NULL);
    evconnlistener_set_error_cb(door->listener, starved);
    (void)evconnlistener_enable(door->listener);
    return STATUS_OK;
}

static void close_door(struct door *door)
{
    if (door->evhttp != NULL)
        evhttp_free(door->evhttp); /* the listener and connections too */
    else if (door->listener != NULL)
        evconnlistener_free(door->listener);
    if (door->open_again != NULL)
        event_free(door->open_again);
}

enum status http_open(struct http **out, const struct http_setup *setup,
                      struct diag *why)
{
    struct http *http = must_calloc(1, sizeof *http);
    enum status status;

    *out = NULL;
    http->setup = *setup;
    http->of_bev = map_new();
    http->exchanges = map_new();
    http->doors[0].http = http;
    http->doors[1].http = http;
    http->doors[1].local = true;
    status = tls_open(&http->tls, setup->certificate, setup->key, why);
    if (status == STATUS_OK)
        status = open_door(&http->doors[0], setup->address, why);
    if (status == STATUS_OK && setup->local != NULL)
        status = open_door(&http->doors[1], setup->local, why);
    if (status != STATUS_OK) {
        http_close(http);
        return status;
    }
    *out = http;
    return STATUS_OK;
}

void http_close(struct http *http)
{
    struct exchange *exchange;
    size_t cursor = 0;

    if (http == NULL)
        return;
    http->closing = true;
    close_door(&http->doors[0]);
    close_door(&http->doors[1]);
    conn_sweep(http, true);
    /* bufferevents end in the loop, and their entries with them */
    for (int i = 0; i < LAST_TURNS && http->first != NULL; i++)
        (void)event_base_loop(http->setup.base, EVLOOP_NONBLOCK);
    while ((exchange = map_next(http->exchanges, &cursor)) != NULL)
        free(exchange);
    while (http->first != NULL) {
        struct conn *next = http->first->next;

        free(http->first);
        http->first = next;
    }
    map_free(http->exchanges);
    map_free(http->of_bev);
    SSL_CTX_free(http->tls);
    free(http);
}

void http_count(const struct http *http, struct http_counts *out)
{
    *out = http->counts;
}

unsigned http_port(const struct http *http, bool local)
{
    return http->doors[local].port;
}
