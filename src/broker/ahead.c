/* A revision's messages are sealed while the journal syncs its fact: all that
 * they need is in the fact, but for what its topics had last and the generation
 * of the keys. These are foreseen, looked at again once the fact is applied,
 * and what came out otherwise is sealed anew. Nothing leaves before that. */
#include "broker/core_private.h"

#include <stdlib.h>

/* As rings_notice makes it of the alert later. */
static Tocsin__V1__RingNotice *ring_of(struct arena *arena,
                                       const Tocsin__V1__AlertIssued *issued)
{
    Tocsin__V1__RingNotice *ring;

    if (issued->ring == NULL || issued->ring->steps == 0 || issued->withdrawal)
        return NULL;
    ring = arena_message(arena, &tocsin__v1__ring_notice__descriptor);
    ring->step = issued->ring->step;
    ring->reached_ms = issued->ring->reached_ms;
    return ring;
}

static Tocsin__V1__Notice *notice_of(struct broker *broker, uint64_t sequence,
                                     const Tocsin__V1__Fact *fact)
{
    const Tocsin__V1__AlertIssued *issued = fact->alert_issued;
    Tocsin__V1__Notice *notice =
        arena_message(&broker->arena, &tocsin__v1__notice__descriptor);

    notice->sequence = sequence;
    notice->recorded_ms = fact->time_ms;
    notice->case_number = issued->case_number;
    notice->n_prefixes = 1;
    notice->prefixes = arena_take(&broker->arena, sizeof *notice->prefixes);
    notice->document =
        decode(&broker->arena, &tocsin__v1__signed_alert__descriptor,
               issued->document.data, issued->document.len, NULL);
    REQUIRE(notice->document != NULL);
    notice->ring = ring_of(&broker->arena, issued);
    return notice;
}

static void seal_one(struct broker *broker, bool exercise,
                     const Tocsin__V1__FeedPayload *payload,
                     struct sealed_message *message)
{
    struct feed_header header = {.epoch = broker->book->epoch,
                                 .sequence = broker->ahead.sequence,
                                 .generation = broker->ahead.generation};
    const struct topic_state *state;
    char topic[TOPIC_MAX];

    topic_make(topic, exercise, payload->notice->prefixes[0]);
    state = book_topic(broker->book, topic);
    message->previous = header.previous = state != NULL ? state->last : 0;
    message->bytes =
        feed_seal_payload(broker, topic, &header, payload, &message->size);
}

void ahead_seal(struct broker *broker, uint64_t sequence,
                const Tocsin__V1__Fact *fact)
{
    const Tocsin__V1__AlertIssued *issued = fact->alert_issued;
    Tocsin__V1__FeedPayload payload = TOCSIN__V1__FEED_PAYLOAD__INIT;
    struct ahead *ahead = &broker->ahead;
    size_t used = broker->arena.used;

    if (ahead->sequence != 0)
        return;
    ahead->sequence = sequence;
    ahead->generation = broker->book->generation;
    ahead->count = issued->n_prefixes;
    ahead->messages = must_calloc(ahead->count + 1, sizeof *ahead->messages);
    payload.kind_case = TOCSIN__V1__FEED_PAYLOAD__KIND_NOTICE;
    payload.notice = notice_of(broker, sequence, fact);
    for (size_t i = 0; i < ahead->count; i++) {
        payload.notice->prefixes[0] = issued->prefixes[i];
        seal_one(broker, issued->exercise, &payload, &ahead->messages[i]);
    }
    broker->arena.used = used;
}

const struct sealed_message *ahead_message(const struct broker *broker,
                                           const struct alert *alert,
                                           size_t number)
{
    const struct ahead *ahead = &broker->ahead;
    const struct sealed_message *message;

    if (ahead->sequence != alert->sequence ||
        ahead->generation != broker->book->generation)
        return NULL;
    message = &ahead->messages[number];
    return message->bytes != NULL &&
                   message->previous == alert->previous[number]
               ? message
               : NULL;
}

void ahead_drop(struct broker *broker, uint64_t sequence)
{
    struct ahead *ahead = &broker->ahead;

    if (ahead->sequence != sequence)
        return;
    for (size_t i = 0; i < ahead->count; i++)
        free(ahead->messages[i].bytes);
    free(ahead->messages);
    *ahead = (struct ahead){0};
}
