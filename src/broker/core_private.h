/** What the files of the broker core share; nobody else includes it. */
#ifndef TOCSIN_BROKER_CORE_PRIVATE_H
#define TOCSIN_BROKER_CORE_PRIVATE_H

#include "broker/core.h"
#include "domain/decide.h"
#include "wire/case_order.h"

#define INTAKE_BYTES (1024 * 1024)    /* what a stranger's request may become */
#define ARENA_BYTES (4 * 1024 * 1024) /* what we make of it: never short */
#define REPLY_BYTES_MAX 65536
#define PAGE_BYTES_MAX 60000 /* of a reply's list, so that the whole fits */
#define LOCKS_PER_COMMAND 3
#define EVENTS_KEPT 4096
#define REFUSAL_KINDS_MAX 512
#define RATE_RETRY_MS 1000

/** Whom to answer. */
struct caller {
    enum gate gate;
    struct route route;
    uint32_t principal; /* number */
    uint8_t request_id[REQUEST_ID_SIZE];
    size_t id_size;
};

/** See rate.c; in thousandths. */
struct bucket {
    int64_t at_ms;
    uint64_t requests; /* that it may send */
    uint64_t refusals; /* that it may be told */
};

/** Presence of one principal; not in the book, since no fact says it. */
struct presence {
    struct route route; /* newest of the field desk; size 0: none */
    struct moment heard;
    char software[64];
    uint32_t under_way; /* its unanswered requests */
    struct bucket bucket;
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
    uint8_t duties; /* bit by bit */
    uint8_t sighting_count;
    uint64_t sightings[SIGHTINGS_TOLD];
};

/** One thing that happened, for those who follow. */
struct event_entry {
    uint64_t sequence;
    int64_t time_ms;
    Tocsin__V1__EventKind kind;
    uint32_t principal;
    struct alert *alert;
    uint32_t revision;
    uint32_t nodes;
    Tocsin__V1__Rung rung;
    Tocsin__V1__CaseStep step;
    struct silence_note silent;
};

struct follower {
    struct caller caller;
    uint8_t curve[KEY_SIZE]; /* as it was proved when it asked */
    uint64_t after;
    bool missed;         /* its place was not in the ring any more */
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
    struct presence *presence; /* by number - 1 */
    size_t presence_room;
    struct bucket strangers; /* of those that are nobody now */
    struct chase *chases;
    struct map *chase_of; /* alert id -> chase */
    struct ring_watch *rings;
    int64_t next_beacon_ms; /* monotonic, as the next */
    int64_t next_second_ms;
    uint64_t heads[32]; /* head at each of the last seconds */
    size_t seconds;     /* how many there were */
    size_t syncs_left;
    struct event_entry events[EVENTS_KEPT];
    uint64_t event_count; /* ever; the ring holds the last EVENTS_KEPT */
    uint64_t events_from; /* sequence from which on the ring is complete */
    struct follower *followers;
    size_t follower_count;
    int64_t next_wake_ms; /* of the followers; monotonic */
    struct refusal refusals[REFUSAL_KINDS_MAX];
    size_t refusal_count;
    struct upload *uploads;
    size_t upload_count;
    uint64_t files_asked;
    uint64_t files_stored;
    struct picture_cache *pictures;
    size_t sweep;               /* expiry: next alert to look at */
    int64_t next_purge_ms;      /* monotonic */
    bool keys_to_end;           /* those of sealed cases may still be there */
    size_t silence_sweep;       /* silence: likewise */
    size_t filing_sweep;        /* filing: likewise */
    const struct alert *filing; /* its filing is under way, or NULL */
};

/* core.c */
/** A request that rate_allows has let in, now or before it had to wait. */
void broker_take(struct broker *broker, struct caller *caller,
                 const uint8_t curve[KEY_SIZE], const uint8_t *bytes,
                 size_t size, int64_t now_ms);
struct presence *broker_presence(struct broker *broker, uint32_t number);

/* pending.c */
/** Hand a fact to the journal. caller may be NULL; locks may be NULL or
 *  LOCKS_PER_COMMAND names, "" for none, which are taken already. */
struct pending *broker_append(struct broker *broker,
                              const Tocsin__V1__Fact *fact,
                              const struct caller *caller, char (*locks)[72]);
/** Hand its fact to the journal. */
void pending_append(struct broker *broker, struct pending *pending,
                    const Tocsin__V1__Fact *fact);
/** It will be told what becomes of it. */
void pending_await(struct broker *broker, struct pending *pending,
                   const struct caller *caller);
/** Until it is durable, the same command or answer joins this one. */
void broker_inflight(struct broker *broker, struct pending *pending,
                     const uint8_t identity[IDENTITY_SIZE],
                     const uint8_t digest[8]);
void pending_free(struct broker *broker, struct pending *pending);

/* reply.c */
void reply_send(struct broker *broker, const struct caller *caller,
                Tocsin__V1__Reply *reply, int64_t now_ms);
void reply_status(struct broker *broker, const struct caller *caller,
                  Tocsin__V1__Status status, int64_t now_ms);
void reply_refused(struct broker *broker, const struct caller *caller,
                   Tocsin__V1__Status status, const struct complaint *complaint,
                   int64_t now_ms);
void reply_busy(struct broker *broker, const struct caller *caller,
                uint32_t retry_ms, int64_t now_ms);

/** UNAVAILABLE: there is no space for what was asked; again later. */
void reply_full(struct broker *broker, const struct caller *caller,
                int64_t now_ms);

/* say.c */
/** One log line, when this is worth one. */
void say_done(struct broker *broker, uint64_t sequence,
              const Tocsin__V1__Fact *fact, const struct effect *effect);

/* refusals.c */
void refusal_count(struct broker *broker, enum gate gate, uint32_t principal,
                   const char *what);
void refusal_flush(struct broker *broker);

/* rate.c */
/** false: it was one too many, and all that is to be said has been. */
bool rate_allows(struct broker *broker, struct caller *caller,
                 const uint8_t *bytes, size_t size, int64_t now_ms);

/* command.c */
void command_take(struct broker *broker, const struct caller *caller,
                  const Tocsin__V1__Request *request, const uint8_t *bytes,
                  size_t size, int64_t now_ms);
void command_done(struct broker *broker, struct pending *pending,
                  const Tocsin__V1__Fact *fact, const struct effect *effect,
                  int64_t now_ms);
/** It was not kept: tell whoever waits for it. */
void command_undone(struct broker *broker, const struct pending *pending,
                    int64_t now_ms);
/** Asks for spare case keys when they run low. */
void command_want_keys(struct broker *broker);
void command_lock(struct broker *broker, char locks[LOCKS_PER_COMMAND][72]);
/** Lock an alert for the broker's own fact about it; false: a command is under
 *  way, look again later. */
bool command_lock_alert(struct broker *broker, const struct alert *alert,
                        char locks[LOCKS_PER_COMMAND][72]);
bool command_is_locked(const struct broker *broker, const struct alert *alert);
void command_unlock(struct broker *broker, const struct pending *pending,
                    int64_t now_ms);

/* gather.c */
/** Does such a fact gather with others? */
bool gather_takes(const Tocsin__V1__Fact *fact);
void gather(struct broker *broker, const Tocsin__V1__Fact *fact,
            const struct caller *caller, const uint8_t identity[IDENTITY_SIZE]);
/** What has gathered goes to the journal. */
void gather_close(struct broker *broker, int64_t now_ms);

/* ahead.c */
/** The journal has just been handed a revision: seal its messages while it is
 *  synced, unless those of another one are ready already. */
void ahead_seal(struct broker *broker, uint64_t sequence,
                const Tocsin__V1__Fact *fact);
/** The message on the alert's topic of this number, if it came out as it was
 *  foreseen; else NULL: seal it now. */
const struct sealed_message *ahead_message(const struct broker *broker,
                                           const struct alert *alert,
                                           size_t number);
/** What was sealed for this fact is published by now, or never will be. */
void ahead_drop(struct broker *broker, uint64_t sequence);

/* feed.c */
/** Heap memory, or NULL: too large for the feed, which is said. */
uint8_t *feed_seal_payload(struct broker *broker, const char *topic,
                           const struct feed_header *header,
                           const Tocsin__V1__FeedPayload *payload,
                           size_t *size);
void feed_alert(struct broker *broker, const struct alert *alert);
void feed_beacon(struct broker *broker, int64_t now_ms);
void feed_second(struct broker *broker);
/** A notice of the newest document for receivers of this division (or prefix),
 *  in the arena. node: for it alone; or NULL. */
Tocsin__V1__Notice *feed_notice(struct arena *arena, const struct alert *alert,
                                const char *division,
                                const struct principal *node);
void feed_topic_state(const struct broker *broker, const char *topic,
                      Tocsin__V1__TopicState *out);

/* sync.c */
void sync_take(struct broker *broker, const struct caller *caller,
               const Tocsin__V1__Sync *sync, int64_t now_ms);
void sync_keys(struct broker *broker, const struct caller *caller,
               int64_t now_ms);
void sync_heartbeat(struct broker *broker, const struct caller *caller,
                    const Tocsin__V1__Heartbeat *heartbeat, int64_t now_ms);

/* direct.c */
void direct_watch(struct broker *broker, struct alert *alert, int64_t now_ms);
void direct_tick(struct broker *broker, int64_t now_ms);
void direct_forget(struct broker *broker, const struct alert *alert);
uint32_t direct_tries(const struct broker *broker, const struct alert *alert,
                      uint32_t node);

/* clock_trust.c */
void trust_begin(struct broker *broker, struct moment now);
/** At every tick: does the time of day go on as the monotonic clock does? */
void trust_look(struct broker *broker, struct moment now);
/** What a command that a centre signed tells about our clock; a refusal for it
 *  names both times. */
void trust_hear(struct broker *broker, const struct caller *caller,
                struct verdict *verdict, int64_t now_ms);

/** The time of day that rings go by: this machine's as long as it is believed,
 *  then by the clock that never jumps, on from where it was. */
int64_t trust_steady_ms(const struct broker *broker);

/** One fact about supervision at a time. */
#define SUPERVISION_LOCK "supervision"
/* silence_watch.c */
void silence_tick(struct broker *broker, int64_t now_ms);

/* purges.c */
/** Its case is sealed, and that is durable: the key goes. */
void purge_seal(struct broker *broker, const struct alert *alert);
void purge_tick(struct broker *broker, int64_t now_ms);
/** What this node has yet to purge. */
void purge_fill(struct broker *broker, const struct principal *node,
                Tocsin__V1__SyncPage *page);

/* supervised.c */
void supervised_list(struct broker *broker, const struct caller *caller,
                     const Tocsin__V1__ListSupervised *ask, int64_t now_ms);

/* overdue.c */
void overdue_list(struct broker *broker, const struct caller *caller,
                  const Tocsin__V1__ListOverdue *ask, int64_t now_ms);

/* expiry.c */
void expiry_tick(struct broker *broker, int64_t now_ms);

/* rings.c */
/** Its rings may have changed: from now on they widen, or do not. */
void rings_watch(struct broker *broker, const struct alert *alert);
void rings_forget(struct broker *broker, const struct alert *alert);
void rings_free(struct broker *broker);
void rings_tick(struct broker *broker, int64_t now_ms);
/** How far they have come, for everybody, or for this node alone; NULL: the
 *  alert has none. */
Tocsin__V1__RingNotice *rings_notice(struct arena *arena,
                                     const struct alert *alert,
                                     const struct principal *node);
/** When they come to more nodes; 0: never. */
int64_t rings_next_ms(const struct broker *broker, const struct alert *alert,
                      const Tocsin__V1__Alert *content);

/* filing.c */
void filing_tick(struct broker *broker, int64_t now_ms);
/** No answer about it may be taken until it is filed. */
bool filing_is_under_way(const struct broker *broker, const char *alert_id);
/** Before apply: nothing here points to it any more. */
void filing_release(struct broker *broker, const char *alert_id,
                    int64_t now_ms);
/** Reply to a command or answer about an alert that is filed; false: it is
 *  not. */
bool filing_answers(struct broker *broker, const struct caller *caller,
                    const char *alert_id, const uint8_t identity[IDENTITY_SIZE],
                    const uint8_t digest[8], int64_t now_ms);
/** The same for an answer that decide has found no alert for. */
bool filing_answers_late(struct broker *broker, const struct caller *caller,
                         const struct verdict *verdict,
                         const struct order *order);
/** A filed alert or case of this name, in the jurisdiction of who asks. */
bool filing_knows(const struct broker *broker, const struct principal *who,
                  const char *text);

/* follow.c */
void follow_forget(struct broker *broker, const struct alert *alert,
                   int64_t now_ms);
void follow_note(struct broker *broker, uint64_t sequence,
                 const Tocsin__V1__Fact *fact, const struct effect *effect);
void follow_wake(struct broker *broker, int64_t now_ms);
void follow_take(struct broker *broker, const struct caller *caller,
                 const Tocsin__V1__Follow *follow, int64_t now_ms);

/* pictures.c */
void picture_put(struct broker *broker, const struct caller *caller,
                 const Tocsin__V1__PutPicture *put, int64_t now_ms);
void picture_get(struct broker *broker, const struct caller *caller,
                 const Tocsin__V1__GetPicture *get, int64_t now_ms);
/** The key that a picture put for this alert is sealed with; false: it is not
 *  there. */
bool picture_key(struct broker *broker, const char *alert_id,
                 const ProtobufCBinaryData *hash, uint8_t key_id[KEY_ID_SIZE]);
void picture_tick(struct broker *broker);
/** Nothing of this alert stays in memory. */
void picture_drop(struct broker *broker, const char *alert_id);
/** Those that wait for the disk are refused: they are not kept. */
void picture_full(struct broker *broker, int64_t now_ms);
void picture_free(struct broker *broker);

/* questions.c, board.c */
void question_take(struct broker *broker, const struct caller *caller,
                   const Tocsin__V1__Request *request, int64_t now_ms);
/* sightings.c */
/** In the broker's arena. */
Tocsin__V1__Sighting *sighting_make(struct broker *broker,
                                    const struct testimony *testimony);
void sighting_list(struct broker *broker, const struct caller *caller,
                   const Tocsin__V1__ListSightings *ask, int64_t now_ms);
/** Tell who sent a sighting what was made of it, if its line is up. */
void word_push(struct broker *broker, const struct alert *alert,
               const struct testimony *testimony, int64_t now_ms);
/** What was made of a node's own sightings after a sequence. */
void word_fill(struct broker *broker, const struct principal *node,
               uint64_t after, Tocsin__V1__SyncPage *page);

/* case_board.c */
void case_list(struct broker *broker, const struct caller *caller,
               const Tocsin__V1__ListCases *ask, int64_t now_ms);
void case_show(struct broker *broker, const struct caller *caller,
               const Tocsin__V1__ShowCase *ask, int64_t now_ms);
/** In the broker's arena; NULL: nobody has that number. */
Tocsin__V1__Person *case_person(struct broker *broker, uint32_t number);
/** In the broker's arena. */
Tocsin__V1__CaseFile *case_make(struct broker *broker,
                                const struct alert *alert);

void board_take(struct broker *broker, const struct caller *caller,
                const Tocsin__V1__GetBoard *ask, int64_t now_ms);
Tocsin__V1__AlertSummary *board_summary(struct broker *broker,
                                        const struct alert *alert);
/** The alert meant, if the caller may see it; else refuses and gives NULL. */
struct alert *board_alert(struct broker *broker, const struct caller *caller,
                          const char *text, int64_t now_ms);
Tocsin__V1__NodeState *board_node(struct broker *broker,
                                  const struct principal *node);
/* board_rings.c; content: the alert's document, or NULL */
void board_arrival(const struct alert *alert, const Tocsin__V1__Alert *content,
                   const struct principal *node, Tocsin__V1__NodeState *state);
void board_rings(struct broker *broker, const struct alert *alert,
                 const Tocsin__V1__Alert *content,
                 Tocsin__V1__AlertSummary *summary);
/** The nodes in each: goes through all. */
void board_count_rings(const struct book *book, const struct alert *alert,
                       const Tocsin__V1__Alert *content,
                       Tocsin__V1__AlertSummary *summary);
/** By id. */
void board_sort(const struct principal **nodes, size_t count);

/** Zeroed memory in the arena. */
void *arena_take(struct arena *arena, size_t size);
char *arena_text(struct arena *arena, const char *text);
ProtobufCBinaryData bytes_of(const void *data, size_t size);
/** An initialised message of this type in the arena. */
void *arena_message(struct arena *arena,
                    const ProtobufCMessageDescriptor *type);

#endif
