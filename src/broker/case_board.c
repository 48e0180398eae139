/* Cases, as those who answer for them read them. */
#include "broker/core_private.h"

#include <stdlib.h>
#include <string.h>

#include "domain/decide_case.h"
#include "domain/purge.h"

#define CASES_PER_PAGE 100
#define ENTRIES_SHOWN 16
#define ENTRY_BYTES_MAX 45000
#define UNPURGED_SHOWN 50

Tocsin__V1__Person *case_person(struct broker *broker, uint32_t number)
{
    const struct principal *who = book_number(broker->book, number);
    Tocsin__V1__Person *person;

    if (who == NULL)
        return NULL;
    person = arena_message(&broker->arena, &tocsin__v1__person__descriptor);
    person->id = (char *)(uintptr_t)who->id;
    person->name = who->name;
    person->division = (char *)(uintptr_t)who->division;
    person->revoked = who->revoked;
    if (who->unit != NULL) {
        person->officer =
            arena_message(&broker->arena, &tocsin__v1__officer__descriptor);
        person->officer->rank = who->rank;
        person->officer->unit = who->unit;
    }
    return person;
}

static Tocsin__V1__DutyState *make_duty(struct broker *broker,
                                        const struct case_file *file, int index)
{
    const struct duty_state *duty = &file->duties[index];
    Tocsin__V1__DutyState *state =
        arena_message(&broker->arena, &tocsin__v1__duty_state__descriptor);

    state->duty = (Tocsin__V1__Duty)(index + 1);
    state->owner =
        case_person(broker, duty->owner != 0 ? duty->owner : file->lead);
    state->since_ms = duty->since_ms;
    state->logged_ms = duty->logged_ms;
    state->entries = duty->entries;
    state->overdue = duty->overdue;
    return state;
}

static Tocsin__V1__CaseEntry *make_entry(struct broker *broker,
                                         const struct case_entry *from)
{
    Tocsin__V1__CaseEntry *entry =
        arena_message(&broker->arena, &tocsin__v1__case_entry__descriptor);

    entry->sequence = from->sequence;
    entry->recorded_ms = from->recorded_ms;
    entry->by = case_person(broker, from->by);
    entry->step = from->step;
    if (from->document != NULL)
        entry->order =
            decode(&broker->arena, &tocsin__v1__signed_order__descriptor,
                   from->document, from->size, NULL);
    return entry;
}

static void fill_entries(struct broker *broker, const struct case_file *file,
                         Tocsin__V1__CaseFile *out)
{
    size_t bytes = 0;

    out->entries_in_all = file->entries_ever;
    out->entries =
        arena_take(&broker->arena, ENTRIES_SHOWN * sizeof *out->entries);
    for (size_t i = file->entry_count; i > 0 && out->n_entries < ENTRIES_SHOWN;
         i--) {
        Tocsin__V1__CaseEntry *entry =
            make_entry(broker, &file->entries[i - 1]);

        bytes += protobuf_c_message_get_packed_size(&entry->base) + 8;
        if (bytes > ENTRY_BYTES_MAX)
            return;
        out->entries[out->n_entries++] = entry;
    }
}

static void fill_lead(struct broker *broker, const struct alert *alert,
                      Tocsin__V1__CaseFile *out)
{
    const struct case_file *file = &alert->file;

    out->lead = case_person(broker, file->lead);
    out->lead_since_ms = file->lead_since_ms;
    out->lead_overdue = case_lead_is_missed(broker->book, alert);
    out->offered = case_person(broker, file->offered);
    out->offered_ms = file->offered_ms;
    out->waiting = file->waiting;
    out->waiting_by = case_person(broker, file->waiting_by);
}

static void name_unpurged(struct broker *broker, uint32_t node,
                          Tocsin__V1__CaseFile *out)
{
    Tocsin__V1__Person *person = case_person(broker, node);

    out->unpurged[out->n_unpurged++] = person;
    if (doubles_ms(broker, node) != 0)
        out->doubled[out->n_doubled++] = person->id;
}

static void fill_purges(struct broker *broker, const struct alert *alert,
                        Tocsin__V1__CaseFile *out)
{
    uint32_t due;

    if (!case_is_sealed(&alert->file))
        return;
    due = purge_due(broker->book, alert, &out->purge_nodes);
    out->purged = out->purge_nodes - due;
    out->unpurged =
        arena_take(&broker->arena, UNPURGED_SHOWN * sizeof *out->unpurged);
    out->doubled =
        arena_take(&broker->arena, UNPURGED_SHOWN * sizeof *out->doubled);
    for (size_t i = 0;
         i < alert->cover_count && out->n_unpurged < UNPURGED_SHOWN; i++) {
        if (purge_is_due(broker->book, &alert->cover[i]))
            name_unpurged(broker, alert->cover[i].node, out);
    }
}

Tocsin__V1__CaseFile *case_make(struct broker *broker,
                                const struct alert *alert)
{
    const struct case_file *file = &alert->file;
    Tocsin__V1__CaseFile *out =
        arena_message(&broker->arena, &tocsin__v1__case_file__descriptor);

    out->alert_id = (char *)(uintptr_t)alert->id;
    out->case_number = (char *)(uintptr_t)alert->case_number;
    out->division = (char *)(uintptr_t)alert->division;
    out->exercise = alert->exercise;
    out->state = file->state;
    out->since_ms = file->since_ms;
    out->reported_ms = alert->reported_ms;
    out->centre = case_person(broker, alert->owner);
    fill_lead(broker, alert, out);
    out->n_duties = CASE_DUTIES;
    out->duties = arena_take(&broker->arena, CASE_DUTIES * sizeof *out->duties);
    for (int i = 0; i < CASE_DUTIES; i++)
        out->duties[i] = make_duty(broker, file, i);
    out->outcome = file->outcome;
    out->sightings = alert->sightings;
    out->unanswered = alert_unanswered(alert);
    case_fill_samples(broker, alert, out);
    fill_purges(broker, alert, out);
    fill_entries(broker, file, out);
    return out;
}

void case_show(struct broker *broker, const struct caller *caller,
               const Tocsin__V1__ShowCase *ask, int64_t now_ms)
{
    struct alert *alert =
        board_alert(broker, caller, ask->alert, VIEW_CASE, now_ms);
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;

    if (alert == NULL)
        return;
    reply.status = TOCSIN__V1__STATUS__STATUS_OK;
    reply.body_case = TOCSIN__V1__REPLY__BODY_CASE_FILE;
    reply.case_file = case_make(broker, alert);
    likely_fill_case(broker, alert, reply.case_file);
    reply_send(broker, caller, &reply, now_ms);
}

/* ---- the list ------------------------------------------------------------ */

static Tocsin__V1__CaseSummary *summarise(struct broker *broker,
                                          const struct alert *alert)
{
    const struct case_file *file = &alert->file;
    const struct principal *lead = book_number(broker->book, file->lead);
    Tocsin__V1__CaseSummary *summary =
        arena_message(&broker->arena, &tocsin__v1__case_summary__descriptor);

    summary->alert_id = (char *)(uintptr_t)alert->id;
    summary->case_number = (char *)(uintptr_t)alert->case_number;
    summary->exercise = alert->exercise;
    summary->state = file->state;
    summary->alert_state = alert->state;
    summary->reported_ms = alert->reported_ms;
    if (lead != NULL)
        summary->lead = (char *)(uintptr_t)lead->id;
    if (file->entry_count > 0)
        summary->stepped_ms = file->entries[file->entry_count - 1].recorded_ms;
    summary->outcome = file->outcome;
    summary->waiting = file->waiting;
    summary->unanswered = alert_unanswered(alert);
    summary->sequence = alert->report_sequence;
    return summary;
}

static bool is_asked_for(const struct broker *broker,
                         const struct principal *who, const struct alert *alert,
                         const Tocsin__V1__ListCases *ask)
{
    const struct principal *lead = book_number(broker->book, alert->file.lead);

    return (ask->before == 0 || alert->report_sequence < ask->before) &&
           (ask->closed || !case_is_closed(&alert->file)) &&
           (ask->lead[0] == '\0' ||
            (lead != NULL && strcmp(lead->id, ask->lead) == 0)) &&
           view_of(broker->book, who, alert) == VIEW_CASE;
}

/* The book has its alerts in order of report. */
void case_list(struct broker *broker, const struct caller *caller,
               const Tocsin__V1__ListCases *ask, int64_t now_ms)
{
    const struct book *book = broker->book;
    const struct principal *who = book_number(book, caller->principal);
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;
    Tocsin__V1__CaseList list = TOCSIN__V1__CASE_LIST__INIT;

    list.cases =
        arena_take(&broker->arena, CASES_PER_PAGE * sizeof *list.cases);
    for (size_t i = book->alert_count; i > 0 && !list.more; i--) {
        const struct alert *alert = book->alerts[i - 1];

        if (!is_asked_for(broker, who, alert, ask))
            continue;
        if (list.n_cases == CASES_PER_PAGE)
            list.more = true;
        else
            list.cases[list.n_cases++] = summarise(broker, alert);
    }
    reply.status = TOCSIN__V1__STATUS__STATUS_OK;
    reply.body_case = TOCSIN__V1__REPLY__BODY_CASE_LIST;
    reply.case_list = &list;
    reply_send(broker, caller, &reply, now_ms);
}
