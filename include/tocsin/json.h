/** Any message of the protocol as JSON (proto3 mapping), and back. */
#ifndef TOCSIN_JSON_H
#define TOCSIN_JSON_H

#include <protobuf-c/protobuf-c.h>

#include <tocsin/status.h>

/** JSON in heap memory, freed by the caller with free(): on one line for indent
 * 0, else on many, each level so many blanks further in (at most 31). */
TOCSIN_API char *tocsin_to_json(const ProtobufCMessage *message, int indent);

/**
 * Read a message of this type; text is borrowed.
 *
 * Gives:  *out; free with protobuf_c_message_free_unpacked(*out, NULL).
 * Fails:  TOCSIN_USAGE; why names line or field.
 */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_from_json(ProtobufCMessage **out, const ProtobufCMessageDescriptor *type,
                 const char *text, struct tocsin_diag *why);

#endif
