#include "base/shared.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/status.h"

struct shared *shared_new(void *bytes, size_t size)
{
    struct shared *shared = must_calloc(1, sizeof *shared);

    shared->bytes = bytes;
    shared->size = size;
    shared->holders = 1;
    return shared;
}

struct shared *shared_hold(struct shared *shared)
{
    shared->holders++;
    return shared;
}

void shared_drop(struct shared *shared)
{
    void *bytes;

    if (shared == NULL)
        return;
    REQUIRE(shared->holders > 0);
    if (--shared->holders > 0)
        return;
    bytes = (void *)(uintptr_t)shared->bytes;
    if (shared->size > 0)
        bytes_wipe(bytes, shared->size);
    free(bytes);
    free(shared);
}
