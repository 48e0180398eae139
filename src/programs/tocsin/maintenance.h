/** A broker of our own over a home that nobody serves, and where tocsind is. */
#ifndef TOCSIN_PROGRAM_MAINTENANCE_H
#define TOCSIN_PROGRAM_MAINTENANCE_H

#include <stdbool.h>

#include "common/outcome.h"

struct maintenance;

/**
 * Run `tocsind run HOME --maintenance` and wait until it serves, or has refused
 * to, most likely because another tocsind serves the home. Without serve: only
 * ask where that one is.
 */
enum outcome maintenance_start(struct maintenance **out, const char *home,
                               bool serve);

/** Of its command desk; NULL when it has refused. */
const char *maintenance_endpoint(const struct maintenance *maintenance);

/** Where the home's own broker is by its tocsin.conf: 0 command desk, 1 feed,
 *  2 field desk. NULL: it has not said. */
const char *maintenance_home(const struct maintenance *maintenance, int desk);

/** Repeat on stderr why it refused. */
void maintenance_explain(const struct maintenance *maintenance);

/** Stop it and wait for its end. Takes NULL. */
void maintenance_stop(struct maintenance *maintenance);

/** Become tocsind, from beside this program, its sbin or the PATH. Returns only
 *  when that fails, with words said. words[0] is set. */
enum outcome tocsind_become(const char **words);

#endif
