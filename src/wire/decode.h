/**
 * The only door for strangers' bytes: size first, then shape, then decoding
 * into an arena with a budget. Past it every text is UTF-8 without NUL.
 */
#ifndef TOCSIN_WIRE_DECODE_H
#define TOCSIN_WIRE_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include "base/status.h"
#include "wire/arena.h"

#define DECODE_UNKNOWN_FIELDS_MAX 16
#define DECODE_STRING_MAX 4000
#define DECODE_DEPTH_MAX 12

/**
 * Check and decode one message.
 *
 * Gives:  the message, valid until the arena is reset; NULL on failure.
 * Fails:  STATUS_MALFORMED (why names the field), STATUS_TOO_BIG (budget).
 */
MUST_USE void *decode(struct arena *arena,
                      const ProtobufCMessageDescriptor *descriptor,
                      const uint8_t *bytes, size_t size, struct diag *why);

/** Shape only: true when decode would find nothing wrong but the budget. */
bool decode_shape(const ProtobufCMessageDescriptor *descriptor,
                  const uint8_t *bytes, size_t size, struct diag *why);

/** Packed bytes of a message in heap memory; the caller frees. */
uint8_t *encode(const ProtobufCMessage *message, size_t *size);

#endif
