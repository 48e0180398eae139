/* Following what happens: a ring of the latest events, and those who wait for
 * the next one. */
#include "broker/core_private.h"

#include <stdlib.h>
#include <string.h>

#include "domain/case_lead.h"

#define FOLLOWERS_MAX 256
#define FOLLOWERS_OF_ONE 32 /* nobody takes all the places */
#define WAIT_MAX_MS 20000
#define EVENTS_PER_REPLY 100
#define WAKE_EVERY_MS 50

static Tocsin__V1__EventKind kind_of(const Tocsin__V1__Fact *fact)
{
    switch (fact->body_case) {
    case TOCSIN__V1__FACT__BODY_ENROLLED:
        return TOCSIN__V1__EVENT_KIND__EVENT_KIND_ENROLLED;
    case TOCSIN__V1__FACT__BODY_REVOKED:
        return TOCSIN__V1__EVENT_KIND__EVENT_KIND_REVOKED;
    case TOCSIN__V1__FACT__BODY_ALERT_ISSUED:
        if (fact->alert_issued->withdrawal)
            return TOCSIN__V1__EVENT_KIND__EVENT_KIND_WITHDRAWN;
        return fact->alert_issued->revision == 1
                   ? TOCSIN__V1__EVENT_KIND__EVENT_KIND_REPORTED
                   : TOCSIN__V1__EVENT_KIND__EVENT_KIND_REVISED;
    case TOCSIN__V1__FACT__BODY_ALERT_EXPIRED:
        return TOCSIN__V1__EVENT_KIND__EVENT_KIND_EXPIRED;
    case TOCSIN__V1__FACT__BODY_ANSWERED:
    case TOCSIN__V1__FACT__BODY_ANSWERED_TOGETHER:
        return TOCSIN__V1__EVENT_KIND__EVENT_KIND_ANSWERED;
    case TOCSIN__V1__FACT__BODY_RING_WIDENED:
        return TOCSIN__V1__EVENT_KIND__EVENT_KIND_WIDENED;
    case TOCSIN__V1__FACT__BODY_PURGED:
        return TOCSIN__V1__EVENT_KIND__EVENT_KIND_PURGED;
    case TOCSIN__V1__FACT__BODY_SIGHTING_PICTURED:
        return TOCSIN__V1__EVENT_KIND__EVENT_KIND_PICTURED;
    case TOCSIN__V1__FACT__BODY_FELL_SILENT:
        return TOCSIN__V1__EVENT_KIND__EVENT_KIND_SILENT;
    case TOCSIN__V1__FACT__BODY_FOUND_REGISTERED:
    case TOCSIN__V1__FACT__BODY_FOUND_RESOLVED:
    case TOCSIN__V1__FACT__BODY_FOUND_FORGOTTEN:
        return TOCSIN__V1__EVENT_KIND__EVENT_KIND_FOUND;
    case TOCSIN__V1__FACT__BODY_CASE_FORGOTTEN:
    case TOCSIN__V1__FACT__BODY_CASE_CHANGED:
        return TOCSIN__V1__EVENT_KIND__EVENT_KIND_ORDERED;
    case TOCSIN__V1__FACT__BODY_LAB_REPORTED:
        return fact->lab_reported->n_kin > 0
                   ? TOCSIN__V1__EVENT_KIND__EVENT_KIND_MATCHED
                   : TOCSIN__V1__EVENT_KIND__EVENT_KIND_SAMPLED;
    default:
        return TOCSIN__V1__EVENT_KIND__EVENT_KIND_UNSPECIFIED;
    }
}

static struct event_entry *next_entry(struct broker *broker, uint64_t sequence,
                                      int64_t time_ms,
                                      Tocsin__V1__EventKind kind)
{
    struct event_entry *entry =
        &broker->events[broker->event_count % EVENTS_KEPT];

    if (broker->event_count >= EVENTS_KEPT)
        broker->events_from = entry->sequence;
    memset(entry, 0, sizeof *entry);
    entry->sequence = sequence;
    entry->time_ms = time_ms;
    entry->kind = kind;
    broker->event_count++;
    return entry;
}

static void note_together(struct broker *broker, uint64_t sequence,
                          const Tocsin__V1__Fact *fact,
                          const struct effect *effect)
{
    const Tocsin__V1__AnsweredTogether *together = fact->answered_together;

    for (size_t i = 0; i < together->n_nodes; i++) {
        struct event_entry *entry;

        if ((effect->changed & UINT64_C(1) << i) == 0)
            continue;
        entry = next_entry(broker, sequence, fact->time_ms, kind_of(fact));
        entry->principal = together->nodes[i];
        entry->alert = effect->alert;
        entry->revision = together->revision;
        entry->nodes = effect->alert->nodes;
        entry->rung = together->rungs[i];
    }
}

void follow_note(struct broker *broker, uint64_t sequence,
                 const Tocsin__V1__Fact *fact, const struct effect *effect)
{
    struct event_entry *entry;

    if (effect->kind == EFFECT_NONE || effect->kind == EFFECT_FOUNDED ||
        effect->kind == EFFECT_SUPERVISION || effect->kind == EFFECT_CHECKED ||
        effect->kind == EFFECT_LOOKED ||
        (effect->kind == EFFECT_LABORATORY && effect->alert == NULL))
        return;
    if (effect->kind == EFFECT_TOGETHER) {
        note_together(broker, sequence, fact, effect);
        return;
    }
    entry = next_entry(broker, sequence, fact->time_ms, kind_of(fact));
    entry->principal =
        effect->principal != NULL ? effect->principal->number : 0;
    entry->rescue = fact->body_case == TOCSIN__V1__FACT__BODY_ENROLLED &&
                    fact->enrolled->rescue;
    entry->alert = effect->alert;
    entry->found = effect->found;
    if (effect->found != NULL)
        entry->found_state = effect->found->state;
    if (effect->alert != NULL) {
        entry->revision = effect->kind == EFFECT_ANSWER
                              ? fact->answered->revision
                              : effect->alert->revision;
        entry->nodes = effect->alert->nodes;
        entry->rung = effect->rung;
        entry->step = effect->step;
    }
    if (effect->kind == EFFECT_PICTURED)
        entry->sighting = fact->sighting_pictured->sighting;
    if (effect->kind == EFFECT_SILENCE)
        silence_note(entry, fact->fell_silent);
}

void follow_likely(struct broker *broker, const struct likely_note *note)
{
    struct event_entry *entry =
        next_entry(broker, note->sequence, note->time_ms,
                   TOCSIN__V1__EVENT_KIND__EVENT_KIND_LIKELY);

    entry->alert = note->alert;
    entry->found = note->found;
    entry->found_state = note->found->state;
    entry->score = note->score;
    entry->revision = note->alert->revision;
}

/* ---- telling ------------------------------------------------------------- */

static void fill_alert(struct broker *broker, const struct principal *actor,
                       const struct event_entry *entry,
                       Tocsin__V1__Event *event)
{
    const struct testimony *testimony =
        alert_testimony(entry->alert, entry->sequence);

    event->alert_id = entry->alert->id;
    event->case_number = entry->alert->case_number;
    event->exercise = entry->alert->exercise;
    event->revision = entry->revision;
    event->rung = entry->rung;
    event->step = entry->step;
    event->nodes = entry->nodes;
    event->sighting = entry->sighting;
    if (testimony != NULL && testimony->document != NULL &&
        view_holds_answer(broker->book, actor, entry->alert, testimony->node))
        event->answer =
            decode(&broker->arena, &tocsin__v1__signed_answer__descriptor,
                   testimony->document, testimony->size, NULL);
}

/* Which nodes are silent is everyone's matter, what else is the case's. */
static Tocsin__V1__Event *make_event(struct broker *broker,
                                     const struct principal *actor,
                                     const struct event_entry *entry)
{
    Tocsin__V1__Event *event =
        arena_message(&broker->arena, &tocsin__v1__event__descriptor);
    const struct principal *who = book_number(broker->book, entry->principal);

    event->sequence = entry->sequence;
    event->time_ms = entry->time_ms;
    event->kind = entry->kind;
    event->rescue = entry->rescue;
    if (who != NULL)
        event->principal = (char *)(uintptr_t)who->id;
    if (entry->alert != NULL)
        fill_alert(broker, actor, entry, event);
    if (entry->found != NULL) {
        event->found_id = entry->found->id;
        event->found_state = entry->found_state;
        event->score = entry->score;
    }
    if (entry->kind == TOCSIN__V1__EVENT_KIND__EVENT_KIND_SILENT)
        event->silent = silence_event(broker, actor, entry);
    return event;
}

static bool may_hear(const struct broker *broker, const struct principal *actor,
                     const struct event_entry *entry,
                     const struct principal *who)
{
    enum view view;

    if ((entry->kind == TOCSIN__V1__EVENT_KIND__EVENT_KIND_ANSWERED ||
         entry->kind == TOCSIN__V1__EVENT_KIND__EVENT_KIND_PICTURED) &&
        (who == NULL || !view_holds_node(actor, who)))
        return false;
    view = view_of(broker->book, actor, entry->alert);
    switch (entry->kind) {
    case TOCSIN__V1__EVENT_KIND__EVENT_KIND_ORDERED:
    case TOCSIN__V1__EVENT_KIND__EVENT_KIND_PURGED:
    case TOCSIN__V1__EVENT_KIND__EVENT_KIND_MATCHED:
    case TOCSIN__V1__EVENT_KIND__EVENT_KIND_SAMPLED:
        return view == VIEW_CASE;
    case TOCSIN__V1__EVENT_KIND__EVENT_KIND_SILENT:
        return view == VIEW_CASE ||
               (view != VIEW_NOTHING &&
                actor->role != TOCSIN__V1__ROLE__ROLE_LIAISON);
    default:
        return view != VIEW_NOTHING;
    }
}

static bool wants(struct broker *broker, const struct follower *follower,
                  const struct event_entry *entry)
{
    const struct principal *actor =
        book_number(broker->book, follower->caller.principal);
    const struct principal *who = book_number(broker->book, entry->principal);

    if (entry->sequence <= follower->after ||
        entry->kind == TOCSIN__V1__EVENT_KIND__EVENT_KIND_UNSPECIFIED ||
        (follower->alert != NULL && follower->alert != entry->alert))
        return false;
    if (entry->kind == TOCSIN__V1__EVENT_KIND__EVENT_KIND_LIKELY)
        return actor->number == entry->alert->owner ||
               actor == case_lead(broker->book, entry->alert);
    if (entry->found != NULL)
        return role_may_ask(actor->role,
                            TOCSIN__V1__REQUEST__BODY_SHOW_FOUND) &&
               found_may_see(broker->book, actor, entry->found);
    if (entry->alert != NULL)
        return may_hear(broker, actor, entry, who);
    return actor->role != TOCSIN__V1__ROLE__ROLE_LIAISON && who != NULL &&
           (division_contains(actor->division, who->division) ||
            (entry->rescue &&
             division_contains(who->division, actor->division)));
}

/* The first entry that may be after the follower's place. */
static uint64_t first_after(const struct broker *broker, uint64_t after)
{
    uint64_t low = broker->event_count > EVENTS_KEPT
                       ? broker->event_count - EVENTS_KEPT
                       : 0;
    uint64_t high = broker->event_count;

    while (low < high) {
        uint64_t middle = (low + high) / 2;

        if (broker->events[middle % EVENTS_KEPT].sequence <= after)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* What was recorded together is told together: fewer than a page holds. */
static void end_before(Tocsin__V1__EventList *list, uint64_t sequence)
{
    while (list->n_events > 0 &&
           list->events[list->n_events - 1]->sequence == sequence)
        list->n_events--;
    list->last = sequence - 1;
}

static void fill_list(struct broker *broker, const struct follower *follower,
                      Tocsin__V1__EventList *list)
{
    size_t bytes = 0;

    list->events =
        arena_take(&broker->arena, EVENTS_PER_REPLY * sizeof *list->events);
    list->last = broker->book->head;
    for (uint64_t i = first_after(broker, follower->after);
         i < broker->event_count; i++) {
        const struct event_entry *entry = &broker->events[i % EVENTS_KEPT];
        Tocsin__V1__Event *event;

        if (!wants(broker, follower, entry))
            continue;
        event = make_event(
            broker, book_number(broker->book, follower->caller.principal),
            entry);
        bytes += protobuf_c_message_get_packed_size(&event->base) + 8;
        if (list->n_events == EVENTS_PER_REPLY || bytes > PAGE_BYTES_MAX) {
            end_before(list, entry->sequence);
            return;
        }
        list->events[list->n_events++] = event;
    }
}

/* true when there was something to tell, or the time is over. */
static bool tell(struct broker *broker, struct follower *follower,
                 int64_t now_ms)
{
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;
    Tocsin__V1__EventList list = TOCSIN__V1__EVENT_LIST__INIT;

    arena_reset(&broker->arena);
    fill_list(broker, follower, &list);
    follower->missed =
        follower->missed || follower->after < broker->events_from;
    list.missed = follower->missed;
    list.epoch = bytes_of(broker->book->epoch, EPOCH_SIZE);
    if (list.n_events == 0 && !follower->anew &&
        broker->monotonic_ms < follower->until_ms) {
        follower->after = list.last; /* not to be looked through again */
        return false;
    }
    if (list.last == broker->book->head && !follower->unmarked)
        list.mark = line_mark(broker);
    reply.status = TOCSIN__V1__STATUS__STATUS_OK;
    reply.body_case = TOCSIN__V1__REPLY__BODY_EVENT_LIST;
    reply.event_list = &list;
    reply_send(broker, &follower->caller, &reply, now_ms);
    return true;
}

/* Who was revoked, or has another key since, hears no more. */
static bool still_admitted(const struct broker *broker,
                           const struct follower *follower)
{
    return broker_admits(broker, follower->caller.gate, follower->curve);
}

static bool is_answered(struct broker *broker, struct follower *follower,
                        int64_t now_ms)
{
    if (still_admitted(broker, follower))
        return tell(broker, follower, now_ms);
    reply_status(broker, &follower->caller, TOCSIN__V1__STATUS__STATUS_DENIED,
                 now_ms);
    return true;
}

/* In a storm of answers followers are told twenty times a second, not at every
 * commit. */
void follow_wake(struct broker *broker, int64_t now_ms)
{
    if (broker->monotonic_ms < broker->next_wake_ms)
        return;
    broker->next_wake_ms = broker->monotonic_ms + WAKE_EVERY_MS;
    for (struct follower **at = &broker->followers; *at != NULL;) {
        struct follower *follower = *at;

        if (!is_answered(broker, follower, now_ms)) {
            at = &follower->next;
            continue;
        }
        *at = follower->next;
        broker->follower_count--;
        free(follower);
    }
}

static void forget_event(struct broker *broker, struct event_entry *entry)
{
    if (entry->kind != TOCSIN__V1__EVENT_KIND__EVENT_KIND_UNSPECIFIED &&
        entry->sequence > broker->events_from)
        broker->events_from = entry->sequence;
    entry->alert = NULL;
    entry->found = NULL;
    entry->kind = TOCSIN__V1__EVENT_KIND__EVENT_KIND_UNSPECIFIED;
}

/* Old events of an alert that is filed are not told any more; who has not heard
 * them is told that some are missing, and who follows nothing else has nothing
 * to wait for. */
void follow_forget(struct broker *broker, const struct alert *alert,
                   int64_t now_ms)
{
    for (size_t i = 0; i < EVENTS_KEPT; i++) {
        if (broker->events[i].alert == alert)
            forget_event(broker, &broker->events[i]);
    }
    for (struct follower **at = &broker->followers; *at != NULL;) {
        struct follower *follower = *at;

        if (follower->alert != alert) {
            at = &follower->next;
            continue;
        }
        reply_status(broker, &follower->caller,
                     TOCSIN__V1__STATUS__STATUS_NOT_FOUND, now_ms);
        *at = follower->next;
        broker->follower_count--;
        free(follower);
    }
}

void follow_forget_found(struct broker *broker, const struct found_child *found)
{
    for (size_t i = 0; i < EVENTS_KEPT; i++) {
        if (broker->events[i].found == found)
            forget_event(broker, &broker->events[i]);
    }
}

/* A client that asks again with the same id waits once, not twice. */
static void drop_repeated(struct broker *broker, const struct caller *caller)
{
    for (struct follower **at = &broker->followers; *at != NULL;
         at = &(*at)->next) {
        struct follower *follower = *at;

        if (follower->caller.principal != caller->principal ||
            memcmp(follower->caller.request_id, caller->request_id,
                   REQUEST_ID_SIZE) != 0)
            continue;
        *at = follower->next;
        broker->follower_count--;
        free(follower);
        return;
    }
}

static size_t followers_of(const struct broker *broker, uint32_t principal)
{
    size_t count = 0;

    for (const struct follower *at = broker->followers; at != NULL;
         at = at->next)
        count += at->caller.principal == principal;
    return count;
}

static bool is_of_another_journal(const struct broker *broker,
                                  ProtobufCBinaryData epoch)
{
    return epoch.len > 0 &&
           (epoch.len != EPOCH_SIZE ||
            memcmp(epoch.data, broker->book->epoch, EPOCH_SIZE) != 0);
}

/* In the same epoch: an older copy was put back by hand, or so its mark says.
 */
static void compare_lines(struct broker *broker, struct follower *follower,
                          const Tocsin__V1__Follow *follow)
{
    const struct principal *who =
        book_number(broker->book, follower->caller.principal);

    switch (line_look(broker, who, follow->epoch, follow->mark)) {
    case LINE_SAME:
        break;
    case LINE_OTHER:
        follower->anew = true;
        follower->missed = true;
        break;
    case LINE_UNDER_WAY: /* its next question asks again, with that mark */
        follower->unmarked = true;
        break;
    }
}

/* Where it goes on. What it heard of was lost in a restore, and what came since
 * it has not, when its place is beyond the end, or of another journal. */
static void find_place(struct broker *broker, struct follower *follower,
                       const Tocsin__V1__Follow *follow)
{
    if (follow->after == 0) {
        follower->after = broker->book->head;
    } else if (is_of_another_journal(broker, follow->epoch)) {
        follower->after = broker->epoch_from;
        follower->anew = true;
        follower->missed = true;
    } else {
        follower->after = follow->after;
        follower->missed = follow->after > broker->book->head;
        compare_lines(broker, follower, follow);
    }
}

void follow_take(struct broker *broker, const struct caller *caller,
                 const Tocsin__V1__Follow *follow, int64_t now_ms)
{
    uint32_t wait_ms =
        follow->wait_ms < WAIT_MAX_MS ? follow->wait_ms : WAIT_MAX_MS;
    struct follower *follower;
    struct alert *alert = NULL;

    if (follow->alert[0] != '\0') {
        alert = board_alert(broker, caller, follow->alert, VIEW_COUNTS, now_ms);
        if (alert == NULL)
            return;
    }
    drop_repeated(broker, caller);
    if (broker->follower_count >= FOLLOWERS_MAX ||
        followers_of(broker, caller->principal) >= FOLLOWERS_OF_ONE) {
        reply_busy(broker, caller, 1000, now_ms);
        return;
    }
    follower = must_calloc(1, sizeof *follower);
    follower->caller = *caller;
    memcpy(follower->curve, book_number(broker->book, caller->principal)->curve,
           KEY_SIZE);
    follower->alert = alert;
    find_place(broker, follower, follow);
    follower->until_ms = broker->monotonic_ms + wait_ms;
    if (tell(broker, follower, now_ms)) {
        free(follower);
        return;
    }
    follower->next = broker->followers;
    broker->followers = follower;
    broker->follower_count++;
}
