#include "lib/found.h"

#include <stdlib.h>

#include <sodium.h>

#include "base/bytes.h"
#include "base/clock.h"

void tocsin_found_id(char out[27])
{
    uint8_t random[10];

    lib_start();
    randombytes_buf(random, sizeof random);
    ulid_make(out, clock_wall_ms(), random);
}

enum tocsin_status lib_found_request(uint8_t **request, size_t *size,
                                     Tocsin__V1__FoundChild *found,
                                     const struct bundle *bundle,
                                     const uint8_t request_id[REQUEST_ID_SIZE],
                                     struct tocsin_diag *why)
{
    Tocsin__V1__Request whole = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__RegisterFound body = TOCSIN__V1__REGISTER_FOUND__INIT;
    struct complaint complaint;
    struct diag inner = {0};
    enum tocsin_status told;
    enum status status;
    uint8_t *bytes;

    *request = NULL;
    if (!bundle->has_seed)
        return lib_fail(why, TOCSIN_USAGE, "%s has no key here to sign with",
                        bundle->id);
    found->node = (char *)(uintptr_t)bundle->id;
    if (found->revision == 0)
        found->revision = 1;
    if (found->at_ms == 0)
        found->at_ms = clock_wall_ms();
    if (!found_check(found, &complaint))
        return lib_complained(why, &complaint);
    told = lib_check_texts(&found->base, why);
    if (told != TOCSIN_OK)
        return told;
    status = found_sign(found, &bundle->key, &bytes, size, &inner);
    if (status != STATUS_OK)
        return lib_told(why, status, &inner);
    body.found = tocsin__v1__signed_found__unpack(NULL, *size, bytes);
    free(bytes);
    REQUIRE(body.found != NULL);
    whole.request_id = (ProtobufCBinaryData){REQUEST_ID_SIZE,
                                             (uint8_t *)(uintptr_t)request_id};
    whole.body_case = TOCSIN__V1__REQUEST__BODY_REGISTER_FOUND;
    whole.register_found = &body;
    *request = encode(&whole.base, size);
    tocsin__v1__signed_found__free_unpacked(body.found, NULL);
    return TOCSIN_OK;
}

enum tocsin_status tocsin_found_prepare(uint8_t **request, size_t *size,
                                        const Tocsin__V1__FoundChild *found,
                                        const struct tocsin_bundle *bundle,
                                        struct tocsin_diag *why)
{
    Tocsin__V1__FoundChild filled = *found;
    uint8_t id[REQUEST_ID_SIZE];

    lib_start();
    randombytes_buf(id, sizeof id);
    return lib_found_request(request, size, &filled, &bundle->inner, id, why);
}

/* ---- orders -------------------------------------------------------------- */

enum tocsin_status tocsin_found_order_prepare(
    uint8_t **request, size_t *size, const Tocsin__V1__FoundOrder *order,
    const struct tocsin_bundle *bundle, struct tocsin_diag *why)
{
    Tocsin__V1__Request whole = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ResolveFound body = TOCSIN__V1__RESOLVE_FOUND__INIT;
    Tocsin__V1__FoundOrder filled = *order;
    struct complaint complaint;
    struct diag inner = {0};
    uint8_t id[REQUEST_ID_SIZE];
    enum tocsin_status told;
    enum status status;
    uint8_t *bytes;

    *request = NULL;
    lib_start();
    if (!bundle->inner.has_seed)
        return lib_fail(why, TOCSIN_USAGE, "%s has no key here to sign with",
                        bundle->inner.id);
    randombytes_buf(id, sizeof id);
    if (filled.order_id.len == 0)
        filled.order_id = (ProtobufCBinaryData){sizeof id, id};
    if (filled.at_ms == 0)
        filled.at_ms = clock_wall_ms();
    if (!found_order_check(&filled, &complaint))
        return lib_complained(why, &complaint);
    told = lib_check_texts(&filled.base, why);
    if (told != TOCSIN_OK)
        return told;
    status =
        found_order_sign(&filled, &bundle->inner.key, &bytes, size, &inner);
    if (status != STATUS_OK)
        return lib_told(why, status, &inner);
    body.order = tocsin__v1__signed_found_order__unpack(NULL, *size, bytes);
    free(bytes);
    REQUIRE(body.order != NULL);
    whole.request_id = filled.order_id;
    whole.body_case = TOCSIN__V1__REQUEST__BODY_RESOLVE_FOUND;
    whole.resolve_found = &body;
    *request = encode(&whole.base, size);
    tocsin__v1__signed_found_order__free_unpacked(body.order, NULL);
    return TOCSIN_OK;
}

/* ---- reading ------------------------------------------------------------- */

Tocsin__V1__FoundChild *tocsin_found_open(const Tocsin__V1__SignedFound *sealed)
{
    Tocsin__V1__FoundChild *found = NULL;

    if (sealed != NULL && sealed->content.len <= FOUND_CONTENT_MAX &&
        decode_shape(&tocsin__v1__found_child__descriptor, sealed->content.data,
                     sealed->content.len, NULL))
        found = tocsin__v1__found_child__unpack(NULL, sealed->content.len,
                                                sealed->content.data);
    return found;
}

void tocsin_found_free(Tocsin__V1__FoundChild *found)
{
    if (found != NULL)
        tocsin__v1__found_child__free_unpacked(found, NULL);
}

Tocsin__V1__FoundOrder *
tocsin_found_order_open(const Tocsin__V1__SignedFoundOrder *sealed)
{
    Tocsin__V1__FoundOrder *order = NULL;

    if (sealed != NULL && sealed->content.len <= FOUND_ORDER_MAX &&
        decode_shape(&tocsin__v1__found_order__descriptor, sealed->content.data,
                     sealed->content.len, NULL))
        order = tocsin__v1__found_order__unpack(NULL, sealed->content.len,
                                                sealed->content.data);
    return order;
}

void tocsin_found_order_free(Tocsin__V1__FoundOrder *order)
{
    if (order != NULL)
        tocsin__v1__found_order__free_unpacked(order, NULL);
}
