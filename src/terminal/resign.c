/* What officers have said, signed once more: the node has another key, and the
 * broker asks for the newest. */
#include <stdlib.h>

#include "terminal/says.h"
#include "wire/document.h"
#include "wire/found.h"

struct resigning {
    struct arena *arena;
    const struct keypair *key;
    const uint8_t *request_id;
};

static uint8_t *sign_answer_again(struct resigning *by,
                                  const Tocsin__V1__Acknowledge *acknowledge,
                                  size_t *size)
{
    const Tocsin__V1__SignedAnswer *sealed = acknowledge->answer;
    const Tocsin__V1__Answer *answer;
    struct complaint complaint;

    if (answer_open(&answer, by->arena, sealed, &complaint) != STATUS_OK)
        return NULL;
    return answer_request(answer, by->key, by->request_id, size);
}

static uint8_t *sign_found_again(struct resigning *by,
                                 const Tocsin__V1__Request *request,
                                 size_t *size)
{
    Tocsin__V1__Request again = *request;
    Tocsin__V1__RegisterFound body = *request->register_found;
    const Tocsin__V1__FoundChild *found;
    struct complaint complaint;
    uint8_t *bytes;

    if (body.found == NULL ||
        found_open(&found, by->arena, body.found, &complaint) != STATUS_OK ||
        found_sign(found, by->key, &bytes, size, NULL) != STATUS_OK)
        return NULL;
    body.found = tocsin__v1__signed_found__unpack(NULL, *size, bytes);
    bytes_wipe(bytes, *size);
    free(bytes);
    REQUIRE(body.found != NULL);
    again.request_id =
        (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)by->request_id};
    again.register_found = &body;
    bytes = encode(&again.base, size);
    bytes_wipe(body.found->content.data, body.found->content.len);
    tocsin__v1__signed_found__free_unpacked(body.found, NULL);
    return bytes;
}

uint8_t *sign_request_again(struct arena *arena, struct blob bytes,
                            const struct keypair *key,
                            const uint8_t request_id[16], size_t *size)
{
    struct resigning by = {arena, key, request_id};
    const Tocsin__V1__Request *request;

    arena_reset(arena);
    request = decode(arena, &tocsin__v1__request__descriptor, bytes.data,
                     bytes.size, NULL);
    if (request == NULL)
        return NULL;
    switch (request->body_case) {
    case TOCSIN__V1__REQUEST__BODY_ACKNOWLEDGE:
        return sign_answer_again(&by, request->acknowledge, size);
    case TOCSIN__V1__REQUEST__BODY_REGISTER_FOUND:
        return sign_found_again(&by, request, size);
    default:
        return NULL;
    }
}
