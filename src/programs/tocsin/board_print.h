/** The board as people read it. */
#ifndef TOCSIN_PROGRAM_BOARD_PRINT_H
#define TOCSIN_PROGRAM_BOARD_PRINT_H

#include <stddef.h>

#include <tocsin/v1/desk.pb-c.h>

#define ALL_ROWS ((size_t)-1)

/** Counts, times, rings. */
void board_print_head(const Tocsin__V1__Board *board);
/** A line for each node, no more than rows. */
void board_print_nodes(const Tocsin__V1__Board *board, size_t rows);

#endif
