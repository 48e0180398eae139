/** What tocsind does: each takes its own arguments and gives an exit code. */
#ifndef TOCSIN_TOCSIND_COMMANDS_H
#define TOCSIN_TOCSIND_COMMANDS_H

#include "base/status.h"

/* 0 done, 1 refused, 2 wrong usage, 3 cannot reach the broker, 4 local. */
enum exit_code { EXIT_DONE, EXIT_REFUSED, EXIT_USAGE, EXIT_REACH, EXIT_LOCAL };

int command_init(int argc, char **argv);
int command_run(int argc, char **argv);
int command_journal(int argc, char **argv);
int command_archive(int argc, char **argv);
int command_backup(int argc, char **argv);
int command_report_period(int argc, char **argv);
int command_restore(int argc, char **argv);

/** Says why on standard error; gives the exit code that fits. */
int command_failed(const struct diag *why);

#endif
