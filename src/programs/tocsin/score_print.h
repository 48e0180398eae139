/** A score as people and programs read it, on standard output. */
#ifndef TOCSIN_PROGRAM_SCORE_PRINT_H
#define TOCSIN_PROGRAM_SCORE_PRINT_H

#include "tocsin/score.h"

enum score_form { SCORE_TEXT, SCORE_JSON, SCORE_CSV };

/** The total, the districts, then node by node, in each form. */
void score_print(const struct score *score,
                 const Tocsin__V1__AlertSummary *summary, enum score_form form);

#endif
