/**
 * The broker without its sockets and disks: requests, commits and ticks go in,
 * replies, feed messages and records come out through its ports. Time and
 * randomness come in too, so a test can run it under a clock of its own. Facts
 * and replies carry the time of day; every schedule goes by the clock that
 * never jumps.
 *
 * Nothing that depends on a fact leaves before broker_durable has said so.
 */
#ifndef TOCSIN_BROKER_CORE_H
#define TOCSIN_BROKER_CORE_H

#include "base/clock.h"
#include "base/log.h"
#include "domain/book.h"
#include "domain/silence.h"
#include "journal/journal.h"
#include "journal/keyring.h"
#include "wire/route.h"

#define BROKER_TICK_MS 250

struct broker_ports {
    void *arg;
    enum sent (*send)(void *arg, enum gate gate, const struct route *route,
                      const uint8_t *bytes, size_t size);
    void (*publish)(void *arg, const char *topic, const uint8_t *bytes,
                    size_t size);
    /** Copies the record. broker_durable follows, in order. */
    void (*append)(void *arg, const struct record *record);
    /** Spare case keys run low. */
    void (*want_keys)(void *arg);
    /** Write a file durably, off this thread; broker_stored follows. */
    void (*store)(void *arg, const char *name, const uint8_t *bytes,
                  size_t size);
    /** A stored file in heap memory, taken over; false: none of this name. */
    bool (*load)(void *arg, const char *name, uint8_t **bytes, size_t *size);
    void (*random)(void *arg, void *bytes, size_t size);
    /** One log line; the core never logs by itself. */
    void (*say)(void *arg, enum log_level level, const char *event,
                const char *text);
    /** A mark that a record was appended with; STATUS_MISSING: none was,
     *  STATUS_DISK: it cannot be told. NULL: none ever was. */
    enum status (*recall)(void *arg, const void *name, size_t size,
                          struct found *found);
    /** Destroy a case's key for good. Again is fine. */
    void (*destroy_key)(void *arg, const uint8_t id[KEY_ID_SIZE]);
    /** The key of each file that is stored for an alert, named by it or not;
     *  NULL: nothing is ever stored. */
    void (*each_key)(void *arg, const char *alert_id,
                     void (*take)(void *to, const uint8_t id[KEY_ID_SIZE]),
                     void *to);
    /** The chain's hash at a sequence that is durable. STATUS_BUSY: not yet
     * known, to be asked again; STATUS_MISSING: it cannot be told. NULL: it
     * never can.
     */
    enum status (*chain_at)(void *arg, uint64_t sequence,
                            uint8_t chain[CHAIN_SIZE]);
    /** Microseconds by a clock that only runs on: what work takes is weighed
     * with it, nothing else. NULL: it is taken to be a usual machine's. */
    int64_t (*stopwatch_us)(void *arg);
};

/** Times in milliseconds. */
struct broker_config {
    int64_t beacon_ms;        /* between two beacons */
    int64_t direct_ms;        /* silence before a revision is sent directly */
    size_t journal_queue_max; /* commands and answers under way before BUSY */
    size_t case_queue_max;    /* commands waiting for their case before BUSY */
    size_t syncs_per_second;  /* full pages, small ones cost less; then BUSY */
    size_t peer_requests_max; /* unanswered requests of one principal */
    int64_t keep_ended_ms;    /* what is over stays in the book so long */
    uint32_t node_rate;       /* requests a second of a checkpoint */
    uint32_t peer_rate;       /* of anyone else */
    uint32_t giving_rate;     /* a minute, of one in the field; from 1 to
                               * 60,000; see rate.c */
    uint32_t compare_us;      /* microseconds; see likely_rests */
    struct silence_policy silence;
    uint8_t master[32]; /* of the topic keys */
    /* Its own: says whose a handheld's key is. Borrowed; NULL: it does not. */
    const struct keypair *key;
};

struct broker;

/** vault and divisions are borrowed and must outlive the broker. */
struct broker *broker_new(const struct broker_config *config,
                          const struct broker_ports *ports,
                          const struct divisions *divisions,
                          struct vault *vault);
void broker_free(struct broker *broker);

/**
 * At start: every record of the journal, in order, before anything else.
 * Fails: STATUS_CORRUPT: a record that this program cannot read.
 */
MUST_USE enum status broker_replay(struct broker *broker,
                                   const struct record *record,
                                   struct diag *why);
/** Instead of the first records: go on from a book that holds them, which is
 *  taken over. Before any broker_replay. */
void broker_resume(struct broker *broker, struct book *book);
/** The marks that an alert's filing is recorded with, in heap memory. */
struct mark *broker_filing_marks(const struct alert *alert, size_t *count);
/** The same of a found child. */
struct mark *broker_found_marks(const struct found_child *found, size_t *count);
/** The name that a filing is marked with for the key of what is filed. Returns
 *  its size. */
size_t broker_mark_of_key(uint8_t name[MARK_NAME_MAX],
                          const uint8_t key_id[KEY_ID_SIZE]);
/** After the last broker_replay. STATUS_CORRUPT: the journal has no founding.
 */
MUST_USE enum status broker_begin(struct broker *broker, struct moment now,
                                  struct diag *why);

/** May the owner of this CURVE key pass this gate? */
bool broker_admits(const struct broker *broker, enum gate gate,
                   const uint8_t curve[KEY_SIZE]);

void broker_request(struct broker *broker, enum gate gate,
                    const uint8_t curve[KEY_SIZE], const struct route *route,
                    const uint8_t *bytes, size_t size, struct moment now);

/** No more requests are at hand: what machines said, and gathered meanwhile,
 *  goes to the journal. Soon after each broker_request; a tick does it too. */
void broker_hand_over(struct broker *broker, struct moment now);

/** Everything up to sequence is fsynced: apply, reply, publish. */
void broker_durable(struct broker *broker, uint64_t sequence,
                    struct moment now);
/** The count'th file handed to store (from 1) is fsynced. */
void broker_stored(struct broker *broker, uint64_t count, struct moment now);

/**
 * No space left: what append and store were handed and broker_durable and
 * broker_stored have not named is not kept. Whoever waits for it is told
 * UNAVAILABLE, its sequences are given to others, and until broker_roomy
 * nothing more is handed to either; what needs no disk goes on.
 */
void broker_full(struct broker *broker, int64_t now_ms);
void broker_roomy(struct broker *broker);

/** At least every BROKER_TICK_MS: beacons, direct sending, expiry. */
void broker_tick(struct broker *broker, struct moment now);

/** What ends for good may end by the time of day that it was told last; until a
 *  centre agrees with it, or it has gone on steadily for an hour, not. */
bool broker_believes_its_clock(const struct broker *broker);

/** For the counters: something a peer should not have sent. */
void broker_junk(struct broker *broker, enum gate gate, const uint8_t *curve,
                 const char *what);

/** From now on every request is told UNAVAILABLE; what is under way goes on. */
void broker_stop(struct broker *broker);
/** Commands and answers to be recorded that are not yet durable. */
size_t broker_under_way(const struct broker *broker);

const struct book *broker_book(const struct broker *broker);

/** The founding fact of a new journal, as a record body. Caller frees. */
uint8_t *broker_founding(const struct bundle *administrator,
                         const uint8_t epoch[EPOCH_SIZE], int64_t now_ms,
                         size_t *size);

#endif
