/**
 * A terminal's store: a folder (0700) with one SQLite file, the pictures, and
 * the file `daemon`, whose lock says that a daemon runs and whose bytes say how
 * fresh its picture is. Bound to one node.
 *
 * Several processes may have it open; one of them is the daemon. What a call
 * outside the terminal_store port has returned STATUS_OK for is fsynced.
 *
 * Thread: one thread owns a handle.
 */
#ifndef TOCSIN_TERMINAL_STORE_H
#define TOCSIN_TERMINAL_STORE_H

#include "terminal/terminal.h"

struct store;

struct store_owner {
    const char *node;
    /* another one than last time: sync from the start */
    const char *division;
    const uint8_t *key; /* KEY_SIZE bytes; NULL: not known */
    /* KEY_SIZE bytes, borrowed for the call; NULL: photographs are not kept */
    const uint8_t *secret;
};

/**
 * Open or make it. One that cannot be opened because it is damaged, because the
 * disk is full, or because it fails, is for its daemon only (store_mend): for
 * everybody else all that looks at it fails with STATUS_CORRUPT, STATUS_FULL or
 * STATUS_DISK.
 * Fails: STATUS_REFUSED (of another node; held by a daemon with another key),
 *        STATUS_DISK, STATUS_SYSTEM.
 */
MUST_USE enum status store_open(struct store **out, const char *folder,
                                const struct store_owner *owner,
                                struct diag *why);
void store_close(struct store *store);
/** How a program waits for another one that writes. */
struct store_waiting {
    int64_t patience_ms;
    /** Once, after a second of it. who: in words, valid within the call. */
    void (*told)(void *arg, const char *who);
    void *arg;
};
/** Instead of waiting 5 s in silence; not for a daemon. waiting is copied. */
void store_wait(struct store *store, const struct store_waiting *waiting);

/** Photographs that wait, sealed with the key that the node had: with today's.
 * To be called before it is of use to anybody. Fails: STATUS_DISK, STATUS_FULL.
 */
MUST_USE enum status store_reseal(struct store *store,
                                  const uint8_t former[KEY_SIZE],
                                  struct diag *why);

/** What was taken away is durably gone, from the log of the database too. */
bool store_forgotten(const struct store *store);

/** The core's port onto this store; valid as long as it is open. */
void store_port(struct store *store, struct terminal_store *port);
/** Give the core all that is stored. */
MUST_USE enum status store_load(struct store *store, struct terminal *terminal,
                                struct moment now, struct diag *why);
/** true when somebody has put answers in since the last call. */
bool store_answers_came(struct store *store);

/* ---- the daemon ---------------------------------------------------------- */

/** Fails: STATUS_REFUSED (another daemon has it). Held until it is closed. From
 *  here on nothing waits long for a program that writes: STATUS_BUSY. */
MUST_USE enum status store_lock(struct store *store, struct diag *why);
bool store_running(const struct store *store);

struct store_mended {
    bool mended;
    char reason[160];
    char aside[4200]; /* the damaged file: it has what no purge reaches */
    unsigned answers; /* that were taken over from it */
    unsigned photographs;
};
/**
 * Of the daemon, before anything is read: a damaged store is set aside, and
 * another one begun with what officers have said, as far as it can be read. All
 * else comes with a sync from the start.
 *
 * Fails: STATUS_DISK (of another daemon, too, that has begun one since this was
 *        opened): it is not to be used any more; STATUS_FULL: it is unopened,
 *        and in memory, as it was, because the disk is full or fails. When this
 *        is tried again and succeeds, the core must be made anew.
 */
MUST_USE enum status store_mend(struct store *store,
                                const struct store_owner *owner,
                                struct store_mended *out, struct diag *why);
bool store_is_unopened(const struct store *store);
/** And not because the disk is full. */
bool store_is_failing(const struct store *store);
/** Instead of an empty one: have in memory what can be read of the disk. */
MUST_USE enum status store_go_unopened(struct store *store,
                                       const struct store_owner *owner,
                                       struct diag *why);
/** Was another one begun since this handle was opened? What it reads is of the
 *  past then, and what is put into it goes nowhere. Fails: STATUS_DISK. */
MUST_USE enum status store_look(const struct store *store, struct diag *why);
/** Such a file lies there still, of the store or of what else its daemon keeps
 *  in the folder. */
bool store_has_damaged(const struct store *store);

/** What the daemon says of itself; survives it, but not a power cut. */
struct pulse {
    int64_t started_ms;
    int64_t beat_ms; /* when it was written */
    int64_t beat_monotonic_ms;
    bool full; /* the disk: the standing is that of a picture in memory */
    bool held; /* for another reason: a program does not end its writing */
    int64_t kept_ms; /* when the picture on the disk was last known complete */
    struct terminal_standing standing;
};
void store_pulse(struct store *store, const struct pulse *pulse);
enum last_pulse {
    PULSE_NONE,
    PULSE_READ,
    PULSE_OF_ANOTHER /* version of the daemon: not to be read by this one */
};
enum last_pulse store_last_pulse(const struct store *store,
                                 struct pulse *pulse);

/**
 * STATUS_FULL, or STATUS_BUSY for long, came from the commit of the
 * terminal_store port: go on in memory
 * with what is on the disk, so that alerts are still shown. What comes from
 * here on is not kept, so nothing is answered: HELD is dropped, an officer's
 * answer fails. The core must be made and loaded anew.
 */
MUST_USE enum status store_to_memory(struct store *store, struct diag *why);
/** Back, without what was only in memory: the core must be made anew and syncs.
 *  Fails: STATUS_FULL: still no space, STATUS_BUSY: a program is writing; it
 *  stays in memory. */
MUST_USE enum status store_to_disk(struct store *store, struct diag *why);
bool store_in_memory(const struct store *store);
/** In memory, and somebody else has found room on the disk since: what an
 * officer has said there is only sent from there. */
bool store_disk_changed(const struct store *store);

/* ---- alerts ----------------------------------------------------------------
 */

/** Blobs are valid within the call. */
struct stored {
    struct holding holding;
    Tocsin__V1__Rung rung;
    struct blob alert;      /* packed SignedAlert; data NULL: none */
    struct blob withdrawal; /* the same */
    struct blob thumbnail;
    bool picture_here;
};

struct store_query {
    const char *alert_id; /* this one; NULL: all */
    const char *prefix;   /* begins so, or has this case number; NULL: all */
    bool everything;      /* bare ones too */
    bool by_sequence;     /* the highest first, whatever the clocks say */
    uint64_t below;       /* this sequence; 0: whatever it is */
};

/** Newest first, by the broker's clock unless the query says otherwise; each
 * returns false to stop. */
MUST_USE enum status
store_each(struct store *store, const struct store_query *query,
           bool (*each)(void *arg, const struct stored *stored), void *arg,
           struct diag *why);

/** A screen beside the daemon was told of this revision, or (0) that the alert
 *  has ended. Durable with one of the next commits. */
MUST_USE enum status store_told(struct store *store, const char *alert_id,
                                uint32_t revision, struct diag *why);
struct untold {
    char alert_id[ULID_SIZE + 1];
    uint32_t revision; /* of today */
    uint32_t told;     /* 0: nothing */
    bool on_screen;
};
/** Where what it was told is not what the core has announced. */
MUST_USE enum status store_untold(struct store *store,
                                  void (*each)(void *arg,
                                               const struct untold *untold),
                                  void *arg, struct diag *why);

/** Those that seek a plate or an identity document by this number, letters'
 * case and the signs between aside. Newest first; each returns false to stop.
 */
MUST_USE enum status store_wanted(struct store *store, const char *text,
                                  bool (*each)(void *arg,
                                               const struct stored *stored),
                                  void *arg, struct diag *why);

/* ---- answers ---------------------------------------------------------------
 */

struct new_photograph {
    const uint8_t *hash; /* 32 bytes */
    bool png;
    struct blob bytes;
};

struct new_answer {
    const char *alert_id;
    uint32_t revision;
    Tocsin__V1__Rung rung;
    bool personal;
    int64_t at_ms;
    const uint8_t *answer_id;  /* 16 bytes */
    const uint8_t *request_id; /* 16 bytes */
    struct blob request;
    const struct new_photograph *photograph; /* that follows it, or NULL */
};

/** Durable when it returns STATUS_OK. An answer of the machine that waits
 *  already is not put in twice. */
MUST_USE enum status store_answer(struct store *store,
                                  const struct new_answer *answer,
                                  struct diag *why);

/** Of the photograph that follows an answer. */
enum photograph_state {
    PHOTOGRAPH_NONE = -1,
    PHOTOGRAPH_WAITS, /* on disk, as the next ones */
    PHOTOGRAPH_RECORDED,
    PHOTOGRAPH_REFUSED
};

/** Somebody looks at the photograph of an alert. */
struct new_look {
    int64_t at_ms;
    const uint8_t *request_id; /* 16 bytes */
    struct blob request;       /* packed, with a NoteLook */
};
/**
 * The photograph, once it is durable here that it is looked at.
 *
 * Gives:  *bytes in heap memory, the caller frees.
 * Fails:  STATUS_MISSING, STATUS_REFUSED (no private key), STATUS_CORRUPT,
 *         STATUS_FULL, STATUS_DISK.
 */
MUST_USE enum status store_picture(struct store *store, const char *alert_id,
                                   const struct new_look *look, uint8_t **bytes,
                                   size_t *size, struct diag *why);

struct stored_fate {
    bool waiting;
    Tocsin__V1__Status status;
    uint64_t sequence;
    char reason[200];
    enum photograph_state photograph;
    char photograph_reason[200];
};
/** Fails: STATUS_MISSING, STATUS_DISK. */
MUST_USE enum status store_fate(struct store *store,
                                const uint8_t answer_id[16],
                                struct stored_fate *out, struct diag *why);

/** What was refused of a found child is not kept any longer. */
MUST_USE enum status store_forget_found(struct store *store,
                                        const char *found_id, struct diag *why);

/** One that an officer gave; pointers are valid within the call. */
struct stored_answer {
    const uint8_t *answer_id; /* 16 bytes */
    uint32_t revision;
    Tocsin__V1__Rung rung;
    int64_t at_ms;
    struct stored_fate fate;
    struct answer_word word; /* time_ms 0: none yet */
};
/** Newest first; each returns false to stop. Fails: STATUS_DISK. */
MUST_USE enum status
store_answers(struct store *store, const char *alert_id,
              bool (*each)(void *arg, const struct stored_answer *answer),
              void *arg, struct diag *why);

struct store_counts {
    unsigned live; /* on the screen */
    unsigned waiting;
    unsigned refused;
    unsigned photographs; /* that wait */
    struct terminal_state state;
};
MUST_USE enum status store_count(struct store *store, int64_t wall_ms,
                                 struct store_counts *out, struct diag *why);

#endif
