/* Commands that come too late, about what is filed away or sealed, or too
 * early, about what a restore has lost and somebody may hand back yet. */
#include "broker/core_private.h"

#include <stdio.h>
#include <string.h>

#include "wire/document.h"
#include "wire/found.h"

/* A command about what is filed away was answered here. */
static bool comes_late(struct broker *broker, const struct caller *caller,
                       const char *lock, const uint8_t identity[IDENTITY_SIZE],
                       const struct order *order)
{
    if (strncmp(lock, "f:", 2) == 0)
        return book_found(broker->book, lock + 2) == NULL &&
               filing_answers_found(broker, caller, lock + 2, identity, order);
    return strncmp(lock, "a:", 2) == 0 &&
           book_alert(broker->book, lock + 2) == NULL &&
           filing_answers(
               broker, caller, lock + 2, identity, order->request_digest,
               order->request->body_case == TOCSIN__V1__REQUEST__BODY_REPORT,
               order->now_ms);
}

static void refuse_sealed(struct broker *broker, const struct caller *caller,
                          const char *field, int64_t now_ms)
{
    struct complaint complaint;

    complain(&complaint, field, "was sealed: its child is forgotten");
    reply_refused(broker, caller, TOCSIN__V1__STATUS__STATUS_CONFLICT,
                  &complaint, now_ms);
}

/* A node that speaks of it still has something of it. */
static void forget_there(struct broker *broker, const struct caller *caller,
                         const char *alert_id, int64_t now_ms)
{
    if (caller->gate == GATE_FIELD)
        purge_ask(broker, caller->principal, alert_id, now_ms);
}

/* Of a journal that was restored from before the report: the sealed child does
 * not come back with a late message. */
static bool comes_back(struct broker *broker, const struct caller *caller,
                       const char *lock, int64_t now_ms)
{
    bool found = strncmp(lock, "f:", 2) == 0;

    if ((!found && strncmp(lock, "a:", 2) != 0) ||
        book_alert(broker->book, lock + 2) != NULL ||
        book_found(broker->book, lock + 2) != NULL ||
        !purge_was_sealed(broker, lock + 2))
        return false;
    refuse_sealed(broker, caller, found ? "found.found_id" : "alert.alert_id",
                  now_ms);
    if (!found)
        forget_there(broker, caller, lock + 2, now_ms);
    return true;
}

/* Nor does a word of it wait for somebody to hand it back. */
static bool answers_what_was_sealed(struct broker *broker,
                                    const struct caller *caller,
                                    const struct verdict *verdict,
                                    const struct order *order)
{
    const Tocsin__V1__Answer *answer;
    struct complaint complaint;

    if (order->request->body_case != TOCSIN__V1__REQUEST__BODY_ACKNOWLEDGE ||
        verdict->status != TOCSIN__V1__STATUS__STATUS_NOT_FOUND ||
        answer_open(&answer, order->arena, order->request->acknowledge->answer,
                    &complaint) != STATUS_OK ||
        book_alert(broker->book, answer->alert_id) != NULL ||
        !purge_was_sealed(broker, answer->alert_id))
        return false;
    refuse_sealed(broker, caller, "answer.alert_id", order->now_ms);
    forget_there(broker, caller, answer->alert_id, order->now_ms);
    return true;
}

/* It must not be recorded behind the alert's filing. */
static bool waits_for_filing(struct broker *broker, const struct caller *caller,
                             const struct verdict *verdict,
                             const struct order *order)
{
    const Tocsin__V1__Fact *fact = verdict->fact;
    const char *alert_id = NULL;

    if (fact != NULL && fact->body_case == TOCSIN__V1__FACT__BODY_ANSWERED)
        alert_id = fact->answered->alert_id;
    else if (fact != NULL && fact->body_case == TOCSIN__V1__FACT__BODY_PURGED)
        alert_id = fact->purged->alert_id;
    else if (fact != NULL && fact->body_case == TOCSIN__V1__FACT__BODY_LOOKED)
        alert_id = fact->looked->alert_id;
    if (alert_id == NULL || !filing_is_under_way(broker, alert_id))
        return false;
    reply_crowded(broker, caller, RETRY_FULL_MS, order->now_ms);
    return true;
}

/* A restored broker may have lost the alert that an officer speaks of, or its
 * newest revision. The checkpoints that hold it hand it back; a gateway cannot,
 * and its word, or one from elsewhere, may come first. */
#define HAND_BACK_MS (10LL * 60 * 1000)
#define HAND_BACK_RETRY_MS 5000

static bool answers_what_is_lost(const struct broker *broker,
                                 const struct verdict *verdict,
                                 const struct order *order)
{
    const Tocsin__V1__Answer *answer;
    const struct alert *alert;
    struct complaint complaint;

    if (answer_open(&answer, order->arena, order->request->acknowledge->answer,
                    &complaint) != STATUS_OK ||
        !rung_is_personal(answer->rung))
        return false;
    alert = book_alert(broker->book, answer->alert_id);
    if (alert == NULL)
        return verdict->status == TOCSIN__V1__STATUS__STATUS_NOT_FOUND;
    return verdict->status == TOCSIN__V1__STATUS__STATUS_INVALID &&
           answer->revision > alert->revision;
}

/* A checkpoint hands back what it holds before it tells, or tells again, that
 * somebody has looked at it. */
static bool looks_at_what_is_lost(const struct broker *broker,
                                  const struct verdict *verdict,
                                  const struct order *order)
{
    return order->actor->role == TOCSIN__V1__ROLE__ROLE_GATEWAY &&
           verdict->status == TOCSIN__V1__STATUS__STATUS_NOT_FOUND &&
           strcmp(verdict->complaint.field, "alert_id") == 0 &&
           !purge_was_sealed(broker, order->request->note_look->alert_id);
}

/* Whoever still has the revisions before it tells them again. */
static bool corrects_what_is_lost(const struct broker *broker,
                                  const struct verdict *verdict,
                                  const struct order *order)
{
    const Tocsin__V1__FoundChild *content;
    const struct found_child *found;
    struct complaint complaint;

    if (verdict->status != TOCSIN__V1__STATUS__STATUS_CONFLICT ||
        found_open(&content, order->arena,
                   order->request->register_found->found,
                   &complaint) != STATUS_OK)
        return false;
    found = book_found(broker->book, content->found_id);
    return content->revision > (found != NULL ? found->revision_count : 0) + 1;
}

/* The centre that signed it was enrolled in the lost time, and is not yet
 * again: whoever holds it is not to let go of it before the operator has read
 * that. */
static bool is_of_lost_centre(struct broker *broker,
                              const struct caller *caller,
                              const struct verdict *verdict,
                              const struct order *order)
{
    const ProtobufCBinaryData *content;
    const Tocsin__V1__Certificate *certificate;
    char what[64];

    if (verdict->status != TOCSIN__V1__STATUS__STATUS_NOT_FOUND ||
        strcmp(verdict->complaint.field, "certificate") != 0)
        return false;
    content = &order->request->hand_back->alert->certificate->content;
    certificate =
        decode(order->arena, &tocsin__v1__certificate__descriptor,
               content->data, content->len, NULL); /* decide did, and checked */
    if (certificate == NULL)
        return false;
    snprintf(what, sizeof what, "lost-centre/%.40s", certificate->principal);
    refusal_count(broker, caller->gate, 0, what);
    return true;
}

/* Restored, or put back by hand, as a node has shown that had heard more. */
static bool may_have_lost(const struct broker *broker)
{
    int64_t since_ms = broker->older ? broker->older_ms : broker->started_ms;

    return (broker->book->restored || broker->older) &&
           broker->monotonic_ms - since_ms < HAND_BACK_MS;
}

static bool awaits_hand_back(struct broker *broker, const struct caller *caller,
                             const struct verdict *verdict,
                             const struct order *order)
{
    if (!may_have_lost(broker) || verdict->fact != NULL)
        return false;
    switch (order->request->body_case) {
    case TOCSIN__V1__REQUEST__BODY_ACKNOWLEDGE:
        if (!answers_what_is_lost(broker, verdict, order))
            return false;
        break;
    case TOCSIN__V1__REQUEST__BODY_NOTE_LOOK:
        if (!looks_at_what_is_lost(broker, verdict, order))
            return false;
        break;
    case TOCSIN__V1__REQUEST__BODY_REGISTER_FOUND:
        if (!corrects_what_is_lost(broker, verdict, order))
            return false;
        break;
    case TOCSIN__V1__REQUEST__BODY_HAND_BACK:
        if (!is_of_lost_centre(broker, caller, verdict, order))
            return false;
        break;
    default:
        return false;
    }
    reply_later(broker, caller, HAND_BACK_RETRY_MS, order->now_ms);
    return true;
}

bool untimely_command(struct broker *broker, const struct caller *caller,
                      const char *lock, const uint8_t identity[IDENTITY_SIZE],
                      const struct order *order)
{
    return comes_late(broker, caller, lock, identity, order) ||
           comes_back(broker, caller, lock, order->now_ms);
}

bool untimely_verdict(struct broker *broker, const struct caller *caller,
                      const struct verdict *verdict, const struct order *order)
{
    return waits_for_filing(broker, caller, verdict, order) ||
           filing_answers_late(broker, caller, verdict, order) ||
           answers_what_was_sealed(broker, caller, verdict, order) ||
           awaits_hand_back(broker, caller, verdict, order);
}
