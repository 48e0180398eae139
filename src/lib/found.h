/** The request that registers a found child, for both halves of the library. */
#ifndef TOCSIN_LIB_FOUND_H
#define TOCSIN_LIB_FOUND_H

#include <tocsin/found.h>

#include "lib/common.h"
#include "wire/found.h"

/** As tocsin_found_prepare, under this request_id; fills in what is empty. */
MUST_USE enum tocsin_status
lib_found_request(uint8_t **request, size_t *size,
                  Tocsin__V1__FoundChild *found, const struct bundle *bundle,
                  const uint8_t request_id[REQUEST_ID_SIZE],
                  struct tocsin_diag *why);

#endif
