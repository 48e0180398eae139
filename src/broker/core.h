/**
 * The broker without its sockets and disks: requests, commits and ticks go in,
 * replies, feed messages and records come out through its ports. Time and
 * randomness come in too, so a test can run it under a clock of its own.
 *
 * Nothing that depends on a fact leaves before broker_durable has said so.
 */
#ifndef TOCSIN_BROKER_CORE_H
#define TOCSIN_BROKER_CORE_H

#include "base/log.h"
#include "domain/book.h"
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
};

/** Times in milliseconds. */
struct broker_config {
    int64_t beacon_ms;        /* between two beacons */
    int64_t direct_ms;        /* silence before a revision is sent directly */
    size_t journal_queue_max; /* facts under way before BUSY */
    size_t case_queue_max;    /* commands waiting for their case before BUSY */
    size_t syncs_per_second;  /* pages; more are told BUSY */
    size_t peer_requests_max; /* unanswered requests of one principal */
    uint32_t node_rate;       /* requests a second of a checkpoint */
    uint32_t peer_rate;       /* of anyone else */
    uint8_t master[32];       /* of the topic keys */
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
/** After the last broker_replay. STATUS_CORRUPT: the journal has no founding.
 */
MUST_USE enum status broker_begin(struct broker *broker, int64_t now_ms,
                                  struct diag *why);

/** May the owner of this CURVE key pass this gate? */
bool broker_admits(const struct broker *broker, enum gate gate,
                   const uint8_t curve[KEY_SIZE]);

void broker_request(struct broker *broker, enum gate gate,
                    const uint8_t curve[KEY_SIZE], const struct route *route,
                    const uint8_t *bytes, size_t size, int64_t now_ms);

/** Everything up to sequence is fsynced: apply, reply, publish. */
void broker_durable(struct broker *broker, uint64_t sequence, int64_t now_ms);
/** The count'th file handed to store (from 1) is fsynced. */
void broker_stored(struct broker *broker, uint64_t count, int64_t now_ms);

/** At least every BROKER_TICK_MS: beacons, direct sending, expiry. */
void broker_tick(struct broker *broker, int64_t now_ms);

/** For the counters: something a peer should not have sent. */
void broker_junk(struct broker *broker, enum gate gate, const uint8_t *curve,
                 const char *what);

/** From now on every request is told UNAVAILABLE; what is under way goes on. */
void broker_stop(struct broker *broker);
/** Facts handed to append and not yet durable. */
size_t broker_under_way(const struct broker *broker);

const struct book *broker_book(const struct broker *broker);

/** The founding fact of a new journal, as a record body. Caller frees. */
uint8_t *broker_founding(const struct bundle *administrator,
                         const uint8_t epoch[EPOCH_SIZE], int64_t now_ms,
                         size_t *size);

#endif
