/* The sentences about cases: each becomes one signed order. */
#include "story_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "story_words.h"
#include "wire/case_order.h"

static Tocsin__V1__SignedOrder *sign_order(struct story *story,
                                           const struct sentence *sentence,
                                           struct actor *actor, uint8_t id[16],
                                           Tocsin__V1__CaseOrder *order)
{
    struct keypair *key = says(sentence, "forged")
                              ? &story_actor(story, "lab")->bundle.key
                              : &actor->bundle.key;
    Tocsin__V1__SignedOrder *sealed;
    uint8_t *bytes;
    size_t size;

    order->order_id = (ProtobufCBinaryData){REQUEST_ID_SIZE, id};
    order->alert_id = story->alert_ids[alert_number(sentence)];
    order->at_ms = story->now_ms + story->centres_ms;
    ck_assert(case_order_sign(order, key, &bytes, &size, NULL) == STATUS_OK);
    sealed = tocsin__v1__signed_order__unpack(NULL, size, bytes);
    free(bytes);
    return sealed;
}

void story_order(struct story *story, const struct sentence *sentence,
                 struct actor *actor, Tocsin__V1__CaseOrder *order)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Order body = TOCSIN__V1__ORDER__INIT;
    uint8_t id[REQUEST_ID_SIZE];

    story_request_id(story, id);
    if (says(sentence, "reusing")) /* it stands first in what was told last */
        memcpy(id, story->last_request + 2, sizeof id);
    body.order = sign_order(story, sentence, actor, id, order);
    request.request_id = order->order_id;
    request.body_case = TOCSIN__V1__REQUEST__BODY_ORDER;
    request.order = &body;
    story_send(story, actor, &request);
    tocsin__v1__signed_order__free_unpacked(body.order, NULL);
}

static char *text(const char *words)
{
    return (char *)(uintptr_t)words;
}

static int index_of(const char *const *words, int count, const char *word)
{
    for (int i = 1; word != NULL && i < count; i++) {
        if (strcmp(words[i], word) == 0)
            return i;
    }
    return 0;
}

static Tocsin__V1__Duty duty_in(const struct sentence *sentence)
{
    static const char *const words[] = {"", "investigation", "rescue",
                                        "comfort"};

    return (Tocsin__V1__Duty)index_of(words, 4, sentence->words[2]);
}

static Tocsin__V1__Outcome outcome_in(const struct sentence *sentence)
{
    static const char *const words[] = {"",        "returned", "civil-affairs",
                                        "runaway", "lost",     "rescued",
                                        "death",   "false"};

    return (Tocsin__V1__Outcome)index_of(words, 8, after(sentence, "as"));
}

static void lead(struct story *story, const struct sentence *sentence,
                 struct actor *actor, const char *verb)
{
    Tocsin__V1__CaseOrder order = TOCSIN__V1__CASE_ORDER__INIT;
    Tocsin__V1__OfferLead offer = TOCSIN__V1__OFFER_LEAD__INIT;
    Tocsin__V1__AcceptLead accept = TOCSIN__V1__ACCEPT_LEAD__INIT;
    Tocsin__V1__DeclineLead decline = TOCSIN__V1__DECLINE_LEAD__INIT;

    if (strcmp(verb, "offers") == 0) {
        offer.officer = text(after(sentence, "to"));
        order.step_case = TOCSIN__V1__CASE_ORDER__STEP_OFFER_LEAD;
        order.offer_lead = &offer;
    } else if (strcmp(verb, "accepts") == 0) {
        order.step_case = TOCSIN__V1__CASE_ORDER__STEP_ACCEPT_LEAD;
        order.accept_lead = &accept;
    } else {
        decline.reason = text("elsewhere");
        order.step_case = TOCSIN__V1__CASE_ORDER__STEP_DECLINE_LEAD;
        order.decline_lead = &decline;
    }
    story_order(story, sentence, actor, &order);
}

static void duty(struct story *story, const struct sentence *sentence,
                 struct actor *actor, const char *verb)
{
    Tocsin__V1__CaseOrder order = TOCSIN__V1__CASE_ORDER__INIT;
    Tocsin__V1__AssignDuty assign = TOCSIN__V1__ASSIGN_DUTY__INIT;
    Tocsin__V1__LogDuty entry = TOCSIN__V1__LOG_DUTY__INIT;

    if (strcmp(verb, "assigns") == 0) {
        assign.duty = duty_in(sentence);
        assign.owner = text(after(sentence, "to"));
        order.step_case = TOCSIN__V1__CASE_ORDER__STEP_ASSIGN_DUTY;
        order.assign_duty = &assign;
    } else {
        entry.duty = duty_in(sentence);
        entry.text = text("asked at every house");
        order.step_case = TOCSIN__V1__CASE_ORDER__STEP_LOG_DUTY;
        order.log_duty = &entry;
    }
    story_order(story, sentence, actor, &order);
}

static void conclude(struct story *story, const struct sentence *sentence,
                     struct actor *actor, const char *verb)
{
    Tocsin__V1__CaseOrder order = TOCSIN__V1__CASE_ORDER__INIT;
    Tocsin__V1__Solve solve = TOCSIN__V1__SOLVE__INIT;
    Tocsin__V1__ConfirmOutcome confirm = TOCSIN__V1__CONFIRM_OUTCOME__INIT;

    if (strcmp(verb, "solves") == 0) {
        solve.outcome = outcome_in(sentence);
        if (!says(sentence, "nameless"))
            solve.receiver = text("the parents");
        if (solve.outcome == TOCSIN__V1__OUTCOME__OUTCOME_CIVIL_AFFAIRS &&
            !says(sentence, "paperless"))
            solve.papers = text("form 7");
        order.step_case = TOCSIN__V1__CASE_ORDER__STEP_SOLVE;
        order.solve = &solve;
    } else {
        confirm.outcome = outcome_in(sentence);
        order.step_case = TOCSIN__V1__CASE_ORDER__STEP_CONFIRM_OUTCOME;
        order.confirm_outcome = &confirm;
    }
    story_order(story, sentence, actor, &order);
}

static void quiet(struct story *story, const struct sentence *sentence,
                  struct actor *actor, const char *verb)
{
    Tocsin__V1__CaseOrder order = TOCSIN__V1__CASE_ORDER__INIT;
    Tocsin__V1__Stand stand = TOCSIN__V1__STAND__INIT;
    Tocsin__V1__Reopen reopen = TOCSIN__V1__REOPEN__INIT;
    Tocsin__V1__Seal seal = TOCSIN__V1__SEAL__INIT;

    stand.reason = reopen.reason = seal.reason =
        text("nothing new / something new");
    if (strcmp(verb, "stands") == 0) {
        order.step_case = TOCSIN__V1__CASE_ORDER__STEP_STAND;
        order.stand = &stand;
    } else if (strcmp(verb, "seals") == 0) {
        order.step_case = TOCSIN__V1__CASE_ORDER__STEP_SEAL;
        order.seal = &seal;
    } else {
        order.step_case = TOCSIN__V1__CASE_ORDER__STEP_REOPEN;
        order.reopen = &reopen;
    }
    story_order(story, sentence, actor, &order);
}

static void triage(struct story *story, const struct sentence *sentence,
                   struct actor *actor, Tocsin__V1__Verdict verdict)
{
    Tocsin__V1__CaseOrder order = TOCSIN__V1__CASE_ORDER__INIT;
    Tocsin__V1__Triage triage = TOCSIN__V1__TRIAGE__INIT;

    triage.sighting = (uint64_t)number_after(sentence, "sighting", 0);
    triage.duplicate_of = (uint64_t)number_after(sentence, "doubles", 0);
    triage.verdict = triage.duplicate_of != 0
                         ? TOCSIN__V1__VERDICT__VERDICT_DUPLICATE
                         : verdict;
    triage.officer = text("000042");
    triage.reason = text("another child");
    order.step_case = TOCSIN__V1__CASE_ORDER__STEP_TRIAGE;
    order.triage = &triage;
    story_order(story, sentence, actor, &order);
}

Tocsin__V1__SignedOrder *story_confirmation(struct story *story,
                                            const struct sentence *sentence,
                                            struct actor *actor, uint8_t id[16])
{
    Tocsin__V1__CaseOrder order = TOCSIN__V1__CASE_ORDER__INIT;
    Tocsin__V1__Triage triage = TOCSIN__V1__TRIAGE__INIT;

    triage.sighting = (uint64_t)number_after(sentence, "confirming", 0);
    triage.verdict = says(sentence, "doubtfully")
                         ? TOCSIN__V1__VERDICT__VERDICT_CHECKING
                         : TOCSIN__V1__VERDICT__VERDICT_CONFIRMED;
    triage.officer = text("000042");
    order.step_case = TOCSIN__V1__CASE_ORDER__STEP_TRIAGE;
    order.triage = &triage;
    return sign_order(story, sentence, actor, id, &order);
}

static void purge(struct story *story, const struct sentence *sentence,
                  struct actor *actor)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ConfirmPurge body = TOCSIN__V1__CONFIRM_PURGE__INIT;
    Tocsin__V1__PurgeDone done = TOCSIN__V1__PURGE_DONE__INIT;
    uint8_t *bytes;
    size_t size;

    done.node = text(after(sentence, "as") != NULL ? after(sentence, "as")
                                                   : actor->bundle.id);
    done.alert_id = story->alert_ids[alert_number(sentence)];
    done.at_ms = story->now_ms;
    bytes = purge_sign(&done, &actor->bundle.key, &size);
    body.purge = tocsin__v1__signed_purge__unpack(NULL, size, bytes);
    free(bytes);
    if (says(sentence, "forged"))
        body.purge->signature.data[0] ^= 1;
    request.body_case = TOCSIN__V1__REQUEST__BODY_CONFIRM_PURGE;
    request.confirm_purge = &body;
    story_send(story, actor, &request);
    tocsin__v1__signed_purge__free_unpacked(body.purge, NULL);
}

bool story_tell_case(struct story *story, const struct sentence *sentence,
                     struct actor *actor)
{
    static const struct {
        const char *verb;
        void (*tell)(struct story *, const struct sentence *, struct actor *,
                     const char *verb);
    } verbs[] = {{"offers", lead},       {"accepts", lead},
                 {"declines", lead},     {"assigns", duty},
                 {"logs", duty},         {"solves", conclude},
                 {"confirms", conclude}, {"stands", quiet},
                 {"reopens", quiet},     {"seals", quiet}};
    const char *verb = sentence->words[1];

    if (says(sentence, "sighting")) {
        triage(story, sentence, actor,
               strcmp(verb, "checks") == 0
                   ? TOCSIN__V1__VERDICT__VERDICT_CHECKING
               : strcmp(verb, "confirms") == 0
                   ? TOCSIN__V1__VERDICT__VERDICT_CONFIRMED
                   : TOCSIN__V1__VERDICT__VERDICT_DISMISSED);
        return true;
    }
    if (strcmp(verb, "purges") == 0) {
        purge(story, sentence, actor);
        return true;
    }
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(verbs[i].verb, verb) == 0) {
            verbs[i].tell(story, sentence, actor, verb);
            return true;
        }
    }
    return false;
}
