#include "wire/found.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "wire/bundle.h"
#include "wire/kit.h"
#include "wire/topic.h"

#define SERVICE_NUMBER_MAX 40
#define TEXT_MAX 2000
#define REASON_MAX 1000
#define CONTACT_MAX 100
#define FOUND_AHEAD_MS (5 * 60 * 1000)

static bool check_text(const char *text, size_t min, size_t max,
                       const char *field, struct complaint *complaint)
{
    size_t size = strlen(text);

    if (size >= min && size <= max)
        return true;
    if (min > 0)
        return complain(complaint, field, "must have %zu to %zu bytes", min,
                        max);
    return complain(complaint, field, "longer than %zu bytes", max);
}

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
           check_child(found->child, complaint) &&
           check_place(found->place, "place", complaint) &&
           check_text(found->text, 0, TEXT_MAX, "text", complaint) &&
           check_keeper(found->keeper, complaint);
}

/* Content and signature, as all signed documents begin. */
static enum status seal(const ProtobufCMessage *message, const char *context,
                        const struct keypair *key, size_t max, uint8_t **out,
                        size_t *size, struct diag *why)
{
    Tocsin__V1__SignedFound sealed = TOCSIN__V1__SIGNED_FOUND__INIT;
    uint8_t signature[SIGNATURE_SIZE];
    size_t content_size;
    uint8_t *content = encode(message, &content_size);

    if (content_size > max) {
        free(content);
        return diag_set(why, STATUS_TOO_BIG,
                        "%zu bytes; at most %zu: shorten its texts",
                        content_size, max);
    }
    sign(signature, context, content, content_size, key);
    sealed.content = (ProtobufCBinaryData){content_size, content};
    sealed.signature = (ProtobufCBinaryData){SIGNATURE_SIZE, signature};
    *out = encode(&sealed.base, size);
    free(content);
    return STATUS_OK;
}

enum status found_sign(const Tocsin__V1__FoundChild *found,
                       const struct keypair *key, uint8_t **out, size_t *size,
                       struct diag *why)
{
    return seal(&found->base, CONTEXT_FOUND, key, FOUND_CONTENT_MAX, out, size,
                why);
}

enum status found_open(const Tocsin__V1__FoundChild **out, struct arena *arena,
                       const Tocsin__V1__SignedFound *sealed,
                       struct complaint *complaint)
{
    const Tocsin__V1__FoundChild *found;
    struct diag why = {0};

    if (sealed == NULL || sealed->content.len > FOUND_CONTENT_MAX) {
        complain(complaint, "found.content", "is missing or too large");
        return STATUS_MALFORMED;
    }
    found = decode(arena, &tocsin__v1__found_child__descriptor,
                   sealed->content.data, sealed->content.len, &why);
    if (found == NULL) {
        complain(complaint, "found.content", "%.150s", why.text);
        return STATUS_MALFORMED;
    }
    if (!found_check(found, complaint)) {
        complain_inside(complaint, "found");
        return STATUS_MALFORMED;
    }
    *out = found;
    return STATUS_OK;
}

bool found_verify(const Tocsin__V1__SignedFound *sealed,
                  const uint8_t public_key[KEY_SIZE])
{
    return verify(sealed->signature.data, sealed->signature.len, CONTEXT_FOUND,
                  sealed->content.data, sealed->content.len, public_key);
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

enum status found_order_sign(const Tocsin__V1__FoundOrder *order,
                             const struct keypair *key, uint8_t **out,
                             size_t *size, struct diag *why)
{
    return seal(&order->base, CONTEXT_FOUND_ORDER, key, FOUND_ORDER_MAX, out,
                size, why);
}

enum status found_order_open(const Tocsin__V1__FoundOrder **out,
                             struct arena *arena,
                             const Tocsin__V1__SignedFoundOrder *sealed,
                             const uint8_t public_key[KEY_SIZE],
                             struct complaint *complaint)
{
    const Tocsin__V1__FoundOrder *order;
    struct diag why = {0};

    if (sealed == NULL || sealed->content.len > FOUND_ORDER_MAX) {
        complain(complaint, "order.content", "is missing or too large");
        return STATUS_MALFORMED;
    }
    if (!verify(sealed->signature.data, sealed->signature.len,
                CONTEXT_FOUND_ORDER, sealed->content.data, sealed->content.len,
                public_key)) {
        complain(complaint, "order.signature", "does not verify");
        return STATUS_FORGED;
    }
    order = decode(arena, &tocsin__v1__found_order__descriptor,
                   sealed->content.data, sealed->content.len, &why);
    if (order == NULL) {
        complain(complaint, "order.content", "%.150s", why.text);
        return STATUS_MALFORMED;
    }
    if (!found_order_check(order, complaint)) {
        complain_inside(complaint, "order");
        return STATUS_MALFORMED;
    }
    *out = order;
    return STATUS_OK;
}
