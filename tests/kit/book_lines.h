/**
 * All that facts add up to, as lines of text: two books that hold the same have
 * the same lines. It looks at each field itself, so that what a state that is
 * written down leaves out does not escape it as it would escape book_digest.
 */
#ifndef TOCSIN_TESTS_BOOK_LINES_H
#define TOCSIN_TESTS_BOOK_LINES_H

#include "domain/book.h"

struct book_lines {
    char **list; /* sorted */
    size_t count;
};

struct book_lines book_lines(const struct book *book);
void book_lines_done(struct book_lines *lines);

/** The first in which they differ, "LEFT | RIGHT", to be freed; NULL: none. */
char *book_lines_differ(const struct book_lines *left,
                        const struct book_lines *right);

#endif
