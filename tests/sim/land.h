/** The country: a table of divisions with a point each, and where things are.
 */
#ifndef TOCSIN_SIM_LAND_H
#define TOCSIN_SIM_LAND_H

#include "tocsin/v1/common.pb-c.h"

struct world;
struct node;

struct divisions *land_make(void);
void land_point(struct world *world, const char *division, double *latitude,
                double *longitude);
/** Any division of any rank. */
void land_division(struct world *world, char out[7]);
/** The number'th of a few different kinds. */
Tocsin__V1__NodeKind land_kind(struct world *world, size_t number);
/** A new checkpoint somewhere, with its bundle; not switched on. */
struct node *land_settle(struct world *world);

#endif
