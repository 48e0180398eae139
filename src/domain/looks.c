#include "domain/looks.h"

#include <stdlib.h>
#include <string.h>

#include "domain/concern.h"

#define INVALID TOCSIN__V1__STATUS__STATUS_INVALID
#define NOT_FOUND TOCSIN__V1__STATUS__STATUS_NOT_FOUND

/* ---- deciding ------------------------------------------------------------ */

static Tocsin__V1__Looked *new_look(const struct order *order,
                                    const char *alert_id)
{
    Tocsin__V1__Looked *looked = order_take(order, sizeof *looked);

    tocsin__v1__looked__init(looked);
    looked->alert_id = (char *)(uintptr_t)alert_id;
    looked->who = order->actor->number;
    return looked;
}

static bool is_well_said(struct verdict *verdict,
                         const Tocsin__V1__NoteLook *note)
{
    if (!ulid_valid(note->alert_id))
        refuse(verdict, INVALID, "alert_id", "is not a ULID");
    else if (note->at_ms <= 0 || note->at_ms > TIME_MAX_MS)
        refuse(verdict, INVALID, "at_ms", "is no time");
    else if (strlen(note->officer) > OFFICER_MAX)
        refuse(verdict, INVALID, "officer", "longer than %d bytes",
               OFFICER_MAX);
    else
        return true;
    return false;
}

/* A handheld, at a gateway: any enrolled one, since it may have moved. */
static bool name_device(struct verdict *verdict, const struct book *book,
                        const struct order *order, Tocsin__V1__Looked *looked)
{
    const struct principal *device =
        book_principal(book, order->request->note_look->device);

    if (order->actor->role != TOCSIN__V1__ROLE__ROLE_GATEWAY) {
        refuse(verdict, TOCSIN__V1__STATUS__STATUS_DENIED, "device",
               "is for gateways");
        return false;
    }
    if (device == NULL || device->role != TOCSIN__V1__ROLE__ROLE_DEVICE) {
        refuse(verdict, NOT_FOUND, "device", "no such handheld is enrolled");
        return false;
    }
    looked->who = device->number;
    looked->relayed_by = (char *)(uintptr_t)order->actor->id;
    return true;
}

/* Who has seen a child's face is on record, wherever he stands: a node may have
 * left the target, and a restore may have lost how far the alert went. */
void decide_look(struct verdict *verdict, const struct book *book,
                 const struct order *order)
{
    const Tocsin__V1__NoteLook *note = order->request->note_look;
    const struct alert *alert;
    Tocsin__V1__Looked *looked;

    if (!is_well_said(verdict, note))
        return;
    alert = book_alert(book, note->alert_id);
    if (alert == NULL) {
        refuse(verdict, NOT_FOUND, "alert_id", "there is no such alert");
        return;
    }
    looked = new_look(order, note->alert_id);
    looked->officer = note->officer;
    looked->at_ms = note->at_ms;
    looked->thumbnail = note->thumbnail;
    looked->outside = !alert_concerns(alert, order->actor, order->arena);
    if (note->device[0] != '\0' && !name_device(verdict, book, order, looked))
        return;
    verdict->fact = order_fact(order, TOCSIN__V1__FACT__BODY_LOOKED);
    verdict->fact->looked = looked;
    verdict->status = TOCSIN__V1__STATUS__STATUS_RECORDED;
}

Tocsin__V1__Fact *look_fact(const struct order *order,
                            const struct alert *alert, uint64_t sighting)
{
    Tocsin__V1__Fact *fact = own_fact(order, TOCSIN__V1__FACT__BODY_LOOKED);

    fact->principal = (char *)(uintptr_t)order->actor->id;
    fact->looked = new_look(order, alert->id);
    fact->looked->sighting = sighting;
    fact->looked->machine = role_is_field(order->actor->role);
    return fact;
}

/* ---- in the book --------------------------------------------------------- */

/* The oldest; of those from outside no more than a half stay, so that a stolen
 * node does not push out who was sent the alert. */
static size_t look_to_go(const struct alert *alert, bool outside)
{
    size_t oldest = alert->look_count;
    size_t count = 0;

    for (size_t i = alert->look_count; outside && i > 0; i--) {
        if (alert->looks[i - 1].outside) {
            oldest = i - 1;
            count++;
        }
    }
    return count >= LOOKS_KEPT / 2 ? oldest : 0;
}

struct look *alert_add_look(struct alert *alert, bool outside)
{
    struct look *look;
    size_t gone;

    if (alert->looks == NULL)
        alert->looks = must_calloc(LOOKS_KEPT, sizeof *alert->looks);
    if (alert->look_count == LOOKS_KEPT) {
        gone = look_to_go(alert, outside);
        memmove(alert->looks + gone, alert->looks + gone + 1,
                (--alert->look_count - gone) * sizeof *alert->looks);
    }
    look = &alert->looks[alert->look_count++];
    memset(look, 0, sizeof *look);
    look->outside = outside;
    return look;
}

void look_fill(struct look *look, const struct book *book,
               const Tocsin__V1__Looked *looked)
{
    const struct principal *gateway = book_principal(book, looked->relayed_by);

    look->at_ms = looked->at_ms;
    look->sighting = looked->sighting;
    look->who = looked->who;
    look->relayed_by = gateway != NULL ? gateway->number : 0;
    look->thumbnail = looked->thumbnail;
    strncpy(look->officer, looked->officer, OFFICER_MAX);
}

bool look_is_sound(const struct book *book, const Tocsin__V1__Looked *looked)
{
    return book_number(book, looked->who) != NULL &&
           strlen(looked->officer) <= OFFICER_MAX;
}

struct effect apply_looked(struct book *book, uint64_t sequence,
                           const Tocsin__V1__Fact *fact)
{
    const Tocsin__V1__Looked *looked = fact->looked;
    struct alert *alert = book_alert(book, looked->alert_id);
    struct effect effect = {.kind = EFFECT_LOOKED, .alert = alert};
    struct look *look;

    REQUIRE(alert != NULL && look_is_sound(book, looked));
    effect.principal = book_number(book, looked->who);
    if (looked->machine) {
        alert->fetches++;
        return effect;
    }
    alert->looks_ever++;
    look = alert_add_look(alert, looked->outside);
    look_fill(look, book, looked);
    look->sequence = sequence;
    look->recorded_ms = fact->time_ms;
    return effect;
}
