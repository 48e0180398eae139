#include "tocsin/score.h"

#include <stdlib.h>
#include <string.h>

static void *room(size_t count, size_t size)
{
    void *list = calloc(count + 1, size);

    if (list == NULL)
        abort();
    return list;
}

static int64_t after(int64_t due_ms, int64_t at_ms)
{
    if (at_ms == 0)
        return -1;
    return at_ms > due_ms ? at_ms - due_ms : 0;
}

/* A broker of an earlier version tells how far the newest revision came, and of
 * the times only the first. */
static void read_old(struct score_node *node)
{
    const Tocsin__V1__NodeState *state = node->state;

    node->ms[SCORE_HELD] =
        state->rung >= TOCSIN__V1__RUNG__RUNG_HELD ? state->held_ms : -1;
    node->ms[SCORE_SHOWN] =
        state->rung >= TOCSIN__V1__RUNG__RUNG_SHOWN ? SCORE_UNTIMED : -1;
    node->ms[SCORE_READ] =
        state->rung >= TOCSIN__V1__RUNG__RUNG_READ ? SCORE_UNTIMED : -1;
}

static void read_node(struct score_node *node,
                      const Tocsin__V1__NodeState *state)
{
    node->state = state;
    if (state->first_due_ms == 0) {
        read_old(node);
        return;
    }
    node->ms[SCORE_HELD] = after(state->first_due_ms, state->first_held_ms);
    node->ms[SCORE_SHOWN] = after(state->first_due_ms, state->first_shown_ms);
    node->ms[SCORE_READ] = after(state->first_due_ms, state->first_read_ms);
}

static int by_division(const void *a, const void *b)
{
    return strcmp((*(const struct score_node *const *)a)->state->division,
                  (*(const struct score_node *const *)b)->state->division);
}

static int by_time(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

static void time_step(struct score_row *row, enum score_step step,
                      const int64_t *sorted, size_t count)
{
    static const uint32_t share[SCORE_SHARES] = {50, 95, 100};

    for (int i = 0; i < SCORE_SHARES; i++) {
        size_t wanted = ((size_t)row->nodes * share[i] + 99) / 100;

        row->to_ms[step][i] =
            wanted > 0 && wanted <= count ? sorted[wanted - 1] : -1;
    }
}

static void fill(struct score_row *row, struct score_node *const *nodes,
                 size_t count)
{
    int64_t *times = room(count, sizeof *times);

    row->nodes = (uint32_t)count;
    for (int step = 0; step < SCORE_STEPS; step++) {
        size_t timed = 0;

        for (size_t i = 0; i < count; i++) {
            row->reached[step] += nodes[i]->ms[step] != -1;
            if (nodes[i]->ms[step] >= 0)
                times[timed++] = nodes[i]->ms[step];
        }
        if (timed > 0)
            qsort(times, timed, sizeof *times, by_time);
        time_step(row, (enum score_step)step, times, timed);
    }
    row->dark = row->nodes - row->reached[SCORE_HELD];
    free(times);
}

void score_make(struct score *score, const Tocsin__V1__Board *board,
                size_t digits)
{
    size_t count = board->n_nodes;
    struct score_node **order = room(count, sizeof(struct score_node *));

    memset(score, 0, sizeof *score);
    score->node_count = count;
    score->nodes = room(count, sizeof *score->nodes);
    score->rows = room(count, sizeof *score->rows);
    for (size_t i = 0; i < count; i++) {
        read_node(&score->nodes[i], board->nodes[i]);
        order[i] = &score->nodes[i];
    }
    fill(&score->total, order, count);
    qsort(order, count, sizeof(struct score_node *), by_division);
    for (size_t from = 0, to; from < count; from = to) {
        struct score_row *row = &score->rows[score->row_count++];
        const char *division = order[from]->state->division;

        for (to = from + 1; to < count && strncmp(order[to]->state->division,
                                                  division, digits) == 0;)
            to++;
        memcpy(row->division, "000000", sizeof row->division);
        for (size_t i = 0; i < digits && division[i] != '\0'; i++)
            row->division[i] = division[i];
        fill(row, order + from, to - from);
    }
    free(order);
}

void score_done(struct score *score)
{
    free(score->nodes);
    free(score->rows);
    memset(score, 0, sizeof *score);
}
