#include "domain/decide_case.h"
#include "domain/looks.h"
#include "domain/purge.h"
#include "domain/samples.h"
#include "domain/supervision.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void *order_take(const struct order *order, size_t size)
{
    void *memory = order->arena->allocator.alloc(order->arena, size);

    REQUIRE(memory != NULL);
    memset(memory, 0, size);
    return memory;
}

Tocsin__V1__Fact *order_fact(const struct order *order,
                             Tocsin__V1__Fact__BodyCase body)
{
    Tocsin__V1__Fact *fact = order_take(order, sizeof *fact);

    tocsin__v1__fact__init(fact);
    fact->time_ms = order->now_ms;
    fact->principal = (char *)(uintptr_t)order->actor->id;
    fact->request_id = order->request->request_id;
    fact->request_digest.data = (uint8_t *)(uintptr_t)order->request_digest;
    fact->request_digest.len = sizeof order->request_digest;
    fact->body_case = body;
    return fact;
}

int64_t steady_if_apart(int64_t steady_ms, int64_t now_ms)
{
    return steady_ms < now_ms - CLOCK_TOLERANCE_MS ||
                   steady_ms > now_ms + CLOCK_TOLERANCE_MS
               ? steady_ms
               : 0;
}

void refuse(struct verdict *verdict, Tocsin__V1__Status status,
            const char *field, const char *format, ...)
{
    va_list args;

    verdict->status = status;
    verdict->fact = NULL;
    snprintf(verdict->complaint.field, sizeof verdict->complaint.field, "%s",
             field);
    va_start(args, format);
    vsnprintf(verdict->complaint.reason, sizeof verdict->complaint.reason,
              format, args);
    va_end(args);
}

bool role_may_ask(Tocsin__V1__Role role, Tocsin__V1__Request__BodyCase body)
{
    bool centre = role == TOCSIN__V1__ROLE__ROLE_CENTRE;
    bool administrator = role == TOCSIN__V1__ROLE__ROLE_ADMINISTRATOR;
    bool field = role_is_field(role);
    bool officer = role == TOCSIN__V1__ROLE__ROLE_OFFICER;
    bool supervisor = role == TOCSIN__V1__ROLE__ROLE_SUPERVISOR;
    bool liaison = role == TOCSIN__V1__ROLE__ROLE_LIAISON;
    bool police = centre || officer || supervisor;

    switch (body) {
    case TOCSIN__V1__REQUEST__BODY_HEARTBEAT:
        return true;
    case TOCSIN__V1__REQUEST__BODY_GET_PICTURE:
    case TOCSIN__V1__REQUEST__BODY_SHOW_ALERT:
        return police || liaison ||
               (field && body == TOCSIN__V1__REQUEST__BODY_GET_PICTURE);
    case TOCSIN__V1__REQUEST__BODY_ACKNOWLEDGE:
    case TOCSIN__V1__REQUEST__BODY_SYNC:
    case TOCSIN__V1__REQUEST__BODY_GET_KEYS:
    case TOCSIN__V1__REQUEST__BODY_CONFIRM_PURGE:
    case TOCSIN__V1__REQUEST__BODY_NOTE_LOOK:
        return field;
    case TOCSIN__V1__REQUEST__BODY_HAND_BACK:
        return role == TOCSIN__V1__ROLE__ROLE_CHECKPOINT;
    case TOCSIN__V1__REQUEST__BODY_CLAIM:
    case TOCSIN__V1__REQUEST__BODY_LIST_DEVICES:
        return role == TOCSIN__V1__ROLE__ROLE_GATEWAY;
    case TOCSIN__V1__REQUEST__BODY_REPORT:
    case TOCSIN__V1__REQUEST__BODY_REVISE:
    case TOCSIN__V1__REQUEST__BODY_WITHDRAW:
        return centre;
    case TOCSIN__V1__REQUEST__BODY_PUT_PICTURE:
        return centre || field;
    case TOCSIN__V1__REQUEST__BODY_INVITE:
    case TOCSIN__V1__REQUEST__BODY_LIST_INVITATIONS:
    case TOCSIN__V1__REQUEST__BODY_ENROL:
    case TOCSIN__V1__REQUEST__BODY_REVOKE:
        return administrator;
    case TOCSIN__V1__REQUEST__BODY_LIST_ALERTS:
    case TOCSIN__V1__REQUEST__BODY_GET_BOARD:
    case TOCSIN__V1__REQUEST__BODY_FOLLOW:
    case TOCSIN__V1__REQUEST__BODY_LIST_DIVISIONS:
        return police || administrator || liaison;
    case TOCSIN__V1__REQUEST__BODY_RESOLVE_TARGET:
    case TOCSIN__V1__REQUEST__BODY_LIST_PRINCIPALS:
    case TOCSIN__V1__REQUEST__BODY_LIST_OVERDUE:
    case TOCSIN__V1__REQUEST__BODY_LIST_SUPERVISED:
        return police || administrator;
    case TOCSIN__V1__REQUEST__BODY_LIST_CASES:
    case TOCSIN__V1__REQUEST__BODY_SHOW_CASE:
    case TOCSIN__V1__REQUEST__BODY_LIST_SIGHTINGS:
    case TOCSIN__V1__REQUEST__BODY_LIST_LOOKS:
    case TOCSIN__V1__REQUEST__BODY_ORDER:
        return police;
    case TOCSIN__V1__REQUEST__BODY_SUPERVISE:
    case TOCSIN__V1__REQUEST__BODY_LIFT_SUPERVISION:
        return officer || supervisor;
    case TOCSIN__V1__REQUEST__BODY_REGISTER_FOUND:
        return field || centre || officer;
    case TOCSIN__V1__REQUEST__BODY_RESOLVE_FOUND:
        return centre || officer;
    case TOCSIN__V1__REQUEST__BODY_LIST_FOUND:
    case TOCSIN__V1__REQUEST__BODY_SHOW_FOUND:
    case TOCSIN__V1__REQUEST__BODY_LIST_LIKELY:
        return centre || officer || supervisor;
    case TOCSIN__V1__REQUEST__BODY_LAB_REPORT:
    case TOCSIN__V1__REQUEST__BODY_SHOW_SAMPLE:
        return role == TOCSIN__V1__ROLE__ROLE_LABORATORY;
    case TOCSIN__V1__REQUEST__BODY_CHECK_SAMPLE:
        return role == TOCSIN__V1__ROLE__ROLE_REGISTRY;
    case TOCSIN__V1__REQUEST__BODY__NOT_SET:
    case _TOCSIN__V1__REQUEST__BODY__CASE_IS_INT_SIZE:
        break;
    }
    return false;
}

/* A command that is recorded already gets the same answer; the same id with
 * another body is somebody's mistake. */
static bool is_repeated(struct verdict *verdict, const struct book *book,
                        const struct order *order)
{
    const struct seen *seen;

    identity_of_command(verdict->identity, order->actor->number,
                        order->request->request_id.data,
                        order->request->request_id.len);
    seen = book_seen(book, verdict->identity);
    if (seen == NULL)
        return false;
    if (memcmp(seen->digest, order->request_digest, sizeof seen->digest) != 0) {
        refuse(verdict, TOCSIN__V1__STATUS__STATUS_CONFLICT, "request_id",
               "was used for another request");
        return true;
    }
    verdict->status = TOCSIN__V1__STATUS__STATUS_DUPLICATE;
    verdict->sequence = seen->sequence;
    return true;
}

void decide(struct verdict *verdict, const struct book *book,
            const struct order *order)
{
    memset(verdict, 0, sizeof *verdict);
    if (order->request->body_case == TOCSIN__V1__REQUEST__BODY_ACKNOWLEDGE) {
        decide_answer(verdict, book, order);
        return;
    }
    if (order->request->body_case == TOCSIN__V1__REQUEST__BODY_REGISTER_FOUND) {
        decide_register_found(verdict, book, order);
        return;
    }
    if (is_repeated(verdict, book, order))
        return;
    switch (order->request->body_case) {
    case TOCSIN__V1__REQUEST__BODY_REPORT:
        decide_report(verdict, book, order);
        return;
    case TOCSIN__V1__REQUEST__BODY_REVISE:
        decide_revise(verdict, book, order);
        return;
    case TOCSIN__V1__REQUEST__BODY_WITHDRAW:
        decide_withdraw(verdict, book, order);
        return;
    case TOCSIN__V1__REQUEST__BODY_HAND_BACK:
        decide_hand_back(verdict, book, order);
        return;
    case TOCSIN__V1__REQUEST__BODY_ORDER:
        decide_case(verdict, book, order);
        return;
    case TOCSIN__V1__REQUEST__BODY_CONFIRM_PURGE:
        decide_purged(verdict, book, order);
        return;
    case TOCSIN__V1__REQUEST__BODY_NOTE_LOOK:
        decide_look(verdict, book, order);
        return;
    case TOCSIN__V1__REQUEST__BODY_SUPERVISE:
        decide_supervise(verdict, book, order);
        return;
    case TOCSIN__V1__REQUEST__BODY_LIFT_SUPERVISION:
        decide_lift(verdict, book, order);
        return;
    case TOCSIN__V1__REQUEST__BODY_RESOLVE_FOUND:
        decide_resolve_found(verdict, book, order);
        return;
    case TOCSIN__V1__REQUEST__BODY_LAB_REPORT:
        decide_lab_report(verdict, book, order);
        return;
    case TOCSIN__V1__REQUEST__BODY_CHECK_SAMPLE:
        decide_check_sample(verdict, book, order);
        return;
    case TOCSIN__V1__REQUEST__BODY_ENROL:
        decide_enrol(verdict, book, order);
        return;
    case TOCSIN__V1__REQUEST__BODY_REVOKE:
        decide_revoke(verdict, book, order);
        return;
    case TOCSIN__V1__REQUEST__BODY_INVITE:
        decide_invite(verdict, book, order);
        return;
    case TOCSIN__V1__REQUEST__BODY_CLAIM:
        decide_claim(verdict, book, order);
        return;
    default:
        REQUIRE(!"a question was taken for a command");
    }
}

Tocsin__V1__Fact *own_fact(const struct order *order,
                           Tocsin__V1__Fact__BodyCase body)
{
    Tocsin__V1__Fact *fact = order_take(order, sizeof *fact);

    tocsin__v1__fact__init(fact);
    fact->time_ms = order->now_ms;
    fact->body_case = body;
    return fact;
}

/* Somebody has yet to say that it is purged: it must be named until then. */
static bool is_to_be_purged(const struct book *book, const struct alert *alert)
{
    if (!case_is_sealed(&alert->file))
        return false;
    for (size_t i = 0; i < alert->cover_count; i++) {
        if (purge_is_due(book, &alert->cover[i]))
            return true;
    }
    return false;
}

/* Only a person lifts that, with a reason. */
static bool is_supervised(const struct book *book, const struct alert *alert)
{
    return book_supervision(book, TOCSIN__V1__SUPERVISED__SUPERVISED_CASE,
                            alert->id) != NULL;
}

bool alert_is_past(const struct book *book, const struct alert *alert,
                   int64_t keep_ms, int64_t now_ms)
{
    bool off = alert->state != TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE;
    bool over =
        off && (alert->exercise || (case_is_closed(&alert->file) &&
                                    alert->file.since_ms < now_ms - keep_ms));

    return over && alert->expires_ms < now_ms - keep_ms &&
           alert->recorded_ms < now_ms - keep_ms && !matches_wait(alert) &&
           !is_supervised(book, alert) && !is_to_be_purged(book, alert);
}

Tocsin__V1__Fact *decide_filing(const struct alert *alert, int64_t now_ms,
                                struct arena *arena)
{
    struct order order = {.arena = arena, .now_ms = now_ms};
    Tocsin__V1__Fact *fact =
        own_fact(&order, TOCSIN__V1__FACT__BODY_ALERT_FILED);

    fact->alert_filed = order_take(&order, sizeof *fact->alert_filed);
    tocsin__v1__alert_filed__init(fact->alert_filed);
    fact->alert_filed->alert_id = (char *)(uintptr_t)alert->id;
    return fact;
}

Tocsin__V1__Fact *decide_expiry(const struct alert *alert, int64_t now_ms,
                                struct arena *arena)
{
    struct order order = {.arena = arena, .now_ms = now_ms};
    Tocsin__V1__Fact *fact =
        own_fact(&order, TOCSIN__V1__FACT__BODY_ALERT_EXPIRED);

    fact->alert_expired = order_take(&order, sizeof *fact->alert_expired);
    tocsin__v1__alert_expired__init(fact->alert_expired);
    fact->alert_expired->alert_id = (char *)(uintptr_t)alert->id;
    return fact;
}

Tocsin__V1__Fact *decide_forgotten(const struct alert *alert, int64_t now_ms,
                                   struct arena *arena)
{
    struct order order = {.arena = arena, .now_ms = now_ms};
    Tocsin__V1__Fact *fact =
        own_fact(&order, TOCSIN__V1__FACT__BODY_CASE_FORGOTTEN);

    fact->case_forgotten = order_take(&order, sizeof *fact->case_forgotten);
    tocsin__v1__case_forgotten__init(fact->case_forgotten);
    fact->case_forgotten->alert_id = (char *)(uintptr_t)alert->id;
    fact->case_forgotten->revoked_purge = true;
    return fact;
}
