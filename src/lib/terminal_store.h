/** What the two halves of the terminal's public library share. */
#ifndef TOCSIN_LIB_TERMINAL_STORE_H
#define TOCSIN_LIB_TERMINAL_STORE_H

#include <tocsin/terminal.h>

#include "lib/common.h"
#include "terminal/store.h"
#include "wire/decode.h"

struct tocsin_store {
    struct store *inner;
    const struct bundle *bundle;
    struct arena outer; /* SignedAlert */
};

/** Pointers are the bundle's. */
struct store_owner store_owner_of(const struct bundle *bundle);

/** What the running daemon goes by as time of day; else our own clock. */
int64_t store_daytime_ms(const struct tocsin_store *store);

/** By its id, its case number, or a beginning that only one alert has. */
MUST_USE enum tocsin_status store_find(struct tocsin_store *store,
                                       const char *alert, struct holding *out,
                                       struct tocsin_diag *why);

/** All but its documents. */
struct tocsin_item store_item_bare(const struct tocsin_store *store,
                                   const struct stored *stored);
/** Give out one stored alert as an item; false: it does not verify. */
bool store_item(struct tocsin_store *store, const struct stored *stored,
                int (*each)(void *arg, const struct tocsin_item *item),
                void *arg);

#endif
