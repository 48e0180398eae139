/**
 * Children of unknown origin in the book: what was registered of each, and what
 * became of it. Pure.
 */
#ifndef TOCSIN_DOMAIN_FOUND_H
#define TOCSIN_DOMAIN_FOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "tocsin/v1/found.pb-c.h"
#include "wire/bundle.h"
#include "wire/decode.h"
#include "wire/kit.h"
#include "wire/topic.h"

/** A registration is corrected so often, at most. */
#define FOUND_REVISIONS_MAX 200

struct book;
struct principal;
struct seen;

/** What two descriptions are first compared by: most are ruled out by it. Of an
 *  alert or a found child it is made when it is asked for, and of which
 * revision it is is noted beside it: a convenience, not part of what facts say.
 */
struct glance {
    Tocsin__V1__Sex sex;
    uint32_t min_months; /* at when_ms */
    uint32_t max_months;
    int64_t when_ms; /* last seen, or found */
};

struct found_revision {
    uint64_t sequence;
    uint8_t digest[8]; /* of its content: the same must mean the same thing */
    uint32_t by;       /* number of who signed it */
};

struct found_child {
    char id[ULID_SIZE + 1];
    char division[DIVISION_SIZE + 1]; /* where it was found */
    Tocsin__V1__FoundState state;
    int64_t since_ms; /* in this state */
    int64_t registered_ms;
    int64_t recorded_ms; /* of the newest revision */
    uint8_t key_id[16];
    uint8_t *document; /* newest packed SignedFound, or NULL: sealed */
    size_t size;
    uint8_t *order; /* newest packed SignedFoundOrder, or NULL */
    size_t order_size;
    uint8_t kit[KIT_DIGEST_SIZE]; /* of the newest revision */
    bool has_kit;
    char alert_id[ULID_SIZE + 1]; /* IDENTIFIED: the case */
    uint32_t resolved_by;         /* number; 0: nobody yet */
    uint64_t resolved_seq;
    char relayed_by[ID_MAX + 1]; /* of the newest revision */
    int64_t taken_ms;
    int64_t relayed_ms;
    struct found_revision *revisions; /* by number - 1; one at least */
    size_t revision_count;
    struct seen *seen; /* orders about it */
    struct glance glance;
    size_t glanced; /* of which revision it is; 0: of none */
};

struct found_child *book_found(const struct book *book, const char *id);
/** By id, or a beginning of at least 4 characters that only one has; *several
 *  is set when more than one has it. */
struct found_child *book_found_meant(const struct book *book, const char *text,
                                     bool *several);
/** Whose kit this is, or NULL. */
struct found_child *book_found_kit(const struct book *book,
                                   const uint8_t digest[KIT_DIGEST_SIZE]);
void found_free(struct found_child *found);

/** Which state the order leads to; UNSPECIFIED: none that is known. */
Tocsin__V1__FoundState found_order_state(const Tocsin__V1__FoundOrder *order);
/** The legal moves: may it go from this state to that one? */
bool found_move_fits(Tocsin__V1__FoundState from, Tocsin__V1__FoundState to);
bool found_is_sealed(const struct found_child *found);
/** Nothing is awaited of it: it is closed or sealed, or it is identified and
 * its case is sealed or filed away. */
bool found_is_over(const struct book *book, const struct found_child *found);

/** What was registered last, in the arena; NULL: it is sealed, or cannot be
 *  read. */
const Tocsin__V1__FoundChild *found_content(const struct found_child *found,
                                            struct arena *arena);

/** Is it in the jurisdiction of a centre, an officer, a supervisor; did this
 *  one register it; or may it see the file of the case that it is identified
 *  with? */
bool found_may_see(const struct book *book, const struct principal *actor,
                   const struct found_child *found);

#endif
