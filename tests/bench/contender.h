/**
 * Who is measured: the broker, bare libzmq, Redis. Each holds its server and
 * its whole fleet in a process of its own, since ten thousand terminals fill
 * what one process may have open, and does a round when it is told to, in turn.
 */
#ifndef TOCSIN_BENCH_CONTENDER_H
#define TOCSIN_BENCH_CONTENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "fleet.h"

enum when { FIRST, MEDIAN, P99, LAST, WHENS };

struct outcome {
    double ms[WHENS];  /* of the terminals */
    double cpu_ms;     /* of the server, meanwhile */
    double fleet_ms;   /* CPU of the fleet, likewise */
    double handshakes; /* a second, while the fleet connected */
    double kib;        /* server's memory per idle terminal */
    size_t message;    /* bytes of an alert */
    size_t verified;   /* terminals whose message opens and verifies */
    size_t put_off;    /* terminals that were told to ask again */
};

struct contender {
    const char *name;
    /** Server and fleet, connected and idle. */
    void *(*open)(size_t count, struct outcome *outcome);
    /** From the report to each terminal; message: how large, if it is free to
     *  choose. */
    void (*alert)(void *self, size_t message, struct outcome *outcome);
    /** One acknowledgement from each, until each is durable and confirmed. */
    void (*acknowledge)(void *self, struct outcome *outcome); /* or NULL */
    /** Each asks for its whole picture at once. */
    void (*sync)(void *self, struct outcome *outcome); /* or NULL */
    void (*close)(void *self);
};

extern const struct contender contender_tocsin;
extern const struct contender contender_bare;
extern const struct contender contender_redis;

/** A contender at work in its own process. */
struct side {
    const struct contender *contender;
    pid_t pid;
    int orders;
    int outcomes;
};

/** Forks; nothing is opened yet. */
void side_start(struct side *side, const struct contender *contender,
                size_t count);
/** o: open, a: alert, k: acknowledge, s: sync. */
void side_ask(const struct side *side, char what, size_t message,
              struct outcome *outcome);
/** Closes it and waits for its end. */
void side_stop(struct side *side);

/** Sorts values and reads off the four. */
void outcome_times(struct outcome *outcome, int64_t *got_us, size_t count,
                   int64_t start_us);
/** CPU time of a server, and of this process, which holds the fleet. */
struct effort {
    pid_t server;
    double server_ms;
    double fleet_ms;
};
struct effort effort_begin(pid_t server);
/** Since then: into outcome. */
void effort_end(const struct effort *effort, struct outcome *outcome);

/**
 * The terminals are elsewhere, as in the field: the fleet sleeps while the
 * server has the processors, and the kernel says when each message came. Set
 * before the first contender opens.
 */
extern bool terminals_apart;

/** Where they are: ask the kernel to note when bytes come. */
void note_arrivals(int fd);
/** recv without waiting; *at_us: when the bytes came, or are read. */
ssize_t receive(int fd, void *room, size_t size, int64_t *at_us);
/**
 * Whose turn it is not stands still, or its beacons, which cost 0.13 s of a
 * processor for 9,500 terminals, fall into what is measured of another.
 */
void stand_still(pid_t server);
void go_on(pid_t server);
/** Sleeps until a server has done all that it had to do, by its CPU time. */
void await_rest(pid_t server);

/** Resident memory of a process. */
double process_kib(pid_t pid);

#endif
