/* A person puts under supervision, and lifts it. */
#include "domain/decide_case.h"
#include "domain/supervision.h"

#include <string.h>

#define INVALID TOCSIN__V1__STATUS__STATUS_INVALID
#define DENIED TOCSIN__V1__STATUS__STATUS_DENIED
#define CONFLICT TOCSIN__V1__STATUS__STATUS_CONFLICT
#define REASON_MAX 400

static bool is_text(struct verdict *verdict, const char *text, size_t max,
                    const char *field)
{
    if (text[0] != '\0' && strlen(text) <= max)
        return true;
    refuse(verdict, INVALID, field, "must have 1 to %zu bytes", max);
    return false;
}

static bool may_supervise(struct verdict *verdict,
                          const struct principal *actor, const char *division)
{
    bool high = actor->role == TOCSIN__V1__ROLE__ROLE_SUPERVISOR ||
                (actor->role == TOCSIN__V1__ROLE__ROLE_OFFICER &&
                 actor->rank >= TOCSIN__V1__RANK__RANK_PREFECTURE);

    if (high && division_contains(actor->division, division))
        return true;
    refuse(verdict, DENIED, "subject",
           "is for a supervisor or an officer of prefecture rank or above, in "
           "its jurisdiction");
    return false;
}

/* Everything that both ask alike. */
static bool is_proper(struct verdict *verdict, const struct book *book,
                      const struct principal *actor,
                      Tocsin__V1__Supervised kind, const char *subject,
                      const char *reason, const char *officer)
{
    const char *division = supervision_division(book, kind, subject);

    if (!is_text(verdict, reason, REASON_MAX, "reason") ||
        !is_text(verdict, officer, OFFICER_MAX, "officer"))
        return false;
    if (division == NULL) {
        refuse(verdict, TOCSIN__V1__STATUS__STATUS_NOT_FOUND, "subject",
               "there is no such case, node or division");
        return false;
    }
    return may_supervise(verdict, actor, division);
}

void decide_supervise(struct verdict *verdict, const struct book *book,
                      const struct order *order)
{
    const Tocsin__V1__Supervise *asked = order->request->supervise;
    Tocsin__V1__PutUnderSupervision *put;

    if (!is_proper(verdict, book, order->actor, asked->kind, asked->subject,
                   asked->reason, asked->officer))
        return;
    if (book_supervision(book, asked->kind, asked->subject) != NULL) {
        refuse(verdict, CONFLICT, "subject", "is under supervision already");
        return;
    }
    put = order_take(order, sizeof *put);
    tocsin__v1__put_under_supervision__init(put);
    put->kind = asked->kind;
    put->subject = asked->subject;
    put->reason = asked->reason;
    put->officer = asked->officer;
    verdict->fact =
        order_fact(order, TOCSIN__V1__FACT__BODY_PUT_UNDER_SUPERVISION);
    verdict->fact->put_under_supervision = put;
    verdict->status = TOCSIN__V1__STATUS__STATUS_RECORDED;
}

/* Nobody lifts what watches them. */
static bool is_the_watched(const struct book *book,
                           const struct principal *actor,
                           const Tocsin__V1__LiftSupervision *asked)
{
    const struct alert *alert =
        asked->kind == TOCSIN__V1__SUPERVISED__SUPERVISED_CASE
            ? book_alert(book, asked->subject)
            : NULL;

    return alert != NULL && case_lead(book, alert) == actor;
}

void decide_lift(struct verdict *verdict, const struct book *book,
                 const struct order *order)
{
    const Tocsin__V1__LiftSupervision *asked = order->request->lift_supervision;
    Tocsin__V1__SupervisionLifted *lifted;

    if (!is_proper(verdict, book, order->actor, asked->kind, asked->subject,
                   asked->reason, asked->officer))
        return;
    if (book_supervision(book, asked->kind, asked->subject) == NULL) {
        refuse(verdict, CONFLICT, "subject", "is not under supervision");
        return;
    }
    if (is_the_watched(book, order->actor, asked)) {
        refuse(verdict, DENIED, "subject", "is led by who asks");
        return;
    }
    lifted = order_take(order, sizeof *lifted);
    tocsin__v1__supervision_lifted__init(lifted);
    lifted->kind = asked->kind;
    lifted->subject = asked->subject;
    lifted->reason = asked->reason;
    lifted->officer = asked->officer;
    verdict->fact =
        order_fact(order, TOCSIN__V1__FACT__BODY_SUPERVISION_LIFTED);
    verdict->fact->supervision_lifted = lifted;
    verdict->status = TOCSIN__V1__STATUS__STATUS_RECORDED;
}
