#include "wire/signed.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "tocsin/v1/case.pb-c.h"
#include "wire/bundle.h"

enum status signed_make(uint8_t **out, size_t *size,
                        const struct signed_kind *kind,
                        const ProtobufCMessage *content,
                        const struct keypair *key, struct diag *why)
{
    /* every kind has these two fields, under these two numbers */
    Tocsin__V1__SignedOrder sealed = TOCSIN__V1__SIGNED_ORDER__INIT;
    uint8_t signature[SIGNATURE_SIZE];
    size_t content_size;
    uint8_t *bytes = encode(content, &content_size);

    if (content_size > kind->content_max) {
        free(bytes);
        return diag_set(why, STATUS_TOO_BIG,
                        "%s: %zu bytes; at most %zu: shorten its texts",
                        kind->name, content_size, kind->content_max);
    }
    sign(signature, kind->context, bytes, content_size, key);
    sealed.content = (ProtobufCBinaryData){content_size, bytes};
    sealed.signature = (ProtobufCBinaryData){SIGNATURE_SIZE, signature};
    *out = encode(&sealed.base, size);
    free(bytes);
    return STATUS_OK;
}

bool signed_verifies(const struct signed_kind *kind,
                     const struct signed_parts *parts,
                     const uint8_t public_key[KEY_SIZE])
{
    return verify(parts->signature.data, parts->signature.len, kind->context,
                  parts->content.data, parts->content.len, public_key);
}

static void object(const struct signed_kind *kind, const char *part,
                   const char *what, struct complaint *complaint)
{
    char field[sizeof complaint->field];

    snprintf(field, sizeof field, "%s.%s", kind->name, part);
    complain(complaint, field, "%.150s", what);
}

static bool fits(const struct signed_kind *kind,
                 const struct signed_parts *parts, struct complaint *complaint)
{
    if (parts->content.data != NULL && parts->content.len > 0 &&
        parts->content.len <= kind->content_max)
        return true;
    object(kind, "content", "is missing or too large", complaint);
    return false;
}

enum status signed_read(const void **out, struct arena *arena,
                        const struct signed_kind *kind,
                        const struct signed_parts *parts,
                        struct complaint *complaint)
{
    struct diag why = {0};
    const void *content;

    if (!fits(kind, parts, complaint))
        return STATUS_MALFORMED;
    content = decode(arena, kind->type, parts->content.data, parts->content.len,
                     &why);
    if (content == NULL) {
        object(kind, "content", why.text, complaint);
        return STATUS_MALFORMED;
    }
    if (!kind->check(content, complaint)) {
        complain_inside(complaint, kind->name);
        return STATUS_MALFORMED;
    }
    *out = content;
    return STATUS_OK;
}

enum status signed_open(const void **out, struct arena *arena,
                        const struct signed_kind *kind,
                        const struct signed_parts *parts,
                        const uint8_t public_key[KEY_SIZE],
                        struct complaint *complaint)
{
    if (!fits(kind, parts, complaint))
        return STATUS_MALFORMED;
    if (!signed_verifies(kind, parts, public_key)) {
        object(kind, "signature", "does not verify", complaint);
        return STATUS_FORGED;
    }
    return signed_read(out, arena, kind, parts, complaint);
}
