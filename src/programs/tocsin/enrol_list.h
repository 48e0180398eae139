/** Enrolling the checkpoints of a CSV file: all rows are checked first. */
#ifndef TOCSIN_PROGRAM_ENROL_LIST_H
#define TOCSIN_PROGRAM_ENROL_LIST_H

#include "tocsin/session.h"

struct enrol_list_flags {
    const char *csv;
    const char *out;
    bool skip_bad;
    bool rekey;
};

enum outcome enrol_list(struct session *session,
                        const struct enrol_list_flags *flags);

#endif
