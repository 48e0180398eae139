/** Children of unknown origin: registering one, saying what becomes of it
 *  (found.proto). */
#ifndef TOCSIN_FOUND_H
#define TOCSIN_FOUND_H

#include <tocsin/client.h>

/** A new found_id; out has 27 bytes. */
TOCSIN_API void tocsin_found_id(char out[27]);

/**
 * Make the request that registers a found child, signed with the bundle's key.
 * revision 1, node and at_ms are filled in where they are empty.
 *
 * Gives:  *request in heap memory, packed, with its request_id; the caller
 *         frees it and sends it with tocsin_client_call_packed: again and
 *         again, it is the same registration.
 * Fails:  TOCSIN_USAGE; why names the field, or says that the bundle has no
 *         key.
 */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status tocsin_found_prepare(
    uint8_t **request, size_t *size, const Tocsin__V1__FoundChild *found,
    const struct tocsin_bundle *bundle, struct tocsin_diag *why);

/** The same for what becomes of one; order_id and at_ms are filled in. */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status tocsin_found_order_prepare(
    uint8_t **request, size_t *size, const Tocsin__V1__FoundOrder *order,
    const struct tocsin_bundle *bundle, struct tocsin_diag *why);

/** Decode; free with tocsin_found_free; NULL: it makes no sense. Whether it is
 *  signed by who registered it, the broker has checked. */
TOCSIN_API Tocsin__V1__FoundChild *
tocsin_found_open(const Tocsin__V1__SignedFound *sealed);
TOCSIN_API void tocsin_found_free(Tocsin__V1__FoundChild *found);
TOCSIN_API Tocsin__V1__FoundOrder *
tocsin_found_order_open(const Tocsin__V1__SignedFoundOrder *sealed);
TOCSIN_API void tocsin_found_order_free(Tocsin__V1__FoundOrder *order);

#endif
