/** How far a long job is: a bar on a terminal, a line per thousand elsewhere.
 */
#ifndef TOCSIN_PROGRAMS_PROGRESS_H
#define TOCSIN_PROGRAMS_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
    const char *what; /* "enrolled" */
    size_t total;
    size_t done;
    bool terminal; /* standard error is one */
    int64_t drawn_ms;
    int64_t began_ms;
};

void progress_begin(struct progress *progress, const char *what, size_t total);
void progress_step(struct progress *progress);
/** Draw the last state and end the line. */
void progress_end(struct progress *progress);

#endif
