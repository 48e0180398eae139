/* What was gathered, counted into rows. */
#define _GNU_SOURCE
#include "period/period_inside.h"

#include <stdlib.h>
#include <string.h>

#define PERIOD_NAME(name, text) text,
const char *const period_figure_names[FIGURES] = {PERIOD_FIGURES(PERIOD_NAME)};
const char *const period_unit_names[UNIT_FIGURES] = {
    PERIOD_NODE_FIGURES(PERIOD_NAME)};

/* Times that belong together are side by side once they are sorted. */
struct figures {
    uint32_t key; /* of a row or node */
    int64_t ms;
};

struct samples {
    struct figures *list;
    size_t count;
    size_t room;
};

struct tally {
    const struct period *period;
    const struct book *book;
    struct period_table *out;
    struct samples reached;    /* by division */
    struct samples answers;    /* by division */
    struct samples sampled;    /* by division */
    struct samples identified; /* by division */
    struct samples held;       /* by node */
    struct period_unit *units; /* by number */
};

static void add_sample(struct samples *samples, uint32_t key, int64_t ms)
{
    if (samples->count == samples->room) {
        samples->room = samples->room * 2 + 64;
        samples->list =
            must_realloc(samples->list, samples->room, sizeof *samples->list);
    }
    samples->list[samples->count++] = (struct figures){key, ms < 0 ? 0 : ms};
}

static int by_key_and_time(const void *a, const void *b)
{
    const struct figures *left = a;
    const struct figures *right = b;

    if (left->key != right->key)
        return left->key < right->key ? -1 : 1;
    return (left->ms > right->ms) - (left->ms < right->ms);
}

static int by_time(const void *a, const void *b)
{
    const struct figures *left = a;
    const struct figures *right = b;

    return (left->ms > right->ms) - (left->ms < right->ms);
}

static void sort(struct samples *samples,
                 int (*order)(const void *, const void *))
{
    if (samples->count > 0)
        qsort(samples->list, samples->count, sizeof *samples->list, order);
}

/* Median, of two in the middle the lower one, and worst. */
static void spread(const struct samples *sorted, size_t from, size_t to,
                   int64_t out[2])
{
    out[0] = from == to ? -1 : sorted->list[from + (to - from - 1) / 2].ms;
    out[1] = from == to ? -1 : sorted->list[to - 1].ms;
}

/* ---- rows ---------------------------------------------------------------- */

static void row_code(char code[DIVISION_SIZE + 1], enum period_by by,
                     const char *division)
{
    memcpy(code, "000000", DIVISION_SIZE + 1);
    for (size_t i = 0; i < (size_t)by && division[i] != '\0'; i++)
        code[i] = division[i];
}

static size_t place_of(const struct period_table *out, const char *code)
{
    size_t low = 0;
    size_t high = out->row_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(out->rows[middle].division, code) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The row of a division, made when there is none. In order of codes. */
static struct period_row *row_of(struct tally *tally, const char *division)
{
    struct period_table *out = tally->out;
    char code[DIVISION_SIZE + 1];
    size_t at;

    row_code(code, tally->period->span.by, division);
    at = place_of(out, code);
    if (at < out->row_count && strcmp(out->rows[at].division, code) == 0)
        return &out->rows[at];
    out->rows = must_realloc(out->rows, out->row_count + 1, sizeof *out->rows);
    memmove(out->rows + at + 1, out->rows + at,
            (out->row_count - at) * sizeof *out->rows);
    out->row_count++;
    memset(&out->rows[at], 0, sizeof *out->rows);
    memcpy(out->rows[at].division, code, sizeof code);
    return &out->rows[at];
}

static uint32_t key_of(const struct period_row *row)
{
    return (uint32_t)strtoul(row->division, NULL, 10);
}

/* ---- cases --------------------------------------------------------------- */

static void count_state(struct period_row *row, const struct case_file *file)
{
    row->figures[FIGURE_CASES]++;
    row->figures[FIGURE_OPEN] +=
        file->state == TOCSIN__V1__CASE_STATE__CASE_STATE_OPEN;
    row->figures[FIGURE_STANDING] +=
        file->state == TOCSIN__V1__CASE_STATE__CASE_STATE_STANDING;
    row->figures[FIGURE_SOLVED] += case_is_closed(file);
    row->figures[FIGURE_SEALED] += case_is_sealed(file);
    if (case_is_closed(file) &&
        file->outcome >= TOCSIN__V1__OUTCOME__OUTCOME_RETURNED_TO_PARENTS &&
        file->outcome <= TOCSIN__V1__OUTCOME__OUTCOME_FALSE_REPORT)
        row->figures[FIGURE_RETURNED + (int)file->outcome -
                     TOCSIN__V1__OUTCOME__OUTCOME_RETURNED_TO_PARENTS]++;
}

static void count_sightings(struct tally *tally, struct period_row *row,
                            const struct watched_case *watched)
{
    for (size_t i = 0; i < watched->sighting_count; i++) {
        const struct sighting *sighting = &watched->sightings[i];

        if (sighting->triaged_ms < 0) {
            row->figures[FIGURE_UNANSWERED]++;
            continue;
        }
        row->figures[FIGURE_ANSWERED]++;
        add_sample(&tally->answers, key_of(row),
                   sighting->triaged_ms - sighting->recorded_ms);
    }
}

static void count_purge(const struct tally *tally, struct period_row *row,
                        const struct watched_case *watched,
                        const struct line *line)
{
    int64_t *unit = tally->units[line->node].figures;

    if (!case_is_sealed(&watched->file) ||
        !case_purge_is_due(line, tally->book))
        return;
    row->figures[FIGURE_PURGE_DUE]++;
    row->figures[FIGURE_PURGED] += line->purged;
    unit[UNIT_PURGE_DUE]++;
    unit[UNIT_PURGED] += line->purged;
}

static void count_line(struct tally *tally, const struct line *line)
{
    struct period_unit *unit = &tally->units[line->node];

    unit->node = line->node;
    unit->figures[UNIT_SILENT] += line->silent;
    unit->figures[UNIT_SIGHTINGS] += line->sightings;
    if (!line->due)
        return;
    unit->figures[UNIT_ALERTS]++;
    unit->figures[UNIT_HELD] += line->held;
    unit->figures[UNIT_DARK] += !line->held;
    if (line->held)
        add_sample(&tally->held, line->node, line->held_ms - line->due_ms);
}

static void count_case(struct tally *tally, const struct watched_case *watched)
{
    struct period_row *row = row_of(tally, watched->division);

    count_state(row, &watched->file);
    if (watched->reached_ms >= 0)
        add_sample(&tally->reached, key_of(row), watched->reached_ms);
    row->figures[FIGURE_REACHED] += watched->reached_ms >= 0;
    row->figures[FIGURE_UNREACHED] +=
        watched->reached_ms < 0 && watched->first_count > 0;
    row->figures[FIGURE_SILENT_LEADS] += watched->silent_leads;
    row->figures[FIGURE_SILENT_DUTIES] += watched->silent_duties;
    row->figures[FIGURE_SILENT_SIGHTINGS] += watched->silent_sightings;
    row->figures[FIGURE_SILENT_SAMPLES] += watched->silent_samples;
    row->figures[FIGURE_SILENT_MATCHES] += watched->silent_matches;
    row->figures[FIGURE_SAMPLED] += watched->sampled_ms >= 0;
    if (watched->sampled_ms >= 0)
        add_sample(&tally->sampled, key_of(row), watched->sampled_ms);
    count_sightings(tally, row, watched);
    for (size_t i = 0; i < watched->line_count; i++) {
        count_line(tally, &watched->lines[i]);
        count_purge(tally, row, watched, &watched->lines[i]);
    }
}

static void count_found(struct tally *tally, const struct watched_found *found)
{
    struct period_row *row = row_of(tally, found->division);

    row->figures[FIGURE_FOUND]++;
    row->figures[FIGURE_FOUND_OPEN] +=
        found->state == TOCSIN__V1__FOUND_STATE__FOUND_STATE_REGISTERED;
    row->figures[FIGURE_FOUND_CLOSED] +=
        found->state == TOCSIN__V1__FOUND_STATE__FOUND_STATE_CLOSED;
    if (found->state != TOCSIN__V1__FOUND_STATE__FOUND_STATE_IDENTIFIED)
        return;
    row->figures[FIGURE_FOUND_IDENTIFIED]++;
    add_sample(&tally->identified, key_of(row),
               found->resolved_ms - found->registered_ms);
}

/* ---- nodes --------------------------------------------------------------- */

static void count_unit(struct tally *tally, const struct period_unit *unit)
{
    const struct principal *node = book_number(tally->book, unit->node);
    struct period_row *row = row_of(tally, node->division);

    row->figures[FIGURE_NODES] += unit->figures[UNIT_ALERTS] > 0;
    row->figures[FIGURE_DARK] += unit->figures[UNIT_DARK] > 0;
    row->figures[FIGURE_SILENT_NODES] += unit->figures[UNIT_SILENT];
}

static int by_id(const void *a, const void *b, void *book)
{
    const struct period_unit *left = a;
    const struct period_unit *right = b;

    return strcmp(book_number(book, left->node)->id,
                  book_number(book, right->node)->id);
}

static void time_units(struct tally *tally)
{
    const struct samples *held = &tally->held;

    for (size_t i = 1; i <= tally->book->principal_count; i++)
        spread(held, 0, 0, &tally->units[i].figures[UNIT_MEDIAN]);
    sort(&tally->held, by_key_and_time);
    for (size_t from = 0, to; from < held->count; from = to) {
        int64_t *unit = tally->units[held->list[from].key].figures;

        for (to = from;
             to < held->count && held->list[to].key == held->list[from].key;)
            to++;
        spread(held, from, to, &unit[UNIT_MEDIAN]);
    }
}

static void list_units(struct tally *tally)
{
    struct period_table *out = tally->out;

    out->units =
        must_calloc(tally->book->principal_count + 1, sizeof *out->units);
    time_units(tally);
    for (size_t i = 1; i <= tally->book->principal_count; i++) {
        if (tally->units[i].node == 0)
            continue;
        count_unit(tally, &tally->units[i]);
        out->units[out->unit_count++] = tally->units[i];
    }
    qsort_r(out->units, out->unit_count, sizeof *out->units, by_id,
            (void *)(uintptr_t)tally->book);
}

/* ---- all of it ----------------------------------------------------------- */

/* Median and worst of a row are two figures, one after the other. */
static void time_rows(struct tally *tally, struct samples *samples,
                      enum period_figure median)
{
    struct period_table *out = tally->out;
    size_t from = 0;

    sort(samples, by_key_and_time);
    for (size_t i = 0; i < out->row_count; i++) {
        size_t to = from;

        while (to < samples->count &&
               samples->list[to].key == key_of(&out->rows[i]))
            to++;
        spread(samples, from, to, &out->rows[i].figures[median]);
        from = to;
    }
    sort(samples, by_time);
    spread(samples, 0, samples->count, &out->total.figures[median]);
}

static void add_up(struct period_table *out)
{
    for (size_t i = 0; i < out->row_count; i++) {
        for (size_t figure = 0; figure < FIGURES; figure++)
            out->total.figures[figure] += out->rows[i].figures[figure];
    }
}

void period_table(struct period_table *out, const struct period *period,
                  const struct book *book, bool exercise)
{
    struct tally tally = {.period = period, .book = book, .out = out};

    memset(out, 0, sizeof *out);
    tally.units = must_calloc(book->principal_count + 1, sizeof *tally.units);
    for (size_t i = 0; i < period->case_count; i++) {
        if (period->cases[i]->exercise == exercise)
            count_case(&tally, period->cases[i]);
    }
    for (size_t i = 0; !exercise && i < period->found_count; i++)
        count_found(&tally, period->found[i]);
    for (size_t i = 0; i < period->supervising_count; i++) {
        const struct supervising *one = &period->supervisings[i];

        if (one->exercise == exercise)
            row_of(&tally, one->division)
                ->figures[one->lifted ? FIGURE_LIFTED : FIGURE_SUPERVISED]++;
    }
    list_units(&tally);
    add_up(out);
    time_rows(&tally, &tally.reached, FIGURE_REACHED_MEDIAN);
    time_rows(&tally, &tally.answers, FIGURE_ANSWER_MEDIAN);
    time_rows(&tally, &tally.sampled, FIGURE_SAMPLE_MEDIAN);
    time_rows(&tally, &tally.identified, FIGURE_FOUND_MEDIAN);
    free(tally.reached.list);
    free(tally.answers.list);
    free(tally.sampled.list);
    free(tally.identified.list);
    free(tally.held.list);
    free(tally.units);
}

void period_table_done(struct period_table *table)
{
    free(table->rows);
    free(table->units);
    memset(table, 0, sizeof *table);
}
