/* Looks at photographs here: noted durably before one is given, and told to the
 * broker when no answer waits for the line. */
#include <stdlib.h>
#include <string.h>

#include "gateway/core.h"

static const struct problem full = {507, TOCSIN__V1__STATUS__STATUS_UNAVAILABLE,
                                    10000};

/* ---- giving --------------------------------------------------------------
 */

static void drop_given(struct given *given)
{
    shared_drop(given->bytes);
    given->bytes = NULL;
}

/* Nobody takes all the room for what waits; false: it was answered. */
static bool has_room(struct gateway *gateway, const struct viewer *viewer)
{
    const struct asked asked = {.exchange = viewer->exchange,
                                .protobuf = viewer->protobuf};
    struct problem busy = {429, TOCSIN__V1__STATUS__STATUS_BUSY, 10000};

    if (viewer->device->looks >= DEVICE_LOOKS_MAX) {
        respond_problem(gateway, &asked, busy, "device",
                        "has %zu looks that the centre has not heard of",
                        viewer->device->looks);
        return false;
    }
    if (gateway->looks.waiting < LOOKS_MAX &&
        gateway->looks.given_count < GIVEN_MAX)
        return true;
    busy.code = 503;
    respond_problem(gateway, &asked, busy, "picture",
                    "too many looks that the centre has not heard of");
    return false;
}

void look_give(struct gateway *gateway, const struct viewer *viewer,
               const char *type, struct shared *bytes)
{
    struct spooled_look look = {.at_ms = viewer->at_ms,
                                .thumbnail = viewer->thumbnail};
    struct given *given;

    if (!has_room(gateway, viewer))
        return;
    memcpy(look.device, viewer->device->id, sizeof look.device);
    strncpy(look.alert_id, viewer->alert_id, ULID_SIZE);
    gateway->port.random(gateway->port.arg, look.request_id,
                         sizeof look.request_id);
    gateway->spool.put_look(gateway->spool.arg, &look);
    given = &gateway->looks.given[gateway->looks.given_count++];
    given->exchange = viewer->exchange;
    given->protobuf = viewer->protobuf;
    given->type = type;
    given->bytes = shared_hold(bytes);
}

void looks_given(struct gateway *gateway, enum status status)
{
    struct looks *looks = &gateway->looks;

    for (size_t i = 0; i < looks->given_count; i++) {
        struct given *given = &looks->given[i];
        const struct gateway_response response = {.code = 200,
                                                  .type = given->type,
                                                  .body = given->bytes->bytes,
                                                  .size = given->bytes->size,
                                                  .shared = given->bytes};
        const struct asked asked = {.exchange = given->exchange,
                                    .protobuf = given->protobuf};

        if (given->exchange != 0 && status == STATUS_OK)
            respond(gateway, given->exchange, &response);
        else if (given->exchange != 0)
            respond_problem(gateway, &asked, full, "picture",
                            "no space to note that it is looked at");
        drop_given(given);
    }
    if (looks->given_count > 0 && status == STATUS_OK)
        looks_load(gateway);
    looks->given_count = 0;
}

void looks_gone(struct gateway *gateway, uint64_t exchange)
{
    for (size_t i = 0; i < gateway->looks.given_count; i++) {
        if (gateway->looks.given[i].exchange == exchange)
            gateway->looks.given[i].exchange = 0;
    }
}

void looks_done(struct gateway *gateway)
{
    for (size_t i = 0; i < gateway->looks.given_count; i++)
        drop_given(&gateway->looks.given[i]);
    for (size_t i = 0; i < LOOKS_UNDER_WAY; i++)
        ask_end(&gateway->looks.slots[i].ask);
}

/* ---- telling -------------------------------------------------------------
 */

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
    gateway->looks.more = gateway->looks.waiting > 0;
}

/* Under other numbers; what is under way has its reply to come, of one kind or
 * the other, and goes again: its id makes it once. */
void looks_restart(struct gateway *gateway)
{
    for (size_t i = 0; i < LOOKS_UNDER_WAY; i++) {
        ask_end(&gateway->looks.slots[i].ask);
        memset(&gateway->looks.slots[i], 0, sizeof gateway->looks.slots[i]);
    }
    gateway->looks.after = 0;
    looks_load(gateway);
}

void looks_connected(struct gateway *gateway, struct moment now)
{
    for (size_t i = 0; i < LOOKS_UNDER_WAY; i++)
        ask_again(&gateway->looks.slots[i].ask, now.monotonic_ms);
}

static bool take_one(void *to, const struct spooled_look *look)
{
    *(struct spooled_look *)to = *look;
    return false;
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
    ask_start(&slot->ask, &request, look->request_id, now.monotonic_ms);
}

/* Of a handheld that a restore has lost it waits until that is enrolled again,
 * and holds no other up. */
static bool is_put_off(const struct gateway *gateway,
                       const struct spooled_look *look)
{
    const struct device *device = device_find(gateway, look->device);

    for (size_t i = 0; i < LOOKS_UNDER_WAY; i++) {
        if (gateway->looks.slots[i].row == look->row)
            return true;
    }
    return device != NULL && device->lost_ms != 0;
}

static bool begin(struct gateway *gateway, struct look_slot *slot,
                  struct moment now)
{
    struct looks *looks = &gateway->looks;
    struct spooled_look look;

    do {
        look.row = 0;
        gateway->spool.each_look(gateway->spool.arg, looks->after, take_one,
                                 &look);
        looks->more = look.row != 0;
        if (!looks->more)
            return false;
        looks->after = look.row;
    } while (is_put_off(gateway, &look));
    tell(slot, &look, now);
    return true;
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
    struct spooled_look look = {.row = 0};
    struct device *device;

    if (reply->status != TOCSIN__V1__STATUS__STATUS_NOT_FOUND ||
        strcmp(reply->field, "device") != 0)
        return false;
    gateway->spool.each_look(gateway->spool.arg, slot->row - 1, take_one,
                             &look);
    device = look.row == slot->row ? device_find(gateway, look.device) : NULL;
    if (device == NULL || device->revoked)
        return false;
    if (device->lost_ms == 0)
        device_ask(gateway, device);
    ask_end(&slot->ask);
    memset(slot, 0, sizeof *slot);
    device->look_put_off = true;
    return true;
}

bool looks_send(struct gateway *gateway, struct moment now)
{
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

    for (size_t i = 0; i < LOOKS_UNDER_WAY; i++) {
        const struct look_slot *slot = &gateway->looks.slots[i];

        if (slot->row == 0 && gateway->looks.more)
            return 0;
        if (slot->ended)
            return gateway->full ? gateway->full_until_ms : 0;
        if (slot->ask.open && slot->ask.due_ms < due)
            due = slot->ask.due_ms;
    }
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
            ask_again(&slot->ask, now.monotonic_ms + ask_pause_ms(reply));
            return true;
        }
        if (ask_is_early(reply)) {
            ask_again(&slot->ask, now.monotonic_ms + ASK_EARLIER_MS);
            return true;
        }
        if (is_of_lost(gateway, slot, reply))
            return true;
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
