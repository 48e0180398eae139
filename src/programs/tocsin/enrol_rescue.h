/** tocsin enrol --rescue: an administrator where no administrator's key is
 *  left, by who has the broker's home and the authority's key. */
#ifndef TOCSIN_PROGRAM_ENROL_RESCUE_H
#define TOCSIN_PROGRAM_ENROL_RESCUE_H

#include <tocsin/bundle.h>

#include "tocsin/session.h"

/** Before session_open: it comes as who has the home. authority: the file that
 *  was given, or NULL. Says on stderr what is wrong. */
enum outcome rescue_begin(struct session *session,
                          const struct tocsin_enrolment *enrolment,
                          const char *authority);

/** What is to be done now, on stderr. */
void rescue_warn(const struct tocsin_enrolment *enrolment);

#endif
