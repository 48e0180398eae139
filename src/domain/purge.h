/**
 * Forgetting a sealed case: what the book lets go of, and which nodes have yet
 * to say that they have purged it. Pure.
 */
#ifndef TOCSIN_DOMAIN_PURGE_H
#define TOCSIN_DOMAIN_PURGE_H

#include "domain/decide.h"

/** This line's node must purge the sealed alert and has not said so: it is
 *  enrolled, and had it or should have. */
bool purge_is_due(const struct book *book, const struct cover *line);
/** How many of them; *nodes: how many must, in all. */
uint32_t purge_due(const struct book *book, const struct alert *alert,
                   uint32_t *nodes);

void decide_purged(struct verdict *verdict, const struct book *book,
                   const struct order *order);

#endif
