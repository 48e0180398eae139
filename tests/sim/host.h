/**
 * The broker's process and its disk. The disk commits what is queued in one
 * batch; a crash loses what was not committed, and the batch under way wholly
 * or not at all. The keyring is durable, as in tocsind.
 */
#ifndef TOCSIN_SIM_HOST_H
#define TOCSIN_SIM_HOST_H

#include "album.h"
#include "broker/core.h"
#include "tocsin/v1/fact.pb-c.h"
#include "written.h"

struct sheet {
    struct record record;
    uint8_t *bytes; /* all that the record points to, but for: */
    struct mark *marks;
    uint8_t chain[CHAIN_SIZE]; /* its hash with this at its end */
};

struct disk {
    struct sheet *sheets;
    size_t count; /* handed over */
    size_t room;
    size_t durable;    /* fsynced */
    size_t committing; /* up to here, at this moment; 0: nothing */
};

/** A request that the broker has and has not answered. */
struct open_request {
    uint32_t connection;
    uint8_t id[16];
    bool command;       /* RECORDED names the fact that records it */
    char answer_of[41]; /* the node that answers; "": no answer */
    char alert_id[ULID_SIZE + 1];
    uint32_t revision;
    Tocsin__V1__Rung rung;
    uint8_t answer_id[16];
    bool piece;       /* of a photograph: alert_id, and */
    uint8_t hash[32]; /* or asked for */
    bool may_see;     /* what was asked for */
    bool overtaken;   /* by another piece of it: it may never be answered */
    struct open_request *next;
};

/** A keyring. */
struct keys {
    struct case_key *list;
    size_t count;
    uint8_t (*destroyed)[KEY_ID_SIZE]; /* keys, and what stands for them */
    size_t destroyed_count;
};

/** A copy of the home. */
struct copy {
    size_t facts;
    struct album album; /* its files */
    struct keys keys;
};

/** What is said again to a restored broker has an order of its own; so many
 *  orders there are, when a home is lost twice. */
#define AGAIN 4

/** What a beacon said. */
struct told {
    int64_t at_ms;
    uint64_t head;
};

struct host {
    struct broker *broker; /* NULL: down */
    struct vault *vault;
    struct disk disk;
    struct album album;
    struct keys keys;
    uint64_t life;
    bool stopping;
    bool full; /* its disk */
    bool was_full;
    bool handing_over; /* soon: the end of the desk's turn is planned */
    int64_t wrong_ms;  /* its clock */
    struct broker_config config;
    struct open_request *open;
    struct told *told; /* in beacons, since it was restored */
    size_t told_count;
    struct written written;
    size_t resumed;    /* facts that its broker has not replayed */
    struct copy copy;  /* the newest backup */
    unsigned restores; /* so often a copy took the place of its home */
    int64_t restored_ms;
};

struct world;

/** A new journal; everybody who is there from the start is enrolled. */
void host_found(struct world *world);
void host_start(struct world *world);
/** kill -9; the batch under way is kept or lost. */
void host_crash(struct world *world, const char *why);
/** The same, and nobody starts it again. */
void host_die(struct world *world, const char *why);
/** As a command without a broker has it: the journal is replayed, nobody is
 *  served. */
void host_open(struct world *world);
void host_close(struct world *world);
/** SIGTERM: it finishes what is under way. */
void host_stop(struct world *world);
void host_done(struct world *world);

void host_request(struct world *world, uint32_t connection,
                  const uint8_t *bytes, size_t size);
struct moment host_moment(const struct world *world);
/** What is in the journal, as it is there, decoded into world->reading. */
const Tocsin__V1__Fact *host_read(struct world *world, uint64_t sequence);

/** With every key that the keyring has; the caller frees. */
struct vault *host_vault(const struct host *host);

#endif
