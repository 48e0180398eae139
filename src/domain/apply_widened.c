/* Rings that have come to more nodes: coverage and topics grow, nobody who was
 * there loses anything. */
#include "domain/apply_parts.h"

#include <stdlib.h>
#include <string.h>

/* A line that was there already, because its node has held or answered it
 * before its ring came: that counts from here on. */
static void count_in(struct alert *alert, struct cover *cover)
{
    for (uint8_t rung = 1; rung <= cover->rung; rung++)
        alert->reached[rung]++;
    for (int rung = TOCSIN__V1__RUNG__RUNG_NEGATIVE; rung < 7; rung++)
        alert->said[rung] += cover->said >> rung & 1U;
    cover->held_ms = 0;
    cover->extra = false;
}

static void take_line(struct alert *alert, struct cover *cover, uint32_t due_ms)
{
    cover->due_ms = due_ms;
    apply_first(alert, &cover->firsts.due, alert->recorded_ms + due_ms);
    alert->nodes++;
    count_in(alert, cover);
}

/* Both lists ascend: one pass. */
static void grow_coverage(struct alert *alert,
                          const Tocsin__V1__RingWidened *widened,
                          uint32_t due_ms)
{
    size_t room = alert->cover_count + widened->n_coverage + 1;
    struct cover *lines = must_calloc(room, sizeof *lines);
    uint32_t number = 0;
    size_t used = 0;
    size_t at = 0;

    for (size_t i = 0; i < widened->n_coverage; i++) {
        number += widened->coverage[i];
        while (at < alert->cover_count && alert->cover[at].node < number)
            lines[used++] = alert->cover[at++];
        if (at < alert->cover_count && alert->cover[at].node == number)
            lines[used] = alert->cover[at++];
        else
            lines[used] = (struct cover){.node = number, .extra = true};
        if (lines[used].extra)
            take_line(alert, &lines[used], due_ms);
        used++;
    }
    while (at < alert->cover_count)
        lines[used++] = alert->cover[at++];
    free(alert->cover);
    alert->cover = lines;
    alert->cover_count = used;
}

/* A share that is held no longer is timed anew, from this ring on. */
static void time_anew(struct alert *alert)
{
    static const uint32_t share[3] = {50, 95, 100};
    uint64_t held = alert->reached[TOCSIN__V1__RUNG__RUNG_HELD];

    for (int i = 0; i < 3; i++) {
        if (held * 100 < (uint64_t)alert->nodes * share[i])
            alert->to_ms[i] = -1;
        else if (alert->to_ms[i] < 0)
            alert->to_ms[i] = 0; /* those it came to held it already */
    }
}

/* Where it goes out from here on. What stays keeps its place in its chain. */
static void take_prefixes(struct alert *alert,
                          const Tocsin__V1__RingWidened *widened)
{
    struct alert before = *alert;

    alert->prefixes = NULL;
    alert->previous = NULL;
    alert->told = NULL;
    apply_take_prefixes(alert, widened->prefixes, widened->n_prefixes);
    for (size_t i = 0; i < alert->prefix_count; i++) {
        for (size_t j = 0; j < before.prefix_count; j++) {
            if (strcmp(alert->prefixes[i], before.prefixes[j]) != 0)
                continue;
            alert->previous[i] = before.previous[j];
            alert->told[i] = before.told[j];
        }
    }
    free(before.prefixes);
    free(before.previous);
    free(before.told);
}

static bool is_told(const Tocsin__V1__RingWidened *widened, const char *prefix)
{
    for (size_t i = 0; i < widened->n_told; i++) {
        if (strcmp(widened->told[i], prefix) == 0)
            return true;
    }
    return false;
}

static void link_told(struct book *book, struct alert *alert,
                      const Tocsin__V1__RingWidened *widened, uint64_t sequence)
{
    for (size_t i = 0; i < alert->prefix_count; i++) {
        if (is_told(widened, alert->prefixes[i]))
            apply_link(book, alert, i, sequence);
    }
    alert->sequence = sequence;
}

struct effect apply_widened(struct book *book, uint64_t sequence,
                            const Tocsin__V1__Fact *fact)
{
    const Tocsin__V1__RingWidened *widened = fact->ring_widened;
    struct effect effect = {.kind = EFFECT_ALERT};
    struct alert *alert = book_alert(book, widened->alert_id);
    int64_t at_ms = apply_at_ms(fact, widened->at_ms);
    int64_t after_ms;

    REQUIRE(alert != NULL && alert->revision == widened->revision &&
            alert_widens(alert));
    after_ms = at_ms - alert->recorded_ms;
    grow_coverage(alert, widened,
                  (uint32_t)(after_ms < 0            ? 0
                             : after_ms > UINT32_MAX ? UINT32_MAX
                                                     : after_ms));
    alert->ring.step = widened->step;
    alert->ring.reached_ms = widened->reached_ms;
    if (widened->n_coverage > 0) {
        alert->ring.widened_ms = at_ms;
        time_anew(alert);
    }
    apply_toggle(book, alert, -1);
    take_prefixes(alert, widened);
    apply_toggle(book, alert, 1);
    link_told(book, alert, widened, sequence);
    effect.alert = alert;
    return effect;
}
