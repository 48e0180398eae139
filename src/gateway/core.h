/** The inside of the gateway's core, shared by its files and nobody else. */
#ifndef TOCSIN_GATEWAY_CORE_H
#define TOCSIN_GATEWAY_CORE_H

#include <jansson.h>

#include "gateway/gateway.h"
#include "terminal/asks.h"
#include "wire/check.h"
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
    struct waiting *next;
};

struct device {
    char id[ID_MAX + 1];
    uint8_t key[KEY_SIZE];
    bool own;
    bool introduced; /* by a proof alone: the broker has not said so to us */
    bool revoked;
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
    size_t arriving;      /* not yet durable */
    size_t picture_bytes; /* that wait */
    size_t looks;         /* that wait */
    bool under_way;
    bool ready; /* in one of the queues */
    struct device *next_ready;
    int64_t rate_ms;
    int64_t tokens; /* thousandths of an answer */
};

struct ready {
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
    int64_t look_ms; /* monotonic: does something of it still wait? */
};

struct fetch {
    uint8_t hash[32];
    struct gateway_picture picture;
    uint8_t *data; /* NULL: free */
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
    uint8_t *bytes;
    size_t size;
};

/** A look that the broker is told of. */
struct look_slot {
    int64_t row; /* 0: free */
    struct ask ask;
    bool ended;
};

#define LOOKS_UNDER_WAY 8
#define LOOKS_MAX 20000
#define DEVICE_LOOKS_MAX 200
struct looks {
    struct given given[GIVEN_MAX];
    size_t given_count;
    struct look_slot slots[LOOKS_UNDER_WAY];
    int64_t after; /* the newest row that is under way or was */
    bool more;     /* the spool may have one after it */
    size_t waiting;
};

/** Which handhelds there are, as the broker says. */
struct roster {
    uint32_t generation; /* that the last whole round was of */
    uint32_t wanted;
    bool due;
    uint32_t round;
    bool own_done;
    bool all_done;
    bool dirty; /* a device is not in the spool as it is */
    char after[ID_MAX + 1];
    char about[ID_MAX + 1]; /* "": the page of our own */
    struct ask ask;
    char lookups[LOOKUPS_MAX][ID_MAX + 1];
    size_t lookup_count;
};

struct stranger {
    char id[ID_MAX + 1];
    int64_t until_ms;
};

struct stream {
    uint64_t exchange;
    struct device *device;
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
};

struct gateway {
    char id[ID_MAX + 1];
    char software[61];
    uint8_t secret[KEY_SIZE];
    uint8_t broker[KEY_SIZE];
    const char *openapi;
    size_t openapi_size;
    struct gateway_limits limits;
    struct gateway_port port;
    struct gateway_spool spool;

    struct map *devices;
    struct ready ready[2]; /* urgent ones, others */
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
    struct looks looks;
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
    int64_t send_again_ms;
    int64_t tidy_ms;
    char *page[2]; /* the first page of alerts, as JSON and Protobuf */
    size_t page_size[2];
    struct tallies tallies;

    struct arena arena; /* the request or reply at hand */
    struct arena inner;
};

/** The time of day that it goes by. */
int64_t today_ms(const struct gateway *gateway, struct moment now);
void gateway_note(struct gateway *gateway, enum log_level level,
                  const char *event, const char *format, ...) PRINTF(4, 5);
void begin_ask(struct gateway *gateway, struct ask *ask,
               Tocsin__V1__Request *request, struct moment now);
/** false: it is due and the line takes no more. */
bool send_ask(struct gateway *gateway, struct ask *ask, struct moment now);

/* respond.c */
struct asked {
    uint64_t exchange;
    const struct gateway_request *request;
    const char *rest;      /* of the path, where the route says {...} */
    struct device *device; /* whose session it is, where one is needed */
    bool protobuf;         /* wanted in return */
};
void respond(struct gateway *gateway, uint64_t exchange,
             const struct gateway_response *response);
void respond_message(struct gateway *gateway, uint64_t exchange, int code,
                     const ProtobufCMessage *message, bool protobuf);
struct problem {
    int code;
    Tocsin__V1__Status status;
    uint32_t retry_after_ms;
};
void respond_problem(struct gateway *gateway, const struct asked *asked,
                     struct problem problem, const char *field,
                     const char *format, ...) PRINTF(5, 6);
int code_of(Tocsin__V1__Status status);
/** The body, in the gateway's arena; NULL: it was answered. */
void *body_of(struct gateway *gateway, const struct asked *asked,
              const ProtobufCMessageDescriptor *type);
char *json_text(const ProtobufCMessage *message, size_t *size);

/* devices.c */
struct device *device_find(const struct gateway *gateway, const char *id);
struct device *device_add(struct gateway *gateway, const char *id);
void devices_load(struct gateway *gateway);
void devices_done(struct gateway *gateway);
/** Known and not revoked; else it was answered. */
struct device *device_admit(struct gateway *gateway, const struct asked *asked,
                            const char *id, struct moment now);
void device_enrolled(struct gateway *gateway, const char *id,
                     const uint8_t key[KEY_SIZE], struct moment now);
void roster_want(struct gateway *gateway);
void roster_begin(struct gateway *gateway, struct moment now);
bool roster_reply(struct gateway *gateway, const Tocsin__V1__Reply *reply,
                  struct moment now);
/** Changes into the spool; their number. */
size_t devices_stage(struct gateway *gateway);
void devices_end(struct gateway *gateway, enum status status);

/** One look-up of this one, soon. */
void device_ask(struct gateway *gateway, const char *id);

/* introductions.c */
void take_proof(struct gateway *gateway, const struct asked *asked,
                struct moment now);
void take_introduction(struct gateway *gateway, const struct asked *asked,
                       struct moment now);
void proof_keep(struct device *device,
                const Tocsin__V1__SignedDeviceProof *proof, int64_t now_ms);

/* session.c */
void take_challenge(struct gateway *gateway, const struct asked *asked,
                    struct moment now);
void take_login(struct gateway *gateway, const struct asked *asked,
                struct moment now);
/** Whose session it is; NULL: it was answered. */
struct device *session_of(struct gateway *gateway, const struct asked *asked,
                          struct moment now);

/* intake.c */
void take_answer(struct gateway *gateway, const struct asked *asked,
                 struct moment now);
/** One that is responded to after the commit; NULL: they are too many, and it
 *  was answered. */
struct arrival *arrival_add(struct gateway *gateway, const struct asked *asked,
                            const struct fate *fate);
/** One that is new, in its place: into the spool, and responded to when it is
 *  durable; or one that is here already. */
struct letter {
    const Tocsin__V1__SignedAnswer *sealed;
    struct device *device;
    struct fate fate; /* as it comes; not its digest and times */
    const char *id;   /* the field that makes it the same */
};
void letter_take(struct gateway *gateway, const struct asked *asked,
                 struct letter *letter, struct moment now);
/** The 16 bytes in the path; false: they are none, and it was answered. */
bool answer_id_of(struct gateway *gateway, const struct asked *asked,
                  uint8_t out[16]);
void respond_fate(struct gateway *gateway, uint64_t exchange,
                  const struct fate *fate, bool protobuf);
/** The commit went so: respond, and queue what is durable. */
void arrivals_end(struct gateway *gateway, enum status status);
void arrivals_gone(struct gateway *gateway, uint64_t exchange);
Tocsin__V1__AnswerFate *fate_message(struct arena *arena,
                                     const struct fate *fate);
/** The number after "after=" in the query; 0: none. */
int64_t after_of(const struct asked *asked);
void take_fates(struct gateway *gateway, const struct asked *asked,
                struct moment now);
void take_fate(struct gateway *gateway, const struct asked *asked,
               struct moment now);
void take_known(struct gateway *gateway, const struct asked *asked,
                struct moment now);

/* registrations.c */
void take_registration(struct gateway *gateway, const struct asked *asked,
                       struct moment now);
void take_registered(struct gateway *gateway, const struct asked *asked,
                     struct moment now);
void take_registered_one(struct gateway *gateway, const struct asked *asked,
                         struct moment now);
void take_registered_known(struct gateway *gateway, const struct asked *asked,
                           struct moment now);
Tocsin__V1__FoundFate *found_message(struct arena *arena,
                                     const struct fate *fate);

/* uploads.c */
void take_upload(struct gateway *gateway, const struct asked *asked,
                 struct moment now);
/** How much of its picture is here. */
void upload_tell(const struct gateway *gateway, struct fate *fate);
void uploads_tick(struct gateway *gateway, struct moment now);
/** Those of this alert, or of this handheld; NULL: whatever. */
void uploads_drop(struct gateway *gateway, const char *alert_id,
                  const struct device *device);

/* freight.c */
/** Count what waits, and look again. */
void freight_load(struct gateway *gateway);
void freight_look(struct gateway *gateway);
void freight_connected(struct gateway *gateway, struct moment now);
bool freight_reply(struct gateway *gateway, const Tocsin__V1__Reply *reply,
                   struct moment now);
/** Go on, where nothing more urgent waits. false: the line takes no more. */
bool freight_send(struct gateway *gateway, struct moment now);
int64_t freight_due_ms(const struct gateway *gateway);
/** Its end into the spool; how many. */
size_t freight_stage(struct gateway *gateway);
void freight_end(struct gateway *gateway, enum status status);
/** What is under way is of this alert or handheld: no more. */
void freight_drop(struct gateway *gateway, const char *alert_id,
                  const struct device *device);

/* relay.c */
void tell_fate(struct gateway *gateway, struct device *device,
               const struct fate *fate);
/** In characters, so that it fits. */
void copy_words(char *out, size_t room, const char *text);
void relay_load(struct gateway *gateway);
void relay_done(struct gateway *gateway);
void relay_add(struct gateway *gateway, struct device *device,
               const struct fate *fate);
/** Its answers do not go on, or do again. */
void relay_forget(struct gateway *gateway, struct device *device);
/** All of it anew from the spool. */
void relay_restart(struct gateway *gateway);
void relay_connected(struct gateway *gateway, struct moment now);
bool relay_reply(struct gateway *gateway, const Tocsin__V1__Reply *reply,
                 struct moment now);
/** Ends into the spool; their number. */
size_t relay_stage(struct gateway *gateway);
void relay_end(struct gateway *gateway, enum status status, struct moment now);
/** false: the line takes no more. */
bool relay_send(struct gateway *gateway, struct moment now);
int64_t relay_due_ms(const struct gateway *gateway);
bool relay_idle(const struct gateway *gateway);
int64_t relay_oldest_ms(const struct gateway *gateway);

/* claims.c */
void take_claim(struct gateway *gateway, const struct asked *asked,
                struct moment now);
bool claims_reply(struct gateway *gateway, const Tocsin__V1__Reply *reply,
                  struct moment now);
void claims_tick(struct gateway *gateway, struct moment now);
bool claims_send(struct gateway *gateway, struct moment now);
void claims_done(struct gateway *gateway);

/* pictures.c */
void take_picture(struct gateway *gateway, const struct asked *asked,
                  struct moment now);
bool fetches_reply(struct gateway *gateway, const Tocsin__V1__Reply *reply,
                   struct moment now);
bool fetches_send(struct gateway *gateway, struct moment now);
void fetches_tick(struct gateway *gateway, struct moment now);
/** What is fetched for this alert is not wanted any more. */
void fetches_end(struct gateway *gateway, const char *alert_id);
void fetches_gone(struct gateway *gateway, uint64_t exchange);
void fetches_done(struct gateway *gateway);

/* looks.c */
/** Somebody who looks at a photograph. */
struct viewer {
    uint64_t exchange;
    bool protobuf;
    const struct device *device;
    const char *alert_id;
    bool thumbnail;
    int64_t at_ms;
};
/** Once that is noted durably; the bytes are copied. */
void look_give(struct gateway *gateway, const struct viewer *viewer,
               const char *type, const void *bytes, size_t size);
/** The commit went so: they go out, or do not. */
void looks_given(struct gateway *gateway, enum status status);
void looks_gone(struct gateway *gateway, uint64_t exchange);
void looks_done(struct gateway *gateway);
void looks_load(struct gateway *gateway);
void looks_connected(struct gateway *gateway, struct moment now);
bool looks_reply(struct gateway *gateway, const Tocsin__V1__Reply *reply,
                 struct moment now);
bool looks_send(struct gateway *gateway, struct moment now);
int64_t looks_due_ms(const struct gateway *gateway);
size_t looks_stage(struct gateway *gateway);
void looks_end(struct gateway *gateway, enum status status);

/* purge.c */
/** Out of the spool and the cache; their number. */
size_t purging_stage(struct gateway *gateway, struct moment now);
void purging_end(struct gateway *gateway, enum status status);

/* alerts.c */
void take_alerts(struct gateway *gateway, const struct asked *asked,
                 struct moment now);
void take_alert(struct gateway *gateway, const struct asked *asked,
                struct moment now);
void take_thumbnail(struct gateway *gateway, const struct asked *asked,
                    struct moment now);
void take_standing(struct gateway *gateway, const struct asked *asked,
                   struct moment now);
void fill_standing(const struct gateway *gateway,
                   Tocsin__V1__GatewayStanding *out, struct moment now);
void pages_drop(struct gateway *gateway);

/* events.c */
void take_events(struct gateway *gateway, const struct asked *asked,
                 struct moment now);
/** device NULL: to all. */
void tell_devices(struct gateway *gateway, struct device *device,
                  const char *kind, const Tocsin__V1__DeviceEvent *event);
void streams_end(struct gateway *gateway, const struct device *device);
void streams_gone(struct gateway *gateway, uint64_t exchange);
void streams_tick(struct gateway *gateway, struct moment now);
void streams_done(struct gateway *gateway);

/* metrics.c */
void take_metrics(struct gateway *gateway, const struct asked *asked,
                  struct moment now);
void take_health(struct gateway *gateway, const struct asked *asked,
                 struct moment now);

#endif
