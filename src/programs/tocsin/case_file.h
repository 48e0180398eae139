/** A case in words, and orders about it. */
#ifndef TOCSIN_PROGRAM_CASE_FILE_H
#define TOCSIN_PROGRAM_CASE_FILE_H

#include <tocsin/case.h>

#include "tocsin/session.h"

/** Print it, as JSON when the session says so. */
void case_print(const struct session *session,
                const Tocsin__V1__CaseFile *file);

/**
 * Ask for a case by id, case number or the beginning of an id.
 * Gives: *file, valid until the next question.
 */
enum outcome case_ask(struct session *session, const char *alert,
                      const Tocsin__V1__CaseFile **file);

/** Open the session, find the case, give the order (all but its alert_id) and
 *  print the case as it is afterwards. */
enum outcome case_order(struct session *session, const char *alert,
                        Tocsin__V1__CaseOrder *order);

#endif
