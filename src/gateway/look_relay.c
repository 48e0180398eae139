/* Looks at photographs on their way to the broker, when no answer waits for the
 * line. No order is promised. */
#include <stdio.h>
#include <string.h>

#include "gateway/core.h"

static void free_slot(struct look_slot *slot)
{
    ask_end(&slot->ask);
    memset(slot, 0, sizeof *slot);
}

static bool count_one(void *to, const struct spooled_look *look)
{
    struct gateway *gateway = to;
    struct device *device = device_find(gateway, look->device);

    gateway->looks.waiting++;
    if (device != NULL)
        device->looks++;
    return true;
}

void looks_load(struct gateway *gateway)
{
    struct device *device;
    size_t cursor = 0;

    while ((device = map_next(gateway->devices, &cursor)) != NULL)
        device->looks = 0;
    gateway->looks.waiting = 0;
    gateway->spool.each_look(gateway->spool.arg, 0, count_one, gateway);
    reread_if_unread(gateway);
    gateway->looks.more = gateway->looks.waiting > 0;
}

/* Under other numbers; what is under way has its reply to come, of one kind or
 * the other, and goes again: its id makes it once. */
void looks_restart(struct gateway *gateway)
{
    for (size_t i = 0; i < LOOKS_UNDER_WAY; i++)
        free_slot(&gateway->looks.slots[i]);
    gateway->looks.after = 0;
    looks_load(gateway);
}

void looks_connected(struct gateway *gateway, struct moment now)
{
    struct looks *looks = &gateway->looks;

    for (size_t i = 0; i < LOOKS_UNDER_WAY; i++)
        ask_again(&looks->slots[i].ask, now.monotonic_ms);
    for (size_t i = 0; i < LOOK_PAUSES; i++) {
        if (looks->pauses[i].until_ms != 0)
            looks->pauses[i].until_ms = now.monotonic_ms;
    }
}

static void tell(struct look_slot *slot, struct spooled_look *look,
                 struct moment now)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__NoteLook note = TOCSIN__V1__NOTE_LOOK__INIT;

    note.alert_id = look->alert_id;
    note.at_ms = look->at_ms;
    note.device = look->device;
    note.thumbnail = look->thumbnail;
    request.body_case = TOCSIN__V1__REQUEST__BODY_NOTE_LOOK;
    request.note_look = &note;
    slot->row = look->row;
    memcpy(slot->alert_id, look->alert_id, sizeof slot->alert_id);
    memcpy(slot->device, look->device, sizeof slot->device);
    ask_start(&slot->ask, &request, look->request_id, now.monotonic_ms);
}

/* ---- what the broker puts off
 * A restored one says for ten minutes that the alert may come back yet, and any
 * that a handheld looks faster than people do: no other one waits for that.
 */

static struct look_pause *pause_of(struct looks *looks, bool of_device,
                                   const char *name)
{
    for (size_t i = 0; i < LOOK_PAUSES; i++) {
        struct look_pause *pause = &looks->pauses[i];

        if (pause->until_ms != 0 && pause->of_device == of_device &&
            strcmp(pause->name, name) == 0)
            return pause;
    }
    return NULL;
}

/* Where there are more of them than can be noted, it keeps its place. */
static void pause_it(struct looks *looks, struct look_slot *slot,
                     bool of_device, int64_t until_ms)
{
    const char *name = of_device ? slot->device : slot->alert_id;
    struct look_pause *pause = pause_of(looks, of_device, name);

    for (size_t i = 0; i < LOOK_PAUSES && pause == NULL; i++) {
        if (looks->pauses[i].until_ms == 0)
            pause = &looks->pauses[i];
    }
    ask_again(&slot->ask, until_ms);
    if (pause == NULL)
        return;
    pause->of_device = of_device;
    snprintf(pause->name, sizeof pause->name, "%s", name);
    pause->until_ms = until_ms;
    free_slot(slot);
}

/* When the time has come one of them asks for all. */
static bool pause_holds(struct looks *looks, const struct spooled_look *look,
                        int64_t now_ms)
{
    struct look_pause *of_alert = pause_of(looks, false, look->alert_id);
    struct look_pause *of_device = pause_of(looks, true, look->device);

    if ((of_alert != NULL && of_alert->until_ms > now_ms) ||
        (of_device != NULL && of_device->until_ms > now_ms))
        return true;
    if (of_alert != NULL)
        of_alert->until_ms = now_ms + ASK_AGAIN_MS;
    if (of_device != NULL)
        of_device->until_ms = now_ms + ASK_AGAIN_MS;
    return false;
}

static void pauses_over(struct gateway *gateway, const struct look_slot *slot)
{
    struct looks *looks = &gateway->looks;
    struct look_pause *of_alert = pause_of(looks, false, slot->alert_id);
    struct look_pause *of_device = pause_of(looks, true, slot->device);

    if (of_alert != NULL)
        of_alert->until_ms = 0;
    if (of_device != NULL)
        of_device->until_ms = 0;
    if (of_alert != NULL || of_device != NULL)
        looks_recall(gateway);
}

static int64_t pauses_end_ms(const struct looks *looks)
{
    int64_t end_ms = INT64_MAX;

    for (size_t i = 0; i < LOOK_PAUSES; i++) {
        if (looks->pauses[i].until_ms != 0 &&
            looks->pauses[i].until_ms < end_ms)
            end_ms = looks->pauses[i].until_ms;
    }
    return end_ms;
}

/* Nobody has looked at those any more. */
static void drop_pauses(struct looks *looks, int64_t now_ms)
{
    for (size_t i = 0; i < LOOK_PAUSES; i++) {
        if (looks->pauses[i].until_ms <= now_ms)
            looks->pauses[i].until_ms = 0;
    }
}

/* ---- one after the other -------------------------------------------------
 */

static bool is_under_way(const struct looks *looks, int64_t row)
{
    for (size_t i = 0; i < LOOKS_UNDER_WAY; i++) {
        if (looks->slots[i].row == row)
            return true;
    }
    return false;
}

struct choice {
    struct gateway *gateway;
    int64_t now_ms;
    struct spooled_look look; /* row 0: none */
};

/* Of a handheld that a restore has lost it waits until that is enrolled again,
 * and holds no other up. */
static bool choose(void *to, const struct spooled_look *look)
{
    struct choice *choice = to;
    struct looks *looks = &choice->gateway->looks;
    const struct device *device = device_find(choice->gateway, look->device);

    looks->after = look->row;
    if (is_under_way(looks, look->row) ||
        (device != NULL && device->lost_ms != 0) ||
        pause_holds(looks, look, choice->now_ms))
        return true;
    choice->look = *look;
    return false;
}

static bool begin(struct gateway *gateway, struct look_slot *slot,
                  struct moment now)
{
    struct looks *looks = &gateway->looks;
    struct choice choice = {.gateway = gateway, .now_ms = now.monotonic_ms};

    gateway->spool.each_look(gateway->spool.arg, looks->after, choose, &choice);
    reread_if_unread(gateway);
    looks->more = choice.look.row != 0;
    if (looks->more)
        tell(slot, &choice.look, now);
    else
        drop_pauses(looks, now.monotonic_ms);
    return looks->more;
}

void looks_recall(struct gateway *gateway)
{
    gateway->looks.after = 0;
    gateway->looks.more = gateway->looks.waiting > 0;
}

/* The broker does not know whose look it is: is it lost, or was it? */
static bool is_of_lost(struct gateway *gateway, struct look_slot *slot,
                       const Tocsin__V1__Reply *reply)
{
    struct device *device = device_find(gateway, slot->device);

    if (reply->status != TOCSIN__V1__STATUS__STATUS_NOT_FOUND ||
        strcmp(reply->field, "device") != 0 || device == NULL ||
        device->revoked)
        return false;
    if (device->lost_ms == 0)
        device_ask(gateway, device);
    free_slot(slot);
    device->look_put_off = true;
    return true;
}

bool looks_send(struct gateway *gateway, struct moment now)
{
    if (pauses_end_ms(&gateway->looks) <= now.monotonic_ms)
        looks_recall(gateway);
    if (gateway->looks.waiting == 0)
        drop_pauses(&gateway->looks, INT64_MAX);
    for (size_t i = 0; i < LOOKS_UNDER_WAY; i++) {
        struct look_slot *slot = &gateway->looks.slots[i];

        if (slot->row == 0 &&
            (!gateway->looks.more || !begin(gateway, slot, now)))
            continue;
        if (!send_ask(gateway, &slot->ask, now))
            return false;
    }
    return true;
}

int64_t looks_due_ms(const struct gateway *gateway)
{
    int64_t due = INT64_MAX;
    bool room = false;

    for (size_t i = 0; i < LOOKS_UNDER_WAY; i++) {
        const struct look_slot *slot = &gateway->looks.slots[i];

        room = room || slot->row == 0;
        if (slot->row == 0 && gateway->looks.more)
            return 0;
        if (slot->ended)
            return gateway->full ? gateway->full_until_ms : 0;
        if (slot->ask.open && slot->ask.due_ms < due)
            due = slot->ask.due_ms;
    }
    if (room && pauses_end_ms(&gateway->looks) < due)
        due = pauses_end_ms(&gateway->looks);
    return due;
}

bool looks_reply(struct gateway *gateway, const Tocsin__V1__Reply *reply,
                 struct moment now)
{
    for (size_t i = 0; i < LOOKS_UNDER_WAY; i++) {
        struct look_slot *slot = &gateway->looks.slots[i];

        if (!ask_is(&slot->ask, reply->request_id))
            continue;
        if (reply->status == TOCSIN__V1__STATUS__STATUS_BUSY ||
            reply->status == TOCSIN__V1__STATUS__STATUS_UNAVAILABLE) {
            pause_it(&gateway->looks, slot, strcmp(reply->field, "device") == 0,
                     now.monotonic_ms + ask_pause_ms(reply));
            return true;
        }
        if (ask_is_early(reply)) {
            ask_again(&slot->ask, now.monotonic_ms + ASK_EARLIER_MS);
            return true;
        }
        if (is_of_lost(gateway, slot, reply))
            return true;
        pauses_over(gateway, slot);
        if (reply->status != TOCSIN__V1__STATUS__STATUS_RECORDED &&
            reply->status != TOCSIN__V1__STATUS__STATUS_DUPLICATE)
            gateway_note(gateway, LEVEL_WARN, "look.refused", "status=%d",
                         (int)reply->status);
        ask_end(&slot->ask);
        slot->ended = true;
        return true;
    }
    return false;
}

size_t looks_stage(struct gateway *gateway)
{
    size_t staged = 0;

    for (size_t i = 0; i < LOOKS_UNDER_WAY; i++) {
        const struct look_slot *slot = &gateway->looks.slots[i];

        if (!slot->ended)
            continue;
        gateway->spool.end_look(gateway->spool.arg, slot->row);
        staged++;
    }
    return staged;
}

void looks_end(struct gateway *gateway, enum status status)
{
    bool some = false;

    for (size_t i = 0; i < LOOKS_UNDER_WAY; i++) {
        struct look_slot *slot = &gateway->looks.slots[i];

        if (!slot->ended || status != STATUS_OK)
            continue;
        memset(slot, 0, sizeof *slot);
        some = true;
    }
    if (some)
        looks_load(gateway);
}
