#include "terminal/held.h"

#include <stdlib.h>
#include <string.h>

#include "base/status.h"

#define LOOK_AGAIN_MS 60000

enum holding_state holding_state(const struct holding *holding, int64_t wall_ms)
{
    if (holding->withdrawn || holding->gone)
        return HOLDING_WITHDRAWN;
    if (wall_ms >= holding->expires_ms)
        return HOLDING_EXPIRED;
    if (holding->expired && wall_ms >= holding->expires_ms - CLOCKS_APART_MS)
        return HOLDING_EXPIRED;
    return HOLDING_LIVE;
}

bool holding_on_screen(const struct holding *holding, int64_t wall_ms)
{
    return holding->for_us && holding->reached && !holding->bare &&
           holding_state(holding, wall_ms) == HOLDING_LIVE;
}

void held_init(struct held *held)
{
    memset(held, 0, sizeof *held);
    held->alerts = map_new();
}

void held_done(struct held *held)
{
    struct holding *holding;
    size_t cursor = 0;

    while ((holding = map_next(held->alerts, &cursor)) != NULL)
        free(holding);
    map_free(held->alerts);
    free(held->dirty);
    memset(held, 0, sizeof *held);
}

struct holding *held_find(const struct held *held, const char *alert_id)
{
    return map_get(held->alerts, alert_id, strlen(alert_id));
}

/* Which tombstone to give up: the one that ended first. */
static struct holding *oldest_bare(const struct held *held)
{
    struct holding *oldest = NULL;
    struct holding *holding;
    size_t cursor = 0;

    while ((holding = map_next(held->alerts, &cursor)) != NULL) {
        if (holding->bare && !holding->dirty &&
            (oldest == NULL || holding->ended_ms < oldest->ended_ms))
            oldest = holding;
    }
    return oldest;
}

struct holding *held_add(struct held *held, const char *alert_id)
{
    struct holding *holding;

    if (map_count(held->alerts) >= HELD_MAX) {
        struct holding *oldest = oldest_bare(held);

        if (oldest == NULL)
            return NULL;
        held_remove(held, oldest);
    }
    holding = must_calloc(1, sizeof *holding);
    memcpy(holding->alert_id, alert_id, strnlen(alert_id, ULID_SIZE));
    (void)map_put(held->alerts, holding->alert_id, strlen(holding->alert_id),
                  holding);
    return holding;
}

void held_remove(struct held *held, struct holding *holding)
{
    REQUIRE(!holding->dirty);
    held_uncount(held, holding);
    (void)map_remove(held->alerts, holding->alert_id,
                     strlen(holding->alert_id));
    free(holding);
}

struct holding *held_next(const struct held *held, size_t *cursor)
{
    return map_next(held->alerts, cursor);
}

static void toggle(struct held *held, const struct holding *holding, int step)
{
    for (int i = 0; i < HELD_TOPICS; i++) {
        if ((holding->topics & 1U << i) == 0)
            continue;
        digest_toggle(held->tallies[i].digest, holding->alert_id,
                      holding->revision);
        held->tallies[i].count += (uint32_t)step;
    }
}

void held_uncount(struct held *held, struct holding *holding)
{
    if (!holding->counted)
        return;
    toggle(held, holding, -1);
    holding->counted = false;
}

/* The tallies follow what the broker was heard to say, not our own clock:
 * they are there to be compared with the broker's. */
void held_count(struct held *held, struct holding *holding)
{
    if (holding->counted || holding->withdrawn || holding->expired ||
        holding->gone)
        return;
    toggle(held, holding, 1);
    holding->counted = true;
}

void held_touch(struct held *held, struct holding *holding)
{
    if (holding->dirty)
        return;
    if (held->dirty_count == held->dirty_room) {
        held->dirty_room = held->dirty_room == 0 ? 64 : held->dirty_room * 2;
        held->dirty =
            must_realloc(held->dirty, held->dirty_room, sizeof *held->dirty);
    }
    holding->dirty = true;
    held->dirty[held->dirty_count++] = holding;
    held->next_end_ms = 0;
}

struct holding *held_take_dirty(struct held *held)
{
    struct holding *holding;

    if (held->dirty_first == held->dirty_count) {
        held->dirty_first = 0;
        held->dirty_count = 0;
        return NULL;
    }
    holding = held->dirty[held->dirty_first++];
    holding->dirty = false;
    return holding;
}

static int64_t earliest_end(const struct holding *holding)
{
    return holding->expired ? holding->expires_ms - CLOCKS_APART_MS
                            : holding->expires_ms;
}

void held_age(struct held *held, int64_t wall_ms)
{
    int64_t next = wall_ms + LOOK_AGAIN_MS;
    struct holding *holding;
    size_t cursor = 0;

    if (wall_ms < held->next_end_ms &&
        held->next_end_ms <= wall_ms + LOOK_AGAIN_MS)
        return;
    while ((holding = map_next(held->alerts, &cursor)) != NULL) {
        bool live = holding_state(holding, wall_ms) == HOLDING_LIVE;

        if (holding->bare)
            continue;
        if (live != (holding->ended_ms == 0))
            held_touch(held, holding);
        else if (live && earliest_end(holding) < next)
            next = earliest_end(holding);
    }
    held->next_end_ms = next;
}
