/* tocsin cases, case: who answers for which child. */
#include "common/numbers.h"
#include "common/say.h"
#include "common/table.h"
#include "common/words.h"
#include "tocsin/case_file.h"
#include "tocsin/commands.h"

static enum page take_cases(struct session *session,
                            Tocsin__V1__Request *request,
                            const Tocsin__V1__Reply *reply,
                            ProtobufCMessage **whole)
{
    const Tocsin__V1__CaseList *page;

    (void)session;
    if (reply->body_case != TOCSIN__V1__REPLY__BODY_CASE_LIST)
        return PAGE_STRANGE;
    page = reply->case_list;
    page_append(whole, &page->base);
    if (!page->more)
        return PAGE_LAST;
    if (page->n_cases == 0)
        return PAGE_STRANGE;
    request->list_cases->before = page->cases[page->n_cases - 1]->sequence;
    return PAGE_MORE;
}

static const char *end_words(const Tocsin__V1__CaseSummary *summary)
{
    if (summary->outcome != TOCSIN__V1__OUTCOME__OUTCOME_UNSPECIFIED)
        return word_text(words_outcome, (int)summary->outcome);
    return summary->waiting == TOCSIN__V1__OUTCOME__OUTCOME_UNSPECIFIED
               ? ""
               : "waits for a second";
}

static void print_cases(const Tocsin__V1__CaseList *list)
{
    static const char *const heads[] = {"CASE",      "STATE",  "ALERT STATE",
                                        "REPORTED",  "LEAD",   ">UNSEEN",
                                        "LAST STEP", "OUTCOME"};
    struct table *table = table_new(heads, 8);
    char text[TIME_TEXT_MAX];

    for (size_t i = 0; i < list->n_cases; i++) {
        const Tocsin__V1__CaseSummary *summary = list->cases[i];

        table_cell(table, "%s", summary->case_number);
        table_cell(table, "%s%s", word_text(words_case, (int)summary->state),
                   summary->exercise ? ", exercise" : "");
        table_cell(table, "%s",
                   word_text(words_state, (int)summary->alert_state));
        table_cell(table, "%s", time_text(summary->reported_ms, text));
        table_cell(table, "%s",
                   summary->lead[0] == '\0' ? "NOBODY" : summary->lead);
        table_cell(table, "%u", summary->unanswered);
        table_cell(table, "%s", time_text(summary->stepped_ms, text));
        table_cell(table, "%s", end_words(summary));
    }
    table_print(table, stdout);
    table_free(table);
    say_to(stderr, "%zu cases", list->n_cases);
}

static enum outcome cases(struct session *session, bool all, const char *lead)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ListCases list = TOCSIN__V1__LIST_CASES__INIT;
    ProtobufCMessage *whole = NULL;
    enum outcome outcome = session_open(session);

    request.body_case = TOCSIN__V1__REQUEST__BODY_LIST_CASES;
    request.list_cases = &list;
    list.closed = all;
    if (lead != NULL)
        list.lead = (char *)(uintptr_t)lead;
    if (outcome == OUTCOME_DONE)
        outcome = page_all(session, &request, take_cases, &whole);
    if (outcome == OUTCOME_DONE && session->json)
        session_print(whole, false);
    else if (outcome == OUTCOME_DONE)
        print_cases((Tocsin__V1__CaseList *)whole);
    if (whole != NULL)
        protobuf_c_message_free_unpacked(whole, NULL);
    return outcome;
}

enum outcome command_cases(struct session *session, int argc, char **argv)
{
    bool all = false;
    const char *lead = NULL;
    const struct option_row rows[] = {
        {.name = "all", .flag = &all, .help = "solved and sealed ones too"},
        {.name = "lead",
         .value = "ID",
         .text = &lead,
         .help = "only those of this lead"}};
    struct command_line line = {
        .usage = "tocsin cases [--all] [--lead ID]",
        .about = "The children who are not found yet, and who answers for "
                 "each. UNSEEN: sightings that\nnobody has looked at.",
        .own = OPTION_TABLE(rows),
        .shared = session_options(session)};
    bool go;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    return go ? cases(session, all, lead) : outcome;
}

enum outcome command_case(struct session *session, int argc, char **argv)
{
    struct command_line line = {
        .usage = "tocsin case CASE",
        .about = "CASE: its number, the alert's id, or the beginning of that "
                 "(4 letters or more).",
        .shared = session_options(session),
        .word_min = 1,
        .word_max = 1};
    const Tocsin__V1__CaseFile *file;
    bool go;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    if (!go)
        return outcome;
    outcome = session_open(session);
    if (outcome == OUTCOME_DONE)
        outcome = case_ask(session, line.words[0], &file);
    if (outcome == OUTCOME_DONE)
        case_print(session, file);
    return outcome;
}
