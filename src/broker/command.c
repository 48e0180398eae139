/* Commands: one at a time per case, principal and key; decided, recorded,
 * answered when durable. Acknowledgements never wait. */
#include "broker/core_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/document.h"

#define SPARE_KEYS_LOW 48
#define SPARES_FOR_REPORTS 16

/* The same command or answer is under way: both get the answer. */
static bool joins(struct broker *broker, const struct caller *caller,
                  const uint8_t identity[IDENTITY_SIZE],
                  const struct order *order)
{
    struct pending *pending =
        map_get(broker->inflight, identity, IDENTITY_SIZE);

    if (pending == NULL)
        return false;
    if (memcmp(pending->digest, order->request_digest,
               sizeof pending->digest) != 0) {
        struct complaint complaint;

        complain(&complaint, "request_id", "is under way for another request");
        reply_refused(broker, caller, TOCSIN__V1__STATUS__STATUS_CONFLICT,
                      &complaint, order->now_ms);
        return true;
    }
    pending_await(broker, pending, caller);
    return true;
}

/* ---- answers to commands ------------------------------------------------- */

/* What Report, Revise and Withdraw tell their centre. */
static void fill_filed(struct broker *broker, Tocsin__V1__Filed *filed,
                       const struct alert *alert, const struct seen *seen)
{
    tocsin__v1__filed__init(filed);
    filed->alert_id = (char *)(uintptr_t)alert->id;
    filed->case_number = (char *)(uintptr_t)alert->case_number;
    filed->revision = seen != NULL ? seen->revision : alert->revision;
    filed->nodes = seen != NULL ? seen->nodes : alert->nodes;
    unknown_fill(broker, alert, filed);
}

static void reply_duplicate(struct broker *broker, const struct caller *caller,
                            const struct verdict *verdict, int64_t now_ms)
{
    const struct seen *seen = book_seen(broker->book, verdict->identity);
    Tocsin__V1__SampleCheck check = TOCSIN__V1__SAMPLE_CHECK__INIT;
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;
    Tocsin__V1__Filed filed;

    reply.status = verdict->status;
    reply.sequence = verdict->sequence;
    if (seen != NULL && seen->alert != NULL) {
        fill_filed(broker, &filed, seen->alert, seen);
        reply.body_case = TOCSIN__V1__REPLY__BODY_FILED;
        reply.filed = &filed;
    } else if (seen != NULL && seen->revision == 0 && seen->nodes != 0) {
        check.answer = (Tocsin__V1__SampleAnswer)seen->nodes;
        reply.body_case = TOCSIN__V1__REPLY__BODY_SAMPLE_CHECK;
        reply.sample_check = &check;
    }
    reply_send(broker, caller, &reply, now_ms);
}

void command_done(struct broker *broker, struct pending *pending,
                  const Tocsin__V1__Fact *fact, const struct effect *effect,
                  int64_t now_ms)
{
    Tocsin__V1__Status status = TOCSIN__V1__STATUS__STATUS_RECORDED;
    Tocsin__V1__PictureReceipt receipt = TOCSIN__V1__PICTURE_RECEIPT__INIT;
    Tocsin__V1__SampleCheck check = TOCSIN__V1__SAMPLE_CHECK__INIT;
    Tocsin__V1__Filed filed;

    say_done(broker, pending->sequence, fact, effect);
    for (struct waiter *waiter = pending->waiters; waiter != NULL;
         waiter = waiter->next) {
        Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;

        reply.status = status;
        reply.sequence = pending->sequence;
        if (effect->kind == EFFECT_ALERT) {
            arena_reset(&broker->arena);
            fill_filed(broker, &filed, effect->alert, NULL);
            reply.body_case = TOCSIN__V1__REPLY__BODY_FILED;
            reply.filed = &filed;
        } else if (effect->kind == EFFECT_CASE) {
            arena_reset(&broker->arena);
            reply.body_case = TOCSIN__V1__REPLY__BODY_CASE_FILE;
            reply.case_file = case_make(broker, effect->alert);
        } else if (effect->kind == EFFECT_PICTURED) {
            receipt.have = alert_testimony(effect->alert,
                                           fact->sighting_pictured->sighting)
                               ->picture_size;
            reply.body_case = TOCSIN__V1__REPLY__BODY_PICTURE_RECEIPT;
            reply.picture_receipt = &receipt;
        } else if (effect->kind == EFFECT_CHECKED) {
            check.answer = effect->answer;
            reply.body_case = TOCSIN__V1__REPLY__BODY_SAMPLE_CHECK;
            reply.sample_check = &check;
        }
        broker_presence(broker, waiter->caller.principal)->under_way--;
        if (effect->kind == EFFECT_LOOKED && fact->request_id.len == 0)
            picture_looked(broker, &waiter->caller, fact->looked, now_ms);
        else
            reply_send(broker, &waiter->caller, &reply, now_ms);
    }
}

void command_undone(struct broker *broker, const struct pending *pending,
                    int64_t now_ms)
{
    for (const struct waiter *waiter = pending->waiters; waiter != NULL;
         waiter = waiter->next) {
        broker_presence(broker, waiter->caller.principal)->under_way--;
        reply_full(broker, &waiter->caller, now_ms);
    }
}

/* ---- the way in ---------------------------------------------------------- */

static void digest_body(const Tocsin__V1__Request *request, struct arena *arena,
                        uint8_t out[8])
{
    Tocsin__V1__Request bare = *request;
    uint8_t hash[32];
    uint8_t *bytes;

    bare.request_id.len = 0;
    bytes = arena_take(arena, protobuf_c_message_get_packed_size(&bare.base));
    hash_bytes(hash, bytes, protobuf_c_message_pack(&bare.base, bytes));
    memcpy(out, hash, 8);
}

/* Asked for as long as they are few: the keyring makes no more at once for
 * being asked again, and keys may be gone before anyone has looked. */
void command_want_keys(struct broker *broker)
{
    if (vault_spares(broker->vault) < SPARE_KEYS_LOW && !broker->full)
        broker->ports.want_keys(broker->ports.arg);
}

/* A case key for a report: the one that its picture was put with, or a spare.
 * Fails with a complaint, or BUSY when there is none. */
static Tocsin__V1__Status prepare_key(struct broker *broker,
                                      Tocsin__V1__Fact *fact,
                                      uint8_t key_id[KEY_ID_SIZE],
                                      struct complaint *complaint)
{
    Tocsin__V1__AlertIssued *issued = fact->alert_issued;
    const struct alert *known = book_alert(broker->book, issued->alert_id);
    uint8_t picture[KEY_ID_SIZE];

    /* a picture that was lost with its alert stays lost until it is put again
     */
    if (issued->handed_back_by[0] != '\0' && issued->picture.len > 0 &&
        !picture_key(broker, issued->alert_id, &issued->picture, picture))
        issued->picture.len = 0;
    if (issued->picture.len > 0) {
        if (!picture_key(broker, issued->alert_id, &issued->picture, picture)) {
            complain(complaint, "alert.picture", "was not put before");
            return TOCSIN__V1__STATUS__STATUS_INVALID;
        }
        if (known == NULL)
            memcpy(key_id, picture, KEY_ID_SIZE);
        return TOCSIN__V1__STATUS__STATUS_OK;
    }
    if (known == NULL) {
        bool taken = vault_take(broker->vault, key_id);

        command_want_keys(broker);
        return taken ? TOCSIN__V1__STATUS__STATUS_OK
                     : TOCSIN__V1__STATUS__STATUS_BUSY;
    }
    return TOCSIN__V1__STATUS__STATUS_OK;
}

/* Of a found child: a spare, but not the last ones, which are for reports. */
static bool prepare_found(struct broker *broker, const struct caller *caller,
                          const Tocsin__V1__FoundRegistered *registered,
                          struct order *order)
{
    bool fresh = book_found(broker->book, registered->found_id) == NULL;

    if (likely_rests(broker) ||
        (fresh && vault_spares(broker->vault) <= SPARES_FOR_REPORTS)) {
        command_want_keys(broker);
        reply_crowded(broker, caller, RETRY_FULL_MS, order->now_ms);
        return false;
    }
    if (!rate_may_give(broker, caller, registered->by, GIVING_FOUND,
                       order->now_ms))
        return false;
    if (fresh)
        REQUIRE(vault_take(broker->vault, order->key_id));
    command_want_keys(broker);
    return true;
}

/* Told of by the giver's own signature: who brings it cannot use up what
 * another one may give. Whose look it is a gateway says. */
static bool may_be_given(struct broker *broker, const struct caller *caller,
                         const Tocsin__V1__Fact *fact, int64_t now_ms)
{
    switch (fact->body_case) {
    case TOCSIN__V1__FACT__BODY_ANSWERED:
        return !rung_is_personal(fact->answered->rung) ||
               rate_may_give(broker, caller, fact->answered->node,
                             rung_is_urgent(fact->answered->rung)
                                 ? GIVING_URGENT
                                 : GIVING_CALM,
                             now_ms);
    case TOCSIN__V1__FACT__BODY_LOOKED:
        return rate_may_give(broker, caller, fact->looked->who, GIVING_LOOK,
                             now_ms);
    default:
        return true;
    }
}

/* Everything that can still refuse has had its say when this returns true. */
static bool prepare(struct broker *broker, const struct caller *caller,
                    struct verdict *verdict, struct order *order)
{
    Tocsin__V1__Fact *fact = verdict->fact;
    Tocsin__V1__Status status;

    if (fact->body_case == TOCSIN__V1__FACT__BODY_FOUND_REGISTERED)
        return prepare_found(broker, caller, fact->found_registered, order);
    if (fact->body_case != TOCSIN__V1__FACT__BODY_ALERT_ISSUED)
        return may_be_given(broker, caller, fact, order->now_ms);
    status = prepare_key(broker, fact, order->key_id, &verdict->complaint);
    if (status == TOCSIN__V1__STATUS__STATUS_OK)
        return true;
    if (status == TOCSIN__V1__STATUS__STATUS_BUSY)
        reply_crowded(broker, caller, RETRY_FULL_MS, order->now_ms);
    else
        reply_refused(broker, caller, status, &verdict->complaint,
                      order->now_ms);
    return false;
}

/* A registration is the same when its content is, whichever request brought it.
 */
static void digest_found(const Tocsin__V1__Fact *fact, struct order *order)
{
    if (fact->body_case == TOCSIN__V1__FACT__BODY_FOUND_REGISTERED)
        memcpy(order->request_digest,
               fact->found_registered->document_digest.data,
               sizeof order->request_digest);
}

/* An answer is the same when the answer is, whichever request brought it. Of a
 * machine's only the identity counts: a clock that moved on does not make it
 * another one. */
static void digest_answer(const Tocsin__V1__Fact *fact, struct order *order)
{
    if (fact->body_case != TOCSIN__V1__FACT__BODY_ANSWERED)
        return;
    memset(order->request_digest, 0, sizeof order->request_digest);
    if (fact->answered->document_digest.len == sizeof order->request_digest)
        memcpy(order->request_digest, fact->answered->document_digest.data,
               sizeof order->request_digest);
}

/* Taken while its key was the node's, or before its case was sealed, and not
 * durable yet: who gives it again since waits for it as well. */
static bool is_on_its_way(struct broker *broker, const struct caller *caller,
                          const struct verdict *verdict,
                          const struct order *order)
{
    struct pending *pending =
        map_get(broker->inflight, verdict->identity, IDENTITY_SIZE);
    ProtobufCBinaryData content;
    uint8_t digest[32];

    if (order->request->body_case != TOCSIN__V1__REQUEST__BODY_ACKNOWLEDGE ||
        pending == NULL)
        return false;
    content = order->request->acknowledge->answer->content;
    hash_bytes(digest, content.data, content.len);
    if (memcmp(pending->digest, digest, sizeof pending->digest) != 0)
        return false;
    pending_await(broker, pending, caller);
    return true;
}

static void act(struct broker *broker, const struct caller *caller,
                struct verdict *verdict, struct order *order,
                char locks[LOCKS_PER_COMMAND][72])
{
    struct pending *pending;

    switch (verdict->status) {
    case TOCSIN__V1__STATUS__STATUS_RECORDED:
        digest_answer(verdict->fact, order);
        digest_found(verdict->fact, order);
        if (broker->full) {
            reply_full(broker, caller, order->now_ms);
            return;
        }
        if (joins(broker, caller, verdict->identity, order) ||
            !prepare(broker, caller, verdict, order))
            return;
        if (verdict->uses_serial)
            broker->next_serial++;
        if (gather_takes(verdict->fact)) {
            gather(broker, verdict->fact, caller, verdict->identity);
            return;
        }
        command_lock(broker, locks);
        pending = broker_append(broker, verdict->fact, caller, locks);
        broker_inflight(broker, pending, verdict->identity,
                        order->request_digest);
        return;
    case TOCSIN__V1__STATUS__STATUS_DUPLICATE:
        reply_duplicate(broker, caller, verdict, order->now_ms);
        return;
    case TOCSIN__V1__STATUS__STATUS_OK:
        reply_status(broker, caller, verdict->status, order->now_ms);
        return;
    default:
        if (!is_on_its_way(broker, caller, verdict, order))
            reply_refused(broker, caller, verdict->status, &verdict->complaint,
                          order->now_ms);
        return;
    }
}

void command_take(struct broker *broker, const struct caller *caller,
                  const Tocsin__V1__Request *request, const uint8_t *bytes,
                  size_t size, int64_t now_ms)
{
    char locks[LOCKS_PER_COMMAND][72] = {{0}};
    struct order order = {.request = request,
                          .now_ms = now_ms,
                          .clock_doubted = !broker_believes_its_clock(broker)};
    struct verdict verdict;

    if (broker->pending_count >= broker->config.journal_queue_max ||
        broker_presence(broker, caller->principal)->under_way >=
            broker->config.peer_requests_max) {
        reply_crowded(broker, caller, RETRY_FULL_MS, now_ms);
        return;
    }
    if (request->body_case != TOCSIN__V1__REQUEST__BODY_ACKNOWLEDGE) {
        uint8_t identity[IDENTITY_SIZE];

        digest_body(request, &broker->arena, order.request_digest);
        identity_of_command(identity, caller->principal,
                            request->request_id.data, REQUEST_ID_SIZE);
        if (joins(broker, caller, identity, &order))
            return;
        command_lock_names(broker, request, locks);
        if (command_must_wait(broker, caller, locks, bytes, size, now_ms) ||
            untimely_command(broker, caller, locks[0], identity, &order))
            return;
    }
    order.actor = broker_caller(broker, caller);
    order.arena = &broker->arena;
    order.serial = broker->next_serial;
    decide(&verdict, broker->book, &order);
    if (untimely_verdict(broker, caller, &verdict, &order))
        return;
    trust_hear(broker, caller, &verdict, now_ms);
    say_certified(broker, caller, &verdict, now_ms);
    act(broker, caller, &verdict, &order, locks);
}
