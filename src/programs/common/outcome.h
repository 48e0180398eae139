/** How our programs end: exit codes that a script can act on. */
#ifndef TOCSIN_PROGRAMS_OUTCOME_H
#define TOCSIN_PROGRAMS_OUTCOME_H

#include <tocsin/status.h>

enum outcome {
    OUTCOME_DONE = 0,
    OUTCOME_REFUSED = 1,     /* the broker, or what is there, said no */
    OUTCOME_USAGE = 2,       /* wrong arguments */
    OUTCOME_UNREACHABLE = 3, /* no answer from the broker */
    OUTCOME_LOCAL = 4        /* files, memory */
};

enum outcome outcome_of(enum tocsin_status status);

/** Say on stderr what failed while doing what; gives the outcome of status.
 *  doing may be NULL. */
enum outcome outcome_say(enum tocsin_status status,
                         const struct tocsin_diag *why, const char *doing);

#endif
