/* tocsin: what an operator, a supervisor and an administrator type. */
#include <stdio.h>
#include <string.h>

#include "common/files.h"
#include "common/say.h"
#include "tocsin/commands.h"

static const struct {
    const char *name;
    command_run *run;
    const char *help;
} commands[] = {
    {"init", command_init, "make a broker's home"},
    {"journal", command_journal, "verify, export, search, archive"},
    {"backup", command_journal, "copy a broker's home while it works"},
    {"restore", command_journal, "make a home of a backup"},
    {"report-period", command_journal, "the assessment of a stretch of time"},
    {"keygen", command_keygen, "make a key on this machine"},
    {"enrol", command_enrol, "add a principal, or thousands from a CSV"},
    {"revoke", command_revoke, "end a principal at once"},
    {"principals", command_principals, "who is enrolled"},
    {"invitations", command_invitations, "handhelds that have not come yet"},
    {"report", command_report, "a child is missing: raise the alert"},
    {"target", command_target, "whom a target would reach"},
    {"revise", command_revise, "replace the alert on every screen"},
    {"widen", command_widen, "reach further"},
    {"withdraw", command_withdraw, "take the alert off every screen"},
    {"alerts", command_alerts, "what is out"},
    {"show", command_show, "one alert in full, with its answers"},
    {"picture", command_picture, "fetch an alert's picture, or a sighting's"},
    {"looks", command_looks, "who has looked at the photographs of a case"},
    {"board", command_board, "who has it, node by node"},
    {"drill", command_drill, "an exercise over a target, and its score"},
    {"cases", command_cases, "who answers for which child"},
    {"case", command_case, "one case in full: lead, duties, steps"},
    {"lead", command_lead, "offer the lead of a case, accept, decline"},
    {"duty", command_duty, "who does a duty, and what was done"},
    {"sightings", command_sightings, "what was seen, and what is made of it"},
    {"triage", command_triage, "check, confirm, dismiss a sighting"},
    {"overdue", command_overdue, "who should have spoken and has not"},
    {"supervised", command_supervised, "who is watched, and why"},
    {"supervise", command_supervise, "put a case, node or district under it"},
    {"lift", command_lift, "end it, with a reason"},
    {"stand", command_stand, "let a case be quiet; it stays unsolved"},
    {"reopen", command_reopen, "open a case again"},
    {"solve", command_solve, "how a case ends"},
    {"confirm", command_confirm, "a death or a false report, as the second"},
    {"seal", command_seal, "forget the child of a solved case, everywhere"},
    {"found", command_found, "children of unknown origin: register, resolve"},
    {"likely", command_likely, "which found children a case's child may be"},
    {"sample", command_sample, "how far a DNA sample of the kin has come"},
    {"match", command_match, "what the lead makes of a laboratory's match"},
    {"lab", command_lab, "a laboratory: received, failed, match"},
    {"check-sample", command_check_sample, "a registry office: by kit number"},
    {"watch", command_watch, "follow everything live"},
};
#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

enum outcome command_begin(struct command_line *line, int argc, char **argv,
                           bool *go)
{
    enum parsed parsed = options_parse(line, argc, argv);

    *go = parsed == PARSED_GO;
    return parsed == PARSED_WRONG ? OUTCOME_USAGE : OUTCOME_DONE;
}

static void list_commands(char *out, size_t room)
{
    size_t used = 0;

    for (size_t i = 0; i < COMMAND_COUNT && used < room; i++)
        used += (size_t)snprintf(out + used, room - used, "  %-14s%s\n",
                                 commands[i].name, commands[i].help);
    if (used < room)
        (void)snprintf(out + used, room - used,
                       "\nEach has its own --help. Exit codes: 0 done, "
                       "1 refused, 2 wrong usage,\n3 cannot reach the broker, "
                       "4 local trouble.");
}

static enum outcome run(struct session *session, int argc, char **argv)
{
    char about[3000];
    struct command_line line = {.usage = "tocsin COMMAND [options]",
                                .about = about,
                                .shared = session_options(session)};
    enum parsed parsed;
    int at;

    list_commands(about, sizeof about);
    parsed = options_before(&line, argc, argv, &at);
    if (parsed != PARSED_GO)
        return parsed == PARSED_DONE ? OUTCOME_DONE : OUTCOME_USAGE;
    if (at >= argc) {
        complain("which command? See tocsin --help");
        return OUTCOME_USAGE;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i].name, argv[at]) == 0)
            return commands[i].run(session, argc - at, argv + at);
    }
    complain("%s: no such command; see tocsin --help", argv[at]);
    return OUTCOME_USAGE;
}

int main(int argc, char **argv)
{
    struct session session;
    enum outcome outcome;

    files_keep_standard();
    (void)setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* a pipe sees each line */
    session_init(&session);
    outcome = run(&session, argc, argv);
    session_done(&session);
    if ((fflush(stdout) != 0 || ferror(stdout) != 0) &&
        outcome == OUTCOME_DONE) {
        complain("standard output cannot be written");
        outcome = OUTCOME_LOCAL;
    }
    return (int)outcome;
}
