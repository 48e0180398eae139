#include "common/outcome.h"

#include "common/say.h"

enum outcome outcome_of(enum tocsin_status status)
{
    switch (status) {
    case TOCSIN_OK:
        return OUTCOME_DONE;
    case TOCSIN_REFUSED:
    case TOCSIN_MISSING:
        return OUTCOME_REFUSED;
    case TOCSIN_USAGE:
        return OUTCOME_USAGE;
    case TOCSIN_UNREACHABLE:
        return OUTCOME_UNREACHABLE;
    case TOCSIN_LOCAL:
        return OUTCOME_LOCAL;
    }
    return OUTCOME_LOCAL;
}

enum outcome outcome_say(enum tocsin_status status,
                         const struct tocsin_diag *why, const char *doing)
{
    if (doing == NULL)
        complain("%s", why->text);
    else
        complain("%s: %s", doing, why->text);
    return outcome_of(status);
}
