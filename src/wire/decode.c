#include "wire/decode.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

struct reader {
    const uint8_t *at;
    size_t left;
};

static bool take_varint(struct reader *reader, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        uint8_t byte;

        if (reader->left == 0)
            return false;
        byte = *reader->at++;
        reader->left--;
        if (shift == 63 && byte > 1)
            return false;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0)
            return true;
    }
    return false;
}

static bool skip(struct reader *reader, uint64_t size)
{
    if (size > reader->left)
        return false;
    reader->at += size;
    reader->left -= (size_t)size;
    return true;
}

/* Reads one value; for length-delimited ones *inner gets its bytes. */
static bool take_value(struct reader *reader, unsigned wire_type,
                       struct reader *inner)
{
    uint64_t number;

    switch (wire_type) {
    case 0:
        return take_varint(reader, &number);
    case 1:
        return skip(reader, 8);
    case 2:
        if (!take_varint(reader, &number) || number > reader->left)
            return false;
        inner->at = reader->at;
        inner->left = (size_t)number;
        return skip(reader, number);
    case 5:
        return skip(reader, 4);
    default:
        return false;
    }
}

static bool malformed(struct diag *why, const char *where, const char *what)
{
    (void)diag_set(why, STATUS_MALFORMED, "%s: %s", where, what);
    return false;
}

static bool shape(const ProtobufCMessageDescriptor *descriptor,
                  struct reader reader, int depth, struct diag *why);

static bool text_fits(const ProtobufCFieldDescriptor *field,
                      const struct reader *inner, struct diag *why)
{
    if (inner->left > DECODE_STRING_MAX)
        return malformed(why, field->name, "text too long");
    if (!utf8_valid(inner->at, inner->left))
        return malformed(why, field->name, "not UTF-8, or holds a NUL");
    return true;
}

static bool field_fits(const ProtobufCFieldDescriptor *field,
                       unsigned wire_type, const struct reader *inner,
                       int depth, struct diag *why)
{
    bool delimited = field->type == PROTOBUF_C_TYPE_STRING ||
                     field->type == PROTOBUF_C_TYPE_BYTES ||
                     field->type == PROTOBUF_C_TYPE_MESSAGE;

    if (delimited && wire_type != 2)
        return malformed(why, field->name, "wrong wire type");
    if (field->type == PROTOBUF_C_TYPE_STRING)
        return text_fits(field, inner, why);
    if (field->type == PROTOBUF_C_TYPE_MESSAGE &&
        !shape(field->descriptor, *inner, depth + 1, why))
        return why == NULL
                   ? false
                   : (diag_wrap(why, STATUS_MALFORMED, "%s", field->name),
                      false);
    return true;
}

static bool shape(const ProtobufCMessageDescriptor *descriptor,
                  struct reader reader, int depth, struct diag *why)
{
    unsigned unknown = 0;

    if (depth > DECODE_DEPTH_MAX)
        return malformed(why, descriptor->short_name, "nested too deep");
    while (reader.left > 0) {
        const ProtobufCFieldDescriptor *field;
        struct reader inner = {NULL, 0};
        uint64_t key;

        if (!take_varint(&reader, &key) || key >> 3 == 0 || key > UINT32_MAX ||
            !take_value(&reader, (unsigned)key & 7, &inner))
            return malformed(why, descriptor->short_name, "broken encoding");
        field = protobuf_c_message_descriptor_get_field(descriptor,
                                                        (unsigned)(key >> 3));
        if (field == NULL) {
            if (++unknown > DECODE_UNKNOWN_FIELDS_MAX)
                return malformed(why, descriptor->short_name,
                                 "too many unknown fields");
        } else if (!field_fits(field, (unsigned)key & 7, &inner, depth, why)) {
            return false;
        }
    }
    return true;
}

bool decode_shape(const ProtobufCMessageDescriptor *descriptor,
                  const uint8_t *bytes, size_t size, struct diag *why)
{
    return shape(descriptor, (struct reader){bytes, size}, 0, why);
}

void *decode(struct arena *arena, const ProtobufCMessageDescriptor *descriptor,
             const uint8_t *bytes, size_t size, struct diag *why)
{
    size_t before = arena->used;
    void *message;

    if (!decode_shape(descriptor, bytes, size, why))
        return NULL;
    message =
        protobuf_c_message_unpack(descriptor, &arena->allocator, size, bytes);
    if (message == NULL) {
        arena->used = before;
        (void)diag_set(why, STATUS_MALFORMED,
                       "%s: does not decode within its budget",
                       descriptor->short_name);
    }
    return message;
}

uint8_t *encode(const ProtobufCMessage *message, size_t *size)
{
    uint8_t *bytes;

    *size = protobuf_c_message_get_packed_size(message);
    bytes = must_calloc(1, *size + 1);
    (void)protobuf_c_message_pack(message, bytes);
    return bytes;
}
