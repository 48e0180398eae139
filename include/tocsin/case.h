/** Orders about a case: who leads it, its duties, its end (case.proto). */
#ifndef TOCSIN_CASE_H
#define TOCSIN_CASE_H

#include <tocsin/client.h>

/**
 * Make the request that gives an order, signed with the bundle's key. order_id
 * and at_ms are filled in when they are empty.
 *
 * Gives:  *request in heap memory, packed, with its request_id; the caller
 * frees it and sends it with tocsin_client_call_packed: again and again, it is
 * the same order. Fails:  TOCSIN_USAGE; why names the field, or says that the
 * bundle has no key.
 */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status tocsin_order_prepare(
    uint8_t **request, size_t *size, const Tocsin__V1__CaseOrder *order,
    const struct tocsin_bundle *bundle, struct tocsin_diag *why);

/** 16 random bytes, for an order and the request that carries it. */
TOCSIN_API void tocsin_order_id(uint8_t out[16]);

/**
 * Sign an order that goes with another request: its order_id is that request's
 * request_id. at_ms is filled in when it is empty.
 *
 * Gives:  *out; free it with tocsin_order_signed_free.
 * Fails:  as tocsin_order_prepare.
 */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_order_sign(Tocsin__V1__SignedOrder **out,
                  const Tocsin__V1__CaseOrder *order,
                  const struct tocsin_bundle *bundle, struct tocsin_diag *why);
TOCSIN_API void tocsin_order_signed_free(Tocsin__V1__SignedOrder *sealed);

/** Decode an order; free with tocsin_order_free; NULL: it makes no sense.
 * Whether it is signed by who gave it, the broker has checked. */
TOCSIN_API Tocsin__V1__CaseOrder *
tocsin_order_open(const Tocsin__V1__SignedOrder *sealed);
TOCSIN_API void tocsin_order_free(Tocsin__V1__CaseOrder *order);

#endif
