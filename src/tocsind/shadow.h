/**
 * A home's book, rebuilt beside the broker that may be running: for snapshots,
 * archives, and questions to the journal. Reads only.
 *
 * Thread: any, one at a time for each shadow.
 */
#ifndef TOCSIN_TOCSIND_SHADOW_H
#define TOCSIN_TOCSIND_SHADOW_H

#include "tocsind/state.h"
#include "wire/decode.h"

struct shadow {
    const struct home *home; /* borrowed */
    struct journal *journal; /* for reading */
    struct keyring *keyring;
    struct vault *vault;
    struct book *book;
    struct arena arena;
};

enum shadow_from {
    SHADOW_FIRST,  /* the first fact of all */
    SHADOW_BASE,   /* where the journal begins */
    SHADOW_NEWEST, /* the newest state that was written down */
};

/** Fails: as the home's files do; shadow_close in any case. */
MUST_USE enum status shadow_open(struct shadow *shadow, const struct home *home,
                                 enum shadow_from from, struct diag *why);
void shadow_close(struct shadow *shadow);

/** The next record: opened, decoded, in the book. *fact may be NULL; it is
 *  valid until the next one. */
MUST_USE enum status shadow_take(struct shadow *shadow,
                                 const struct record *record,
                                 const Tocsin__V1__Fact **fact,
                                 struct diag *why);

#endif
