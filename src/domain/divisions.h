/** The table of administrative divisions by GB/T 2260 code. Read only. */
#ifndef TOCSIN_DOMAIN_DIVISIONS_H
#define TOCSIN_DOMAIN_DIVISIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "domain/geo.h"

struct division {
    char code[7];
    char *name;
    char *name_en;
    struct point point;
    bool has_point;
};

struct divisions;

/**
 * Parse a table: a header line, then code,name_zh,name_en,level,lat,lon in
 * ascending order of code.
 * Fails: STATUS_MALFORMED; why names the line.
 */
MUST_USE enum status divisions_parse(struct divisions **out, const char *csv,
                                     size_t size, struct diag *why);
void divisions_free(struct divisions *divisions);

/** NULL when there is no such code. "000000" is the country. */
const struct division *divisions_find(const struct divisions *divisions,
                                      const char *code);

/** The nearest with a point, counties before all others; NULL when empty. */
const struct division *divisions_nearest(const struct divisions *divisions,
                                         struct point point);

/** The next division from *cursor (start at 0) that the text means: its code,
 *  or the beginning of one of its names. NULL at the end. */
const struct division *divisions_match(const struct divisions *divisions,
                                       const char *text, size_t *cursor);

size_t divisions_count(const struct divisions *divisions);

#endif
