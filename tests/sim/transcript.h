/** What happened, for people to read; and the end of a run that broke one of
 *  the promises. */
#ifndef TOCSIN_SIM_TRANSCRIPT_H
#define TOCSIN_SIM_TRANSCRIPT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/status.h"

struct world;

/** One line: virtual time, who, what. Costs nothing when nobody listens. */
void tell(struct world *world, const char *who, const char *format, ...)
    PRINTF(3, 4);

/** A promise, as a sentence, is broken: says so and ends the process. */
_Noreturn void broken(struct world *world, const char *promise,
                      const char *format, ...) PRINTF(3, 4);

#define BROKEN_EXIT 3

#endif
