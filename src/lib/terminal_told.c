/* What a screen beside the store was told, and what it lacks. */
#include <string.h>

#include "lib/terminal_store.h"

enum tocsin_status tocsin_store_told(struct tocsin_store *store,
                                     const char *alert_id, uint32_t revision,
                                     struct tocsin_diag *why)
{
    struct diag inner = {0};
    enum status status = store_told(store->inner, alert_id, revision, &inner);

    return status == STATUS_OK ? TOCSIN_OK : lib_told(why, status, &inner);
}

struct telling {
    struct tocsin_store *store;
    void (*each)(void *arg, enum tocsin_change change,
                 const struct tocsin_item *item);
    void *arg;
    enum tocsin_change change;
    bool told;
};

static int tell(void *arg, const struct tocsin_item *item)
{
    struct telling *telling = arg;

    telling->told = true;
    telling->each(telling->arg, telling->change, item);
    return 0;
}

static bool tell_stored(void *arg, const struct stored *stored)
{
    struct telling *telling = arg;

    return store_item(telling->store, stored, tell, telling);
}

/* That it has ended needs no document, which may be gone. */
static void tell_bare(struct telling *telling, const struct untold *untold)
{
    struct stored stored = {.holding = {.revision = untold->revision,
                                        .withdrawn = true,
                                        .bare = true}};
    struct tocsin_item item;

    memcpy(stored.holding.alert_id, untold->alert_id,
           sizeof stored.holding.alert_id);
    item = store_item_bare(telling->store, &stored);
    (void)tell(telling, &item);
}

static void tell_untold(void *arg, const struct untold *untold)
{
    struct telling *telling = arg;
    struct store_query query = {.alert_id = untold->alert_id};

    telling->told = false;
    telling->change = !untold->on_screen  ? TOCSIN_ALERT_ENDED
                      : untold->told == 0 ? TOCSIN_ALERT_NEW
                                          : TOCSIN_ALERT_REVISED;
    if (store_each(telling->store->inner, &query, tell_stored, telling, NULL) !=
            STATUS_OK ||
        telling->told || untold->on_screen)
        return;
    tell_bare(telling, untold);
}

enum tocsin_status
tocsin_store_untold(struct tocsin_store *store,
                    void (*each)(void *arg, enum tocsin_change change,
                                 const struct tocsin_item *item),
                    void *arg, struct tocsin_diag *why)
{
    struct telling telling = {.store = store, .each = each, .arg = arg};
    struct diag inner = {0};
    enum status status =
        store_untold(store->inner, tell_untold, &telling, &inner);

    return status == STATUS_OK ? TOCSIN_OK : lib_told(why, status, &inner);
}
