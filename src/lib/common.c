#include "lib/common.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "wire/decode.h"
#include "wire/keys.h"

const char *tocsin_version(void)
{
    return TOCSIN_VERSION;
}

void lib_start(void)
{
    keys_start();
}

enum tocsin_status lib_fail(struct tocsin_diag *why, enum tocsin_status status,
                            const char *format, ...)
{
    va_list args;

    if (why != NULL) {
        why->status = status;
        va_start(args, format);
        vsnprintf(why->text, sizeof why->text, format, args);
        va_end(args);
    }
    return status;
}

static enum tocsin_status translate(enum status status)
{
    switch (status) {
    case STATUS_OK:
        return TOCSIN_OK;
    case STATUS_FORGED:
    case STATUS_EXISTS:
    case STATUS_REFUSED:
        return TOCSIN_REFUSED;
    case STATUS_MALFORMED:
    case STATUS_TOO_BIG:
    case STATUS_USAGE:
        return TOCSIN_USAGE;
    case STATUS_NETWORK:
    case STATUS_TIMEOUT:
        return TOCSIN_UNREACHABLE;
    case STATUS_MISSING:
        return TOCSIN_MISSING;
    case STATUS_NOMEM:
    case STATUS_DISK:
    case STATUS_FULL:
    case STATUS_CORRUPT:
    case STATUS_BUSY: /* a store that another one writes to */
    case STATUS_SYSTEM:
        return TOCSIN_LOCAL;
    }
    return TOCSIN_LOCAL;
}

enum tocsin_status lib_told(struct tocsin_diag *why, enum status status,
                            const struct diag *inner)
{
    return lib_fail(why, translate(status), "%s",
                    inner->text[0] != '\0' ? inner->text : status_text(status));
}

enum tocsin_status lib_complained(struct tocsin_diag *why,
                                  const struct complaint *complaint)
{
    return lib_fail(why, TOCSIN_USAGE, "%s: %s", complaint->field,
                    complaint->reason);
}

enum tocsin_status lib_check_texts(const ProtobufCMessage *message,
                                   struct tocsin_diag *why)
{
    struct diag inner = {0};
    size_t size;
    uint8_t *bytes = encode(message, &size);
    bool good = decode_shape(message->descriptor, bytes, size, &inner);

    sodium_memzero(bytes, size);
    free(bytes);
    return good ? TOCSIN_OK : lib_fail(why, TOCSIN_USAGE, "%s", inner.text);
}

enum tocsin_status lib_replied(struct tocsin_diag *why,
                               const Tocsin__V1__Reply *reply)
{
    enum tocsin_status status = TOCSIN_REFUSED;
    const char *colon = reply->field[0] == '\0' ? "" : ": ";

    switch (reply->status) {
    case TOCSIN__V1__STATUS__STATUS_OK:
    case TOCSIN__V1__STATUS__STATUS_RECORDED:
    case TOCSIN__V1__STATUS__STATUS_DUPLICATE:
        return TOCSIN_OK;
    case TOCSIN__V1__STATUS__STATUS_INVALID:
        status = TOCSIN_USAGE;
        break;
    case TOCSIN__V1__STATUS__STATUS_NOT_FOUND:
        status = TOCSIN_MISSING;
        break;
    case TOCSIN__V1__STATUS__STATUS_UNAVAILABLE:
        status = TOCSIN_UNREACHABLE;
        break;
    default:
        break;
    }
    return lib_fail(why, status, "%.100s%s%.300s", reply->field, colon,
                    reply->reason);
}
