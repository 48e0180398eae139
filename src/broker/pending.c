/* Facts under way: handed to the journal, and not yet durable; then applied,
 * and whoever waits for them is answered. */
#include "broker/core_private.h"

#include <stdlib.h>
#include <string.h>

#include "broker/fact_codec.h"

void pending_free(struct broker *broker, struct pending *pending)
{
    ahead_drop(broker, pending->sequence);
    while (pending->waiters != NULL) {
        struct waiter *next = pending->waiters->next;

        free(pending->waiters);
        pending->waiters = next;
    }
    free(pending->gathered);
    free(pending->fact);
    free(pending);
}

void broker_inflight(struct broker *broker, struct pending *pending,
                     const uint8_t identity[IDENTITY_SIZE],
                     const uint8_t digest[8])
{
    memcpy(pending->identity, identity, IDENTITY_SIZE);
    memcpy(pending->digest, digest, sizeof pending->digest);
    (void)map_put(broker->inflight, identity, IDENTITY_SIZE, pending);
}

void pending_await(struct broker *broker, struct pending *pending,
                   const struct caller *caller)
{
    struct waiter *waiter = must_calloc(1, sizeof *waiter);

    waiter->caller = *caller;
    if (pending->waiters == NULL)
        pending->waiters = waiter;
    else
        pending->last_waiter->next = waiter;
    pending->last_waiter = waiter;
    broker_presence(broker, caller->principal)->under_way++;
}

void pending_append(struct broker *broker, struct pending *pending,
                    const Tocsin__V1__Fact *fact)
{
    struct record record = {0};
    struct mark *marks = NULL;
    uint8_t *body;

    pending->sequence = broker->next_sequence++;
    pending->known = broker->book->head;
    pending->issues = fact->body_case == TOCSIN__V1__FACT__BODY_ALERT_ISSUED;
    pending->widens = fact->body_case == TOCSIN__V1__FACT__BODY_RING_WIDENED;
    pending->fact = encode(&fact->base, &pending->size);
    *broker->last_pending = pending;
    broker->last_pending = &pending->next;
    if (fact_is_personal(fact)) {
        body =
            fact_for_disk(fact, broker->book, broker->vault, &record.body_size);
        REQUIRE(body != NULL);
    } else {
        record.body_size = pending->size;
        body = NULL;
    }
    record.sequence = pending->sequence;
    record.time_ms = fact->time_ms;
    record.patient = pending->gathered != NULL;
    record.principal = fact->principal;
    record.request_id = fact->request_id.data;
    record.request_size = fact->request_id.len;
    record.body = body != NULL ? body : pending->fact;
    if (fact->body_case == TOCSIN__V1__FACT__BODY_ALERT_FILED)
        marks = broker_filing_marks(broker->filing, &record.mark_count);
    if (fact->body_case == TOCSIN__V1__FACT__BODY_FOUND_FILED)
        marks = broker_found_marks(broker->filing_found, &record.mark_count);
    record.marks = marks;
    broker->ports.append(broker->ports.arg, &record);
    free(marks);
    free(body);
    if (pending->issues)
        ahead_seal(broker, pending->sequence, fact);
}

struct pending *broker_append(struct broker *broker,
                              const Tocsin__V1__Fact *fact,
                              const struct caller *caller, char (*locks)[72])
{
    struct pending *pending = must_calloc(1, sizeof *pending);

    gather_close(broker, fact->time_ms);
    pending->count = 1;
    broker->pending_count++;
    if (locks != NULL)
        memcpy(pending->locks, locks, sizeof pending->locks);
    if (caller != NULL)
        pending_await(broker, pending, caller);
    pending_append(broker, pending, fact);
    return pending;
}

/* What it stood for is not under way any more. */
static void forget_inflight(struct broker *broker,
                            const struct pending *pending)
{
    broker->pending_count -= pending->count;
    (void)map_remove(broker->inflight, pending->identity, IDENTITY_SIZE);
    for (size_t i = 0; pending->gathered != NULL && i < pending->count; i++)
        (void)map_remove(broker->inflight, pending->gathered[i], IDENTITY_SIZE);
}

static struct pending *take_first(struct broker *broker)
{
    struct pending *pending = broker->first_pending;

    broker->first_pending = pending->next;
    if (pending->next == NULL)
        broker->last_pending = &broker->first_pending;
    forget_inflight(broker, pending);
    return pending;
}

static void apply_first(struct broker *broker, int64_t now_ms)
{
    struct pending *pending = take_first(broker);
    const Tocsin__V1__Fact *fact;
    struct effect effect;

    arena_reset(&broker->second);
    fact = decode(&broker->second, &tocsin__v1__fact__descriptor, pending->fact,
                  pending->size, NULL);
    REQUIRE(fact != NULL);
    if (fact->body_case == TOCSIN__V1__FACT__BODY_ALERT_FILED)
        filing_release(broker, fact->alert_filed->alert_id, now_ms);
    if (fact->body_case == TOCSIN__V1__FACT__BODY_FOUND_FILED)
        filing_release_found(broker, fact->found_filed->found_id);
    effect = book_apply(broker->book, pending->sequence, fact);
    if (effect.kind == EFFECT_PRINCIPAL) {
        /* a connection of the old key is nobody's any more */
        broker_presence(broker, effect.principal->number)->route.size = 0;
        doubles_forget(broker, effect.principal->number);
    }
    if (effect.kind == EFFECT_ALERT) {
        feed_alert(broker, effect.alert);
        direct_watch(broker, effect.alert, now_ms);
        rings_watch(broker, effect.alert);
    }
    if (effect.kind == EFFECT_CASE &&
        effect.step == TOCSIN__V1__CASE_STEP__CASE_STEP_SEAL)
        purge_seal(broker, effect.alert);
    if (effect.kind == EFFECT_FOUND && found_is_sealed(effect.found))
        purge_seal_found(broker, effect.found);
    if (effect.testimony != NULL)
        word_push(broker, effect.alert, effect.testimony, now_ms);
    follow_note(broker, pending->sequence, fact, &effect);
    command_done(broker, pending, fact, &effect, now_ms);
    if (effect.kind == EFFECT_ALERT || effect.kind == EFFECT_FOUND ||
        effect.kind == EFFECT_CASE)
        likely_look(broker, pending->sequence, fact, &effect);
    command_unlock(broker, pending, now_ms);
    pending_free(broker, pending);
}

void broker_hand_over(struct broker *broker, struct moment now)
{
    broker->monotonic_ms = now.monotonic_ms;
    gather_close(broker, now.wall_ms);
}

void broker_durable(struct broker *broker, uint64_t sequence, struct moment now)
{
    broker->monotonic_ms = now.monotonic_ms;
    while (broker->first_pending != NULL &&
           broker->first_pending->sequence <= sequence)
        apply_first(broker, now.wall_ms);
    follow_wake(broker, now.wall_ms);
}

static void undo(struct broker *broker, struct pending *pending, int64_t now_ms)
{
    command_undone(broker, pending, now_ms);
    command_unlock(broker, pending, now_ms);
    pending_free(broker, pending);
}

void broker_full(struct broker *broker, int64_t now_ms)
{
    broker->full = true;
    broker->filing = NULL;
    broker->filing_found = NULL;
    while (broker->first_pending != NULL)
        undo(broker, take_first(broker), now_ms);
    while (broker->gathering_count > 0) {
        struct pending *pending =
            broker->gatherings[--broker->gathering_count].pending;

        forget_inflight(broker, pending);
        undo(broker, pending, now_ms);
    }
    broker->next_sequence = broker->book->head + 1;
    broker->next_serial = broker->book->serial + 1;
    upload_full(broker, now_ms);
}

void broker_roomy(struct broker *broker)
{
    broker->full = false;
    broker->keys_to_end = true;
}

void broker_stop(struct broker *broker)
{
    broker->stopping = true;
}

size_t broker_under_way(const struct broker *broker)
{
    return broker->pending_count;
}
