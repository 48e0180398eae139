/* Redis, unencrypted: XADD into a file that is fsynced each time, then PUBLISH
 * to a plain connection for each terminal. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/clock.h"
#include "contender.h"

#define PORT 5573
#define PATIENCE_MS 60000

struct subscriber {
    int fd;
    size_t had; /* bytes of this round */
    int64_t got_us;
};

struct redis {
    char folder[64];
    char host[32];
    pid_t server;
    struct subscriber *subscribers;
    size_t count;
    int publisher;
    int epoll;
};

static int connect_to(const struct redis *redis)
{
    char endpoint[64];
    struct sockaddr_in to;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(endpoint, sizeof endpoint, "tcp://%s:%d", redis->host, PORT);
    to = peer_address(endpoint);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static void start_server(struct redis *redis)
{
    char port[10];
    int64_t until = clock_monotonic_ms() + PATIENCE_MS;

    strcpy(redis->folder, "/tmp/tocsin-bench.XXXXXX");
    if (mkdtemp(redis->folder) == NULL)
        give_up("no temporary folder");
    snprintf(redis->host, sizeof redis->host, "127.92.%u.%u",
             randombytes_uniform(250) + 1, randombytes_uniform(250) + 1);
    snprintf(port, sizeof port, "%d", PORT);
    redis->server = fork();
    if (redis->server == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* as child_start does */
        (void)!freopen("/dev/null", "w", stdout);
        execlp("redis-server", "redis-server", "--port", port, "--bind",
               redis->host, "--dir", redis->folder, "--save", "",
               "--appendonly", "yes", "--appendfsync", "always", "--maxclients",
               "12000", "--tcp-backlog", "4096", "--protected-mode", "no",
               (char *)NULL);
        _exit(127);
    }
    while ((redis->publisher = connect_to(redis)) < 0) {
        if (clock_monotonic_ms() > until)
            give_up("redis-server does not start");
        (void)usleep(20000);
    }
}

static void say(int fd, const char *bytes, size_t size)
{
    if (send(fd, bytes, size, MSG_NOSIGNAL) != (ssize_t)size)
        give_up("redis takes no more");
}

/* A reply of at least this many bytes, which are not looked at further. */
static void hear(int fd, size_t least)
{
    char reply[400];
    size_t had = 0;

    while (had < least) {
        ssize_t got = recv(fd, reply, sizeof reply, 0);

        if (got <= 0)
            give_up("redis has hung up");
        had += (size_t)got;
    }
}

static void *open_redis(size_t count, struct outcome *outcome)
{
    static const char subscribe[] = "SUBSCRIBE a\r\n";
    struct redis *redis = must_calloc(1, sizeof *redis);
    int64_t start;
    double kib;

    start_server(redis);
    redis->count = count;
    redis->subscribers = must_calloc(count, sizeof *redis->subscribers);
    redis->epoll = epoll_create1(EPOLL_CLOEXEC);
    kib = process_kib(redis->server);
    start = clock_monotonic_us();
    for (size_t i = 0; i < count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u64 = i};
        int fd = connect_to(redis);

        if (fd < 0 || epoll_ctl(redis->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
            give_up("cannot connect to redis");
        redis->subscribers[i].fd = fd;
        note_arrivals(fd);
        say(fd, subscribe, sizeof subscribe - 1);
        hear(fd, strlen("*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n"));
    }
    outcome->handshakes =
        (double)count * 1e6 / (double)(clock_monotonic_us() - start);
    outcome->kib = (process_kib(redis->server) - kib) / (double)count;
    stand_still(redis->server);
    return redis;
}

static void hear_all(struct redis *redis, size_t size)
{
    static char room[1 << 16];
    struct epoll_event events[512];
    int64_t until = clock_monotonic_ms() + PATIENCE_MS;
    size_t got = 0;

    if (terminals_apart)
        await_rest(redis->server);
    while (got < redis->count) {
        int ready = epoll_wait(redis->epoll, events, 512, 1000);

        for (int i = 0; i < ready; i++) {
            struct subscriber *who = &redis->subscribers[events[i].data.u64];
            int64_t came_us;
            ssize_t bytes = receive(who->fd, room, sizeof room, &came_us);

            if (bytes <= 0)
                continue;
            who->had += (size_t)bytes;
            if (who->had < size)
                continue;
            who->got_us = came_us;
            who->had -= size;
            got++;
        }
        if (clock_monotonic_ms() > until)
            give_up("redis did not reach everyone");
    }
}

static size_t push(char *out, const char *head, const uint8_t *bytes,
                   size_t size)
{
    size_t used = (size_t)sprintf(out, "%s$%zu\r\n", head, size);

    memcpy(out + used, bytes, size);
    memcpy(out + used + size, "\r\n", 2);
    return used + size + 2;
}

/* What PUBLISH sends to each subscriber. */
static size_t pushed_size(size_t message)
{
    char head[64];

    return strlen("*3\r\n$7\r\nmessage\r\n$1\r\na\r\n") +
           (size_t)snprintf(head, sizeof head, "$%zu\r\n", message) + message +
           2;
}

static void publish(const struct redis *redis, const uint8_t *bytes,
                    size_t message)
{
    char command[9000];

    say(redis->publisher, command,
        push(command, "*3\r\n$7\r\nPUBLISH\r\n$1\r\na\r\n", bytes, message));
}

/* As the others' turns do, with something that each subscriber hears. */
static void begin_turn(struct redis *redis)
{
    static const uint8_t beacon[50];

    go_on(redis->server);
    publish(redis, beacon, sizeof beacon);
    hear_all(redis, pushed_size(sizeof beacon));
    hear(redis->publisher, 3);
    await_rest(redis->server);
}

static void alert(void *self, size_t message, struct outcome *outcome)
{
    struct redis *redis = self;
    struct effort effort;
    int64_t *all = must_calloc(redis->count, sizeof *all);
    uint8_t *bytes = must_calloc(1, message + 1);
    char command[9000];
    size_t size;
    int64_t start;

    randombytes_buf(bytes, message);
    begin_turn(redis);
    effort = effort_begin(redis->server);
    start = clock_monotonic_us();
    size =
        push(command, "*5\r\n$4\r\nXADD\r\n$1\r\ns\r\n$1\r\n*\r\n$1\r\nm\r\n",
             bytes, message);
    say(redis->publisher, command, size);
    hear(redis->publisher, 10); /* its id: it is on the disk */
    publish(redis, bytes, message);
    hear_all(redis, pushed_size(message));
    for (size_t i = 0; i < redis->count; i++)
        all[i] = redis->subscribers[i].got_us;
    outcome_times(outcome, all, redis->count, start);
    effort_end(&effort, outcome);
    hear(redis->publisher, 3);
    stand_still(redis->server);
    free(bytes);
    free(all);
}

static void close_redis(void *self)
{
    struct redis *redis = self;
    struct child child = {.pid = redis->server};
    char command[120];

    for (size_t i = 0; i < redis->count; i++)
        (void)close(redis->subscribers[i].fd);
    (void)close(redis->publisher);
    (void)close(redis->epoll);
    child_stop(&child);
    snprintf(command, sizeof command, "rm -rf '%s'", redis->folder);
    (void)!system(command);
    free(redis->subscribers);
    free(redis);
}

const struct contender contender_redis = {"redis", open_redis, alert,
                                          NULL,    NULL,       close_redis};
