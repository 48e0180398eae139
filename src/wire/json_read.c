#include "wire/json.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/bytes.h"
#include "wire/json_field.h"

#define EXACT_MAX 9007199254740992.0 /* 2^53: larger ones are not exact */

/* Where we are, from the innermost step outwards; only spelled out to complain.
 * name is NULL for a step into a list. */
struct path {
    const struct path *up;
    const char *name;
    size_t index;
};

struct reading {
    struct arena *arena;
    const struct path *path; /* NULL: at the top */
    struct diag *why;
};

static size_t spell(char *out, size_t room, const struct path *path)
{
    size_t used = 0;
    int more;

    out[0] = '\0';
    if (path == NULL)
        return 0;
    used = spell(out, room, path->up);
    if (path->name == NULL)
        more = snprintf(out + used, room - used, "[%zu]", path->index);
    else
        more = snprintf(out + used, room - used, "%s%.60s", used > 0 ? "." : "",
                        path->name);
    return (size_t)more < room - used ? used + (size_t)more : room - 1;
}

static enum status wrong(struct reading *reading, const char *what)
{
    char text[256];

    (void)spell(text, sizeof text, reading->path);
    return diag_set(reading->why, STATUS_MALFORMED, "%s%s%s", text,
                    reading->path == NULL ? "" : ": ", what);
}

static void *take_memory(struct reading *reading, size_t size)
{
    ProtobufCAllocator *allocator = &reading->arena->allocator;

    return allocator->alloc(allocator->allocator_data, size);
}

static enum status too_big(struct reading *reading)
{
    (void)wrong(reading, "the whole is too large");
    if (reading->why != NULL)
        reading->why->status = STATUS_TOO_BIG;
    return STATUS_TOO_BIG;
}

/* 72.0 and 7.2e1 are 72: so write those whose numbers are all real ones. */
static bool take_whole(const json_t *json, int64_t *out)
{
    double real = json_real_value(json);

    if (json_is_integer(json)) {
        *out = json_integer_value(json);
        return true;
    }
    if (!json_is_real(json) || floor(real) != real || fabs(real) > EXACT_MAX)
        return false;
    *out = (int64_t)real;
    return true;
}

static bool take_signed(const json_t *json, int64_t min, int64_t max,
                        int64_t *out)
{
    char *end;

    if (json_is_number(json))
        return take_whole(json, out) && *out >= min && *out <= max;
    if (!json_is_string(json) || json_string_length(json) == 0 ||
        isspace((unsigned char)json_string_value(json)[0]))
        return false;
    errno = 0;
    *out = strtoll(json_string_value(json), &end, 10);
    return errno == 0 && *end == '\0' && *out >= min && *out <= max;
}

static bool take_unsigned(const json_t *json, uint64_t max, uint64_t *out)
{
    const char *text;
    int64_t whole;
    char *end;

    if (json_is_number(json)) {
        if (!take_whole(json, &whole) || whole < 0 || (uint64_t)whole > max)
            return false;
        *out = (uint64_t)whole;
        return true;
    }
    text = json_string_value(json);
    if (text == NULL || !isdigit((unsigned char)text[0]))
        return false;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0' && *out <= max;
}

static bool take_real(const json_t *json, double *out)
{
    const char *text = json_string_value(json);

    if (json_is_number(json)) {
        *out = json_number_value(json);
        return true;
    }
    if (text == NULL)
        return false;
    if (strcmp(text, "NaN") == 0)
        *out = NAN;
    else if (strcmp(text, "Infinity") == 0)
        *out = INFINITY;
    else if (strcmp(text, "-Infinity") == 0)
        *out = -INFINITY;
    else
        return false;
    return true;
}

static enum status take_enum(struct reading *reading,
                             const ProtobufCEnumDescriptor *type,
                             const json_t *json, int *out)
{
    const ProtobufCEnumValue *value;
    int64_t number;

    if (json_is_integer(json) &&
        take_signed(json, INT32_MIN, INT32_MAX, &number)) {
        *out = (int)number;
        return STATUS_OK;
    }
    if (!json_is_string(json))
        return wrong(reading, "must be a name of the list");
    value = protobuf_c_enum_descriptor_get_value_by_name(
        type, json_string_value(json));
    if (value == NULL)
        return wrong(reading, "has a name that is not known");
    *out = value->value;
    return STATUS_OK;
}

static enum status take_text(struct reading *reading, const json_t *json,
                             char **out)
{
    size_t size = json_string_length(json);

    if (!json_is_string(json))
        return wrong(reading, "must be a text");
    if (size > DECODE_STRING_MAX)
        return wrong(reading, "is longer than 4000 bytes");
    if (!utf8_valid((const uint8_t *)json_string_value(json), size))
        return wrong(reading, "is not UTF-8, or holds a NUL");
    *out = take_memory(reading, size + 1);
    if (*out == NULL)
        return too_big(reading);
    memcpy(*out, json_string_value(json), size + 1);
    return STATUS_OK;
}

/* Both alphabets, with and without padding, as proto3 asks of readers. */
static enum status take_bytes(struct reading *reading, const json_t *json,
                              ProtobufCBinaryData *out)
{
    const char *text = json_string_value(json);
    size_t size = json_string_length(json);
    int variant;

    if (text == NULL)
        return wrong(reading, "must be bytes in base64");
    while (size > 0 && text[size - 1] == '=')
        size--;
    out->data = take_memory(reading, size + 1);
    if (out->data == NULL)
        return too_big(reading);
    variant = strpbrk(text, "-_") == NULL
                  ? sodium_base64_VARIANT_ORIGINAL_NO_PADDING
                  : sodium_base64_VARIANT_URLSAFE_NO_PADDING;
    if (sodium_base642bin(out->data, size + 1, text, size, NULL, &out->len,
                          NULL, variant) != 0)
        return wrong(reading, "is not base64");
    return STATUS_OK;
}

static enum status take_message(struct reading *reading,
                                const ProtobufCMessageDescriptor *type,
                                const json_t *json, ProtobufCMessage **out);

static enum status take_narrow(struct reading *reading, ProtobufCType type,
                               const json_t *json, void *at)
{
    int64_t number;
    uint64_t natural;

    if (type == PROTOBUF_C_TYPE_UINT32 || type == PROTOBUF_C_TYPE_FIXED32) {
        if (!take_unsigned(json, UINT32_MAX, &natural))
            return wrong(reading, "must be a whole number, 0 to 4294967295");
        *(uint32_t *)at = (uint32_t)natural;
        return STATUS_OK;
    }
    if (!take_signed(json, INT32_MIN, INT32_MAX, &number))
        return wrong(reading, "must be a whole number of 32 bits");
    *(int32_t *)at = (int32_t)number;
    return STATUS_OK;
}

static enum status take_wide(struct reading *reading, ProtobufCType type,
                             const json_t *json, void *at)
{
    bool natural =
        type == PROTOBUF_C_TYPE_UINT64 || type == PROTOBUF_C_TYPE_FIXED64;

    if (natural ? !take_unsigned(json, UINT64_MAX, at)
                : !take_signed(json, INT64_MIN, INT64_MAX, at))
        return wrong(reading, natural
                                  ? "must be a whole number from 0 of 64 bits"
                                  : "must be a whole number of 64 bits");
    return STATUS_OK;
}

static enum status take_number(struct reading *reading, ProtobufCType type,
                               const json_t *json, void *at)
{
    double real;

    if (type != PROTOBUF_C_TYPE_FLOAT && type != PROTOBUF_C_TYPE_DOUBLE)
        return json_element_size(type) == 8
                   ? take_wide(reading, type, json, at)
                   : take_narrow(reading, type, json, at);
    if (!take_real(json, &real))
        return wrong(reading, "must be a number");
    if (type == PROTOBUF_C_TYPE_DOUBLE)
        *(double *)at = real;
    else
        *(float *)at = (float)real;
    return STATUS_OK;
}

static enum status take_value(struct reading *reading,
                              const ProtobufCFieldDescriptor *field,
                              const json_t *json, void *at)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_BOOL:
        if (!json_is_boolean(json))
            return wrong(reading, "must be true or false");
        *(protobuf_c_boolean *)at = json_is_true(json);
        return STATUS_OK;
    case PROTOBUF_C_TYPE_ENUM:
        return take_enum(reading, field->descriptor, json, at);
    case PROTOBUF_C_TYPE_STRING:
        return take_text(reading, json, at);
    case PROTOBUF_C_TYPE_BYTES:
        return take_bytes(reading, json, at);
    case PROTOBUF_C_TYPE_MESSAGE:
        return take_message(reading, field->descriptor, json, at);
    default:
        return take_number(reading, field->type, json, at);
    }
}

static enum status take_list(struct reading *reading,
                             const ProtobufCFieldDescriptor *field,
                             const json_t *json, ProtobufCMessage *message)
{
    uint8_t *base = (uint8_t *)message;
    size_t size = json_element_size(field->type);
    size_t count = json_array_size(json);
    struct path step = {reading->path, NULL, 0};
    uint8_t *elements;

    if (!json_is_array(json))
        return wrong(reading, "must be a list");
    if (count == 0)
        return STATUS_OK;
    elements = take_memory(reading, count * size);
    if (elements == NULL)
        return too_big(reading);
    memset(elements, 0, count * size);
    for (step.index = 0; step.index < count; step.index++) {
        enum status status;

        reading->path = &step;
        status = take_value(reading, field, json_array_get(json, step.index),
                            elements + step.index * size);
        if (status != STATUS_OK)
            return status;
    }
    reading->path = step.up;
    *(uint8_t **)(base + field->offset) = elements;
    *(size_t *)(base + field->quantifier_offset) = count;
    return STATUS_OK;
}

static enum status take_field(struct reading *reading,
                              const ProtobufCFieldDescriptor *field,
                              const json_t *json, ProtobufCMessage *message)
{
    uint8_t *base = (uint8_t *)message;
    uint32_t *chosen = (uint32_t *)(base + field->quantifier_offset);

    if (json_is_null(json))
        return STATUS_OK; /* proto3: the same as absent */
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return take_list(reading, field, json, message);
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
        if (*chosen != 0)
            return wrong(reading, "excludes another field that is there");
        *chosen = field->id;
    }
    return take_value(reading, field, json, base + field->offset);
}

static const ProtobufCFieldDescriptor *
find_field(const ProtobufCMessageDescriptor *type, const char *key)
{
    for (unsigned i = 0; i < type->n_fields; i++) {
        char name[JSON_NAME_ROOM];

        json_field_name(name, type->fields[i].name);
        if (strcmp(name, key) == 0 || strcmp(type->fields[i].name, key) == 0)
            return type->fields + i;
    }
    return NULL;
}

/* The one way to write a field twice that jansson lets through: by both of
 * its names. */
static bool named_twice(const ProtobufCFieldDescriptor *field, const char *key,
                        const json_t *json)
{
    return strcmp(field->name, key) != 0 &&
           json_object_get(json, field->name) != NULL;
}

static enum status take_message(struct reading *reading,
                                const ProtobufCMessageDescriptor *type,
                                const json_t *json, ProtobufCMessage **out)
{
    const struct path *outer = reading->path;
    struct path step;
    const char *key;
    json_t *value;

    if (!json_is_object(json))
        return wrong(reading, "must be an object");
    *out = take_memory(reading, type->sizeof_message);
    if (*out == NULL)
        return too_big(reading);
    protobuf_c_message_init(type, *out);
    json_object_foreach((json_t *)(uintptr_t)json, key, value)
    {
        const ProtobufCFieldDescriptor *field = find_field(type, key);
        enum status status;

        step = (struct path){outer, key, 0};
        reading->path = &step;
        if (field == NULL)
            return wrong(reading, "no such field");
        if (named_twice(field, key, json))
            return wrong(reading, "is given twice");
        status = take_field(reading, field, value, *out);
        if (status != STATUS_OK)
            return status;
    }
    reading->path = outer;
    return STATUS_OK;
}

enum status json_to_message(struct arena *arena,
                            const ProtobufCMessageDescriptor *type,
                            const json_t *json, ProtobufCMessage **out,
                            struct diag *why)
{
    struct reading reading = {arena, NULL, why};
    ProtobufCMessage *message;
    enum status status = take_message(&reading, type, json, &message);

    if (status == STATUS_OK)
        *out = message;
    return status;
}
