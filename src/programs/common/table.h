/** Columns that line up, also under wide letters. Rows are kept until the end.
 */
#ifndef TOCSIN_PROGRAMS_TABLE_H
#define TOCSIN_PROGRAMS_TABLE_H

#include <stddef.h>
#include <stdio.h>

#define TABLE_COLUMNS_MAX 12

struct table;

/** heads: one name a column, borrowed; columns whose name begins with '>' are
 *  set to the right. */
struct table *table_new(const char *const *heads, size_t columns);
void table_free(struct table *table);

/** Append one cell, row by row; text is copied and cleaned. */
void table_cell(struct table *table, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Heads and rows; a cell of more than 40 columns is cut. Prints nothing when
 *  there are no rows. */
void table_print(const struct table *table, FILE *out);

#endif
