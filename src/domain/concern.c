#include "domain/concern.h"

#include "wire/check.h"

const Tocsin__V1__Alert *alert_content(const struct alert *alert,
                                       struct arena *arena)
{
    bool ended = alert->last_alert != NULL;
    const uint8_t *bytes = ended ? alert->last_alert : alert->document;
    size_t size = ended ? alert->last_alert_size : alert->document_size;
    const Tocsin__V1__SignedAlert *sealed;
    const Tocsin__V1__AlertDocument *document;
    struct complaint complaint;

    if (bytes == NULL)
        return NULL;
    sealed =
        decode(arena, &tocsin__v1__signed_alert__descriptor, bytes, size, NULL);
    if (sealed == NULL)
        return NULL;
    document = decode(arena, &tocsin__v1__alert_document__descriptor,
                      sealed->content.data, sealed->content.len, NULL);
    /* it may come from a disk */
    return document != NULL &&
                   document->kind_case ==
                       TOCSIN__V1__ALERT_DOCUMENT__KIND_ALERT &&
                   check_alert(document->alert, &complaint)
               ? document->alert
               : NULL;
}

/* Facts under way, at most: a report does not know of the enrolments among
 * those before it. */
#define UNDER_WAY_MAX 32768

static bool came_later(const struct alert *alert, const struct principal *node,
                       struct arena *arena)
{
    size_t before = arena->used;
    struct whereabouts where = book_whereabouts(node);
    const Tocsin__V1__Alert *content;
    struct scope scope;
    bool meant = false;

    if (node->enrolled + UNDER_WAY_MAX < alert->report_sequence ||
        !book_is_active_node(node))
        return false;
    content = alert_content(alert, arena);
    if (content != NULL) {
        scope = scope_at(content, alert->ring.reached_ms);
        meant = scope_holds(&scope, &where);
    }
    arena->used = before;
    return meant;
}

bool alert_concerns(const struct alert *alert, const struct principal *node,
                    struct arena *arena)
{
    return alert_cover(alert, node->number) != NULL ||
           book_in_scope(node, alert) || came_later(alert, node, arena);
}
