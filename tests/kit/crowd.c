/**
 * Thousands of checkpoints in one process: real terminal cores, each with two
 * connections and CURVE handshakes of its own; only their store keeps nothing.
 *
 *   crowd BUNDLES SOURCE
 *
 * Names of bundles come on standard input, one a line, then an empty line; each
 * line after it ("mark") makes it forget who was complete and what has arrived.
 * Says, whenever it changes, "complete N" (terminals whose picture is the
 * centre's, since the last mark) and "arrived N worst MS": how many alerts have
 * come since then, and the longest way of one of them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <sodium.h>
#include <zmq.h>

#include "base/clock.h"
#include "terminal/core.h"
#include "wire/topic.h"

#define TICK_MS 50

struct member {
    struct bundle bundle;
    struct terminal *core;
    void *feed;
    void *desk;
    bool up;
    bool complete;
};

struct crowd {
    void *context;
    const char *source;
    struct member *members;
    size_t count;
    size_t told; /* complete, as last said */
    int epoll;
    size_t arrived; /* alerts since the mark, at those that read */
    size_t arrived_told;
    int64_t worst_ms;
    int64_t marked_ms;
};

_Noreturn static void give_up(const char *what)
{
    fprintf(stderr, "crowd: %s: %s\n", what, zmq_strerror(errno));
    exit(1);
}

static struct moment moment(void)
{
    return (struct moment){clock_monotonic_ms(), clock_wall_ms()};
}

/* ---- a store that keeps nothing ------------------------------------------ */

static void keep(void *arg, const struct holding *holding, struct blob document)
{
    (void)arg;
    (void)holding;
    (void)document;
}

static bool keep_picture(void *arg, const struct holding *holding,
                         struct blob image)
{
    keep(arg, holding, image);
    return true;
}

static void strip(void *arg, const char *alert_id)
{
    (void)arg;
    (void)alert_id;
}

static bool load(void *arg, const char *alert_id,
                 void (*give)(void *to, struct blob document,
                              struct blob thumbnail),
                 void *to)
{
    (void)arg;
    (void)alert_id;
    (void)give;
    (void)to;
    return false;
}

static void keep_word(void *arg, const struct answer_word *word)
{
    (void)arg;
    (void)word;
}

static void say_again(void *arg)
{
    (void)arg;
}

static void keep_thumbnail(void *arg, const char *alert_id, struct blob image)
{
    (void)arg;
    (void)alert_id;
    (void)image;
}

static void keep_state(void *arg, const struct terminal_state *state)
{
    (void)arg;
    (void)state;
}

/* What the machine says goes out at once, and is not sent again. */
static void queue(void *arg, const struct machine_answer *answer)
{
    const struct member *member = arg;

    (void)zmq_send(member->desk, answer->request.data, answer->request.size,
                   ZMQ_DONTWAIT);
}

static void end_answer(void *arg, const struct answer_end *end)
{
    (void)arg;
    (void)end;
}

static bool next_answer(void *arg, enum lane_of lane, int64_t after,
                        struct queued_answer *out)
{
    (void)arg;
    (void)lane;
    (void)after;
    (void)out;
    return false;
}

static enum status commit(void *arg, struct diag *why)
{
    (void)arg;
    (void)why;
    return STATUS_OK;
}

/* ---- the port ------------------------------------------------------------ */

static struct crowd crowd;

static bool on_send(void *arg, const uint8_t *bytes, size_t size)
{
    const struct member *member = arg;

    return zmq_send(member->desk, bytes, size, ZMQ_DONTWAIT) >= 0;
}

static void on_changed(void *arg, enum terminal_change change,
                       const char *alert_id)
{
    const struct member *member = arg;
    const struct holding *holding;
    int64_t took_ms;

    if (change != TERMINAL_NEW)
        return;
    holding = terminal_holding(member->core, alert_id);
    took_ms = clock_wall_ms() - holding->recorded_ms;
    if (holding->recorded_ms < crowd.marked_ms)
        return;
    crowd.arrived++;
    if (took_ms > crowd.worst_ms)
        crowd.worst_ms = took_ms;
}

static void on_note(void *arg, enum log_level level, const char *event,
                    const char *text)
{
    (void)arg;
    (void)level;
    (void)event;
    (void)text;
}

static void on_random(void *arg, void *out, size_t size)
{
    (void)arg;
    randombytes_buf(out, size);
}

/* ---- opening ------------------------------------------------------------- */

static void set_number(void *zsocket, int option, int value)
{
    if (zmq_setsockopt(zsocket, option, &value, sizeof value) != 0)
        give_up("option");
}

static void *open_socket(const struct member *member, int type)
{
    void *zsocket = zmq_socket(crowd.context, type);
    const struct bundle *bundle = &member->bundle;
    uint8_t secret[KEY_SIZE];
    uint8_t public_key[KEY_SIZE];
    uint8_t server[KEY_SIZE];

    keypair_curve_secret(&bundle->key, secret);
    if (zsocket == NULL ||
        !key_curve_public(bundle->key.public_key, public_key) ||
        !key_curve_public(bundle->broker_key, server) ||
        zmq_setsockopt(zsocket, ZMQ_CURVE_SERVERKEY, server, KEY_SIZE) != 0 ||
        zmq_setsockopt(zsocket, ZMQ_CURVE_PUBLICKEY, public_key, KEY_SIZE) !=
            0 ||
        zmq_setsockopt(zsocket, ZMQ_CURVE_SECRETKEY, secret, KEY_SIZE) != 0)
        give_up("keys");
    set_number(zsocket, ZMQ_LINGER, 0);
    /* as link/client.c has them */
    set_number(zsocket, ZMQ_CONNECT_TIMEOUT, 10000);
    set_number(zsocket, ZMQ_HANDSHAKE_IVL, 15000);
    set_number(zsocket, ZMQ_HEARTBEAT_IVL, 5000);
    set_number(zsocket, ZMQ_HEARTBEAT_TIMEOUT, 10000);
    set_number(zsocket, ZMQ_RECONNECT_IVL,
               1000 + (int)randombytes_uniform(4000));
    if (type == ZMQ_SUB) {
        set_number(zsocket, ZMQ_RCVHWM, 0);
        set_number(zsocket, ZMQ_RCVBUF, 4096);
    } else {
        set_number(zsocket, ZMQ_IMMEDIATE, 1);
    }
    return zsocket;
}

static void connect_to(void *zsocket, const char *endpoint)
{
    char from[200];

    snprintf(from, sizeof from, "tcp://%s:0;%s", crowd.source,
             endpoint + strlen("tcp://"));
    if (zmq_connect(zsocket, from) != 0)
        give_up(from);
}

static void listen_on(void *zsocket, uint64_t tag)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = tag};
    size_t size = sizeof event.data.fd;
    int fd;

    if (zmq_getsockopt(zsocket, ZMQ_FD, &fd, &size) != 0 ||
        epoll_ctl(crowd.epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        give_up("listening");
}

static void make_core(struct member *member)
{
    const struct bundle *bundle = &member->bundle;
    struct terminal_setup setup = {
        .node = bundle->id,
        .division = bundle->division,
        .place = {.point = {bundle->latitude, bundle->longitude},
                  .has_point = true,
                  .kind = bundle->kind},
        .authority = bundle->authority,
        .software = "crowd"};
    struct terminal_port port = {.arg = member,
                                 .send = on_send,
                                 .changed = on_changed,
                                 .note = on_note,
                                 .random = on_random};
    struct terminal_store store = {.arg = member,
                                   .keep = keep,
                                   .strip = strip,
                                   .drop = strip,
                                   .keep_thumbnail = keep_thumbnail,
                                   .keep_picture = keep_picture,
                                   .keep_state = keep_state,
                                   .queue = queue,
                                   .end_answer = end_answer,
                                   .load = load,
                                   .keep_word = keep_word,
                                   .say_again = say_again,
                                   .next_answer = next_answer,
                                   .commit = commit};

    member->core = terminal_new(&setup, &port, &store);
}

static void join(struct member *member, size_t number)
{
    char topics[OWN_TOPICS][TOPIC_MAX];

    topics_of(topics, member->bundle.division);
    make_core(member);
    member->feed = open_socket(member, ZMQ_SUB);
    member->desk = open_socket(member, ZMQ_DEALER);
    for (int i = 0; i < OWN_TOPICS; i++)
        (void)zmq_setsockopt(member->feed, ZMQ_SUBSCRIBE, topics[i],
                             strlen(topics[i]));
    connect_to(member->feed, member->bundle.feed);
    connect_to(member->desk, member->bundle.field);
    listen_on(member->feed, number * 2);
    listen_on(member->desk, number * 2 + 1);
}

/* ---- running ------------------------------------------------------------- */

static bool has(void *zsocket, int what)
{
    int events;
    size_t size = sizeof events;

    return zmq_getsockopt(zsocket, ZMQ_EVENTS, &events, &size) == 0 &&
           (events & what) != 0;
}

static void settle(struct member *member, struct moment now)
{
    struct terminal_standing standing;

    if (terminal_settle(member->core, now, NULL) != STATUS_OK)
        give_up("settling");
    terminal_standing(member->core, now, &standing);
    member->complete =
        member->complete ||
        (standing.complete && standing.picture_ms >= crowd.marked_ms);
}

static void take_feed(struct member *member)
{
    while (has(member->feed, ZMQ_POLLIN)) {
        struct feed_frames frames;
        zmq_msg_t topic;
        zmq_msg_t body;

        (void)zmq_msg_init(&topic);
        (void)zmq_msg_init(&body);
        if (zmq_msg_recv(&topic, member->feed, 0) < 0 ||
            zmq_msg_recv(&body, member->feed, 0) < 0)
            give_up("feed");
        frames.topic =
            (struct blob){zmq_msg_data(&topic), zmq_msg_size(&topic)};
        frames.body = (struct blob){zmq_msg_data(&body), zmq_msg_size(&body)};
        terminal_feed(member->core, &frames, moment());
        (void)zmq_msg_close(&topic);
        (void)zmq_msg_close(&body);
    }
}

static void take_desk(struct member *member)
{
    bool up;

    while (has(member->desk, ZMQ_POLLIN)) {
        zmq_msg_t reply;

        (void)zmq_msg_init(&reply);
        if (zmq_msg_recv(&reply, member->desk, 0) < 0)
            give_up("desk");
        terminal_reply(
            member->core,
            (struct blob){zmq_msg_data(&reply), zmq_msg_size(&reply)},
            moment());
        (void)zmq_msg_close(&reply);
    }
    up = has(member->desk, ZMQ_POLLOUT);
    if (up && !member->up)
        terminal_connected(member->core, moment());
    else if (!up && member->up)
        terminal_lost(member->core, false, moment());
    member->up = up;
}

static void look_at(struct member *member)
{
    take_feed(member);
    take_desk(member);
    settle(member, moment());
}

static void tell(void)
{
    size_t complete = 0;

    for (size_t i = 0; i < crowd.count; i++)
        complete += crowd.members[i].complete;
    if (complete != crowd.told)
        printf("complete %zu\n", complete);
    crowd.told = complete;
}

/* All in turn within a second: heartbeats, pauses that are over, and sockets
 * whose edge was missed. */
static void tick(void)
{
    static size_t next;
    static int64_t told_ms;
    int64_t now = clock_monotonic_ms();
    size_t share = crowd.count * TICK_MS / 1000 + 1;

    for (size_t i = 0; i < share; i++) {
        struct member *member = &crowd.members[next++ % crowd.count];

        terminal_tick(member->core, moment());
        look_at(member);
    }
    if (crowd.arrived != crowd.arrived_told)
        printf("arrived %zu worst %lld\n", crowd.arrived,
               (long long)crowd.worst_ms);
    crowd.arrived_told = crowd.arrived;
    if (now - told_ms >= 1000) {
        told_ms = now;
        tell();
    }
    (void)fflush(stdout);
}

static void mark(void)
{
    crowd.marked_ms = clock_wall_ms();
    crowd.worst_ms = 0;
    crowd.arrived = crowd.arrived_told = 0;
    crowd.told = crowd.count + 1;
    for (size_t i = 0; i < crowd.count; i++)
        crowd.members[i].complete = false;
    printf("done mark\n");
    (void)fflush(stdout);
}

static void run(void)
{
    struct epoll_event events[256];
    int64_t due = 0;
    char order[100];

    for (;;) {
        int ready = epoll_wait(crowd.epoll, events, 256, TICK_MS / 2);

        for (int i = 0; i < ready; i++) {
            if (events[i].data.u64 == UINT64_MAX) {
                if (fgets(order, sizeof order, stdin) == NULL)
                    return;
                mark();
            } else {
                look_at(&crowd.members[events[i].data.u64 / 2]);
            }
        }
        if (clock_monotonic_ms() >= due) {
            tick();
            due = clock_monotonic_ms() + TICK_MS;
        }
    }
}

static void gather(const char *folder)
{
    char name[100];
    char path[4200];
    struct diag why = {0};

    while (fgets(name, sizeof name, stdin) != NULL && name[0] != '\n') {
        struct member *member;

        name[strcspn(name, "\n")] = '\0';
        crowd.members =
            must_realloc(crowd.members, crowd.count + 1, sizeof *crowd.members);
        member = &crowd.members[crowd.count++];
        memset(member, 0, sizeof *member);
        snprintf(path, sizeof path, "%s/%s.json", folder, name);
        if (bundle_load(&member->bundle, path, NULL, &why) != STATUS_OK)
            give_up(why.text);
    }
}

int main(int argc, char **argv)
{
    struct epoll_event orders = {.events = EPOLLIN, .data.u64 = UINT64_MAX};
    struct rlimit limit;

    if (argc != 3)
        give_up("usage: crowd BUNDLES SOURCE");
    keys_start();
    (void)getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    setvbuf(stdin, NULL, _IONBF, 0);
    crowd.source = argv[2];
    crowd.context = zmq_ctx_new();
    (void)zmq_ctx_set(crowd.context, ZMQ_MAX_SOCKETS, 20000);
    (void)zmq_ctx_set(crowd.context, ZMQ_IO_THREADS, 2);
    crowd.epoll = epoll_create1(EPOLL_CLOEXEC);
    gather(argv[1]);
    crowd.told = crowd.count + 1;
    (void)epoll_ctl(crowd.epoll, EPOLL_CTL_ADD, STDIN_FILENO, &orders);
    for (size_t i = 0; i < crowd.count; i++)
        join(&crowd.members[i], i);
    run();
    _exit(0); /* thousands of sockets need no farewell */
}
