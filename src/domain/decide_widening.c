/* The broker's own fact that the rings of an alert have come to more nodes. */
#include "domain/decide_issue.h"

#include <stdlib.h>
#include <string.h>

static struct whereabouts whereabouts_of(const struct roll_line *line)
{
    return (struct whereabouts){line->division, line->point, line->has_point,
                                line->kind};
}

int64_t widening_passed_ms(const struct widening *widening)
{
    return widening->steady_ms - widening->alert->ring.from_ms;
}

int64_t widening_due_ms(const struct book *book,
                        const struct widening *widening)
{
    const struct alert *alert = widening->alert;
    const Tocsin__V1__Rings *rings = widening->content->rings;
    uint32_t step = rings_step(rings, alert->ring.reached_ms);
    int64_t due_ms = step < rings->n_steps ? rings->steps[step]->after_ms
                                           : rings_last_ms(rings);

    for (size_t i = 0; i < book->principal_count; i++) {
        const struct whereabouts where = whereabouts_of(&book->roll[i]);
        int64_t own_ms;

        if (!book->roll[i].active)
            continue;
        own_ms = rings_due_ms(widening->content, &where);
        if (own_ms < due_ms && (own_ms > alert->ring.reached_ms ||
                                !alert_covers(alert, (uint32_t)i + 1)))
            due_ms = own_ms;
    }
    return due_ms;
}

/* Those who have to hear that the rings have come so far: whom they reach now,
 * and whom they had reached when they were enrolled. Some are in the coverage
 * already, by an earlier revision; whether they show it they may not know. */
static uint32_t *newly_reached(const struct book *book,
                               const struct widening *widening,
                               int64_t reached_ms, size_t *count)
{
    struct scope before =
        scope_at(widening->content, widening->alert->ring.reached_ms);
    struct scope now = scope_at(widening->content, reached_ms);
    uint32_t *numbers = book_resolve(book, &now, count);
    size_t kept = 0;

    for (size_t i = 0; i < *count; i++) {
        const struct whereabouts where =
            whereabouts_of(&book->roll[numbers[i] - 1]);

        if (!alert_covers(widening->alert, numbers[i]) ||
            !scope_holds(&before, &where))
            numbers[kept++] = numbers[i];
    }
    *count = kept;
    return numbers;
}

static void leave_out_covered(const struct alert *alert, uint32_t *numbers,
                              size_t *count)
{
    size_t kept = 0;

    for (size_t i = 0; i < *count; i++) {
        if (!alert_covers(alert, numbers[i]))
            numbers[kept++] = numbers[i];
    }
    *count = kept;
}

static bool went_there(const struct alert *alert, const char *prefix)
{
    for (size_t i = 0; i < alert->prefix_count; i++) {
        if (strcmp(alert->prefixes[i], prefix) == 0)
            return true;
    }
    return false;
}

/* Which of the prefixes holds it; they are disjoint. Neighbours in the roll are
 * often neighbours on the map: the last one is tried first. */
static size_t prefix_of(const Tocsin__V1__RingWidened *widened,
                        const char *division, size_t last)
{
    size_t at = 0;

    if (last < widened->n_prefixes &&
        prefix_contains(widened->prefixes[last], division))
        return last;
    while (at < widened->n_prefixes &&
           !prefix_contains(widened->prefixes[at], division))
        at++;
    return at;
}

/* Topics on which somebody has to hear of it: those that are new, and those of
 * the nodes that are. */
static void take_told(const struct book *book, const struct order *order,
                      const struct alert *alert, const uint32_t *numbers,
                      size_t count, Tocsin__V1__RingWidened *widened)
{
    bool told[PREFIXES_MAX + 1] = {false}; /* the last: of none */
    size_t at = PREFIXES_MAX;

    for (size_t i = 0; i < count; i++) {
        at = prefix_of(widened, book->roll[numbers[i] - 1].division, at);
        told[at] = true;
    }
    widened->told =
        order_take(order, (widened->n_prefixes + 1) * sizeof *widened->told);
    for (size_t i = 0; i < widened->n_prefixes; i++) {
        if (told[i] || !went_there(alert, widened->prefixes[i]))
            widened->told[widened->n_told++] = widened->prefixes[i];
    }
}

static Tocsin__V1__RingWidened *make(const struct book *book,
                                     const struct order *order,
                                     const struct alert *alert,
                                     uint32_t *numbers, size_t count)
{
    Tocsin__V1__RingWidened *widened = order_take(order, sizeof *widened);
    struct prefix_set set;

    tocsin__v1__ring_widened__init(widened);
    widened->alert_id = (char *)(uintptr_t)alert->id;
    widened->revision = alert->revision;
    cover_make(&set, book, numbers, count, alert);
    widened->n_prefixes = set.count;
    widened->prefixes = issue_prefixes(order, &set);
    take_told(book, order, alert, numbers, count, widened);
    leave_out_covered(alert, numbers, &count);
    widened->n_coverage = count;
    widened->coverage = issue_numbers(order, numbers, count);
    return widened;
}

Tocsin__V1__Fact *decide_widening(const struct book *book,
                                  const struct widening *widening,
                                  struct arena *arena)
{
    const struct order order = {.arena = arena, .now_ms = widening->now_ms};
    const struct alert *alert = widening->alert;
    const Tocsin__V1__Rings *rings = widening->content->rings;
    int64_t reached_ms = rings_reach(rings, widening_passed_ms(widening));
    uint32_t step = rings_step(rings, reached_ms);
    Tocsin__V1__Fact *fact = NULL;
    uint32_t *numbers;
    size_t count;

    if (reached_ms <= alert->ring.reached_ms)
        return NULL;
    numbers = newly_reached(book, widening, reached_ms, &count);
    if (count > 0 || step > alert->ring.step) {
        fact = order_take(&order, sizeof *fact);
        tocsin__v1__fact__init(fact);
        fact->time_ms = widening->now_ms;
        fact->body_case = TOCSIN__V1__FACT__BODY_RING_WIDENED;
        fact->ring_widened = make(book, &order, alert, numbers, count);
        fact->ring_widened->step = step;
        fact->ring_widened->reached_ms = reached_ms;
        fact->ring_widened->at_ms =
            steady_if_apart(widening->steady_ms, widening->now_ms);
    }
    free(numbers);
    return fact;
}
