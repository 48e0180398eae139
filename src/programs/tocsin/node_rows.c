#define _GNU_SOURCE
#include "tocsin/node_rows.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/files.h"
#include "common/numbers.h"
#include "common/say.h"
#include "common/words.h"

#define FILE_MAX (64 << 20)
#define FIELDS_MAX 32
#define NAME_BYTES_MAX 200

enum column { ID, KIND, NAME_ZH, NAME_EN, LAT, LON, DIVISION, COLUMNS };

static const char *const column_names[COLUMNS] = {
    "id", "kind", "name_zh", "name_en", "lat", "lon", "division_code"};

/* Where in a line each column stands. */
struct layout {
    size_t at[COLUMNS];
    size_t fields;
};

/* ---- lines and fields ---- */

/* One field, unquoted in place. NULL: a quote is not closed. */
static char *take_field(char **rest)
{
    char *field = *rest;
    char *from = field;
    char *to = field;
    bool quoted = *from == '"';

    from += quoted;
    while (*from != '\0' && (quoted || *from != ',')) {
        if (quoted && *from == '"') {
            from++;
            if (*from != '"') {
                quoted = false;
                continue;
            }
        }
        *to++ = *from++;
    }
    *rest = *from == ',' ? from + 1 : NULL;
    *to = '\0';
    return quoted ? NULL : field;
}

/* The number of fields; 0: a quote is not closed. */
static size_t split(char *line, char *fields[FIELDS_MAX])
{
    size_t count = 0;

    while (line != NULL && count < FIELDS_MAX) {
        fields[count] = take_field(&line);
        if (fields[count++] == NULL)
            return 0;
    }
    return count;
}

static char *next_line(char **rest)
{
    char *line = strsep(rest, "\n");
    size_t size = line == NULL ? 0 : strlen(line);

    if (size > 0 && line[size - 1] == '\r')
        line[size - 1] = '\0';
    return line;
}

/* ---- one row ---- */

void node_row_bad(struct node_table *table, struct node_row *row,
                  const char *field, const char *format, ...)
{
    va_list args;

    if (row->bad_field == NULL)
        table->bad++;
    row->bad_field = field;
    va_start(args, format);
    vsnprintf(row->reason, sizeof row->reason, format, args);
    va_end(args);
}

static bool is_id(const char *text)
{
    size_t size = strlen(text);

    return size >= 1 && size <= 40 && strchr("._-", text[0]) == NULL &&
           strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                        "0123456789._-") == size;
}

static bool is_degrees(const char *text, double max, double *out)
{
    return number_real(text, out) && *out >= -max && *out <= max;
}

static void check_row(struct node_table *table, struct node_row *row,
                      char *const *texts)
{
    if (!is_id(row->id))
        node_row_bad(table, row, "id",
                     "'%.50s' is not 1 to 40 letters, digits, . _ -", row->id);
    else if (!word_value(words_kind, texts[KIND], &row->kind))
        node_row_bad(table, row, "kind", "'%.40s' is no kind of node",
                     texts[KIND]);
    else if (row->name[0] == '\0' || strlen(row->name) > NAME_BYTES_MAX)
        node_row_bad(table, row, "name_zh", "must have 1 to %d bytes",
                     NAME_BYTES_MAX);
    else if (strlen(row->name_en) > NAME_BYTES_MAX)
        node_row_bad(table, row, "name_en", "longer than %d bytes",
                     NAME_BYTES_MAX);
    else if (!is_degrees(texts[LAT], 90, &row->latitude))
        node_row_bad(table, row, "lat", "'%.40s' is not within -90..90",
                     texts[LAT]);
    else if (!is_degrees(texts[LON], 180, &row->longitude))
        node_row_bad(table, row, "lon", "'%.40s' is not within -180..180",
                     texts[LON]);
    else if (strlen(row->division) != 6 ||
             strspn(row->division, "0123456789") != 6)
        node_row_bad(table, row, "division_code", "'%.40s' is not 6 digits",
                     row->division);
}

static void take_row(struct node_table *table, const struct layout *layout,
                     char *line, size_t number)
{
    struct node_row *row = table->rows + table->count++;
    char *fields[FIELDS_MAX];
    char *texts[COLUMNS];
    size_t count = split(line, fields);

    memset(row, 0, sizeof *row);
    row->line = number;
    row->id = "";
    if (count != layout->fields) {
        if (count == 0)
            node_row_bad(table, row, "row", "a quote is not closed");
        else
            node_row_bad(table, row, "row", "%zu fields, the head line has %zu",
                         count, layout->fields);
        return;
    }
    for (size_t i = 0; i < COLUMNS; i++)
        texts[i] = fields[layout->at[i]];
    row->id = texts[ID];
    row->name = texts[NAME_ZH];
    row->name_en = texts[NAME_EN];
    row->division = texts[DIVISION];
    check_row(table, row, texts);
}

/* ---- the table ---- */

static bool read_head(struct layout *layout, char *line, const char *path)
{
    char *fields[FIELDS_MAX];

    layout->fields = split(line, fields);
    for (size_t i = 0; i < COLUMNS; i++) {
        layout->at[i] = 0;
        while (layout->at[i] < layout->fields &&
               strcmp(fields[layout->at[i]], column_names[i]) != 0)
            layout->at[i]++;
        if (layout->at[i] == layout->fields) {
            complain("%s: line 1: no column '%s'", path, column_names[i]);
            return false;
        }
    }
    return true;
}

static int by_id_and_line(const void *one, const void *two)
{
    const struct node_row *a = *(struct node_row *const *)one;
    const struct node_row *b = *(struct node_row *const *)two;
    int order = strcmp(a->id, b->id);

    return order != 0 ? order : (a->line > b->line) - (a->line < b->line);
}

static void mark_duplicates(struct node_table *table)
{
    struct node_row **order = calloc(table->count + 1, sizeof(void *));
    size_t first = 0;

    if (order == NULL)
        abort();
    for (size_t i = 0; i < table->count; i++)
        order[i] = table->rows + i;
    qsort(order, table->count, sizeof(void *), by_id_and_line);
    for (size_t i = 1; i < table->count; i++) {
        if (strcmp(order[i]->id, order[first]->id) != 0)
            first = i;
        else if (order[i]->bad_field == NULL)
            node_row_bad(table, order[i], "id", "'%.50s' is on line %zu too",
                         order[i]->id, order[first]->line);
    }
    free(order);
}

static size_t count_lines(const char *text)
{
    size_t count = 1;

    for (; *text != '\0'; text++)
        count += *text == '\n';
    return count;
}

enum outcome node_table_load(struct node_table *table, const char *path)
{
    struct layout layout;
    char *rest;
    char *line;

    memset(table, 0, sizeof *table);
    if (!file_load_text(path, FILE_MAX, &table->text))
        return OUTCOME_LOCAL;
    rest = table->text;
    table->rows = calloc(count_lines(rest), sizeof *table->rows);
    line = next_line(&rest);
    if (table->rows == NULL || !read_head(&layout, line, path)) {
        node_table_done(table);
        return OUTCOME_USAGE;
    }
    for (size_t number = 2; (line = next_line(&rest)) != NULL; number++) {
        if (line[0] != '\0')
            take_row(table, &layout, line, number);
    }
    mark_duplicates(table);
    return OUTCOME_DONE;
}

void node_table_done(struct node_table *table)
{
    free(table->rows);
    free(table->text);
    memset(table, 0, sizeof *table);
}
