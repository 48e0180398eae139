#include <stdlib.h>

#include <sodium.h>

#include <tocsin/case.h>

#include "base/clock.h"
#include "lib/common.h"
#include "wire/case_order.h"

void tocsin_order_id(uint8_t out[16])
{
    lib_start();
    randombytes_buf(out, REQUEST_ID_SIZE);
}

static enum tocsin_status seal(Tocsin__V1__SignedOrder **out,
                               const Tocsin__V1__CaseOrder *order,
                               const struct bundle *bundle,
                               struct tocsin_diag *why)
{
    struct diag inner = {0};
    enum status status;
    uint8_t *bytes;
    size_t size;

    status = case_order_sign(order, &bundle->key, &bytes, &size, &inner);
    if (status != STATUS_OK)
        return lib_told(why, status, &inner);
    *out = tocsin__v1__signed_order__unpack(NULL, size, bytes);
    free(bytes);
    REQUIRE(*out != NULL);
    return TOCSIN_OK;
}

enum tocsin_status tocsin_order_sign(Tocsin__V1__SignedOrder **out,
                                     const Tocsin__V1__CaseOrder *order,
                                     const struct tocsin_bundle *bundle,
                                     struct tocsin_diag *why)
{
    Tocsin__V1__CaseOrder filled = *order;
    struct complaint complaint;
    enum tocsin_status status;

    *out = NULL;
    lib_start();
    if (!bundle->inner.has_seed)
        return lib_fail(why, TOCSIN_USAGE, "%s has no key here to sign with",
                        bundle->inner.id);
    if (filled.at_ms == 0)
        filled.at_ms = clock_wall_ms();
    if (!case_order_check(&filled, &complaint))
        return lib_complained(why, &complaint);
    status = lib_check_texts(&filled.base, why);
    if (status != TOCSIN_OK)
        return status;
    return seal(out, &filled, &bundle->inner, why);
}

void tocsin_order_signed_free(Tocsin__V1__SignedOrder *sealed)
{
    if (sealed != NULL)
        tocsin__v1__signed_order__free_unpacked(sealed, NULL);
}

enum tocsin_status tocsin_order_prepare(uint8_t **request, size_t *size,
                                        const Tocsin__V1__CaseOrder *order,
                                        const struct tocsin_bundle *bundle,
                                        struct tocsin_diag *why)
{
    Tocsin__V1__Request whole = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Order body = TOCSIN__V1__ORDER__INIT;
    Tocsin__V1__CaseOrder filled = *order;
    enum tocsin_status status;
    uint8_t id[REQUEST_ID_SIZE];

    *request = NULL;
    if (filled.order_id.len == 0) {
        tocsin_order_id(id);
        filled.order_id = (ProtobufCBinaryData){sizeof id, id};
    }
    status = tocsin_order_sign(&body.order, &filled, bundle, why);
    if (status != TOCSIN_OK)
        return status;
    whole.request_id = filled.order_id;
    whole.body_case = TOCSIN__V1__REQUEST__BODY_ORDER;
    whole.order = &body;
    *request = encode(&whole.base, size);
    tocsin_order_signed_free(body.order);
    return TOCSIN_OK;
}

Tocsin__V1__CaseOrder *tocsin_order_open(const Tocsin__V1__SignedOrder *sealed)
{
    Tocsin__V1__CaseOrder *order = NULL;

    if (sealed != NULL && sealed->content.len <= CASE_ORDER_MAX &&
        decode_shape(&tocsin__v1__case_order__descriptor, sealed->content.data,
                     sealed->content.len, NULL))
        order = tocsin__v1__case_order__unpack(NULL, sealed->content.len,
                                               sealed->content.data);
    return order;
}

void tocsin_order_free(Tocsin__V1__CaseOrder *order)
{
    if (order != NULL)
        tocsin__v1__case_order__free_unpacked(order, NULL);
}
