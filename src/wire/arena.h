/**
 * Memory for decoded messages, with a budget: one reset, no leaks on any path.
 *
 * It is taken in blocks, as it is needed: a budget of megabytes that is hardly
 * used costs nothing. What was taken since `used` had a value is given up by
 * setting it to that value again, everything by arena_reset.
 */
#ifndef TOCSIN_WIRE_ARENA_H
#define TOCSIN_WIRE_ARENA_H

#include <stddef.h>

#include <protobuf-c/protobuf-c.h>

struct arena_block;

struct arena {
    struct arena_block *newest;
    size_t room; /* the budget; 0 before arena_init and after arena_done */
    size_t used;
    ProtobufCAllocator allocator; /* gives NULL beyond the budget */
};

/** room: the budget in bytes. arena must not move afterwards. */
void arena_init(struct arena *arena, size_t room);
void arena_reset(struct arena *arena);
/** Wipes what was in it, for it may have been about a child. */
void arena_done(struct arena *arena);

#endif
