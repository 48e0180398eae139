/* Acknowledgements: whose they are, and whether they are news. */
#include "domain/decide.h"

#include <string.h>

#include "domain/concern.h"
#include "domain/sighted.h"
#include "wire/document.h"

#define DENIED TOCSIN__V1__STATUS__STATUS_DENIED

/* The node that answers, if this principal may bring its answer. */
static const struct principal *speaker(struct verdict *verdict,
                                       const struct book *book,
                                       const struct order *order,
                                       const Tocsin__V1__Answer *answer)
{
    bool own = strcmp(answer->node, order->actor->id) == 0;
    const struct principal *node =
        own ? order->actor : book_principal(book, answer->node);

    if (node == NULL || node->revoked ||
        (!role_is_field(node->role) &&
         node->role != TOCSIN__V1__ROLE__ROLE_DEVICE)) {
        refuse(verdict, DENIED, "answer.node", "is no enrolled node");
        return NULL;
    }
    if (!rung_is_personal(answer->rung)) {
        if (own)
            return node;
        refuse(verdict, DENIED, "answer.node",
               "HELD and SHOWN come from the node itself");
        return NULL;
    }
    if (!own && order->actor->role != TOCSIN__V1__ROLE__ROLE_GATEWAY) {
        refuse(verdict, DENIED, "answer.node", "is another node");
        return NULL;
    }
    return node;
}

static bool on_foot(const struct principal *node)
{
    return node->role == TOCSIN__V1__ROLE__ROLE_DEVICE;
}

/* A handheld goes where its officer goes: what concerns the gateway that brings
 * its word concerns it. */
static bool concerns(const struct order *order, const struct alert *alert,
                     const struct principal *node)
{
    return alert_concerns(alert, node, order->arena) ||
           (on_foot(node) && alert_concerns(alert, order->actor, order->arena));
}

/* Who holds an alert was sent it, and so was who has read it; what was seen or
 * searched may be anywhere: a child that is on its way leaves the target, and
 * so do those who look for it. */
static bool answers_something(struct verdict *verdict,
                              const struct order *order,
                              const struct alert *alert,
                              const struct principal *node,
                              const Tocsin__V1__Answer *answer)
{
    if (alert == NULL || (answer->rung <= TOCSIN__V1__RUNG__RUNG_READ &&
                          !concerns(order, alert, node)))
        refuse(verdict, TOCSIN__V1__STATUS__STATUS_NOT_FOUND, "answer.alert_id",
               "no such alert for this node");
    else if (case_is_sealed(&alert->file))
        refuse(verdict, TOCSIN__V1__STATUS__STATUS_CONFLICT, "answer.alert_id",
               "is sealed");
    else if (answer->revision > alert->revision)
        refuse(verdict, TOCSIN__V1__STATUS__STATUS_INVALID, "answer.revision",
               "is above the newest, %u", alert->revision);
    else
        return true;
    return false;
}

/* What the machine says is news only for the newest revision, and once. */
static bool machine_has_news(struct verdict *verdict, const struct alert *alert,
                             const struct principal *node,
                             const Tocsin__V1__Answer *answer)
{
    const struct cover *cover = alert_cover(alert, node->number);

    identity_of_rung(verdict->identity, node->number, alert->id,
                     answer->revision, answer->rung);
    if (answer->revision < alert->revision) {
        verdict->status = TOCSIN__V1__STATUS__STATUS_OK;
        return false;
    }
    if (cover == NULL || cover->rung < answer->rung)
        return true;
    verdict->status = TOCSIN__V1__STATUS__STATUS_DUPLICATE;
    verdict->sequence = answer->rung == TOCSIN__V1__RUNG__RUNG_HELD
                            ? cover->held_seq
                            : cover->shown_seq;
    return false;
}

static void digest_of(const Tocsin__V1__SignedAnswer *sealed, uint8_t out[8])
{
    uint8_t hash[32];

    hash_bytes(hash, sealed->content.data, sealed->content.len);
    memcpy(out, hash, 8);
}

static bool person_has_news(struct verdict *verdict, const struct book *book,
                            const struct order *order)
{
    const struct seen *seen;
    uint8_t digest[8];

    seen = book_seen(book, verdict->identity);
    if (seen == NULL)
        return true;
    digest_of(order->request->acknowledge->answer, digest);
    if (memcmp(seen->digest, digest, sizeof digest) != 0) {
        refuse(verdict, TOCSIN__V1__STATUS__STATUS_CONFLICT, "answer.answer_id",
               "was used for another answer");
        return false;
    }
    verdict->status = TOCSIN__V1__STATUS__STATUS_DUPLICATE;
    verdict->sequence = seen->sequence;
    return false;
}

/* What is signed and its signature: nothing else that the frame may carry. */
static void take_document(const struct order *order,
                          const Tocsin__V1__SignedAnswer *sealed,
                          ProtobufCBinaryData *out)
{
    Tocsin__V1__SignedAnswer bare = TOCSIN__V1__SIGNED_ANSWER__INIT;

    bare.content = sealed->content;
    bare.signature = sealed->signature;
    out->data =
        order_take(order, protobuf_c_message_get_packed_size(&bare.base));
    out->len = protobuf_c_message_pack(&bare.base, out->data);
}

/* Beside what is known already; nothing is decided by it. */
static void weigh(Tocsin__V1__Answered *answered, const struct book *book,
                  const struct order *order, const struct principal *node,
                  const Tocsin__V1__Answer *answer)
{
    const struct alert *alert = book_alert(book, answer->alert_id);
    struct seen_at last;
    struct seen_at seen;

    if (answer->rung < TOCSIN__V1__RUNG__RUNG_SIGHTING ||
        !sighted_at(&seen, answer, node))
        return;
    answered->unreachable = alert_last_seen(&last, alert, order->arena) &&
                            sighted_beyond_reach(&last, &seen);
    answered->cluster = sighted_cluster(book, alert, &seen, order->arena);
}

/* A word from where the alert did not go. Who said and who brought it hold what
 * the alert's coverage does not know of. */
static void place(Tocsin__V1__Answered *answered, const struct alert *alert,
                  const struct order *order, const struct principal *node)
{
    answered->brought_outside =
        node != order->actor &&
        !alert_concerns(alert, order->actor, order->arena);
    answered->outside = on_foot(node)
                            ? answered->brought_outside
                            : !alert_concerns(alert, node, order->arena);
}

/* So many an officer needs never; a stolen node must not bury the cases of a
 * whole country. */
#define OUTSIDE_MAX 50

static bool has_room(struct verdict *verdict, const struct alert *alert,
                     const struct principal *node)
{
    size_t count = 0;

    for (size_t i = 0; i < alert->answer_count; i++)
        count +=
            alert->answers[i].outside && alert->answers[i].node == node->number;
    if (count >= OUTSIDE_MAX)
        refuse(verdict, TOCSIN__V1__STATUS__STATUS_CONFLICT, "answer",
               "there are %d of this node from outside of where the alert went",
               OUTSIDE_MAX);
    return count < OUTSIDE_MAX;
}

static void record(struct verdict *verdict, const struct book *book,
                   const struct order *order, const struct principal *node,
                   const Tocsin__V1__Answer *answer)
{
    const Tocsin__V1__SignedAnswer *sealed =
        order->request->acknowledge->answer;
    const struct alert *alert = book_alert(book, answer->alert_id);
    Tocsin__V1__Answered *answered = order_take(order, sizeof *answered);

    tocsin__v1__answered__init(answered);
    answered->alert_id = answer->alert_id;
    answered->revision = answer->revision;
    answered->node = node->number;
    answered->rung = answer->rung;
    answered->at_ms = answer->at_ms;
    if (rung_is_personal(answer->rung)) {
        answered->answer_id = answer->answer_id;
        take_document(order, sealed, &answered->document);
        answered->document_digest.data = order_take(order, 8);
        answered->document_digest.len = 8;
        digest_of(sealed, answered->document_digest.data);
    }
    weigh(answered, book, order, node, answer);
    if (answer->rung > TOCSIN__V1__RUNG__RUNG_READ)
        place(answered, alert, order, node);
    if (answered->outside && !has_room(verdict, alert, node))
        return;
    if (answer->picture != NULL) {
        answered->picture = answer->picture->hash;
        answered->picture_size = answer->picture->size;
    }
    if (node != order->actor) {
        answered->relayed_by = (char *)(uintptr_t)order->actor->id;
        answered->taken_ms = order->request->acknowledge->taken_ms;
        answered->relayed_ms = order->request->acknowledge->relayed_ms;
    }
    verdict->fact = order_fact(order, TOCSIN__V1__FACT__BODY_ANSWERED);
    verdict->fact->request_digest.len = 0; /* its own identity tells */
    verdict->fact->answered = answered;
    verdict->status = TOCSIN__V1__STATUS__STATUS_RECORDED;
}

/* By the key that it has now; what was recorded by one that it had before stays
 * so, whoever was not told then. */
static bool is_signed(struct verdict *verdict, const struct book *book,
                      const struct order *order, const struct principal *node,
                      const Tocsin__V1__Answer *answer)
{
    identity_of_answer(verdict->identity, node->number, answer->answer_id.data,
                       answer->answer_id.len);
    if (answer_verify(order->request->acknowledge->answer, node->key))
        return true;
    if (person_has_news(verdict, book, order) ||
        verdict->status != TOCSIN__V1__STATUS__STATUS_DUPLICATE)
        refuse(verdict, DENIED, "answer.signature", "does not verify");
    return false;
}

void decide_answer(struct verdict *verdict, const struct book *book,
                   const struct order *order)
{
    const Tocsin__V1__Answer *answer;
    const struct principal *node;
    const struct alert *alert;
    bool personal;

    if (answer_open(&answer, order->arena, order->request->acknowledge->answer,
                    &verdict->complaint) != STATUS_OK) {
        verdict->status = TOCSIN__V1__STATUS__STATUS_INVALID;
        return;
    }
    node = speaker(verdict, book, order, answer);
    if (node == NULL)
        return;
    personal = rung_is_personal(answer->rung);
    /* a repeated one has had its answer, whatever became of its case since */
    if (personal && (!is_signed(verdict, book, order, node, answer) ||
                     !person_has_news(verdict, book, order)))
        return;
    alert = book_alert(book, answer->alert_id);
    if (answers_something(verdict, order, alert, node, answer) &&
        (personal || machine_has_news(verdict, alert, node, answer)))
        record(verdict, book, order, node, answer);
}
