/* Handhelds that come with a key of their own: carried to the broker at once,
 * since there is nothing that could wait. */
#include <stdio.h>
#include <string.h>

#include "gateway/core.h"
#include "wire/document.h"

#define PATIENCE_MS 20000

static const struct problem later = {
    503, TOCSIN__V1__STATUS__STATUS_UNAVAILABLE, 5000};

static void end(struct claim *claim)
{
    ask_end(&claim->ask);
    memset(claim, 0, sizeof *claim);
}

static struct claim *free_claim(struct gateway *gateway)
{
    for (size_t i = 0; i < CLAIMS_MAX; i++) {
        if (gateway->claims[i].exchange == 0)
            return &gateway->claims[i];
    }
    return NULL;
}

static void send_on(struct gateway *gateway, const struct asked *asked,
                    struct claim *claim, Tocsin__V1__SignedClaim *sealed,
                    struct moment now)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Claim inner = TOCSIN__V1__CLAIM__INIT;

    inner.claim = sealed;
    request.body_case = TOCSIN__V1__REQUEST__BODY_CLAIM;
    request.claim = &inner;
    claim->exchange = asked->exchange;
    claim->protobuf = asked->protobuf;
    claim->until_ms = now.monotonic_ms + PATIENCE_MS;
    begin_ask(gateway, &claim->ask, &request, now);
}

void take_claim(struct gateway *gateway, const struct asked *asked,
                struct moment now)
{
    Tocsin__V1__SignedClaim *sealed =
        body_of(gateway, asked, &tocsin__v1__signed_claim__descriptor);
    const Tocsin__V1__DeviceClaim *content;
    struct complaint complaint = {0};
    struct claim *claim = free_claim(gateway);

    if (sealed == NULL)
        return;
    if (claim_open(&content, &gateway->inner, sealed, &complaint) !=
        STATUS_OK) {
        respond_problem(
            gateway, asked,
            (struct problem){400, TOCSIN__V1__STATUS__STATUS_INVALID, 0},
            complaint.field, "%s", complaint.reason);
    } else if (!gateway->line_up) {
        respond_problem(gateway, asked, later, "claim",
                        "the line to the centre is down");
    } else if (claim == NULL) {
        respond_problem(gateway, asked, later, "claim", "too many at once");
    } else {
        snprintf(claim->device, sizeof claim->device, "%s", content->device);
        memcpy(claim->key, content->public_key.data, KEY_SIZE);
        send_on(gateway, asked, claim, sealed, now);
    }
}

static void conclude(struct gateway *gateway, struct claim *claim,
                     const Tocsin__V1__Reply *reply, struct moment now)
{
    const struct asked asked = {.exchange = claim->exchange,
                                .protobuf = claim->protobuf};
    Tocsin__V1__Enrolment enrolment = TOCSIN__V1__ENROLMENT__INIT;

    if (reply->status != TOCSIN__V1__STATUS__STATUS_RECORDED &&
        reply->status != TOCSIN__V1__STATUS__STATUS_DUPLICATE) {
        respond_problem(
            gateway, &asked,
            (struct problem){code_of(reply->status), reply->status, 0},
            reply->field, "%.200s", reply->reason);
        return;
    }
    device_enrolled(gateway, claim->device, claim->key, now);
    enrolment.device = claim->device;
    enrolment.status = reply->status;
    enrolment.sequence = reply->sequence;
    respond_message(gateway, claim->exchange, 200, &enrolment.base,
                    claim->protobuf);
}

bool claims_reply(struct gateway *gateway, const Tocsin__V1__Reply *reply,
                  struct moment now)
{
    for (size_t i = 0; i < CLAIMS_MAX; i++) {
        struct claim *claim = &gateway->claims[i];

        if (!ask_is(&claim->ask, reply->request_id))
            continue;
        if (reply->status == TOCSIN__V1__STATUS__STATUS_BUSY ||
            reply->status == TOCSIN__V1__STATUS__STATUS_UNAVAILABLE) {
            ask_again(&claim->ask, now.monotonic_ms + ask_pause_ms(reply));
            return true;
        }
        conclude(gateway, claim, reply, now);
        end(claim);
        return true;
    }
    return false;
}

void claims_tick(struct gateway *gateway, struct moment now)
{
    for (size_t i = 0; i < CLAIMS_MAX; i++) {
        struct claim *claim = &gateway->claims[i];
        const struct asked asked = {.exchange = claim->exchange,
                                    .protobuf = claim->protobuf};

        if (claim->exchange == 0 || now.monotonic_ms < claim->until_ms)
            continue;
        respond_problem(gateway, &asked, later, "claim",
                        "the centre has not answered; ask again");
        end(claim);
    }
}

bool claims_send(struct gateway *gateway, struct moment now)
{
    for (size_t i = 0; i < CLAIMS_MAX; i++) {
        if (!send_ask(gateway, &gateway->claims[i].ask, now))
            return false;
    }
    return true;
}

void claims_done(struct gateway *gateway)
{
    for (size_t i = 0; i < CLAIMS_MAX; i++)
        ask_end(&gateway->claims[i].ask);
}
