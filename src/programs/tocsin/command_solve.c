/* tocsin solve, confirm: how a case ends. */
#include "common/say.h"
#include "common/words.h"
#include "tocsin/case_file.h"
#include "tocsin/commands.h"

struct end_flags {
    const char *outcome;
    const char *receiver;
    const char *papers;
    const char *text;
};

static void put(char **field, const char *text)
{
    if (text != NULL)
        *field = (char *)(uintptr_t)text;
}

static enum outcome read_outcome(const char *text, Tocsin__V1__Outcome *outcome)
{
    int value;

    if (text == NULL || !word_value(words_outcome, text, &value)) {
        word_complain(words_outcome, "outcome");
        return OUTCOME_USAGE;
    }
    *outcome = (Tocsin__V1__Outcome)value;
    return OUTCOME_DONE;
}

static enum outcome solve(struct session *session, const char *alert,
                          const struct end_flags *flags)
{
    Tocsin__V1__CaseOrder order = TOCSIN__V1__CASE_ORDER__INIT;
    Tocsin__V1__Solve end = TOCSIN__V1__SOLVE__INIT;
    enum outcome outcome = read_outcome(flags->outcome, &end.outcome);

    if (outcome != OUTCOME_DONE)
        return outcome;
    put(&end.receiver, flags->receiver);
    put(&end.papers, flags->papers);
    put(&end.text, flags->text);
    order.step_case = TOCSIN__V1__CASE_ORDER__STEP_SOLVE;
    order.solve = &end;
    return case_order(session, alert, &order);
}

enum outcome command_solve(struct session *session, int argc, char **argv)
{
    struct end_flags flags = {0};
    const struct option_row rows[] = {
        {.name = "outcome",
         .value = "OUTCOME",
         .text = &flags.outcome,
         .help = "returned, civil-affairs, runaway, lost, rescued, death, "
                 "false-report"},
        {.name = "receiver",
         .value = "TEXT",
         .text = &flags.receiver,
         .help = "who has the child now; needed but for the last two"},
        {.name = "papers",
         .value = "TEXT",
         .text = &flags.papers,
         .help = "civil-affairs: the papers of the hand-over"},
        {.name = "text",
         .value = "TEXT",
         .text = &flags.text,
         .help = "kept with the case"}};
    struct command_line line = {
        .usage = "tocsin solve CASE --outcome OUTCOME --receiver TEXT "
                 "[options]",
        .about = "By the lead, once the alert is withdrawn. A death or a false "
                 "report waits until a\nsecond principal confirms it.",
        .own = OPTION_TABLE(rows),
        .shared = session_options(session),
        .word_min = 1,
        .word_max = 1};
    bool go;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    return go ? solve(session, line.words[0], &flags) : outcome;
}

static enum outcome confirm(struct session *session, const char *alert,
                            const struct end_flags *flags)
{
    Tocsin__V1__CaseOrder order = TOCSIN__V1__CASE_ORDER__INIT;
    Tocsin__V1__ConfirmOutcome end = TOCSIN__V1__CONFIRM_OUTCOME__INIT;
    enum outcome outcome = read_outcome(flags->outcome, &end.outcome);

    if (outcome != OUTCOME_DONE)
        return outcome;
    put(&end.text, flags->text);
    order.step_case = TOCSIN__V1__CASE_ORDER__STEP_CONFIRM_OUTCOME;
    order.confirm_outcome = &end;
    return case_order(session, alert, &order);
}

enum outcome command_confirm(struct session *session, int argc, char **argv)
{
    struct end_flags flags = {0};
    const struct option_row rows[] = {
        {.name = "outcome",
         .value = "OUTCOME",
         .text = &flags.outcome,
         .help = "the one that waits: death or false-report"},
        {.name = "text",
         .value = "TEXT",
         .text = &flags.text,
         .help = "kept with the case"}};
    struct command_line line = {
        .usage = "tocsin confirm CASE --outcome OUTCOME [--text TEXT]",
        .about = "As the second principal: a supervisor, a centre or an "
                 "officer of county rank or above,\nnever the one who said it "
                 "first.",
        .own = OPTION_TABLE(rows),
        .shared = session_options(session),
        .word_min = 1,
        .word_max = 1};
    bool go;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    return go ? confirm(session, line.words[0], &flags) : outcome;
}

/* ---- seal ---- */

enum outcome command_seal(struct session *session, int argc, char **argv)
{
    Tocsin__V1__CaseOrder order = TOCSIN__V1__CASE_ORDER__INIT;
    Tocsin__V1__Seal seal = TOCSIN__V1__SEAL__INIT;
    const char *reason = NULL;
    bool sure = false;
    const struct option_row rows[] = {
        {.name = "reason", .value = "TEXT", .text = &reason, .help = "why now"},
        {.name = "yes",
         .flag = &sure,
         .help = "it cannot be undone, and that is meant"}};
    struct command_line line = {
        .usage = "tocsin seal CASE --reason TEXT --yes",
        .about =
            "Forgets the child of a solved case: its key is destroyed, and "
            "with it all that is\npersonal in the journal, its archive, "
            "pictures and snapshots; every node is asked to\npurge it and to "
            "say so. By its lead or a supervisor. tocsin case CASE names who "
            "has not\nyet. Bring backups up to date afterwards: an older "
            "copy of the keyring still opens it.",
        .own = OPTION_TABLE(rows),
        .shared = session_options(session),
        .word_min = 1,
        .word_max = 1};
    bool go;
    enum outcome outcome = command_begin(&line, argc, argv, &go);

    if (!go)
        return outcome;
    if (reason == NULL || !sure) {
        complain("give --reason TEXT, and --yes: it cannot be undone");
        return OUTCOME_USAGE;
    }
    seal.reason = (char *)(uintptr_t)reason;
    order.step_case = TOCSIN__V1__CASE_ORDER__STEP_SEAL;
    order.seal = &seal;
    return case_order(session, line.words[0], &order);
}
