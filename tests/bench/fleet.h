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
#include "tocsin/v1/desk.pb-c.h"
#include "wire/bundle.h"

/** A child process that says one line when it is ready. */
struct child {
    pid_t pid;
    char ready[300];
};

void child_start(struct child *child, char *const argv[]);
void child_stop(struct child *child);

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

/** The count nodes of deploy/data/nodes.csv that are nearest to a point;
 *  *radius_km holds them all. The caller frees. */
struct place *places_near(double latitude, double longitude, size_t count,
                          double *radius_km);

struct terminal {
    struct place place;
    struct keypair key;
    void *feed;
    void *desk;
    int64_t got_us; /* when the awaited message came; 0: not yet */
    uint32_t beacons;
    char topic[16]; /* of the awaited message */
    uint8_t *message;
    size_t size;
};

struct fleet {
    void *context;
    struct terminal *terminals;
    size_t count;
    int epoll;
};

/** Enrols and connects; returns when every terminal has had a beacon and an
 *  answer from the field desk. endpoint NULL: of the stand. */
void fleet_open(struct fleet *fleet, struct stand *stand,
                const struct place *places, size_t count);
void fleet_close(struct fleet *fleet);
/** Enrols these places and leaves them dark. */
void fleet_enrol_dark(struct stand *stand, const struct place *places,
                      size_t count);

/** Point every terminal at other sockets of the same key: for the bare runs. */
struct bare_endpoints {
    const char *feed;
    const char *desk;
    const uint8_t *server; /* CURVE key */
};
void fleet_open_bare(struct fleet *fleet, const struct bare_endpoints *where,
                     size_t count);

/** Wait until every terminal has a message whose topic does not begin with the
 *  beacon's; returns the time of the last, in us. */
int64_t fleet_await_alert(struct fleet *fleet);
/** Send one frame from each terminal, wait for one reply each. check may be
 *  NULL. Returns the time of the last reply. */
int64_t fleet_ask_all(struct fleet *fleet,
                      size_t (*make)(const struct terminal *terminal,
                                     size_t number, void *arg, uint8_t *out),
                      bool (*check)(const uint8_t *reply, size_t size),
                      void *arg);

_Noreturn void give_up(const char *what);
double median(double *values, size_t count);

#endif
