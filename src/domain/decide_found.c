/* Children of unknown origin: who may register one, and who may say what
 * becomes of it. */
#include <string.h>

#include "domain/decide_case.h"
#include "domain/samples.h"
#include "wire/found.h"

#define INVALID TOCSIN__V1__STATUS__STATUS_INVALID
#define DENIED TOCSIN__V1__STATUS__STATUS_DENIED
#define CONFLICT TOCSIN__V1__STATUS__STATUS_CONFLICT
#define NOT_FOUND TOCSIN__V1__STATUS__STATUS_NOT_FOUND

#define IDENTIFIED TOCSIN__V1__FOUND_STATE__FOUND_STATE_IDENTIFIED

/* ---- registrations ------------------------------------------------------- */

/* Who says it, if the actor may bring its word. */
static const struct principal *speaker(struct verdict *verdict,
                                       const struct book *book,
                                       const struct order *order,
                                       const Tocsin__V1__FoundChild *content)
{
    const struct principal *actor = order->actor;
    bool own = strcmp(content->node, actor->id) == 0;
    const struct principal *node =
        own ? actor : book_principal(book, content->node);

    if (!own && actor->role != TOCSIN__V1__ROLE__ROLE_GATEWAY)
        refuse(verdict, DENIED, "found.node", "is another node");
    else if (node == NULL || node->revoked ||
             (!own && !role_is_field(node->role) &&
              node->role != TOCSIN__V1__ROLE__ROLE_DEVICE))
        refuse(verdict, DENIED, "found.node", "is no enrolled node");
    else
        return node;
    return NULL;
}

static bool is_of_jurisdiction(const struct principal *who,
                               const char *division)
{
    return (who->role == TOCSIN__V1__ROLE__ROLE_CENTRE ||
            who->role == TOCSIN__V1__ROLE__ROLE_OFFICER) &&
           division_contains(who->division, division);
}

static void digest_of(const Tocsin__V1__SignedFound *sealed, uint8_t out[8])
{
    uint8_t hash[32];

    hash_bytes(hash, sealed->content.data, sealed->content.len);
    memcpy(out, hash, 8);
}

/* A revision that is recorded already. */
static void repeat(struct verdict *verdict, const struct order *order,
                   const struct found_revision *revision)
{
    uint8_t digest[8];

    digest_of(order->request->register_found->found, digest);
    if (memcmp(revision->digest, digest, sizeof digest) != 0) {
        refuse(verdict, CONFLICT, "found.revision",
               "is registered already, with other content");
        return;
    }
    verdict->status = TOCSIN__V1__STATUS__STATUS_DUPLICATE;
    verdict->sequence = revision->sequence;
}

/* By the key that it has now; what was recorded by one that it had before stays
 * so, whoever was not told then. */
static bool is_signed(struct verdict *verdict, const struct order *order,
                      const struct found_child *found,
                      const struct principal *node,
                      const Tocsin__V1__FoundChild *content)
{
    if (found_verify(order->request->register_found->found, node->key))
        return true;
    if (found != NULL && content->revision <= found->revision_count)
        repeat(verdict, order, &found->revisions[content->revision - 1]);
    if (verdict->status != TOCSIN__V1__STATUS__STATUS_DUPLICATE)
        refuse(verdict, DENIED, "found.signature", "does not verify");
    return false;
}

/* A repeated one has had its answer, whatever became of it since. */
static bool is_news(struct verdict *verdict, const struct order *order,
                    const struct found_child *found,
                    const struct principal *node,
                    const Tocsin__V1__FoundChild *content)
{
    size_t revisions = found != NULL ? found->revision_count : 0;

    if (content->revision <= revisions)
        repeat(verdict, order, &found->revisions[content->revision - 1]);
    else if (found != NULL && found_is_sealed(found))
        refuse(verdict, CONFLICT, "found.found_id", "is sealed");
    else if (content->revision != revisions + 1)
        refuse(verdict, CONFLICT, "found.revision", "is not the next one, %zu",
               revisions + 1);
    else if (revisions == FOUND_REVISIONS_MAX)
        refuse(verdict, CONFLICT, "found.revision", "is one too many");
    else if (found != NULL && node->number != found->revisions[0].by &&
             !is_of_jurisdiction(node, found->division))
        refuse(verdict, DENIED, "found.node",
               "is neither who registered it nor a centre or officer of its "
               "division");
    else
        return true;
    return false;
}

/* Where it was found: as stated, or the county nearest to the point, or where
 * the node is. NULL: refused. */
static const char *division_of(struct verdict *verdict, const struct book *book,
                               const struct principal *node,
                               const Tocsin__V1__Place *place)
{
    const struct division *division = NULL;

    if (place->division[0] != '\0') {
        division = divisions_find(book->divisions, place->division);
        if (division == NULL) {
            refuse(verdict, INVALID, "found.place.division",
                   "is not in the table of divisions");
            return NULL;
        }
    } else if (place->point != NULL) {
        division = divisions_nearest(
            book->divisions,
            (struct point){place->point->latitude, place->point->longitude});
    }
    return division != NULL ? division->code : node->division;
}

/* A kit is good once. */
static bool take_kit(struct verdict *verdict, const struct book *book,
                     const struct order *order,
                     const Tocsin__V1__FoundChild *content,
                     Tocsin__V1__FoundRegistered *registered)
{
    const struct found_child *whose;
    const struct sample *sample;

    if (content->kit[0] == '\0')
        return true;
    registered->kit.data = order_take(order, KIT_DIGEST_SIZE);
    registered->kit.len = KIT_DIGEST_SIZE;
    kit_digest(registered->kit.data, content->kit);
    sample = book_sample_of(book, registered->kit.data);
    whose = book_found_kit(book, registered->kit.data);
    if ((whose == NULL || strcmp(whose->id, content->found_id) == 0) &&
        (sample == NULL || sample_may_be_found(sample)))
        return true;
    refuse(verdict, CONFLICT, "found.kit", "is the number of another sample");
    return false;
}

static void take_document(const struct order *order,
                          Tocsin__V1__FoundRegistered *registered)
{
    const Tocsin__V1__SignedFound *sealed =
        order->request->register_found->found;
    Tocsin__V1__SignedFound bare = TOCSIN__V1__SIGNED_FOUND__INIT;

    /* nothing else that the frame may carry */
    bare.content = sealed->content;
    bare.signature = sealed->signature;
    registered->document.data =
        order_take(order, protobuf_c_message_get_packed_size(&bare.base));
    registered->document.len =
        protobuf_c_message_pack(&bare.base, registered->document.data);
    registered->document_digest.data = order_take(order, 8);
    registered->document_digest.len = 8;
    digest_of(sealed, registered->document_digest.data);
}

static void record(struct verdict *verdict, const struct order *order,
                   const struct found_child *found,
                   const struct principal *node,
                   Tocsin__V1__FoundRegistered *registered)
{
    registered->by = node->number;
    registered->key_id.data = (uint8_t *)(uintptr_t)order->key_id;
    registered->key_id.len = sizeof order->key_id;
    if (found != NULL)
        registered->key_id.data =
            memcpy(order_take(order, sizeof found->key_id), found->key_id,
                   sizeof found->key_id);
    take_document(order, registered);
    if (node != order->actor) {
        registered->relayed_by = (char *)(uintptr_t)order->actor->id;
        registered->taken_ms = order->request->register_found->taken_ms;
        registered->relayed_ms = order->request->register_found->relayed_ms;
    }
    verdict->fact = order_fact(order, TOCSIN__V1__FACT__BODY_FOUND_REGISTERED);
    verdict->fact->request_digest.len = 0; /* its own identity tells */
    verdict->fact->found_registered = registered;
    verdict->status = TOCSIN__V1__STATUS__STATUS_RECORDED;
}

void decide_register_found(struct verdict *verdict, const struct book *book,
                           const struct order *order)
{
    Tocsin__V1__FoundRegistered *registered =
        order_take(order, sizeof *registered);
    const Tocsin__V1__FoundChild *content;
    const struct found_child *found;
    const struct principal *node;
    const char *division;

    if (found_open(&content, order->arena,
                   order->request->register_found->found,
                   &verdict->complaint) != STATUS_OK) {
        verdict->status = INVALID;
        return;
    }
    node = speaker(verdict, book, order, content);
    if (node == NULL)
        return;
    identity_of_found(verdict->identity, content->found_id, content->revision);
    found = book_found(book, content->found_id);
    if (!is_signed(verdict, order, found, node, content) ||
        !is_news(verdict, order, found, node, content))
        return;
    division = division_of(verdict, book, node, content->place);
    if (division == NULL)
        return;
    if (divisions_find(book->divisions, content->keeper->division) == NULL) {
        refuse(verdict, INVALID, "found.keeper.division",
               "is not in the table of divisions");
        return;
    }
    tocsin__v1__found_registered__init(registered);
    if (!take_kit(verdict, book, order, content, registered))
        return;
    registered->found_id = content->found_id;
    registered->revision = content->revision;
    registered->division = (char *)(uintptr_t)division;
    record(verdict, order, found, node, registered);
}

/* ---- what becomes of one ------------------------------------------------- */

/* Signed by who asks, now, under the id of the request; NULL: refused. */
static const Tocsin__V1__FoundOrder *open_order(struct verdict *verdict,
                                                const struct order *order)
{
    const Tocsin__V1__FoundOrder *asked;
    enum status status = found_order_open(
        &asked, order->arena, order->request->resolve_found->order,
        order->actor->key, &verdict->complaint);

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

/* The child of a case is told by who answers for the case. */
static bool may_identify(struct verdict *verdict, const struct book *book,
                         const struct principal *actor,
                         const Tocsin__V1__IdentifyFound *asked)
{
    const struct alert *alert = book_alert(book, asked->alert_id);

    if (alert == NULL || !book_may_see(actor, alert))
        refuse(verdict, NOT_FOUND, "order.identify.alert_id",
               "there is no such case in this jurisdiction");
    else if (case_lead(book, alert) != actor && !is_centre_of(actor, alert))
        refuse(verdict, DENIED, "order.identify.alert_id",
               "is for the lead of that case or a centre of it");
    else if (alert->exercise)
        refuse(verdict, INVALID, "order.identify.alert_id", "is an exercise");
    else if (case_is_sealed(&alert->file))
        refuse(verdict, CONFLICT, "order.identify.alert_id", "is sealed");
    else
        return true;
    return false;
}

static bool may_resolve(struct verdict *verdict, const struct book *book,
                        const struct principal *actor,
                        const struct found_child *found)
{
    bool ranked = actor->role == TOCSIN__V1__ROLE__ROLE_CENTRE ||
                  actor->rank >= TOCSIN__V1__RANK__RANK_COUNTY;

    if (!found_may_see(book, actor, found))
        refuse(verdict, NOT_FOUND, "order.found_id",
               "there is no such found child in this jurisdiction");
    else if (!ranked || !is_of_jurisdiction(actor, found->division))
        refuse(verdict, DENIED, "order.step",
               "is for a centre, or an officer of county rank or above, of "
               "division %s",
               found->division);
    else
        return true;
    return false;
}

/* While its case is searched for, what shows who it is must not be destroyed.
 * One that is filed away is over. */
static bool may_be_sealed(struct verdict *verdict, const struct book *book,
                          const struct found_child *found)
{
    const struct alert *alert =
        found->state == IDENTIFIED ? book_alert(book, found->alert_id) : NULL;

    if (alert == NULL || case_is_closed(&alert->file))
        return true;
    refuse(verdict, CONFLICT, "order.step",
           "its case %s is not solved: solve it first", alert->case_number);
    return false;
}

static bool is_allowed(struct verdict *verdict, const struct book *book,
                       const struct order *order,
                       const struct found_child *found,
                       const Tocsin__V1__FoundOrder *asked)
{
    static const char *const states[] = {"", "registered", "identified",
                                         "closed", "sealed"};
    Tocsin__V1__FoundState to = found_order_state(asked);

    if (to == IDENTIFIED
            ? !may_identify(verdict, book, order->actor, asked->identify)
            : !may_resolve(verdict, book, order->actor, found))
        return false;
    if (!found_move_fits(found->state, to)) {
        refuse(verdict, CONFLICT, "order.step",
               "is not possible while the found child is %s",
               states[found->state]);
        return false;
    }
    return to != TOCSIN__V1__FOUND_STATE__FOUND_STATE_SEALED ||
           may_be_sealed(verdict, book, found);
}

static void take_order(const struct order *order, ProtobufCBinaryData *out)
{
    const Tocsin__V1__SignedFoundOrder *sealed =
        order->request->resolve_found->order;
    Tocsin__V1__SignedFoundOrder bare = TOCSIN__V1__SIGNED_FOUND_ORDER__INIT;

    bare.content = sealed->content;
    bare.signature = sealed->signature;
    out->data =
        order_take(order, protobuf_c_message_get_packed_size(&bare.base));
    out->len = protobuf_c_message_pack(&bare.base, out->data);
}

void decide_resolve_found(struct verdict *verdict, const struct book *book,
                          const struct order *order)
{
    const Tocsin__V1__FoundOrder *asked = open_order(verdict, order);
    const struct found_child *found;
    Tocsin__V1__FoundResolved *resolved;

    if (asked == NULL)
        return;
    found = book_found(book, asked->found_id);
    if (found == NULL) {
        refuse(verdict, NOT_FOUND, "order.found_id",
               "there is no such found child in this jurisdiction");
        return;
    }
    if (!is_allowed(verdict, book, order, found, asked))
        return;
    resolved = order_take(order, sizeof *resolved);
    tocsin__v1__found_resolved__init(resolved);
    resolved->found_id = asked->found_id;
    resolved->state = found_order_state(asked);
    if (resolved->state == IDENTIFIED)
        resolved->alert_id = asked->identify->alert_id;
    take_order(order, &resolved->document);
    verdict->fact = order_fact(order, TOCSIN__V1__FACT__BODY_FOUND_RESOLVED);
    verdict->fact->found_resolved = resolved;
    verdict->status = TOCSIN__V1__STATUS__STATUS_RECORDED;
}

Tocsin__V1__Fact *decide_found_forgotten(const struct found_child *found,
                                         int64_t now_ms, struct arena *arena)
{
    struct order order = {.arena = arena, .now_ms = now_ms};
    Tocsin__V1__Fact *fact =
        own_fact(&order, TOCSIN__V1__FACT__BODY_FOUND_FORGOTTEN);

    fact->found_forgotten = order_take(&order, sizeof *fact->found_forgotten);
    tocsin__v1__found_forgotten__init(fact->found_forgotten);
    fact->found_forgotten->found_id = (char *)(uintptr_t)found->id;
    return fact;
}

bool found_is_past(const struct book *book, const struct found_child *found,
                   int64_t keep_ms, int64_t now_ms)
{
    return found_is_over(book, found) && found->since_ms < now_ms - keep_ms &&
           found->recorded_ms < now_ms - keep_ms;
}

Tocsin__V1__Fact *decide_found_filing(const struct found_child *found,
                                      int64_t now_ms, struct arena *arena)
{
    struct order order = {.arena = arena, .now_ms = now_ms};
    Tocsin__V1__Fact *fact =
        own_fact(&order, TOCSIN__V1__FACT__BODY_FOUND_FILED);

    fact->found_filed = order_take(&order, sizeof *fact->found_filed);
    tocsin__v1__found_filed__init(fact->found_filed);
    fact->found_filed->found_id = (char *)(uintptr_t)found->id;
    return fact;
}
