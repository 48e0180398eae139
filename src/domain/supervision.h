/**
 * Supervision: who does not act is watched. Rules put a case, a node or a
 * district under it, a person can too; only a person lifts it. Pure.
 */
#ifndef TOCSIN_DOMAIN_SUPERVISION_H
#define TOCSIN_DOMAIN_SUPERVISION_H

#include "domain/decide.h"
#include "domain/silence.h"

/** Silent about so many alerts within so long: the node is watched. */
#define SILENCES_OF_NODE 3
#define SILENCES_WITHIN_MS (30LL * 24 * 3600 * 1000)
/** So many silent nodes of a county at least, and half of those meant. */
#define SILENT_OF_DIVISION 3

/** What stands under supervision as that; NULL: it does not. */
const struct supervision *book_supervision(const struct book *book,
                                           Tocsin__V1__Supervised kind,
                                           const char *subject);

/** Where it stands among the supervised, or would. */
size_t book_supervised_at(const struct book *book, Tocsin__V1__Supervised kind,
                          const char *subject);

/** The division that a subject lies in; NULL: there is no such subject. */
const char *supervision_division(const struct book *book,
                                 Tocsin__V1__Supervised kind,
                                 const char *subject);

/**
 * What the rules put under supervision because of an alert: one fact, in the
 * arena; NULL: nothing more.
 */
Tocsin__V1__Fact *decide_supervision(const struct book *book,
                                     const struct alert *alert,
                                     const struct silence_policy *policy,
                                     const struct silence_clocks *clocks,
                                     struct arena *arena);

void decide_supervise(struct verdict *verdict, const struct book *book,
                      const struct order *order);
void decide_lift(struct verdict *verdict, const struct book *book,
                 const struct order *order);

#endif
