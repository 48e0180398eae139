#define _GNU_SOURCE
#include "domain/divisions.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "wire/topic.h"

#define COLUMNS 6

/* Those with a point by their latitude: the nearest is near there. */
struct parallel {
    double latitude;
    const struct division *row;
};

struct parallels {
    struct parallel *list;
    size_t count;
};

struct divisions {
    struct division *rows; /* ascending by code; the country first */
    size_t count;
    size_t room;
    struct parallels counties;
    struct parallels larger;
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

static int by_latitude(const void *a, const void *b)
{
    const struct parallel *left = a;
    const struct parallel *right = b;

    if (left->latitude != right->latitude)
        return left->latitude < right->latitude ? -1 : 1;
    return (left->row > right->row) - (left->row < right->row);
}

static void order_by_latitude(struct divisions *divisions)
{
    struct parallels *both[] = {&divisions->larger, &divisions->counties};

    for (size_t i = 0; i < 2; i++)
        both[i]->list = must_calloc(divisions->count, sizeof *both[i]->list);
    for (size_t i = 0; i < divisions->count; i++) {
        const struct division *row = &divisions->rows[i];
        struct parallels *of =
            both[division_prefix(row->code) == DIVISION_SIZE];

        if (row->has_point)
            of->list[of->count++] = (struct parallel){row->point.latitude, row};
    }
    for (size_t i = 0; i < 2; i++)
        qsort(both[i]->list, both[i]->count, sizeof *both[i]->list,
              by_latitude);
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
    order_by_latitude(divisions);
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
    free(divisions->counties.list);
    free(divisions->larger.list);
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

/* From its latitude on, whichever side is nearer, until no other can be. */
static const struct division *nearest_of(const struct parallels *parallels,
                                         struct point point, double *km)
{
    const struct division *best = NULL;
    size_t north = 0;
    size_t south;

    for (size_t high = parallels->count; north < high;) {
        size_t middle = north + (high - north) / 2;

        if (parallels->list[middle].latitude < point.latitude)
            north = middle + 1;
        else
            high = middle;
    }
    south = north;
    while (south > 0 || north < parallels->count) {
        bool up = south == 0 ||
                  (north < parallels->count &&
                   parallels->list[north].latitude - point.latitude <
                       point.latitude - parallels->list[south - 1].latitude);
        const struct division *row =
            parallels->list[up ? north++ : --south].row;
        double own;

        if (best != NULL && geo_is_beyond(point, row->point, *km))
            break;
        own = geo_distance_km(point, row->point);
        if (best == NULL || own < *km || (own == *km && row < best)) {
            best = row;
            *km = own;
        }
    }
    return best;
}

const struct division *divisions_nearest(const struct divisions *divisions,
                                         struct point point)
{
    double county_km = 0;
    double larger_km = 0;
    const struct division *county =
        nearest_of(&divisions->counties, point, &county_km);
    const struct division *larger =
        nearest_of(&divisions->larger, point, &larger_km);

    /* a province without counties in the table may be much nearer */
    if (county == NULL ||
        (larger != NULL && larger_km * 4 < county_km && county_km > 100))
        return larger;
    return county;
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
