#include "terminal/asks.h"

#include <stdlib.h>
#include <string.h>

#include "wire/decode.h"

#define PAUSE_MIN_MS 100
#define PAUSE_MAX_MS 60000
#define PAUSE_STOPPING_MS 2000

void ask_start(struct ask *ask, Tocsin__V1__Request *request,
               const uint8_t id[16], int64_t now_ms)
{
    ask_end(ask);
    memcpy(ask->id, id, sizeof ask->id);
    request->request_id = (ProtobufCBinaryData){sizeof ask->id, ask->id};
    ask->bytes = encode(&request->base, &ask->size);
    ask->due_ms = now_ms;
    ask->open = true;
}

void ask_end(struct ask *ask)
{
    free(ask->bytes);
    memset(ask, 0, sizeof *ask);
}

void ask_again(struct ask *ask, int64_t due_ms)
{
    ask->due_ms = due_ms;
}

bool ask_is(const struct ask *ask, ProtobufCBinaryData request_id)
{
    return ask->open && request_id.len == sizeof ask->id &&
           memcmp(ask->id, request_id.data, sizeof ask->id) == 0;
}

int64_t ask_pause_ms(const Tocsin__V1__Reply *reply)
{
    if (reply->status != TOCSIN__V1__STATUS__STATUS_BUSY &&
        reply->retry_after_ms == 0)
        return PAUSE_STOPPING_MS;
    if (reply->retry_after_ms < PAUSE_MIN_MS)
        return PAUSE_MIN_MS;
    return reply->retry_after_ms < PAUSE_MAX_MS ? reply->retry_after_ms
                                                : PAUSE_MAX_MS;
}

bool ask_is_early(const Tocsin__V1__Reply *reply)
{
    return (reply->status == TOCSIN__V1__STATUS__STATUS_INVALID &&
            strcmp(reply->field, "body") == 0) ||
           (reply->status == TOCSIN__V1__STATUS__STATUS_DENIED &&
            strcmp(reply->field, "role") == 0);
}

bool ask_is_outcast(const Tocsin__V1__Reply *reply)
{
    return reply->status == TOCSIN__V1__STATUS__STATUS_DENIED &&
           strcmp(reply->field, "principal") == 0;
}
