/**
 * Looks at a child's photographs: each is a fact. Pure.
 */
#ifndef TOCSIN_DOMAIN_LOOKS_H
#define TOCSIN_DOMAIN_LOOKS_H

#include "domain/apply.h"
#include "domain/decide.h"

/** What a node says of an officer's look there, or a gateway of a handheld's.
 */
void decide_look(struct verdict *verdict, const struct book *book,
                 const struct order *order);

/** The fact that the order's actor is given a photograph, in its arena;
 *  sighting: whose it is, 0: the alert's own. */
Tocsin__V1__Fact *look_fact(const struct order *order,
                            const struct alert *alert, uint64_t sighting);

struct effect apply_looked(struct book *book, uint64_t sequence,
                           const Tocsin__V1__Fact *fact);
/** One more at the end, zeroed but for outside (said where the alert did not
 *  go). One of the oldest goes when there are too many. */
struct look *alert_add_look(struct alert *alert, bool outside);
/** Fields of one that was said; those that it names are enrolled. */
void look_fill(struct look *look, const struct book *book,
               const Tocsin__V1__Looked *looked);
/** Would apply take it? */
bool look_is_sound(const struct book *book, const Tocsin__V1__Looked *looked);

#endif
