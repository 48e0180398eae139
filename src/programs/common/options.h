/** Command lines: a table of options, getopt_long beneath, help from the table.
 */
#ifndef TOCSIN_PROGRAMS_OPTIONS_H
#define TOCSIN_PROGRAMS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#define TEXTS_MAX 64

/** An option that may be given again and again. */
struct texts {
    const char *at[TEXTS_MAX];
    size_t count;
};

/** Exactly one of flag, text and list is set; values are borrowed from argv. */
struct option_row {
    const char *name;  /* without its dashes */
    const char *value; /* what it takes, for --help; NULL: nothing */
    const char *help;
    bool *flag;
    const char **text;
    struct texts *list;
};

struct option_table {
    const struct option_row *rows;
    size_t count;
};
#define OPTION_TABLE(array)                                                    \
    (struct option_table)                                                      \
    {                                                                          \
        (array), sizeof(array) / sizeof(array)[0]                              \
    }

struct command_line {
    const char *usage;          /* "tocsin board ALERT [options]" */
    const char *about;          /* lines under it; may be NULL */
    struct option_table own;    /* options of this command */
    struct option_table shared; /* options of all commands; may be empty */
    size_t word_min;            /* how many words besides options */
    size_t word_max;
    const char *words[8]; /* filled; those not given are NULL */
    size_t word_count;    /* filled */
};

enum parsed {
    PARSED_GO,
    PARSED_DONE, /* --help or --version was asked for and printed */
    PARSED_WRONG /* said on stderr; exit with OUTCOME_USAGE */
};

/** argv[0] is skipped. Options may stand anywhere among the words. */
enum parsed options_parse(struct command_line *line, int argc, char **argv);

/**
 * Options before a command: stops at the first word. Gives: its index in argv,
 * argc when there is none.
 */
enum parsed options_before(struct command_line *line, int argc, char **argv,
                           int *command);

#endif
