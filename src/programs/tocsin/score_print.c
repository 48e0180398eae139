#include "tocsin/score_print.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "common/numbers.h"
#include "common/say.h"
#include "common/table.h"
#include "common/words.h"

static const char *const step_names[SCORE_STEPS] = {"held", "shown", "read"};
static const char *const share_names[SCORE_SHARES] = {"50", "95", "100"};

/* ---- text ---------------------------------------------------------------- */

static void time_cell(struct table *table, int64_t ms)
{
    char text[TIME_TEXT_MAX];

    table_cell(table, "%s",
               ms >= 0               ? duration_text(ms, text)
               : ms == SCORE_UNTIMED ? "yes"
                                     : "-");
}

static void say_times(const struct score_row *row)
{
    static const char *const heads[] = {"", ">NODES", ">TO 50 %", ">TO 95 %",
                                        ">TO 100 %"};
    struct table *table = table_new(heads, 5);

    for (int step = 0; step < SCORE_STEPS; step++) {
        table_cell(table, "%s", step_names[step]);
        table_cell(table, "%u", row->reached[step]);
        for (int share = 0; share < SCORE_SHARES; share++)
            time_cell(table, row->to_ms[step][share]);
    }
    table_print(table, stdout);
    table_free(table);
}

static void say_rows(const struct score *score)
{
    static const char *const heads[] = {
        "DIVISION", ">NODES",        ">HELD",   ">SHOWN",       ">READ",
        ">DARK",    ">HELD BY 95 %", ">BY ALL", ">READ BY 95 %"};
    struct table *table = table_new(heads, 9);

    for (size_t i = 0; i < score->row_count; i++) {
        const struct score_row *row = &score->rows[i];

        table_cell(table, "%s", row->division);
        table_cell(table, "%u", row->nodes);
        for (int step = 0; step < SCORE_STEPS; step++)
            table_cell(table, "%u", row->reached[step]);
        table_cell(table, "%u", row->dark);
        time_cell(table, row->to_ms[SCORE_HELD][SCORE_95]);
        time_cell(table, row->to_ms[SCORE_HELD][SCORE_100]);
        time_cell(table, row->to_ms[SCORE_READ][SCORE_95]);
    }
    table_print(table, stdout);
    table_free(table);
}

static void say_nodes(const struct score *score)
{
    static const char *const heads[] = {
        "NODE",        "NAME",         "KIND",        "DIVISION",
        ">HELD AFTER", ">SHOWN AFTER", ">READ AFTER", "DARK"};
    struct table *table = table_new(heads, 8);

    for (size_t i = 0; i < score->node_count; i++) {
        const struct score_node *node = &score->nodes[i];

        table_cell(table, "%s", node->state->node);
        table_cell(table, "%s", node->state->name);
        table_cell(table, "%s", word_text(words_kind, node->state->kind));
        table_cell(table, "%s", node->state->division);
        for (int step = 0; step < SCORE_STEPS; step++)
            time_cell(table, node->ms[step]);
        table_cell(table, "%s", node->ms[SCORE_HELD] == -1 ? "dark" : "");
    }
    table_print(table, stdout);
    table_free(table);
}

static void print_text(const struct score *score,
                       const Tocsin__V1__AlertSummary *summary)
{
    if (summary->exercise)
        say("EXERCISE EXERCISE EXERCISE");
    say("case %s  alert %s  %s", summary->case_number, summary->alert_id,
        word_text(words_state, summary->state));
    say("%u nodes had to have it, %u dark", score->total.nodes,
        score->total.dark);
    say_times(&score->total);
    say_rows(score);
    say_nodes(score);
}

/* ---- JSON ---------------------------------------------------------------- */

static json_t *ms_json(int64_t ms)
{
    return ms < 0 ? json_null() : json_integer(ms);
}

static json_t *row_json(const struct score_row *row)
{
    json_t *json = json_object();
    char name[40];

    if (row->division[0] != '\0')
        json_object_set_new(json, "division", json_string(row->division));
    json_object_set_new(json, "nodes", json_integer(row->nodes));
    json_object_set_new(json, "dark", json_integer(row->dark));
    for (int step = 0; step < SCORE_STEPS; step++) {
        json_object_set_new(json, step_names[step],
                            json_integer(row->reached[step]));
        for (int share = 0; share < SCORE_SHARES; share++) {
            snprintf(name, sizeof name, "%sTo%sMs", step_names[step],
                     share_names[share]);
            json_object_set_new(json, name, ms_json(row->to_ms[step][share]));
        }
    }
    return json;
}

static json_t *node_json(const struct score_node *node)
{
    json_t *json = json_object();
    char name[40];

    json_object_set_new(json, "node", json_string(node->state->node));
    json_object_set_new(json, "name", json_string(node->state->name));
    json_object_set_new(json, "division", json_string(node->state->division));
    for (int step = 0; step < SCORE_STEPS; step++) {
        json_object_set_new(json, step_names[step],
                            json_boolean(node->ms[step] != -1));
        snprintf(name, sizeof name, "%sMs", step_names[step]);
        json_object_set_new(json, name, ms_json(node->ms[step]));
    }
    json_object_set_new(json, "dark", json_boolean(node->ms[SCORE_HELD] == -1));
    return json;
}

static void print_json(const struct score *score,
                       const Tocsin__V1__AlertSummary *summary)
{
    json_t *json = json_object();
    json_t *rows = json_array();
    json_t *nodes = json_array();
    char *text;

    for (size_t i = 0; i < score->row_count; i++)
        json_array_append_new(rows, row_json(&score->rows[i]));
    for (size_t i = 0; i < score->node_count; i++)
        json_array_append_new(nodes, node_json(&score->nodes[i]));
    json_object_set_new(json, "alertId", json_string(summary->alert_id));
    json_object_set_new(json, "caseNumber", json_string(summary->case_number));
    json_object_set_new(json, "exercise", json_boolean(summary->exercise));
    json_object_set_new(json, "total", row_json(&score->total));
    json_object_set_new(json, "divisions", rows);
    json_object_set_new(json, "nodes", nodes);
    text = json_dumps(json, JSON_INDENT(2));
    if (text != NULL)
        say_json(stdout, text);
    free(text);
    json_decref(json);
}

/* ---- CSV ----------------------------------------------------------------- */

static void put_ms(int64_t ms)
{
    if (ms < 0)
        putchar(',');
    else
        printf(",%" PRId64, ms);
}

static void put_head(void)
{
    printf("row,node,kind,division,nodes,held,shown,read,dark");
    for (int step = 0; step < SCORE_STEPS; step++)
        printf(",%sMs", step_names[step]);
    for (int step = 0; step < SCORE_STEPS; step++) {
        for (int share = 0; share < SCORE_SHARES; share++)
            printf(",%sTo%sMs", step_names[step], share_names[share]);
    }
    putchar('\n');
}

static void put_row(const struct score_row *row, const char *what)
{
    printf("%s,,,%s,%u", what, row->division, row->nodes);
    for (int step = 0; step < SCORE_STEPS; step++)
        printf(",%u", row->reached[step]);
    printf(",%u,,,", row->dark);
    for (int step = 0; step < SCORE_STEPS; step++) {
        for (int share = 0; share < SCORE_SHARES; share++)
            put_ms(row->to_ms[step][share]);
    }
    putchar('\n');
}

static void put_node(const struct score_node *node)
{
    printf("node,%s,%s,%s,1", node->state->node,
           word_text(words_kind, node->state->kind), node->state->division);
    for (int step = 0; step < SCORE_STEPS; step++)
        printf(",%d", node->ms[step] != -1);
    printf(",%d", node->ms[SCORE_HELD] == -1);
    for (int step = 0; step < SCORE_STEPS; step++)
        put_ms(node->ms[step]);
    puts(",,,,,,,,,");
}

static void print_csv(const struct score *score)
{
    put_head();
    put_row(&score->total, "total");
    for (size_t i = 0; i < score->row_count; i++)
        put_row(&score->rows[i], "division");
    for (size_t i = 0; i < score->node_count; i++)
        put_node(&score->nodes[i]);
}

void score_print(const struct score *score,
                 const Tocsin__V1__AlertSummary *summary, enum score_form form)
{
    switch (form) {
    case SCORE_TEXT:
        print_text(score, summary);
        return;
    case SCORE_JSON:
        print_json(score, summary);
        return;
    case SCORE_CSV:
        print_csv(score);
        return;
    }
}
