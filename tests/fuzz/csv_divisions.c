/* The table of divisions: what it takes can be asked. */
#include "fuzz.h"

#include "domain/divisions.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct divisions *divisions;
    size_t cursor = 0;

    if (divisions_parse(&divisions, (const char *)data, size, NULL) !=
        STATUS_OK)
        return 0;
    REQUIRE(divisions_find(divisions, "000000") != NULL);
    (void)divisions_nearest(divisions, (struct point){22.5, 113.9});
    while (divisions_match(divisions, "44", &cursor) != NULL)
        ;
    divisions_free(divisions);
    return 0;
}
