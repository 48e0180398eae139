/* Handhelds: an invitation, and the key that its device has made. */
#include <string.h>

#include "domain/decide.h"
#include "wire/document.h"

#define INVALID TOCSIN__V1__STATUS__STATUS_INVALID
#define DENIED TOCSIN__V1__STATUS__STATUS_DENIED
#define CONFLICT TOCSIN__V1__STATUS__STATUS_CONFLICT
#define NOT_FOUND TOCSIN__V1__STATUS__STATUS_NOT_FOUND
#define INVITATION_MAX_MS (30LL * 24 * 3600 * 1000)

/* The gateway it is invited under, in the administrator's jurisdiction. */
static bool gateway_is_good(struct verdict *verdict, const struct book *book,
                            const struct order *order,
                            const Tocsin__V1__Invite *invite)
{
    const struct principal *gateway = book_principal(book, invite->gateway);

    if (gateway == NULL || gateway->revoked ||
        gateway->role != TOCSIN__V1__ROLE__ROLE_GATEWAY) {
        refuse(verdict, NOT_FOUND, "gateway", "no such gateway is enrolled");
        return false;
    }
    if (!division_contains(order->actor->division, gateway->division)) {
        refuse(verdict, DENIED, "gateway",
               "%s lies outside this administrator's jurisdiction %s",
               gateway->division, order->actor->division);
        return false;
    }
    return true;
}

static bool id_is_good(struct verdict *verdict, const struct book *book,
                       const struct order *order,
                       const Tocsin__V1__Invite *invite)
{
    const struct principal *known = book_principal(book, invite->device);

    if (known == NULL)
        return true;
    if (known->role != TOCSIN__V1__ROLE__ROLE_DEVICE) {
        refuse(verdict, CONFLICT, "device", "%s is no handheld", known->id);
        return false;
    }
    if (!invite->rekey) {
        refuse(verdict, CONFLICT, "device", "%s is enrolled already%s",
               known->id, known->revoked ? ", and revoked" : "");
        return false;
    }
    if (division_contains(order->actor->division, known->division))
        return true;
    refuse(verdict, DENIED, "device",
           "%s lies outside this administrator's jurisdiction %s",
           known->division, order->actor->division);
    return false;
}

/* In the jurisdiction that an invitation which waits was given in. */
static bool may_take_its_place(struct verdict *verdict, const struct book *book,
                               const struct order *order, const char *device)
{
    const struct invitation *waits = book_invitation(book, device);
    const struct principal *gateway;

    if (waits == NULL || waits->expires_ms <= order->now_ms)
        return true;
    gateway = book_principal(book, waits->gateway);
    if (gateway == NULL ||
        division_contains(order->actor->division, gateway->division))
        return true;
    refuse(verdict, DENIED, "device",
           "%s is invited in %s, outside this administrator's jurisdiction %s",
           device, gateway->division, order->actor->division);
    return false;
}

/* What is over is in the book until the next one comes. */
static bool is_room(struct verdict *verdict, const struct book *book,
                    const struct order *order, const char *device)
{
    size_t waiting = 0;

    for (size_t i = 0; i < book->invitation_count; i++)
        waiting += order->now_ms < book->invitations[i].expires_ms &&
                   strcmp(book->invitations[i].device, device) != 0;
    if (waiting < INVITATIONS_MAX)
        return true;
    refuse(verdict, CONFLICT, "device", "%d invitations wait already",
           INVITATIONS_MAX);
    return false;
}

static bool time_is_good(struct verdict *verdict, const struct order *order,
                         const Tocsin__V1__Invite *invite)
{
    if (invite->expires_ms > order->now_ms &&
        invite->expires_ms - order->now_ms <= INVITATION_MAX_MS)
        return true;
    refuse(verdict, INVALID, "expires_ms",
           "must be later than now, by 30 days at most");
    return false;
}

void decide_invite(struct verdict *verdict, const struct book *book,
                   const struct order *order)
{
    const Tocsin__V1__Invite *invite = order->request->invite;
    Tocsin__V1__Invited *invited;

    if (!check_invite(invite, &verdict->complaint)) {
        verdict->status = INVALID;
        return;
    }
    if (!time_is_good(verdict, order, invite) ||
        !gateway_is_good(verdict, book, order, invite) ||
        !id_is_good(verdict, book, order, invite) ||
        !may_take_its_place(verdict, book, order, invite->device) ||
        !is_room(verdict, book, order, invite->device))
        return;
    invited = order_take(order, sizeof *invited);
    tocsin__v1__invited__init(invited);
    invited->device = invite->device;
    invited->gateway = invite->gateway;
    invited->name = invite->name;
    invited->name_en = invite->name_en;
    invited->secret_key = invite->secret_key;
    invited->expires_ms = invite->expires_ms;
    invited->rekey = invite->rekey;
    verdict->fact = order_fact(order, TOCSIN__V1__FACT__BODY_INVITED);
    verdict->fact->invited = invited;
    verdict->status = TOCSIN__V1__STATUS__STATUS_RECORDED;
}

void decide_uninvite(struct verdict *verdict, const struct book *book,
                     const struct order *order)
{
    const Tocsin__V1__Revoke *revoke = order->request->revoke;
    const struct invitation *waits = book_invitation(book, revoke->id);
    Tocsin__V1__Invited *invited;

    if (waits == NULL || waits->expires_ms <= order->now_ms) {
        refuse(verdict, NOT_FOUND, "id", "nobody is %s invited as that",
               book_principal(book, revoke->id) == NULL ? "enrolled or"
                                                        : "still");
        return;
    }
    if (!may_take_its_place(verdict, book, order, revoke->id))
        return;
    invited = order_take(order, sizeof *invited);
    tocsin__v1__invited__init(invited);
    invited->device = revoke->id;
    invited->gateway = (char *)(uintptr_t)waits->gateway;
    invited->name = waits->name;
    invited->name_en = waits->name_en;
    invited->secret_key = (ProtobufCBinaryData){
        KEY_SIZE, (uint8_t *)(uintptr_t)waits->secret_key};
    invited->expires_ms = order->now_ms;
    invited->rekey = waits->rekey;
    invited->withdrawn = revoke->reason;
    verdict->fact = order_fact(order, TOCSIN__V1__FACT__BODY_INVITED);
    verdict->fact->invited = invited;
    verdict->status = TOCSIN__V1__STATUS__STATUS_RECORDED;
}

/* ---- the claim ------------------------------------------------------------
 */

/* Its first reply may have been lost. */
static bool is_enrolled(struct verdict *verdict, const struct principal *known,
                        const Tocsin__V1__DeviceClaim *claim)
{
    if (known == NULL || known->revoked ||
        known->role != TOCSIN__V1__ROLE__ROLE_DEVICE ||
        memcmp(known->key, claim->public_key.data, KEY_SIZE) != 0)
        return false;
    verdict->status = TOCSIN__V1__STATUS__STATUS_DUPLICATE;
    verdict->sequence = known->enrolled;
    return true;
}

/* One refusal for all, so that a stranger learns nothing from it. */
static const struct invitation *
invitation_for(struct verdict *verdict, const struct book *book,
               const struct order *order, const Tocsin__V1__DeviceClaim *claim)
{
    const struct invitation *invitation = book_invitation(book, claim->device);

    if (invitation != NULL && order->now_ms < invitation->expires_ms &&
        claim_by_secret(order->request->claim->claim, invitation->secret_key) &&
        book_principal(book, invitation->gateway) != NULL)
        return invitation;
    refuse(verdict, DENIED, "claim",
           "no such invitation, or it is used or over");
    return NULL;
}

static Tocsin__V1__Principal *make_device(const struct order *order,
                                          const struct book *book,
                                          const struct invitation *invitation,
                                          const Tocsin__V1__DeviceClaim *claim)
{
    Tocsin__V1__Principal *device = order_take(order, sizeof *device);

    tocsin__v1__principal__init(device);
    device->id = claim->device;
    device->role = TOCSIN__V1__ROLE__ROLE_DEVICE;
    device->name = invitation->name;
    device->name_en = invitation->name_en;
    device->division = book_principal(book, invitation->gateway)->division;
    device->public_key = claim->public_key;
    device->gateway = (char *)(uintptr_t)invitation->gateway;
    return device;
}

void decide_claim(struct verdict *verdict, const struct book *book,
                  const struct order *order)
{
    const Tocsin__V1__DeviceClaim *claim;
    const struct invitation *invitation;
    const struct principal *known;
    Tocsin__V1__Enrolled *enrolled;
    enum status status =
        claim_open(&claim, order->arena, order->request->claim->claim,
                   &verdict->complaint);

    if (status != STATUS_OK) {
        verdict->status = status == STATUS_FORGED ? DENIED : INVALID;
        return;
    }
    known = book_principal(book, claim->device);
    if (is_enrolled(verdict, known, claim))
        return;
    invitation = invitation_for(verdict, book, order, claim);
    if (invitation == NULL ||
        !key_is_free(verdict, book, claim->public_key.data, claim->device))
        return;
    if (known != NULL &&
        (!invitation->rekey || known->role != TOCSIN__V1__ROLE__ROLE_DEVICE)) {
        refuse(verdict, CONFLICT, "device", "%s is enrolled already",
               known->id);
        return;
    }
    enrolled = order_take(order, sizeof *enrolled);
    tocsin__v1__enrolled__init(enrolled);
    enrolled->principal = make_device(order, book, invitation, claim);
    enrolled->rekey = known != NULL;
    enrolled->generation = book->generation + (known != NULL);
    verdict->fact = order_fact(order, TOCSIN__V1__FACT__BODY_ENROLLED);
    verdict->fact->enrolled = enrolled;
    verdict->status = TOCSIN__V1__STATUS__STATUS_RECORDED;
}
