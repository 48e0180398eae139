/* A photograph from anywhere becomes a thumbnail, or is refused. */
#include "fuzz.h"

#include <stdlib.h>

#include <tocsin/centre.h>

#define ROOM 7000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tocsin_diag why = {0};
    uint8_t *out = NULL;
    size_t out_size = 0;

    if (tocsin_thumbnail(data, size, ROOM, &out, &out_size, &why) == TOCSIN_OK)
        REQUIRE(out_size <= ROOM);
    free(out);
    return 0;
}
