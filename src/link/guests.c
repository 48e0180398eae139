#define _GNU_SOURCE
#include "link/guests.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <linux/tcp.h>
#include <netinet/in.h>

#include "base/status.h"

#define TICKS_A_ROUND 40
#define STEP_MS (SILENT_MS / SILENT_OF_ONE_MAX)

/* A key at a gate; kept as long as the process runs, since only who is enrolled
 * gets here. */
struct guest {
    uint8_t curve[KEY_SIZE];
    enum gate gate;
    unsigned open;       /* connections that have spoken */
    int64_t silent_ms;   /* above now: STEP_MS for each that has not */
    int64_t not_till_ms; /* cut off until then */
};

/* The peer's address and port tell whether the descriptor is still the same
 * one: libzmq closes and opens them on threads of its own. */
struct connection {
    union {
        struct sockaddr any;
        struct sockaddr_in6 in6;
        struct sockaddr_in in4;
    } peer;
    socklen_t peer_size; /* 0: none known here */
    enum gate gate;
    struct guest *guest; /* NULL: has said nothing yet */
    int64_t since_ms;
    uint32_t frames;
    uint64_t taken; /* bytes of the feed that the peer has acknowledged */
    int64_t moved_ms;
};

struct guests {
    struct connection *connections; /* by descriptor */
    size_t room;
    size_t next; /* to be looked at */
    int64_t ticked_ms;
    size_t count;
    bool crowded;
    void *known; /* a tree of struct guest */
    void (*cut)(void *arg, enum gate gate, const uint8_t *curve,
                const char *what);
    void *arg;
};

struct guests *guests_new(void (*cut)(void *arg, enum gate gate,
                                      const uint8_t *curve, const char *what),
                          void *arg)
{
    struct guests *guests = must_calloc(1, sizeof *guests);

    guests->cut = cut;
    guests->arg = arg;
    return guests;
}

void guests_free(struct guests *guests)
{
    if (guests == NULL)
        return;
    tdestroy(guests->known, free);
    free(guests->connections);
    free(guests);
}

size_t guests_count(const struct guests *guests)
{
    return guests->count;
}

/* ---- keys ---------------------------------------------------------------- */

static int compare(const void *one, const void *other)
{
    const struct guest *a = one;
    const struct guest *b = other;
    int order = memcmp(a->curve, b->curve, KEY_SIZE);

    return order != 0 ? order : (a->gate > b->gate) - (a->gate < b->gate);
}

static struct guest *guest_of(struct guests *guests, enum gate gate,
                              const uint8_t curve[KEY_SIZE])
{
    struct guest sought = {.gate = gate};
    struct guest *guest;
    void *found;

    memcpy(sought.curve, curve, KEY_SIZE);
    found = tfind(&sought, &guests->known, compare);
    if (found != NULL)
        return *(struct guest **)found;
    guest = must_memdup(&sought, sizeof sought);
    REQUIRE(tsearch(guest, &guests->known, compare) != NULL);
    return guest;
}

bool guests_may_come(struct guests *guests, enum gate gate,
                     const uint8_t curve[KEY_SIZE], int64_t now_ms)
{
    struct guest *guest = guest_of(guests, gate, curve);

    if (guest->silent_ms < now_ms)
        guest->silent_ms = now_ms;
    if (now_ms < guest->not_till_ms ||
        guest->silent_ms + STEP_MS > now_ms + SILENT_MS)
        return false;
    guest->silent_ms += STEP_MS;
    return true;
}

/* ---- connections --------------------------------------------------------- */

static void make_room(struct guests *guests, size_t count)
{
    if (count <= guests->room)
        return;
    count = count * 2;
    guests->connections =
        must_realloc(guests->connections, count, sizeof *guests->connections);
    memset(guests->connections + guests->room, 0,
           (count - guests->room) * sizeof *guests->connections);
    guests->room = count;
}

static bool same_peer(const struct connection *one,
                      const struct connection *other)
{
    return one->peer_size == other->peer_size &&
           memcmp(&one->peer, &other->peer, one->peer_size) == 0;
}

static bool read_peer(struct connection *out, int fd)
{
    memset(out, 0, sizeof *out);
    out->peer_size = sizeof out->peer;
    return getpeername(fd, &out->peer.any, &out->peer_size) == 0 &&
           out->peer_size > 0 && out->peer_size <= sizeof out->peer;
}

static bool stands(const struct connection *connection, int fd)
{
    struct connection now;

    return read_peer(&now, fd) && same_peer(connection, &now);
}

static void forget(struct guests *guests, struct connection *connection)
{
    if (connection->peer_size == 0)
        return;
    if (connection->guest != NULL)
        connection->guest->open--;
    memset(connection, 0, sizeof *connection);
    guests->count--;
}

static void cut_off(struct guests *guests, int fd)
{
    (void)shutdown(fd, SHUT_RDWR);
    forget(guests, &guests->connections[fd]);
}

/* As it is now; NULL: it is gone already. */
static struct connection *find(struct guests *guests, enum gate gate, int fd,
                               int64_t now_ms)
{
    struct connection now;
    struct connection *connection;

    if (fd < 0 || !read_peer(&now, fd))
        return NULL;
    make_room(guests, (size_t)fd + 1);
    connection = &guests->connections[fd];
    if (same_peer(connection, &now))
        return connection;
    forget(guests, connection);
    *connection = now;
    connection->gate = gate;
    connection->since_ms = connection->moved_ms = now_ms;
    guests->count++;
    return connection;
}

void guests_came(struct guests *guests, enum gate gate, int fd, int64_t now_ms)
{
    struct connection *connection = find(guests, gate, fd, now_ms);

    if (connection != NULL && connection->guest == NULL)
        connection->gate = gate;
}

/* Of this key the oldest one, or -1; those that are gone are forgotten. */
static int oldest_of(struct guests *guests, const struct guest *guest)
{
    int oldest = -1;

    for (size_t fd = 0; fd < guests->room; fd++) {
        struct connection *at = &guests->connections[fd];

        if (at->peer_size == 0 || at->guest != guest)
            continue;
        if (!stands(at, (int)fd))
            forget(guests, at);
        else if (oldest < 0 ||
                 at->since_ms < guests->connections[oldest].since_ms)
            oldest = (int)fd;
    }
    return oldest;
}

/* To find the oldest all are looked through: whoever comes on without end has
 * that done once a second. */
#define TOO_MANY_MS 1000

static void keep_few(struct guests *guests, struct guest *guest, int64_t now_ms)
{
    unsigned most = guest->gate == GATE_COMMAND ? GUESTS_OF_ONE_CENTRE_MAX
                                                : GUESTS_OF_ONE_MAX;
    int oldest;

    if (guest->open <= most)
        return;
    oldest = oldest_of(guests, guest);
    if (guest->open <= most || oldest < 0)
        return;
    if (guest->not_till_ms < now_ms + TOO_MANY_MS)
        guest->not_till_ms = now_ms + TOO_MANY_MS;
    cut_off(guests, oldest);
    guests->cut(guests->arg, guest->gate, guest->curve, "connections/cut");
}

/* A descriptor that was closed and opened since may have been taken for
 * another's: the next frame sets that right. */
static struct connection *greet(struct guests *guests, enum gate gate, int fd,
                                const uint8_t curve[KEY_SIZE], int64_t now_ms)
{
    struct connection *connection =
        fd >= 0 && (size_t)fd < guests->room ? &guests->connections[fd] : NULL;
    struct guest *guest = connection != NULL ? connection->guest : NULL;

    if (guest != NULL && guest->gate == gate &&
        memcmp(guest->curve, curve, KEY_SIZE) == 0)
        return connection;
    connection = find(guests, gate, fd, now_ms);
    if (connection == NULL)
        return NULL;
    if (connection->guest != NULL)
        connection->guest->open--;
    guest = guest_of(guests, gate, curve);
    guest->silent_ms -= STEP_MS;
    guest->open++;
    connection->gate = gate;
    connection->guest = guest;
    return connection;
}

void guests_spoke(struct guests *guests, enum gate gate, int fd,
                  const uint8_t curve[KEY_SIZE], int64_t now_ms)
{
    const struct connection *connection =
        greet(guests, gate, fd, curve, now_ms);

    if (connection != NULL)
        keep_few(guests, connection->guest, now_ms);
}

bool guests_subscribed(struct guests *guests, int fd,
                       const uint8_t curve[KEY_SIZE], int64_t now_ms)
{
    struct connection *connection = greet(guests, GATE_FEED, fd, curve, now_ms);
    struct guest *guest = connection != NULL ? connection->guest : NULL;

    if (connection == NULL || ++connection->frames <= SUBSCRIPTIONS_MAX) {
        if (guest != NULL && connection->frames == 1)
            keep_few(guests, guest, now_ms);
        return true;
    }
    guest->not_till_ms = now_ms + COOL_OFF_MS;
    cut_off(guests, fd);
    return false;
}

/* ---- looking after them -------------------------------------------------- */

/* Nothing waits for it, or it has taken something since the last look. */
static bool moves(struct connection *connection, int fd, int64_t now_ms)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;

    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
        (info.tcpi_unacked == 0 && info.tcpi_notsent_bytes == 0) ||
        info.tcpi_bytes_acked != connection->taken) {
        connection->taken = info.tcpi_bytes_acked;
        connection->moved_ms = now_ms;
    }
    return now_ms - connection->moved_ms < STALLED_MS;
}

static const char *what_is_wrong(const struct guests *guests,
                                 struct connection *connection, int fd,
                                 int64_t now_ms)
{
    int64_t longest = guests->crowded ? SILENT_CROWDED_MS : SILENT_MS;

    if (connection->guest == NULL)
        return now_ms - connection->since_ms >= longest ? "silent/cut" : NULL;
    return connection->gate == GATE_FEED && !moves(connection, fd, now_ms)
               ? "stalled/cut"
               : NULL;
}

static void look_at(struct guests *guests, int fd, int64_t now_ms)
{
    struct connection *connection = &guests->connections[fd];
    enum gate gate = connection->gate;
    struct guest *guest = connection->guest;
    const char *what;

    if (connection->peer_size == 0)
        return;
    if (!stands(connection, fd)) {
        forget(guests, connection);
        return;
    }
    what = what_is_wrong(guests, connection, fd, now_ms);
    if (what == NULL)
        return;
    if (guest != NULL)
        guest->not_till_ms = now_ms + COOL_OFF_MS;
    cut_off(guests, fd);
    guests->cut(guests->arg, gate, guest != NULL ? guest->curve : NULL, what);
}

static void look_around(struct guests *guests)
{
    struct rlimit limit;

    guests->crowded = getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
                      limit.rlim_cur != RLIM_INFINITY &&
                      guests->count + NO_GUESTS >=
                          limit.rlim_cur - limit.rlim_cur / CROWDED_LEAVES;
}

/* We stood still, a machine that was paused: nobody was silent meanwhile, and
 * what waits for them has only been sent now. */
static void forgive(struct guests *guests, int64_t gap_ms)
{
    for (size_t fd = 0; fd < guests->room; fd++) {
        guests->connections[fd].since_ms += gap_ms;
        guests->connections[fd].moved_ms += gap_ms;
    }
}

void guests_tick(struct guests *guests, int64_t now_ms)
{
    int64_t gap_ms = guests->ticked_ms != 0 ? now_ms - guests->ticked_ms : 0;

    guests->ticked_ms = now_ms;
    if (gap_ms >= STOOD_STILL_MS)
        forgive(guests, gap_ms);
    for (size_t left = guests->room / TICKS_A_ROUND + 1; left > 0; left--) {
        if (guests->next >= guests->room) {
            guests->next = 0;
            look_around(guests);
            return;
        }
        look_at(guests, (int)guests->next++, now_ms);
    }
}
