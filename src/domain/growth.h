/** How children grow, as far as it is known of all of them. Pure. */
#ifndef TOCSIN_DOMAIN_GROWTH_H
#define TOCSIN_DOMAIN_GROWTH_H

#include "tocsin/v1/alert.pb-c.h"

/** What a child of this age, in months, grows by in so many months: by the
 * median of its sex; of both, where that is not known. */
double growth_cm(Tocsin__V1__Sex sex, double months, double passed);

#endif
