#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "tocsind/commands.h"
#include "tocsind/home.h"
#include "wire/keys.h"

static const char help[] =
    "tocsind - the broker of Tocsin, the rapid alert for missing children\n"
    "\n"
    "usage: tocsind init HOME [--host ADDRESS] [--command-port N]\n"
    "                         [--feed-port N] [--field-port N]\n"
    "       tocsind run HOME [--maintenance | --where]\n"
    "       tocsind journal verify HOME\n"
    "       tocsind journal export HOME [--from SEQUENCE]\n"
    "       tocsind journal search HOME [--from SEQUENCE]\n"
    "                              [--alert ID|CASE] [--node ID]\n"
    "                              [--kit NUMBER] [--found ID]\n"
    "                              [--since TIME] [--until TIME]\n"
    "       tocsind journal archive HOME [--keep-days N]\n"
    "       tocsind report-period HOME --from TIME --to TIME [--by LEVEL]\n"
    "                             [--nodes] [--csv | --json]\n"
    "       tocsind backup HOME FOLDER\n"
    "       tocsind restore BACKUP HOME\n"
    "       tocsind --help | --version\n"
    "\n"
    "init     makes a home: keys, tocsin.conf, journal, division table, and\n"
    "         the key bundle of its first administrator\n"
    "run      serves until SIGTERM; prints 'ready command=... feed=...\n"
    "         field=...' when it does; logs go to standard error; SIGHUP:\n"
    "         log_level is read anew, and no closed shell ends it\n"
    "         --maintenance: only the command desk, on a free loopback port\n"
    "         --where: only say where it serves, by its tocsin.conf\n"
    "journal  verify checks the hash chain and every record; export and\n"
    "         search print one line of JSON per fact (personal data\n"
    "         included: mind who reads it); archive moves what is older than\n"
    "         N days (365) into HOME/archive, where the others find it. The\n"
    "         broker may be running\n"
    "report-period  prints the assessment of a stretch of time, without\n"
    "         personal data; see its --help\n"
    "backup   copies a home, also while the broker works, and verifies the\n"
    "         copy; the same folder again brings it up to date\n"
    "restore  makes a new home of a backup, under a new epoch\n"
    "\n"
    "exit codes: 0 done, 1 refused, 2 wrong usage, 4 local trouble\n";

int command_failed(const struct diag *why)
{
    fprintf(stderr, "tocsind: %s\n", why->text);
    switch (why->status) {
    case STATUS_USAGE:
        return EXIT_USAGE;
    case STATUS_BUSY:
    case STATUS_EXISTS:
    case STATUS_CORRUPT:
    case STATUS_REFUSED:
        return EXIT_REFUSED;
    default:
        return EXIT_LOCAL;
    }
}

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"init", command_init},       {"run", command_run},
    {"journal", command_journal}, {"backup", command_backup},
    {"restore", command_restore}, {"report-period", command_report_period}};

/* One that has none of its own is told of here. */
static bool asks_for_help(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "report-period") == 0)
        return false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0)
            return true;
    }
    return false;
}

/* The usage would not say what is wrong with it. */
static bool is_too_long(int argc, char **argv)
{
    const size_t room = sizeof((struct home *)NULL)->path;

    for (int i = 1; i < argc; i++) {
        if (strlen(argv[i]) < room)
            continue;
        fprintf(stderr, "tocsind: %.60s...: is longer than %zu bytes\n",
                argv[i], room - 1);
        return true;
    }
    return false;
}

static int run(int argc, char **argv)
{
    if (is_too_long(argc, argv))
        return EXIT_USAGE;
    if (asks_for_help(argc, argv)) {
        fputs(help, stdout);
        return EXIT_DONE;
    }
    if (argc >= 2 && strcmp(argv[1], "--version") == 0) {
        printf("tocsind %s\n", TOCSIN_VERSION);
        return EXIT_DONE;
    }
    for (size_t i = 0; argc >= 2 && i < sizeof commands / sizeof *commands;
         i++) {
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    }
    fprintf(stderr, "tocsind: %s; see tocsind --help\n",
            argc < 2 ? "what shall it do?" : "no such command");
    return EXIT_USAGE;
}

/* It has said "ready" long ago, to whom it may concern. */
static bool serves(int argc, char **argv)
{
    return argc >= 2 && strcmp(argv[1], "run") == 0;
}

int main(int argc, char **argv)
{
    int code;

    file_keep_standard();
    keys_start();
    code = run(argc, argv);
    if ((fflush(stdout) != 0 || ferror(stdout) != 0) && code == EXIT_DONE &&
        !serves(argc, argv)) {
        fputs("tocsind: standard output cannot be written\n", stderr);
        code = EXIT_LOCAL;
    }
    return code;
}
