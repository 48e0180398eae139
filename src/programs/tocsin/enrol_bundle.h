/** The bundle of somebody whom the broker does not take, or says nothing of. */
#ifndef TOCSIN_PROGRAM_ENROL_BUNDLE_H
#define TOCSIN_PROGRAM_ENROL_BUNDLE_H

#include <stdbool.h>

#include "tocsin/certificate.h"

struct new_bundle {
    bool fresh;   /* nothing was in its place */
    char *former; /* what it has replaced lies there; heap, or NULL */
    struct certificate_swap *swap; /* of a gateway, borrowed; or NULL */
};

/**
 * It is of no use: it goes, and what it has replaced is in its place again.
 * Gives: true: a former one is; what fails is said on stderr.
 */
bool bundle_undo(const char *path, const struct new_bundle *made);

/** Nobody knows: both stay, and what to do is said on stderr. */
void bundle_in_doubt(const char *path, const struct new_bundle *made);

#endif
