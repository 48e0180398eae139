/* The overdue list: everything that is silent for too long. */
#include "broker/core_private.h"

#include <stdlib.h>
#include <string.h>

#include "domain/case_lead.h"
#include "domain/samples.h"

#define ENTRIES_PER_PAGE 300

/* Where a page goes on, and what it has. */
struct listing {
    struct broker *broker;
    const struct principal *who;
    const Tocsin__V1__ListOverdue *ask;
    Tocsin__V1__OverdueList list;
    const struct alert *alert; /* at hand */
    size_t bytes;
};

static bool comes_after(const struct listing *listing, Tocsin__V1__Silence kind,
                        uint64_t subject)
{
    const Tocsin__V1__ListOverdue *ask = listing->ask;

    if (listing->alert->report_sequence != ask->after_report)
        return listing->alert->report_sequence > ask->after_report;
    if (kind != ask->after_kind)
        return kind > ask->after_kind;
    return subject > ask->after_subject;
}

static void add(struct listing *listing, Tocsin__V1__Silence kind,
                uint64_t subject, uint32_t who, int64_t since_ms)
{
    struct broker *broker = listing->broker;
    Tocsin__V1__OverdueEntry *entry;

    if (listing->list.more || !comes_after(listing, kind, subject))
        return;
    entry =
        arena_message(&broker->arena, &tocsin__v1__overdue_entry__descriptor);
    entry->alert_id = (char *)(uintptr_t)listing->alert->id;
    entry->case_number = (char *)(uintptr_t)listing->alert->case_number;
    entry->exercise = listing->alert->exercise;
    entry->kind = kind;
    entry->subject = subject;
    entry->who = case_person(broker, who);
    entry->since_ms = since_ms;
    entry->report = listing->alert->report_sequence;
    listing->bytes += protobuf_c_message_get_packed_size(&entry->base) + 8;
    if (listing->list.n_entries == ENTRIES_PER_PAGE ||
        listing->bytes > PAGE_BYTES_MAX)
        listing->list.more = true;
    else
        listing->list.entries[listing->list.n_entries++] = entry;
}

/* Of the asker's own divisions, whatever the case; or of a case that it may
 * see. */
static void add_nodes(struct listing *listing, bool sees)
{
    const struct alert *alert = listing->alert;

    if (alert->overdue == 0)
        return;
    for (size_t i = 0; i < alert->cover_count; i++) {
        const struct cover *cover = &alert->cover[i];
        const struct principal *node =
            book_number(listing->broker->book, cover->node);

        if (cover->overdue &&
            (sees || division_contains(listing->who->division, node->division)))
            add(listing, TOCSIN__V1__SILENCE__SILENCE_NODE, cover->node,
                cover->node, alert->recorded_ms + cover->due_ms);
    }
}

/* What its DNA waits for, in order of the sequences. */
struct wanting {
    uint64_t subject;
    int64_t since_ms;
};

static int by_subject(const void *a, const void *b)
{
    const struct wanting *left = a;
    const struct wanting *right = b;

    return (left->subject > right->subject) - (left->subject < right->subject);
}

static size_t find_wanting(const struct alert *alert, struct wanting *out)
{
    size_t count = 0;

    if (alert->file.sample_overdue && !case_is_closed(&alert->file))
        out[count++] = (struct wanting){0, case_unsampled_ms(alert)};
    for (size_t i = 0; i < alert->sample_count; i++) {
        if (alert->samples[i]->overdue && !case_is_closed(&alert->file))
            out[count++] = (struct wanting){alert->samples[i]->sequence,
                                            alert->samples[i]->since_ms};
    }
    for (size_t i = 0; i < alert->match_count; i++) {
        if (alert->matches[i].overdue)
            out[count++] = (struct wanting){alert->matches[i].sequence,
                                            alert->matches[i].recorded_ms};
    }
    qsort(out, count, sizeof *out, by_subject);
    return count;
}

static void add_samples(struct listing *listing)
{
    const struct alert *alert = listing->alert;
    uint32_t who = case_answering(listing->broker->book, alert);
    struct wanting wanting[1 + SAMPLES_PER_CASE + MATCHES_PER_CASE];
    size_t count = find_wanting(alert, wanting);

    for (size_t i = 0; i < count; i++)
        add(listing, TOCSIN__V1__SILENCE__SILENCE_SAMPLE, wanting[i].subject,
            who, wanting[i].since_ms);
}

/* Who is revoked or was moved away does nothing any more. */
static uint32_t owner_of(const struct book *book, const struct alert *alert,
                         const struct duty_state *duty)
{
    const struct principal *owner = book_number(book, duty->owner);

    return owner != NULL && !owner->revoked &&
                   division_contains(owner->division, alert->division)
               ? owner->number
               : case_answering(book, alert);
}

static void add_case(struct listing *listing)
{
    const struct book *book = listing->broker->book;
    const struct alert *alert = listing->alert;
    const struct case_file *file = &alert->file;

    if (case_is_closed(file))
        return;
    if (case_lead_is_missed(book, alert))
        add(listing, TOCSIN__V1__SILENCE__SILENCE_LEAD, 0, alert->owner,
            case_leaderless_ms(book, alert));
    for (int i = 0; i < CASE_DUTIES; i++) {
        const struct duty_state *duty = &file->duties[i];

        if (duty->overdue)
            add(listing, TOCSIN__V1__SILENCE__SILENCE_DUTY, (uint64_t)i + 1,
                owner_of(book, alert, duty), case_duty_since_ms(file, i));
    }
    for (size_t i = 0; i < alert->answer_count; i++) {
        if (alert->answers[i].overdue)
            add(listing, TOCSIN__V1__SILENCE__SILENCE_SIGHTING,
                alert->answers[i].sequence, case_answering(book, alert),
                alert->answers[i].recorded_ms);
    }
}

static void add_alert(struct listing *listing, const struct alert *alert)
{
    bool sees = book_may_see(listing->who, alert);

    listing->alert = alert;
    add_nodes(listing, sees);
    if (view_of(listing->broker->book, listing->who, alert) != VIEW_CASE)
        return;
    add_case(listing);
    add_samples(listing);
}

void overdue_list(struct broker *broker, const struct caller *caller,
                  const Tocsin__V1__ListOverdue *ask, int64_t now_ms)
{
    const struct book *book = broker->book;
    struct listing listing = {.broker = broker,
                              .who = book_number(book, caller->principal),
                              .ask = ask};
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;
    const struct alert *only = NULL;

    if (ask->alert[0] != '\0') {
        only = board_alert(broker, caller, ask->alert, VIEW_COUNTS, now_ms);
        if (only == NULL)
            return;
    }
    tocsin__v1__overdue_list__init(&listing.list);
    listing.list.entries = arena_take(
        &broker->arena, ENTRIES_PER_PAGE * sizeof *listing.list.entries);
    for (size_t i = 0; i < book->alert_count && !listing.list.more; i++) {
        if ((only == NULL || only == book->alerts[i]) &&
            book->alerts[i]->report_sequence >= ask->after_report)
            add_alert(&listing, book->alerts[i]);
    }
    reply.status = TOCSIN__V1__STATUS__STATUS_OK;
    reply.body_case = TOCSIN__V1__REPLY__BODY_OVERDUE_LIST;
    reply.overdue_list = &listing.list;
    reply_send(broker, caller, &reply, now_ms);
}
