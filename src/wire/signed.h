/**
 * What people sign looks alike on the wire: content, and a signature over its
 * context, a zero byte, and the content.
 */
#ifndef TOCSIN_WIRE_SIGNED_H
#define TOCSIN_WIRE_SIGNED_H

#include "base/status.h"
#include "wire/check.h"
#include "wire/decode.h"
#include "wire/keys.h"

/** One kind of document. */
struct signed_kind {
    const char *context;
    const char *name; /* in complaints: "order" */
    size_t content_max;
    const ProtobufCMessageDescriptor *type; /* of the content */
    bool (*check)(const void *content, struct complaint *complaint);
};

/** Packed content and signature in heap memory; the caller frees.
 *  Fails: STATUS_TOO_BIG. */
MUST_USE enum status signed_make(uint8_t **out, size_t *size,
                                 const struct signed_kind *kind,
                                 const ProtobufCMessage *content,
                                 const struct keypair *key, struct diag *why);

/** The two fields of one that has come; data NULL: it has not. */
struct signed_parts {
    ProtobufCBinaryData content;
    ProtobufCBinaryData signature;
};

bool signed_verifies(const struct signed_kind *kind,
                     const struct signed_parts *parts,
                     const uint8_t public_key[KEY_SIZE]);

/** Decoded and checked in the arena; nobody is asked who has signed it.
 *  Fails: STATUS_MALFORMED. */
MUST_USE enum status signed_read(const void **out, struct arena *arena,
                                 const struct signed_kind *kind,
                                 const struct signed_parts *parts,
                                 struct complaint *complaint);

/** The same of what this key has signed. Fails: STATUS_FORGED too. */
MUST_USE enum status signed_open(const void **out, struct arena *arena,
                                 const struct signed_kind *kind,
                                 const struct signed_parts *parts,
                                 const uint8_t public_key[KEY_SIZE],
                                 struct complaint *complaint);

/** Of a Signed... that may be NULL. */
#define SIGNED_PARTS(sealed)                                                   \
    ((struct signed_parts){(sealed) != NULL ? (sealed)->content                \
                                            : (ProtobufCBinaryData){0, NULL},  \
                           (sealed) != NULL ? (sealed)->signature              \
                                            : (ProtobufCBinaryData){0, NULL}})

#endif
