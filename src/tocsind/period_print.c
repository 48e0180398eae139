#include "tocsind/period_print.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/screen.h"

#define SPAN_MAX 32

static const char *name_of(const struct period_report *report,
                           const char *division)
{
    const struct division *found =
        report->divisions != NULL ? divisions_find(report->divisions, division)
                                  : NULL;

    return found != NULL ? found->name : "";
}

static const char *by_text(enum period_by by)
{
    return by == BY_PROVINCE     ? "province"
           : by == BY_PREFECTURE ? "prefecture"
                                 : "county";
}

/* ---- JSON ---------------------------------------------------------------- */

static void put_figures(json_t *json, const char *const *names,
                        const int64_t *figures, size_t count)
{
    for (size_t i = 0; i < count; i++)
        json_object_set_new(json, names[i],
                            figures[i] < 0 ? json_null()
                                           : json_integer(figures[i]));
}

static json_t *row_json(const struct period_report *report,
                        const struct period_row *row)
{
    json_t *json = json_object();

    if (row->division[0] != '\0') {
        json_object_set_new(json, "division", json_string(row->division));
        json_object_set_new(json, "name",
                            json_string(name_of(report, row->division)));
    }
    put_figures(json, period_figure_names, row->figures, FIGURES);
    return json;
}

static json_t *unit_json(const struct period_report *report,
                         const struct period_unit *unit)
{
    const struct principal *node = book_number(report->book, unit->node);
    json_t *json = json_object();

    json_object_set_new(json, "node", json_string(node->id));
    json_object_set_new(json, "name", json_string(node->name));
    json_object_set_new(json, "division", json_string(node->division));
    put_figures(json, period_unit_names, unit->figures, UNIT_FIGURES);
    return json;
}

static json_t *table_json(const struct period_report *report,
                          const struct period_table *table)
{
    json_t *json = json_object();
    json_t *rows = json_array();
    json_t *units = json_array();

    for (size_t i = 0; i < table->row_count; i++)
        json_array_append_new(rows, row_json(report, &table->rows[i]));
    for (size_t i = 0; i < table->unit_count; i++)
        json_array_append_new(units, unit_json(report, &table->units[i]));
    json_object_set_new(json, "divisions", rows);
    json_object_set_new(json, "nodes", units);
    json_object_set_new(json, "total", row_json(report, &table->total));
    return json;
}

static void print_json(const struct period_report *report)
{
    json_t *json = json_object();
    char text[CLOCK_TEXT_MAX];
    char *out;

    json_object_set_new(json, "from",
                        json_string(clock_text(report->span.from_ms, text)));
    json_object_set_new(json, "to",
                        json_string(clock_text(report->span.to_ms, text)));
    json_object_set_new(json, "by", json_string(by_text(report->span.by)));
    json_object_set_new(json, "first", json_integer((json_int_t)report->first));
    json_object_set_new(json, "head", json_integer((json_int_t)report->head));
    json_object_set_new(json, "actual", table_json(report, &report->actual));
    json_object_set_new(json, "exercises",
                        table_json(report, &report->exercises));
    out = json_dumps(json, JSON_INDENT(2));
    REQUIRE(out != NULL);
    screen_json(stdout, out);
    free(out);
    json_decref(json);
}

/* ---- CSV ----------------------------------------------------------------- */

static void put_head(const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        printf(",%s", names[i]);
    putchar('\n');
}

static void put_cells(const int64_t *figures, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (figures[i] < 0)
            putchar(',');
        else
            printf(",%" PRId64, figures[i]);
    }
    putchar('\n');
}

static void put_rows(const struct period_report *report,
                     const struct period_table *table, const char *kind)
{
    for (size_t i = 0; i < table->row_count; i++) {
        printf("%s,%s,", kind, table->rows[i].division);
        screen_cell(stdout, name_of(report, table->rows[i].division));
        put_cells(table->rows[i].figures, FIGURES);
    }
    printf("%s,total,", kind);
    put_cells(table->total.figures, FIGURES);
}

static void put_units(const struct period_report *report,
                      const struct period_table *table, const char *kind)
{
    for (size_t i = 0; i < table->unit_count; i++) {
        const struct period_unit *unit = &table->units[i];
        const struct principal *node = book_number(report->book, unit->node);

        printf("%s,%s,%s,", kind, node->id, node->division);
        screen_cell(stdout, node->name);
        put_cells(unit->figures, UNIT_FIGURES);
    }
}

static void print_csv(const struct period_report *report)
{
    if (report->nodes) {
        printf("kind,node,division,name");
        put_head(period_unit_names, UNIT_FIGURES);
        put_units(report, &report->actual, "actual");
        put_units(report, &report->exercises, "exercise");
        return;
    }
    printf("kind,division,name");
    put_head(period_figure_names, FIGURES);
    put_rows(report, &report->actual, "actual");
    put_rows(report, &report->exercises, "exercise");
}

/* ---- text ---------------------------------------------------------------- */

static const char *span_text(int64_t ms, char text[SPAN_MAX])
{
    double seconds = (double)ms / 1000;

    if (ms < 0)
        snprintf(text, SPAN_MAX, "-");
    else if (seconds < 120)
        snprintf(text, SPAN_MAX, "%.1f s", seconds);
    else if (seconds < 120 * 60)
        snprintf(text, SPAN_MAX, "%.0f min", seconds / 60);
    else
        snprintf(text, SPAN_MAX, "%.1f h", seconds / 3600);
    return text;
}

static void say_times(const char *what, const int64_t times[2])
{
    char median[SPAN_MAX];
    char worst[SPAN_MAX];

    printf("%s median %s, worst %s", what, span_text(times[0], median),
           span_text(times[1], worst));
}

static void say_outcomes(const int64_t *figures)
{
    for (int i = FIGURE_RETURNED; i <= FIGURE_FALSE_REPORT; i++) {
        if (figures[i] > 0)
            printf("; %s %" PRId64, period_figure_names[i], figures[i]);
    }
    putchar('\n');
}

static void say_cases(const int64_t *f)
{
    printf("  cases        %" PRId64 ": open %" PRId64 ", standing %" PRId64
           ", solved %" PRId64 " (sealed %" PRId64 ")",
           f[FIGURE_CASES], f[FIGURE_OPEN], f[FIGURE_STANDING],
           f[FIGURE_SOLVED], f[FIGURE_SEALED]);
    say_outcomes(f);
    printf("  95 %% held    %" PRId64 " cases, not %" PRId64 ";",
           f[FIGURE_REACHED], f[FIGURE_UNREACHED]);
    say_times("", &f[FIGURE_REACHED_MEDIAN]);
    printf("\n  nodes        %" PRId64 " had to hold an alert; dark %" PRId64
           "\n",
           f[FIGURE_NODES], f[FIGURE_DARK]);
    printf("  sightings    answered %" PRId64 ", not %" PRId64 ";",
           f[FIGURE_ANSWERED], f[FIGURE_UNANSWERED]);
    say_times("", &f[FIGURE_ANSWER_MEDIAN]);
    printf("\n  samples      taken in %" PRId64 " cases;", f[FIGURE_SAMPLED]);
    say_times("", &f[FIGURE_SAMPLE_MEDIAN]);
    printf("\n  found        %" PRId64 " of unknown origin: identified %" PRId64
           ", closed %" PRId64 ", unknown %" PRId64 ";",
           f[FIGURE_FOUND], f[FIGURE_FOUND_IDENTIFIED], f[FIGURE_FOUND_CLOSED],
           f[FIGURE_FOUND_OPEN]);
    say_times("", &f[FIGURE_FOUND_MEDIAN]);
}

static void say_row(const struct period_report *report,
                    const struct period_row *row)
{
    const int64_t *f = row->figures;

    if (row->division[0] == '\0')
        puts("all");
    else
        printf("%s %s\n", row->division, name_of(report, row->division));
    say_cases(f);
    printf("\n  silent       nodes %" PRId64 ", leads %" PRId64
           ", duties %" PRId64 ", sightings %" PRId64 ", samples %" PRId64
           ", matches %" PRId64 "\n",
           f[FIGURE_SILENT_NODES], f[FIGURE_SILENT_LEADS],
           f[FIGURE_SILENT_DUTIES], f[FIGURE_SILENT_SIGHTINGS],
           f[FIGURE_SILENT_SAMPLES], f[FIGURE_SILENT_MATCHES]);
    printf("  supervision  put %" PRId64 ", lifted %" PRId64 "\n",
           f[FIGURE_SUPERVISED], f[FIGURE_LIFTED]);
    printf("  purged       %" PRId64 " of %" PRId64 "\n", f[FIGURE_PURGED],
           f[FIGURE_PURGE_DUE]);
}

static void say_unit(const struct period_report *report,
                     const struct period_unit *unit)
{
    const struct principal *node = book_number(report->book, unit->node);
    const int64_t *f = unit->figures;

    printf("%s %s ", node->division, node->id);
    screen_text(stdout, node->name);
    putchar('\n');
    printf("  held         %" PRId64 " of %" PRId64 ", dark %" PRId64 ";",
           f[UNIT_HELD], f[UNIT_ALERTS], f[UNIT_DARK]);
    say_times("", &f[UNIT_MEDIAN]);
    printf("\n  silent       %" PRId64 "; sightings %" PRId64
           "; purged %" PRId64 " of %" PRId64 "\n",
           f[UNIT_SILENT], f[UNIT_SIGHTINGS], f[UNIT_PURGED],
           f[UNIT_PURGE_DUE]);
}

static void say_table(const struct period_report *report,
                      const struct period_table *table)
{
    for (size_t i = 0; !report->nodes && i < table->row_count; i++)
        say_row(report, &table->rows[i]);
    for (size_t i = 0; report->nodes && i < table->unit_count; i++)
        say_unit(report, &table->units[i]);
    say_row(report, &table->total);
}

static void print_text(const struct period_report *report)
{
    char from[CLOCK_TEXT_MAX];
    char to[CLOCK_TEXT_MAX];

    printf("reported from %s to %s, by %s; as of fact %" PRIu64 "\n",
           clock_text(report->span.from_ms, from),
           clock_text(report->span.to_ms, to), by_text(report->span.by),
           report->head);
    say_table(report, &report->actual);
    if (report->exercises.row_count == 0)
        return;
    puts("\nEXERCISES");
    say_table(report, &report->exercises);
}

void period_print(const struct period_report *report, enum period_form form)
{
    switch (form) {
    case PERIOD_TEXT:
        print_text(report);
        return;
    case PERIOD_JSON:
        print_json(report);
        return;
    case PERIOD_CSV:
        print_csv(report);
        return;
    }
}
