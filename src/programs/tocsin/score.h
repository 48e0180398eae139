/**
 * What a board says of a drill: how many of the nodes held, showed and read it,
 * how soon after it first had to come to each, and which stayed dark. Pure.
 */
#ifndef TOCSIN_PROGRAM_SCORE_H
#define TOCSIN_PROGRAM_SCORE_H

#include <stddef.h>
#include <stdint.h>

#include <tocsin/v1/desk.pb-c.h>

enum score_step { SCORE_HELD, SCORE_SHOWN, SCORE_READ, SCORE_STEPS };
enum score_share { SCORE_50, SCORE_95, SCORE_100, SCORE_SHARES };

struct score_node {
    const Tocsin__V1__NodeState *state; /* borrowed from the board */
    int64_t ms[SCORE_STEPS]; /* -1: never; SCORE_UNTIMED: at no known time */
};
#define SCORE_UNTIMED (-2)

struct score_row {
    char division[7]; /* "" in the total */
    uint32_t nodes;
    uint32_t dark;
    uint32_t reached[SCORE_STEPS];
    /* Until so many of a hundred nodes had; -1: never, or not known. */
    int64_t to_ms[SCORE_STEPS][SCORE_SHARES];
};

struct score {
    struct score_node *nodes; /* as on the board */
    size_t node_count;
    struct score_row *rows; /* by division */
    size_t row_count;
    struct score_row total;
};

/** digits: of a division's code that make a row, 2, 4 or 6. The board names all
 *  nodes and outlives the score. */
void score_make(struct score *score, const Tocsin__V1__Board *board,
                size_t digits);
void score_done(struct score *score);

#endif
