#include "domain/view.h"

/* Its lead is one of its division: who was moved away leads it no more. */
static bool works_on(const struct principal *who, const struct alert *alert)
{
    return who->number == alert->owner ||
           division_contains(who->division, alert->division);
}

/* A partner's scope is not where the alert can be heard, which may be the whole
 * country, but where somebody must have it. */
static bool is_meant_for(const struct book *book, const struct principal *who,
                         const struct alert *alert)
{
    const uint32_t *numbers;
    size_t count;

    if (division_contains(who->division, alert->division))
        return true;
    numbers = roll_in_division(book, who->division, &count);
    for (size_t i = 0; i < count; i++) {
        if (alert_covers(alert, numbers[i]))
            return true;
    }
    return false;
}

enum view view_of(const struct book *book, const struct principal *who,
                  const struct alert *alert)
{
    if (!book_may_see(who, alert))
        return VIEW_NOTHING;
    switch (who->role) {
    case TOCSIN__V1__ROLE__ROLE_CENTRE:
    case TOCSIN__V1__ROLE__ROLE_SUPERVISOR:
    case TOCSIN__V1__ROLE__ROLE_OFFICER:
        return works_on(who, alert) ? VIEW_CASE : VIEW_ALERT;
    case TOCSIN__V1__ROLE__ROLE_LIAISON:
        return is_meant_for(book, who, alert) ? VIEW_ALERT : VIEW_NOTHING;
    case TOCSIN__V1__ROLE__ROLE_ADMINISTRATOR:
        return VIEW_COUNTS;
    case TOCSIN__V1__ROLE__ROLE_LABORATORY:
    case TOCSIN__V1__ROLE__ROLE_REGISTRY:
    case TOCSIN__V1__ROLE__ROLE_CHECKPOINT:
    case TOCSIN__V1__ROLE__ROLE_GATEWAY:
    case TOCSIN__V1__ROLE__ROLE_DEVICE:
    case TOCSIN__V1__ROLE__ROLE_UNSPECIFIED:
    case _TOCSIN__V1__ROLE_IS_INT_SIZE:
        break;
    }
    return VIEW_NOTHING;
}

bool view_holds_answer(const struct book *book, const struct principal *who,
                       const struct alert *alert, uint32_t node)
{
    switch (view_of(book, who, alert)) {
    case VIEW_CASE:
        return true;
    case VIEW_ALERT:
        return division_contains(who->division,
                                 book_number(book, node)->division);
    case VIEW_COUNTS:
    case VIEW_NOTHING:
        break;
    }
    return false;
}

bool view_holds_node(const struct principal *who, const struct principal *node)
{
    return who->role != TOCSIN__V1__ROLE__ROLE_LIAISON ||
           division_contains(who->division, node->division);
}
