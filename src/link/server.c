#include "link/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <sodium.h>
#include <zmq.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "link/arrivals.h"
#include "link/endpoint.h"
#include "link/guests.h"
#include "link/pump.h"
#include "link/zap.h"

/* Known to this libzmq, hidden from its header: without it a socket whose
 * handler is missing would let everyone in. */
#define ZAP_ENFORCE_DOMAIN_OPTION 93
/* One subscription a message: a junk frame cannot carry a second one. */
#define ONLY_FIRST_SUBSCRIBE_OPTION 108

#define DESK_FRAME_BYTES_MAX 65536
/* Subscriptions are short, but the limit holds for the CURVE handshake too,
 * whose INITIATE command needs some 300 bytes. */
#define FEED_UPSTREAM_BYTES_MAX 512
/* What a flood of subscriptions may have under way when it is cut off. */
#define FEED_UPSTREAM_BUFFER 16384
#define ENDPOINT_ROOM 160

struct doorway {
    struct server *server;
    enum gate gate;
    void *zsocket;
    struct pump *pump;
    struct arrivals *arrivals;
    char endpoint[ENDPOINT_ROOM];
};

struct server {
    void *context;
    struct zap *zap;
    struct guests *guests;
    struct event *tick;
    struct doorway gates[GATE_COUNT];
    struct server_setup setup;
};

struct option {
    int name;
    int value;
};

static bool set_all(void *zsocket, const struct option *options, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (zmq_setsockopt(zsocket, options[i].name, &options[i].value,
                           sizeof options[i].value) != 0)
            return false;
    }
    return true;
}

static bool set_keys(const struct server *server, struct doorway *doorway)
{
    uint8_t secret[KEY_SIZE];
    const char *domain = gate_name(doorway->gate);
    int server_side = 1;
    bool good;

    keypair_curve_secret(server->setup.key, secret);
    good = zmq_setsockopt(doorway->zsocket, ZMQ_CURVE_SERVER, &server_side,
                          sizeof server_side) == 0 &&
           zmq_setsockopt(doorway->zsocket, ZMQ_CURVE_SECRETKEY, secret,
                          KEY_SIZE) == 0 &&
           zmq_setsockopt(doorway->zsocket, ZMQ_ZAP_DOMAIN, domain,
                          strlen(domain)) == 0;
    sodium_memzero(secret, sizeof secret);
    return good;
}

static uint64_t some(int first, int count)
{
    return (((uint64_t)1 << count) - 1) << first;
}

/* The I/O threads of a gate, a bit each. The command desk has the first to
 * itself. libzmq gives a connection to the least loaded thread that its gate
 * allows: since a terminal opens one to the feed and one to the desk, on common
 * threads the feed's could all come to lie on one. */
static uint64_t threads_of(enum gate gate, int threads)
{
    int desks = threads > 3 ? (threads - 1) / 3 : 1;

    if (gate == GATE_COMMAND || threads == 1)
        return 1;
    if (gate == GATE_FIELD || threads == 2)
        return some(1, desks);
    return some(1 + desks, threads - 1 - desks);
}

/* A reply beyond SNDHWM is dropped, and its asker asks again. libzmq learns
 * only in halves of it that the peer has read, so a centre that keeps 256
 * requests under way needs three times that; of checkpoints there are too many
 * for it. */
static bool set_options(const struct server *server, struct doorway *doorway)
{
    const struct option common[] = {
        {ZAP_ENFORCE_DOMAIN_OPTION, 1},
        {ZMQ_LINGER, 0},
        {ZMQ_BACKLOG, 4096},
        {ZMQ_HANDSHAKE_IVL, 15000},
        /* the kernel's, not ZMTP's heartbeats: libzmq looks through the timers
         * of all connections to end one, which with ten thousand of them takes
         * a processor */
        {ZMQ_TCP_KEEPALIVE, 1},
        {ZMQ_TCP_KEEPALIVE_IDLE, 15},
        {ZMQ_TCP_KEEPALIVE_INTVL, 10},
        {ZMQ_TCP_KEEPALIVE_CNT, 3},
        {ZMQ_TCP_MAXRT, 30000},
        {ZMQ_IPV6, endpoint_is_ipv6(server->setup.endpoint[doorway->gate])},
    };
    const struct option desk[] = {
        {ZMQ_ROUTER_MANDATORY, 1},
        {ZMQ_SNDHWM, doorway->gate == GATE_COMMAND ? 1024 : 128},
        {ZMQ_RCVHWM, 32}};
    /* verbose: a subscription is told even when others have it already, so
     * that guests knows whose every connection is */
    const struct option feed[] = {{ONLY_FIRST_SUBSCRIBE_OPTION, 1},
                                  {ZMQ_XPUB_VERBOSE, 1},
                                  {ZMQ_RCVHWM, 32},
                                  {ZMQ_RCVBUF, FEED_UPSTREAM_BUFFER},
                                  {ZMQ_SNDHWM, server->setup.feed_queue}};
    bool is_feed = doorway->gate == GATE_FEED;
    int64_t frame_max =
        is_feed ? FEED_UPSTREAM_BYTES_MAX : DESK_FRAME_BYTES_MAX;
    uint64_t affinity = threads_of(doorway->gate, server->setup.io_threads);

    return set_all(doorway->zsocket, common, sizeof common / sizeof *common) &&
           (is_feed
                ? set_all(doorway->zsocket, feed, sizeof feed / sizeof *feed)
                : set_all(doorway->zsocket, desk,
                          sizeof desk / sizeof *desk)) &&
           zmq_setsockopt(doorway->zsocket, ZMQ_MAXMSGSIZE, &frame_max,
                          sizeof frame_max) == 0 &&
           zmq_setsockopt(doorway->zsocket, ZMQ_AFFINITY, &affinity,
                          sizeof affinity) == 0;
}

/* Reads one frame; false: none. */
static bool take_frame(void *zsocket, zmq_msg_t *frame)
{
    (void)zmq_msg_init(frame);
    return zmq_msg_recv(frame, zsocket, ZMQ_DONTWAIT) >= 0;
}

static void drop_rest(void *zsocket, bool more)
{
    while (more) {
        zmq_msg_t frame;

        more = take_frame(zsocket, &frame) && zmq_msg_more(&frame) != 0;
        (void)zmq_msg_close(&frame);
    }
}

/* Who sent it: the key that the handshake proved. It stands on the payload
 * frame; the routing id has lost it (see libzmq 4.3.4). */
static bool sender(zmq_msg_t *payload, uint8_t curve[KEY_SIZE])
{
    const char *user = zmq_msg_gets(payload, "User-Id");

    return user != NULL && hex_decode(curve, KEY_SIZE, user);
}

/* route: NULL when its frame is not one of ours. */
static void hear(const struct doorway *doorway, const struct route *route,
                 zmq_msg_t *payload)
{
    const struct server_setup *setup = &doorway->server->setup;
    uint8_t curve[KEY_SIZE];

    if (!sender(payload, curve)) {
        setup->junk(setup->arg, doorway->gate, NULL, "no-user");
        return;
    }
    guests_spoke(doorway->server->guests, doorway->gate,
                 zmq_msg_get(payload, ZMQ_SRCFD), curve, clock_monotonic_ms());
    if (route == NULL || zmq_msg_more(payload))
        setup->junk(setup->arg, doorway->gate, curve, "frames");
    else
        setup->request(setup->arg, doorway->gate, curve, route,
                       zmq_msg_data(payload), zmq_msg_size(payload));
}

static bool take_request(void *arg)
{
    const struct doorway *doorway = arg;
    struct route route = {0};
    zmq_msg_t id;
    zmq_msg_t payload;
    bool whole;

    if (!take_frame(doorway->zsocket, &id)) {
        (void)zmq_msg_close(&id);
        return false;
    }
    whole = zmq_msg_more(&id) && zmq_msg_size(&id) <= ROUTE_MAX;
    if (whole) {
        route.size = (uint8_t)zmq_msg_size(&id);
        memcpy(route.bytes, zmq_msg_data(&id), route.size);
    }
    if (take_frame(doorway->zsocket, &payload)) {
        hear(doorway, whole ? &route : NULL, &payload);
        drop_rest(doorway->zsocket, zmq_msg_more(&payload) != 0);
    }
    (void)zmq_msg_close(&payload);
    (void)zmq_msg_close(&id);
    return true;
}

static void rest(void *arg)
{
    const struct server_setup *setup = &((struct doorway *)arg)->server->setup;

    setup->rest(setup->arg);
}

static const char *judge_upstream(struct server *server, zmq_msg_t *frame,
                                  const uint8_t *curve)
{
    const uint8_t *bytes = zmq_msg_data(frame);
    size_t size = zmq_msg_size(frame);

    if (curve != NULL &&
        !guests_subscribed(server->guests, zmq_msg_get(frame, ZMQ_SRCFD), curve,
                           clock_monotonic_ms()))
        return "subscriptions/cut";
    if (zmq_msg_more(frame) != 0 || size < 2 || bytes[0] > 1 || size > 16)
        return "subscription";
    return NULL;
}

/* What comes up the feed is subscriptions; libzmq has acted on them already. */
static bool take_upstream(void *arg)
{
    struct doorway *doorway = arg;
    const struct server_setup *setup = &doorway->server->setup;
    uint8_t curve[KEY_SIZE];
    zmq_msg_t frame;
    bool taken = take_frame(doorway->zsocket, &frame);

    if (taken) {
        const uint8_t *who = sender(&frame, curve) ? curve : NULL;
        const char *wrong = judge_upstream(doorway->server, &frame, who);

        if (wrong != NULL)
            setup->junk(setup->arg, doorway->gate, who, wrong);
        drop_rest(doorway->zsocket, zmq_msg_more(&frame) != 0);
    }
    (void)zmq_msg_close(&frame);
    return taken;
}

static void on_tick(int fd, short what, void *arg)
{
    const struct server *server = arg;

    (void)fd;
    (void)what;
    guests_tick(server->guests, clock_monotonic_ms());
}

static enum status trouble(const struct doorway *doorway, const char *doing,
                           struct diag *why)
{
    return diag_set(why, STATUS_NETWORK, "%s of the %s gate: %s", doing,
                    gate_name(doorway->gate), zmq_strerror(errno));
}

static enum status open_gate(struct server *server, struct doorway *doorway,
                             struct diag *why)
{
    const char *endpoint = server->setup.endpoint[doorway->gate];
    bool feed = doorway->gate == GATE_FEED;
    size_t size = sizeof doorway->endpoint;

    doorway->zsocket =
        zmq_socket(server->context, feed ? ZMQ_XPUB : ZMQ_ROUTER);
    if (doorway->zsocket == NULL)
        return trouble(doorway, "socket", why);
    if (!set_keys(server, doorway) || !set_options(server, doorway))
        return trouble(doorway, "options", why);
    if (arrivals_open(&doorway->arrivals, server->setup.base, server->context,
                      doorway->zsocket, doorway->gate,
                      server->guests) != STATUS_OK)
        return trouble(doorway, "monitor", why);
    if (zmq_bind(doorway->zsocket, endpoint) != 0) {
        (void)trouble(doorway, "binding", why);
        return diag_wrap(why, STATUS_NETWORK, "%s", endpoint);
    }
    if (zmq_getsockopt(doorway->zsocket, ZMQ_LAST_ENDPOINT, doorway->endpoint,
                       &size) != 0)
        return trouble(doorway, "endpoint", why);
    return pump_new(&doorway->pump, server->setup.base, doorway->zsocket,
                    feed ? take_upstream : take_request, feed ? NULL : rest,
                    doorway);
}

enum status server_open(struct server **out, const struct server_setup *setup,
                        struct diag *why)
{
    struct server *server = must_calloc(1, sizeof *server);
    enum status status;

    *out = NULL;
    server->setup = *setup;
    server->context = zmq_ctx_new();
    REQUIRE(server->context != NULL);
    (void)zmq_ctx_set(server->context, ZMQ_IO_THREADS, setup->io_threads);
    (void)zmq_ctx_set(server->context, ZMQ_MAX_SOCKETS, 64);
    server->guests = guests_new(setup->junk, setup->arg);
    server->tick = event_new(setup->base, -1, EV_PERSIST, on_tick, server);
    REQUIRE(server->tick != NULL &&
            event_add(server->tick,
                      &(struct timeval){0, GUESTS_TICK_MS * 1000}) == 0);
    status = zap_open(&server->zap, server->context, &server->setup,
                      server->guests, why);
    for (int i = 0; i < GATE_COUNT; i++) {
        struct doorway *doorway = &server->gates[i];

        doorway->server = server;
        doorway->gate = (enum gate)i;
        snprintf(doorway->endpoint, sizeof doorway->endpoint, "-");
        if (status == STATUS_OK && setup->endpoint[i] != NULL)
            status = open_gate(server, doorway, why);
    }
    if (status != STATUS_OK) {
        server_close(server);
        return status;
    }
    *out = server;
    return STATUS_OK;
}

void server_close(struct server *server)
{
    if (server == NULL)
        return;
    for (int i = 0; i < GATE_COUNT; i++) {
        arrivals_close(server->gates[i].arrivals);
        pump_free(server->gates[i].pump);
        if (server->gates[i].zsocket != NULL)
            (void)zmq_close(server->gates[i].zsocket);
    }
    zap_close(server->zap);
    (void)zmq_ctx_term(server->context);
    event_free(server->tick);
    guests_free(server->guests);
    free(server);
}

const char *server_endpoint(const struct server *server, enum gate gate)
{
    return server->gates[gate].endpoint;
}

enum sent server_send(struct server *server, enum gate gate,
                      const struct route *route, const uint8_t *bytes,
                      size_t size)
{
    struct doorway *doorway = &server->gates[gate];

    if (zmq_send(doorway->zsocket, route->bytes, route->size,
                 ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0) {
        int error = errno;

        pump_nudge(doorway->pump);
        return error == EAGAIN ? SENT_FULL : SENT_GONE;
    }
    (void)zmq_send(doorway->zsocket, bytes, size, ZMQ_DONTWAIT);
    pump_nudge(doorway->pump);
    return SENT;
}

void server_publish(struct server *server, const char *topic,
                    const uint8_t *bytes, size_t size)
{
    struct doorway *doorway = &server->gates[GATE_FEED];

    if (doorway->zsocket == NULL)
        return;
    (void)zmq_send(doorway->zsocket, topic, strlen(topic),
                   ZMQ_SNDMORE | ZMQ_DONTWAIT);
    (void)zmq_send(doorway->zsocket, bytes, size, ZMQ_DONTWAIT);
    pump_nudge(doorway->pump);
}
