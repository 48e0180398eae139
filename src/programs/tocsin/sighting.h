/** One sighting of a case, by its number. */
#ifndef TOCSIN_PROGRAM_SIGHTING_H
#define TOCSIN_PROGRAM_SIGHTING_H

#include "tocsin/session.h"

/** *list, to be freed in any case, has it at its head. */
enum outcome sighting_find(struct session *session, const char *alert,
                           uint64_t number, Tocsin__V1__SightingList **list);

#endif
