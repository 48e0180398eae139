/* What machines say comes by the ten thousand after each alert. It gathers here
 * for as long as the desk has requests at hand, and goes to the journal as one
 * fact for many: encoded, hashed, inserted and applied once. All who wait for
 * it are told that fact's sequence. Before anything else is handed over, what
 * has gathered is: facts keep the order in which they were decided. */
#include "broker/core_private.h"

#include <stdlib.h>
#include <string.h>

#include "wire/check.h"

bool gather_takes(const Tocsin__V1__Fact *fact)
{
    return fact->body_case == TOCSIN__V1__FACT__BODY_ANSWERED &&
           !rung_is_personal(fact->answered->rung);
}

static void begin(struct gathering *gathering, const Tocsin__V1__Fact *fact)
{
    const Tocsin__V1__Answered *answered = fact->answered;

    memset(gathering, 0, sizeof *gathering);
    strncpy(gathering->alert_id, answered->alert_id,
            sizeof gathering->alert_id - 1);
    gathering->revision = answered->revision;
    gathering->pending = must_calloc(1, sizeof *gathering->pending);
    gathering->pending->gathered =
        must_calloc(TOGETHER_MAX, sizeof *gathering->pending->gathered);
}

/* Where answers to this revision gather; begun if need be. */
static struct gathering *place_for(struct broker *broker,
                                   const Tocsin__V1__Fact *fact)
{
    struct gathering *gathering = broker->gatherings;

    for (size_t i = 0; i < broker->gathering_count; i++, gathering++) {
        if (gathering->revision == fact->answered->revision &&
            strcmp(gathering->alert_id, fact->answered->alert_id) == 0 &&
            gathering->count < TOGETHER_MAX)
            return gathering;
    }
    if (broker->gathering_count == GATHERINGS_MAX)
        gather_close(broker, fact->time_ms);
    gathering = &broker->gatherings[broker->gathering_count++];
    begin(gathering, fact);
    return gathering;
}

void gather(struct broker *broker, const Tocsin__V1__Fact *fact,
            const struct caller *caller, const uint8_t identity[IDENTITY_SIZE])
{
    struct gathering *gathering = place_for(broker, fact);
    struct pending *pending = gathering->pending;
    size_t at = gathering->count++;

    gathering->nodes[at] = fact->answered->node;
    gathering->rungs[at] = fact->answered->rung;
    gathering->at_ms[at] = fact->answered->at_ms;
    memcpy(pending->gathered[at], identity, IDENTITY_SIZE);
    pending->count = gathering->count;
    (void)map_put(broker->inflight, identity, IDENTITY_SIZE, pending);
    pending_await(broker, pending, caller);
    broker->pending_count++;
}

/* One alone is written down as it always was. */
static void hand_over_one(struct broker *broker, struct gathering *gathering,
                          int64_t now_ms)
{
    const struct caller *caller = &gathering->pending->waiters->caller;
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__Answered answered = TOCSIN__V1__ANSWERED__INIT;

    answered.alert_id = gathering->alert_id;
    answered.revision = gathering->revision;
    answered.node = gathering->nodes[0];
    answered.rung = gathering->rungs[0];
    answered.at_ms = gathering->at_ms[0];
    fact.time_ms = now_ms;
    fact.principal = book_number(broker->book, answered.node)->id;
    fact.request_id = bytes_of(caller->request_id, caller->id_size);
    fact.body_case = TOCSIN__V1__FACT__BODY_ANSWERED;
    fact.answered = &answered;
    pending_append(broker, gathering->pending, &fact);
}

static void hand_over(struct broker *broker, struct gathering *gathering,
                      int64_t now_ms)
{
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__AnsweredTogether together = TOCSIN__V1__ANSWERED_TOGETHER__INIT;

    together.alert_id = gathering->alert_id;
    together.revision = gathering->revision;
    together.nodes = gathering->nodes;
    together.rungs = gathering->rungs;
    together.at_ms = gathering->at_ms;
    together.n_nodes = together.n_rungs = together.n_at_ms = gathering->count;
    fact.time_ms = now_ms;
    fact.body_case = TOCSIN__V1__FACT__BODY_ANSWERED_TOGETHER;
    fact.answered_together = &together;
    pending_append(broker, gathering->pending, &fact);
}

void gather_close(struct broker *broker, int64_t now_ms)
{
    size_t count = broker->gathering_count;

    broker->gathering_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct gathering *gathering = &broker->gatherings[i];

        if (gathering->count == 1)
            hand_over_one(broker, gathering, now_ms);
        else
            hand_over(broker, gathering, now_ms);
    }
}
