/** Orders about a case: who leads it, and who may give which order. */
#ifndef TOCSIN_DOMAIN_DECIDE_CASE_H
#define TOCSIN_DOMAIN_DECIDE_CASE_H

#include "domain/decide.h"
#include "wire/case_order.h"

/** An officer of county rank or above, not revoked, whose jurisdiction contains
 *  the case. who may be NULL. */
bool officer_may_lead(const struct principal *who, const struct alert *alert);

/** The lead that answers for it now; NULL: nobody but its centre. A lead who
 *  was revoked, or lost rank or jurisdiction, is none. */
const struct principal *case_lead(const struct book *book,
                                  const struct alert *alert);

/** Since when it has no lead, of a case that has none: since it was reported,
 *  or the one that it had was revoked or enrolled anew. */
int64_t case_leaderless_ms(const struct book *book, const struct alert *alert);

/** Since when its kin's sample is missing, of a case that has none. */
int64_t case_unsampled_ms(const struct alert *alert);

/** A centre that may change its alert: that filed it, or with the case in its
 *  jurisdiction. */
bool is_centre_of(const struct principal *who, const struct alert *alert);

/** What becomes of an order that is verified and signed by the actor. */
void decide_case_step(struct verdict *verdict, const struct book *book,
                      const struct order *order,
                      const Tocsin__V1__CaseOrder *asked);

/** Into a revision that starts from a sighting: the order that confirms it.
 * false: refused. */
bool decide_confirms(struct verdict *verdict, const struct book *book,
                     const struct order *order,
                     const Tocsin__V1__SignedOrder *sealed,
                     Tocsin__V1__AlertIssued *issued);

/** The same from the request: verifies and checks it first. */
void decide_case(struct verdict *verdict, const struct book *book,
                 const struct order *order);

#endif
