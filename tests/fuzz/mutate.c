/* Changes inputs that are messages, alone or many with their lengths in
 * front. */
#include "mutate.h"

#include <stdlib.h>
#include <string.h>

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
                               unsigned seed);

#define ENTRIES_MAX 300

/* ---- entries with their length in front: 4 bytes, the lowest first --------
 */

static size_t length_at(const uint8_t *at)
{
    return at[0] | (size_t)at[1] << 8 | (size_t)at[2] << 16 |
           (size_t)at[3] << 24;
}

/* Where they begin, and where the last one ends. */
static size_t find_entries(const uint8_t *data, size_t size,
                           size_t starts[ENTRIES_MAX + 1])
{
    size_t at = fuzz_shape.prefix;
    size_t count = 0;

    while (count < ENTRIES_MAX && size - at >= 4) {
        size_t length = length_at(data + at);

        if (length == 0 || length > size - at - 4)
            break;
        starts[count++] = at;
        at += 4 + length;
    }
    starts[count] = at;
    return count;
}

struct room {
    uint8_t *data;
    size_t size;
    size_t max;
};

/* Other bytes in the place of so many; nothing when there is no room. */
static size_t splice(struct room room, size_t at, size_t gone,
                     struct fuzz_bytes bytes)
{
    uint8_t *from = room.data + at;

    if (room.size - gone + bytes.size > room.max)
        return room.size;
    memmove(from + bytes.size, from + gone, room.size - at - gone);
    if (bytes.size > 0)
        memcpy(from, bytes.data, bytes.size);
    return room.size - gone + bytes.size;
}

static size_t change_entry(struct room room, size_t at, size_t length)
{
    ProtobufCMessage *message = protobuf_c_message_unpack(
        fuzz_shape.type, NULL, length, room.data + at + 4);
    size_t packed;
    uint8_t *bytes;

    if (message == NULL)
        return LLVMFuzzerMutate(room.data, room.size, room.max);
    mutate_message(message);
    packed = protobuf_c_message_get_packed_size(message);
    bytes = calloc(1, 4 + packed);
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(packed >> 8 * i);
    (void)protobuf_c_message_pack(message, bytes + 4);
    protobuf_c_message_free_unpacked(message, NULL);
    if (packed > 0)
        room.size = splice(room, at, 4 + length,
                           (struct fuzz_bytes){bytes, 4 + packed});
    free(bytes);
    return room.size;
}

/* Also to where one of its kind does not belong. */
static size_t copy_entry(struct room room, size_t at, size_t length, size_t to)
{
    uint8_t *bytes = malloc(4 + length);

    memcpy(bytes, room.data + at, 4 + length);
    room.size = splice(room, to, 0, (struct fuzz_bytes){bytes, 4 + length});
    free(bytes);
    return room.size;
}

static size_t change_entries(struct room room)
{
    size_t starts[ENTRIES_MAX + 1];
    size_t count = find_entries(room.data, room.size, starts);
    size_t at, length;

    if (count == 0)
        return LLVMFuzzerMutate(room.data, room.size, room.max);
    at = starts[mutate_draw((uint32_t)count)];
    length = length_at(room.data + at);
    switch (mutate_draw(12)) {
    case 0:
        return splice(room, at, 4 + length, (struct fuzz_bytes){NULL, 0});
    case 1:
        return copy_entry(room, at, length,
                          starts[mutate_draw((uint32_t)count + 1)]);
    default:
        return change_entry(room, at, length);
    }
}

/* ---- inputs -------------------------------------------------------------- */

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
                               unsigned seed)
{
    size_t prefix = fuzz_shape.prefix;
    ProtobufCMessage *message;
    size_t packed;

    mutate_seed(seed);
    if (fuzz_shape.entries && size > prefix && mutate_draw(6) != 0) {
        if (mutate_draw(16) == 0)
            data[mutate_draw((uint32_t)prefix)] = (uint8_t)mutate_draw(256);
        return change_entries((struct room){data, size, max});
    }
    if (fuzz_shape.entries || size < prefix || max < prefix + 64 ||
        mutate_draw(6) == 0)
        return LLVMFuzzerMutate(data, size, max);
    if (prefix > 0 && mutate_draw(4) == 0)
        data[mutate_draw((uint32_t)prefix)] = (uint8_t)mutate_draw(256);
    message = protobuf_c_message_unpack(fuzz_shape.type, NULL, size - prefix,
                                        data + prefix);
    if (message == NULL)
        return LLVMFuzzerMutate(data, size, max);
    for (uint32_t i = 0; i <= mutate_draw(3); i++)
        mutate_message(message);
    packed = protobuf_c_message_get_packed_size(message);
    if (prefix + packed <= max)
        size = prefix + protobuf_c_message_pack(message, data + prefix);
    protobuf_c_message_free_unpacked(message, NULL);
    return size;
}
