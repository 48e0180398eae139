#include "common/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tocsin/status.h>

#include "common/say.h"

#define ROWS_MAX 64
#define ID_HELP 1000
#define ID_VERSION 1001
#define ID_ROW 2000 /* and the row's index: no letter of a short option */
#define HELP_COLUMN 28

/* ---- help -----------------------------------------------------------------
 */

static void help_row(const struct option_row *row)
{
    char front[80];

    snprintf(front, sizeof front, "  --%s%s%s", row->name,
             row->value == NULL ? "" : " ",
             row->value == NULL ? "" : row->value);
    if (strlen(front) >= HELP_COLUMN)
        printf("%s\n%*s%s\n", front, HELP_COLUMN, "", row->help);
    else
        printf("%-*s%s\n", HELP_COLUMN, front, row->help);
}

static void help(const struct command_line *line)
{
    printf("usage: %s\n", line->usage);
    if (line->about != NULL)
        printf("\n%s\n", line->about);
    if (line->own.count > 0)
        printf("\noptions:\n");
    for (size_t i = 0; i < line->own.count; i++)
        help_row(line->own.rows + i);
    printf("\ncommon options:\n");
    for (size_t i = 0; i < line->shared.count; i++)
        help_row(line->shared.rows + i);
    printf("%-*s%s\n", HELP_COLUMN, "  --help", "this text");
    printf("%-*s%s\n", HELP_COLUMN, "  --version", "the version");
}

/* ---- parsing --------------------------------------------------------------
 */

static const struct option_row *row_at(const struct command_line *line,
                                       size_t index)
{
    if (index < line->own.count)
        return line->own.rows + index;
    index -= line->own.count;
    return index < line->shared.count ? line->shared.rows + index : NULL;
}

static void build(const struct command_line *line,
                  struct option options[ROWS_MAX + 3])
{
    const struct option_row *row;
    size_t count = 0;

    for (; count < ROWS_MAX && (row = row_at(line, count)) != NULL; count++)
        options[count] = (struct option){
            row->name, row->value == NULL ? no_argument : required_argument,
            NULL, ID_ROW + (int)count};
    options[count++] = (struct option){"help", no_argument, NULL, ID_HELP};
    options[count++] =
        (struct option){"version", no_argument, NULL, ID_VERSION};
    options[count] = (struct option){NULL, 0, NULL, 0};
}

static enum parsed put_value(const struct option_row *row, const char *value)
{
    if (row->flag != NULL)
        *row->flag = true;
    else if (row->text != NULL)
        *row->text = value;
    else if (row->list->count == TEXTS_MAX) {
        complain("--%s: given more than %d times", row->name, TEXTS_MAX);
        return PARSED_WRONG;
    } else
        row->list->at[row->list->count++] = value;
    return PARSED_GO;
}

/* getopt tells by optopt: the letter, or which one was given a value, or 0. */
static enum parsed no_option(const struct command_line *line, const char *word)
{
    if (optopt >= ID_ROW)
        complain("--%s: takes no value",
                 row_at(line, (size_t)(optopt - ID_ROW))->name);
    else if (optopt >= ID_HELP)
        complain("--%s: takes no value",
                 optopt == ID_HELP ? "help" : "version");
    else if (optopt > 0)
        complain("-%c: no such option; see --help", optopt);
    else
        complain("%s: no such option; see --help", word);
    return PARSED_WRONG;
}

static enum parsed take(const struct command_line *line, int id, char **argv)
{
    switch (id) {
    case ID_HELP:
    case 'h':
        help(line);
        return PARSED_DONE;
    case ID_VERSION:
        say("%.*s %s", (int)strcspn(line->usage, " "), line->usage,
            tocsin_version());
        return PARSED_DONE;
    case ':':
        complain("%s: needs a value", argv[optind - 1]);
        return PARSED_WRONG;
    case '?':
        return no_option(line, argv[optind - 1]);
    default:
        return put_value(row_at(line, (size_t)(id - ID_ROW)), optarg);
    }
}

static enum parsed run(const struct command_line *line, int argc, char **argv,
                       const char *short_options)
{
    struct option options[ROWS_MAX + 3];
    enum parsed parsed = PARSED_GO;
    int id;

    build(line, options);
    opterr = 0;
    optind = 0; /* glibc: begin anew */
    while (parsed == PARSED_GO &&
           (id = getopt_long(argc, argv, short_options, options, NULL)) != -1)
        parsed = take(line, id, argv);
    return parsed;
}

enum parsed options_parse(struct command_line *line, int argc, char **argv)
{
    enum parsed parsed = run(line, argc, argv, ":h");

    if (parsed != PARSED_GO)
        return parsed;
    line->word_count = 0;
    while (optind < argc && line->word_count < line->word_max)
        line->words[line->word_count++] = argv[optind++];
    if (optind < argc) {
        complain("%s: one word too many; usage: %s", argv[optind], line->usage);
        return PARSED_WRONG;
    }
    if (line->word_count < line->word_min) {
        complain("something is missing; usage: %s", line->usage);
        return PARSED_WRONG;
    }
    return PARSED_GO;
}

enum parsed options_before(struct command_line *line, int argc, char **argv,
                           int *command)
{
    enum parsed parsed = run(line, argc, argv, "+:h");

    *command = optind;
    return parsed;
}
