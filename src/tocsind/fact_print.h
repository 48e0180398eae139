/** A fact as one line of JSON, personal data included. */
#ifndef TOCSIN_TOCSIND_FACT_PRINT_H
#define TOCSIN_TOCSIND_FACT_PRINT_H

#include "domain/book.h"
#include "wire/decode.h"

/** On standard output. arena: for what the fact holds inside. */
void fact_print(const struct book *book, struct arena *arena, uint64_t sequence,
                const Tocsin__V1__Fact *fact);

#endif
