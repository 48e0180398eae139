/* Children of unknown origin, as those who look for theirs read them. */
#include "broker/core_private.h"

#include <stdio.h>
#include <string.h>

#include "domain/samples.h"
#include "domain/view.h"

#define FOUND_PER_PAGE 100
#define MATCHES_TOLD 16

#define IDENTIFIED TOCSIN__V1__FOUND_STATE__FOUND_STATE_IDENTIFIED

/* What was said of it, as far as it can still be read. A page of registrations
 * may be more than the arena holds: only what is told stays in it. */
static void fill_content(struct broker *broker, const struct found_child *found,
                         Tocsin__V1__FoundSummary *summary)
{
    size_t before = broker->arena.used;
    const Tocsin__V1__FoundChild *content =
        found_content(found, &broker->arena);
    char keeper[NAME_MAX_BYTES + 1];
    Tocsin__V1__AgeRange age;

    if (content == NULL)
        return;
    summary->sex = content->child->sex;
    summary->found_ms = content->found_ms;
    summary->has_kit = content->kit[0] != '\0';
    snprintf(keeper, sizeof keeper, "%s", content->keeper->name);
    age = *content->child->age;
    broker->arena.used = before;
    summary->keeper = arena_text(&broker->arena, keeper);
    summary->age = arena_message(&broker->arena, age.base.descriptor);
    summary->age->min_months = age.min_months;
    summary->age->max_months = age.max_months;
}

Tocsin__V1__FoundSummary *found_summary(struct broker *broker,
                                        const struct principal *who,
                                        const struct found_child *found)
{
    Tocsin__V1__FoundSummary *summary =
        arena_message(&broker->arena, &tocsin__v1__found_summary__descriptor);
    const struct alert *alert = found->state == IDENTIFIED
                                    ? book_alert(broker->book, found->alert_id)
                                    : NULL;

    summary->found_id = (char *)(uintptr_t)found->id;
    summary->revision = (uint32_t)found->revision_count;
    summary->state = found->state;
    summary->division = (char *)(uintptr_t)found->division;
    summary->by = case_person(broker, found->revisions[0].by);
    summary->relayed_by = (char *)(uintptr_t)found->relayed_by;
    summary->registered_ms = found->registered_ms;
    summary->recorded_ms = found->recorded_ms;
    summary->sequence = found->revisions[0].sequence;
    if (alert != NULL && view_of(broker->book, who, alert) >= VIEW_ALERT) {
        summary->alert_id = (char *)(uintptr_t)alert->id;
        summary->case_number = (char *)(uintptr_t)alert->case_number;
    }
    fill_content(broker, found, summary);
    return summary;
}

static bool is_asked_for(const struct broker *broker,
                         const struct principal *who,
                         const struct found_child *found,
                         const Tocsin__V1__ListFound *ask)
{
    return (ask->before == 0 || found->revisions[0].sequence < ask->before) &&
           (ask->closed ||
            found->state == TOCSIN__V1__FOUND_STATE__FOUND_STATE_REGISTERED) &&
           found_may_see(broker->book, who, found);
}

void found_list(struct broker *broker, const struct caller *caller,
                const Tocsin__V1__ListFound *ask, int64_t now_ms)
{
    const struct book *book = broker->book;
    const struct principal *who = book_number(book, caller->principal);
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;
    Tocsin__V1__FoundList list = TOCSIN__V1__FOUND_LIST__INIT;
    size_t bytes = 0;

    list.found =
        arena_take(&broker->arena, FOUND_PER_PAGE * sizeof *list.found);
    for (size_t i = book->found_count; i > 0 && !list.more; i--) {
        Tocsin__V1__FoundSummary *summary;

        if (!is_asked_for(broker, who, book->found[i - 1], ask))
            continue;
        summary = found_summary(broker, who, book->found[i - 1]);
        bytes += protobuf_c_message_get_packed_size(&summary->base) + 8;
        if (list.n_found == FOUND_PER_PAGE || bytes > PAGE_BYTES_MAX)
            list.more = true;
        else
            list.found[list.n_found++] = summary;
    }
    reply.status = TOCSIN__V1__STATUS__STATUS_OK;
    reply.body_case = TOCSIN__V1__REPLY__BODY_FOUND_LIST;
    reply.found_list = &list;
    reply_send(broker, caller, &reply, now_ms);
}

/* ---- one of them --------------------------------------------------------- */

/* The one that is meant, if the caller may see it; else refuses and gives NULL.
 */
static struct found_child *meant(struct broker *broker,
                                 const struct caller *caller, const char *text,
                                 int64_t now_ms)
{
    const struct principal *who = book_number(broker->book, caller->principal);
    struct found_child *found;
    struct complaint complaint;
    bool several;

    found = book_found_meant(broker->book, text, &several);
    if (found != NULL && (found_may_see(broker->book, who, found) ||
                          likely_may_see(broker, who, found)))
        return found;
    complain(&complaint, "found", "%s",
             several ? "means more than one: write more of it"
             : filing_knows_found(broker, who, text)
                 ? "is over and filed away: see tocsin journal search"
                 : "there is no such found child in this jurisdiction");
    reply_refused(broker, caller, TOCSIN__V1__STATUS__STATUS_NOT_FOUND,
                  &complaint, now_ms);
    return NULL;
}

/* What the laboratories make of its sample. */
static void fill_matches(struct broker *broker, const struct principal *who,
                         const struct found_child *found,
                         Tocsin__V1__FoundDetail *detail)
{
    const struct book *book = broker->book;
    const struct sample *sample =
        found->has_kit ? book_sample_of(book, found->kit) : NULL;

    if (sample == NULL)
        return;
    detail->sample = sample->state;
    detail->matches =
        arena_take(&broker->arena, MATCHES_TOLD * sizeof *detail->matches);
    for (size_t i = 0; i < book->alert_count; i++) {
        const struct alert *alert = book->alerts[i];

        for (size_t k = 0; k < alert->match_count; k++) {
            if (memcmp(alert->matches[k].child, found->kit, KIT_DIGEST_SIZE) !=
                0)
                continue;
            if (view_of(book, who, alert) != VIEW_CASE)
                detail->matches_hidden++;
            else if (detail->n_matches < MATCHES_TOLD)
                detail->matches[detail->n_matches++] =
                    found_match(broker, alert, &alert->matches[k], found);
        }
    }
}

Tocsin__V1__FoundMatch *found_match(struct broker *broker,
                                    const struct alert *alert,
                                    const struct match *match,
                                    const struct found_child *found)
{
    Tocsin__V1__FoundMatch *out =
        arena_message(&broker->arena, &tocsin__v1__found_match__descriptor);

    out->match = match->sequence;
    out->found_id = (char *)(uintptr_t)found->id;
    out->alert_id = (char *)(uintptr_t)alert->id;
    out->case_number = (char *)(uintptr_t)alert->case_number;
    out->decision = match->decision;
    out->recorded_ms = match->recorded_ms;
    return out;
}

void found_show(struct broker *broker, const struct caller *caller,
                const Tocsin__V1__ShowFound *ask, int64_t now_ms)
{
    const struct principal *who = book_number(broker->book, caller->principal);
    struct found_child *found = meant(broker, caller, ask->found, now_ms);
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;
    Tocsin__V1__FoundDetail detail = TOCSIN__V1__FOUND_DETAIL__INIT;

    if (found == NULL)
        return;
    detail.summary = found_summary(broker, who, found);
    if (found->document != NULL)
        detail.document =
            decode(&broker->arena, &tocsin__v1__signed_found__descriptor,
                   found->document, found->size, NULL);
    if (found->order != NULL)
        detail.order =
            decode(&broker->arena, &tocsin__v1__signed_found_order__descriptor,
                   found->order, found->order_size, NULL);
    detail.resolved_by = case_person(broker, found->resolved_by);
    detail.since_ms = found->since_ms;
    likely_fill_found(broker, who, found, &detail);
    fill_matches(broker, who, found, &detail);
    reply.status = TOCSIN__V1__STATUS__STATUS_OK;
    reply.body_case = TOCSIN__V1__REPLY__BODY_FOUND_DETAIL;
    reply.found_detail = &detail;
    reply_send(broker, caller, &reply, now_ms);
}
