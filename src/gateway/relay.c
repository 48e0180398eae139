/* Answers on their way to the broker, until they have its word. */
#include <stdlib.h>
#include <string.h>

#include "gateway/core.h"

static void free_slot(struct gateway *gateway, struct slot *slot)
{
    free(slot->bytes);
    memset(slot, 0, sizeof *slot);
    gateway->slots_used--;
}

/* What becomes of it its row says. */
static void let_go(struct gateway *gateway, struct slot *slot)
{
    slot->device->under_way = false;
    free_slot(gateway, slot);
}

void relay_done(struct gateway *gateway)
{
    struct device *device;
    size_t cursor = 0;

    for (size_t i = 0; i < WINDOW; i++) {
        if (gateway->slots[i].state != SLOT_FREE)
            free_slot(gateway, &gateway->slots[i]);
    }
    while ((device = map_next(gateway->devices, &cursor)) != NULL) {
        device->under_way = false;
        relay_forget(gateway, device);
    }
}

void relay_restart(struct gateway *gateway)
{
    relay_done(gateway);
    relay_load(gateway);
}

/* ---- out ------------------------------------------------------------------
 */

static struct slot *free_place(struct gateway *gateway)
{
    if (gateway->slots_used == WINDOW)
        return NULL;
    for (size_t i = 0; i < WINDOW; i++) {
        if (gateway->slots[i].state == SLOT_FREE)
            return &gateway->slots[i];
    }
    return NULL;
}

/* It is there and was damaged: waiting for ever it would keep its case from
 * being purged, and its handheld from saying it again. */
static void end_unreadable(struct gateway *gateway, struct slot *slot,
                           struct device *device, struct moment now)
{
    struct fate *fate = &slot->fate;

    gateway_note(gateway, LEVEL_ERROR, "answer.unreadable",
                 "device=%s row=%lld", device->id,
                 (long long)device->first->row);
    if (fate->row == 0) {
        relay_drop_first(gateway, device);
        relay_ready(gateway, device);
        return;
    }
    fate->state = TOCSIN__V1__FATE_STATE__FATE_STATE_REFUSED;
    fate->settled_ms = today_ms(gateway, now);
    fate->status = TOCSIN__V1__STATUS__STATUS_UNAVAILABLE;
    snprintf(fate->reason, sizeof fate->reason,
             "was damaged on the gateway's disk before it was sent: say it "
             "again");
    slot->state = SLOT_ENDED;
    slot->device = device;
    device->under_way = true;
    gateway->slots_used++;
}

/* The next answer that has its turn gets a place in the window. */
static bool fill_one(struct gateway *gateway, struct moment now)
{
    struct slot *slot = free_place(gateway);
    Tocsin__V1__SignedAnswer answer;
    struct device *device;

    if (slot == NULL || (device = relay_next(gateway)) == NULL)
        return false;
    memset(&slot->fate, 0, sizeof slot->fate);
    if (!gateway->spool.read(gateway->spool.arg, device->first->row,
                             &slot->fate, &answer)) {
        if (spool_unread(gateway)) {
            memset(&slot->fate, 0, sizeof slot->fate);
            relay_put_off(gateway, device, now.monotonic_ms + REREAD_MS);
        } else {
            end_unreadable(gateway, slot, device, now);
        }
        return true;
    }
    slot->state = SLOT_SENT;
    slot->device = device;
    slot->due_ms = now.monotonic_ms;
    gateway->port.random(gateway->port.arg, slot->request_id,
                         sizeof slot->request_id);
    relay_pack(slot, &answer, today_ms(gateway, now));
    device->under_way = true;
    gateway->slots_used++;
    return true;
}

bool relay_send(struct gateway *gateway, struct moment now)
{
    relay_recall_due(gateway, now.monotonic_ms);
    while (fill_one(gateway, now)) {
    }
    for (size_t i = 0; i < WINDOW; i++) {
        struct slot *slot = &gateway->slots[i];

        if (slot->state != SLOT_SENT || slot->due_ms > now.monotonic_ms)
            continue;
        if (device_is_shut(slot->device)) { /* since it was sent */
            let_go(gateway, slot);
            continue;
        }
        if (!gateway->port.send(gateway->port.arg, slot->bytes, slot->size))
            return false;
        slot->due_ms = now.monotonic_ms + ASK_AGAIN_MS;
        slot->put_off = false;
    }
    return true;
}

bool relay_let_wait(struct gateway *gateway, struct device *device)
{
    for (size_t i = 0; i < WINDOW; i++) {
        struct slot *slot = &gateway->slots[i];

        if (slot->state == SLOT_SENT && slot->device == device &&
            slot->put_off) {
            let_go(gateway, slot);
            return true;
        }
    }
    return false;
}

void relay_connected(struct gateway *gateway, struct moment now)
{
    for (size_t i = 0; i < WINDOW; i++)
        gateway->slots[i].due_ms = now.monotonic_ms;
    relay_recall_due(gateway, INT64_MAX);
}

int64_t relay_due_ms(const struct gateway *gateway)
{
    int64_t due = INT64_MAX;

    if (gateway->slots_used < WINDOW) {
        if (relay_has_ready(gateway))
            return 0;
        due = relay_put_off_ms(gateway);
    }
    for (size_t i = 0; i < WINDOW; i++) {
        if (gateway->slots[i].state == SLOT_SENT &&
            gateway->slots[i].due_ms < due)
            due = gateway->slots[i].due_ms;
    }
    return due;
}

bool relay_idle(const struct gateway *gateway)
{
    return !relay_has_ready(gateway) && gateway->slots_used < WINDOW / 2;
}

/* ---- in -------------------------------------------------------------------
 */

static struct slot *slot_of(struct gateway *gateway,
                            const Tocsin__V1__Reply *reply)
{
    for (size_t i = 0; i < WINDOW; i++) {
        struct slot *slot = &gateway->slots[i];

        if (slot->state != SLOT_FREE &&
            reply->request_id.len == sizeof slot->request_id &&
            memcmp(slot->request_id, reply->request_id.data,
                   sizeof slot->request_id) == 0)
            return slot;
    }
    return NULL;
}

static bool is_good(Tocsin__V1__Status status)
{
    return status == TOCSIN__V1__STATUS__STATUS_RECORDED ||
           status == TOCSIN__V1__STATUS__STATUS_DUPLICATE;
}

void copy_words(char *out, size_t room, const char *text)
{
    size_t size = strnlen(text, room - 1);

    while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
        size--; /* not within a character */
    memcpy(out, text, size);
    out[size] = '\0';
}

/* It verified when it was taken here: its handheld has another key since. What
 * the one before has signed, and who holds it, nobody vouches for any more; who
 * said it in good faith can say it again, and has to know. */
static const char *reason_of(const Tocsin__V1__Reply *reply)
{
    if (reply->status != TOCSIN__V1__STATUS__STATUS_DENIED ||
        (strcmp(reply->field, "answer.signature") != 0 &&
         strcmp(reply->field, "found.signature") != 0))
        return reply->reason;
    return "its handheld was given another key before the centre had heard "
           "this: it is not recorded, and has to be said again";
}

/* Where a clock that was never set says 1970 the broker's word of the time
 * comes with this very reply: what is kept for a week counts from the later
 * one. */
static void settle_fate(struct fate *fate, const Tocsin__V1__Reply *reply,
                        int64_t now_ms)
{
    fate->state = is_good(reply->status)
                      ? TOCSIN__V1__FATE_STATE__FATE_STATE_RECORDED
                      : TOCSIN__V1__FATE_STATE__FATE_STATE_REFUSED;
    fate->settled_ms = now_ms > reply->time_ms ? now_ms : reply->time_ms;
    fate->sequence = reply->sequence;
    fate->status = reply->status;
    copy_words(fate->field, sizeof fate->field, reply->field);
    copy_words(fate->reason, sizeof fate->reason, reason_of(reply));
}

/* A broker that was restored says for ten minutes that an alert may come back
 * yet; nobody else waits for that. Its reply to what was sent twice may still
 * come: then it is sent once more, and is recorded already. */
static bool is_put_off(struct gateway *gateway, struct slot *slot,
                       const Tocsin__V1__Reply *reply, int64_t now_ms)
{
    struct device *device = slot->device;
    int64_t pause_ms;

    if (reply->status == TOCSIN__V1__STATUS__STATUS_BUSY ||
        reply->status == TOCSIN__V1__STATUS__STATUS_UNAVAILABLE)
        pause_ms = ask_pause_ms(reply);
    else if (ask_is_early(reply))
        pause_ms = ASK_EARLIER_MS;
    else
        return false;
    slot->due_ms = now_ms + pause_ms;
    slot->put_off = true;
    if (pause_ms <= ASK_CROWD_MS)
        return true;
    let_go(gateway, slot);
    relay_put_off(gateway, device, now_ms + pause_ms);
    return true;
}

/* A broker that was restored from before its enrolment refuses it like one that
 * is revoked, and for good: what it has given stays first in its row until the
 * broker has said which of the two it is. */
static bool is_given_back(struct gateway *gateway, struct slot *slot,
                          const Tocsin__V1__Reply *reply)
{
    if (reply->status != TOCSIN__V1__STATUS__STATUS_DENIED ||
        (strcmp(reply->field, "answer.node") != 0 &&
         strcmp(reply->field, "found.node") != 0) ||
        !device_doubt(gateway, slot->device))
        return false;
    let_go(gateway, slot);
    return true;
}

bool relay_reply(struct gateway *gateway, const Tocsin__V1__Reply *reply,
                 struct moment now)
{
    struct slot *slot = slot_of(gateway, reply);

    if (slot == NULL)
        return false;
    if (slot->state == SLOT_ENDED)
        return true; /* the second of two */
    if (is_put_off(gateway, slot, reply, now.monotonic_ms))
        return true;
    if (reply->status == TOCSIN__V1__STATUS__STATUS_DENIED)
        roster_want(gateway); /* its handheld may have been revoked */
    if (is_given_back(gateway, slot, reply))
        return true;
    slot->device->vouched = false;
    settle_fate(&slot->fate, reply, today_ms(gateway, now));
    slot->state = SLOT_ENDED;
    return true;
}

/* ---- into the spool ------------------------------------------------------
 */

size_t relay_stage(struct gateway *gateway)
{
    size_t count = 0;

    for (size_t i = 0; i < WINDOW; i++) {
        if (gateway->slots[i].state != SLOT_ENDED)
            continue;
        gateway->spool.end(gateway->spool.arg, &gateway->slots[i].fate);
        count++;
    }
    return count;
}

void tell_fate(struct gateway *gateway, struct device *device,
               const struct fate *fate)
{
    Tocsin__V1__DeviceEvent event = TOCSIN__V1__DEVICE_EVENT__INIT;

    arena_reset(&gateway->inner);
    if (fate->kind == FATE_FOUND)
        event.found = found_message(&gateway->inner, fate);
    else
        event.fate = fate_message(&gateway->inner, fate);
    tell_devices(gateway, device, fate->kind == FATE_FOUND ? "found" : "answer",
                 &event);
}

static void count_fate(struct gateway *gateway, const struct fate *fate)
{
    if (fate->state == TOCSIN__V1__FATE_STATE__FATE_STATE_RECORDED) {
        gateway->tallies.recorded++;
        return;
    }
    gateway->tallies.refused[fate->status < REASONS ? (int)fate->status : 0]++;
    gateway_note(gateway, LEVEL_WARN,
                 fate->kind == FATE_FOUND ? "found.refused" : "answer.refused",
                 "device=%s %s=%s status=%d field=%.60s", fate->device,
                 fate->kind == FATE_FOUND ? "found" : "alert", fate->alert_id,
                 (int)fate->status, fate->field);
}

/* Its picture may have come meanwhile, and goes now, or never will. */
static void refresh_picture(struct gateway *gateway, struct fate *fate)
{
    struct fate now;

    if (fate->picture.state ==
        TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_UNSPECIFIED)
        return;
    freight_look(gateway);
    if (!gateway->spool.find(gateway->spool.arg, fate->device, fate->answer_id,
                             &now)) {
        reread_if_unread(gateway);
        return;
    }
    fate->picture = now.picture;
    upload_tell(gateway, fate);
    if (fate->state == TOCSIN__V1__FATE_STATE__FATE_STATE_REFUSED)
        freight_load(gateway);
}

void relay_end(struct gateway *gateway, enum status status, struct moment now)
{
    (void)now;
    if (status != STATUS_OK)
        return; /* their ends are staged once more */
    for (size_t i = 0; i < WINDOW; i++) {
        struct slot *slot = &gateway->slots[i];
        struct device *device = slot->device;

        if (slot->state != SLOT_ENDED)
            continue;
        device->under_way = false;
        if (device->first != NULL && device->first->row == slot->fate.row)
            relay_drop_first(gateway,
                             device); /* a revoked one's are gone already */
        count_fate(gateway, &slot->fate);
        refresh_picture(gateway, &slot->fate);
        kept_add(gateway, device, &slot->fate);
        tell_fate(gateway, device, &slot->fate);
        free_slot(gateway, slot);
        relay_ready(gateway, device);
    }
}
