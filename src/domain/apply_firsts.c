/* When each node came to an alert for the first time: kept through revisions,
 * and through the withdrawal, so that a drill can be scored when it is over. */
#include "domain/apply_parts.h"

void apply_first(const struct alert *alert, uint32_t *first, int64_t now_ms)
{
    int64_t after_ms = now_ms - alert->reported_ms;

    if (*first != 0)
        return;
    *first = after_ms < 0             ? 1
             : after_ms >= UINT32_MAX ? UINT32_MAX
                                      : (uint32_t)after_ms + 1;
}

int64_t alert_first_ms(const struct alert *alert, uint32_t first)
{
    return first == 0 ? 0 : alert->reported_ms + first - 1;
}

/* Both ascend: one pass. A withdrawal has to come to nobody anew. */
void apply_carry_firsts(struct alert *alert, const struct cover *before,
                        size_t count, int64_t now_ms)
{
    bool withdrawn =
        alert->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_WITHDRAWN;
    size_t at = 0;

    for (size_t i = 0; i < alert->cover_count; i++) {
        struct cover *cover = &alert->cover[i];

        while (at < count && before[at].node < cover->node)
            at++;
        if (at < count && before[at].node == cover->node)
            cover->firsts = before[at].firsts;
        if (!withdrawn)
            apply_first(alert, &cover->firsts.due, now_ms);
    }
}

void apply_first_answer(const struct alert *alert, uint32_t node,
                        uint32_t revision, Tocsin__V1__Rung rung,
                        int64_t now_ms)
{
    struct cover *cover = alert_cover(alert, node);

    if (cover == NULL ||
        (revision == alert->revision &&
         alert->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_WITHDRAWN))
        return;
    apply_first(alert, &cover->firsts.held, now_ms);
    if (rung >= TOCSIN__V1__RUNG__RUNG_SHOWN)
        apply_first(alert, &cover->firsts.shown, now_ms);
    if (rung >= TOCSIN__V1__RUNG__RUNG_READ)
        apply_first(alert, &cover->firsts.read, now_ms);
}
