#include <stdio.h>
#include <string.h>

#include "tocsind/commands.h"
#include "wire/keys.h"

static const char help[] =
    "tocsind - the broker of Tocsin, the rapid alert for missing children\n"
    "\n"
    "usage: tocsind init HOME [--host ADDRESS] [--command-port N]\n"
    "                         [--feed-port N] [--field-port N]\n"
    "       tocsind run HOME [--maintenance]\n"
    "       tocsind journal verify HOME\n"
    "       tocsind journal export HOME [--from SEQUENCE]\n"
    "       tocsind --help | --version\n"
    "\n"
    "init     makes a home: keys, tocsin.conf, journal, division table, and\n"
    "         the key bundle of its first administrator\n"
    "run      serves until SIGTERM; prints 'ready command=... feed=...\n"
    "         field=...' when it does; logs go to standard error\n"
    "         --maintenance: only the command desk, on a free loopback port\n"
    "journal  verify checks the hash chain and every record; export prints\n"
    "         one line of JSON per fact (personal data included: mind who\n"
    "         reads it)\n"
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

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } commands[] = {{"init", command_init},
                    {"run", command_run},
                    {"journal", command_journal}};

    keys_start();
    if (argc >= 2 && strcmp(argv[1], "--help") == 0) {
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
