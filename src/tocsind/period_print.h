/** An assessment as text, JSON or CSV, on standard output. */
#ifndef TOCSIN_TOCSIND_PERIOD_PRINT_H
#define TOCSIN_TOCSIND_PERIOD_PRINT_H

#include "period/period.h"

enum period_form { PERIOD_TEXT, PERIOD_JSON, PERIOD_CSV };

struct period_report {
    struct period_span span;
    uint64_t first; /* facts from here on were read, */
    uint64_t head;  /* and up to here */
    const struct book *book;
    const struct divisions *divisions; /* for their names; or NULL */
    struct period_table actual;
    struct period_table exercises;
    bool nodes; /* text and CSV: node by node; JSON has both */
};

void period_print(const struct period_report *report, enum period_form form);

#endif
