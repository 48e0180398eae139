/* tocsin lead, duty, stand, reopen: orders about a case. */
#include "common/say.h"
#include "common/words.h"
#include "tocsin/case_file.h"
#include "tocsin/commands.h"

static char *text_or_none(const char *text)
{
    return (char *)(uintptr_t)(text != NULL ? text : "");
}

/* ---- lead ---- */

struct lead_flags {
    const char *offer;
    const char *reason;
    bool accept;
    bool decline;
};

static enum outcome lead(struct session *session, const char *alert,
                         const struct lead_flags *flags)
{
    Tocsin__V1__CaseOrder order = TOCSIN__V1__CASE_ORDER__INIT;
    Tocsin__V1__OfferLead offer = TOCSIN__V1__OFFER_LEAD__INIT;
    Tocsin__V1__AcceptLead accept = TOCSIN__V1__ACCEPT_LEAD__INIT;
    Tocsin__V1__DeclineLead decline = TOCSIN__V1__DECLINE_LEAD__INIT;

    if ((flags->offer != NULL) + flags->accept + flags->decline != 1) {
        complain("say one of --offer ID, --accept, --decline");
        return OUTCOME_USAGE;
    }
    if (flags->offer != NULL) {
        offer.officer = text_or_none(flags->offer);
        offer.reason = text_or_none(flags->reason);
        order.step_case = TOCSIN__V1__CASE_ORDER__STEP_OFFER_LEAD;
        order.offer_lead = &offer;
    } else if (flags->accept) {
        order.step_case = TOCSIN__V1__CASE_ORDER__STEP_ACCEPT_LEAD;
        order.accept_lead = &accept;
    } else {
        decline.reason = text_or_none(flags->reason);
        order.step_case = TOCSIN__V1__CASE_ORDER__STEP_DECLINE_LEAD;
        order.decline_lead = &decline;
    }
    return case_order(session, alert, &order);
}

enum outcome command_lead(struct session *session, int argc, char **argv)
{
    struct lead_flags flags = {0};
    const struct option_row rows[] = {
        {.name = "offer",
         .value = "ID",
         .text = &flags.offer,
         .help = "to this officer, of county rank or above"},
        {.name = "accept",
         .flag = &flags.accept,
         .help = "take what is "
                 "offered"},
        {.name = "decline", .flag = &flags.decline, .help = "with --reason"},
        {.name = "reason",
         .value = "TEXT",
         .text = &flags.reason,
         .help = "kept with the case"}};
    struct command_line line = {
        .usage = "tocsin lead CASE --offer ID | --accept | --decline --reason "
                 "TEXT",
        .about = "Who answers for the child. The former lead does until the "
                 "next one has accepted.",
        .own = OPTION_TABLE(rows),
        .shared = session_options(session),
        .word_min = 1,
        .word_max = 1};
    bool go;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    return go ? lead(session, line.words[0], &flags) : outcome;
}

/* ---- duty ---- */

static enum outcome duty(struct session *session, const char *const *words,
                         const char *owner, const char *text)
{
    Tocsin__V1__CaseOrder order = TOCSIN__V1__CASE_ORDER__INIT;
    Tocsin__V1__AssignDuty assign = TOCSIN__V1__ASSIGN_DUTY__INIT;
    Tocsin__V1__LogDuty entry = TOCSIN__V1__LOG_DUTY__INIT;
    int which;

    if (!word_value(words_duty, words[1], &which)) {
        word_complain(words_duty, "DUTY");
        return OUTCOME_USAGE;
    }
    if ((owner != NULL) == (text != NULL)) {
        complain("say one of --owner ID, --log TEXT");
        return OUTCOME_USAGE;
    }
    if (owner != NULL) {
        assign.duty = (Tocsin__V1__Duty)which;
        assign.owner = text_or_none(owner);
        order.step_case = TOCSIN__V1__CASE_ORDER__STEP_ASSIGN_DUTY;
        order.assign_duty = &assign;
    } else {
        entry.duty = (Tocsin__V1__Duty)which;
        entry.text = text_or_none(text);
        order.step_case = TOCSIN__V1__CASE_ORDER__STEP_LOG_DUTY;
        order.log_duty = &entry;
    }
    return case_order(session, words[0], &order);
}

enum outcome command_duty(struct session *session, int argc, char **argv)
{
    const char *owner = NULL;
    const char *text = NULL;
    const struct option_row rows[] = {
        {.name = "owner",
         .value = "ID",
         .text = &owner,
         .help = "this officer or centre does it from now on"},
        {.name = "log",
         .value = "TEXT",
         .text = &text,
         .help = "what was done"}};
    struct command_line line = {
        .usage = "tocsin duty CASE DUTY --owner ID | --log TEXT",
        .about = "DUTY: investigation, rescue or comfort (of the family). The "
                 "lead does each until\nsomebody else is named.",
        .own = OPTION_TABLE(rows),
        .shared = session_options(session),
        .word_min = 2,
        .word_max = 2};
    bool go;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    return go ? duty(session, line.words, owner, text) : outcome;
}

/* ---- stand, reopen ---- */

static enum outcome read_reason(struct session *session, int argc, char **argv,
                                struct command_line *line, const char **reason,
                                bool *go)
{
    const struct option_row rows[] = {{.name = "reason",
                                       .value = "TEXT",
                                       .text = reason,
                                       .help = "kept with the case"}};
    enum outcome outcome;

    line->own = OPTION_TABLE(rows);
    line->shared = session_options(session);
    line->word_min = line->word_max = 1;
    outcome = command_begin(line, argc, argv, go);
    if (*go && *reason == NULL) {
        complain("--reason is missing: say why, it is kept");
        *go = false;
        return OUTCOME_USAGE;
    }
    return outcome;
}

enum outcome command_stand(struct session *session, int argc, char **argv)
{
    Tocsin__V1__CaseOrder order = TOCSIN__V1__CASE_ORDER__INIT;
    Tocsin__V1__Stand stand = TOCSIN__V1__STAND__INIT;
    struct command_line line = {
        .usage = "tocsin stand CASE --reason TEXT",
        .about = "Everything that could be done has been. The case stays "
                 "unsolved and keeps its lead."};
    const char *reason = NULL;
    bool go;
    enum outcome outcome =
        read_reason(session, argc, argv, &line, &reason, &go);

    if (!go)
        return outcome;
    stand.reason = text_or_none(reason);
    order.step_case = TOCSIN__V1__CASE_ORDER__STEP_STAND;
    order.stand = &stand;
    return case_order(session, line.words[0], &order);
}

enum outcome command_reopen(struct session *session, int argc, char **argv)
{
    Tocsin__V1__CaseOrder order = TOCSIN__V1__CASE_ORDER__INIT;
    Tocsin__V1__Reopen reopen = TOCSIN__V1__REOPEN__INIT;
    struct command_line line = {
        .usage = "tocsin reopen CASE --reason TEXT",
        .about = "A case that stands: by its lead. A solved one: by its lead "
                 "or from above."};
    const char *reason = NULL;
    bool go;
    enum outcome outcome =
        read_reason(session, argc, argv, &line, &reason, &go);

    if (!go)
        return outcome;
    reopen.reason = text_or_none(reason);
    order.step_case = TOCSIN__V1__CASE_ORDER__STEP_REOPEN;
    order.reopen = &reopen;
    return case_order(session, line.words[0], &order);
}
