/**
 * A checkpoint: holds the feed, keeps what it verified, answers.
 *
 * A terminal lives in a store, a folder with one SQLite file. The daemon runs
 * it (tocsin_terminal_step); other processes read the same store and leave
 * answers in it, with the daemon or without (tocsin_store_*).
 */
#ifndef TOCSIN_TERMINAL_H
#define TOCSIN_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tocsin/bundle.h>
#include <tocsin/status.h>
#include <tocsin/v1/desk.pb-c.h>

/* ---- what is in the store ------------------------------------------------ */

struct tocsin_store;

/** Opens or makes the store of this bundle's node. The bundle is borrowed and
 *  must outlive the store. Of a store that is damaged, or on a full disk, all
 * else may fail (TOCSIN_LOCAL) until a terminal is opened on it. Gives: *out,
 * NULL on failure. Fails: TOCSIN_LOCAL, TOCSIN_REFUSED (the store of another
 * node). */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_store_open(struct tocsin_store **out, const char *folder,
                  const struct tocsin_bundle *bundle, struct tocsin_diag *why);
TOCSIN_API void tocsin_store_close(struct tocsin_store *store);
/** How long this handle waits, in milliseconds, while another program writes to
 *  the store: 5,000 as opened. told: called once for each waiting, after a
 *  second of it, with words for a person on who writes, valid within the call;
 *  it must not use the store, and may be NULL. A handle that runs the terminal
 *  never waits. */
TOCSIN_API void tocsin_store_wait(struct tocsin_store *store,
                                  int64_t patience_ms,
                                  void (*told)(void *arg, const char *who),
                                  void *arg);
/** After the node's key was replaced: what officers said was signed anew when
 * the store was opened; photographs that wait are sealed anew here. former: the
 *  bundle before, with its key. Again is fine. Fails: TOCSIN_LOCAL. */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_store_reseal(struct tocsin_store *store,
                    const struct tocsin_bundle *former,
                    struct tocsin_diag *why);

/** One alert as this node has it. All pointers are valid within the call; alert
 *  is NULL for a withdrawal that overtook its alert, and both documents are
 *  where one is told to have ended of which no more than its id is left. */
struct tocsin_item {
    const char *alert_id;
    const char *case_number;
    uint32_t revision;
    bool exercise;
    Tocsin__V1__AlertState state; /* by the node's clock too: EXPIRED */
    bool for_us;                  /* in the exact target */
    int64_t received_ms;          /* this node's clock */
    int64_t recorded_ms;          /* the broker's clock */
    /* The highest that this node has given to this revision; a sighting
     * stays when a newer revision comes. */
    Tocsin__V1__Rung rung;
    const Tocsin__V1__Alert *alert;           /* newest content or NULL */
    const Tocsin__V1__Withdrawal *withdrawal; /* or NULL */
    /* Not signed: a preview only, until the picture is here, which is. */
    const uint8_t *thumbnail;
    size_t thumbnail_size;
    bool picture_here; /* see tocsin_store_look */
    bool waits;        /* for its ring to come here: not on the screen yet */
};

/** Newest first; all: also ended ones and those not for us. Stops when each
 *  returns 0. item is valid within the call. Fails: TOCSIN_LOCAL. */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_store_list(struct tocsin_store *store, bool all,
                  int (*each)(void *arg, const struct tocsin_item *item),
                  void *arg, struct tocsin_diag *why);

/** By alert_id, case number, or an unambiguous beginning of at least 4
 *  characters. Fails: TOCSIN_MISSING, TOCSIN_USAGE (several begin so). */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_store_show(struct tocsin_store *store, const char *alert,
                  int (*each)(void *arg, const struct tocsin_item *item),
                  void *arg, struct tocsin_diag *why);

/**
 * The photograph of an alert, for an officer who looks at it now: the look is
 * noted in the store, fsynced, before the bytes are given, and the daemon tells
 * the centre. They lie sealed in the store; do not keep them elsewhere.
 *
 * officer: service number, at most 40 bytes, or "".
 * Gives:  *bytes in heap memory; free with free().
 * Fails:  TOCSIN_MISSING (not here yet, or no such alert), TOCSIN_USAGE,
 *         TOCSIN_REFUSED (the node's private key is not here), TOCSIN_LOCAL.
 */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_store_look(struct tocsin_store *store, const char *alert,
                  const char *officer, uint8_t **bytes, size_t *size,
                  struct tocsin_diag *why);

/** Live alerts that seek a plate or an identity document by this number,
 * letters' case, the signs between and other forms of its signs aside; asked of
 * the store alone, without a line. Newest first; stops when each returns 0.
 * Fails: TOCSIN_LOCAL: it was not found out. */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_store_query(struct tocsin_store *store, const char *number,
                   int (*each)(void *arg, const struct tocsin_item *item),
                   void *arg, struct tocsin_diag *why);

/**
 * Sign an answer of this node (SHOWN or higher) and leave it in the store,
 * fsynced; the daemon sends it. Where they are empty, answer_id is drawn, node
 * and alert_id are this node's and this alert's, and revision and at_ms are set
 * in answer: the newest revision, now.
 *
 * Gives:  answer_id, 16 bytes.
 * Fails:  TOCSIN_USAGE (why names the field), TOCSIN_MISSING, TOCSIN_LOCAL.
 */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_store_answer(struct tocsin_store *store, const char *alert,
                    Tocsin__V1__Answer *answer, uint8_t answer_id[16],
                    struct tocsin_diag *why);

/** JPEG or PNG, at most 1 MiB; borrowed. It is kept, signed for by its hash and
 *  shown to the centre as it is, with what a camera has written into it. */
struct tocsin_photograph {
    const uint8_t *bytes;
    size_t size;
};

/** The same for SIGHTING and INTERCEPTED with a photograph, which is fsynced
 * with the answer and follows it. TOCSIN_USAGE also: it is too large, or
 * neither JPEG nor PNG. */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_store_answer_pictured(struct tocsin_store *store, const char *alert,
                             Tocsin__V1__Answer *answer,
                             const struct tocsin_photograph *photograph,
                             uint8_t answer_id[16], struct tocsin_diag *why);

enum tocsin_photograph_fate {
    TOCSIN_PHOTOGRAPH_NONE, /* the answer has none */
    TOCSIN_PHOTOGRAPH_WAITS,
    TOCSIN_PHOTOGRAPH_RECORDED, /* durable at the centre, and gone here */
    TOCSIN_PHOTOGRAPH_REFUSED
};

/** What became of an answer. sequence: where it is recorded, or 0.
 *  tocsin_store_fate fails: TOCSIN_MISSING (no such answer here),
 *  TOCSIN_LOCAL. */
struct tocsin_fate {
    bool waiting; /* not yet answered by the broker */
    Tocsin__V1__Status status;
    uint64_t sequence;
    char reason[200];
    enum tocsin_photograph_fate photograph;
    char photograph_reason[200];
};
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_store_fate(struct tocsin_store *store, const uint8_t answer_id[16],
                  struct tocsin_fate *fate, struct tocsin_diag *why);

/** An answer that an officer of this node gave, and what became of it. All
 *  pointers are valid within the call. */
struct tocsin_own_answer {
    const uint8_t *answer_id; /* 16 bytes */
    uint32_t revision;
    Tocsin__V1__Rung rung;
    int64_t at_ms; /* this node's clock */
    struct tocsin_fate fate;
    /* What the centre makes of a sighting; said_ms 0: no word yet. */
    Tocsin__V1__Verdict verdict;
    const char *officer; /* service number of who is on it */
    int64_t said_ms;     /* the broker's clock */
};

/** Newest first, of one alert, as in tocsin_store_show. Stops when each returns
 *  0. Fails: TOCSIN_MISSING, TOCSIN_USAGE, TOCSIN_LOCAL. */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status tocsin_store_answers(
    struct tocsin_store *store, const char *alert,
    int (*each)(void *arg, const struct tocsin_own_answer *answer), void *arg,
    struct tocsin_diag *why);

/** How the node stands. Times are this node's clock; 0: never.
 *  tocsin_store_standing fails: TOCSIN_LOCAL. */
struct tocsin_standing {
    bool running;   /* a daemon has the store */
    bool connected; /* the field desk answered lately */
    bool complete;  /* same picture as the centre */
    bool revoked;
    int64_t picture_ms; /* when the picture was last known complete */
    int64_t started_ms;
    uint8_t epoch[16];
    uint64_t head;
    uint32_t generation;
    int64_t clock_skew_ms; /* broker's clock minus ours, as last seen */
    unsigned live;         /* alerts for us */
    unsigned waiting;      /* answers not yet recorded */
    unsigned refused;      /* answers that the broker refused */
    uint64_t rejected;     /* documents whose proof failed */
    uint64_t unopened;     /* feed messages that no key opened */
    uint64_t gaps;         /* noticed and healed */
    unsigned photographs;  /* of sightings, not yet at the centre */
    /* The daemon goes on in memory: what is read here is as old as picture_ms,
     * which is not complete, and lacks what came and ended since. */
    bool disk_full;
    /* And not because there is no space: a program does not end its writing. */
    bool store_held;
    /* The daemon that has the store is of another version than this library:
     * what it says of itself cannot be read, so that connected and complete are
     * false, disk_full is not known, and the rest is as the store has it. */
    bool other_version;
};
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_store_standing(struct tocsin_store *store, struct tocsin_standing *out,
                      struct tocsin_diag *why);

/* ---- found children ------------------------------------------------------ */

/**
 * Sign the registration of a child of unknown origin and leave it in the store,
 * fsynced; the daemon sends it, now or when the line is back, once. Where they
 * are empty, found_id, revision 1 and at_ms are filled in. What it says of the
 * child leaves the store with the broker's word that it is recorded.
 *
 * Gives:  found_id, 27 bytes.
 * Fails:  TOCSIN_USAGE (why names the field), TOCSIN_LOCAL.
 */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_store_found(struct tocsin_store *store,
                   const Tocsin__V1__FoundChild *found, char found_id[27],
                   struct tocsin_diag *why);

/** What became of the newest revision of it that was given here.
 *  Fails: TOCSIN_MISSING, TOCSIN_USAGE, TOCSIN_LOCAL. */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_store_found_fate(struct tocsin_store *store, const char *found_id,
                        struct tocsin_fate *fate, uint32_t *revision,
                        struct tocsin_diag *why);

/** Of one that the broker refused: what it says of the child leaves the store.
 *  One that waits, or is recorded, is left as it is.
 *  Fails: TOCSIN_USAGE (no found_id), TOCSIN_LOCAL. */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_store_found_forget(struct tocsin_store *store, const char *found_id,
                          struct tocsin_diag *why);

/* ---- the daemon ------------------------------------------------------------
 */

enum tocsin_change {
    TOCSIN_ALERT_NEW, /* on the screen from now on */
    TOCSIN_ALERT_REVISED,
    TOCSIN_ALERT_ENDED,     /* withdrawn, expired, or no longer for us */
    TOCSIN_PICTURE_CAME,    /* thumbnail or picture */
    TOCSIN_STANDING_CHANGED /* item is NULL */
};

/** Your screen has taken what `changed` told it: keep that it shows this
 *  revision, or (0) this alert no longer. Fails: TOCSIN_LOCAL. */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_store_told(struct tocsin_store *store, const char *alert_id,
                  uint32_t revision, struct tocsin_diag *why);
/** After a start, once tocsin_terminal_open has returned: what it was not told
 *  then, NEW, REVISED or ENDED, by what tocsin_store_told has kept.
 *  Fails: TOCSIN_LOCAL. */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_store_untold(struct tocsin_store *store,
                    void (*each)(void *arg, enum tocsin_change change,
                                 const struct tocsin_item *item),
                    void *arg, struct tocsin_diag *why);

struct tocsin_terminal;

struct tocsin_terminal_options {
    /** Called from tocsin_terminal_step; item only within the call. */
    void (*changed)(void *arg, enum tocsin_change change,
                    const struct tocsin_item *item);
    /** For a log: level is "info", "warn" or "error", event a stable dotted
     *  name, text key=value, identifiers only. May be NULL. */
    void (*log)(void *arg, const char *level, const char *event,
                const char *text);
    void *arg;
    const char *software; /* "tocsin-terminal 0.1.0" */
    bool fetch_pictures;
};

/**
 * Takes the store's lock; store is borrowed until the terminal is closed, and
 * may be asked and given answers meanwhile. An alert that was stored but not
 * told of, because the daemon was killed in between, is told at the first step.
 * A store that is damaged is set aside, and another one begun with
 * what officers said, as far as it can be read: whoever else has it open is
 * told TOCSIN_LOCAL from then on, and opens it again. On a full disk it begins
 * in memory, see tocsin_terminal_step. Fails: TOCSIN_REFUSED (another daemon
 * has it), TOCSIN_LOCAL.
 */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_terminal_open(struct tocsin_terminal **out, struct tocsin_store *store,
                     const struct tocsin_terminal_options *options,
                     struct tocsin_diag *why);

/**
 * Do what there is to do, wait for more at most timeout_ms, return. Also
 * returns early on a signal. Where the store's disk is full, or a program holds
 * the store for long, it goes on in memory and comes back by itself: alerts are
 * told, not kept, and not answered.
 * Fails: TOCSIN_LOCAL: the disk; stop and start again.
 */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_terminal_step(struct tocsin_terminal *terminal, int timeout_ms,
                     struct tocsin_diag *why);
TOCSIN_API void tocsin_terminal_close(struct tocsin_terminal *terminal);

#endif
