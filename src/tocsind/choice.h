/** Which facts of a journal are wanted: `tocsin journal search` and `export`.
 */
#ifndef TOCSIN_TOCSIND_CHOICE_H
#define TOCSIN_TOCSIND_CHOICE_H

#include "domain/book.h"
#include "journal/journal.h"

/** What is empty or 0 does not choose; texts are borrowed. */
struct choice {
    uint64_t from;
    int64_t since_ms;
    int64_t until_ms;
    const char *alert; /* id or case number */
    const char *node;
    const char *kit;              /* of a sample */
    const char *found;            /* id of a found child */
    char alert_id[ULID_SIZE + 1]; /* of the case number, once it was met */
};

/** A case that was reported before what is read begins: book as of there. */
void choice_know_number(struct choice *choice, const struct book *book);

/** book: with the fact applied. Facts are given in their order: a case number
 *  is known from its report on. */
bool choice_takes(struct choice *choice, const struct book *book,
                  const struct record *record, const Tocsin__V1__Fact *fact);

#endif
