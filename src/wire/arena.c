#include "wire/arena.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/status.h"

#define ALIGNMENT 16
#define BLOCK_LEAST (16 * 1024)

/* Holds what was taken from `from` on, until the next one begins. */
struct arena_block {
    struct arena_block *before;
    size_t from;
    size_t size;
    alignas(ALIGNMENT) uint8_t bytes[];
};

static void drop_newest(struct arena *arena)
{
    struct arena_block *block = arena->newest;

    arena->newest = block->before;
    bytes_wipe(block->bytes, block->size);
    free(block);
}

static bool fits(const struct arena *arena, size_t wanted)
{
    const struct arena_block *block = arena->newest;

    return block != NULL && block->from <= arena->used &&
           wanted <= block->size - (arena->used - block->from);
}

/* left: of the budget, at least `wanted`. */
static void add_block(struct arena *arena, size_t wanted, size_t left)
{
    size_t size = arena->newest != NULL ? arena->newest->size * 2 : BLOCK_LEAST;
    struct arena_block *block;

    if (size > left)
        size = left;
    if (size < wanted)
        size = wanted;
    block = malloc(sizeof *block + size);
    REQUIRE(block != NULL);
    block->before = arena->newest;
    block->from = arena->used;
    block->size = size;
    arena->newest = block;
}

static void *take(void *data, size_t size)
{
    struct arena *arena = data;
    size_t padded = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    size_t left = arena->room - arena->used;
    size_t at;

    if (padded < size || padded > left)
        return NULL;
    /* What begins here or later holds nothing any more. */
    while (arena->newest != NULL && arena->newest->from >= arena->used &&
           !fits(arena, padded))
        drop_newest(arena);
    if (!fits(arena, padded))
        add_block(arena, padded, left);
    at = arena->used - arena->newest->from;
    arena->used += padded;
    return arena->newest->bytes + at;
}

static void give_back(void *data, void *memory)
{
    (void)data;
    (void)memory;
}

void arena_init(struct arena *arena, size_t room)
{
    arena->newest = NULL;
    arena->room = room;
    arena->used = 0;
    arena->allocator.alloc = take;
    arena->allocator.free = give_back;
    arena->allocator.allocator_data = arena;
}

void arena_reset(struct arena *arena)
{
    arena->used = 0;
}

void arena_done(struct arena *arena)
{
    while (arena->newest != NULL)
        drop_newest(arena);
    memset(arena, 0, sizeof *arena);
}
