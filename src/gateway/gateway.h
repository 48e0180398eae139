/**
 * The core of a mobile gateway: what handhelds ask over HTTP and what the
 * broker replies come in; responses, events, requests to the broker and words
 * for the spool go out. Pure: no sockets, disk, clock or threads.
 *
 * An answer is in the spool, fsynced, before its handheld is told that it is
 * taken: the response goes out in gateway_settle, after the commit. It goes on
 * to the broker in order of arrival, one of each handheld at a time, until the
 * broker has said what it makes of it.
 */
#ifndef TOCSIN_GATEWAY_GATEWAY_H
#define TOCSIN_GATEWAY_GATEWAY_H

#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "gateway/spool.h"
#include "wire/seal.h"

struct gateway;
struct shared;

/** What a handheld asks; pointers are valid within the call. */
struct gateway_request {
    const char *method;
    const char *path;
    const char *query;
    const char *authorization; /* "" when absent, like the next ones */
    const char *accept;
    const char *content_type;
    const char *last_event_id;
    const uint8_t *body;
    size_t size;
    bool local; /* from this machine, in the clear */
};

struct gateway_response {
    int code;
    const char *type;
    const void *body;
    size_t size;
    struct shared *shared; /* where body lies, to be held; NULL: copied */
    unsigned retry_after_s;
};

/** One alert as it is stored here; valid within the call. */
struct gateway_alert {
    const char *alert_id;
    const char *case_number;
    uint32_t revision;
    bool exercise;
    Tocsin__V1__AlertState state;
    int64_t recorded_ms;
    int64_t received_ms;
    uint64_t sequence;
    Tocsin__V1__Alert *alert;
    Tocsin__V1__Withdrawal *withdrawal;
    Tocsin__V1__SignedAlert *document;
    ProtobufCBinaryData thumbnail;
};

/** A picture that a live alert names. */
struct gateway_picture {
    char alert_id[ULID_SIZE + 1];
    uint32_t size;
    bool png;
};

/** Which alerts; the rest is not even opened. */
struct alerts_asked {
    const char *alert_id; /* this one; NULL: all */
    uint64_t below;       /* this sequence; 0: whatever it is */
    bool ended;           /* those that have, too */
};

struct gateway_port {
    void *arg;
    /** To the field desk; false: it cannot go now. */
    bool (*send)(void *arg, const uint8_t *bytes, size_t size);
    void (*respond)(void *arg, uint64_t exchange,
                    const struct gateway_response *response);
    /** From here on the exchange is a stream of events; false: it is gone. */
    bool (*stream)(void *arg, uint64_t exchange);
    bool (*push)(void *arg, uint64_t exchange, const char *text, size_t size);
    void (*end_stream)(void *arg, uint64_t exchange);
    /** For the log; identifiers only. */
    void (*note)(void *arg, enum log_level level, const char *event,
                 const char *text);
    void (*random)(void *arg, void *out, size_t size);
    /** The highest sequence first. each returns false to stop. false: not all
     *  of them could be read. */
    bool (*each_alert)(void *arg, const struct alerts_asked *asked,
                       bool (*each)(void *to,
                                    const struct gateway_alert *alert),
                       void *to);
    /** Does a live alert name it? */
    bool (*find_picture)(void *arg, const uint8_t hash[32],
                         struct gateway_picture *out);
    /** Was it held here, and is nothing left of it to keep answers for? What
     *  never came here may live elsewhere: an officer who saw the child has
     *  come from there. */
    bool (*alert_is_over)(void *arg, const char *alert_id);
    /** From the cache, in heap memory; false: not there. */
    bool (*picture_load)(void *arg, const uint8_t hash[32], uint8_t **bytes,
                         size_t *size);
    void (*picture_keep)(void *arg, const uint8_t hash[32],
                         const char *alert_id, const uint8_t *bytes,
                         size_t size);
    /** false: it, or what the log has of it, may still be on the disk. */
    bool (*picture_drop)(void *arg, const char *alert_id);
    /** More lines for /metrics, of what only the daemon knows; may be NULL. */
    void (*metrics)(void *arg, void (*line)(void *to, const char *text),
                    void *to);
};

struct gateway_limits {
    size_t waiting;        /* answers in all: beyond, 507 */
    size_t device_waiting; /* answers of one handheld: beyond, 429; refused ones
                            * are kept to twice as many */
    size_t device_fates;   /* of one handheld, of what does not wait */
    size_t
        pictures_wait;    /* the mark: with more answers than this waiting,
                           * pictures are neither fetched, nor taken, nor sent */
    size_t picture_bytes; /* of handhelds' pictures in all: beyond, 507 */
    size_t device_picture_bytes; /* of one handheld: beyond, 429; of refused
                                  * ones twice as much is kept */
    unsigned device_rate;        /* answers a second of one handheld */
    size_t streams;              /* of events, in all */
};
extern const struct gateway_limits gateway_usual_limits;

struct gateway_setup {
    const char *id;
    const char *software;
    const uint8_t *secret; /* KEY_SIZE bytes: sessions are sealed with it */
    const uint8_t
        *broker; /* KEY_SIZE bytes: who says whose key a handheld's is */
    const char *openapi; /* the document */
    size_t openapi_size;
    struct gateway_limits limits;
};

/** Copies setup; the spool is read: the devices and what waits. */
struct gateway *gateway_new(const struct gateway_setup *setup,
                            const struct gateway_port *port,
                            const struct gateway_spool *spool,
                            struct moment now);
void gateway_free(struct gateway *gateway);

/* ---- inputs -----------------------------------------------------------------
 */

void gateway_request(struct gateway *gateway, uint64_t exchange,
                     const struct gateway_request *request, struct moment now);
/** A case is sealed: true when nothing of it is here any more. Asked again
 * until then, once it is true it is forgotten. */
bool gateway_purged(struct gateway *gateway, const char *alert_id);
/** The same where it is not to be said yet: nothing more of it stays here. */
void gateway_purge(struct gateway *gateway, const char *alert_id);
/** Whoever asked, or listened, has its whole answer or is gone. Also within a
 *  call of port.respond. */
void gateway_gone(struct gateway *gateway, uint64_t exchange);

/** The line to the field desk: connects counts its connections. */
void gateway_line(struct gateway *gateway, bool up, unsigned connects,
                  struct moment now);

/** How the picture of the alerts stands; as often as it likes to be told. */
struct gateway_world {
    bool connected;
    bool complete;
    bool revoked;
    int64_t picture_ms;  /* by our clock */
    int64_t daytime_ms;  /* what we go by, less what our clock says */
    uint32_t generation; /* the highest that was heard of */
};
void gateway_world(struct gateway *gateway, const struct gateway_world *world,
                   struct moment now);

/** true: the reply was to the gateway. */
bool gateway_reply(struct gateway *gateway, const uint8_t *bytes, size_t size,
                   struct moment now);

void gateway_alert_changed(struct gateway *gateway,
                           Tocsin__V1__ChangeKind change, const char *alert_id);

/** The broker may not have what it had recorded: it is sent again. Durable
 *  when it returns; a failure comes again out of gateway_settle. */
void gateway_say_again(struct gateway *gateway, struct moment now);

void gateway_tick(struct gateway *gateway, struct moment now);

/**
 * Make all of it durable, then respond, tell and send. A full disk is no
 * failure: who gave an answer is told so.
 * Fails: STATUS_DISK; nothing was told; start anew from the spool.
 *        STATUS_CORRUPT: so, or all is told and something of the spool cannot
 *        be read any more: it is mended when it is opened.
 */
MUST_USE enum status gateway_settle(struct gateway *gateway, struct moment now,
                                    struct diag *why);

/** When gateway_tick has something to do next, by the monotonic clock. */
int64_t gateway_wake_ms(const struct gateway *gateway, struct moment now);

/* ---- questions ---- */

struct gateway_counts {
    size_t waiting;
    int64_t oldest_ms; /* taken_ms of the oldest that waits; 0: none */
    size_t under_way;
    size_t devices;
    size_t streams;
    uint64_t taken;
    uint64_t recorded;
    uint64_t refused;
    size_t pictures; /* that wait */
    size_t picture_bytes;
    bool full;
};
void gateway_count(const struct gateway *gateway, struct gateway_counts *out);

/** The paths that it serves, "GET /v1/alerts/{alertId}"; NULL at the end. */
const char *gateway_route(size_t index);

#endif
