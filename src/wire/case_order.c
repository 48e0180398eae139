#include "wire/case_order.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "wire/bundle.h"
#include "wire/signed.h"
#include "wire/kit.h"

#define REASON_MAX 1000
#define TEXT_MAX 2000
#define PURGE_DONE_MAX 65536 /* no more fits a frame */
#define SERVICE_NUMBER_MAX 40
#define SAMPLE_REASON_MAX 200

static bool check_id(const char *id, const char *field,
                     struct complaint *complaint)
{
    return principal_id_valid(id) ||
           complain(complaint, field, "is no principal's id");
}

static bool check_duty(Tocsin__V1__Duty duty, const char *field,
                       struct complaint *complaint)
{
    return (duty >= TOCSIN__V1__DUTY__DUTY_INVESTIGATION &&
            duty <= TOCSIN__V1__DUTY__DUTY_COMFORT) ||
           complain(complaint, field, "is missing or unknown");
}

static bool check_outcome(Tocsin__V1__Outcome outcome, const char *field,
                          struct complaint *complaint)
{
    return (outcome >= TOCSIN__V1__OUTCOME__OUTCOME_RETURNED_TO_PARENTS &&
            outcome <= TOCSIN__V1__OUTCOME__OUTCOME_FALSE_REPORT) ||
           complain(complaint, field, "is missing or unknown");
}

/* Every child that was found is with somebody who is named. */
static bool check_solve(const Tocsin__V1__Solve *solve,
                        struct complaint *complaint)
{
    bool found = solve->outcome != TOCSIN__V1__OUTCOME__OUTCOME_DEATH &&
                 solve->outcome != TOCSIN__V1__OUTCOME__OUTCOME_FALSE_REPORT;
    bool papers = solve->outcome == TOCSIN__V1__OUTCOME__OUTCOME_CIVIL_AFFAIRS;

    return check_outcome(solve->outcome, "solve.outcome", complaint) &&
           check_text(solve->receiver, found, NAME_MAX_BYTES, "solve.receiver",
                      complaint) &&
           check_text(solve->papers, papers, NAME_MAX_BYTES, "solve.papers",
                      complaint) &&
           check_text(solve->text, 0, TEXT_MAX, "solve.text", complaint);
}

static bool check_triage(const Tocsin__V1__Triage *triage,
                         struct complaint *complaint)
{
    bool dismissed = triage->verdict == TOCSIN__V1__VERDICT__VERDICT_DISMISSED;
    bool duplicate = triage->verdict == TOCSIN__V1__VERDICT__VERDICT_DUPLICATE;

    if (triage->sighting == 0)
        return complain(complaint, "triage.sighting", "is missing");
    if (triage->verdict < TOCSIN__V1__VERDICT__VERDICT_CHECKING ||
        triage->verdict > TOCSIN__V1__VERDICT__VERDICT_DUPLICATE)
        return complain(complaint, "triage.verdict", "is missing or unknown");
    if (duplicate != (triage->duplicate_of != 0))
        return complain(complaint, "triage.duplicate_of",
                        duplicate ? "is missing" : "is only for DUPLICATE");
    if (triage->duplicate_of == triage->sighting)
        return complain(complaint, "triage.duplicate_of", "is the same one");
    return check_text(triage->officer, 1, SERVICE_NUMBER_MAX, "triage.officer",
                      complaint) &&
           check_text(triage->reason, dismissed, REASON_MAX, "triage.reason",
                      complaint);
}

/* Without a kit is only who never gave one. */
static bool check_sample(const Tocsin__V1__NoteSample *note,
                         struct complaint *complaint)
{
    bool failed = note->state == TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_FAILED;
    bool impossible =
        note->state == TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_IMPOSSIBLE;

    if (!(impossible && note->kit[0] == '\0') && !kit_valid(note->kit))
        return complain(complaint, "note_sample.kit",
                        "must be 1 to 40 letters, digits, -");
    if (note->relation < TOCSIN__V1__RELATION__RELATION_MOTHER ||
        note->relation > TOCSIN__V1__RELATION__RELATION_OTHER_KIN)
        return complain(complaint, "note_sample.relation",
                        "is missing, or not of the child's kin");
    if (note->state == TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_IN_LIBRARY)
        return complain(complaint, "note_sample.state",
                        "is for the laboratory to say");
    if (note->state < TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_DUE ||
        note->state > TOCSIN__V1__SAMPLE_STATE__SAMPLE_STATE_IMPOSSIBLE)
        return complain(complaint, "note_sample.state",
                        "is missing or unknown");
    return check_text(note->reason, failed || impossible, SAMPLE_REASON_MAX,
                      "note_sample.reason", complaint);
}

static bool check_decision(const Tocsin__V1__DecideMatch *decide,
                           struct complaint *complaint)
{
    if (decide->match == 0)
        return complain(complaint, "decide_match.match", "is missing");
    if (decide->decision <
            TOCSIN__V1__MATCH_DECISION__MATCH_DECISION_ACCEPTED ||
        decide->decision > TOCSIN__V1__MATCH_DECISION__MATCH_DECISION_AGAIN)
        return complain(complaint, "decide_match.decision",
                        "is missing or unknown");
    return check_text(decide->reason, 1, REASON_MAX, "decide_match.reason",
                      complaint);
}

static bool check_step(const Tocsin__V1__CaseOrder *order,
                       struct complaint *complaint)
{
    switch (order->step_case) {
    case TOCSIN__V1__CASE_ORDER__STEP_OFFER_LEAD:
        return check_id(order->offer_lead->officer, "offer_lead.officer",
                        complaint) &&
               check_text(order->offer_lead->reason, 0, REASON_MAX,
                          "offer_lead.reason", complaint);
    case TOCSIN__V1__CASE_ORDER__STEP_ACCEPT_LEAD:
        return true;
    case TOCSIN__V1__CASE_ORDER__STEP_DECLINE_LEAD:
        return check_text(order->decline_lead->reason, 1, REASON_MAX,
                          "decline_lead.reason", complaint);
    case TOCSIN__V1__CASE_ORDER__STEP_ASSIGN_DUTY:
        return check_duty(order->assign_duty->duty, "assign_duty.duty",
                          complaint) &&
               check_id(order->assign_duty->owner, "assign_duty.owner",
                        complaint);
    case TOCSIN__V1__CASE_ORDER__STEP_LOG_DUTY:
        return check_duty(order->log_duty->duty, "log_duty.duty", complaint) &&
               check_text(order->log_duty->text, 1, TEXT_MAX, "log_duty.text",
                          complaint);
    case TOCSIN__V1__CASE_ORDER__STEP_STAND:
        return check_text(order->stand->reason, 1, REASON_MAX, "stand.reason",
                          complaint);
    case TOCSIN__V1__CASE_ORDER__STEP_REOPEN:
        return check_text(order->reopen->reason, 1, REASON_MAX, "reopen.reason",
                          complaint);
    case TOCSIN__V1__CASE_ORDER__STEP_SOLVE:
        return check_solve(order->solve, complaint);
    case TOCSIN__V1__CASE_ORDER__STEP_CONFIRM_OUTCOME:
        return check_outcome(order->confirm_outcome->outcome,
                             "confirm_outcome.outcome", complaint) &&
               check_text(order->confirm_outcome->text, 0, TEXT_MAX,
                          "confirm_outcome.text", complaint);
    case TOCSIN__V1__CASE_ORDER__STEP_TRIAGE:
        return check_triage(order->triage, complaint);
    case TOCSIN__V1__CASE_ORDER__STEP_SEAL:
        return check_text(order->seal->reason, 1, REASON_MAX, "seal.reason",
                          complaint);
    case TOCSIN__V1__CASE_ORDER__STEP_NOTE_SAMPLE:
        return check_sample(order->note_sample, complaint);
    case TOCSIN__V1__CASE_ORDER__STEP_DECIDE_MATCH:
        return check_decision(order->decide_match, complaint);
    case TOCSIN__V1__CASE_ORDER__STEP__NOT_SET:
    case _TOCSIN__V1__CASE_ORDER__STEP__CASE_IS_INT_SIZE:
        break;
    }
    return complain(complaint, "step", "is missing or of an unknown kind");
}

bool case_order_check(const Tocsin__V1__CaseOrder *order,
                      struct complaint *complaint)
{
    if (order->order_id.len != REQUEST_ID_SIZE)
        return complain(complaint, "order_id", "is not 16 bytes");
    if (!ulid_valid(order->alert_id))
        return complain(complaint, "alert_id", "is not a ULID");
    if (order->at_ms <= 0 || order->at_ms > TIME_MAX_MS)
        return complain(complaint, "at_ms", "is no time");
    return check_step(order, complaint);
}

/* The steps stand in the same order, ten apart. */
Tocsin__V1__CaseStep case_order_step(const Tocsin__V1__CaseOrder *order)
{
    int step = (int)order->step_case - 10;

    return step >= TOCSIN__V1__CASE_STEP__CASE_STEP_OFFER_LEAD &&
                   step <= TOCSIN__V1__CASE_STEP__CASE_STEP_MATCH
               ? (Tocsin__V1__CaseStep)step
               : TOCSIN__V1__CASE_STEP__CASE_STEP_UNSPECIFIED;
}

static bool check_order(const void *content, struct complaint *complaint)
{
    return case_order_check(content, complaint);
}

static const struct signed_kind order_kind = {
    CONTEXT_CASE, "order", CASE_ORDER_MAX, &tocsin__v1__case_order__descriptor,
    check_order};

enum status case_order_sign(const Tocsin__V1__CaseOrder *order,
                            const struct keypair *key, uint8_t **out,
                            size_t *size, struct diag *why)
{
    return signed_make(out, size, &order_kind, &order->base, key, why);
}

enum status case_order_open(const Tocsin__V1__CaseOrder **out,
                            struct arena *arena,
                            const Tocsin__V1__SignedOrder *sealed,
                            const uint8_t public_key[KEY_SIZE],
                            struct complaint *complaint)
{
    const struct signed_parts parts = SIGNED_PARTS(sealed);
    const void *content;
    enum status status = signed_open(&content, arena, &order_kind, &parts,
                                     public_key, complaint);

    if (status == STATUS_OK)
        *out = content;
    return status;
}

/* ---- purges -------------------------------------------------------------- */

static bool check_purge(const void *content, struct complaint *complaint)
{
    const Tocsin__V1__PurgeDone *done = content;

    return ulid_valid(done->alert_id) ||
           complain(complaint, "alert_id", "is not a ULID");
}

static const struct signed_kind purge_kind = {
    CONTEXT_PURGE, "purge", PURGE_DONE_MAX, &tocsin__v1__purge_done__descriptor,
    check_purge};

uint8_t *purge_sign(const Tocsin__V1__PurgeDone *done,
                    const struct keypair *key, size_t *size)
{
    uint8_t *bytes;

    REQUIRE(signed_make(&bytes, size, &purge_kind, &done->base, key, NULL) ==
            STATUS_OK);
    return bytes;
}

enum status purge_open(const Tocsin__V1__PurgeDone **out, struct arena *arena,
                       const Tocsin__V1__SignedPurge *sealed,
                       const uint8_t public_key[KEY_SIZE],
                       struct complaint *complaint)
{
    const struct signed_parts parts = SIGNED_PARTS(sealed);
    const void *content;
    enum status status = signed_open(&content, arena, &purge_kind, &parts,
                                     public_key, complaint);

    if (status == STATUS_OK)
        *out = content;
    return status;
}
