/** The board of an alert, all pages of it. */
#ifndef TOCSIN_PROGRAM_BOARD_FETCH_H
#define TOCSIN_PROGRAM_BOARD_FETCH_H

#include "tocsin/session.h"

/** up_to: which nodes to name, as in GetBoard.
 *  Gives: *board, freed by the caller with free_unpacked, also when it fails;
 *  it may be NULL then. Empties the session's pool of pages. */
enum outcome board_fetch(struct session *session, const char *alert,
                         Tocsin__V1__Rung up_to, Tocsin__V1__Board **board);

#endif
