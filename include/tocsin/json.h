/** Any message of the protocol as JSON (proto3 mapping), and back. */
#ifndef TOCSIN_JSON_H
#define TOCSIN_JSON_H

#include <protobuf-c/protobuf-c.h>

#include <tocsin/status.h>

/** One line of JSON in heap memory, freed by the caller; indent: pretty. */
TOCSIN_API char *tocsin_to_json(const ProtobufCMessage *message, int indent);

/**
 * Gives:  *out; free with protobuf_c_message_free_unpacked(*out, NULL).
 * Fails:  TOCSIN_USAGE; why names line or field.
 */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_from_json(ProtobufCMessage **out, const ProtobufCMessageDescriptor *type,
                 const char *text, struct tocsin_diag *why);

#endif
