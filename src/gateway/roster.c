/* Which handhelds there are: the questions to the broker, one at a time. Our
 * own by the page; guests, and whoever a page did not name, one by one; and in
 * turn with them those whom nobody knows yet. Anybody can make up a name, so
 * what strangers cause has a bound and keeps no word on a known one waiting. */
#include <stdio.h>
#include <string.h>

#include "gateway/core.h"

#define STRANGER_MS 30000
#define RETRY_MS 5000
#define LOOKUP_EVERY_MS 50

/* ---- who is not known -----------------------------------------------------
 */

bool roster_is_stranger(const struct gateway *gateway, const char *id,
                        int64_t now_ms)
{
    for (size_t i = 0; i < STRANGERS_MAX; i++) {
        if (gateway->strangers[i].until_ms > now_ms &&
            strcmp(gateway->strangers[i].id, id) == 0)
            return true;
    }
    return false;
}

static void remember_stranger(struct gateway *gateway, const char *id,
                              int64_t now_ms)
{
    struct stranger *stranger =
        &gateway->strangers[gateway->stranger_next++ % STRANGERS_MAX];

    snprintf(stranger->id, sizeof stranger->id, "%s", id);
    stranger->until_ms = now_ms + STRANGER_MS;
}

static void drop_lookup(struct roster *roster, size_t at)
{
    roster->lookup_count--;
    memmove(&roster->lookups[at], &roster->lookups[at + 1],
            (roster->lookup_count - at) * sizeof roster->lookups[0]);
}

/* The oldest of those that have come least often. */
static size_t least_wanted(const struct roster *roster)
{
    size_t least = 0;

    for (size_t i = 1; i < roster->lookup_count; i++) {
        if (roster->lookups[i].times < roster->lookups[least].times)
            least = i;
    }
    return least;
}

/* And of those that have come most often. */
static size_t most_wanted(const struct roster *roster)
{
    size_t most = 0;

    for (size_t i = 1; i < roster->lookup_count; i++) {
        if (roster->lookups[i].times > roster->lookups[most].times)
            most = i;
    }
    return most;
}

static struct lookup *lookup_of(struct roster *roster, const char *id)
{
    for (size_t i = 0; i < roster->lookup_count; i++) {
        if (strcmp(roster->lookups[i].id, id) == 0)
            return &roster->lookups[i];
    }
    return NULL;
}

/* No signature can be looked at without a key. A handheld that has something to
 * say comes again until it is known; who makes up names has ever new ones. */
void roster_look_up(struct gateway *gateway, const char *id)
{
    struct roster *roster = &gateway->roster;
    struct lookup *lookup = lookup_of(roster, id);

    if (lookup == NULL) {
        if (roster->lookup_count == LOOKUPS_MAX)
            drop_lookup(roster, least_wanted(roster));
        lookup = &roster->lookups[roster->lookup_count++];
        snprintf(lookup->id, sizeof lookup->id, "%s", id);
        lookup->times = 0;
    }
    lookup->times++;
}

/* ---- asking ---------------------------------------------------------------
 */

void roster_want(struct gateway *gateway)
{
    gateway->roster.due = true;
}

void device_ask(struct gateway *gateway, struct device *device)
{
    device->round = gateway->roster.round - 1;
    gateway->roster.all_done = false;
}

/* Who was heard last comes first: in years thousands of guests have passed by,
 * and the word that one who is here was stolen does not wait for theirs. */
static const char *next_unseen(const struct gateway *gateway)
{
    const struct device *device;
    const struct device *next = NULL;
    size_t cursor = 0;

    while ((device = map_next(gateway->devices, &cursor)) != NULL) {
        if (device->round != gateway->roster.round && !device->revoked &&
            (next == NULL || device->seen_ms > next->seen_ms))
            next = device;
    }
    return next != NULL ? next->id : NULL;
}

static void ask_about(struct gateway *gateway, const char *id,
                      const char *after, struct moment now)
{
    struct roster *roster = &gateway->roster;
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ListDevices list = TOCSIN__V1__LIST_DEVICES__INIT;

    snprintf(roster->about, sizeof roster->about, "%s", id);
    list.id = roster->about;
    list.after = (char *)(uintptr_t)after;
    request.body_case = TOCSIN__V1__REQUEST__BODY_LIST_DEVICES;
    request.list_devices = &list;
    begin_ask(gateway, &roster->ask, &request, now);
}

static void begin_round(struct gateway *gateway, struct moment now)
{
    struct roster *roster = &gateway->roster;

    roster->due = false;
    roster->round++;
    roster->own_done = false;
    roster->all_done = false;
    roster->wanted = gateway->world.generation;
    roster->after[0] = '\0';
    ask_about(gateway, "", "", now);
}

static bool begin_unseen(struct gateway *gateway, struct moment now)
{
    struct roster *roster = &gateway->roster;
    const char *unseen;

    if (roster->round == 0 || roster->all_done)
        return false;
    unseen = next_unseen(gateway);
    roster->all_done = unseen == NULL;
    if (unseen != NULL)
        ask_about(gateway, unseen, "", now);
    else
        roster->generation = roster->wanted;
    return unseen != NULL;
}

static bool begin_lookup(struct gateway *gateway, struct moment now)
{
    struct roster *roster = &gateway->roster;
    struct lookup lookup;
    size_t at;

    if (roster->lookup_count == 0 || now.monotonic_ms < roster->lookup_ms)
        return false;
    roster->lookup_ms = now.monotonic_ms + LOOKUP_EVERY_MS;
    at = most_wanted(roster);
    lookup = roster->lookups[at];
    drop_lookup(roster, at);
    ask_about(gateway, lookup.id, "", now);
    return true;
}

void roster_begin(struct gateway *gateway, struct moment now)
{
    struct roster *roster = &gateway->roster;

    if (roster->ask.open)
        return;
    if (roster->due) {
        begin_round(gateway, now);
    } else if (roster->round > 0 && !roster->own_done) {
        ask_about(gateway, "", roster->after, now);
    } else if (roster->strangers_turn) {
        roster->strangers_turn = false;
        if (!begin_lookup(gateway, now))
            (void)begin_unseen(gateway, now);
    } else {
        roster->strangers_turn = true;
        if (!begin_unseen(gateway, now))
            (void)begin_lookup(gateway, now);
    }
}

int64_t roster_due_ms(const struct gateway *gateway)
{
    const struct roster *roster = &gateway->roster;

    if (roster->ask.open)
        return roster->ask.due_ms;
    if (roster->due || (roster->round > 0 && !roster->all_done))
        return 0;
    return roster->lookup_count > 0 ? roster->lookup_ms : INT64_MAX;
}

/* ---- what the broker says -------------------------------------------------
 */

static void hear_missing(struct gateway *gateway, const char *id,
                         struct moment now)
{
    struct device *device = device_find(gateway, id);

    if (device == NULL)
        remember_stranger(gateway, id, now.monotonic_ms);
    else
        device_missing(gateway, device);
}

/* Whoever came meanwhile for the same has its answer. */
static void end_lookup(struct roster *roster)
{
    struct lookup *lookup = lookup_of(roster, roster->about);

    if (lookup != NULL)
        drop_lookup(roster, (size_t)(lookup - roster->lookups));
}

static void take_list(struct gateway *gateway,
                      const Tocsin__V1__DeviceList *list, struct moment now)
{
    struct roster *roster = &gateway->roster;

    for (size_t i = 0; i < list->n_devices; i++)
        device_named(gateway, list->devices[i], now);
    if (roster->about[0] != '\0') {
        end_lookup(roster);
        if (list->n_devices == 0)
            hear_missing(gateway, roster->about, now);
        return;
    }
    if (list->n_devices > 0)
        snprintf(roster->after, sizeof roster->after, "%s",
                 list->devices[list->n_devices - 1]->id);
    roster->own_done = !list->more || list->n_devices == 0;
    if (list->generation > roster->wanted)
        roster->wanted = list->generation;
}

bool roster_reply(struct gateway *gateway, const Tocsin__V1__Reply *reply,
                  struct moment now)
{
    struct roster *roster = &gateway->roster;

    if (!ask_is(&roster->ask, reply->request_id))
        return false;
    if (reply->status == TOCSIN__V1__STATUS__STATUS_BUSY ||
        reply->status == TOCSIN__V1__STATUS__STATUS_UNAVAILABLE) {
        ask_again(&roster->ask, now.monotonic_ms + ask_pause_ms(reply));
        return true;
    }
    if (reply->status != TOCSIN__V1__STATUS__STATUS_OK ||
        reply->body_case != TOCSIN__V1__REPLY__BODY_DEVICE_LIST) {
        gateway_note(gateway, LEVEL_WARN, "devices.unknown",
                     "reason=\"%.100s\"", reply->reason);
        ask_again(&roster->ask, now.monotonic_ms + RETRY_MS);
        return true;
    }
    ask_end(&roster->ask);
    roster->heard_ms = today_ms(gateway, now) > reply->time_ms
                           ? today_ms(gateway, now)
                           : reply->time_ms;
    take_list(gateway, reply->device_list, now);
    return true;
}
