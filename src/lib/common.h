/** What the parts of the public library share: statuses and the inner bundle.
 */
#ifndef TOCSIN_LIB_COMMON_H
#define TOCSIN_LIB_COMMON_H

#include <tocsin/bundle.h>
#include <tocsin/status.h>

#include "base/status.h"
#include "wire/bundle.h"
#include "wire/check.h"

struct tocsin_bundle {
    struct bundle inner;
};

/** Call first in every function that makes a handle or a key. */
void lib_start(void);

/** Say what failed in the library's words; why may be NULL. Returns status. */
enum tocsin_status lib_fail(struct tocsin_diag *why, enum tocsin_status status,
                            const char *format, ...) PRINTF(3, 4);

/** An inner status, with what inner says. */
enum tocsin_status lib_told(struct tocsin_diag *why, enum status status,
                            const struct diag *inner);

/** TOCSIN_USAGE, "field: reason". */
enum tocsin_status lib_complained(struct tocsin_diag *why,
                                  const struct complaint *complaint);

/** Texts that a program handed in: no desk takes a message in which one is not
 *  UTF-8, so none is signed or kept. TOCSIN_USAGE, "field: reason". */
enum tocsin_status lib_check_texts(const ProtobufCMessage *message,
                                   struct tocsin_diag *why);

/** TOCSIN_OK when the reply is OK, RECORDED or DUPLICATE. */
enum tocsin_status lib_replied(struct tocsin_diag *why,
                               const Tocsin__V1__Reply *reply);

/** Is it of who has the broker's own key (tocsin_bundle_owner)? */
bool lib_is_owner(const struct tocsin_bundle *bundle);

/** When the certificate in a bundle ends; 0: there is none, or it is not for
 * the bundle's key by its authority. */
int64_t lib_certified_until(const struct bundle *bundle);

/** Where the bundle that a new key has replaced lies; false: too long. */
bool lib_former_path(char *out, size_t size, const char *path, int number);

#endif
