/* A plate or a document's number, as a centre reports it and an officer types
 * it: what is compared is text, without a sign, and its own normal form. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "terminal/store_inside.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = must_calloc(1, size + 1);
    char once[WANTED_MAX + 1];
    char twice[WANTED_MAX + 1];

    if (size > 0)
        memcpy(text, data, size);
    wanted_normal(once, text);
    wanted_normal(twice, once);
    REQUIRE(utf8_valid((const uint8_t *)once, strlen(once)));
    REQUIRE(strcmp(once, twice) == 0);
    REQUIRE(strpbrk(once, " -./_abcdefghijklmnopqrstuvwxyz") == NULL);
    free(text);
    return 0;
}
