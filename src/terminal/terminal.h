/**
 * The core of a checkpoint: feed and replies in; requests, stored documents
 * and changes of the screen out. Pure: no sockets, disk, clock or threads.
 *
 * Every input changes memory and stages what has to be stored; nothing is sent
 * and nobody is told until terminal_settle has made it durable. Any bytes may
 * be fed in: what does not verify is counted and dropped.
 */
#ifndef TOCSIN_TERMINAL_TERMINAL_H
#define TOCSIN_TERMINAL_TERMINAL_H

#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "domain/geo.h"
#include "terminal/held.h"
#include "tocsin/v1/desk.pb-c.h"
#include "wire/keys.h"

struct terminal;

enum terminal_change {
    TERMINAL_NEW,     /* on the screen from now on */
    TERMINAL_REVISED, /* on the screen, with a newer revision */
    TERMINAL_ENDED,   /* off the screen */
    TERMINAL_PICTURE, /* a thumbnail or picture came */
    TERMINAL_STANDING
};

/** The world outside: all calls come from terminal_settle, but for note. */
struct terminal_port {
    void *arg;
    /** To the field desk. false: cannot go now; it is tried again. */
    bool (*send)(void *arg, const uint8_t *bytes, size_t size);
    /** alert_id is NULL for TERMINAL_STANDING. */
    void (*changed)(void *arg, enum terminal_change change,
                    const char *alert_id);
    /** For the log; text is key=value. Identifiers only. */
    void (*note)(void *arg, enum log_level level, const char *event,
                 const char *text);
    void (*random)(void *arg, void *out, size_t size);
    /** Is nothing left of this sealed case outside of the store either? Asked
     *  until it is true. NULL: nothing is. */
    bool (*purged)(void *arg, const char *alert_id);
    /** The broker may have lost what it had recorded of ours; told before the
     *  store forgets which journal it was. May be NULL. */
    void (*again)(void *arg);
};

/** Packed bytes; data NULL: none. */
struct blob {
    const uint8_t *data;
    size_t size;
};

/** What survives a restart beside the documents. */
struct terminal_state {
    uint8_t epoch[EPOCH_SIZE];
    bool has_epoch;
    bool revoked;
    uint64_t head;
    uint64_t whole;
    uint64_t last[HELD_TOPICS];
    uint32_t generation;
    uint16_t keys_held;
    uint8_t keys[HELD_TOPICS + 1][32];
    int64_t picture_ms;
    int64_t daytime_ms; /* as in terminal_standing */
    uint64_t rejected;
    uint64_t gaps;
    /* of the journal's line; an earlier version did not write these two */
    uint64_t marked;
    uint8_t mark[LINE_MARK_SIZE];
};

/** An answer that waits for the broker's word. */
struct queued_answer {
    int64_t row; /* given by the store, ascending */
    uint8_t request_id[16];
    uint8_t *request; /* a packed Request in heap memory */
    size_t size;
};

/** Answers go to the broker in lanes, each in the order of its rows: what is
 *  urgent does not wait behind what the broker has no room for just now. */
enum lane_of {
    LANE_URGENT,  /* the child was seen, and children that were found */
    LANE_CALM,    /* what else an officer said */
    LANE_MACHINE, /* and looks at photographs */
    LANES
};

/** An answer of the machine itself. */
struct machine_answer {
    const char *alert_id;
    uint32_t revision;
    Tocsin__V1__Rung rung;
    int64_t at_ms;
    const uint8_t *answer_id;  /* 16 bytes */
    const uint8_t *request_id; /* 16 bytes */
    struct blob request;
};

struct answer_end {
    int64_t row;
    bool personal;
    Tocsin__V1__Status status;
    uint64_t sequence;
    const char *reason;
};

/** A photograph that follows an answer of ours. */
struct photograph {
    int64_t row;
    char alert_id[ULID_SIZE + 1];
    uint8_t hash[32];
    uint32_t size;
    bool png;
};

/** What the centre makes of a sighting of ours. */
struct answer_word {
    const uint8_t *answer_id; /* 16 bytes */
    const char *alert_id;
    int64_t time_ms; /* the broker's clock; the newest counts */
    Tocsin__V1__Verdict verdict;
    const char *officer; /* service number */
};

/**
 * The store. All but commit and next_answer only stage; a failure among them
 * is remembered and comes out of commit.
 */
struct terminal_store {
    void *arg;
    /** What the holding says, and the document unless data is NULL. */
    void (*keep)(void *arg, const struct holding *holding,
                 struct blob document);
    /** Take all away but id and revision. */
    void (*strip)(void *arg, const char *alert_id);
    void (*drop)(void *arg, const char *alert_id);
    void (*keep_thumbnail)(void *arg, const char *alert_id, struct blob image);
    /** A verified picture, under its hash. false: there is no room for it, and
     *  nothing is staged. */
    bool (*keep_picture)(void *arg, const struct holding *holding,
                         struct blob image);
    void (*keep_state)(void *arg, const struct terminal_state *state);
    /** Nothing when the same one is waiting already. */
    void (*queue)(void *arg, const struct machine_answer *answer);
    void (*end_answer)(void *arg, const struct answer_end *end);
    /** What is held of it, for once; false: nothing. The callee's memory is
     *  valid within give. */
    bool (*load)(void *arg, const char *alert_id,
                 void (*give)(void *to, struct blob document,
                              struct blob thumbnail),
                 void *to);
    /** Nothing when no such answer is here, or a newer word is. */
    void (*keep_word)(void *arg, const struct answer_word *word);
    /** What an officer said and the broker recorded waits once more. */
    void (*say_again)(void *arg);
    /** The first of a lane that waits, with a row above after; false: none. */
    bool (*next_answer)(void *arg, enum lane_of lane, int64_t after,
                        struct queued_answer *out);
    /** The oldest after this row that waits and whose answer is recorded;
     * false: none. NULL, with the next three: it sends none. */
    bool (*next_photograph)(void *arg, int64_t after, struct photograph *out);
    /** Its bytes from there on; how many there were. */
    size_t (*read_photograph)(void *arg, int64_t row, uint32_t offset,
                              uint8_t *out, size_t room);
    /** It need not be kept any more. */
    void (*end_photograph)(void *arg, const struct answer_end *end);
    /** Of a sealed case: those that wait go as well. */
    void (*purge_photographs)(void *arg, const char *alert_id);
    /** Nothing staged: STATUS_OK and no work. Fails: STATUS_BUSY: all of it
     *  stays staged; STATUS_DISK, STATUS_FULL. */
    enum status (*commit)(void *arg, struct diag *why);
};

struct terminal_setup {
    const char *node;
    const char *division;
    struct whereabouts place;  /* its division pointer is not used */
    const uint8_t *authority;  /* KEY_SIZE bytes */
    const struct keypair *key; /* borrowed; NULL: it confirms no purge */
    const char *software;
    bool fetch_pictures;
    /* A gateway: every alert of its topics is on its screen, whomever it is
     * for; it is in no coverage, so it answers HELD only to a push, and hands
     * nothing back. */
    bool whole_area;
};

/** Everything in setup is copied. */
struct terminal *terminal_new(const struct terminal_setup *setup,
                              const struct terminal_port *port,
                              const struct terminal_store *store);
void terminal_free(struct terminal *terminal);

/* ---- what the store held, before anything else ----------------------------
 */

void terminal_load_state(struct terminal *terminal,
                         const struct terminal_state *state, struct moment now);

/** document: the newest SignedAlert as it was kept; none for a bare one.
 *  false: it does not verify and is not held. */
bool terminal_load(struct terminal *terminal, const struct holding *holding,
                   struct blob document, struct moment now);

/* ---- inputs -----------------------------------------------------------------
 */

/** A new connection to the field desk stands. */
void terminal_connected(struct terminal *terminal, struct moment now);
/** It is gone; refused: the broker does not know our key. */
void terminal_lost(struct terminal *terminal, bool refused, struct moment now);

struct feed_frames {
    struct blob topic;
    struct blob body;
};
void terminal_feed(struct terminal *terminal, const struct feed_frames *frames,
                   struct moment now);
void terminal_reply(struct terminal *terminal, struct blob reply,
                    struct moment now);
void terminal_tick(struct terminal *terminal, struct moment now);
/** Somebody has put answers into the store. */
void terminal_answers_queued(struct terminal *terminal);

/**
 * Make all of it durable, then tell and send.
 * Fails: STATUS_BUSY: the store is not free; nothing is lost, settle again.
 *        STATUS_DISK; nothing was told or sent; free the terminal and start
 *        anew from the store.
 */
MUST_USE enum status terminal_settle(struct terminal *terminal,
                                     struct moment now, struct diag *why);

/** Save how it stands, before a clean stop; what fails here comes again with
 *  the next sync. */
void terminal_save(struct terminal *terminal, struct moment now);

/** When terminal_tick has something to do next, by the monotonic clock. */
int64_t terminal_wake_ms(const struct terminal *terminal, struct moment now);

/* ---- questions ---- */

struct terminal_standing {
    bool connected; /* the field desk answered lately */
    bool complete;  /* same picture as the centre */
    bool revoked;
    int64_t picture_ms;
    uint8_t epoch[EPOCH_SIZE];
    uint64_t head;
    uint32_t generation;
    int64_t clock_skew_ms;
    int64_t daytime_ms; /* what it goes by, less what our clock says */
    uint64_t rejected;
    uint64_t unopened; /* feed messages that no key opened */
    uint64_t gaps;
};
void terminal_standing(const struct terminal *terminal, struct moment now,
                       struct terminal_standing *out);
/** The highest generation that a message has named: its keys may still be under
 *  way. */
uint32_t terminal_generation(const struct terminal *terminal);
/** Each alert that is held, in no order; NULL at the end. */
const struct holding *terminal_next(const struct terminal *terminal,
                                    size_t *cursor);
const struct holding *terminal_holding(const struct terminal *terminal,
                                       const char *alert_id);

#endif
