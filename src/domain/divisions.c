#define _GNU_SOURCE
#include "domain/divisions.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "wire/topic.h"

#define COLUMNS 6

struct divisions {
    struct division *rows; /* ascending by code; the country first */
    size_t count;
    size_t room;
};

static struct division *add_row(struct divisions *divisions, const char *code)
{
    struct division *row;

    if (divisions->count == divisions->room) {
        divisions->room = divisions->room * 2 + 64;
        divisions->rows = must_realloc(divisions->rows, divisions->room,
                                       sizeof *divisions->rows);
    }
    row = &divisions->rows[divisions->count++];
    memset(row, 0, sizeof *row);
    memcpy(row->code, code, DIVISION_SIZE);
    return row;
}

static bool take_number(const char *text, double limit, double *out)
{
    char *end;

    *out = strtod(text, &end);
    return end != text && *end == '\0' && *out >= -limit && *out <= limit;
}

static const char *parse_row(struct divisions *divisions, char *line)
{
    char *fields[COLUMNS];
    struct division *row;
    size_t count = csv_split(line, fields, COLUMNS);

    if (count == 1 && fields[0][0] == '\0')
        return NULL;
    if (count != COLUMNS)
        return "has not 6 fields";
    if (!division_valid(fields[0]))
        return "code: is not 6 digits";
    if (strcmp(fields[0], divisions->rows[divisions->count - 1].code) <= 0)
        return "code: is not above the one before";
    row = add_row(divisions, fields[0]);
    row->name = must_strdup(fields[1]);
    row->name_en = must_strdup(fields[2]);
    row->has_point = fields[4][0] != '\0';
    if (row->has_point && (!take_number(fields[4], 90, &row->point.latitude) ||
                           !take_number(fields[5], 180, &row->point.longitude)))
        return "lat or lon: is no such number";
    return NULL;
}

enum status divisions_parse(struct divisions **out, const char *csv,
                            size_t size, struct diag *why)
{
    struct divisions *divisions = must_calloc(1, sizeof *divisions);
    struct division *country = add_row(divisions, "000000");
    char *copy = must_memdup(csv, size);
    char *at = copy;
    unsigned number = 0;

    *out = NULL;
    country->name = must_strdup("全国");
    country->name_en = must_strdup("The country");
    for (char *line; (line = strsep(&at, "\n")) != NULL;) {
        const char *wrong = number++ == 0 ? NULL : parse_row(divisions, line);

        if (wrong != NULL) {
            free(copy);
            divisions_free(divisions);
            return diag_set(why, STATUS_MALFORMED, "divisions: line %u: %s",
                            number, wrong);
        }
    }
    free(copy);
    *out = divisions;
    return STATUS_OK;
}

void divisions_free(struct divisions *divisions)
{
    if (divisions == NULL)
        return;
    for (size_t i = 0; i < divisions->count; i++) {
        free(divisions->rows[i].name);
        free(divisions->rows[i].name_en);
    }
    free(divisions->rows);
    free(divisions);
}

static int by_code(const void *key, const void *row)
{
    return strcmp(key, ((const struct division *)row)->code);
}

const struct division *divisions_find(const struct divisions *divisions,
                                      const char *code)
{
    return bsearch(code, divisions->rows, divisions->count,
                   sizeof *divisions->rows, by_code);
}

const struct division *divisions_nearest(const struct divisions *divisions,
                                         struct point point)
{
    const struct division *best[2] = {NULL, NULL};
    double distance[2] = {0, 0};

    for (size_t i = 0; i < divisions->count; i++) {
        const struct division *row = &divisions->rows[i];
        bool county = division_prefix(row->code) == DIVISION_SIZE;
        double km;

        if (!row->has_point ||
            (best[county] != NULL &&
             geo_is_beyond(point, row->point, distance[county])))
            continue;
        km = geo_distance_km(point, row->point);
        if (best[county] == NULL || km < distance[county]) {
            best[county] = row;
            distance[county] = km;
        }
    }
    /* a province without counties in the table may be much nearer */
    if (best[1] == NULL ||
        (best[0] != NULL && distance[0] * 4 < distance[1] && distance[1] > 100))
        return best[0];
    return best[1];
}

const struct division *divisions_match(const struct divisions *divisions,
                                       const char *text, size_t *cursor)
{
    size_t size = strlen(text);

    while (*cursor < divisions->count) {
        const struct division *row = &divisions->rows[(*cursor)++];

        if (strcmp(row->code, text) == 0 ||
            strncmp(row->name, text, size) == 0 ||
            strncasecmp(row->name_en, text, size) == 0)
            return row;
    }
    return NULL;
}

size_t divisions_count(const struct divisions *divisions)
{
    return divisions->count;
}
