/** The commands. argv[0] is the command's name; options are read within. */
#ifndef TOCSIN_PROGRAM_COMMANDS_H
#define TOCSIN_PROGRAM_COMMANDS_H

#include "tocsin/session.h"

typedef enum outcome command_run(struct session *session, int argc,
                                 char **argv);

/* setting up */
command_run command_init;
command_run command_journal;
command_run command_keygen;
command_run command_enrol;
command_run command_revoke;
command_run command_principals;
command_run command_invitations;

/* alerting */
command_run command_report;
command_run command_target;
command_run command_revise;
command_run command_widen;
command_run command_withdraw;

/* looking */
command_run command_alerts;
command_run command_show;
command_run command_looks;
command_run command_picture;
command_run command_board;
command_run command_drill;
command_run command_watch;

/* cases */
command_run command_cases;
command_run command_case;
command_run command_lead;
command_run command_duty;
command_run command_stand;
command_run command_reopen;
command_run command_solve;
command_run command_sightings;
command_run command_triage;
command_run command_overdue;
command_run command_supervised;
command_run command_supervise;
command_run command_lift;
command_run command_confirm;
command_run command_seal;

/* found children */
command_run command_found;
command_run command_likely;
command_run found_resolve;

/* samples */
command_run command_sample;
command_run command_match;
command_run command_lab;
command_run command_check_sample;

/** Read the options of a command; *go: whether to go on. */
enum outcome command_begin(struct command_line *line, int argc, char **argv,
                           bool *go);

#endif
