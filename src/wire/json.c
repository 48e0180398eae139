#include "wire/json.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "wire/json_field.h"

/* proto3's rule: underscores go, and the letter after one is upper case. */
void json_field_name(char out[JSON_NAME_ROOM], const char *name)
{
    size_t used = 0;
    bool upper = false;

    for (; *name != '\0' && used + 1 < JSON_NAME_ROOM; name++) {
        if (*name == '_') {
            upper = true;
            continue;
        }
        out[used++] = (char)(upper ? toupper((unsigned char)*name) : *name);
        upper = false;
    }
    out[used] = '\0';
}

size_t json_element_size(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_STRING:
        return sizeof(char *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(ProtobufCMessage *);
    default:
        return 4;
    }
}

/* ---- out ------------------------------------------------------------------
 */

/* What came through `decode` is UTF-8. Of what did not, each byte that is not
 * ASCII becomes a question mark: better than no answer at all. */
static json_t *text_to_json(const char *text)
{
    json_t *json = json_string(text == NULL ? "" : text);

    if (json == NULL) {
        char *copy = must_strdup(text);

        for (char *at = copy; *at != '\0'; at++) {
            if ((*at & 0x80) != 0)
                *at = '?';
        }
        json = json_string(copy);
        free(copy);
    }
    return json;
}

static json_t *bytes_to_json(const ProtobufCBinaryData *bytes)
{
    size_t room =
        sodium_base64_encoded_len(bytes->len, sodium_base64_VARIANT_ORIGINAL);
    char *text = must_calloc(1, room);
    json_t *json;

    (void)sodium_bin2base64(text, room, bytes->data, bytes->len,
                            sodium_base64_VARIANT_ORIGINAL);
    json = json_string(text);
    free(text);
    return json;
}

static json_t *real_to_json(double value)
{
    if (isnan(value))
        return json_string("NaN");
    if (isinf(value))
        return json_string(value < 0 ? "-Infinity" : "Infinity");
    return json_real(value);
}

static json_t *enum_to_json(const ProtobufCEnumDescriptor *type, int value)
{
    const ProtobufCEnumValue *known =
        protobuf_c_enum_descriptor_get_value(type, value);

    return known == NULL ? json_integer(value) : json_string(known->name);
}

static json_t *wide_to_json(const void *at, bool is_signed)
{
    char text[24];

    if (is_signed)
        snprintf(text, sizeof text, "%" PRId64, *(const int64_t *)at);
    else
        snprintf(text, sizeof text, "%" PRIu64, *(const uint64_t *)at);
    return json_string(text);
}

static json_t *value_to_json(const ProtobufCFieldDescriptor *field,
                             const void *at)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        return json_integer(*(const int32_t *)at);
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return json_integer(*(const uint32_t *)at);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return wide_to_json(at, true);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return wide_to_json(at, false);
    case PROTOBUF_C_TYPE_FLOAT:
        return real_to_json(*(const float *)at);
    case PROTOBUF_C_TYPE_DOUBLE:
        return real_to_json(*(const double *)at);
    case PROTOBUF_C_TYPE_BOOL:
        return json_boolean(*(const protobuf_c_boolean *)at);
    case PROTOBUF_C_TYPE_ENUM:
        return enum_to_json(field->descriptor, *(const int *)at);
    case PROTOBUF_C_TYPE_STRING:
        return text_to_json(*(char *const *)at);
    case PROTOBUF_C_TYPE_BYTES:
        return bytes_to_json(at);
    case PROTOBUF_C_TYPE_MESSAGE:
        return json_from_message(*(ProtobufCMessage *const *)at);
    }
    return json_null();
}

static json_t *list_to_json(const ProtobufCFieldDescriptor *field,
                            const uint8_t *const *elements, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        const uint8_t *at = *elements + i * json_element_size(field->type);

        REQUIRE(json_array_append_new(list, value_to_json(field, at)) == 0);
    }
    return list;
}

static bool is_default(const ProtobufCFieldDescriptor *field, const void *at)
{
    static const uint8_t zero[8];
    const char *text;

    if (field->type == PROTOBUF_C_TYPE_STRING) {
        text = *(char *const *)at;
        return text == NULL || text[0] == '\0';
    }
    if (field->type == PROTOBUF_C_TYPE_BYTES)
        return ((const ProtobufCBinaryData *)at)->len == 0;
    return memcmp(at, zero, json_element_size(field->type)) == 0;
}

static json_t *field_to_json(const ProtobufCMessage *message,
                             const ProtobufCFieldDescriptor *field)
{
    const uint8_t *base = (const uint8_t *)message;
    const void *at = base + field->offset;
    const void *quantifier = base + field->quantifier_offset;

    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        size_t count = *(const size_t *)quantifier;

        return count == 0 ? NULL : list_to_json(field, at, count);
    }
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
        bool chosen = *(const uint32_t *)quantifier == field->id;

        return chosen ? value_to_json(field, at) : NULL;
    }
    return is_default(field, at) ? NULL : value_to_json(field, at);
}

json_t *json_from_message(const ProtobufCMessage *message)
{
    json_t *json = json_object();

    REQUIRE(json != NULL);
    for (unsigned i = 0; message != NULL && i < message->descriptor->n_fields;
         i++) {
        const ProtobufCFieldDescriptor *field = message->descriptor->fields + i;
        json_t *value = field_to_json(message, field);
        char name[JSON_NAME_ROOM];

        if (value == NULL)
            continue;
        json_field_name(name, field->name);
        REQUIRE(json_object_set_new(json, name, value) == 0);
    }
    return json;
}
