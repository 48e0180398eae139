/* Who is enrolled, with which key, and who is not any more. */
#include "domain/decide.h"

#include <string.h>

#include "wire/document.h"

#define INVALID TOCSIN__V1__STATUS__STATUS_INVALID
#define DENIED TOCSIN__V1__STATUS__STATUS_DENIED
#define CONFLICT TOCSIN__V1__STATUS__STATUS_CONFLICT

static bool is_well_formed(struct verdict *verdict, const struct book *book,
                           const Tocsin__V1__Principal *principal)
{
    if (principal == NULL) {
        refuse(verdict, INVALID, "principal", "is missing");
        return false;
    }
    if (!check_principal(principal, &verdict->complaint)) {
        verdict->status = INVALID;
        return false;
    }
    if (divisions_find(book->divisions, principal->division) == NULL) {
        refuse(verdict, INVALID, "division",
               "%s is not in the table of divisions", principal->division);
        return false;
    }
    return true;
}

static bool may_administer(struct verdict *verdict, const struct order *order,
                           const char *division)
{
    if (division_contains(order->actor->division, division))
        return true;
    refuse(verdict, DENIED, "division",
           "%s lies outside this administrator's jurisdiction %s", division,
           order->actor->division);
    return false;
}

/* Nobody has asked that is in the book. */
static bool is_rescue(const struct order *order)
{
    return order->actor->number == OWNER_NUMBER;
}

static bool may_enrol(struct verdict *verdict, const struct order *order,
                      const Tocsin__V1__Principal *principal)
{
    if (!is_rescue(order) ||
        principal->role == TOCSIN__V1__ROLE__ROLE_ADMINISTRATOR)
        return may_administer(verdict, order, principal->division);
    refuse(verdict, DENIED, "role",
           "the broker's own key enrols administrators, and nobody else");
    return false;
}

/* Of a rescue it is not to be found in the journal and used again one day. */
static bool is_timely(struct verdict *verdict, const struct order *order,
                      const Tocsin__V1__Certificate *certificate)
{
    if (!is_rescue(order) || (order->now_ms >= certificate->not_before_ms &&
                              order->now_ms <= certificate->not_after_ms))
        return true;
    refuse(verdict, DENIED, "certificate", "is not valid at this time");
    return false;
}

/* A centre comes with the authority's certificate for just this key, and so
 * does the administrator of a rescue. */
static bool is_certified(struct verdict *verdict, const struct book *book,
                         const struct order *order,
                         const Tocsin__V1__Principal *principal)
{
    const Tocsin__V1__Certificate *certificate;
    enum status status;

    if (principal->role != TOCSIN__V1__ROLE__ROLE_CENTRE && !is_rescue(order))
        return true;
    status =
        certificate_open(&certificate, order->arena, principal->certificate,
                         principal->role, book->authority, &verdict->complaint);
    if (status != STATUS_OK) {
        verdict->status = status == STATUS_FORGED ? DENIED : INVALID;
        return false;
    }
    if (strcmp(certificate->principal, principal->id) == 0 &&
        strcmp(certificate->division, principal->division) == 0 &&
        memcmp(certificate->public_key.data, principal->public_key.data,
               KEY_SIZE) == 0)
        return is_timely(verdict, order, certificate);
    refuse(verdict, DENIED, "certificate", "is for somebody else");
    return false;
}

bool key_is_free(struct verdict *verdict, const struct book *book,
                 const uint8_t public_key[KEY_SIZE], const char *id)
{
    uint8_t curve[KEY_SIZE];
    const struct principal *holder;

    if (!key_curve_public(public_key, curve)) {
        refuse(verdict, INVALID, "public_key", "is not an Ed25519 key");
        return false;
    }
    holder = map_get(book->by_curve, curve, KEY_SIZE);
    if (holder == NULL || strcmp(holder->id, id) == 0)
        return true;
    refuse(verdict, CONFLICT, "public_key", "is enrolled as %s", holder->id);
    return false;
}

static bool same_reachable(const struct reachable *known,
                           const Tocsin__V1__Principal *asked)
{
    if (known == NULL)
        return asked->address[0] == '\0' && asked->gateway[0] == '\0';
    return strcmp(known->address, asked->address) == 0 &&
           strcmp(known->gateway, asked->gateway) == 0 &&
           (asked->tls_fingerprint.len == 0 ||
            memcmp(known->tls_fingerprint, asked->tls_fingerprint.data,
                   sizeof known->tls_fingerprint) == 0);
}

static bool same_officer(const struct principal *known,
                         const Tocsin__V1__Officer *asked)
{
    if (known->unit == NULL || asked == NULL)
        return known->unit == NULL && asked == NULL;
    return known->rank == asked->rank && strcmp(known->unit, asked->unit) == 0;
}

static bool same_principal(const struct principal *known,
                           const Tocsin__V1__Principal *asked)
{
    return !known->revoked && known->role == asked->role &&
           known->kind == asked->kind &&
           strcmp(known->name, asked->name) == 0 &&
           strcmp(known->name_en, asked->name_en) == 0 &&
           strcmp(known->division, asked->division) == 0 &&
           same_officer(known, asked->officer) &&
           known->has_point == (asked->point != NULL) &&
           (!known->has_point ||
            (known->point.latitude == asked->point->latitude &&
             known->point.longitude == asked->point->longitude)) &&
           memcmp(known->key, asked->public_key.data, KEY_SIZE) == 0 &&
           same_reachable(known->reachable, asked);
}

/* A device is enrolled under a gateway. */
static bool has_gateway(struct verdict *verdict, const struct book *book,
                        const Tocsin__V1__Principal *principal)
{
    const struct principal *gateway;

    if (principal->role != TOCSIN__V1__ROLE__ROLE_DEVICE)
        return true;
    gateway = book_principal(book, principal->gateway);
    if (gateway != NULL && !gateway->revoked &&
        gateway->role == TOCSIN__V1__ROLE__ROLE_GATEWAY)
        return true;
    refuse(verdict, TOCSIN__V1__STATUS__STATUS_NOT_FOUND, "gateway",
           "no such gateway is enrolled");
    return false;
}

/* An id that is taken: the same enrolment again, a new key, or a mistake. */
static bool may_replace(struct verdict *verdict, const struct order *order,
                        const struct principal *known,
                        const Tocsin__V1__Enrol *enrol)
{
    if (same_principal(known, enrol->principal)) {
        verdict->status = TOCSIN__V1__STATUS__STATUS_DUPLICATE;
        verdict->sequence = known->enrolled;
        return false;
    }
    if (!enrol->rekey) {
        refuse(verdict, CONFLICT, "id", "%s is enrolled already%s", known->id,
               known->revoked ? ", and revoked" : "");
        return false;
    }
    if (known->role != enrol->principal->role) {
        refuse(verdict, CONFLICT, "role", "of %s cannot change", known->id);
        return false;
    }
    return may_administer(verdict, order, known->division);
}

void decide_enrol(struct verdict *verdict, const struct book *book,
                  const struct order *order)
{
    const Tocsin__V1__Enrol *enrol = order->request->enrol;
    const struct principal *known;
    Tocsin__V1__Enrolled *enrolled;

    if (!is_well_formed(verdict, book, enrol->principal) ||
        !may_enrol(verdict, order, enrol->principal) ||
        !is_certified(verdict, book, order, enrol->principal) ||
        !has_gateway(verdict, book, enrol->principal) ||
        !key_is_free(verdict, book, enrol->principal->public_key.data,
                     enrol->principal->id))
        return;
    known = book_principal(book, enrol->principal->id);
    if (known != NULL && !may_replace(verdict, order, known, enrol))
        return;
    enrolled = order_take(order, sizeof *enrolled);
    tocsin__v1__enrolled__init(enrolled);
    enrolled->principal = enrol->principal;
    enrolled->rekey = known != NULL;
    /* whoever holds the old key must not read on */
    enrolled->generation = book->generation + (known != NULL);
    enrolled->rescue = is_rescue(order);
    verdict->fact = order_fact(order, TOCSIN__V1__FACT__BODY_ENROLLED);
    verdict->fact->enrolled = enrolled;
    verdict->status = TOCSIN__V1__STATUS__STATUS_RECORDED;
}

void decide_revoke(struct verdict *verdict, const struct book *book,
                   const struct order *order)
{
    const Tocsin__V1__Revoke *revoke = order->request->revoke;
    const struct principal *known = book_principal(book, revoke->id);
    Tocsin__V1__Revoked *revoked;

    if (revoke->reason[0] == '\0' || strlen(revoke->reason) > 400) {
        refuse(verdict, INVALID, "reason", "must have 1 to 400 bytes");
        return;
    }
    if (known == NULL ||
        (known->revoked && book_invitation(book, revoke->id) != NULL)) {
        decide_uninvite(verdict, book, order);
        return;
    }
    if (!may_administer(verdict, order, known->division))
        return;
    if (known == order->actor) {
        refuse(verdict, CONFLICT, "id",
               "an administrator cannot revoke itself; another one can");
        return;
    }
    if (known->revoked) {
        refuse(verdict, CONFLICT, "id", "%s is revoked already", known->id);
        return;
    }
    revoked = order_take(order, sizeof *revoked);
    tocsin__v1__revoked__init(revoked);
    revoked->id = (char *)(uintptr_t)known->id;
    revoked->reason = revoke->reason;
    revoked->generation = book->generation + 1;
    verdict->fact = order_fact(order, TOCSIN__V1__FACT__BODY_REVOKED);
    verdict->fact->revoked = revoked;
    verdict->status = TOCSIN__V1__STATUS__STATUS_RECORDED;
}
