#include "tocsin/board_print.h"

#include <stdio.h>

#include "common/numbers.h"
#include "common/say.h"
#include "common/table.h"
#include "common/words.h"

#define BAR_COLUMNS 30

static void print_count(const char *label, uint32_t count, uint32_t of)
{
    double share = of == 0 ? 0 : (double)count / of;
    size_t full = (size_t)(share * BAR_COLUMNS);
    char bar[BAR_COLUMNS + 1];

    for (size_t i = 0; i < BAR_COLUMNS; i++)
        bar[i] = i < full ? '#' : '.';
    bar[BAR_COLUMNS] = '\0';
    say("%-12s %7u  %5.1f %%  %s", label, count, share * 100, bar);
}

static void print_time(const char *label, int64_t ms)
{
    char text[TIME_TEXT_MAX];

    say("%-12s %s", label, ms < 0 ? "not yet" : duration_text(ms, text));
}

static void print_rings(const Tocsin__V1__AlertSummary *summary)
{
    char text[TIME_TEXT_MAX];

    for (size_t i = 0; i < summary->n_rings; i++) {
        const Tocsin__V1__RingState *ring = summary->rings[i];

        say("ring %4g km %8u  %u reached  %s %s", ring->radius_km, ring->nodes,
            ring->reached, ring->in_force ? "in force since" : "comes",
            time_text(ring->due_ms, text));
    }
    if (summary->n_rings == 0)
        return;
    if (summary->next_ring_ms != 0)
        say("%-12s %s", "reaches more", time_text(summary->next_ring_ms, text));
    else if (summary->rings[summary->n_rings - 1]->in_force)
        say("%-12s %s", "reaches more", "never: all of its rings are in force");
}

void board_print_head(const Tocsin__V1__Board *board)
{
    const Tocsin__V1__AlertSummary *summary = board->summary;
    const Tocsin__V1__Progress *progress = summary->progress;
    char text[TIME_TEXT_MAX];

    if (summary->exercise)
        say("EXERCISE EXERCISE EXERCISE");
    say("case %s  alert %s  revision %u  %s", summary->case_number,
        summary->alert_id, summary->revision,
        word_text(words_state, summary->state));
    say("recorded %s by %s", time_text(summary->recorded_ms, text),
        summary->centre);
    say("%-12s %7u", "must have it", progress->nodes);
    print_count("held", progress->held, progress->nodes);
    print_count("shown", progress->shown, progress->nodes);
    print_count("read", progress->read, progress->nodes);
    print_count("negative", progress->negative, progress->nodes);
    print_count("sighting", progress->sighting, progress->nodes);
    print_count("intercepted", progress->intercepted, progress->nodes);
    print_time("half had it", progress->to_50_ms);
    print_time("95 %", progress->to_95_ms);
    print_time("all", progress->to_100_ms);
    say("%-12s %7u", "dark", board->dark);
    say("%-12s %7u", "unsearched", board->unsearched);
    print_rings(summary);
}

static void add_node(struct table *table, const Tocsin__V1__NodeState *node)
{
    char text[TIME_TEXT_MAX];
    bool dark = node->rung == TOCSIN__V1__RUNG__RUNG_UNSPECIFIED;

    table_cell(table, "%s", node->node);
    table_cell(table, "%s", node->name);
    table_cell(table, "%s", node->name_en);
    table_cell(table, "%s", word_text(words_kind, node->kind));
    table_cell(table, "%s", node->division);
    table_cell(table, "%s%s%s", word_text(words_rung, node->rung),
               node->revoked ? ", revoked" : "",
               node->doubled_ms != 0 ? ", two machines" : "");
    table_cell(table, "%s", dark ? "-" : duration_text(node->held_ms, text));
    table_cell(table, "%u", node->direct_tries);
    table_cell(table, "%s", time_text(node->last_heard_ms, text));
    table_cell(table, "%s",
               node->earliest_ms == 0 ? "-"
                                      : time_text(node->earliest_ms, text));
    table_cell(table, "%.0f", node->distance_km);
}

void board_print_nodes(const Tocsin__V1__Board *board, size_t rows)
{
    static const char *const heads[] = {"NODE",        "NAME",
                                        "ENGLISH",     "KIND",
                                        "DIVISION",    "RUNG",
                                        ">HELD AFTER", ">SENT DIRECTLY",
                                        "LAST HEARD",  "CHILD THERE FROM",
                                        ">KM"};
    struct table *table = table_new(heads, 11);

    for (size_t i = 0; i < board->n_nodes && i < rows; i++)
        add_node(table, board->nodes[i]);
    table_print(table, stdout);
    table_free(table);
    if (board->n_nodes > rows)
        say("... and %zu more", board->n_nodes - rows);
}
