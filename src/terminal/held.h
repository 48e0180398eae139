/**
 * What the terminal holds: per alert the newest revision and how it stands.
 * The documents themselves are in the store; this is what decisions need, and
 * the count and digest of live alerts per own topic, kept as they change.
 */
#ifndef TOCSIN_TERMINAL_HELD_H
#define TOCSIN_TERMINAL_HELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "wire/seal.h"

#define HELD_MAX 20000
#define HELD_TOPICS 8 /* own topics that alerts travel on */
#define HELD_CASE_MAX 31

/** How far apart the clocks of broker and node may be. */
#define CLOCKS_APART_MS (10LL * 60 * 1000)

struct picture_ref {
    uint8_t hash[32];
    uint32_t size; /* 0: the alert names no picture */
    bool png;
};

struct holding {
    char alert_id[ULID_SIZE + 1];
    char case_number[HELD_CASE_MAX + 1];
    uint32_t revision;
    uint32_t announced;  /* the revision told to be on the screen; 0: none */
    uint64_t sequence;   /* 0: the journal that we follow does not know it */
    int64_t recorded_ms; /* broker's clock */
    int64_t received_ms; /* ours, as all below */
    int64_t expires_ms;
    int64_t ended_ms; /* 0: live */
    struct picture_ref picture;
    int64_t picture_retry_ms; /* monotonic */
    uint32_t named;           /* the last sync during which it came */
    uint32_t paged;           /* the last sync whose pages named it */
    uint32_t line; /* the connection on which the desk named it last; 0: */
    uint8_t epoch[EPOCH_SIZE]; /* the journal of the feed that did */
    uint8_t topics;            /* bit i: it was sent on own topic i */
    bool exercise;
    bool withdrawn;
    bool expired; /* the broker says so */
    bool gone;    /* a sync from the start did not name it */
    bool bare;    /* only id and revision are left */
    bool for_us;
    bool was_for_us; /* this revision or one before it */
    bool reached;    /* and its ring had come, if it has rings */
    bool picture_here;
    /* only in memory */
    bool counted;
    bool owed;      /* a restored broker lacks what we hold */
    bool put_off;   /* and has told it to wait, in this round */
    uint8_t unread; /* how often it was to go back and could not be read */
    bool brought;   /* to it, and the sync after that is not done yet */
    bool anew;      /* what is told is not what was told under this revision */
    bool dirty;
    bool picture_news; /* a thumbnail or picture to tell of */
};

enum holding_state { HOLDING_LIVE, HOLDING_WITHDRAWN, HOLDING_EXPIRED };

/** By this node's clock too; the broker's word alone expires nothing early. */
enum holding_state holding_state(const struct holding *holding,
                                 int64_t wall_ms);
bool holding_on_screen(const struct holding *holding, int64_t wall_ms);

struct tally {
    uint32_t count;
    uint8_t digest[DIGEST_SIZE];
};

struct held {
    struct map *alerts;
    struct tally tallies[HELD_TOPICS];
    struct holding **dirty; /* what may have to be told or saved */
    size_t dirty_first;
    size_t dirty_count; /* up to here, from dirty_first on */
    size_t dirty_room;
    int64_t next_end_ms; /* wall: when to look for expired ones */
};

void held_init(struct held *held);
void held_done(struct held *held);

struct holding *held_find(const struct held *held, const char *alert_id);
/** A new, empty one; forgets the oldest bare one when full. NULL: full. */
struct holding *held_add(struct held *held, const char *alert_id);
/** Forget it; the pointer is gone. Not while it is dirty. */
void held_remove(struct held *held, struct holding *holding);
struct holding *held_next(const struct held *held, size_t *cursor);

/** Take it out of its topics' tallies before changing it, and put it back. */
void held_uncount(struct held *held, struct holding *holding);
void held_count(struct held *held, struct holding *holding);

/** Remember to look at it when everything is durable. */
void held_touch(struct held *held, struct holding *holding);
/** The next one to look at, no longer dirty; NULL: none. */
struct holding *held_take_dirty(struct held *held);

/** Mark those whose time is over (or is not after all) as touched. */
void held_age(struct held *held, int64_t wall_ms);

#endif
