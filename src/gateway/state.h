/** What the gateway's core holds; see core.h. */
#ifndef TOCSIN_GATEWAY_STATE_H
#define TOCSIN_GATEWAY_STATE_H

#include "gateway/gateway.h"
#include "terminal/asks.h"
#include "wire/decode.h"

#define WINDOW 128        /* answers under way to the broker */
#define ARRIVALS_MAX 4096 /* answers between two commits */
#define CLAIMS_MAX 32
#define FETCHES 4
#define UPLOADS 16 /* pictures that handhelds are putting */
#define FETCH_WAITERS 64
#define LOOKUPS_MAX 64
#define STRANGERS_MAX 256
#define RING 1024
#define REASONS 10 /* Tocsin__V1__Status */

struct waiting {
    int64_t row;
    int64_t taken_ms;
    bool urgent;
    bool ahead; /* of a sealed case: before what came earlier */
    struct waiting *next;
};

/** Since it was last cut back; see kept.c. */
struct kept {
    size_t fates;
    size_t refused;
    size_t picture_bytes; /* of pictures that were refused */
    bool due;
};

struct device {
    char id[ID_MAX + 1];
    uint8_t key[KEY_SIZE];
    bool own;
    bool introduced; /* by a proof alone: the broker has not said so to us */
    bool revoked;
    int64_t lost_ms;  /* since when the centre does not know it; 0: it does */
    int64_t asked_ms; /* monotonic: when it was lost and asked for last */
    uint32_t doubted; /* by the broker, until a round as late as this; 0: no */
    bool vouched;   /* by such a round: who doubts it again is taken at word */
    uint8_t *proof; /* for it to take along, packed; or NULL */
    size_t proof_size;
    int64_t proof_ms;                          /* when that was given */
    enum { KEPT_NOT, KEPT_STAGED, KEPT } kept; /* in the spool, as it is */
    uint32_t round;  /* the last round of questions that found it */
    int64_t seen_ms; /* monotonic; 0: not since the start */
    struct waiting *first;
    struct waiting *last;
    size_t waiting;
    size_t urgent;
    size_t arriving;       /* not yet durable */
    size_t picture_bytes;  /* that wait */
    size_t looks;          /* that wait */
    bool look_put_off;     /* one of them: the broker did not know it */
    struct kept kept_here; /* that does not wait */
    size_t loans;          /* answers in a session, not wholly taken */
    size_t photos;         /* of them */
    size_t photo_bytes;    /* of those that it has asked for */
    bool under_way;
    int64_t put_off_ms;  /* monotonic: the broker has said not before; 0: no */
    struct queue *queue; /* that it is in; NULL: none */
    struct device *next_queued;
    int64_t rate_ms;
    int64_t tokens; /* thousandths of an answer */
};

/** What has its turn when there is a place in the window. */
enum queue_of { QUEUE_URGENT, QUEUE_CALM, QUEUE_PUT_OFF, QUEUES };
struct queue {
    struct device *first;
    struct device *last;
};

enum slot_state { SLOT_FREE, SLOT_SENT, SLOT_ENDED };

/** One answer on its way to the broker. */
struct slot {
    enum slot_state state;
    struct device *device;
    uint8_t request_id[16];
    uint8_t *bytes;
    size_t size;
    int64_t due_ms; /* monotonic */
    bool put_off;   /* the broker has said later, and was not asked since */
    struct fate fate;
};

/** An answer that came in, until it is durable. */
struct arrival {
    uint64_t exchange;
    bool protobuf;
    struct device *device; /* NULL: what is told is here already */
    bool picture;          /* not of the answer, of its picture */
    struct fate fate;
};

/** A picture that comes from its handheld, piece by piece. Nothing of it is
 *  kept until it is whole. */
struct upload {
    struct device *device; /* NULL: free */
    struct fate fate;
    uint8_t *bytes;
    uint32_t have;
    int64_t touched_ms;
};

/** A picture that goes to the broker, piece by piece. */
struct freight {
    bool look; /* the spool may have one */
    bool open; /* this one */
    bool ended;
    struct fate fate;
    uint8_t *bytes;
    uint32_t have;          /* as the broker says */
    int64_t at_ms;          /* not before */
    char after[ID_MAX + 1]; /* the handheld that had its turn */
    struct ask ask;
};

struct claim {
    uint64_t exchange; /* 0: free */
    bool protobuf;
    char device[ID_MAX + 1];
    uint8_t key[KEY_SIZE];
    int64_t until_ms;
    struct ask ask;
};

/** A sealed case, until nothing of it is here. */
#define PURGING_MAX 64
struct purging {
    char alert_id[ULID_SIZE + 1];
    bool staged; /* stripped, but not durably */
    bool clean;
    bool waits;      /* as the last search says */
    bool lost;       /* of a handheld that the centre has lost */
    int64_t look_ms; /* monotonic: does something of it still wait? */
};

struct fetch {
    uint8_t hash[32];
    struct gateway_picture picture;
    const struct device *device; /* that it was begun for */
    uint8_t *data;               /* NULL: free */
    uint32_t have;
    int64_t until_ms;
    struct ask ask;
};

struct fetch_waiter {
    uint64_t exchange; /* 0: free */
    bool protobuf;
    struct device *device;
    uint8_t hash[32];
};

/** A photograph that goes out when its look is durable. */
#define GIVEN_MAX 64
struct given {
    uint64_t exchange; /* 0: nobody waits any more */
    bool protobuf;
    const char *type;
    struct shared *bytes;
};

/** A photograph that handhelds are taking. */
#define PHOTO_BYTES_MAX (64u << 20) /* of all; each is here once */
/** Who has some under way gets no more than makes this part of what is free, so
 *  that few who do not read leave room for the others. */
#define PHOTO_SHARE 4
#define DEVICE_PHOTOS_MAX 4
#define DEVICE_LOANS_MAX 16 /* answers in a session, photographs too */
struct photo {
    uint8_t hash[32];
    struct shared *bytes;
    size_t holders;
};

/** A look that the broker is told of. */
struct look_slot {
    int64_t row; /* 0: free */
    char alert_id[ULID_SIZE + 1];
    char device[ID_MAX + 1];
    struct ask ask;
    bool ended;
};

/** The broker takes no looks at this alert, or of this handheld, now. */
struct look_pause {
    bool of_device;
    char name[ID_MAX + 1];
    int64_t until_ms; /* monotonic; 0: free */
};

#define LOOKS_UNDER_WAY 8
#define LOOK_PAUSES 64
#define LOOKS_MAX 20000
#define DEVICE_LOOKS_MAX 200
struct looks {
    struct given given[GIVEN_MAX];
    size_t given_count;
    struct look_slot slots[LOOKS_UNDER_WAY];
    struct look_pause pauses[LOOK_PAUSES];
    int64_t after; /* the newest row that is under way or was */
    bool more;     /* the spool may have one after it */
    size_t waiting;
};

/** Somebody who is not known here. */
struct lookup {
    char id[ID_MAX + 1];
    unsigned times; /* that it came */
};

/** Which handhelds there are, as the broker says. */
struct roster {
    uint32_t generation; /* that the last whole round was of */
    uint32_t wanted;
    bool due;
    uint32_t round;
    bool own_done;
    bool all_done;
    bool dirty;       /* a device is not in the spool as it is */
    int64_t heard_ms; /* when the broker said something of them, by its clock
                       * or ours, whichever is later */
    char after[ID_MAX + 1];
    char about[ID_MAX + 1]; /* "": the page of our own */
    struct ask ask;
    struct lookup lookups[LOOKUPS_MAX]; /* in the order in which they came */
    size_t lookup_count;
    int64_t lookup_ms; /* monotonic: none before */
    bool strangers_turn;
};

struct stranger {
    char id[ID_MAX + 1];
    int64_t until_ms;
};

struct stream {
    uint64_t exchange;
    struct device *device;
    int64_t until_ms; /* its session, by our own clock */
    int64_t ping_ms;
    struct stream *next;
};

/** One thing to tell; device NULL: to all. */
struct told {
    uint64_t number;
    struct device *device;
    const char *kind;
    char *data;
};

struct tallies {
    uint64_t taken;
    uint64_t repeated;
    uint64_t recorded;
    uint64_t refused[REASONS];
    uint64_t responses[600]; /* by their code */
    uint64_t pictures_cached;
    uint64_t pictures_fetched;
    uint64_t revocations;
    uint64_t pictures_taken;
    uint64_t pictures_relayed;
    uint64_t pictures_refused;
    uint64_t unread;
};

struct gateway {
    char id[ID_MAX + 1];
    char software[61];
    uint8_t secret[KEY_SIZE];
    uint8_t broker[KEY_SIZE];
    struct shared *openapi;
    struct gateway_limits limits;
    struct gateway_port port;
    struct gateway_spool spool;

    struct map *devices;
    struct queue queues[QUEUES];
    struct slot slots[WINDOW];
    size_t slots_used;
    size_t waiting;
    struct arrival *arrivals;
    size_t arrival_count;
    struct claim claims[CLAIMS_MAX];
    struct fetch fetches[FETCHES];
    struct fetch_waiter fetch_waiters[FETCH_WAITERS];
    struct upload uploads[UPLOADS];
    struct freight freight;
    size_t pictures; /* that wait */
    size_t picture_bytes;
    bool cut_due; /* of a device's kept_here */
    struct looks looks;
    struct map *loans; /* by exchange */
    struct map *photos;
    size_t photo_bytes;
    struct purging purging[PURGING_MAX];
    size_t purging_count;
    struct roster roster;
    struct stranger strangers[STRANGERS_MAX];
    size_t stranger_next;
    struct stream *streams;
    size_t stream_count;
    struct told ring[RING];
    uint64_t told; /* ever */
    char run[17];  /* of this start, in event ids */

    struct gateway_world world;
    bool line_up;
    unsigned connects;
    bool again_owed; /* say_again did not get through */
    bool full;
    int64_t full_until_ms;
    bool said_unread; /* lately */
    bool damaged;     /* the spool: a start mends it */
    bool reread;      /* what waits was not read to its end */
    int64_t reread_ms;
    int64_t send_again_ms;
    int64_t tidy_ms;
    struct shared *page[2]; /* of alerts, the first, as JSON and Protobuf */
    struct tallies tallies;

    struct arena arena; /* the request or reply at hand */
    struct arena inner;
};

#endif
