#include "link/feed_watch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/tcp.h>
#include <netinet/in.h>

#include "base/clock.h"
#include "base/status.h"

#define TICKS_A_ROUND 40
#define SHUNNED_MAX 1024 /* the oldest is forgotten first */

/* One connection. The peer's address and port tell whether the descriptor is
 * still the same one: libzmq closes and opens them on threads of its own. */
struct connection {
    struct sockaddr_storage peer;
    socklen_t peer_size; /* 0: none known here */
    uint8_t curve[KEY_SIZE];
    uint32_t frames;
    uint64_t taken; /* bytes that the peer has acknowledged */
    int64_t moved_ms;
};

struct shunned {
    uint8_t curve[KEY_SIZE];
    int64_t until_ms;
};

struct feed_watch {
    struct connection *connections; /* by descriptor */
    size_t room;
    size_t next; /* to be looked at */
    struct shunned shunned[SHUNNED_MAX];
    size_t shunned_count; /* ever */
};

struct feed_watch *feed_watch_new(void)
{
    return must_calloc(1, sizeof(struct feed_watch));
}

void feed_watch_free(struct feed_watch *watch)
{
    if (watch == NULL)
        return;
    free(watch->connections);
    free(watch);
}

static void make_room(struct feed_watch *watch, size_t count)
{
    if (count <= watch->room)
        return;
    count = count * 2;
    watch->connections =
        must_realloc(watch->connections, count, sizeof *watch->connections);
    memset(watch->connections + watch->room, 0,
           (count - watch->room) * sizeof *watch->connections);
    watch->room = count;
}

static bool is_peer(const struct connection *connection,
                    const struct sockaddr_storage *peer, socklen_t size)
{
    return connection->peer_size == size &&
           memcmp(&connection->peer, peer, size) == 0;
}

static bool stands(const struct connection *connection, int fd)
{
    struct sockaddr_storage peer = {0};
    socklen_t size = sizeof peer;

    return connection->peer_size > 0 &&
           getpeername(fd, (struct sockaddr *)&peer, &size) == 0 &&
           is_peer(connection, &peer, size);
}

static void cut_off(struct feed_watch *watch, int fd)
{
    struct connection *connection = &watch->connections[fd];
    struct shunned *shunned =
        &watch->shunned[watch->shunned_count++ % SHUNNED_MAX];

    memcpy(shunned->curve, connection->curve, KEY_SIZE);
    shunned->until_ms = clock_monotonic_ms() + COOL_OFF_MS;
    connection->peer_size = 0;
    (void)shutdown(fd, SHUT_RDWR);
}

/* The connection behind this descriptor, or NULL when it is gone already. */
static struct connection *find(struct feed_watch *watch, int fd,
                               const uint8_t curve[KEY_SIZE])
{
    struct sockaddr_storage peer = {0};
    socklen_t size = sizeof peer;
    struct connection *connection;

    if (fd < 0 || getpeername(fd, (struct sockaddr *)&peer, &size) != 0)
        return NULL;
    make_room(watch, (size_t)fd + 1);
    connection = &watch->connections[fd];
    if (!is_peer(connection, &peer, size) ||
        memcmp(connection->curve, curve, KEY_SIZE) != 0) {
        memset(connection, 0, sizeof *connection);
        connection->peer = peer;
        connection->peer_size = size;
        memcpy(connection->curve, curve, KEY_SIZE);
        connection->moved_ms = clock_monotonic_ms();
    }
    return connection;
}

bool feed_watch_frame(struct feed_watch *watch, int fd,
                      const uint8_t curve[KEY_SIZE])
{
    struct connection *connection = find(watch, fd, curve);

    if (connection == NULL || ++connection->frames <= SUBSCRIPTIONS_MAX)
        return true;
    cut_off(watch, fd);
    return false;
}

/* Nothing waits for it, or it has taken something since the last look. */
static bool moves(struct connection *connection, int fd, int64_t now)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;

    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
        (info.tcpi_unacked == 0 && info.tcpi_notsent_bytes == 0) ||
        info.tcpi_bytes_acked != connection->taken) {
        connection->taken = info.tcpi_bytes_acked;
        connection->moved_ms = now;
    }
    return now - connection->moved_ms < STALLED_MS;
}

static void look_at(struct feed_watch *watch, int fd, int64_t now,
                    void (*stalled)(void *arg, const uint8_t curve[KEY_SIZE]),
                    void *arg)
{
    struct connection *connection = &watch->connections[fd];

    if (connection->peer_size == 0 || moves(connection, fd, now))
        return;
    if (stands(connection, fd)) {
        cut_off(watch, fd);
        stalled(arg, connection->curve);
    }
    connection->peer_size = 0;
}

void feed_watch_tick(struct feed_watch *watch,
                     void (*stalled)(void *arg, const uint8_t curve[KEY_SIZE]),
                     void *arg)
{
    int64_t now = clock_monotonic_ms();

    for (size_t left = watch->room / TICKS_A_ROUND + 1; left > 0; left--) {
        int fd = (int)watch->next;

        if (watch->next >= watch->room) {
            watch->next = 0;
            return;
        }
        watch->next++;
        look_at(watch, fd, now, stalled, arg);
    }
}

bool feed_watch_shuns(const struct feed_watch *watch,
                      const uint8_t curve[KEY_SIZE])
{
    size_t count =
        watch->shunned_count < SHUNNED_MAX ? watch->shunned_count : SHUNNED_MAX;
    int64_t now = clock_monotonic_ms();

    for (size_t i = 0; i < count; i++) {
        if (watch->shunned[i].until_ms > now &&
            memcmp(watch->shunned[i].curve, curve, KEY_SIZE) == 0)
            return true;
    }
    return false;
}
