/** A gateway that runs: shared by run.c, open.c and inward.c. */
#ifndef TOCSIN_GATEWAYD_RUNNING_H
#define TOCSIN_GATEWAYD_RUNNING_H

#include <event2/event.h>

#include "gatewayd/daemon.h"

struct daemon {
    const struct place *place;
    const struct run_options *options;
    struct tocsin_bundle *bundle;
    struct spool *spool;
    struct world world;
    struct gateway *gateway;
    struct event_base *base;
    struct event *signals[2];
    struct event *timer;
    struct event *lines[DAEMON_FDS];
    unsigned lines_made; /* 0: they are not watched yet */
    int64_t tick_ms;
    int64_t watchdog_ms;
    int64_t watched_ms;
    int64_t late_ms; /* monotonic: when to look for a spool that is absent */
    int64_t late_pause_ms;
    enum status late_why; /* as was told */
    bool said_ready;
    bool stopping;
};

/* open.c */
/** All that it holds, in order; whatever it has come to, daemon_close. */
enum status daemon_open(struct daemon *daemon, struct diag *why);
void daemon_close(struct daemon *daemon);
/** A spool that could not be opened, now and then; between two turns. */
void daemon_look_for_spool(struct daemon *daemon);
/** The library's word of what went wrong, as ours. */
enum status daemon_failed(enum tocsin_status status,
                          const struct tocsin_diag *from, struct diag *why);

/* inward.c */
/** The line to the centre and the door for handhelds, which give the core what
 *  comes in. */
enum status inward_open_line(struct daemon *daemon, struct diag *why);
enum status inward_open_http(struct daemon *daemon, struct diag *why);

#endif
