/* tocsin report-period: the assessment of a stretch of time. */
#define _GNU_SOURCE
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tocsind/chronicle.h"
#include "tocsind/commands.h"
#include "tocsind/period_print.h"

struct assessing {
    struct home home;
    struct shadow shadow;
    struct chronicle chronicle;
    struct period *period;
    struct period_report report;
    enum period_form form;
    bool help;
};

static const char usage[] =
    "usage: tocsin report-period HOME --from TIME --to TIME\n"
    "                            [--by county|prefecture|province]\n"
    "                            [--nodes] [--json | --csv]\n"
    "\n"
    "The assessment of the cases that were reported from TIME on and before\n"
    "the other: 2026-03-01 (midnight UTC) or 2026-03-01T08:00+08:00. Home may\n"
    "also be given with --home; its broker may be running. Archived facts\n"
    "count too. Every figure can be found again in tocsin journal export;\n"
    "none tells of a child.\n"
    "\n"
    "A case counts where its division is, with all that happened to it since,\n"
    "up to the newest fact. Per division:\n"
    "  cases        open, standing, solved by outcome, sealed\n"
    "  95 % held    since the report, until 95 of 100 nodes of its coverage\n"
    "               held it; median of cases (of two the lower) and worst\n"
    "  nodes        of this division that had to hold an alert; dark: there\n"
    "               is one that they never held, its withdrawal at most\n"
    "  sightings    from recorded to the first that was made of it\n"
    "  samples      since the report, until the first sample of the child's\n"
    "               kin was taken; median of cases and worst\n"
    "  found        children of unknown origin that were registered in this\n"
    "               time, where they were found: with a case, no child that\n"
    "               is missing, not known yet; until they were identified\n"
    "  silent       what was noted as silent: nodes of this division; leads,\n"
    "               duties, sightings, samples to be taken and matches to be\n"
    "               decided of its cases\n"
    "  supervision  put under it and lifted in this time\n"
    "  purged       of the nodes and gateways that must purge the sealed "
    "cases\n"
    "Exercises are counted apart.\n"
    "\n"
    "  --by LEVEL   which divisions make a row (county)\n"
    "  --nodes      text and CSV: node by node; JSON has both\n"
    "  --json       both tables, of alerts and of exercises, and totals\n"
    "  --csv        a table; times in milliseconds, empty where there is "
    "none;\n"
    "               a name that a spreadsheet takes for a formula has a ' "
    "before it\n";

/* ---- the command line ---------------------------------------------------- */

/* A day alone is its beginning. */
static bool take_time(const char *name, const char *text, int64_t *out)
{
    char whole[CLOCK_TEXT_MAX];

    if (clock_parse(text, out))
        return true;
    if (strlen(text) == strlen("2026-03-01")) {
        snprintf(whole, sizeof whole, "%sT00:00Z", text);
        if (clock_parse(whole, out))
            return true;
    }
    fprintf(stderr,
            "tocsind: --%s: '%s' is not a time such as 2026-03-01 or "
            "2026-03-01T08:00+08:00\n",
            name, text);
    return false;
}

static bool take_level(const char *text, enum period_by *out)
{
    if (strcmp(text, "county") == 0)
        *out = BY_COUNTY;
    else if (strcmp(text, "prefecture") == 0)
        *out = BY_PREFECTURE;
    else if (strcmp(text, "province") == 0)
        *out = BY_PROVINCE;
    else
        return false;
    return true;
}

static bool take_home(struct assessing *assessing, const char *path)
{
    if (assessing->home.path[0] != '\0' ||
        strlen(path) >= sizeof assessing->home.path)
        return false;
    strcpy(assessing->home.path, path);
    return true;
}

static bool take_option(struct assessing *assessing, int option)
{
    struct period_span *span = &assessing->report.span;

    switch (option) {
    case 'f':
        return take_time("from", optarg, &span->from_ms);
    case 't':
        return take_time("to", optarg, &span->to_ms);
    case 'b':
        return take_level(optarg, &span->by);
    case 'o':
        return take_home(assessing, optarg);
    case 'n':
        assessing->report.nodes = true;
        return true;
    case 'j':
        assessing->form = PERIOD_JSON;
        return true;
    case 'c':
        assessing->form = PERIOD_CSV;
        return true;
    case 'h':
        assessing->help = true;
        return true;
    default:
        return false;
    }
}

static bool parse(int argc, char **argv, struct assessing *assessing)
{
    static const struct option options[] = {
        {"from", required_argument, NULL, 'f'},
        {"to", required_argument, NULL, 't'},
        {"by", required_argument, NULL, 'b'},
        {"home", required_argument, NULL, 'o'},
        {"nodes", no_argument, NULL, 'n'},
        {"json", no_argument, NULL, 'j'},
        {"csv", no_argument, NULL, 'c'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0}};
    struct period_span *span = &assessing->report.span;
    bool good = true;

    span->by = BY_COUNTY;
    for (int option;
         (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
        good = take_option(assessing, option) && good;
    for (; optind < argc; optind++)
        good = take_home(assessing, argv[optind]) && good;
    if (!good || assessing->help)
        return good;
    if (span->to_ms != 0 && span->from_ms >= span->to_ms)
        fprintf(stderr, "tocsind: --to is not after --from\n");
    return assessing->home.path[0] != '\0' && span->from_ms < span->to_ms;
}

/* ---- reading ------------------------------------------------------------- */

static enum status take_record(void *arg, const struct record *record,
                               struct diag *why)
{
    struct assessing *assessing = arg;
    const Tocsin__V1__Fact *fact;
    enum status status = shadow_take(&assessing->shadow, record, &fact, why);

    if (status != STATUS_OK)
        return status;
    period_take(assessing->period, assessing->shadow.book, record->sequence,
                fact);
    assessing->report.head = record->sequence;
    return STATUS_OK;
}

static void print(struct assessing *assessing)
{
    struct period_report *report = &assessing->report;

    report->book = assessing->shadow.book;
    report->divisions = assessing->home.divisions;
    period_table(&report->actual, assessing->period, report->book, false);
    period_table(&report->exercises, assessing->period, report->book, true);
    period_print(report, assessing->form);
    period_table_done(&report->actual);
    period_table_done(&report->exercises);
    if (report->first > 1)
        fprintf(stderr,
                "tocsind: facts 1 to %" PRIu64
                " are archived elsewhere and not counted\n",
                report->first - 1);
}

static int assess(struct assessing *assessing, struct diag *why)
{
    enum status status = home_divisions(&assessing->home, why);

    if (status == STATUS_OK)
        status = chronicle_open_shadow(
            &assessing->chronicle, &assessing->shadow, &assessing->home, why);
    if (status == STATUS_OK) {
        assessing->report.first = chronicle_first(&assessing->chronicle);
        status = chronicle_read(&assessing->chronicle, assessing->report.first,
                                take_record, assessing, why);
    }
    if (status != STATUS_OK)
        return command_failed(why);
    print(assessing);
    return EXIT_DONE;
}

int command_report_period(int argc, char **argv)
{
    struct assessing *assessing = must_calloc(1, sizeof *assessing);
    struct diag why = {0};
    int code = EXIT_DONE;

    if (!parse(argc, argv, assessing)) {
        fputs(usage, stderr);
        code = EXIT_USAGE;
    } else if (assessing->help) {
        fputs(usage, stdout);
    } else {
        assessing->period = period_new(&assessing->report.span);
        code = assess(assessing, &why);
    }
    period_free(assessing->period);
    chronicle_close(&assessing->chronicle);
    shadow_close(&assessing->shadow);
    divisions_free(assessing->home.divisions);
    free(assessing);
    return code;
}
