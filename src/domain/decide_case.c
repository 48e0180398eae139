/* Orders about a case: who may give which, and when. */
#include "domain/decide_case.h"

#include <string.h>

#include "domain/case_matter.h"
#include "domain/samples.h"

#define INVALID TOCSIN__V1__STATUS__STATUS_INVALID
#define DENIED TOCSIN__V1__STATUS__STATUS_DENIED
#define CONFLICT TOCSIN__V1__STATUS__STATUS_CONFLICT

bool matter_deny(const struct matter *matter, const char *who)
{
    refuse(matter->verdict, DENIED, "order.step", "is for %s", who);
    return false;
}

bool matter_conflict(const struct matter *matter, const char *what)
{
    refuse(matter->verdict, CONFLICT, "order.step", "%s", what);
    return false;
}

/* ---- who is who ---------------------------------------------------------- */

static bool in_reach(const struct principal *who, const struct alert *alert)
{
    return division_contains(who->division, alert->division);
}

bool matter_is_lead(const struct matter *matter)
{
    return case_lead(matter->book, matter->alert) == matter->actor;
}

bool is_centre_of(const struct principal *who, const struct alert *alert)
{
    return who->role == TOCSIN__V1__ROLE__ROLE_CENTRE &&
           (who->number == alert->owner || in_reach(who, alert));
}

/* Of higher rank than the lead is or was, or a supervisor. */
static bool is_above(const struct matter *matter)
{
    const struct principal *lead =
        book_number(matter->book, matter->file->lead);
    const struct principal *actor = matter->actor;

    if (!in_reach(actor, matter->alert))
        return false;
    if (actor->role == TOCSIN__V1__ROLE__ROLE_SUPERVISOR)
        return true;
    return actor->role == TOCSIN__V1__ROLE__ROLE_OFFICER &&
           actor->rank >= TOCSIN__V1__RANK__RANK_COUNTY &&
           (lead == NULL || actor->rank > lead->rank);
}

/* A principal that an order names; NULL: refused. */
static const struct principal *named(const struct matter *matter,
                                     const char *id, const char *field)
{
    const struct principal *who = book_principal(matter->book, id);

    if (who == NULL || who->revoked) {
        refuse(matter->verdict, TOCSIN__V1__STATUS__STATUS_NOT_FOUND, field,
               "nobody is enrolled as %s", id);
        return NULL;
    }
    return who;
}

/* ---- the lead ------------------------------------------------------------ */

static bool offer_lead(const struct matter *matter)
{
    const Tocsin__V1__OfferLead *offer = matter->asked->offer_lead;
    bool leaderless = case_lead(matter->book, matter->alert) == NULL;
    const struct principal *next;

    if (!matter_is_lead(matter) && !is_above(matter) &&
        !(leaderless && is_centre_of(matter->actor, matter->alert)))
        return matter_deny(
            matter, leaderless ? "a centre, a supervisor or an officer of "
                                 "county rank or above"
                               : "the lead, a supervisor or an officer of "
                                 "higher rank");
    next = named(matter, offer->officer, "order.offer_lead.officer");
    if (next == NULL)
        return false;
    if (!officer_may_lead(next, matter->alert)) {
        refuse(matter->verdict, INVALID, "order.offer_lead.officer",
               "%s is no officer of county rank or above for %s", next->id,
               matter->alert->division);
        return false;
    }
    if (next->number == matter->file->lead)
        return matter_conflict(matter, "that officer leads the case already");
    matter->changed->whom = next->number;
    return true;
}

static bool answer_offer(const struct matter *matter, bool accept)
{
    if (matter->file->offered == 0)
        return matter_conflict(matter, "the lead is offered to nobody");
    if (matter->file->offered != matter->actor->number)
        return matter_deny(matter, "the officer who was offered the lead");
    if (accept && !officer_may_lead(matter->actor, matter->alert))
        return matter_deny(matter, "an officer of county rank or above");
    return true;
}

/* ---- duties -------------------------------------------------------------- */

static bool assign_duty(const struct matter *matter)
{
    const Tocsin__V1__AssignDuty *assign = matter->asked->assign_duty;
    const struct principal *owner;

    if (!matter_is_lead(matter))
        return matter_deny(matter, "the lead");
    owner = named(matter, assign->owner, "order.assign_duty.owner");
    if (owner == NULL)
        return false;
    if ((owner->role != TOCSIN__V1__ROLE__ROLE_OFFICER &&
         owner->role != TOCSIN__V1__ROLE__ROLE_CENTRE) ||
        !in_reach(owner, matter->alert)) {
        refuse(matter->verdict, INVALID, "order.assign_duty.owner",
               "%s is no officer or centre for %s", owner->id,
               matter->alert->division);
        return false;
    }
    matter->changed->duty = assign->duty;
    matter->changed->whom = owner->number;
    return true;
}

/* Who was moved away since does it no more. */
bool matter_owns_duty(const struct matter *matter, Tocsin__V1__Duty duty)
{
    return matter->file->duties[duty - 1].owner == matter->actor->number &&
           in_reach(matter->actor, matter->alert);
}

static bool log_duty(const struct matter *matter)
{
    Tocsin__V1__Duty duty = matter->asked->log_duty->duty;

    if (!matter_is_lead(matter) && !matter_owns_duty(matter, duty))
        return matter_deny(matter, "the lead or the owner of that duty");
    matter->changed->duty = duty;
    return true;
}

/* ---- quiet, open, over --------------------------------------------------- */

static bool is_off_screens(const struct matter *matter)
{
    return matter->alert->state != TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE ||
           matter_conflict(matter,
                           "its alert is on the screens; withdraw it first");
}

static bool stand(const struct matter *matter)
{
    if (!matter_is_lead(matter))
        return matter_deny(matter, "the lead");
    return is_off_screens(matter);
}

static bool reopen(const struct matter *matter)
{
    if (matter_is_lead(matter) ||
        (case_is_closed(matter->file) && is_above(matter)))
        return true;
    return matter_deny(matter,
                       case_is_closed(matter->file)
                           ? "the lead, a supervisor or an officer of higher "
                             "rank"
                           : "the lead");
}

static bool solve(const struct matter *matter)
{
    if (!matter_is_lead(matter))
        return matter_deny(matter,
                           "the lead; who has none is offered one first");
    if (!is_off_screens(matter))
        return false;
    matter->changed->outcome = matter->asked->solve->outcome;
    matter->changed->waits = outcome_needs_two(matter->changed->outcome);
    return true;
}

static bool is_second(const struct matter *matter)
{
    const struct principal *actor = matter->actor;

    switch (actor->role) {
    case TOCSIN__V1__ROLE__ROLE_CENTRE:
        return is_centre_of(actor, matter->alert);
    case TOCSIN__V1__ROLE__ROLE_SUPERVISOR:
        return in_reach(actor, matter->alert);
    default:
        return officer_may_lead(actor, matter->alert);
    }
}

static bool confirm_outcome(const struct matter *matter)
{
    const struct case_file *file = matter->file;

    if (file->waiting == TOCSIN__V1__OUTCOME__OUTCOME_UNSPECIFIED)
        return matter_conflict(matter,
                               "no outcome waits for a second principal");
    if (file->waiting != matter->asked->confirm_outcome->outcome)
        return matter_conflict(matter, "another outcome waits");
    if (file->waiting_by == matter->actor->number)
        return matter_deny(matter, "a second principal, not who said it first");
    if (!is_second(matter))
        return matter_deny(matter,
                           "a supervisor, a centre or an officer of county "
                           "rank or above with the case in its jurisdiction");
    if (!is_off_screens(matter))
        return false;
    matter->changed->outcome = file->waiting;
    return true;
}

/* ---- sightings ----------------------------------------------------------- */

static bool may_triage(const struct matter *matter)
{
    return matter_is_lead(matter) ||
           is_centre_of(matter->actor, matter->alert) ||
           matter_owns_duty(matter, TOCSIN__V1__DUTY__DUTY_INVESTIGATION) ||
           matter_owns_duty(matter, TOCSIN__V1__DUTY__DUTY_RESCUE);
}

static bool is_sighting(const struct matter *matter, uint64_t sequence,
                        const char *field)
{
    const struct testimony *testimony =
        alert_testimony(matter->alert, sequence);

    if (testimony != NULL && testimony->rung >= TOCSIN__V1__RUNG__RUNG_SIGHTING)
        return true;
    refuse(matter->verdict, TOCSIN__V1__STATUS__STATUS_NOT_FOUND, field,
           "no sighting of this case has that sequence");
    return false;
}

static bool triage(const struct matter *matter)
{
    const Tocsin__V1__Triage *asked = matter->asked->triage;

    if (!may_triage(matter))
        return matter_deny(matter, "the centre, the lead, or who does the "
                                   "investigation or the rescue");
    if (asked->verdict == TOCSIN__V1__VERDICT__VERDICT_CONFIRMED &&
        matter->order->request->body_case != TOCSIN__V1__REQUEST__BODY_REVISE) {
        refuse(matter->verdict, INVALID, "order.triage.verdict",
               "CONFIRMED comes with a revision that starts from there");
        return false;
    }
    if (!is_sighting(matter, asked->sighting, "order.triage.sighting") ||
        (asked->duplicate_of != 0 && !is_sighting(matter, asked->duplicate_of,
                                                  "order.triage.duplicate_of")))
        return false;
    matter->changed->sighting = asked->sighting;
    matter->changed->verdict = asked->verdict;
    matter->changed->duplicate_of = asked->duplicate_of;
    matter->changed->officer = asked->officer;
    return true;
}

/* ---- samples ------------------------------------------------------------- */

static bool may_note(const struct matter *matter)
{
    for (int duty = 1; duty <= CASE_DUTIES; duty++) {
        if (matter_owns_duty(matter, (Tocsin__V1__Duty)duty))
            return true;
    }
    return matter_is_lead(matter) || is_centre_of(matter->actor, matter->alert);
}

/* ---- forgetting ---------------------------------------------------------- */

/* The child that it names would be held for ever, or let go unseen. */
static bool has_no_match_waiting(const struct matter *matter)
{
    return !matches_wait(matter->alert) ||
           matter_conflict(matter, "a match of its samples waits for the "
                                   "lead's decision");
}

static bool seal(const struct matter *matter)
{
    const struct principal *actor = matter->actor;

    matter->changed->revoked_purge = true;
    if (matter_is_lead(matter) ||
        (actor->role == TOCSIN__V1__ROLE__ROLE_SUPERVISOR &&
         in_reach(actor, matter->alert)))
        return is_off_screens(matter) && has_no_match_waiting(matter);
    return matter_deny(matter, "the lead or a supervisor");
}

/* ---- all ----------------------------------------------------------------- */

static bool may_take(const struct matter *matter)
{
    switch (matter->changed->step) {
    case TOCSIN__V1__CASE_STEP__CASE_STEP_OFFER_LEAD:
        return offer_lead(matter);
    case TOCSIN__V1__CASE_STEP__CASE_STEP_ACCEPT_LEAD:
        return answer_offer(matter, true);
    case TOCSIN__V1__CASE_STEP__CASE_STEP_DECLINE_LEAD:
        return answer_offer(matter, false);
    case TOCSIN__V1__CASE_STEP__CASE_STEP_ASSIGN_DUTY:
        return assign_duty(matter);
    case TOCSIN__V1__CASE_STEP__CASE_STEP_LOG_DUTY:
        return log_duty(matter);
    case TOCSIN__V1__CASE_STEP__CASE_STEP_STAND:
        return stand(matter);
    case TOCSIN__V1__CASE_STEP__CASE_STEP_REOPEN:
        return reopen(matter);
    case TOCSIN__V1__CASE_STEP__CASE_STEP_SOLVE:
        return solve(matter);
    case TOCSIN__V1__CASE_STEP__CASE_STEP_CONFIRM_OUTCOME:
        return confirm_outcome(matter);
    case TOCSIN__V1__CASE_STEP__CASE_STEP_TRIAGE:
        return triage(matter);
    case TOCSIN__V1__CASE_STEP__CASE_STEP_SEAL:
        return seal(matter);
    case TOCSIN__V1__CASE_STEP__CASE_STEP_SAMPLE:
        return (may_note(matter) ||
                matter_deny(matter,
                            "the lead, who does a duty, or a centre")) &&
               decide_note_sample(matter);
    case TOCSIN__V1__CASE_STEP__CASE_STEP_MATCH:
        return (matter_is_lead(matter) || matter_deny(matter, "the lead")) &&
               decide_match(matter);
    case TOCSIN__V1__CASE_STEP__CASE_STEP_UNSPECIFIED:
    case _TOCSIN__V1__CASE_STEP_IS_INT_SIZE:
        break;
    }
    return matter_conflict(matter, "is of an unknown kind");
}

static bool fits_state(const struct matter *matter)
{
    static const char *const states[] = {"", "open", "standing", "solved",
                                         "sealed"};

    if (case_step_fits(matter->file->state, matter->changed->step))
        return true;
    refuse(matter->verdict, CONFLICT, "order.step",
           "is not possible while the case is %s", states[matter->file->state]);
    return false;
}

static void record(const struct matter *matter)
{
    struct verdict *verdict = matter->verdict;

    verdict->fact =
        order_fact(matter->order, TOCSIN__V1__FACT__BODY_CASE_CHANGED);
    verdict->fact->case_changed = matter->changed;
    verdict->status = TOCSIN__V1__STATUS__STATUS_RECORDED;
}

void decide_case_step(struct verdict *verdict, const struct book *book,
                      const struct order *order,
                      const Tocsin__V1__CaseOrder *asked)
{
    struct matter matter = {.book = book,
                            .order = order,
                            .actor = order->actor,
                            .asked = asked,
                            .verdict = verdict};

    matter.alert = book_alert(book, asked->alert_id);
    if (matter.alert == NULL || !book_may_see(order->actor, matter.alert)) {
        refuse(verdict, TOCSIN__V1__STATUS__STATUS_NOT_FOUND, "order.alert_id",
               "there is no such case in this jurisdiction");
        return;
    }
    matter.file = &matter.alert->file;
    matter.changed = order_take(order, sizeof *matter.changed);
    tocsin__v1__case_changed__init(matter.changed);
    matter.changed->alert_id = asked->alert_id;
    matter.changed->step = case_order_step(asked);
    if (fits_state(&matter) && may_take(&matter))
        record(&matter);
}

/* Signed by who asks, now, under the id of the request; NULL: refused. */
static const Tocsin__V1__CaseOrder *
open_order(struct verdict *verdict, const struct order *order,
           const Tocsin__V1__SignedOrder *sealed)
{
    const Tocsin__V1__CaseOrder *asked;
    enum status status = case_order_open(
        &asked, order->arena, sealed, order->actor->key, &verdict->complaint);

    if (status != STATUS_OK)
        verdict->status = status == STATUS_FORGED ? DENIED : INVALID;
    else if (asked->order_id.len != order->request->request_id.len ||
             memcmp(asked->order_id.data, order->request->request_id.data,
                    asked->order_id.len) != 0)
        refuse(verdict, INVALID, "order.order_id", "is not the request_id");
    else if (asked->at_ms < order->now_ms - CLOCK_TOLERANCE_MS ||
             asked->at_ms > order->now_ms + CLOCK_TOLERANCE_MS)
        refuse(verdict, INVALID, "order.at_ms",
               "is more than 10 minutes from the broker's clock");
    else
        return asked;
    return NULL;
}

/* What is signed, and its signature: nothing else that the frame may carry. */
static void take_document(const struct order *order,
                          const Tocsin__V1__SignedOrder *sealed,
                          ProtobufCBinaryData *out)
{
    Tocsin__V1__SignedOrder bare = TOCSIN__V1__SIGNED_ORDER__INIT;

    bare.content = sealed->content;
    bare.signature = sealed->signature;
    out->data =
        order_take(order, protobuf_c_message_get_packed_size(&bare.base));
    out->len = protobuf_c_message_pack(&bare.base, out->data);
}

void decide_case(struct verdict *verdict, const struct book *book,
                 const struct order *order)
{
    const Tocsin__V1__SignedOrder *sealed = order->request->order->order;
    const Tocsin__V1__CaseOrder *asked = open_order(verdict, order, sealed);

    if (asked == NULL)
        return;
    decide_case_step(verdict, book, order, asked);
    if (verdict->fact != NULL)
        take_document(order, sealed, &verdict->fact->case_changed->document);
}

bool decide_confirms(struct verdict *verdict, const struct book *book,
                     const struct order *order,
                     const Tocsin__V1__SignedOrder *sealed,
                     Tocsin__V1__AlertIssued *issued)
{
    const Tocsin__V1__CaseOrder *asked = open_order(verdict, order, sealed);
    struct verdict inner = {0};
    const Tocsin__V1__CaseChanged *changed;

    if (asked == NULL)
        return false;
    if (asked->step_case != TOCSIN__V1__CASE_ORDER__STEP_TRIAGE ||
        asked->triage->verdict != TOCSIN__V1__VERDICT__VERDICT_CONFIRMED ||
        strcmp(asked->alert_id, issued->alert_id) != 0) {
        refuse(verdict, INVALID, "confirms",
               "confirms no sighting of this alert");
        return false;
    }
    decide_case_step(&inner, book, order, asked);
    if (inner.fact == NULL) {
        *verdict = inner;
        return false;
    }
    changed = inner.fact->case_changed;
    issued->confirms = changed->sighting;
    issued->officer = changed->officer;
    take_document(order, sealed, &issued->order);
    return true;
}
