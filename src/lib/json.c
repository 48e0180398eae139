#include <stdlib.h>
#include <string.h>

#include <tocsin/json.h>

#include "lib/common.h"
#include "wire/json.h"

#define JSON_TEXT_MAX (1 << 20)
#define ARENA_ROOM (4 << 20)

char *tocsin_to_json(const ProtobufCMessage *message, int indent)
{
    json_t *json = json_from_message(message);
    size_t layout =
        indent > 0 ? JSON_INDENT((size_t)indent & 0x1f) : JSON_COMPACT;
    char *text = json_dumps(json, layout | JSON_REAL_PRECISION(15));

    json_decref(json);
    REQUIRE(text != NULL);
    return text;
}

static enum tocsin_status read_json(ProtobufCMessage **out,
                                    const ProtobufCMessageDescriptor *type,
                                    const json_t *json, struct tocsin_diag *why)
{
    struct arena arena;
    struct diag inner = {0};
    ProtobufCMessage *message;
    enum status status;
    uint8_t *bytes;
    size_t size;

    arena_init(&arena, ARENA_ROOM);
    status = json_to_message(&arena, type, json, &message, &inner);
    if (status == STATUS_OK) {
        bytes = encode(message, &size);
        *out = protobuf_c_message_unpack(type, NULL, size, bytes);
        free(bytes);
        REQUIRE(*out != NULL);
    }
    arena_done(&arena);
    return status == STATUS_OK ? TOCSIN_OK : lib_told(why, status, &inner);
}

enum tocsin_status tocsin_from_json(ProtobufCMessage **out,
                                    const ProtobufCMessageDescriptor *type,
                                    const char *text, struct tocsin_diag *why)
{
    json_error_t error;
    json_t *json;
    enum tocsin_status status;

    if (strlen(text) > JSON_TEXT_MAX)
        return lib_fail(why, TOCSIN_USAGE, "longer than %d bytes",
                        JSON_TEXT_MAX);
    json = json_loads(text, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (json == NULL)
        return lib_fail(why, TOCSIN_USAGE, "line %d: %s", error.line,
                        error.text);
    status = read_json(out, type, json, why);
    json_decref(json);
    return status;
}
