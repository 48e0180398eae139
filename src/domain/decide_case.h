/** Orders about a case: who leads it, and who may give which order. */
#ifndef TOCSIN_DOMAIN_DECIDE_CASE_H
#define TOCSIN_DOMAIN_DECIDE_CASE_H

#include "domain/case_lead.h"
#include "domain/decide.h"
#include "wire/case_order.h"

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
