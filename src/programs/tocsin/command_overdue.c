/* tocsin overdue: everything that is silent for too long. */
#include <stdlib.h>

#include "common/numbers.h"
#include "common/say.h"
#include "common/table.h"
#include "common/words.h"
#include "tocsin/commands.h"

static enum page take_overdue(struct session *session,
                              Tocsin__V1__Request *request,
                              const Tocsin__V1__Reply *reply,
                              ProtobufCMessage **whole)
{
    const Tocsin__V1__OverdueList *page;
    const Tocsin__V1__OverdueEntry *last;

    (void)session;
    if (reply->body_case != TOCSIN__V1__REPLY__BODY_OVERDUE_LIST)
        return PAGE_STRANGE;
    page = reply->overdue_list;
    page_append(whole, &page->base);
    if (!page->more)
        return PAGE_LAST;
    if (page->n_entries == 0)
        return PAGE_STRANGE;
    last = page->entries[page->n_entries - 1];
    request->list_overdue->after_report = last->report;
    request->list_overdue->after_kind = last->kind;
    request->list_overdue->after_subject = last->subject;
    return PAGE_MORE;
}

static void what_cell(struct table *table,
                      const Tocsin__V1__OverdueEntry *entry)
{
    switch (entry->kind) {
    case TOCSIN__V1__SILENCE__SILENCE_NODE:
        table_cell(table, "does not hold the alert");
        break;
    case TOCSIN__V1__SILENCE__SILENCE_LEAD:
        table_cell(table, "no lead");
        break;
    case TOCSIN__V1__SILENCE__SILENCE_DUTY:
        table_cell(table, "no entry for %s",
                   word_text(words_duty, (int)entry->subject));
        break;
    case TOCSIN__V1__SILENCE__SILENCE_SIGHTING:
        table_cell(table, "sighting %llu not looked at",
                   (unsigned long long)entry->subject);
        break;
    case TOCSIN__V1__SILENCE__SILENCE_SAMPLE:
        if (entry->subject == 0)
            table_cell(table, "no sample of the child's kin");
        else
            table_cell(table, "sample or match %llu waits",
                       (unsigned long long)entry->subject);
        break;
    default:
        table_cell(table, "?");
        break;
    }
}

static void print_overdue(const Tocsin__V1__OverdueList *list)
{
    static const char *const heads[] = {"CASE", "WHAT",     "WHO",
                                        "NAME", "DIVISION", ">SILENT FOR"};
    struct table *table = table_new(heads, 6);
    char text[TIME_TEXT_MAX];

    for (size_t i = 0; i < list->n_entries; i++) {
        const Tocsin__V1__OverdueEntry *entry = list->entries[i];
        const Tocsin__V1__Person *who = entry->who;

        table_cell(table, "%s%s", entry->case_number,
                   entry->exercise ? ", exercise" : "");
        what_cell(table, entry);
        table_cell(table, "%s", who == NULL ? "?" : who->id);
        table_cell(table, "%s", who == NULL ? "" : who->name);
        table_cell(table, "%s", who == NULL ? "" : who->division);
        table_cell(table, "%s",
                   duration_text(time_now_ms() - entry->since_ms, text));
    }
    table_print(table, stdout);
    table_free(table);
    say_to(stderr, "%zu overdue", list->n_entries);
}

static enum outcome overdue(struct session *session, const char *alert)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ListOverdue list = TOCSIN__V1__LIST_OVERDUE__INIT;
    ProtobufCMessage *whole = NULL;
    enum outcome outcome = session_open(session);

    if (alert != NULL)
        list.alert = (char *)(uintptr_t)alert;
    request.body_case = TOCSIN__V1__REQUEST__BODY_LIST_OVERDUE;
    request.list_overdue = &list;
    if (outcome == OUTCOME_DONE)
        outcome = page_all(session, &request, take_overdue, &whole);
    if (outcome == OUTCOME_DONE && session->json)
        session_print(whole, false);
    else if (outcome == OUTCOME_DONE)
        print_overdue((Tocsin__V1__OverdueList *)whole);
    if (whole != NULL)
        protobuf_c_message_free_unpacked(whole, NULL);
    return outcome;
}

enum outcome command_overdue(struct session *session, int argc, char **argv)
{
    struct command_line line = {
        .usage = "tocsin overdue [CASE]",
        .about = "Who should have spoken and has not: nodes that do not hold "
                 "an alert, cases without a\nlead, duties without an entry, "
                 "sightings that nobody has looked at, samples of the\nchild's "
                 "kin that nobody has taken, matches that nobody has "
                 "decided. Each ends by itself\nwith the word that is missing.",
        .shared = session_options(session),
        .word_max = 1};
    bool go;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    return go ? overdue(session, line.words[0]) : outcome;
}
