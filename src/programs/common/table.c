#define _GNU_SOURCE
#include "common/table.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/say.h"

#define CELL_COLUMNS_MAX 40

struct table {
    char **cells;
    size_t count;
    size_t room;
    size_t columns;
    size_t widths[TABLE_COLUMNS_MAX];
    bool right[TABLE_COLUMNS_MAX];
};

static void add(struct table *table, char *text)
{
    size_t column = table->count % table->columns;
    size_t width;

    clean(text);
    width_cut(text, CELL_COLUMNS_MAX);
    width = width_of(text);
    if (width > table->widths[column])
        table->widths[column] = width;
    if (table->count == table->room) {
        table->room = table->room == 0 ? 64 : table->room * 2;
        table->cells =
            reallocarray(table->cells, table->room, sizeof *table->cells);
        if (table->cells == NULL)
            abort();
    }
    table->cells[table->count++] = text;
}

struct table *table_new(const char *const *heads, size_t columns)
{
    struct table *table = calloc(1, sizeof *table);

    if (table == NULL || columns > TABLE_COLUMNS_MAX)
        abort();
    table->columns = columns;
    for (size_t i = 0; i < columns; i++) {
        table->right[i] = heads[i][0] == '>';
        table_cell(table, "%s", heads[i] + (table->right[i] ? 1 : 0));
    }
    return table;
}

void table_free(struct table *table)
{
    if (table == NULL)
        return;
    for (size_t i = 0; i < table->count; i++)
        free(table->cells[i]);
    free(table->cells);
    free(table);
}

void table_cell(struct table *table, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    int size;

    va_start(args, format);
    size = vasprintf(&text, format, args);
    va_end(args);
    if (size < 0)
        abort();
    add(table, text);
}

static void print_cell(const struct table *table, size_t index, FILE *out)
{
    size_t column = index % table->columns;
    bool last = column + 1 == table->columns;
    int space = (int)(table->widths[column] - width_of(table->cells[index]));

    if (table->right[column])
        (void)fprintf(out, "%*s%s", space, "", table->cells[index]);
    else
        (void)fprintf(out, "%s%*s", table->cells[index], last ? 0 : space, "");
    (void)fputs(last ? "\n" : "  ", out);
}

void table_print(const struct table *table, FILE *out)
{
    if (table->count <= table->columns)
        return;
    for (size_t i = 0; i < table->count; i++)
        print_cell(table, i, out);
}
