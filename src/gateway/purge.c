/* Sealed cases: nothing of them stays in the spool or the cache, and only then
 * is the centre told so. What still waits goes to the centre first, which says
 * what it makes of it. */
#include "gateway/core.h"

#include <string.h>

#define LOOK_MS 1000

static struct purging *purging_of(struct gateway *gateway, const char *alert_id)
{
    for (size_t i = 0; i < gateway->purging_count; i++) {
        if (strcmp(gateway->purging[i].alert_id, alert_id) == 0)
            return &gateway->purging[i];
    }
    return NULL;
}

/* One that is clean, and of which nobody may say so yet, gives its place: it is
 * asked for again. */
static struct purging *free_place(struct gateway *gateway)
{
    if (gateway->purging_count < PURGING_MAX)
        return &gateway->purging[gateway->purging_count++];
    for (size_t i = 0; i < PURGING_MAX; i++) {
        if (gateway->purging[i].clean)
            return &gateway->purging[i];
    }
    return NULL;
}

void gateway_purge(struct gateway *gateway, const char *alert_id)
{
    struct purging *purging = purging_of(gateway, alert_id);

    if (purging != NULL || (purging = free_place(gateway)) == NULL)
        return;
    memset(purging, 0, sizeof *purging);
    strncpy(purging->alert_id, alert_id, ULID_SIZE);
    pages_drop(gateway);
}

bool gateway_purged(struct gateway *gateway, const char *alert_id)
{
    struct purging *purging = purging_of(gateway, alert_id);

    if (purging != NULL && purging->clean) {
        *purging = gateway->purging[--gateway->purging_count];
        return true;
    }
    gateway_purge(gateway, alert_id);
    return false;
}

void purging_forget(struct gateway *gateway)
{
    gateway->purging_count = 0;
}

/* What waits of a handheld that the centre has lost would keep a sealed child
 * here until somebody enrols it; the centre takes nothing more of the case.
 * Else the centre's word is asked for at once, whatever its handheld has said
 * before: that may be about an alert for which the centre lets it wait. */
static bool look_at(void *to, const struct fate *fate)
{
    struct purging *purging = purging_of(to, fate->alert_id);
    struct device *device = device_find(to, fate->device);

    if (purging == NULL)
        return true;
    if (device != NULL && device->lost_ms != 0) {
        purging->lost = true;
        return true;
    }
    purging->waits = true;
    if (device != NULL)
        relay_bring_ahead(to, device, fate->row);
    return true;
}

static void give_up_lost(struct gateway *gateway, const char *alert_id,
                         int64_t now_ms)
{
    const struct device *device;
    size_t cursor = 0;

    while ((device = map_next(gateway->devices, &cursor)) != NULL) {
        if (device->lost_ms != 0)
            gateway->spool.revoke(gateway->spool.arg, device->id, alert_id,
                                  now_ms);
    }
}

static bool is_due(const struct purging *purging, struct moment now)
{
    return !purging->clean && now.monotonic_ms >= purging->look_ms;
}

/* All that waits is looked through once for all of them. */
static void search(struct gateway *gateway, struct moment now)
{
    bool due = false;

    for (size_t i = 0; i < gateway->purging_count; i++) {
        due = due || is_due(&gateway->purging[i], now);
        gateway->purging[i].waits = false;
        gateway->purging[i].lost = false;
    }
    if (!due)
        return;
    gateway->spool.each_waiting(gateway->spool.arg, look_at, gateway);
    if (!spool_unread(gateway))
        return;
    for (size_t i = 0; i < gateway->purging_count; i++)
        gateway->purging[i].waits = true; /* for all that is known */
}

/* The more waits, the longer a search takes, and the longer what is searched
 * for will wait. */
size_t purging_stage(struct gateway *gateway, struct moment now)
{
    size_t staged = 0;

    search(gateway, now);
    for (size_t i = 0; i < gateway->purging_count; i++) {
        struct purging *purging = &gateway->purging[i];

        if (!is_due(purging, now))
            continue;
        purging->look_ms =
            now.monotonic_ms + LOOK_MS + (int64_t)gateway->waiting;
        if (purging->waits)
            continue;
        if (purging->lost)
            give_up_lost(gateway, purging->alert_id, today_ms(gateway, now));
        fetches_end(gateway, purging->alert_id, "its case is sealed");
        if (!gateway->port.picture_drop(gateway->port.arg, purging->alert_id))
            continue;
        gateway->spool.strip(gateway->spool.arg, purging->alert_id);
        uploads_drop(gateway, purging->alert_id, NULL);
        freight_drop(gateway, purging->alert_id, NULL);
        gateway->spool.purge_pictures(gateway->spool.arg, purging->alert_id);
        purging->staged = true;
        staged++;
    }
    return staged;
}

void purging_end(struct gateway *gateway, enum status status)
{
    bool staged = false;
    bool gone;

    for (size_t i = 0; i < gateway->purging_count; i++)
        staged = staged || gateway->purging[i].staged;
    if (!staged)
        return;
    gone = status == STATUS_OK && gateway->spool.scrub(gateway->spool.arg);
    for (size_t i = 0; i < gateway->purging_count; i++) {
        struct purging *purging = &gateway->purging[i];

        purging->clean = purging->clean || (purging->staged && gone);
        purging->staged = false;
    }
    if (status == STATUS_OK)
        freight_load(gateway);
}
