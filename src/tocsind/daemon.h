/**
 * The desk thread of a running broker and all that it connects.
 */
#ifndef TOCSIN_TOCSIND_DAEMON_H
#define TOCSIN_TOCSIND_DAEMON_H

#include <event2/event.h>

#include "broker/core.h"
#include "journal/chains.h"
#include "journal/recall.h"
#include "journal/writer.h"
#include "link/server.h"
#include "tocsind/home.h"
#include "tocsind/snapshots.h"

struct daemon {
    struct home home;
    bool maintenance;
    struct event_base *base;
    struct event *tick;
    struct event *commits;
    struct event *signals[2];
    struct event *hangup;
    struct vault *vault;
    struct broker *broker;
    struct server *server;
    struct writer *writer;
    struct journal *memory; /* for looking up what was filed away */
    struct recall *recall;  /* in it */
    struct chains *chains;
    struct snapshots *snapshots;
    int64_t next_sweep_ms; /* monotonic */
    bool unread;           /* the journal could not be read, and it was said */
    bool stopping;
    bool full; /* no space on the disk */
    enum status status;
    struct diag why;
};

/** What the core does to the world, through the sockets, the writer and the
 *  disk of daemon, which is borrowed. */
struct broker_ports daemon_ports(struct daemon *daemon);

/** Opens the journal and the keyring of the home and makes the broker out of
 *  them. Fails: as these do; what was opened is the daemon's to close. */
MUST_USE enum status daemon_open_storage(struct daemon *daemon,
                                         struct diag *why);

#endif
