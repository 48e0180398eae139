/**
 * The proto3 JSON mapping for any message, over protobuf-c's descriptors:
 * lowerCamelCase names (the field's own name is read too), 64-bit integers as
 * strings (numbers are read too), bytes in base64, enums by name, absent and
 * default fields left out.
 */
#ifndef TOCSIN_WIRE_JSON_H
#define TOCSIN_WIRE_JSON_H

#include <jansson.h>
#include <protobuf-c/protobuf-c.h>

#include "base/status.h"
#include "wire/decode.h"

/** A new reference; never NULL. */
json_t *json_from_message(const ProtobufCMessage *message);

/**
 * Fails: STATUS_MALFORMED; why names the path ("child.age.minMonths") and what
 *        is wrong with it: unknown field, wrong type, out of range, bad UTF-8.
 *        STATUS_TOO_BIG: more than the arena holds.
 * Gives: *out, in the arena.
 */
MUST_USE enum status json_to_message(struct arena *arena,
                                     const ProtobufCMessageDescriptor *type,
                                     const json_t *json, ProtobufCMessage **out,
                                     struct diag *why);

#endif
