/* tocsin sample, match: DNA samples of the child's kin, and what they match. */
#include "common/numbers.h"
#include "common/say.h"
#include "common/words.h"
#include "tocsin/case_file.h"
#include "tocsin/commands.h"

static char *text_or_none(const char *text)
{
    return (char *)(uintptr_t)(text != NULL ? text : "");
}

/* ---- sample ---- */

struct sample_flags {
    const char *of;
    const char *state;
    const char *reason;
};

static enum outcome sample(struct session *session, const char *const *words,
                           const struct sample_flags *flags)
{
    Tocsin__V1__CaseOrder order = TOCSIN__V1__CASE_ORDER__INIT;
    Tocsin__V1__NoteSample note = TOCSIN__V1__NOTE_SAMPLE__INIT;
    int relation;
    int state;

    if (flags->of == NULL ||
        !word_value(words_relation, flags->of, &relation)) {
        word_complain(words_relation, "of");
        return OUTCOME_USAGE;
    }
    if (flags->state == NULL ||
        !word_value(words_sample, flags->state, &state)) {
        word_complain(words_sample, "state");
        return OUTCOME_USAGE;
    }
    note.kit = text_or_none(words[1]);
    note.relation = (Tocsin__V1__Relation)relation;
    note.state = (Tocsin__V1__SampleState)state;
    note.reason = text_or_none(flags->reason);
    order.step_case = TOCSIN__V1__CASE_ORDER__STEP_NOTE_SAMPLE;
    order.note_sample = &note;
    return case_order(session, words[0], &order);
}

enum outcome command_sample(struct session *session, int argc, char **argv)
{
    struct sample_flags flags = {0};
    const struct option_row rows[] = {
        {.name = "of",
         .value = "KIN",
         .text = &flags.of,
         .help = "mother, father, sibling or other-kin"},
        {.name = "state",
         .value = "STATE",
         .text = &flags.state,
         .help = "due, taken, sent, failed or impossible"},
        {.name = "reason",
         .value = "TEXT",
         .text = &flags.reason,
         .help = "required for failed and impossible"}};
    struct command_line line = {
        .usage = "tocsin sample CASE [KIT] --of KIN --state STATE "
                 "[--reason TEXT]",
        .about =
            "How far a sample of the child's kin has come. KIT: the number "
            "of its kit, which is good once;\nnone only where no sample "
            "can ever be taken. That one is in the library the "
            "laboratory says.",
        .own = OPTION_TABLE(rows),
        .shared = session_options(session),
        .word_min = 1,
        .word_max = 2};
    bool go;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    return go ? sample(session, line.words, &flags) : outcome;
}

/* ---- match ---- */

static enum outcome match(struct session *session, const char *const *words,
                          const char *reason)
{
    Tocsin__V1__CaseOrder order = TOCSIN__V1__CASE_ORDER__INIT;
    Tocsin__V1__DecideMatch decide = TOCSIN__V1__DECIDE_MATCH__INIT;
    int64_t sequence;
    int decision;

    if (!number_whole(words[1], 1, INT64_MAX, &sequence)) {
        complain("MATCH: must be a number, as tocsin case shows it");
        return OUTCOME_USAGE;
    }
    if (!word_value(words_decision, words[2], &decision)) {
        word_complain(words_decision, "DECISION");
        return OUTCOME_USAGE;
    }
    if (reason == NULL) {
        complain("--reason is missing: say why, it is kept");
        return OUTCOME_USAGE;
    }
    decide.match = (uint64_t)sequence;
    decide.decision = (Tocsin__V1__MatchDecision)decision;
    decide.reason = text_or_none(reason);
    order.step_case = TOCSIN__V1__CASE_ORDER__STEP_DECIDE_MATCH;
    order.decide_match = &decide;
    return case_order(session, words[0], &order);
}

enum outcome command_match(struct session *session, int argc, char **argv)
{
    const char *reason = NULL;
    const struct option_row rows[] = {{.name = "reason",
                                       .value = "TEXT",
                                       .text = &reason,
                                       .help = "kept with the case"}};
    struct command_line line = {
        .usage = "tocsin match CASE MATCH DECISION --reason TEXT",
        .about = "What the lead makes of a match that a laboratory has "
                 "reported. DECISION: accept, reject,\nor again: both are to "
                 "be taken and compared again. It solves nothing by itself: "
                 "see\ntocsin solve.",
        .own = OPTION_TABLE(rows),
        .shared = session_options(session),
        .word_min = 3,
        .word_max = 3};
    bool go;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    return go ? match(session, line.words, reason) : outcome;
}
