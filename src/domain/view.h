/**
 * Who may see how much of a case. Pure; see "Views" in proto/README.md.
 */
#ifndef TOCSIN_DOMAIN_VIEW_H
#define TOCSIN_DOMAIN_VIEW_H

#include "domain/book.h"

/** Each holds what those before it do. */
enum view {
    VIEW_NOTHING,
    VIEW_COUNTS, /* that it is there, and how far it has come */
    VIEW_ALERT,  /* what its centre has signed; what its own nodes have said */
    VIEW_CASE    /* its file: who answers for it, what was done and said */
};

enum view view_of(const struct book *book, const struct principal *who,
                  const struct alert *alert);

/** May it read what this node, or a handheld, has said of the alert? */
bool view_holds_answer(const struct book *book, const struct principal *who,
                       const struct alert *alert, uint32_t node);

/** May it see this node's line on a board that it sees? */
bool view_holds_node(const struct principal *who, const struct principal *node);

#endif
