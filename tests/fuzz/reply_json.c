/* A reply as `tocsin` reads it: whatever decodes can be printed as JSON, and
 * reading that gives the same message again. */
#include "fuzz.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tocsin/v1/desk.pb-c.h"
#include "wire/json.h"

const struct fuzz_shape fuzz_shape = {&tocsin__v1__reply__descriptor, 0, false};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena arena;
    ProtobufCMessage *message;
    ProtobufCMessage *again = NULL;
    json_t *json;
    char *text;

    if (arena.room == 0)
        arena_init(&arena, 1 << 23);
    arena_reset(&arena);
    message = decode(&arena, &tocsin__v1__reply__descriptor, data, size, NULL);
    if (message == NULL)
        return 0;
    json = json_from_message(message);
    text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(15));
    REQUIRE(text != NULL);
    free(text);
    if (json_to_message(&arena, message->descriptor, json, &again, NULL) ==
        STATUS_OK) {
        json_t *second = json_from_message(again);

        REQUIRE(json_equal(json, second));
        json_decref(second);
    }
    json_decref(json);
    return 0;
}
