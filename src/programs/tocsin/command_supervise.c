/* tocsin supervised, supervise, lift: who is watched. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/numbers.h"
#include "common/say.h"
#include "common/words.h"
#include "tocsin/case_file.h"
#include "tocsin/commands.h"

static const struct word words_subject[] = {
    {"case", TOCSIN__V1__SUPERVISED__SUPERVISED_CASE},
    {"node", TOCSIN__V1__SUPERVISED__SUPERVISED_NODE},
    {"division", TOCSIN__V1__SUPERVISED__SUPERVISED_DIVISION},
    {NULL, 0}};

static const struct word words_rule[] = {
    {"no lead for twice the time allowed",
     TOCSIN__V1__SUPERVISION_RULE__SUPERVISION_RULE_NO_LEAD},
    {"silent about three alerts within 30 days",
     TOCSIN__V1__SUPERVISION_RULE__SUPERVISION_RULE_NODE_SILENT},
    {"half of its nodes silent about an alert",
     TOCSIN__V1__SUPERVISION_RULE__SUPERVISION_RULE_DIVISION_SILENT},
    {NULL, 0}};

/* ---- supervised ---- */

static enum page take_supervised(struct session *session,
                                 Tocsin__V1__Request *request,
                                 const Tocsin__V1__Reply *reply,
                                 ProtobufCMessage **whole)
{
    const Tocsin__V1__SupervisedList *page;

    (void)session;
    if (reply->body_case != TOCSIN__V1__REPLY__BODY_SUPERVISED_LIST)
        return PAGE_STRANGE;
    page = reply->supervised_list;
    page_append(whole, &page->base);
    if (!page->more)
        return PAGE_LAST;
    if (page->n_entries == 0)
        return PAGE_STRANGE;
    request->list_supervised->after =
        page->entries[page->n_entries - 1]->sequence;
    return PAGE_MORE;
}

static void say_entry(const Tocsin__V1__SupervisedEntry *entry)
{
    char time[TIME_TEXT_MAX];

    say("%s %s  %s", word_text(words_subject, (int)entry->kind), entry->subject,
        entry->name);
    if (entry->by[0] == '\0')
        say("    since %s, by rule: %s", time_text(entry->since_ms, time),
            word_text(words_rule, (int)entry->rule));
    else
        say("    since %s, by officer %s of %s: %s",
            time_text(entry->since_ms, time), entry->officer, entry->by,
            entry->reason);
    for (size_t i = 0; i < entry->n_facts; i++)
        say("    fact %llu: tocsin journal search HOME --from %llu",
            (unsigned long long)entry->facts[i],
            (unsigned long long)entry->facts[i]);
}

static void print_supervised(const Tocsin__V1__SupervisedList *list)
{
    for (size_t i = 0; i < list->n_entries; i++)
        say_entry(list->entries[i]);
    say_to(stderr, "%zu under supervision", list->n_entries);
}

enum outcome command_supervised(struct session *session, int argc, char **argv)
{
    struct command_line line = {
        .usage = "tocsin supervised",
        .about = "The cases, nodes and districts under supervision, with the "
                 "facts behind each.",
        .shared = session_options(session)};
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ListSupervised list = TOCSIN__V1__LIST_SUPERVISED__INIT;
    ProtobufCMessage *whole = NULL;
    bool go;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    if (!go)
        return outcome;
    request.body_case = TOCSIN__V1__REQUEST__BODY_LIST_SUPERVISED;
    request.list_supervised = &list;
    outcome = session_open(session);
    if (outcome == OUTCOME_DONE)
        outcome = page_all(session, &request, take_supervised, &whole);
    if (outcome == OUTCOME_DONE && session->json)
        session_print(whole, false);
    else if (outcome == OUTCOME_DONE)
        print_supervised((Tocsin__V1__SupervisedList *)whole);
    if (whole != NULL)
        protobuf_c_message_free_unpacked(whole, NULL);
    return outcome;
}

/* ---- supervise, lift ---- */

struct supervise_flags {
    const char *reason;
    const char *officer;
};

/* A case is named as everywhere; the broker wants its id. */
static enum outcome find_subject(struct session *session, int kind,
                                 const char *word, const char **subject)
{
    const Tocsin__V1__CaseFile *file;
    enum outcome outcome;

    *subject = word;
    if (kind != TOCSIN__V1__SUPERVISED__SUPERVISED_CASE)
        return OUTCOME_DONE;
    outcome = case_ask(session, word, &file);
    if (outcome == OUTCOME_DONE)
        *subject = pool_text(&session->pool, file->alert_id);
    return outcome;
}

static enum outcome send(struct session *session, int kind, const char *subject,
                         const struct supervise_flags *flags, bool lift)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Supervise put = TOCSIN__V1__SUPERVISE__INIT;
    Tocsin__V1__LiftSupervision lifted = TOCSIN__V1__LIFT_SUPERVISION__INIT;
    const Tocsin__V1__Reply *reply;

    put.kind = lifted.kind = (Tocsin__V1__Supervised)kind;
    put.subject = lifted.subject = (char *)(uintptr_t)subject;
    put.reason = lifted.reason = (char *)(uintptr_t)flags->reason;
    put.officer = lifted.officer = (char *)(uintptr_t)flags->officer;
    if (lift) {
        request.body_case = TOCSIN__V1__REQUEST__BODY_LIFT_SUPERVISION;
        request.lift_supervision = &lifted;
    } else {
        request.body_case = TOCSIN__V1__REQUEST__BODY_SUPERVISE;
        request.supervise = &put;
    }
    return session_ask(session, &request, &reply);
}

static enum outcome change(struct session *session, const char *const *words,
                           const struct supervise_flags *flags, bool lift)
{
    const char *subject;
    enum outcome outcome;
    int kind;

    if (!word_value(words_subject, words[0], &kind)) {
        word_complain(words_subject, "KIND");
        return OUTCOME_USAGE;
    }
    if (flags->reason == NULL || flags->officer == NULL) {
        complain("give --reason TEXT and --officer NO: both are kept");
        return OUTCOME_USAGE;
    }
    outcome = session_open(session);
    if (outcome == OUTCOME_DONE)
        outcome = find_subject(session, kind, words[1], &subject);
    if (outcome == OUTCOME_DONE)
        outcome = send(session, kind, subject, flags, lift);
    if (outcome == OUTCOME_DONE)
        say("%s %s %s", words[0], words[1],
            lift ? "is not under supervision any more"
                 : "is under supervision");
    return outcome;
}

static enum outcome read_change(struct session *session, int argc, char **argv,
                                struct command_line *line, bool lift)
{
    struct supervise_flags flags = {0};
    const struct option_row rows[] = {
        {.name = "reason",
         .value = "TEXT",
         .text = &flags.reason,
         .help = "kept; nothing that tells of a child"},
        {.name = "officer",
         .value = "NO",
         .text = &flags.officer,
         .help = "service number of the person who says so"}};
    bool go;
    enum outcome outcome;

    line->own = OPTION_TABLE(rows);
    line->shared = session_options(session);
    line->word_min = line->word_max = 2;
    outcome = command_begin(line, argc, argv, &go);
    return go ? change(session, line->words, &flags, lift) : outcome;
}

enum outcome command_supervise(struct session *session, int argc, char **argv)
{
    struct command_line line = {
        .usage = "tocsin supervise KIND SUBJECT --reason TEXT --officer NO",
        .about = "KIND and SUBJECT: case CASE, node ID or division CODE. By a "
                 "supervisor or an officer of\nprefecture rank or above."};

    return read_change(session, argc, argv, &line, false);
}

enum outcome command_lift(struct session *session, int argc, char **argv)
{
    struct command_line line = {
        .usage = "tocsin lift KIND SUBJECT --reason TEXT --officer NO",
        .about = "Ends the supervision of case CASE, node ID or division CODE. "
                 "Nothing else ends it; the\nlead of a case does not lift it."};

    return read_change(session, argc, argv, &line, true);
}
