/* Handhelds: who is one, by the broker's word, and who is one no more. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/core.h"

#define STRANGER_MS 30000
#define ROSTER_RETRY_MS 5000
#define LOST_AGAIN_MS 30000
#define LOST_KEPT_MS (30LL * 24 * 3600 * 1000)

struct device *device_find(const struct gateway *gateway, const char *id)
{
    return map_get(gateway->devices, id, strlen(id));
}

struct device *device_add(struct gateway *gateway, const char *id)
{
    struct device *device = device_find(gateway, id);

    if (device != NULL)
        return device;
    device = must_calloc(1, sizeof *device);
    snprintf(device->id, sizeof device->id, "%s", id);
    device->tokens = (int64_t)gateway->limits.device_rate * 5000;
    (void)map_put(gateway->devices, device->id, strlen(device->id), device);
    return device;
}

static bool load_one(void *to, const struct spooled_device *from)
{
    struct device *device = device_add(to, from->id);

    memcpy(device->key, from->key, KEY_SIZE);
    device->own = from->own;
    device->introduced = from->introduced;
    device->revoked = from->revoked;
    device->lost_ms = from->lost_ms;
    device->kept = KEPT;
    return true;
}

void devices_load(struct gateway *gateway)
{
    gateway->spool.each_device(gateway->spool.arg, load_one, gateway);
}

static void free_device(struct device *device)
{
    free(device->proof);
    free(device);
}

void devices_done(struct gateway *gateway)
{
    struct device *device;
    size_t cursor = 0;

    while ((device = map_next(gateway->devices, &cursor)) != NULL)
        free_device(device);
    map_free(gateway->devices);
    ask_end(&gateway->roster.ask);
}

/* ---- who is not known ----------------------------------------------------
 */

static bool is_stranger(const struct gateway *gateway, const char *id,
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

void device_ask(struct gateway *gateway, const char *id)
{
    struct roster *roster = &gateway->roster;

    for (size_t i = 0; i < roster->lookup_count; i++) {
        if (strcmp(roster->lookups[i], id) == 0)
            return;
    }
    if (roster->lookup_count < LOOKUPS_MAX)
        snprintf(roster->lookups[roster->lookup_count++], ID_MAX + 1, "%s", id);
}

bool device_is_shut(const struct device *device)
{
    return device->revoked || device->lost_ms != 0;
}

/* It may have been enrolled again meanwhile. */
static void ask_for_lost(struct gateway *gateway, struct device *device,
                         struct moment now)
{
    if (device->asked_ms != 0 &&
        now.monotonic_ms - device->asked_ms < LOST_AGAIN_MS)
        return;
    device->asked_ms = now.monotonic_ms;
    device_ask(gateway, device->id);
}

bool device_may(struct gateway *gateway, const struct asked *asked,
                struct device *device, struct moment now)
{
    if (device->revoked) {
        respond_problem(
            gateway, asked,
            (struct problem){403, TOCSIN__V1__STATUS__STATUS_DENIED, 0},
            "device", "is revoked");
    } else if (device->lost_ms != 0) {
        ask_for_lost(gateway, device, now);
        respond_problem(gateway, asked,
                        (struct problem){503,
                                         TOCSIN__V1__STATUS__STATUS_UNAVAILABLE,
                                         LOST_AGAIN_MS},
                        "device",
                        "is not known at the centre any more, and has to be "
                        "enrolled again; what it said is kept");
    }
    return !device_is_shut(device);
}

struct device *device_admit(struct gateway *gateway, const struct asked *asked,
                            const char *id, struct moment now)
{
    const struct problem denied = {403, TOCSIN__V1__STATUS__STATUS_DENIED, 0};
    const struct problem later = {503, TOCSIN__V1__STATUS__STATUS_UNAVAILABLE,
                                  1000};
    struct device *device = device_find(gateway, id);

    if (device != NULL)
        return device_may(gateway, asked, device, now) ? device : NULL;
    if (is_stranger(gateway, id, now.monotonic_ms)) {
        respond_problem(gateway, asked, denied, "device", "is not enrolled");
        return NULL;
    }
    device_ask(gateway, id);
    respond_problem(gateway, asked, later, "device",
                    gateway->line_up ? "is being looked up"
                                     : "is not known here, and the line to the "
                                       "centre is down; see /v1/introduction");
    return NULL;
}

/* ---- what the broker says ------------------------------------------------
 */

/* Whoever has read until now reads no further: its session is over. */
static void readers_end(struct gateway *gateway, const struct device *device)
{
    streams_end(gateway, device);
    fetches_leave(gateway, device);
}

/* Nobody knows who holds the one before. */
static void take_key(struct gateway *gateway, struct device *device,
                     const uint8_t key[KEY_SIZE])
{
    if (memcmp(device->key, key, KEY_SIZE) == 0)
        return;
    memcpy(device->key, key, KEY_SIZE);
    device->kept = KEPT_NOT;
    gateway->roster.dirty = true;
    readers_end(gateway, device);
}

static void shut_out(struct gateway *gateway, struct device *device)
{
    device->doubted = 0;
    readers_end(gateway, device);
    relay_forget(gateway, device);
    uploads_drop(gateway, NULL, device);
    freight_drop(gateway, NULL, device);
}

static void set_revoked(struct gateway *gateway, struct device *device,
                        bool revoked)
{
    device->revoked = revoked;
    device->lost_ms = 0;
    device->kept = KEPT_NOT;
    gateway->roster.dirty = true;
    gateway_note(gateway, LEVEL_WARN,
                 revoked ? "device.revoked" : "device.admitted",
                 "device=%s waiting=%zu", device->id, device->waiting);
    gateway->tallies.revocations += revoked;
    if (revoked)
        shut_out(gateway, device);
}

/* Only a broker that was restored does not know any more whom it has named: no
 * word of its officer is lost for that. */
static void lose(struct gateway *gateway, struct device *device)
{
    device->lost_ms = gateway->roster.heard_ms;
    device->kept = KEPT_NOT;
    gateway->roster.dirty = true;
    gateway_note(gateway, LEVEL_WARN, "device.lost", "device=%s waiting=%zu",
                 device->id, device->waiting);
    shut_out(gateway, device);
}

/* The broker names it, and not as revoked. */
static void confirm(struct gateway *gateway, struct device *device)
{
    if (device->lost_ms != 0) {
        device->lost_ms = 0;
        device->kept = KEPT_NOT;
        gateway->roster.dirty = true;
        relay_recall(gateway, device);
        freight_look(gateway);
        gateway_note(gateway, LEVEL_INFO, "device.found",
                     "device=%s waiting=%zu", device->id, device->waiting);
    }
    if (device->doubted == 0 || gateway->roster.round < device->doubted)
        return;
    device->doubted = 0;
    device->vouched = true;
    relay_ready(gateway, device);
}

/* What the broker says to a question from before the doubt ends none. */
bool device_doubt(struct gateway *gateway, struct device *device)
{
    if (device->revoked || device->vouched)
        return false;
    if (device->lost_ms == 0)
        device->doubted = gateway->roster.round + 1;
    return true;
}

/* Whoever is not enrolled again in a month never will be. */
void devices_tidy(struct gateway *gateway, struct moment now)
{
    struct device *device;
    size_t cursor = 0;

    while ((device = map_next(gateway->devices, &cursor)) != NULL) {
        if (device->lost_ms != 0 &&
            today_ms(gateway, now) - device->lost_ms > LOST_KEPT_MS)
            set_revoked(gateway, device, true);
    }
}

static void take_device(struct gateway *gateway, const Tocsin__V1__Device *from,
                        struct moment now)
{
    struct device *device;

    if (!principal_id_valid(from->id) || from->public_key.len != KEY_SIZE)
        return;
    device = device_add(gateway, from->id);
    take_key(gateway, device, from->public_key.data);
    device->own = strcmp(from->gateway, gateway->id) == 0;
    device->kept = device->introduced ? KEPT_NOT : device->kept;
    gateway->roster.dirty = gateway->roster.dirty || device->introduced;
    device->introduced = false;
    if (from->proof != NULL)
        proof_keep(device, from->proof, now.monotonic_ms);
    device->round = gateway->roster.round;
    if (from->revoked != device->revoked)
        set_revoked(gateway, device, from->revoked);
    if (!device->revoked)
        confirm(gateway, device);
}

void device_enrolled(struct gateway *gateway, const char *id,
                     const uint8_t key[KEY_SIZE], struct moment now)
{
    struct device *device = device_add(gateway, id);

    take_key(gateway, device, key);
    device->own = true;
    device->kept = KEPT_NOT;
    gateway->roster.dirty = true;
    device->round = gateway->roster.round;
    device->seen_ms = now.monotonic_ms;
    if (device->revoked)
        set_revoked(gateway, device, false);
    confirm(gateway, device);
    gateway_note(gateway, LEVEL_INFO, "device.enrolled", "device=%s", id);
}

void roster_want(struct gateway *gateway)
{
    gateway->roster.due = true;
}

/* Guests, and whoever our own page did not name, one by one. */
static const char *next_unseen(const struct gateway *gateway)
{
    const struct device *device;
    size_t cursor = 0;

    while ((device = map_next(gateway->devices, &cursor)) != NULL) {
        if (device->round != gateway->roster.round && !device->revoked)
            return device->id;
    }
    return NULL;
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

void roster_begin(struct gateway *gateway, struct moment now)
{
    struct roster *roster = &gateway->roster;
    const char *unseen;

    if (roster->ask.open)
        return;
    if (roster->due) {
        roster->due = false;
        roster->round++;
        roster->own_done = false;
        roster->all_done = false;
        roster->wanted = gateway->world.generation;
        roster->after[0] = '\0';
        ask_about(gateway, "", "", now);
    } else if (roster->round > 0 && !roster->own_done) {
        ask_about(gateway, "", roster->after, now);
    } else if (roster->lookup_count > 0) {
        roster->lookup_count--;
        ask_about(gateway, roster->lookups[roster->lookup_count], "", now);
    } else if (roster->round > 0 && !roster->all_done) {
        unseen = next_unseen(gateway);
        roster->all_done = unseen == NULL;
        if (unseen != NULL)
            ask_about(gateway, unseen, "", now);
        else
            roster->generation = roster->wanted;
    }
}

static void hear_missing(struct gateway *gateway, const char *id,
                         struct moment now)
{
    struct device *device = device_find(gateway, id);

    if (device == NULL) {
        remember_stranger(gateway, id, now.monotonic_ms);
        return;
    }
    device->round = gateway->roster.round;
    if (device->introduced)
        set_revoked(gateway, device, true); /* it had no more than a proof */
    else if (!device_is_shut(device))
        lose(gateway, device);
}

static void take_list(struct gateway *gateway,
                      const Tocsin__V1__DeviceList *list, struct moment now)
{
    struct roster *roster = &gateway->roster;

    for (size_t i = 0; i < list->n_devices; i++)
        take_device(gateway, list->devices[i], now);
    if (roster->about[0] != '\0') {
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
        ask_again(&roster->ask, now.monotonic_ms + ROSTER_RETRY_MS);
        return true;
    }
    ask_end(&roster->ask);
    roster->heard_ms = today_ms(gateway, now) > reply->time_ms
                           ? today_ms(gateway, now)
                           : reply->time_ms;
    take_list(gateway, reply->device_list, now);
    return true;
}

/* ---- into the spool ------------------------------------------------------
 */

size_t devices_stage(struct gateway *gateway, struct moment now)
{
    int64_t today = today_ms(gateway, now);
    int64_t heard = gateway->roster.heard_ms;
    struct device *device;
    size_t cursor = 0;
    size_t count = 0;

    if (!gateway->roster.dirty)
        return 0;
    while ((device = map_next(gateway->devices, &cursor)) != NULL) {
        struct spooled_device kept = {.own = device->own,
                                      .introduced = device->introduced,
                                      .revoked = device->revoked,
                                      .lost_ms = device->lost_ms};

        if (device->kept != KEPT_NOT)
            continue;
        memcpy(kept.id, device->id, sizeof kept.id);
        memcpy(kept.key, device->key, KEY_SIZE);
        gateway->spool.keep_device(gateway->spool.arg, &kept);
        if (device->revoked)
            gateway->spool.revoke(gateway->spool.arg, device->id, NULL,
                                  today > heard ? today : heard);
        device->kept = KEPT_STAGED;
        count++;
    }
    return count;
}

void devices_end(struct gateway *gateway, enum status status)
{
    struct device *device;
    size_t cursor = 0;

    if (!gateway->roster.dirty)
        return;
    gateway->roster.dirty = status != STATUS_OK;
    while ((device = map_next(gateway->devices, &cursor)) != NULL) {
        if (device->kept == KEPT_STAGED)
            device->kept = status == STATUS_OK ? KEPT : KEPT_NOT;
    }
    if (status == STATUS_OK && gateway->pictures > 0)
        freight_load(gateway); /* those of a revoked one do not wait */
}
