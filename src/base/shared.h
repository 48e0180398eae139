/**
 * Bytes that several hold and nobody changes: wiped and freed when the last one
 * lets go. Thread: one; they are not counted across threads.
 */
#ifndef TOCSIN_BASE_SHARED_H
#define TOCSIN_BASE_SHARED_H

#include <stddef.h>
#include <stdint.h>

struct shared {
    const uint8_t *bytes;
    size_t size;
    size_t holders;
};

/** Held once. Takes the bytes, which are heap memory. */
struct shared *shared_new(void *bytes, size_t size);
/** Once more. Returns it. */
struct shared *shared_hold(struct shared *shared);
/** NULL is nothing to let go of. */
void shared_drop(struct shared *shared);

#endif
