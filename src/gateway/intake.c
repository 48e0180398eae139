/* Answers from handhelds: looked at, put into the spool, and acknowledged when
 * they are durable there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/core.h"
#include "wire/document.h"

#define FATES_PER_PAGE 100
#define BURST_S 5

static const struct problem invalid = {400, TOCSIN__V1__STATUS__STATUS_INVALID,
                                       0};
static const struct problem denied = {403, TOCSIN__V1__STATUS__STATUS_DENIED,
                                      0};

/* ---- what became of one --------------------------------------------------
 */

Tocsin__V1__AnswerFate *fate_message(struct arena *arena,
                                     const struct fate *fate)
{
    Tocsin__V1__AnswerFate *out = arena->allocator.alloc(arena, sizeof *out);

    REQUIRE(out != NULL);
    tocsin__v1__answer_fate__init(out);
    out->answer_id = (ProtobufCBinaryData){
        sizeof fate->answer_id, (uint8_t *)(uintptr_t)fate->answer_id};
    out->device = (char *)(uintptr_t)fate->device;
    out->alert_id = (char *)(uintptr_t)fate->alert_id;
    out->revision = fate->revision;
    out->rung = fate->rung;
    out->state = fate->state;
    out->taken_ms = fate->taken_ms;
    out->settled_ms = fate->settled_ms;
    out->sequence = fate->sequence;
    out->status = fate->status;
    out->field = (char *)(uintptr_t)fate->field;
    out->reason = (char *)(uintptr_t)fate->reason;
    out->picture = fate->picture.state;
    if (fate->picture.state ==
        TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_EXPECTED)
        out->picture_have = fate->picture.have;
    out->picture_sequence = fate->picture.sequence;
    out->picture_status = fate->picture.status;
    out->picture_reason = (char *)(uintptr_t)fate->picture.reason;
    return out;
}

void respond_fate(struct gateway *gateway, uint64_t exchange,
                  const struct fate *fate, bool protobuf)
{
    bool waits =
        fate->state == TOCSIN__V1__FATE_STATE__FATE_STATE_WAITING ||
        fate->picture.state == TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_WAITING;
    int code = waits ? 202 : 200;

    arena_reset(&gateway->inner);
    respond_message(gateway, exchange, code,
                    fate->kind == FATE_FOUND
                        ? &found_message(&gateway->inner, fate)->base
                        : &fate_message(&gateway->inner, fate)->base,
                    protobuf);
}

/* ---- taking one in -------------------------------------------------------
 */

static bool has_rate(struct gateway *gateway, struct device *device,
                     int64_t now_ms)
{
    int64_t rate = gateway->limits.device_rate;

    device->tokens += (now_ms - device->rate_ms) * rate;
    device->rate_ms = now_ms;
    if (device->tokens > rate * BURST_S * 1000)
        device->tokens = rate * BURST_S * 1000;
    if (device->tokens < 1000)
        return false;
    device->tokens -= 1000;
    return true;
}

static bool has_room(struct gateway *gateway, const struct asked *asked,
                     struct device *device, struct moment now)
{
    struct problem busy = {429, TOCSIN__V1__STATUS__STATUS_BUSY, 1000};

    if (!has_rate(gateway, device, now.monotonic_ms)) {
        respond_problem(gateway, asked, busy, "device",
                        "gives more than %u answers a second",
                        gateway->limits.device_rate);
        return false;
    }
    busy.retry_after_ms = 30000;
    if (device->waiting + device->arriving >= gateway->limits.device_waiting) {
        respond_problem(gateway, asked, busy, "device",
                        "has %zu answers waiting here", device->waiting);
        return false;
    }
    if (gateway->waiting + gateway->arrival_count >= gateway->limits.waiting) {
        busy.code = 507;
        respond_problem(gateway, asked, busy, "answers",
                        "the spool is full: %zu wait", gateway->waiting);
        return false;
    }
    return true;
}

static const Tocsin__V1__Answer *
open_answer(struct gateway *gateway, const struct asked *asked,
            const Tocsin__V1__SignedAnswer *sealed)
{
    const Tocsin__V1__Answer *answer;
    struct complaint complaint = {0};

    if (answer_open(&answer, &gateway->inner, sealed, &complaint) !=
        STATUS_OK) {
        respond_problem(gateway, asked, invalid, complaint.field, "%s",
                        complaint.reason);
        return NULL;
    }
    if (!rung_is_personal(answer->rung)) {
        respond_problem(gateway, asked, invalid, "answer.rung",
                        "is not a person's");
        return NULL;
    }
    return answer;
}

struct arrival *arrival_add(struct gateway *gateway, const struct asked *asked,
                            const struct fate *fate)
{
    struct arrival *arrival;

    if (gateway->arrival_count == ARRIVALS_MAX) {
        respond_problem(
            gateway, asked,
            (struct problem){503, TOCSIN__V1__STATUS__STATUS_BUSY, 1000},
            "answers", "too many at once");
        return NULL;
    }
    arrival = &gateway->arrivals[gateway->arrival_count++];

    memset(arrival, 0, sizeof *arrival);
    arrival->exchange = asked->exchange;
    arrival->protobuf = asked->protobuf;
    arrival->fate = *fate;
    return arrival;
}

/* The same again: the same receipt, once what it says is durable. */
static bool is_repeated(struct gateway *gateway, const struct asked *asked,
                        const struct letter *letter)
{
    struct fate fate;

    if (!gateway->spool.find(gateway->spool.arg, letter->device->id,
                             letter->fate.answer_id, &fate))
        return answered_unread(gateway, asked);
    if (memcmp(fate.digest, letter->fate.digest, sizeof fate.digest) != 0) {
        respond_problem(
            gateway, asked,
            (struct problem){409, TOCSIN__V1__STATUS__STATUS_CONFLICT, 0},
            letter->id, "was used for another one");
        return true;
    }
    gateway->tallies.repeated++;
    upload_tell(gateway, &fate);
    (void)arrival_add(gateway, asked, &fate);
    return true;
}

void letter_take(struct gateway *gateway, const struct asked *asked,
                 struct letter *letter, struct moment now)
{
    struct device *device = letter->device;
    struct fate *fate = &letter->fate;

    if (gateway->arrival_count == ARRIVALS_MAX) {
        respond_problem(
            gateway, asked,
            (struct problem){503, TOCSIN__V1__STATUS__STATUS_BUSY, 1000},
            "answers", "too many at once");
        return;
    }
    hash_bytes(fate->digest, letter->sealed->content.data,
               letter->sealed->content.len);
    if (is_repeated(gateway, asked, letter) ||
        !has_room(gateway, asked, device, now))
        return;
    memcpy(fate->device, device->id, sizeof fate->device);
    fate->state = TOCSIN__V1__FATE_STATE__FATE_STATE_WAITING;
    fate->taken_ms = today_ms(gateway, now);
    gateway->spool.put(gateway->spool.arg, fate, letter->sealed);
    arrival_add(gateway, asked, fate)->device = device;
    device->arriving++;
    device->seen_ms = now.monotonic_ms;
}

static void fill_fate(struct fate *fate, const Tocsin__V1__Answer *answer)
{
    fate->revision = answer->revision;
    fate->rung = answer->rung;
    memcpy(fate->answer_id, answer->answer_id.data, sizeof fate->answer_id);
    snprintf(fate->alert_id, sizeof fate->alert_id, "%s", answer->alert_id);
    if (answer->picture == NULL)
        return;
    fate->picture.state = TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_EXPECTED;
    memcpy(fate->picture.hash, answer->picture->hash.data,
           sizeof fate->picture.hash);
    fate->picture.size = answer->picture->size;
}

void take_answer(struct gateway *gateway, const struct asked *asked,
                 struct moment now)
{
    struct letter letter = {
        .sealed =
            body_of(gateway, asked, &tocsin__v1__signed_answer__descriptor),
        .id = "answer.answer_id"};
    const Tocsin__V1__Answer *answer;

    if (letter.sealed == NULL)
        return;
    answer = open_answer(gateway, asked, letter.sealed);
    if (answer == NULL)
        return;
    letter.device = device_admit(gateway, asked, answer->node, now);
    if (letter.device == NULL)
        return;
    if (!answer_verify(letter.sealed, letter.device->key)) {
        respond_problem(gateway, asked, denied, "answer.signature",
                        "does not verify");
        return;
    }
    fill_fate(&letter.fate, answer);
    letter_take(gateway, asked, &letter, now);
}

/* ---- after the commit ----------------------------------------------------
 */

static void respond_full(struct gateway *gateway, const struct arrival *arrival)
{
    const struct asked asked = {.exchange = arrival->exchange,
                                .protobuf = arrival->protobuf};

    respond_problem(
        gateway, &asked,
        (struct problem){507, TOCSIN__V1__STATUS__STATUS_UNAVAILABLE, 30000},
        "answers", "the disk is full; nothing of it was kept");
}

void arrivals_end(struct gateway *gateway, enum status status)
{
    bool pictured = false;

    for (size_t i = 0; i < gateway->arrival_count; i++) {
        const struct arrival *arrival = &gateway->arrivals[i];

        if (arrival->device != NULL && !arrival->picture)
            arrival->device->arriving--;
        if (status != STATUS_OK) {
            respond_full(gateway, arrival);
            continue;
        }
        if (arrival->picture) {
            gateway->tallies.pictures_taken++;
            pictured = true;
        } else if (arrival->device != NULL) {
            if (!device_is_shut(arrival->device)) /* meanwhile */
                relay_add(gateway, arrival->device, &arrival->fate);
            gateway->tallies.taken++;
        }
        respond_fate(gateway, arrival->exchange, &arrival->fate,
                     arrival->protobuf);
    }
    gateway->arrival_count = 0;
    if (pictured)
        freight_load(gateway);
}

/* ---- asking after them ---------------------------------------------------
 */

struct page {
    struct gateway *gateway;
    Tocsin__V1__AnswerFates fates;
    struct fate kept[FATES_PER_PAGE];
};

static bool list_one(void *to, const struct fate *fate)
{
    struct page *page = to;
    size_t at = page->fates.n_fates;

    page->fates.more = at == FATES_PER_PAGE;
    if (page->fates.more)
        return false;
    page->kept[at] = *fate;
    page->fates.fates[at] =
        fate_message(&page->gateway->inner, &page->kept[at]);
    page->fates.n_fates++;
    page->fates.next = (uint64_t)fate->row;
    return true;
}

int64_t after_of(const struct asked *asked)
{
    const char *after = strstr(asked->request->query, "after=");

    return after != NULL ? strtoll(after + strlen("after="), NULL, 10) : 0;
}

void take_fates(struct gateway *gateway, const struct asked *asked,
                struct moment now)
{
    const struct fate_query query = {.device = asked->device->id,
                                     .after = after_of(asked)};
    Tocsin__V1__AnswerFate *list[FATES_PER_PAGE];
    struct page *page = must_calloc(1, sizeof *page);

    (void)now;
    arena_reset(&gateway->inner);
    page->gateway = gateway;
    tocsin__v1__answer_fates__init(&page->fates);
    page->fates.fates = list;
    gateway->spool.each_fate(gateway->spool.arg, &query, list_one, page);
    if (!answered_unread(gateway, asked))
        respond_message(gateway, asked->exchange, 200, &page->fates.base,
                        asked->protobuf);
    free(page);
}

bool answer_id_of(struct gateway *gateway, const struct asked *asked,
                  uint8_t out[16])
{
    if (hex_decode(out, 16, asked->rest))
        return true;
    respond_problem(gateway, asked, invalid, "answerId",
                    "is not 32 hexadecimal digits");
    return false;
}

void take_fate(struct gateway *gateway, const struct asked *asked,
               struct moment now)
{
    struct fate fate;
    uint8_t answer_id[16];

    (void)now;
    if (!answer_id_of(gateway, asked, answer_id))
        return;
    if (gateway->spool.find(gateway->spool.arg, asked->device->id, answer_id,
                            &fate)) {
        upload_tell(gateway, &fate);
        respond_fate(gateway, asked->exchange, &fate, asked->protobuf);
    } else if (!answered_unread(gateway, asked)) {
        respond_problem(
            gateway, asked,
            (struct problem){404, TOCSIN__V1__STATUS__STATUS_NOT_FOUND, 0},
            "answerId", "no such answer of this handheld is known here");
    }
}

/* The handheld knows what became of it. */
void take_known(struct gateway *gateway, const struct asked *asked,
                struct moment now)
{
    struct gateway_response done = {.code = 204};
    struct fate fate;
    uint8_t answer_id[16];
    bool found;

    (void)now;
    if (!answer_id_of(gateway, asked, answer_id))
        return;
    found = gateway->spool.find(gateway->spool.arg, asked->device->id,
                                answer_id, &fate);
    if (!found && answered_unread(gateway, asked))
        return;
    if (found && (fate.state == TOCSIN__V1__FATE_STATE__FATE_STATE_WAITING ||
                  fate.picture.state ==
                      TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_WAITING)) {
        respond_problem(
            gateway, asked,
            (struct problem){409, TOCSIN__V1__STATUS__STATUS_CONFLICT, 0},
            "answerId", "it, or its picture, is waiting still");
        return;
    }
    gateway->spool.forget(gateway->spool.arg, asked->device->id, answer_id);
    respond(gateway, asked->exchange, &done);
}
