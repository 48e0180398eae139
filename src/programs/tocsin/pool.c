#include "tocsin/pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/outcome.h"
#include "common/say.h"

struct piece {
    struct piece *before;
    max_align_t room[];
};

void *pool_take(struct pool *pool, size_t size)
{
    struct piece *piece = calloc(1, sizeof *piece + size);

    if (piece == NULL) {
        complain("out of memory");
        exit(OUTCOME_LOCAL);
    }
    piece->before = pool->last;
    pool->last = piece;
    return piece->room;
}

void *pool_copy(struct pool *pool, const void *bytes, size_t size)
{
    void *room = pool_take(pool, size);

    if (size > 0)
        memcpy(room, bytes, size);
    return room;
}

char *pool_text(struct pool *pool, const char *text)
{
    return pool_copy(pool, text, strlen(text) + 1);
}

void pool_done(struct pool *pool)
{
    while (pool->last != NULL) {
        struct piece *piece = pool->last;

        pool->last = piece->before;
        free(piece);
    }
}
