/* Photographs on their way to the broker: one at a time, handhelds in turn,
 * each after its answer, in pieces, and only while no answer waits for the
 * line. */
#include <stdlib.h>
#include <string.h>

#include "gateway/core.h"

#define PIECE 16384
#define STUCK_MS 5000

static void close_it(struct freight *freight)
{
    ask_end(&freight->ask);
    if (freight->bytes != NULL)
        bytes_wipe(freight->bytes, freight->fate.picture.size);
    free(freight->bytes);
    freight->bytes = NULL;
    freight->open = false;
    freight->ended = false;
    freight->have = 0;
    freight->look = true;
}

void freight_drop(struct gateway *gateway, const char *alert_id,
                  const struct device *device)
{
    struct freight *freight = &gateway->freight;

    if (freight->open &&
        (alert_id == NULL || strcmp(freight->fate.alert_id, alert_id) == 0) &&
        (device == NULL || strcmp(freight->fate.device, device->id) == 0))
        close_it(freight);
}

static bool count_one(void *to, const struct fate *fate)
{
    struct gateway *gateway = to;
    struct device *device = device_find(gateway, fate->device);

    gateway->pictures++;
    gateway->picture_bytes += fate->picture.size;
    if (device != NULL)
        device->picture_bytes += fate->picture.size;
    return true;
}

void freight_load(struct gateway *gateway)
{
    struct device *device;
    size_t cursor = 0;

    while ((device = map_next(gateway->devices, &cursor)) != NULL)
        device->picture_bytes = 0;
    gateway->pictures = 0;
    gateway->picture_bytes = 0;
    gateway->spool.each_picture(gateway->spool.arg, count_one, gateway);
    reread_if_unread(gateway);
    gateway->freight.look = true;
}

void freight_look(struct gateway *gateway)
{
    gateway->freight.look = true;
}

void freight_connected(struct gateway *gateway, struct moment now)
{
    gateway->freight.look = true;
    gateway->freight.at_ms = now.monotonic_ms;
    ask_again(&gateway->freight.ask, now.monotonic_ms);
}

static void end(struct freight *freight, Tocsin__V1__Status status,
                uint64_t sequence, const char *reason)
{
    struct picture_fate *picture = &freight->fate.picture;
    bool good = status == TOCSIN__V1__STATUS__STATUS_RECORDED ||
                status == TOCSIN__V1__STATUS__STATUS_DUPLICATE;

    picture->state = good ? TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_RECORDED
                          : TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_REFUSED;
    picture->status = status;
    picture->sequence = sequence;
    copy_words(picture->reason, sizeof picture->reason, reason);
    ask_end(&freight->ask);
    freight->ended = true;
}

/* The next handheld's has its turn first. */
static bool wait_for_spool(struct gateway *gateway, struct moment now)
{
    if (!spool_unread(gateway))
        return false;
    gateway->freight.open = false;
    gateway->freight.look = true;
    gateway->freight.at_ms = now.monotonic_ms + REREAD_MS;
    return true;
}

static bool begin(struct gateway *gateway, struct moment now)
{
    struct freight *freight = &gateway->freight;

    freight->look = gateway->pictures > 0 &&
                    gateway->spool.next_picture(gateway->spool.arg,
                                                freight->after, &freight->fate);
    if (!freight->look) {
        if (gateway->pictures > 0)
            (void)wait_for_spool(gateway, now);
        return false;
    }
    freight->open = true;
    memcpy(freight->after, freight->fate.device, sizeof freight->after);
    if (gateway->spool.read_picture(gateway->spool.arg, &freight->fate,
                                    &freight->bytes))
        return true;
    if (!wait_for_spool(gateway, now))
        end(freight, TOCSIN__V1__STATUS__STATUS_INVALID, 0,
            "its bytes cannot be read at the gateway any more");
    return false;
}

static void ask_piece(struct gateway *gateway, struct moment now)
{
    struct freight *freight = &gateway->freight;
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__PutPicture put = TOCSIN__V1__PUT_PICTURE__INIT;
    Tocsin__V1__Picture picture = TOCSIN__V1__PICTURE__INIT;
    size_t left = freight->fate.picture.size - freight->have;
    const char *type = picture_type(freight->bytes, freight->fate.picture.size);

    picture.hash = (ProtobufCBinaryData){sizeof freight->fate.picture.hash,
                                         freight->fate.picture.hash};
    picture.size = freight->fate.picture.size;
    picture.media_type = (char *)(uintptr_t)(type != NULL ? type : "");
    put.alert_id = freight->fate.alert_id;
    put.picture = &picture;
    put.offset = freight->have;
    put.data = (ProtobufCBinaryData){left < PIECE ? left : PIECE,
                                     freight->bytes + freight->have};
    request.body_case = TOCSIN__V1__REQUEST__BODY_PUT_PICTURE;
    request.put_picture = &put;
    begin_ask(gateway, &freight->ask, &request, now);
}

/* Answers first: also those that wait for the broker's word on many others. */
static bool may_go(const struct gateway *gateway)
{
    return relay_hurrying(gateway) <= gateway->limits.pictures_wait;
}

bool freight_send(struct gateway *gateway, struct moment now)
{
    struct freight *freight = &gateway->freight;

    if (freight->ended || !may_go(gateway))
        return true;
    if (!freight->ask.open && now.monotonic_ms >= freight->at_ms &&
        (freight->open || (freight->look && begin(gateway, now))))
        ask_piece(gateway, now);
    return send_ask(gateway, &freight->ask, now);
}

int64_t freight_due_ms(const struct gateway *gateway)
{
    const struct freight *freight = &gateway->freight;

    if (freight->ended)
        return 0;
    if (!may_go(gateway))
        return INT64_MAX;
    if (freight->ask.open)
        return freight->ask.due_ms;
    return freight->open || (freight->look && gateway->pictures > 0)
               ? freight->at_ms
               : INT64_MAX;
}

/* After a break the broker may be back at the beginning. */
static void go_on(struct freight *freight, const Tocsin__V1__Reply *reply,
                  struct moment now)
{
    uint32_t have = reply->body_case == TOCSIN__V1__REPLY__BODY_PICTURE_RECEIPT
                        ? reply->picture_receipt->have
                        : 0;

    ask_end(&freight->ask);
    if (have >= freight->fate.picture.size)
        have = 0; /* all of it, and not recorded: once more */
    if (have <= freight->have)
        freight->at_ms = now.monotonic_ms + STUCK_MS;
    freight->have = have;
}

bool freight_reply(struct gateway *gateway, const Tocsin__V1__Reply *reply,
                   struct moment now)
{
    struct freight *freight = &gateway->freight;

    if (!ask_is(&freight->ask, reply->request_id))
        return false;
    if (reply->status == TOCSIN__V1__STATUS__STATUS_BUSY ||
        reply->status == TOCSIN__V1__STATUS__STATUS_UNAVAILABLE)
        ask_again(&freight->ask, now.monotonic_ms + ask_pause_ms(reply));
    else if (ask_is_early(reply))
        ask_again(&freight->ask, now.monotonic_ms + ASK_EARLIER_MS);
    else if (reply->status == TOCSIN__V1__STATUS__STATUS_OK)
        go_on(freight, reply, now);
    else
        end(freight, reply->status, reply->sequence, reply->reason);
    return true;
}

/* ---- into the spool -------------------------------------------------------
 */

size_t freight_stage(struct gateway *gateway)
{
    if (!gateway->freight.ended)
        return 0;
    gateway->spool.end_picture(gateway->spool.arg, &gateway->freight.fate);
    return 1;
}

void freight_end(struct gateway *gateway, enum status status)
{
    struct freight *freight = &gateway->freight;
    const struct fate *fate = &freight->fate;
    struct device *device;

    if (!freight->ended || status != STATUS_OK)
        return;
    device = device_find(gateway, fate->device);
    if (fate->picture.state ==
        TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_RECORDED) {
        gateway->tallies.pictures_relayed++;
    } else {
        gateway->tallies.pictures_refused++;
        gateway_note(gateway, LEVEL_WARN, "picture.refused",
                     "device=%s alert=%s status=%d", fate->device,
                     fate->alert_id, (int)fate->picture.status);
    }
    if (device != NULL) {
        kept_add(gateway, device, fate);
        tell_fate(gateway, device, fate);
    }
    close_it(freight);
    freight_load(gateway);
}
