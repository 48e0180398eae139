/* Looks at photographs: what is asked for on a desk is recorded before its
 * first piece goes out. */
#include "broker/core_private.h"

#include "domain/looks.h"

#define BUSY_MS 500

void look_record(struct broker *broker, const struct caller *caller,
                 const struct look_asked *asked, int64_t now_ms)
{
    struct caller waiting = *caller;
    const struct order order = {
        .actor = book_number(broker->book, caller->principal),
        .now_ms = now_ms,
        .arena = &broker->arena};
    Tocsin__V1__Fact *fact;

    if (broker->full) {
        reply_full(broker, caller, now_ms);
        return;
    }
    if (filing_is_under_way(broker, asked->alert->id) ||
        broker->pending_count >= broker->config.journal_queue_max ||
        broker_presence(broker, caller->principal)->under_way >=
            broker->config.peer_requests_max) {
        reply_crowded(broker, caller, BUSY_MS, now_ms);
        return;
    }
    if (!rate_may_give(broker, caller, caller->principal, GIVING_LOOK, now_ms))
        return;
    fact = look_fact(&order, asked->alert, asked->sighting);
    fact->looked->picture = bytes_of(asked->hash, PICTURE_HASH_SIZE);
    waiting.offset = asked->offset;
    (void)broker_append(broker, fact, &waiting, NULL);
}

static Tocsin__V1__LookEntry *make_entry(struct broker *broker,
                                         const struct look *look)
{
    Tocsin__V1__LookEntry *entry =
        arena_message(&broker->arena, &tocsin__v1__look_entry__descriptor);
    const struct principal *gateway =
        book_number(broker->book, look->relayed_by);

    entry->sequence = look->sequence;
    entry->recorded_ms = look->recorded_ms;
    entry->who = case_person(broker, look->who);
    entry->officer = (char *)(uintptr_t)look->officer;
    if (gateway != NULL)
        entry->relayed_by = (char *)(uintptr_t)gateway->id;
    entry->at_ms = look->at_ms;
    entry->sighting = look->sighting;
    entry->thumbnail = look->thumbnail;
    entry->outside = look->outside;
    return entry;
}

void look_list(struct broker *broker, const struct caller *caller,
               const Tocsin__V1__ListLooks *ask, int64_t now_ms)
{
    const struct alert *alert =
        board_alert(broker, caller, ask->alert, VIEW_CASE, now_ms);
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;
    Tocsin__V1__LookList list = TOCSIN__V1__LOOK_LIST__INIT;

    if (alert == NULL)
        return;
    list.looks = arena_take(&broker->arena, LOOKS_KEPT * sizeof *list.looks);
    for (size_t i = alert->look_count; i > 0; i--)
        list.looks[list.n_looks++] = make_entry(broker, &alert->looks[i - 1]);
    list.looks_in_all = alert->looks_ever;
    list.fetches = alert->fetches;
    reply.status = TOCSIN__V1__STATUS__STATUS_OK;
    reply.body_case = TOCSIN__V1__REPLY__BODY_LOOK_LIST;
    reply.look_list = &list;
    reply_send(broker, caller, &reply, now_ms);
}
