/* The photographs of sightings: each after its answer, one at a time, in pieces
 * that hold no answer up for long. */
#include <string.h>

#include "terminal/core.h"

#define PIECE 16384 /* on a slow line an answer may have to wait for one */
#define STUCK_MS 5000

void shipment_drop(struct terminal *terminal)
{
    struct shipment *shipment = &terminal->shipment;

    int64_t passed = shipment->passed;
    int64_t told = shipment->told;

    ask_end(&shipment->ask);
    memset(shipment, 0, sizeof *shipment);
    shipment->look = true;
    shipment->passed = passed;
    shipment->told = told;
}

static bool begin(struct terminal *terminal)
{
    struct shipment *shipment = &terminal->shipment;

    if (!shipment->look || terminal->store.next_photograph == NULL)
        return false;
    shipment->look = terminal->store.next_photograph(
        terminal->store.arg, shipment->passed, &shipment->photograph);
    shipment->open = shipment->look;
    shipment->have = 0;
    return shipment->open;
}

static void end(struct terminal *terminal, Tocsin__V1__Status status,
                uint64_t sequence, const char *reason)
{
    struct shipment *shipment = &terminal->shipment;
    const struct answer_end end = {.row = shipment->photograph.row,
                                   .personal = true,
                                   .status = status,
                                   .sequence = sequence,
                                   .reason = reason};

    terminal->store.end_photograph(terminal->store.arg, &end);
    shipment_drop(terminal);
}

/* Sealed with a key that is not here, or damaged: it is kept, and does not hold
 * the next one up. */
static void pass_over(struct terminal *terminal)
{
    struct shipment *shipment = &terminal->shipment;

    if (shipment->photograph.row > shipment->told) {
        shipment->told = shipment->photograph.row;
        note(terminal, LEVEL_WARN, "photograph.unreadable", "alert=%s",
             shipment->photograph.alert_id);
    }
    shipment->passed = shipment->photograph.row;
    shipment_drop(terminal);
}

void shipment_next(struct terminal *terminal, struct moment now)
{
    struct shipment *shipment = &terminal->shipment;
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__PutPicture put = TOCSIN__V1__PUT_PICTURE__INIT;
    Tocsin__V1__Picture picture = TOCSIN__V1__PICTURE__INIT;
    uint8_t piece[PIECE];

    if (shipment->ask.open || now.monotonic_ms < shipment->at_ms ||
        (!shipment->open && !begin(terminal)))
        return;
    put.data.data = piece;
    put.data.len = terminal->store.read_photograph(
        terminal->store.arg, shipment->photograph.row, shipment->have, piece,
        sizeof piece);
    if (put.data.len == 0) {
        pass_over(terminal);
        return;
    }
    picture.hash = (ProtobufCBinaryData){sizeof shipment->photograph.hash,
                                         shipment->photograph.hash};
    picture.size = shipment->photograph.size;
    picture.media_type =
        (char *)(uintptr_t)(shipment->photograph.png ? "image/png"
                                                     : "image/jpeg");
    put.alert_id = shipment->photograph.alert_id;
    put.picture = &picture;
    put.offset = shipment->have;
    request.body_case = TOCSIN__V1__REQUEST__BODY_PUT_PICTURE;
    request.put_picture = &put;
    start_ask(terminal, &shipment->ask, &request, now);
}

/* How far the broker says that it is: after a break it may be back at the
 * beginning. */
static void go_on(struct terminal *terminal, const Tocsin__V1__Reply *reply,
                  struct moment now)
{
    struct shipment *shipment = &terminal->shipment;
    uint32_t have = reply->body_case == TOCSIN__V1__REPLY__BODY_PICTURE_RECEIPT
                        ? reply->picture_receipt->have
                        : 0;

    ask_end(&shipment->ask);
    if (have >= shipment->photograph.size)
        have = 0; /* all of it, and not recorded: once more */
    if (have <= shipment->have)
        shipment->at_ms = now.monotonic_ms + STUCK_MS;
    shipment->have = have;
}

bool shipment_reply(struct terminal *terminal, const Tocsin__V1__Reply *reply,
                    struct moment now)
{
    struct shipment *shipment = &terminal->shipment;

    if (!ask_is(&shipment->ask, reply->request_id))
        return false;
    if (ask_is_early(reply)) {
        ask_again(&shipment->ask, now.monotonic_ms + ASK_EARLIER_MS);
        return true;
    }
    switch (reply->status) {
    case TOCSIN__V1__STATUS__STATUS_BUSY:
    case TOCSIN__V1__STATUS__STATUS_UNAVAILABLE:
        ask_again(&shipment->ask, now.monotonic_ms + ask_pause_ms(reply));
        return true;
    case TOCSIN__V1__STATUS__STATUS_OK:
        go_on(terminal, reply, now);
        return true;
    case TOCSIN__V1__STATUS__STATUS_RECORDED:
    case TOCSIN__V1__STATUS__STATUS_DUPLICATE:
        note(terminal, LEVEL_INFO, "photograph.recorded",
             "alert=%s bytes=%u sequence=%llu", shipment->photograph.alert_id,
             shipment->photograph.size, (unsigned long long)reply->sequence);
        break;
    default:
        note(terminal, LEVEL_WARN, "photograph.refused",
             "alert=%s status=%d field=%.60s", shipment->photograph.alert_id,
             (int)reply->status, reply->field);
        break;
    }
    end(terminal, reply->status, reply->sequence, reply->reason);
    return true;
}
