/**
 * The rows of a node table: read by the names of its head line and checked one
 * by one. Every bad row keeps what is wrong with it.
 */
#ifndef TOCSIN_PROGRAM_NODE_ROWS_H
#define TOCSIN_PROGRAM_NODE_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/outcome.h"

struct node_row {
    size_t line;    /* in the file, from 1 */
    const char *id; /* all texts point into the table */
    const char *name;
    const char *name_en;
    const char *division;
    int kind;
    double latitude;
    double longitude;
    const char *bad_field; /* NULL: the row is good */
    char reason[120];
};

struct node_table {
    char *text;
    struct node_row *rows;
    size_t count;
    size_t bad;
};

/** Fails with words said: no such file, or a head line that lacks a column. */
enum outcome node_table_load(struct node_table *table, const char *path);
void node_table_done(struct node_table *table);

/** Marks a row bad. */
void node_row_bad(struct node_table *table, struct node_row *row,
                  const char *field, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
