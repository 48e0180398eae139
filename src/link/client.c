#include "link/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>
#include <zmq.h>

#include "base/clock.h"
#include "link/endpoint.h"

#define TOPICS_MAX 16
#define TOPIC_ROOM 32
#define MONITORED                                                              \
    (ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |         \
     ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_DISCONNECTED)
#define REFUSED_PAUSE_MS 3000
/* The longest pause between two tries: after an outage of an hour a checkpoint
 * must not sit out the last of ever longer ones. */
#define RECONNECT_MAX_MS 10000
#define DEAD_MS 45000

struct line {
    void *context;
    void *zsocket;
    void *monitor;
    enum line_kind kind;
    enum line_state state;
    unsigned connects;
    unsigned made; /* how often the sockets were: names the monitor */
    int64_t remake_at_ms;
    char endpoint[160];
    uint8_t server[KEY_SIZE];
    uint8_t own_public[KEY_SIZE];
    uint8_t own_secret[KEY_SIZE];
    char topics[TOPICS_MAX][TOPIC_ROOM];
    size_t topic_count;
    size_t frame_max;
    int reconnect_ms;
    int dead_ms;
    zmq_msg_t first;
    zmq_msg_t second;
};

void *line_context_new(void)
{
    void *context = zmq_ctx_new();

    REQUIRE(context != NULL);
    (void)zmq_ctx_set(context, ZMQ_IO_THREADS, 1);
    return context;
}

void line_context_free(void *context)
{
    if (context != NULL)
        (void)zmq_ctx_term(context);
}

static bool set_int(void *zsocket, int option, int value)
{
    return zmq_setsockopt(zsocket, option, &value, sizeof value) == 0;
}

static bool set_keys(struct line *line)
{
    return zmq_setsockopt(line->zsocket, ZMQ_CURVE_SERVERKEY, line->server,
                          KEY_SIZE) == 0 &&
           zmq_setsockopt(line->zsocket, ZMQ_CURVE_PUBLICKEY, line->own_public,
                          KEY_SIZE) == 0 &&
           zmq_setsockopt(line->zsocket, ZMQ_CURVE_SECRETKEY, line->own_secret,
                          KEY_SIZE) == 0;
}

/* Nothing is queued for a desk that is not there. Never so on the feed: with
 * ZMQ_IMMEDIATE libzmq drops a broken line's messages at once, and when that
 * falls between the two frames of one message it aborts the process (!_more in
 * fq.cpp). And no limit to what waits here: it also aborts (!_io_error in
 * stream_engine_base.cpp) when a line breaks whose queue is full. */
static bool set_options(struct line *line)
{
    int64_t frame_max = (int64_t)line->frame_max;
    int spread = (int)randombytes_uniform((uint32_t)line->reconnect_ms * 4 + 1);

    return set_int(line->zsocket, ZMQ_LINGER, 0) &&
           set_int(line->zsocket, ZMQ_IMMEDIATE, line->kind == LINE_DESK) &&
           set_int(line->zsocket, ZMQ_RECONNECT_IVL,
                   line->reconnect_ms + spread) &&
           set_int(line->zsocket, ZMQ_RECONNECT_IVL_MAX, RECONNECT_MAX_MS) &&
           set_int(line->zsocket, ZMQ_CONNECT_TIMEOUT, 10000) &&
           set_int(line->zsocket, ZMQ_HANDSHAKE_IVL, 15000) &&
           set_int(line->zsocket, ZMQ_HEARTBEAT_IVL, line->dead_ms / 2) &&
           set_int(line->zsocket, ZMQ_HEARTBEAT_TIMEOUT, line->dead_ms) &&
           set_int(line->zsocket, ZMQ_RCVHWM, 0) &&
           set_int(line->zsocket, ZMQ_IPV6, endpoint_is_ipv6(line->endpoint)) &&
           zmq_setsockopt(line->zsocket, ZMQ_MAXMSGSIZE, &frame_max,
                          sizeof frame_max) == 0;
}

static bool subscribe(struct line *line)
{
    for (size_t i = 0; i < line->topic_count; i++) {
        if (zmq_setsockopt(line->zsocket, ZMQ_SUBSCRIBE, line->topics[i],
                           strlen(line->topics[i])) != 0)
            return false;
    }
    return true;
}

/* The monitor must be read, or it would hold up the I/O thread: no limit on
 * its queue, few kinds of news, read at every wait. */
static bool watch(struct line *line)
{
    char name[64];
    int unlimited = 0;

    snprintf(name, sizeof name, "inproc://line-%p-%u", (void *)line,
             line->made);
    if (zmq_socket_monitor(line->zsocket, name, MONITORED) != 0)
        return false;
    line->monitor = zmq_socket(line->context, ZMQ_PAIR);
    return line->monitor != NULL &&
           zmq_setsockopt(line->monitor, ZMQ_RCVHWM, &unlimited,
                          sizeof unlimited) == 0 &&
           set_int(line->monitor, ZMQ_LINGER, 0) &&
           zmq_connect(line->monitor, name) == 0;
}

static void drop_sockets(struct line *line)
{
    if (line->zsocket != NULL) {
        (void)zmq_socket_monitor(line->zsocket, NULL, 0);
        (void)zmq_close(line->zsocket);
    }
    if (line->monitor != NULL)
        (void)zmq_close(line->monitor);
    line->zsocket = NULL;
    line->monitor = NULL;
}

static enum status make_sockets(struct line *line, struct diag *why)
{
    line->made++;
    line->zsocket = zmq_socket(line->context,
                               line->kind == LINE_DESK ? ZMQ_DEALER : ZMQ_SUB);
    if (line->zsocket == NULL || !set_keys(line) || !set_options(line) ||
        !watch(line) || !subscribe(line) ||
        zmq_connect(line->zsocket, line->endpoint) != 0) {
        enum status status = diag_set(why, STATUS_NETWORK, "%s: %s",
                                      line->endpoint, zmq_strerror(errno));
        drop_sockets(line);
        return status;
    }
    return STATUS_OK;
}

enum status line_open(struct line **out, void *context,
                      const struct line_setup *setup, struct diag *why)
{
    struct line *line = must_calloc(1, sizeof *line);
    enum status status;

    *out = NULL;
    REQUIRE(setup->topic_count <= TOPICS_MAX);
    line->context = context;
    line->kind = setup->kind;
    line->frame_max = setup->frame_max;
    line->reconnect_ms = setup->reconnect_ms;
    line->dead_ms = setup->dead_ms > 0 ? setup->dead_ms : DEAD_MS;
    snprintf(line->endpoint, sizeof line->endpoint, "%s", setup->endpoint);
    for (size_t i = 0; i < setup->topic_count; i++)
        snprintf(line->topics[i], TOPIC_ROOM, "%s", setup->topics[i]);
    line->topic_count = setup->topic_count;
    (void)zmq_msg_init(&line->first);
    (void)zmq_msg_init(&line->second);
    keypair_curve_secret(setup->key, line->own_secret);
    if (!key_curve_public(setup->broker_key, line->server) ||
        !key_curve_public(setup->key->public_key, line->own_public))
        status = diag_set(why, STATUS_USAGE, "a key is not usable");
    else
        status = make_sockets(line, why);
    if (status != STATUS_OK) {
        line_close(line);
        return status;
    }
    *out = line;
    return STATUS_OK;
}

void line_close(struct line *line)
{
    if (line == NULL)
        return;
    drop_sockets(line);
    (void)zmq_msg_close(&line->first);
    (void)zmq_msg_close(&line->second);
    sodium_memzero(line, sizeof *line);
    free(line);
}

bool line_send(struct line *line, const uint8_t *bytes, size_t size)
{
    return line->zsocket != NULL &&
           zmq_send(line->zsocket, bytes, size, ZMQ_DONTWAIT) == (int)size;
}

static bool take_frame(struct line *line, zmq_msg_t *frame)
{
    return zmq_msg_recv(frame, line->zsocket, ZMQ_DONTWAIT) >= 0;
}

/* Frames beyond the expected number are read and dropped with the message. */
static bool one_too_many(struct line *line, const zmq_msg_t *last)
{
    zmq_msg_t extra;
    bool more = zmq_msg_more(last) != 0;
    bool some = more;

    while (more) {
        (void)zmq_msg_init(&extra);
        more = take_frame(line, &extra) && zmq_msg_more(&extra) != 0;
        (void)zmq_msg_close(&extra);
    }
    return some;
}

bool line_receive(struct line *line, struct line_message *message)
{
    memset(message, 0, sizeof *message);
    while (line->zsocket != NULL && take_frame(line, &line->first)) {
        zmq_msg_t *body = &line->first;

        if (line->kind == LINE_FEED) {
            if (!zmq_msg_more(&line->first) || !take_frame(line, &line->second))
                continue;
            body = &line->second;
            message->topic = zmq_msg_data(&line->first);
            message->topic_size = zmq_msg_size(&line->first);
        }
        if (one_too_many(line, body))
            continue;
        message->body = zmq_msg_data(body);
        message->size = zmq_msg_size(body);
        return true;
    }
    return false;
}

static void hear_monitor(struct line *line)
{
    zmq_msg_t frame;

    while (line->monitor != NULL) {
        uint16_t event = 0;

        (void)zmq_msg_init(&frame);
        if (zmq_msg_recv(&frame, line->monitor, ZMQ_DONTWAIT) < 0) {
            (void)zmq_msg_close(&frame);
            return;
        }
        if (zmq_msg_more(&frame) && zmq_msg_size(&frame) >= sizeof event)
            memcpy(&event, zmq_msg_data(&frame), sizeof event);
        (void)zmq_msg_close(&frame);
        if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
            line->state = LINE_UP;
            line->connects++;
        } else if (event == ZMQ_EVENT_DISCONNECTED) {
            if (line->state == LINE_UP)
                line->state = LINE_CONNECTING;
        } else if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) {
            line->state = LINE_REFUSED;
            line->remake_at_ms = clock_monotonic_ms() + REFUSED_PAUSE_MS +
                                 randombytes_uniform(REFUSED_PAUSE_MS);
        }
    }
}

static void mend(struct line *line)
{
    if (line->state != LINE_REFUSED ||
        clock_monotonic_ms() < line->remake_at_ms)
        return;
    drop_sockets(line);
    line->remake_at_ms = clock_monotonic_ms() + REFUSED_PAUSE_MS;
    if (make_sockets(line, NULL) == STATUS_OK)
        line->state = LINE_CONNECTING;
}

#define LINES_MAX 4

void line_wait(struct line *const *lines, size_t count, int timeout_ms)
{
    zmq_pollitem_t items[LINES_MAX * 2];
    int used = 0;

    REQUIRE(count <= LINES_MAX);
    memset(items, 0, sizeof items);
    for (size_t i = 0; i < count; i++) {
        mend(lines[i]);
        if (lines[i]->zsocket == NULL)
            continue;
        items[used].socket = lines[i]->zsocket;
        items[used++].events = ZMQ_POLLIN;
        items[used].socket = lines[i]->monitor;
        items[used++].events = ZMQ_POLLIN;
    }
    (void)zmq_poll(items, used, timeout_ms);
    for (size_t i = 0; i < count; i++)
        hear_monitor(lines[i]);
}

enum line_state line_state(const struct line *line)
{
    return line->state;
}

unsigned line_connects(const struct line *line)
{
    return line->connects;
}

static int fd_of(void *zsocket)
{
    int fd = -1;
    size_t size = sizeof fd;

    if (zsocket == NULL || zmq_getsockopt(zsocket, ZMQ_FD, &fd, &size) != 0)
        return -1;
    return fd;
}

void line_fds(const struct line *line, int fds[2])
{
    fds[0] = fd_of(line->zsocket);
    fds[1] = fd_of(line->monitor);
}

unsigned line_made(const struct line *line)
{
    return line->made;
}

static bool readable(void *zsocket)
{
    int events = 0;
    size_t size = sizeof events;

    return zsocket != NULL &&
           zmq_getsockopt(zsocket, ZMQ_EVENTS, &events, &size) == 0 &&
           (events & ZMQ_POLLIN) != 0;
}

bool line_ready(const struct line *line)
{
    return readable(line->zsocket) || readable(line->monitor) ||
           (line->state == LINE_REFUSED &&
            clock_monotonic_ms() >= line->remake_at_ms);
}
