/**
 * Whom an alert concerns beyond its coverage: a node that was enrolled after it
 * and lies in its target as far as its rings have come gets it with the first
 * sync, may answer it, and is told when it ends.
 */
#ifndef TOCSIN_DOMAIN_CONCERN_H
#define TOCSIN_DOMAIN_CONCERN_H

#include "domain/book.h"
#include "wire/decode.h"

/** The newest document that is not a withdrawal, in the arena; NULL: it cannot
 *  be read. */
const Tocsin__V1__Alert *alert_content(const struct alert *alert,
                                       struct arena *arena);

/** Sent to one of the node's topics, in its coverage, or as above. The arena is
 *  used and left as it was. */
bool alert_concerns(const struct alert *alert, const struct principal *node,
                    struct arena *arena);

#endif
