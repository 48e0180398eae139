#include "period/period_inside.h"

#include <stdlib.h>
#include <string.h>

struct period *period_new(const struct period_span *span)
{
    struct period *period = must_calloc(1, sizeof *period);

    period->span = *span;
    period->by_alert = map_new();
    period->by_found = map_new();
    return period;
}

void period_free(struct period *period)
{
    if (period == NULL)
        return;
    for (size_t i = 0; i < period->case_count; i++)
        case_free(period->cases[i]);
    for (size_t i = 0; i < period->found_count; i++)
        free(period->found[i]);
    free(period->cases);
    free(period->found);
    free(period->supervisings);
    map_free(period->by_alert);
    map_free(period->by_found);
    free(period);
}

bool period_holds(const struct period *period, int64_t time_ms)
{
    return time_ms >= period->span.from_ms && time_ms < period->span.to_ms;
}

/* ---- supervision --------------------------------------------------------- */

/* Where the subject is; "" of one that nobody knows. */
static void place(struct supervising *out, const struct book *book,
                  Tocsin__V1__Supervised kind, const char *subject)
{
    const struct alert *alert = book_alert(book, subject);
    const struct principal *node = book_principal(book, subject);

    if (kind == TOCSIN__V1__SUPERVISED__SUPERVISED_DIVISION) {
        strncpy(out->division, subject, DIVISION_SIZE);
    } else if (kind == TOCSIN__V1__SUPERVISED__SUPERVISED_CASE &&
               alert != NULL) {
        memcpy(out->division, alert->division, sizeof out->division);
        out->exercise = alert->exercise;
    } else if (kind == TOCSIN__V1__SUPERVISED__SUPERVISED_NODE &&
               node != NULL) {
        memcpy(out->division, node->division, sizeof out->division);
    }
}

static void supervise(struct period *period, const struct book *book,
                      const Tocsin__V1__Fact *fact)
{
    struct supervising *added;

    if (!period_holds(period, fact->time_ms))
        return;
    period->supervisings =
        must_realloc(period->supervisings, period->supervising_count + 1,
                     sizeof *period->supervisings);
    added = &period->supervisings[period->supervising_count++];
    memset(added, 0, sizeof *added);
    added->lifted =
        fact->body_case == TOCSIN__V1__FACT__BODY_SUPERVISION_LIFTED;
    if (added->lifted)
        place(added, book, fact->supervision_lifted->kind,
              fact->supervision_lifted->subject);
    else
        place(added, book, fact->put_under_supervision->kind,
              fact->put_under_supervision->subject);
}

/* ---- cases --------------------------------------------------------------- */

static const char *alert_of(const Tocsin__V1__Fact *fact)
{
    switch (fact->body_case) {
    case TOCSIN__V1__FACT__BODY_ALERT_ISSUED:
        return fact->alert_issued->alert_id;
    case TOCSIN__V1__FACT__BODY_RING_WIDENED:
        return fact->ring_widened->alert_id;
    case TOCSIN__V1__FACT__BODY_ANSWERED:
        return fact->answered->alert_id;
    case TOCSIN__V1__FACT__BODY_ANSWERED_TOGETHER:
        return fact->answered_together->alert_id;
    case TOCSIN__V1__FACT__BODY_CASE_CHANGED:
        return fact->case_changed->alert_id;
    case TOCSIN__V1__FACT__BODY_FELL_SILENT:
        return fact->fell_silent->alert_id;
    case TOCSIN__V1__FACT__BODY_LAB_REPORTED:
        return fact->lab_reported->alert_id;
    case TOCSIN__V1__FACT__BODY_CASE_FORGOTTEN:
        return fact->case_forgotten->alert_id;
    case TOCSIN__V1__FACT__BODY_PURGED:
        return fact->purged->alert_id;
    case TOCSIN__V1__FACT__BODY_SIGHTING_PICTURED:
        return fact->sighting_pictured->alert_id;
    default:
        return NULL;
    }
}

/* The report itself: in the book since this very fact. */
static bool is_report(const struct book *book, uint64_t sequence,
                      const Tocsin__V1__Fact *fact)
{
    const struct alert *alert;

    if (fact->body_case != TOCSIN__V1__FACT__BODY_ALERT_ISSUED)
        return false;
    alert = book_alert(book, fact->alert_issued->alert_id);
    return alert != NULL && alert->report_sequence == sequence;
}

static struct watched_case *begin(struct period *period,
                                  const Tocsin__V1__Fact *report)
{
    struct watched_case *watched = case_begin(report);
    size_t count = period->case_count++;

    if ((count & (count - 1)) == 0)
        period->cases = must_realloc(period->cases, count * 2 + 1,
                                     sizeof(struct watched_case *));
    period->cases[count] = watched;
    (void)map_put(period->by_alert, watched->id, strlen(watched->id), watched);
    return watched;
}

void period_take(struct period *period, const struct book *book,
                 uint64_t sequence, const Tocsin__V1__Fact *fact)
{
    const char *id = alert_of(fact);
    struct watched_case *watched;

    if (fact->body_case == TOCSIN__V1__FACT__BODY_PUT_UNDER_SUPERVISION ||
        fact->body_case == TOCSIN__V1__FACT__BODY_SUPERVISION_LIFTED)
        supervise(period, book, fact);
    found_take(period, fact);
    if (id == NULL)
        return;
    watched = map_get(period->by_alert, id, strlen(id));
    if (watched == NULL && is_report(book, sequence, fact) &&
        period_holds(period, fact->time_ms))
        watched = begin(period, fact);
    if (watched != NULL)
        case_take(watched, book, sequence, fact);
}
