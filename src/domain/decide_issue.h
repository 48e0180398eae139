/** What every command that sends an alert out is made of. */
#ifndef TOCSIN_DOMAIN_DECIDE_ISSUE_H
#define TOCSIN_DOMAIN_DECIDE_ISSUE_H

#include "domain/cover.h"
#include "domain/decide.h"
#include "wire/document.h"

/** A JPEG within its limit, or none; else refuses. */
bool issue_thumbnail_fits(struct verdict *verdict,
                          const ProtobufCBinaryData *thumbnail);
/** One that is brought with none has that of the alert so far, as long as it
 *  shows the same picture. */
void issue_keep_thumbnail(const struct order *order, const struct alert *alert,
                          const struct document *document,
                          Tocsin__V1__AlertIssued *issued);
/** The division that the case belongs to: as stated and plausible, or the
 *  nearest. NULL: refused. */
const char *issue_division(struct verdict *verdict, const struct book *book,
                           const struct document *document);

/** In the arena of the order, as all below. */
char *issue_text(const struct order *order, const char *text);
/** "440305-2026-000017" */
char *issue_case_number(const struct order *order, const char *division);
char **issue_prefixes(const struct order *order, const struct prefix_set *set);
/** Each number as the difference from the one before. */
uint32_t *issue_numbers(const struct order *order, const uint32_t *numbers,
                        size_t count);
/** The verdict's fact, RECORDED; the rest is to be filled in. */
Tocsin__V1__AlertIssued *issue_fact(struct verdict *verdict,
                                    const struct order *order,
                                    const struct document *document,
                                    const Tocsin__V1__SignedAlert *sealed);
/** It goes on with the case of this alert. */
void issue_same_case(const struct order *order, const struct alert *alert,
                     Tocsin__V1__AlertIssued *issued);
/** Whom it reaches: coverage and feed topics. before: the alert so far. */
void issue_aim(const struct book *book, const struct order *order,
               const struct document *document, const struct alert *before,
               Tocsin__V1__AlertIssued *issued);

#endif
