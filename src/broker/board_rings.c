/* What the board tells of rings: how many nodes each holds, when it comes, and
 * when a child could be at a node. */
#include "broker/core_private.h"

#include "domain/concern.h"

static double distance_of(const Tocsin__V1__Alert *content,
                          const struct whereabouts *node)
{
    double distance_km;

    (void)rings_arrival_ms(content, node, &distance_km);
    return distance_km;
}

/* The step that it lies in, from 1; 0: beyond the last. */
static uint32_t ring_of(const Tocsin__V1__Rings *rings, double distance_km)
{
    for (uint32_t i = 0; i < rings->n_steps; i++) {
        if (distance_km <= rings->steps[i]->radius_km)
            return i + 1;
    }
    return 0;
}

void board_arrival(const struct alert *alert, const Tocsin__V1__Alert *content,
                   const struct principal *node, Tocsin__V1__NodeState *state)
{
    struct whereabouts where = book_whereabouts(node);
    int64_t arrival_ms;

    if (content == NULL || !where.has_point)
        return;
    arrival_ms = rings_arrival_ms(content, &where, &state->distance_km);
    if (arrival_ms != RING_NEVER)
        state->earliest_ms = content->last_seen->time_ms + arrival_ms;
    if (alert->ring.steps > 0 && content->rings != NULL)
        state->ring = ring_of(content->rings, state->distance_km);
}

void board_rings(struct broker *broker, const struct alert *alert,
                 const Tocsin__V1__Alert *content,
                 Tocsin__V1__AlertSummary *summary)
{
    const Tocsin__V1__Rings *rings = content != NULL ? content->rings : NULL;

    if (rings == NULL || alert->ring.steps != rings->n_steps)
        return;
    summary->widened_ms = alert->ring.widened_ms;
    summary->next_ring_ms = rings_next_ms(broker, alert, content);
    summary->n_rings = rings->n_steps;
    summary->rings =
        arena_take(&broker->arena, rings->n_steps * sizeof *summary->rings);
    for (uint32_t i = 0; i < rings->n_steps; i++) {
        Tocsin__V1__RingState *state =
            arena_message(&broker->arena, &tocsin__v1__ring_state__descriptor);

        state->radius_km = rings->steps[i]->radius_km;
        state->due_ms = alert->ring.from_ms + rings->steps[i]->after_ms;
        state->in_force = i < alert->ring.step;
        summary->rings[i] = state;
    }
}

void board_count_rings(const struct book *book, const struct alert *alert,
                       const Tocsin__V1__Alert *content,
                       Tocsin__V1__AlertSummary *summary)
{
    for (size_t i = 0; summary->n_rings > 0 && i < book->principal_count; i++) {
        const struct roll_line *line = &book->roll[i];
        const struct whereabouts where = {line->division, line->point,
                                          line->has_point, line->kind};
        uint32_t ring;

        if (!line->active || !line->has_point ||
            !target_holds(content->target, &where))
            continue;
        ring = ring_of(content->rings, distance_of(content, &where));
        if (ring == 0)
            continue;
        summary->rings[ring - 1]->nodes++;
        summary->rings[ring - 1]->reached +=
            alert_covers(alert, (uint32_t)i + 1);
    }
}
