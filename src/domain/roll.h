/**
 * The roll: what targets and topics need to know of everyone who was enrolled,
 * and two orders of it, so that a report looks at those who may be meant, not
 * at everybody. The orders are a convenience, made when they are asked for
 * after the roll has changed; not part of what facts say.
 */
#ifndef TOCSIN_DOMAIN_ROLL_H
#define TOCSIN_DOMAIN_ROLL_H

#include <stddef.h>
#include <stdint.h>

#include "domain/geo.h"
#include "domain/rings.h"
#include "wire/topic.h"

struct book;
struct principal;

/** Of the principal whose number is one more than its index. */
struct roll_line {
    struct point point;
    char division[DIVISION_SIZE + 1];
    uint8_t kind;
    bool has_point;
    bool active; /* book_is_active_node */
};

/** The active nodes of one division: a run of by_division. */
struct county {
    char division[DIVISION_SIZE + 1];
    uint32_t first;
    uint32_t count;
};

/** An active node with a point, and all that a circle asks of it: they are gone
 *  through one after the other. */
struct latitude {
    double degrees;
    struct unit unit; /* of the point */
    uint32_t number;
    Tocsin__V1__NodeKind kind;
};

/** Of the active nodes only. */
struct roll_orders {
    bool fresh;
    uint32_t *by_division;   /* numbers */
    uint32_t *county_of;     /* index of the county, by number - 1 */
    struct county *counties; /* in order of division */
    size_t county_count;
    struct latitude *by_latitude;
    size_t latitude_count;
    /* Apart from the others: of all, whatever they are and were */
    uint32_t *everyone; /* numbers, by division, then ascending */
    size_t everyone_count;
    bool everyone_moved;
};

struct roll_orders *roll_orders_new(void);
void roll_orders_free(struct roll_orders *orders);

/** Its line, after a change. */
void roll_enlist(struct book *book, const struct principal *principal);

/** The orders as of now. Valid until the next change of the roll. */
const struct roll_orders *roll_orders(const struct book *book);

/** Numbers of all in this division who were ever enrolled, valid until the next
 *  change of the roll. */
const uint32_t *roll_in_division(const struct book *book, const char *division,
                                 size_t *count);

/** Numbers of the active nodes in it, ascending; the caller frees. */
uint32_t *book_resolve(const struct book *book, const struct scope *scope,
                       size_t *count);

#endif
