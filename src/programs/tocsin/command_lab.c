/* tocsin lab, check-sample: what a laboratory says, what a registry office
 * asks. */
#include <stdlib.h>
#include <string.h>

#include <tocsin/laboratory.h>

#include "common/numbers.h"
#include "common/say.h"
#include "common/words.h"
#include "tocsin/commands.h"

/* ---- lab ---- */

/* The same bytes until there is an answer: it is one word. */
static enum outcome say_word(struct session *session,
                             const Tocsin__V1__LabWord *word)
{
    struct tocsin_diag why = {0};
    const Tocsin__V1__Reply *reply = NULL;
    uint8_t *request;
    size_t size;
    enum outcome outcome;
    enum tocsin_status status =
        tocsin_lab_prepare(&request, &size, word, session->bundle, &why);

    if (status != TOCSIN_OK)
        return outcome_say(status, &why, NULL);
    status = tocsin_client_call_packed(session->client, request, size, &reply,
                                       session->timeout_ms, &why);
    free(request);
    if (status != TOCSIN_OK)
        return outcome_say(status, &why, NULL);
    outcome = reply_outcome(reply);
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (session->json)
        session_print(&reply->base, false);
    else
        say("%s %llu",
            reply->status == TOCSIN__V1__STATUS__STATUS_DUPLICATE
                ? "recorded before, as"
                : "recorded as",
            (unsigned long long)reply->sequence);
    return OUTCOME_DONE;
}

static void print_status(const Tocsin__V1__SampleStatus *status)
{
    char text[TIME_TEXT_MAX];

    say("%s since %s", word_text(words_sample, (int)status->state),
        time_text(status->since_ms, text));
    for (size_t i = 0; i < status->n_matches; i++) {
        const Tocsin__V1__LabMatchState *match = status->matches[i];

        say("match %llu: %s", (unsigned long long)match->match,
            match->decision ==
                    TOCSIN__V1__MATCH_DECISION__MATCH_DECISION_UNSPECIFIED
                ? "waits for the lead"
                : word_text(words_decision, (int)match->decision));
    }
}

static enum outcome look(struct session *session, const char *kit)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ShowSample show = TOCSIN__V1__SHOW_SAMPLE__INIT;
    const Tocsin__V1__Reply *reply;
    enum outcome outcome;

    show.kit = (char *)(uintptr_t)kit;
    request.body_case = TOCSIN__V1__REQUEST__BODY_SHOW_SAMPLE;
    request.show_sample = &show;
    outcome = session_ask(session, &request, &reply);
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (reply->body_case != TOCSIN__V1__REPLY__BODY_SAMPLE_STATUS) {
        complain("the broker answered something else");
        return OUTCOME_REFUSED;
    }
    if (session->json)
        session_print(&reply->sample_status->base, false);
    else
        print_status(reply->sample_status);
    return OUTCOME_DONE;
}

static enum outcome wrong_usage(void)
{
    complain("say received KIT, failed KIT, match CHILD KIN [KIN], or look "
             "KIT");
    return OUTCOME_USAGE;
}

static enum outcome lab(struct session *session,
                        const struct command_line *line, const char *report)
{
    Tocsin__V1__LabWord word = TOCSIN__V1__LAB_WORD__INIT;
    Tocsin__V1__LabReceived received = TOCSIN__V1__LAB_RECEIVED__INIT;
    Tocsin__V1__LabFailed failed = TOCSIN__V1__LAB_FAILED__INIT;
    Tocsin__V1__LabMatch match = TOCSIN__V1__LAB_MATCH__INIT;
    char *kits[3] = {NULL};
    bool is_match = strcmp(line->words[0], "match") == 0;
    bool is_look = strcmp(line->words[0], "look") == 0;
    enum outcome outcome;

    for (size_t i = 1; i < line->word_count; i++)
        kits[i - 1] = (char *)(uintptr_t)line->words[i];
    if (is_match ? line->word_count < 3 : line->word_count != 2)
        return wrong_usage();
    if (report != NULL)
        word.report = (char *)(uintptr_t)report;
    if (strcmp(line->words[0], "received") == 0) {
        received.kit = kits[0];
        word.word_case = TOCSIN__V1__LAB_WORD__WORD_RECEIVED;
        word.received = &received;
    } else if (strcmp(line->words[0], "failed") == 0) {
        failed.kit = kits[0];
        word.word_case = TOCSIN__V1__LAB_WORD__WORD_FAILED;
        word.failed = &failed;
    } else if (is_match) {
        match.child_kit = kits[0];
        match.n_kin_kits = line->word_count - 2;
        match.kin_kits = kits + 1;
        word.word_case = TOCSIN__V1__LAB_WORD__WORD_MATCH;
        word.match = &match;
    } else if (!is_look) {
        return wrong_usage();
    }
    outcome = session_open(session);
    if (outcome != OUTCOME_DONE)
        return outcome;
    return is_look ? look(session, kits[0]) : say_word(session, &word);
}

enum outcome command_lab(struct session *session, int argc, char **argv)
{
    const char *report = NULL;
    const struct option_row rows[] = {
        {.name = "report",
         .value = "NUMBER",
         .text = &report,
         .help = "of the laboratory's own report; a match needs one"}};
    struct command_line line = {
        .usage = "tocsin lab received KIT | failed KIT | match CHILD KIN "
                 "[KIN] --report NUMBER | look KIT",
        .about = "For laboratories. received: the sample is in the library; "
                 "failed: it is to be taken again;\nmatch: the child of the "
                 "first kit may be that of the kin of the others; look: what "
                 "became of\na sample that this laboratory has spoken of. "
                 "Kit numbers only: no genotype, ever.",
        .own = OPTION_TABLE(rows),
        .shared = session_options(session),
        .word_min = 2,
        .word_max = 4};
    bool go;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    return go ? lab(session, &line, report) : outcome;
}

/* ---- check-sample ---- */

static const struct word words_answer[] = {
    {"clear", TOCSIN__V1__SAMPLE_ANSWER__SAMPLE_ANSWER_CLEAR},
    {"hold", TOCSIN__V1__SAMPLE_ANSWER__SAMPLE_ANSWER_HOLD},
    {"no sample", TOCSIN__V1__SAMPLE_ANSWER__SAMPLE_ANSWER_NO_SAMPLE},
    {NULL, 0}};

static enum outcome check(struct session *session, const char *kit)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__CheckSample body = TOCSIN__V1__CHECK_SAMPLE__INIT;
    const Tocsin__V1__Reply *reply;
    enum outcome outcome = session_open(session);

    body.kit = (char *)(uintptr_t)kit;
    request.body_case = TOCSIN__V1__REQUEST__BODY_CHECK_SAMPLE;
    request.check_sample = &body;
    if (outcome == OUTCOME_DONE)
        outcome = session_ask(session, &request, &reply);
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (reply->body_case != TOCSIN__V1__REPLY__BODY_SAMPLE_CHECK) {
        complain("the broker answered something else");
        return OUTCOME_REFUSED;
    }
    if (session->json)
        session_print(&reply->base, false);
    else
        say("%s  recorded as %llu",
            word_text(words_answer, (int)reply->sample_check->answer),
            (unsigned long long)reply->sequence);
    return OUTCOME_DONE;
}

enum outcome command_check_sample(struct session *session, int argc,
                                  char **argv)
{
    struct command_line line = {
        .usage = "tocsin check-sample KIT",
        .about = "For registry offices. clear: the sample is in the library "
                 "and no match of it waits or was\naccepted; hold: do not "
                 "register, one does, or it is not in the library yet; no "
                 "sample: the kit\nis unknown, or has failed. The question is "
                 "recorded.",
        .shared = session_options(session),
        .word_min = 1,
        .word_max = 1};
    bool go;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    return go ? check(session, line.words[0]) : outcome;
}
