/**
 * The smallest set of divisions that holds every node of a target and, while
 * the set stays within PREFIXES_MAX, no other node. Pure.
 */
#ifndef TOCSIN_DOMAIN_COVER_H
#define TOCSIN_DOMAIN_COVER_H

#include "domain/book.h"

struct prefix_set {
    char prefixes[PREFIXES_MAX][DIVISION_SIZE + 1];
    size_t count;
};

/**
 * numbers: the nodes, ascending. before: where earlier revisions of the alert
 * went, which must be reached again; or NULL.
 */
void cover_make(struct prefix_set *out, const struct book *book,
                const uint32_t *numbers, size_t count,
                const struct alert *before);

#endif
