#define _GNU_SOURCE
#include "fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <sodium.h>
#include <zmq.h>

#include "base/clock.h"
#include "wire/decode.h"
#include "wire/topic.h"

#define PATIENCE_MS 60000
#define FLEET_IO_THREADS 2

static void *make_socket(struct fleet *fleet, int type,
                         const struct keypair *key, const uint8_t *server)
{
    void *zsocket = zmq_socket(fleet->context, type);
    uint8_t secret[KEY_SIZE];
    uint8_t public_key[KEY_SIZE];
    int zero = 0;

    keypair_curve_secret(key, secret);
    if (zsocket == NULL || !key_curve_public(key->public_key, public_key) ||
        zmq_setsockopt(zsocket, ZMQ_CURVE_SERVERKEY, server, KEY_SIZE) != 0 ||
        zmq_setsockopt(zsocket, ZMQ_CURVE_PUBLICKEY, public_key, KEY_SIZE) !=
            0 ||
        zmq_setsockopt(zsocket, ZMQ_CURVE_SECRETKEY, secret, KEY_SIZE) != 0 ||
        zmq_setsockopt(zsocket, ZMQ_LINGER, &zero, sizeof zero) != 0)
        give_up("cannot make a socket");
    return zsocket;
}

static void listen_on(struct fleet *fleet, void *zsocket, uint64_t tag)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = tag};
    int fd;
    size_t size = sizeof fd;

    if (zmq_getsockopt(zsocket, ZMQ_FD, &fd, &size) != 0 ||
        epoll_ctl(fleet->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        give_up("cannot listen");
}

static void connect_terminal(struct fleet *fleet, size_t number,
                             const struct bare_endpoints *where)
{
    struct terminal *terminal = &fleet->terminals[number];
    char topics[OWN_TOPICS][TOPIC_MAX];

    topics_of(topics, terminal->place.division);
    terminal->feed = make_socket(fleet, ZMQ_SUB, &terminal->key, where->server);
    terminal->desk =
        make_socket(fleet, ZMQ_DEALER, &terminal->key, where->server);
    for (int i = 0; i < OWN_TOPICS; i++)
        (void)zmq_setsockopt(terminal->feed, ZMQ_SUBSCRIBE, topics[i],
                             strlen(topics[i]));
    if (zmq_connect(terminal->feed, where->feed) != 0 ||
        zmq_connect(terminal->desk, where->desk) != 0)
        give_up("cannot connect a terminal");
    listen_on(fleet, terminal->feed, number * 2);
    listen_on(fleet, terminal->desk, number * 2 + 1);
}

/* Edge-triggered descriptors behind a level-triggered epoll: asking for
 * ZMQ_EVENTS empties the mailbox, then everything is read. */
static bool readable(void *zsocket)
{
    int events;
    size_t size = sizeof events;

    return zmq_getsockopt(zsocket, ZMQ_EVENTS, &events, &size) == 0 &&
           (events & ZMQ_POLLIN) != 0;
}

static bool take_feed(struct terminal *terminal)
{
    char topic[32];
    zmq_msg_t body;
    bool alert = false;

    while (readable(terminal->feed)) {
        int size = zmq_recv(terminal->feed, topic, sizeof topic - 1, 0);

        topic[size > 0 ? size : 0] = '\0';
        (void)zmq_msg_init(&body);
        (void)zmq_msg_recv(&body, terminal->feed, 0);
        if (strcmp(topic, BEACON_TOPIC) == 0) {
            terminal->beacons++;
        } else if (terminal->got_us == 0) {
            terminal->got_us = clock_monotonic_us();
            snprintf(terminal->topic, sizeof terminal->topic, "%.15s", topic);
            terminal->size = zmq_msg_size(&body);
            free(terminal->message);
            terminal->message =
                must_memdup(zmq_msg_data(&body), terminal->size);
            alert = true;
        }
        (void)zmq_msg_close(&body);
    }
    return alert;
}

static size_t count_beacons(const struct fleet *fleet)
{
    size_t count = 0;

    for (size_t i = 0; i < fleet->count; i++)
        count += fleet->terminals[i].beacons > 0;
    return count;
}

static void await_beacons(struct fleet *fleet)
{
    struct epoll_event events[256];
    int64_t until = clock_monotonic_ms() + PATIENCE_MS;

    while (count_beacons(fleet) < fleet->count) {
        int ready = epoll_wait(fleet->epoll, events, 256, 1000);

        for (int i = 0; i < ready; i++) {
            struct terminal *terminal =
                &fleet->terminals[events[i].data.u64 / 2];

            if (events[i].data.u64 % 2 == 0)
                (void)take_feed(terminal);
            else
                (void)readable(terminal->desk);
        }
        if (clock_monotonic_ms() > until)
            give_up("the fleet did not come up");
    }
}

int64_t fleet_await_alert(struct fleet *fleet)
{
    struct epoll_event events[256];
    int64_t until = clock_monotonic_ms() + PATIENCE_MS;
    size_t got = 0;
    int64_t last = 0;

    while (got < fleet->count) {
        int ready = epoll_wait(fleet->epoll, events, 256, 1000);

        for (int i = 0; i < ready; i++) {
            struct terminal *terminal =
                &fleet->terminals[events[i].data.u64 / 2];

            if (events[i].data.u64 % 2 == 0 && take_feed(terminal)) {
                got++;
                last = terminal->got_us;
            } else if (events[i].data.u64 % 2 == 1) {
                (void)readable(terminal->desk);
            }
        }
        if (clock_monotonic_ms() > until)
            give_up("an alert did not reach every terminal");
    }
    return last;
}

static size_t take_replies(struct terminal *terminal,
                           bool (*check)(const uint8_t *reply, size_t size))
{
    size_t count = 0;

    while (readable(terminal->desk)) {
        uint8_t reply[4096];
        int size = zmq_recv(terminal->desk, reply, sizeof reply, 0);

        if (size < 0 || (check != NULL && !check(reply, (size_t)size)))
            give_up("a terminal was refused");
        count++;
    }
    return count;
}

int64_t fleet_ask_all(struct fleet *fleet,
                      size_t (*make)(const struct terminal *terminal,
                                     size_t number, void *arg, uint8_t *out),
                      bool (*check)(const uint8_t *reply, size_t size),
                      void *arg)
{
    struct epoll_event events[256];
    int64_t until = clock_monotonic_ms() + PATIENCE_MS;
    size_t replies = 0;

    for (size_t i = 0; i < fleet->count; i++) {
        uint8_t request[1024];
        size_t size = make(&fleet->terminals[i], i, arg, request);

        (void)zmq_send(fleet->terminals[i].desk, request, size, 0);
        replies += take_replies(&fleet->terminals[i], check);
    }
    while (replies < fleet->count) {
        int ready = epoll_wait(fleet->epoll, events, 256, 1000);

        for (int i = 0; i < ready; i++) {
            struct terminal *terminal =
                &fleet->terminals[events[i].data.u64 / 2];

            if (events[i].data.u64 % 2 == 1)
                replies += take_replies(terminal, check);
            else
                (void)take_feed(terminal);
        }
        if (clock_monotonic_ms() > until)
            give_up("not every terminal was answered");
    }
    return clock_monotonic_us();
}

static void prepare(struct fleet *fleet, size_t count)
{
    memset(fleet, 0, sizeof *fleet);
    fleet->context = zmq_ctx_new();
    (void)zmq_ctx_set(fleet->context, ZMQ_MAX_SOCKETS, (int)count * 2 + 100);
    (void)zmq_ctx_set(fleet->context, ZMQ_IO_THREADS, FLEET_IO_THREADS);
    fleet->terminals = must_calloc(count, sizeof *fleet->terminals);
    fleet->count = count;
    fleet->epoll = epoll_create1(EPOLL_CLOEXEC);
    for (size_t i = 0; i < count; i++)
        keypair_make(&fleet->terminals[i].key);
}

static void enrol_one(struct line *line, struct terminal *terminal)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Enrol enrol = TOCSIN__V1__ENROL__INIT;
    Tocsin__V1__Principal principal = TOCSIN__V1__PRINCIPAL__INIT;
    Tocsin__V1__Point point = TOCSIN__V1__POINT__INIT;
    uint8_t id[16];
    uint8_t *bytes;
    size_t size;

    randombytes_buf(id, sizeof id);
    point.latitude = terminal->place.latitude;
    point.longitude = terminal->place.longitude;
    principal.id = terminal->place.id;
    principal.role = TOCSIN__V1__ROLE__ROLE_CHECKPOINT;
    principal.kind = terminal->place.kind;
    principal.name = terminal->place.id;
    principal.point = &point;
    principal.division = terminal->place.division;
    principal.public_key =
        (ProtobufCBinaryData){KEY_SIZE, terminal->key.public_key};
    enrol.principal = &principal;
    request.request_id = (ProtobufCBinaryData){sizeof id, id};
    request.body_case = TOCSIN__V1__REQUEST__BODY_ENROL;
    request.enrol = &enrol;
    bytes = encode(&request.base, &size);
    while (!line_send(line, bytes, size))
        line_wait(&line, 1, 10);
    free(bytes);
}

static void enrol_all(struct fleet *fleet, struct stand *stand)
{
    struct line_setup setup = {.kind = LINE_DESK,
                               .endpoint = stand->administrator.command,
                               .broker_key = stand->administrator.broker_key,
                               .key = &stand->administrator.key,
                               .frame_max = 65536,
                               .reconnect_ms = 20};
    struct line_message message;
    struct line *line;
    size_t sent = 0;
    size_t done = 0;

    if (line_open(&line, stand->context, &setup, NULL) != STATUS_OK)
        give_up("cannot connect the administrator");
    while (done < fleet->count) {
        while (sent < fleet->count && sent - done < 100)
            enrol_one(line, &fleet->terminals[sent++]);
        line_wait(&line, 1, 1000);
        for (; line_receive(line, &message); done++) {
            Tocsin__V1__Reply *reply =
                tocsin__v1__reply__unpack(NULL, message.size, message.body);

            if (reply == NULL ||
                reply->status != TOCSIN__V1__STATUS__STATUS_RECORDED)
                give_up("a terminal was not enrolled");
            tocsin__v1__reply__free_unpacked(reply, NULL);
        }
    }
    line_close(line);
}

void fleet_enrol_dark(struct stand *stand, const struct place *places,
                      size_t count)
{
    struct fleet dark = {.count = count};

    dark.terminals = must_calloc(count + 1, sizeof *dark.terminals);
    for (size_t i = 0; i < count; i++) {
        dark.terminals[i].place = places[i];
        keypair_make(&dark.terminals[i].key);
    }
    enrol_all(&dark, stand);
    free(dark.terminals);
}

static size_t make_heartbeat(const struct terminal *terminal, size_t number,
                             void *arg, uint8_t *out)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Heartbeat heartbeat = TOCSIN__V1__HEARTBEAT__INIT;
    uint8_t id[16];

    (void)terminal;
    (void)number;
    (void)arg;
    randombytes_buf(id, sizeof id);
    request.request_id = (ProtobufCBinaryData){sizeof id, id};
    request.body_case = TOCSIN__V1__REQUEST__BODY_HEARTBEAT;
    request.heartbeat = &heartbeat;
    return tocsin__v1__request__pack(&request, out);
}

void fleet_open(struct fleet *fleet, struct stand *stand,
                const struct place *places, size_t count)
{
    uint8_t server[KEY_SIZE];
    struct bare_endpoints where = {stand->administrator.feed,
                                   stand->administrator.field, server};

    prepare(fleet, count);
    if (!key_curve_public(stand->administrator.broker_key, server))
        give_up("the broker's key");
    for (size_t i = 0; i < count; i++)
        fleet->terminals[i].place = places[i];
    enrol_all(fleet, stand);
    for (size_t i = 0; i < count; i++)
        connect_terminal(fleet, i, &where);
    await_beacons(fleet);
    (void)fleet_ask_all(fleet, make_heartbeat, NULL, NULL);
}

void fleet_open_bare(struct fleet *fleet, const struct bare_endpoints *where,
                     size_t count)
{
    prepare(fleet, count);
    for (size_t i = 0; i < count; i++) {
        strcpy(fleet->terminals[i].place.division, "440305");
        connect_terminal(fleet, i, where);
    }
    await_beacons(fleet);
    (void)fleet_ask_all(fleet, make_heartbeat, NULL, NULL);
}

void fleet_close(struct fleet *fleet)
{
    for (size_t i = 0; i < fleet->count; i++) {
        (void)zmq_close(fleet->terminals[i].feed);
        (void)zmq_close(fleet->terminals[i].desk);
        free(fleet->terminals[i].message);
    }
    (void)close(fleet->epoll);
    (void)zmq_ctx_term(fleet->context);
    free(fleet->terminals);
}
