/** What a broker's core holds; through core_private.h alone. */
#ifndef TOCSIN_BROKER_STATE_H
#define TOCSIN_BROKER_STATE_H

#include "broker/core.h"
#include "domain/decide.h"

#define INTAKE_BYTES (1024 * 1024)    /* what a stranger's request may become */
#define ARENA_BYTES (4 * 1024 * 1024) /* what we make of it: never short */
#define REPLY_BYTES_MAX 65536
#define PAGE_BYTES_MAX 60000 /* of a reply's list, so that the whole fits */
#define LOCKS_PER_COMMAND 3
#define EVENTS_KEPT 4096
#define REFUSAL_KINDS_MAX 512
#define RATE_RETRY_MS 1000
#define RETRY_FULL_MS 200

/** Whom to answer. */
struct caller {
    enum gate gate;
    struct route route;
    uint32_t principal; /* number */
    uint8_t request_id[REQUEST_ID_SIZE];
    size_t id_size;
    uint32_t offset; /* of the piece of a picture that it waits for */
};

/** See rate.c; in thousandths. */
struct bucket {
    int64_t at_ms;
    uint64_t requests; /* that it may send */
    uint64_t refusals; /* that it may be told */
};

/** What persons in the field give to be kept, each with a bound of its own:
 *  what is urgent does not wait behind what is not. See rate.c. */
enum giving {
    GIVING_URGENT, /* sightings */
    GIVING_FOUND,  /* found children */
    GIVING_CALM,   /* read, searched */
    GIVING_LOOK,   /* looks at photographs */
    GIVINGS
};

/** See sync_budget.c; of a microsecond. */
struct sync_budget {
    int64_t at_ms;       /* monotonic */
    int64_t thousandths; /* below 0: a large page is not yet paid for */
    uint64_t page_us;    /* what the last pages cost, on average */
    uint64_t waiting;    /* who was told BUSY and has not had a page yet */
    uint64_t crowd;      /* counts up when nobody waits any more; from 1 */
};

/** What one principal was given of it. */
struct syncing {
    uint64_t enrolled; /* as it was with the last page; for the next two */
    uint64_t began;    /* after which sequence */
    uint64_t ended;    /* with which */
    int64_t served_ms; /* monotonic; 0: never */
    uint64_t waits_in; /* the crowd that it is counted in; 0: in none */
};

/** A picture whose look is noted, for as long as its pieces are fetched. */
#define VIEWINGS_KEPT 4
struct viewing {
    uint8_t picture[8]; /* of the hash of its name */
    int64_t until_ms;   /* monotonic */
};

/** One connection of a principal to the field desk; see doubles.c. */
struct voice {
    struct route route; /* size 0: none */
    int64_t since_ms;   /* monotonic: its first word */
    int64_t heard_ms;   /* monotonic: its last */
};

/** Presence of one principal; not in the book, since no fact says it. */
struct presence {
    struct route route; /* newest of the field desk; size 0: none */
    struct moment heard;
    struct voice older;
    struct voice newer;
    int64_t doubled_ms; /* by the wall, when both spoke last; 0: never */
    char software[64];
    uint32_t under_way; /* its unanswered requests */
    struct syncing syncing;
    struct bucket bucket;
    int64_t given_ms[GIVINGS]; /* monotonic */
    int64_t loads_us;          /* likewise, of pictures; see picture_cache.c */
    struct viewing viewings[VIEWINGS_KEPT];
    uint8_t viewing_next;
    int64_t ending_next_ms; /* monotonic: its certificate's end is said again */
};

/** Sending directly to the silent nodes of one alert. */
struct chase {
    struct alert *alert;
    int64_t next_ms; /* monotonic */
    int64_t pause_ms;
    size_t cursor; /* in the alert's coverage */
    uint32_t revision;
    uint64_t sequence; /* of what it was begun for */
    uint8_t *tries;    /* by number - 1 */
    size_t try_count;
    struct chase *next;
};

/** An alert whose rings go on; see rings.c. */
struct ring_watch {
    const struct alert *alert;
    bool known;            /* due_ms is */
    int64_t due_ms;        /* after the child was last seen */
    int64_t looked_ms;     /* monotonic */
    uint64_t roll_changes; /* at that look */
    struct ring_watch *next;
};

struct waiter {
    struct caller caller;
    struct waiter *next;
};

/** A fact handed to the journal and not yet durable. */
struct pending {
    uint64_t sequence;
    uint64_t known; /* the head when it was decided */
    bool issues;    /* an alert's revision */
    bool widens;    /* the rings of one */
    uint8_t *fact;  /* packed, plain */
    size_t size;
    size_t count; /* of the requests that it answers */
    uint8_t identity[IDENTITY_SIZE];
    uint8_t digest[8];                  /* of the request's body */
    uint8_t (*gathered)[IDENTITY_SIZE]; /* count of them; see gather.c */
    char locks[LOCKS_PER_COMMAND][72];
    struct waiter *waiters;
    struct waiter *last_waiter;
    struct pending *next;
};

#define GATHERINGS_MAX 4

/** Answers to one revision on their way into one fact: see gather.c. */
struct gathering {
    char alert_id[ULID_SIZE + 1];
    uint32_t revision;
    size_t count;
    uint32_t nodes[TOGETHER_MAX];
    Tocsin__V1__Rung rungs[TOGETHER_MAX];
    int64_t at_ms[TOGETHER_MAX];
    struct pending *pending; /* not in the row yet */
};

/** A command that waits until its case, principal or key is free. */
struct queued_request {
    struct caller caller;
    uint8_t curve[KEY_SIZE]; /* as it was proved when it came */
    uint8_t *bytes;
    size_t size;
    struct queued_request *next;
};

struct lock {
    struct queued_request *first;
    struct queued_request **last;
};

/** What fell silent, for those who follow. */
#define SIGHTINGS_TOLD 4
struct silence_note {
    bool lead;
    bool sample;
    uint8_t duties; /* bit by bit */
    uint8_t sighting_count;
    uint8_t sample_count;
    uint8_t match_count;
    uint64_t sightings[SIGHTINGS_TOLD];
    uint64_t samples[SIGHTINGS_TOLD];
    uint64_t matches[SIGHTINGS_TOLD];
};

/** One thing that happened, for those who follow. */
struct event_entry {
    uint64_t sequence;
    int64_t time_ms;
    Tocsin__V1__EventKind kind;
    uint32_t principal;
    bool rescue; /* of an administrator */
    struct alert *alert;
    uint32_t revision;
    uint32_t nodes;
    Tocsin__V1__Rung rung;
    Tocsin__V1__CaseStep step;
    uint64_t sighting;         /* whose picture has come */
    struct found_child *found; /* or NULL */
    Tocsin__V1__FoundState found_state;
    unsigned score; /* LIKELY */
    struct silence_note silent;
};

struct follower {
    struct caller caller;
    uint8_t curve[KEY_SIZE]; /* as it was proved when it asked */
    uint64_t after;
    bool missed;         /* its place was not in the ring any more */
    bool anew;           /* it was in another journal: to be told at once */
    bool unmarked;       /* it is to keep the mark that it has */
    int64_t until_ms;    /* monotonic */
    struct alert *alert; /* only this one, or NULL */
    struct follower *next;
};

struct refusal {
    uint32_t principal; /* 0: unknown */
    enum gate gate;
    char what[64];
    uint32_t count;
};

#define CONTRARY_MAX 8

/** See clock_trust.c. */
struct clock_trust {
    bool believed;
    int64_t offset_ms;        /* wall less monotonic clock, at the last look */
    int64_t steady_offset_ms; /* the same, when it was believed last */
    int64_t steady_since_ms;  /* monotonic, as the next */
    int64_t say_next_ms;
    uint32_t contrary[CONTRARY_MAX]; /* centres whose clocks say otherwise */
    size_t contrary_count;
};

/** A revision's message on one of its topics. */
struct sealed_message {
    uint64_t previous; /* as it was foreseen */
    uint8_t *bytes;
    size_t size;
};

/** See ahead.c. */
struct ahead {
    uint64_t sequence;   /* of the revision's fact, 0: nothing is ready */
    uint32_t generation; /* of the topic keys */
    struct sealed_message *messages; /* by the number of the alert's prefix */
    size_t count;
};

/** A round of purges, as far as it has come. */
struct purge_walk {
    bool going;
    uint64_t round;
    size_t from;    /* alert that it began with */
    uint32_t after; /* of its nodes, with those after this one */
    size_t done;    /* alerts */
    size_t sends;   /* that are left */
};

struct upload;
struct picture_cache;

struct broker {
    struct broker_config config;
    struct broker_ports ports;
    struct vault *vault;
    struct book *book;
    struct arena intake;  /* the request being looked at */
    struct arena arena;   /* what is made of it */
    struct arena second;  /* of the fact being applied */
    uint8_t *room;        /* REPLY_BYTES_MAX, for packing */
    int64_t monotonic_ms; /* of the input at hand */
    int64_t started_ms;   /* monotonic */
    struct clock_trust clock;
    bool begun;
    bool stopping;
    bool full; /* no space on the disk */
    uint64_t next_sequence;
    uint32_t next_serial;
    struct pending *first_pending;
    struct pending **last_pending;
    size_t pending_count; /* counted in what they answer, gathered ones too */
    struct gathering gatherings[GATHERINGS_MAX];
    size_t gathering_count;
    struct map *inflight; /* identity -> pending */
    struct ahead ahead;
    struct map *locks; /* name -> lock */
    size_t queued_count;
    struct principal owner;    /* number OWNER_NUMBER, in no book */
    struct presence *presence; /* by number */
    size_t presence_room;
    struct bucket strangers; /* of those that are nobody now */
    struct chase *chases;
    struct map *chase_of; /* alert id -> chase */
    struct ring_watch *rings;
    int64_t next_beacon_ms; /* monotonic, as the next */
    int64_t next_second_ms;
    struct map *feed_keys; /* topic -> feed_key, of those that were used */
    uint64_t heads[32];    /* head at each of the last seconds */
    size_t seconds;        /* how many there were */
    struct sync_budget sync_budget;
    bool older;        /* than somebody has heard: a copy that was put back */
    int64_t older_ms;  /* monotonic: when somebody came last who has */
    uint32_t older_by; /* number of the first who came */
    bool older_borne_out; /* by another one */
    struct event_entry events[EVENTS_KEPT];
    uint64_t event_count; /* ever; the ring holds the last EVENTS_KEPT */
    uint64_t events_from; /* sequence from which on the ring is complete */
    uint64_t epoch_from;  /* with which its epoch began; 0: before the ring */
    struct follower *followers;
    size_t follower_count;
    int64_t next_wake_ms; /* of the followers; monotonic */
    struct refusal refusals[REFUSAL_KINDS_MAX];
    size_t refusal_count;
    struct upload *uploads;
    uint64_t files_asked;
    uint64_t files_stored;
    struct picture_cache *pictures;
    int64_t loads_us;      /* monotonic; see picture_cache.c */
    size_t sweep;          /* expiry: next alert to look at */
    int64_t next_purge_ms; /* monotonic */
    uint64_t purge_round;  /* purges: since the last sealing */
    size_t purge_sweep;    /* purges: next alert to ask about */
    uint32_t purge_after;  /* of its nodes, those after this one */
    struct purge_walk purge_walk;
    int64_t likely_ms; /* monotonic: found children are not compared before */
    bool keys_to_end;  /* those of sealed cases may still be there */
    size_t silence_sweep;       /* silence: likewise */
    size_t filing_sweep;        /* filing: likewise */
    size_t found_sweep;         /* filing of found children: likewise */
    const struct alert *filing; /* its filing is under way, or NULL */
    const struct found_child *filing_found; /* likewise */
};

#endif
