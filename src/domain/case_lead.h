/** Who leads a case, and since when nobody does. Pure. */
#ifndef TOCSIN_DOMAIN_CASE_LEAD_H
#define TOCSIN_DOMAIN_CASE_LEAD_H

#include "domain/book.h"

/** An officer of county rank or above, not revoked, whose jurisdiction contains
 *  the case. who may be NULL. */
bool officer_may_lead(const struct principal *who, const struct alert *alert);

/** The lead that answers for it now; NULL: nobody but its centre. A lead who
 *  was revoked, or lost rank or jurisdiction, is none. */
const struct principal *case_lead(const struct book *book,
                                  const struct alert *alert);

/** Who should speak of it: its lead, or its centre when it has none. */
uint32_t case_answering(const struct book *book, const struct alert *alert);

/** Since when it has no lead, of a case that has none: since it was reported,
 *  or the one that it had was revoked or enrolled anew. */
int64_t case_leaderless_ms(const struct book *book, const struct alert *alert);

/** It has no lead, and that is noted. A note from before the last one was
 *  admitted again is over, whatever became of him since. */
bool case_lead_is_missed(const struct book *book, const struct alert *alert);

/** Since when its kin's sample is missing, of a case that has none. */
int64_t case_unsampled_ms(const struct alert *alert);

#endif
