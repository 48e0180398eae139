/* Looks at photographs here: noted durably before one is given. */
#include <stdlib.h>
#include <string.h>

#include "gateway/core.h"

static const struct problem full = {507, TOCSIN__V1__STATUS__STATUS_UNAVAILABLE,
                                    10000};

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
