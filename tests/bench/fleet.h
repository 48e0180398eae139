/**
 * What the benchmarks share: a real broker in a process of its own, and a fleet
 * of terminals in this one, each with its own keys, its own CURVE handshakes
 * and two connections.
 */
#ifndef TOCSIN_BENCH_FLEET_H
#define TOCSIN_BENCH_FLEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "link/client.h"
#include "peer.h"
#include "tocsin/v1/desk.pb-c.h"
#include "wire/bundle.h"

/** A child process that says one line when it is ready. */
struct child {
    pid_t pid;
    char ready[300];
};

void child_start(struct child *child, char *const argv[]);
void child_stop(struct child *child);

/** What runs as the broker: this build's, or another. */
extern const char *broker_program;

/** A broker with a fresh home under a temporary folder. */
struct stand {
    char folder[64];
    char home[80];
    struct child broker;
    struct bundle administrator;
    struct bundle centre;
    void *context;
    struct line *command; /* the centre's */
};

/** beacon_ms and friends as in a new home. */
void stand_open(struct stand *stand);
void stand_close(struct stand *stand);

/** Ask and wait; ends the process when nothing comes within 10 s. The reply is
 *  valid until the next call. */
const Tocsin__V1__Reply *stand_ask(struct line *line,
                                   Tocsin__V1__Request *request);

struct place {
    char id[48];
    Tocsin__V1__NodeKind kind;
    char division[7];
    double latitude;
    double longitude;
};

/** The count nodes of deploy/data/nodes.csv that are nearest to a point, with
 *  twins beside them when there are not so many; *radius_km holds them all. The
 *  caller frees. */
struct place *places_near(double latitude, double longitude, size_t count,
                          double *radius_km);

#define FRAME_MAX 256

struct terminal {
    struct place place;
    struct keypair key;
    struct peer_identity identity;
    struct peer feed;
    struct peer desk;
    bool topic_next;      /* the frame before was a topic */
    char topic[16];       /* of the frame before */
    char alert_topic[16]; /* that the alert came on */
    bool beacon;          /* has had one */
    int64_t got_us;       /* when the alert came; 0: not yet */
    uint8_t *message;     /* the alert as it came */
    size_t size;
    uint8_t frame[FRAME_MAX]; /* the request, then the reply or its beginning */
    size_t frame_size;
};

struct fleet {
    struct terminal *terminals;
    size_t count;
    int epoll;
    size_t up; /* connections */
    size_t beacons;
    size_t got;
    size_t replies;
    double connect_ms; /* to the last handshake */
};

/** Where a fleet connects to. */
struct server {
    const char *feed;
    const char *desk;
    const uint8_t *key; /* CURVE */
};

/** Makes the keys; nothing is connected. */
void fleet_make(struct fleet *fleet, const struct place *places, size_t count);
/** Tells the broker of each of them. */
void fleet_enrol(const struct fleet *fleet, struct stand *stand);
/** Each with its own handshakes, until each has had a beacon and an answer. */
void fleet_connect(struct fleet *fleet, const struct server *server);
void fleet_close(struct fleet *fleet);

/** Its turn: the server, which stood still, goes on, each terminal has a
 * beacon, so that none falls into the second that is measured next, the server
 * rests and nothing is left to be read. */
void fleet_begin_turn(struct fleet *fleet, pid_t server);
/** The next alert is a new one. */
void fleet_forget(struct fleet *fleet);
/** What each asks, and how long after this reply it asks again; < 0: no more.
 */
struct asking {
    size_t (*make)(const struct terminal *terminal, void *arg, uint8_t *out);
    void *arg;
    int64_t (*pause_ms)(const uint8_t *reply, size_t size);
};
/** All ask at once, and go on until each has what it wants. *answered_us: when
 *  each had its first reply. Returns how many had to ask again. */
size_t fleet_ask_until(struct fleet *fleet, const struct asking *asking,
                       int64_t *answered_us);

/** Wait until every terminal has a message that is no beacon, of this server.
 */
void fleet_await_alert(struct fleet *fleet, pid_t server);
struct outcome;
void fleet_times(const struct fleet *fleet, int64_t start_us,
                 struct outcome *outcome);
/** Give each terminal the one frame that it will send. In the field every
 *  terminal does this, and fleet_check, on a processor of its own: they stand
 *  outside what is timed. */
void fleet_prepare(struct fleet *fleet,
                   size_t (*make)(const struct terminal *terminal, void *arg,
                                  uint8_t *out),
                   void *arg);
/** Send them, wait for one reply each. */
void fleet_ask_all(struct fleet *fleet);
/** Ends the process when a reply is not what it should be. */
void fleet_check(const struct fleet *fleet,
                 bool (*good)(const uint8_t *reply, size_t size));

_Noreturn void give_up(const char *what);
double median(double *values, size_t count);

#endif
