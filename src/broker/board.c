/* The coverage ledger, as the centre reads it. */
#include "broker/core_private.h"

#include <stdlib.h>
#include <string.h>

#include "domain/concern.h"

#define NODES_PER_PAGE 400

struct alert *board_alert(struct broker *broker, const struct caller *caller,
                          const char *text, enum view least, int64_t now_ms)
{
    bool several;
    struct alert *alert = book_alert_meant(broker->book, text, &several);
    const struct principal *who = book_number(broker->book, caller->principal);
    struct complaint complaint;

    if (alert != NULL && view_of(broker->book, who, alert) >= least)
        return alert;
    complain(&complaint, "alert", "%s",
             alert != NULL && view_of(broker->book, who, alert) != VIEW_NOTHING
                 ? "is another division's case"
             : several ? "means more than one: write more of it"
             : filing_knows(broker, who, text)
                 ? "is over and filed away: see tocsin journal search"
                 : "there is no such alert in this jurisdiction");
    reply_refused(broker, caller, TOCSIN__V1__STATUS__STATUS_NOT_FOUND,
                  &complaint, now_ms);
    return NULL;
}

/* Until so many in a hundred held it. Where the clock was set back meanwhile
 * the book has a time below 0 of what is held: not yet it is not. */
static int64_t share_ms(const struct alert *alert, int which)
{
    static const uint32_t share[3] = {50, 95, 100};
    uint64_t held = alert->reached[TOCSIN__V1__RUNG__RUNG_HELD];

    if (alert->to_ms[which] < 0 &&
        held * 100 >= (uint64_t)alert->nodes * share[which])
        return 0;
    return alert->to_ms[which];
}

static Tocsin__V1__Progress *make_progress(struct arena *arena,
                                           const struct alert *alert)
{
    Tocsin__V1__Progress *progress =
        arena_message(arena, &tocsin__v1__progress__descriptor);

    progress->nodes = alert->nodes;
    progress->held = alert->reached[TOCSIN__V1__RUNG__RUNG_HELD];
    progress->shown = alert->reached[TOCSIN__V1__RUNG__RUNG_SHOWN];
    progress->read = alert->reached[TOCSIN__V1__RUNG__RUNG_READ];
    progress->negative = alert->said[TOCSIN__V1__RUNG__RUNG_NEGATIVE];
    progress->sighting = alert->said[TOCSIN__V1__RUNG__RUNG_SIGHTING];
    progress->intercepted = alert->said[TOCSIN__V1__RUNG__RUNG_INTERCEPTED];
    progress->to_50_ms = share_ms(alert, 0);
    progress->to_95_ms = share_ms(alert, 1);
    progress->to_100_ms = share_ms(alert, 2);
    return progress;
}

Tocsin__V1__AlertSummary *board_summary(struct broker *broker,
                                        const struct alert *alert)
{
    Tocsin__V1__AlertSummary *summary =
        arena_message(&broker->arena, &tocsin__v1__alert_summary__descriptor);
    const struct principal *owner = book_number(broker->book, alert->owner);

    summary->alert_id = (char *)(uintptr_t)alert->id;
    summary->revision = alert->revision;
    summary->case_number = (char *)(uintptr_t)alert->case_number;
    summary->state = alert->state;
    summary->exercise = alert->exercise;
    summary->centre = (char *)(uintptr_t)owner->id;
    summary->recorded_ms = alert->recorded_ms;
    summary->reported_ms = alert->reported_ms;
    summary->expires_ms = alert->expires_ms;
    summary->sequence = alert->sequence;
    summary->progress = make_progress(&broker->arena, alert);
    summary->sightings = alert->sightings;
    return summary;
}

Tocsin__V1__NodeState *board_node(struct broker *broker,
                                  const struct principal *node)
{
    Tocsin__V1__NodeState *state =
        arena_message(&broker->arena, &tocsin__v1__node_state__descriptor);

    state->node = (char *)(uintptr_t)node->id;
    state->name = node->name;
    state->name_en = node->name_en;
    state->kind = node->kind;
    state->division = (char *)(uintptr_t)node->division;
    state->revoked = node->revoked;
    state->last_heard_ms = broker_presence(broker, node->number)->heard.wall_ms;
    state->doubled_ms = doubles_ms(broker, node->number);
    return state;
}

static Tocsin__V1__Rung highest(const struct cover *cover)
{
    for (int rung = TOCSIN__V1__RUNG__RUNG_INTERCEPTED;
         rung > TOCSIN__V1__RUNG__RUNG_READ; rung--) {
        if ((cover->said & 1U << rung) != 0)
            return (Tocsin__V1__Rung)rung;
    }
    return (Tocsin__V1__Rung)cover->rung;
}

static bool is_named(const struct cover *cover, Tocsin__V1__Rung up_to)
{
    return !cover->extra && highest(cover) <= up_to;
}

static int by_node_id(const void *a, const void *b)
{
    return strcmp((*(const struct principal *const *)a)->id,
                  (*(const struct principal *const *)b)->id);
}

/* A heap with the last of them on top: puts right what stands at this place. */
static void sink(const struct principal **heap, size_t count, size_t at)
{
    size_t below;

    while ((below = 2 * at + 1) < count) {
        const struct principal *held = heap[at];

        if (below + 1 < count && by_node_id(&heap[below], &heap[below + 1]) < 0)
            below++;
        if (by_node_id(&heap[at], &heap[below]) >= 0)
            return;
        heap[at] = heap[below];
        heap[below] = held;
        at = below;
    }
}

size_t board_sort(const struct principal **nodes, size_t count, size_t most)
{
    size_t kept = count < most ? count : most;

    for (size_t i = kept / 2; count > kept && i > 0; i--)
        sink(nodes, kept, i - 1);
    for (size_t i = kept; i < count; i++) {
        if (by_node_id(&nodes[i], &nodes[0]) >= 0)
            continue;
        nodes[0] = nodes[i];
        sink(nodes, kept, 0);
    }
    qsort(nodes, kept, sizeof *nodes, by_node_id);
    return kept;
}

/* The nodes to name, in order of their ids, no more than show that there is
 * another page; a page goes on after an id. The caller frees. */
static const struct principal **nodes_to_name(const struct broker *broker,
                                              const struct alert *alert,
                                              const struct principal *who,
                                              const Tocsin__V1__GetBoard *ask,
                                              size_t *count)
{
    const struct principal **nodes =
        must_calloc(alert->cover_count + 1, sizeof *nodes);

    *count = 0;
    for (size_t i = 0; i < alert->cover_count; i++) {
        const struct principal *node =
            book_number(broker->book, alert->cover[i].node);

        if (is_named(&alert->cover[i], ask->up_to) &&
            strcmp(node->id, ask->after) > 0 && view_holds_node(who, node))
            nodes[(*count)++] = node;
    }
    *count = board_sort(nodes, *count, NODES_PER_PAGE + 1);
    return nodes;
}

static void name_firsts(const struct alert *alert, const struct cover *cover,
                        Tocsin__V1__NodeState *state)
{
    state->first_due_ms = alert_first_ms(alert, cover->firsts.due);
    state->first_held_ms = alert_first_ms(alert, cover->firsts.held);
    state->first_shown_ms = alert_first_ms(alert, cover->firsts.shown);
    state->first_read_ms = alert_first_ms(alert, cover->firsts.read);
}

static void name_nodes(struct broker *broker, const struct alert *alert,
                       const struct principal *who,
                       const Tocsin__V1__GetBoard *ask,
                       Tocsin__V1__Board *board)
{
    size_t count;
    size_t bytes = 0;
    const struct principal **nodes =
        nodes_to_name(broker, alert, who, ask, &count);
    const Tocsin__V1__Alert *content = alert_content(alert, &broker->arena);

    board->nodes =
        arena_take(&broker->arena, NODES_PER_PAGE * sizeof *board->nodes);
    for (size_t i = 0; i < count && !board->more; i++) {
        const struct cover *cover = alert_cover(alert, nodes[i]->number);
        Tocsin__V1__NodeState *state = board_node(broker, nodes[i]);

        state->rung = highest(cover);
        state->held_ms = cover->held_ms;
        name_firsts(alert, cover, state);
        state->direct_tries = direct_tries(broker, alert, cover->node);
        board_arrival(alert, content, nodes[i], state);
        bytes += protobuf_c_message_get_packed_size(&state->base) + 8;
        if (board->n_nodes == NODES_PER_PAGE || bytes > PAGE_BYTES_MAX)
            board->more = true;
        else
            board->nodes[board->n_nodes++] = state;
    }
    free(nodes);
}

static uint32_t count_unsearched(const struct alert *alert)
{
    uint32_t count = 0;

    for (size_t i = 0; i < alert->cover_count; i++)
        count += is_named(&alert->cover[i], TOCSIN__V1__RUNG__RUNG_READ);
    return count;
}

void board_take(struct broker *broker, const struct caller *caller,
                const Tocsin__V1__GetBoard *ask, int64_t now_ms)
{
    const struct alert *alert =
        board_alert(broker, caller, ask->alert, VIEW_COUNTS, now_ms);
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;
    Tocsin__V1__Board board = TOCSIN__V1__BOARD__INIT;
    const Tocsin__V1__Alert *content;

    if (alert == NULL)
        return;
    content = alert_content(alert, &broker->arena);
    board.summary = board_summary(broker, alert);
    board_rings(broker, alert, content, board.summary);
    board_count_rings(broker->book, alert, content, board.summary);
    board.unsearched = count_unsearched(alert);
    board.dark = alert->nodes - alert->reached[TOCSIN__V1__RUNG__RUNG_HELD];
    name_nodes(broker, alert, book_number(broker->book, caller->principal), ask,
               &board);
    reply.status = TOCSIN__V1__STATUS__STATUS_OK;
    reply.body_case = TOCSIN__V1__REPLY__BODY_BOARD;
    reply.board = &board;
    reply_send(broker, caller, &reply, now_ms);
}
