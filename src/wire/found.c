#include "wire/found.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "wire/bundle.h"
#include "wire/kit.h"
#include "wire/signed.h"
#include "wire/topic.h"

#define GROWN_MONTHS_MAX 1200 /* a child that is lost grows up */
#define SERVICE_NUMBER_MAX 40
#define TEXT_MAX 2000
#define REASON_MAX 1000
#define CONTACT_MAX 100
#define FOUND_AHEAD_MS (5 * 60 * 1000)

/* Whoever it was found with, it is with somebody who is named. */
static bool check_keeper(const Tocsin__V1__Keeper *keeper,
                         struct complaint *complaint)
{
    if (keeper == NULL)
        return complain(complaint, "keeper",
                        "is missing: which institution has the child now");
    if (!division_valid(keeper->division))
        return complain(complaint, "keeper.division", "is not 6 digits");
    return check_text(keeper->name, 1, NAME_MAX_BYTES, "keeper.name",
                      complaint) &&
           check_text(keeper->contact, 0, CONTACT_MAX, "keeper.contact",
                      complaint);
}

static bool check_times(const Tocsin__V1__FoundChild *found,
                        struct complaint *complaint)
{
    if (found->at_ms <= 0 || found->at_ms > TIME_MAX_MS)
        return complain(complaint, "at_ms", "is missing or no time");
    if (found->found_ms <= 0)
        return complain(complaint, "found_ms", "is missing");
    if (found->found_ms > found->at_ms + FOUND_AHEAD_MS)
        return complain(complaint, "found_ms", "is after at_ms");
    return true;
}

bool found_check(const Tocsin__V1__FoundChild *found,
                 struct complaint *complaint)
{
    if (!ulid_valid(found->found_id))
        return complain(complaint, "found_id", "is not a ULID");
    if (found->revision == 0)
        return complain(complaint, "revision", "is missing");
    if (!principal_id_valid(found->node))
        return complain(complaint, "node", "is not an id");
    if (found->place == NULL)
        return complain(complaint, "place", "is missing");
    if (found->kit[0] != '\0' && !kit_valid(found->kit))
        return complain(complaint, "kit", "must be 1 to %d letters, digits, -",
                        KIT_MAX);
    return check_times(found, complaint) &&
           check_text(found->officer, 1, SERVICE_NUMBER_MAX, "officer",
                      complaint) &&
           check_child(found->child, GROWN_MONTHS_MAX, complaint) &&
           check_place(found->place, "place", complaint) &&
           check_text(found->text, 0, TEXT_MAX, "text", complaint) &&
           check_keeper(found->keeper, complaint);
}

static bool check_found(const void *content, struct complaint *complaint)
{
    return found_check(content, complaint);
}

static const struct signed_kind found_kind = {
    CONTEXT_FOUND, "found", FOUND_CONTENT_MAX,
    &tocsin__v1__found_child__descriptor, check_found};

enum status found_sign(const Tocsin__V1__FoundChild *found,
                       const struct keypair *key, uint8_t **out, size_t *size,
                       struct diag *why)
{
    return signed_make(out, size, &found_kind, &found->base, key, why);
}

enum status found_open(const Tocsin__V1__FoundChild **out, struct arena *arena,
                       const Tocsin__V1__SignedFound *sealed,
                       struct complaint *complaint)
{
    const struct signed_parts parts = SIGNED_PARTS(sealed);
    const void *content;
    enum status status =
        signed_read(&content, arena, &found_kind, &parts, complaint);

    if (status == STATUS_OK)
        *out = content;
    return status;
}

bool found_verify(const Tocsin__V1__SignedFound *sealed,
                  const uint8_t public_key[KEY_SIZE])
{
    const struct signed_parts parts = SIGNED_PARTS(sealed);

    return signed_verifies(&found_kind, &parts, public_key);
}

/* ---- what becomes of one ------------------------------------------------- */

static bool check_step(const Tocsin__V1__FoundOrder *order,
                       struct complaint *complaint)
{
    switch (order->step_case) {
    case TOCSIN__V1__FOUND_ORDER__STEP_IDENTIFY:
        if (!ulid_valid(order->identify->alert_id))
            return complain(complaint, "identify.alert_id", "is not a ULID");
        return check_text(order->identify->reason, 1, REASON_MAX,
                          "identify.reason", complaint);
    case TOCSIN__V1__FOUND_ORDER__STEP_CLOSE:
        return check_text(order->close->reason, 1, REASON_MAX, "close.reason",
                          complaint);
    case TOCSIN__V1__FOUND_ORDER__STEP_REOPEN:
        return check_text(order->reopen->reason, 1, REASON_MAX, "reopen.reason",
                          complaint);
    case TOCSIN__V1__FOUND_ORDER__STEP_SEAL:
        return check_text(order->seal->reason, 1, REASON_MAX, "seal.reason",
                          complaint);
    case TOCSIN__V1__FOUND_ORDER__STEP__NOT_SET:
    case _TOCSIN__V1__FOUND_ORDER__STEP__CASE_IS_INT_SIZE:
        break;
    }
    return complain(complaint, "step", "is missing or of an unknown kind");
}

bool found_order_check(const Tocsin__V1__FoundOrder *order,
                       struct complaint *complaint)
{
    if (order->order_id.len != REQUEST_ID_SIZE)
        return complain(complaint, "order_id", "is not 16 bytes");
    if (!ulid_valid(order->found_id))
        return complain(complaint, "found_id", "is not a ULID");
    if (order->at_ms <= 0 || order->at_ms > TIME_MAX_MS)
        return complain(complaint, "at_ms", "is no time");
    return check_text(order->officer, 1, SERVICE_NUMBER_MAX, "officer",
                      complaint) &&
           check_step(order, complaint);
}

static bool check_order(const void *content, struct complaint *complaint)
{
    return found_order_check(content, complaint);
}

static const struct signed_kind order_kind = {
    CONTEXT_FOUND_ORDER, "order", FOUND_ORDER_MAX,
    &tocsin__v1__found_order__descriptor, check_order};

enum status found_order_sign(const Tocsin__V1__FoundOrder *order,
                             const struct keypair *key, uint8_t **out,
                             size_t *size, struct diag *why)
{
    return signed_make(out, size, &order_kind, &order->base, key, why);
}

enum status found_order_open(const Tocsin__V1__FoundOrder **out,
                             struct arena *arena,
                             const Tocsin__V1__SignedFoundOrder *sealed,
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
