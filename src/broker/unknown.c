/* Divisions that a target names and no table knows: a slip of the pen, or a
 * code that is no more. The alert goes out to all else that it names; who has
 * signed it is told. */
#include "broker/core_private.h"

#include "domain/concern.h"

size_t unknown_divisions(struct broker *broker,
                         const Tocsin__V1__Target *target, char ***out)
{
    const struct divisions *table = broker->book->divisions;
    size_t count = 0;

    if (divisions_count(table) == 0)
        return 0;
    *out = arena_take(&broker->arena, (target->n_divisions + 1) * sizeof **out);
    for (size_t i = 0; i < target->n_divisions; i++) {
        if (divisions_find(table, target->divisions[i]) == NULL)
            (*out)[count++] = target->divisions[i];
    }
    return count;
}

void unknown_fill(struct broker *broker, const struct alert *alert,
                  Tocsin__V1__Filed *filed)
{
    const Tocsin__V1__Alert *content;

    if (filed->revision != alert->revision ||
        alert->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_WITHDRAWN)
        return;
    content = alert_content(alert, &broker->arena);
    if (content != NULL)
        filed->n_unknown_divisions = unknown_divisions(
            broker, content->target, &filed->unknown_divisions);
}
