/** In place of Check for the kit's files: there is no test runner here, and an
 *  assertion that fails ends the process. */
#ifndef TOCSIN_FUZZ_SHIM_CHECK_H
#define TOCSIN_FUZZ_SHIM_CHECK_H

#include <string.h>

#include "base/status.h"

#define ck_assert(claim) REQUIRE(claim)
#define ck_assert_msg(claim, ...) REQUIRE(claim)
#define ck_abort_msg(...) REQUIRE(!"ck_abort_msg")
#define ck_assert_uint_eq(a, b) REQUIRE((a) == (b))
#define ck_assert_int_eq(a, b) REQUIRE((a) == (b))

#endif
