/* Children of unknown origin: whether it is known who they are, and how soon.
 */
#include <string.h>

#include "period/period_inside.h"

static struct watched_found *begin(struct period *period,
                                   const Tocsin__V1__FoundRegistered *first,
                                   int64_t now_ms)
{
    struct watched_found *found = must_calloc(1, sizeof *found);

    period->found = must_realloc(period->found, period->found_count + 1,
                                 sizeof(struct watched_found *));
    period->found[period->found_count++] = found;
    strncpy(found->id, first->found_id, ULID_SIZE);
    found->registered_ms = now_ms;
    (void)map_put(period->by_found, found->id, strlen(found->id), found);
    return found;
}

static void take_registered(struct period *period,
                            const Tocsin__V1__FoundRegistered *registered,
                            int64_t now_ms)
{
    struct watched_found *found = map_get(
        period->by_found, registered->found_id, strlen(registered->found_id));

    if (found == NULL && registered->revision == 1 &&
        period_holds(period, now_ms)) {
        found = begin(period, registered, now_ms);
        found->state = TOCSIN__V1__FOUND_STATE__FOUND_STATE_REGISTERED;
    }
    if (found != NULL)
        strncpy(found->division, registered->division, DIVISION_SIZE);
}

/* What becomes of its data changes nothing of what was found out. */
static void take_resolved(struct period *period,
                          const Tocsin__V1__FoundResolved *resolved,
                          int64_t now_ms)
{
    struct watched_found *found = map_get(period->by_found, resolved->found_id,
                                          strlen(resolved->found_id));

    if (found == NULL ||
        resolved->state == TOCSIN__V1__FOUND_STATE__FOUND_STATE_SEALED)
        return;
    found->state = resolved->state;
    found->resolved_ms = now_ms;
}

void found_take(struct period *period, const Tocsin__V1__Fact *fact)
{
    if (fact->body_case == TOCSIN__V1__FACT__BODY_FOUND_REGISTERED)
        take_registered(period, fact->found_registered, fact->time_ms);
    else if (fact->body_case == TOCSIN__V1__FACT__BODY_FOUND_RESOLVED)
        take_resolved(period, fact->found_resolved, fact->time_ms);
}
