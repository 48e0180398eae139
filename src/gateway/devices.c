/* Handhelds: who is one, by the broker's word, and who is one no more. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/core.h"

#define LOST_AGAIN_MS 30000
#define LOST_LOOK_MS (2LL * 60 * 1000)
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
    struct device *device;

    if (device_find(to, from->id) != NULL)
        return true; /* not the first time; the centre may have named it since
                      */
    device = device_add(to, from->id);
    memcpy(device->key, from->key, KEY_SIZE);
    device->own = from->own;
    device->introduced = from->introduced;
    device->revoked = from->revoked;
    device->lost_ms = from->lost_ms;
    device->kept = KEPT;
    device->kept_here.fates = 1; /* or many: nobody has counted them */
    return true;
}

void devices_load(struct gateway *gateway)
{
    gateway->spool.each_device(gateway->spool.arg, load_one, gateway);
    reread_if_unread(gateway);
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

/* ---- may it speak? ----------------------------------------------------
 */

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
    device_ask(gateway, device);
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
    if (roster_is_stranger(gateway, id, now.monotonic_ms)) {
        respond_problem(gateway, asked, denied, "device", "is not enrolled");
        return NULL;
    }
    roster_look_up(gateway, id);
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
    bool was_lost = device->lost_ms != 0;

    if (was_lost) {
        device->lost_ms = 0;
        device->kept = KEPT_NOT;
        gateway->roster.dirty = true;
        relay_recall(gateway, device);
        freight_look(gateway);
        gateway_note(gateway, LEVEL_INFO, "device.found",
                     "device=%s waiting=%zu", device->id, device->waiting);
    }
    if (was_lost || device->look_put_off)
        looks_recall(gateway);
    device->look_put_off = false;
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

/* The broker of this line may be one that was restored once more. */
void devices_connected(struct gateway *gateway)
{
    struct device *device;
    size_t cursor = 0;

    while ((device = map_next(gateway->devices, &cursor)) != NULL)
        device->vouched = false;
}

/* Whoever is not enrolled again in a month never will be. It is asked for:
 * nobody tells us that it was, when that was not done here. */
void devices_tidy(struct gateway *gateway, struct moment now)
{
    struct device *device;
    size_t cursor = 0;

    while ((device = map_next(gateway->devices, &cursor)) != NULL) {
        if (device->lost_ms != 0 &&
            today_ms(gateway, now) - device->lost_ms > LOST_KEPT_MS)
            set_revoked(gateway, device, true);
        else if (device->lost_ms != 0 &&
                 now.monotonic_ms - device->asked_ms >= LOST_LOOK_MS)
            ask_for_lost(gateway, device, now);
    }
}

void device_named(struct gateway *gateway, const Tocsin__V1__Device *from,
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

void device_missing(struct gateway *gateway, struct device *device)
{
    device->round = gateway->roster.round;
    if (!device_is_shut(device))
        lose(gateway, device);
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
