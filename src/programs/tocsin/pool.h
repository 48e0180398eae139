/** Memory of one command: taken piece by piece, given back as a whole. */
#ifndef TOCSIN_PROGRAM_POOL_H
#define TOCSIN_PROGRAM_POOL_H

#include <stddef.h>

struct pool {
    struct piece *last;
};

/** Zeroed; ends the process when there is none. */
void *pool_take(struct pool *pool, size_t size);
char *pool_text(struct pool *pool, const char *text);
void *pool_copy(struct pool *pool, const void *bytes, size_t size);
void pool_done(struct pool *pool);

#endif
