/** What both halves of the JSON mapping know of a field; private to them. */
#ifndef TOCSIN_WIRE_JSON_FIELD_H
#define TOCSIN_WIRE_JSON_FIELD_H

#include <stddef.h>

#include <protobuf-c/protobuf-c.h>

#define JSON_NAME_ROOM 64

/** "min_months" becomes "minMonths". */
void json_field_name(char out[JSON_NAME_ROOM], const char *name);

/** Bytes that one value of this type takes in a message's struct. */
size_t json_element_size(ProtobufCType type);

#endif
