#define _GNU_SOURCE
#include "fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <sodium.h>

#include "base/clock.h"
#include "contender.h"
#include "wire/decode.h"
#include "wire/topic.h"

#define PATIENCE_MS 120000
#define UNDER_WAY_MAX 500 /* connections that shake hands at the same time */

/* ---- what comes in ------------------------------------------------------- */

struct hearing {
    struct fleet *fleet;
    struct terminal *terminal;
};

static void take_payload(struct fleet *fleet, struct terminal *terminal,
                         const uint8_t *bytes, size_t size)
{
    if (strcmp(terminal->topic, BEACON_TOPIC) == 0) {
        fleet->beacons += !terminal->beacon;
        terminal->beacon = true;
        return;
    }
    if (terminal->got_us != 0)
        return;
    terminal->got_us =
        terminals_apart ? terminal->feed.came_us : clock_monotonic_us();
    terminal->size = size;
    memcpy(terminal->alert_topic, terminal->topic, sizeof terminal->topic);
    free(terminal->message);
    terminal->message = must_memdup(bytes, size);
    fleet->got++;
}

static void take_feed(void *arg, struct peer *peer, bool more,
                      const uint8_t *bytes, size_t size)
{
    struct hearing *hearing = arg;
    struct terminal *terminal = hearing->terminal;

    (void)peer;
    if (terminal->topic_next) {
        take_payload(hearing->fleet, terminal, bytes, size);
    } else {
        size_t length = size < sizeof terminal->topic - 1
                            ? size
                            : sizeof terminal->topic - 1;

        memcpy(terminal->topic, bytes, length);
        terminal->topic[length] = '\0';
    }
    terminal->topic_next = more;
}

static void take_desk(void *arg, struct peer *peer, bool more,
                      const uint8_t *bytes, size_t size)
{
    struct hearing *hearing = arg;
    struct terminal *terminal = hearing->terminal;

    (void)peer;
    (void)more;
    terminal->frame_size = size < FRAME_MAX ? size : FRAME_MAX;
    memcpy(terminal->frame, bytes, terminal->frame_size);
    hearing->fleet->replies++;
}

static void subscribe(struct terminal *terminal)
{
    char topics[OWN_TOPICS][TOPIC_MAX];

    topics_of(topics, terminal->place.division);
    for (int i = 0; i < OWN_TOPICS; i++) {
        uint8_t message[TOPIC_MAX + 1] = {1};
        size_t size = strlen(topics[i]);

        memcpy(message + 1, topics[i], size);
        peer_send(&terminal->feed, message, size + 1);
    }
}

static void hear_one(struct fleet *fleet, uint64_t tag)
{
    struct terminal *terminal = &fleet->terminals[tag / 2];
    struct hearing hearing = {fleet, terminal};
    bool feed = tag % 2 == 0;

    if (!peer_read(feed ? &terminal->feed : &terminal->desk,
                   feed ? take_feed : take_desk, &hearing))
        return;
    fleet->up++;
    if (feed)
        subscribe(terminal);
    else
        peer_send(&terminal->desk, terminal->frame, terminal->frame_size);
}

/* What comes within ms; false: nothing. */
static bool hear(struct fleet *fleet, int ms)
{
    struct epoll_event events[512];
    int ready = epoll_wait(fleet->epoll, events, 512, ms);

    for (int i = 0; i < ready; i++)
        hear_one(fleet, events[i].data.u64);
    return ready > 0;
}

/* What came while nobody listened must not be read in what is timed next. */
static void catch_up(struct fleet *fleet)
{
    while (hear(fleet, 0))
        continue;
}

static void hear_until(struct fleet *fleet, const size_t *count, size_t goal,
                       const char *otherwise)
{
    int64_t until = clock_monotonic_ms() + PATIENCE_MS;

    while (*count < goal) {
        (void)hear(fleet, 1000);
        if (clock_monotonic_ms() > until)
            give_up(otherwise);
    }
}

void fleet_begin_turn(struct fleet *fleet, pid_t server)
{
    catch_up(fleet);
    fleet->beacons = 0;
    for (size_t i = 0; i < fleet->count; i++)
        fleet->terminals[i].beacon = false;
    go_on(server);
    hear_until(fleet, &fleet->beacons, fleet->count, "a beacon is missing");
    await_rest(server);
    catch_up(fleet);
}

void fleet_forget(struct fleet *fleet)
{
    fleet->got = 0;
    for (size_t i = 0; i < fleet->count; i++)
        fleet->terminals[i].got_us = 0;
}

void fleet_await_alert(struct fleet *fleet, pid_t server)
{
    if (terminals_apart)
        await_rest(server);
    hear_until(fleet, &fleet->got, fleet->count,
               "an alert did not reach every terminal");
}

void fleet_times(const struct fleet *fleet, int64_t start_us,
                 struct outcome *outcome)
{
    int64_t *all = must_calloc(fleet->count, sizeof *all);

    for (size_t i = 0; i < fleet->count; i++)
        all[i] = fleet->terminals[i].got_us;
    outcome_times(outcome, all, fleet->count, start_us);
    free(all);
}

void fleet_prepare(struct fleet *fleet,
                   size_t (*make)(const struct terminal *terminal, void *arg,
                                  uint8_t *out),
                   void *arg)
{
    for (size_t i = 0; i < fleet->count; i++) {
        struct terminal *terminal = &fleet->terminals[i];

        terminal->frame_size = make(terminal, arg, terminal->frame);
        if (terminal->frame_size > FRAME_MAX)
            give_up("a request is larger than foreseen");
    }
}

void fleet_ask_all(struct fleet *fleet)
{
    fleet->replies = 0;
    for (size_t i = 0; i < fleet->count; i++) {
        struct terminal *terminal = &fleet->terminals[i];

        peer_send(&terminal->desk, terminal->frame, terminal->frame_size);
        if (i % 64 == 63)
            (void)hear(fleet, 0);
    }
    hear_until(fleet, &fleet->replies, fleet->count,
               "not every terminal was answered");
}

/* Those that are due, and what each of them is told. */
static size_t ask_due(struct fleet *fleet, const struct asking *asking,
                      int64_t due_ms[])
{
    int64_t now_ms = clock_monotonic_ms();
    uint32_t *asked = must_calloc(fleet->count, sizeof *asked);
    size_t count = 0;
    size_t settled = 0;

    fleet->replies = 0;
    for (uint32_t i = 0; i < fleet->count; i++) {
        struct terminal *terminal = &fleet->terminals[i];

        if (due_ms[i] > now_ms)
            continue;
        terminal->frame_size =
            asking->make(terminal, asking->arg, terminal->frame);
        peer_send(&terminal->desk, terminal->frame, terminal->frame_size);
        asked[count++] = i;
        if (count % 64 == 63)
            (void)hear(fleet, 0);
    }
    hear_until(fleet, &fleet->replies, count, "a terminal was not answered");
    now_ms = clock_monotonic_ms();
    for (size_t i = 0; i < count; i++) {
        const struct terminal *terminal = &fleet->terminals[asked[i]];
        int64_t pause_ms =
            asking->pause_ms(terminal->frame, terminal->frame_size);

        settled += pause_ms < 0;
        due_ms[asked[i]] = pause_ms < 0 ? INT64_MAX : now_ms + pause_ms;
    }
    free(asked);
    return settled;
}

size_t fleet_ask_until(struct fleet *fleet, const struct asking *asking,
                       int64_t *answered_us)
{
    int64_t *due_ms = must_calloc(fleet->count, sizeof *due_ms);
    size_t left;
    size_t put_off;

    left = put_off = fleet->count - ask_due(fleet, asking, due_ms);
    *answered_us = clock_monotonic_us();
    while (left > 0) {
        (void)hear(fleet, 5);
        left -= ask_due(fleet, asking, due_ms);
    }
    free(due_ms);
    return put_off;
}

void fleet_check(const struct fleet *fleet,
                 bool (*good)(const uint8_t *reply, size_t size))
{
    for (size_t i = 0; i < fleet->count; i++) {
        if (!good(fleet->terminals[i].frame, fleet->terminals[i].frame_size))
            give_up("a terminal was refused");
    }
}

/* ---- enrolling ----------------------------------------------------------- */

static void enrol_one(struct line *line, const struct terminal *terminal)
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
    principal.id = (char *)(uintptr_t)terminal->place.id;
    principal.role = TOCSIN__V1__ROLE__ROLE_CHECKPOINT;
    principal.kind = terminal->place.kind;
    principal.name = (char *)(uintptr_t)terminal->place.id;
    principal.point = &point;
    principal.division = (char *)(uintptr_t)terminal->place.division;
    principal.public_key = (ProtobufCBinaryData){
        KEY_SIZE, (uint8_t *)(uintptr_t)terminal->key.public_key};
    enrol.principal = &principal;
    request.request_id = (ProtobufCBinaryData){sizeof id, id};
    request.body_case = TOCSIN__V1__REQUEST__BODY_ENROL;
    request.enrol = &enrol;
    bytes = encode(&request.base, &size);
    while (!line_send(line, bytes, size))
        line_wait(&line, 1, 10);
    free(bytes);
}

void fleet_enrol(const struct fleet *fleet, struct stand *stand)
{
    struct line_setup setup = {.kind = LINE_DESK,
                               .endpoint = stand->administrator.command,
                               .broker_key = stand->administrator.broker_key,
                               .key = &stand->administrator.key,
                               .frame_max = 65536,
                               .reconnect_ms = 20};
    struct line_message message;
    struct line *line;
    int64_t until = clock_monotonic_ms() + PATIENCE_MS;
    size_t sent = 0;
    size_t done = 0;

    if (line_open(&line, stand->context, &setup, NULL) != STATUS_OK)
        give_up("cannot connect the administrator");
    while (done < fleet->count) {
        if (clock_monotonic_ms() > until)
            give_up("the fleet was not enrolled in time");
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

/* ---- connecting ---------------------------------------------------------- */

void fleet_make(struct fleet *fleet, const struct place *places, size_t count)
{
    memset(fleet, 0, sizeof *fleet);
    fleet->terminals = must_calloc(count + 1, sizeof *fleet->terminals);
    fleet->count = count;
    fleet->epoll = epoll_create1(EPOLL_CLOEXEC);
    for (size_t i = 0; i < count; i++) {
        struct terminal *terminal = &fleet->terminals[i];

        terminal->place = places[i];
        keypair_make(&terminal->key);
        keypair_curve_secret(&terminal->key, terminal->identity.secret);
        if (!key_curve_public(terminal->key.public_key,
                              terminal->identity.public_key))
            give_up("a key");
    }
}

static void listen_to(const struct fleet *fleet, const struct peer *peer,
                      uint64_t tag)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = tag};

    if (epoll_ctl(fleet->epoll, EPOLL_CTL_ADD, peer->fd, &event) != 0)
        give_up("cannot listen");
}

static size_t make_heartbeat(const struct terminal *terminal, void *arg,
                             uint8_t *out)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Heartbeat heartbeat = TOCSIN__V1__HEARTBEAT__INIT;
    uint8_t id[16];

    (void)terminal;
    (void)arg;
    randombytes_buf(id, sizeof id);
    request.request_id = (ProtobufCBinaryData){sizeof id, id};
    request.body_case = TOCSIN__V1__REQUEST__BODY_HEARTBEAT;
    request.heartbeat = &heartbeat;
    return tocsin__v1__request__pack(&request, out);
}

void fleet_connect(struct fleet *fleet, const struct server *server)
{
    struct sockaddr_in feed = peer_address(server->feed);
    struct sockaddr_in desk = peer_address(server->desk);
    int64_t began;

    fleet_prepare(fleet, make_heartbeat, NULL); /* said when the line is up */
    fleet->replies = 0;
    began = clock_monotonic_us();
    for (size_t i = 0; i < fleet->count; i++) {
        struct terminal *terminal = &fleet->terminals[i];

        peer_open(&terminal->feed, &feed, "SUB", &terminal->identity,
                  server->key);
        listen_to(fleet, &terminal->feed, 2 * i);
        peer_open(&terminal->desk, &desk, "DEALER", &terminal->identity,
                  server->key);
        listen_to(fleet, &terminal->desk, 2 * i + 1);
        while (2 * i + 2 - fleet->up > UNDER_WAY_MAX)
            (void)hear(fleet, 1000);
    }
    hear_until(fleet, &fleet->up, 2 * fleet->count, "a handshake is missing");
    fleet->connect_ms = (double)(clock_monotonic_us() - began) / 1000;
    hear_until(fleet, &fleet->replies, fleet->count,
               "not every terminal was answered");
    hear_until(fleet, &fleet->beacons, fleet->count, "a beacon is missing");
}

void fleet_close(struct fleet *fleet)
{
    for (size_t i = 0; i < fleet->count; i++) {
        if (fleet->terminals[i].feed.server != NULL) {
            peer_close(&fleet->terminals[i].feed);
            peer_close(&fleet->terminals[i].desk);
        }
        free(fleet->terminals[i].message);
    }
    (void)close(fleet->epoll);
    free(fleet->terminals);
}
