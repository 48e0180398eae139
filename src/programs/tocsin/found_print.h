/** Found children in words. */
#ifndef TOCSIN_PROGRAM_FOUND_PRINT_H
#define TOCSIN_PROGRAM_FOUND_PRINT_H

#include <tocsin/found.h>

#include "tocsin/session.h"

void found_print_list(const Tocsin__V1__FoundList *list);
void found_print(const Tocsin__V1__FoundDetail *detail);
/** Suggestions with their reasons; from the child's side each names a case,
 *  from the case's side a found child. */
void found_print_likely(Tocsin__V1__Likeness *const *list, size_t count,
                        bool of_case);

/** Ask for one. *detail is valid until the next question. */
enum outcome found_ask(struct session *session, const char *found,
                       const Tocsin__V1__FoundDetail **detail);
/** Send a request that was prepared, again and again the same; the broker's
 *  word is said. */
enum outcome found_send(struct session *session, uint8_t *request, size_t size,
                        const char *found_id);

#endif
