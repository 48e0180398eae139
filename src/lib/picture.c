/* Pictures go to and from the desk in pieces, and are known by their hash. */
#include <stdlib.h>
#include <string.h>

#include <tocsin/centre.h>

#include "lib/common.h"
#include "wire/seal.h"

/* Shared strings of the generated structs are not const. */
static char jpeg_type[] = "image/jpeg";
static char png_type[] = "image/png";

static char *media_type_of(const uint8_t *bytes, size_t size)
{
    static const uint8_t jpeg[] = {0xff, 0xd8, 0xff};
    static const uint8_t png[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

    if (size > sizeof jpeg && memcmp(bytes, jpeg, sizeof jpeg) == 0)
        return jpeg_type;
    if (size > sizeof png && memcmp(bytes, png, sizeof png) == 0)
        return png_type;
    return NULL;
}

static enum tocsin_status describe(Tocsin__V1__Picture *picture,
                                   const uint8_t *bytes, size_t size,
                                   struct tocsin_diag *why)
{
    char *type = media_type_of(bytes, size);

    if (type == NULL)
        return lib_fail(why, TOCSIN_USAGE,
                        "picture: is neither a JPEG nor a PNG");
    if (size > PICTURE_MAX)
        return lib_fail(why, TOCSIN_USAGE,
                        "picture: %zu bytes, at most %d can be sent", size,
                        PICTURE_MAX);
    picture->media_type = type;
    picture->size = (uint32_t)size;
    return TOCSIN_OK;
}

/* Where to go on: what the broker says that it has, if that is a way ahead. */
static enum tocsin_status next_offset(const Tocsin__V1__Reply *reply,
                                      size_t size, uint32_t *offset,
                                      struct tocsin_diag *why)
{
    enum tocsin_status status = lib_replied(why, reply);

    if (status != TOCSIN_OK)
        return status;
    if (reply->body_case != TOCSIN__V1__REPLY__BODY_PICTURE_RECEIPT ||
        reply->picture_receipt->have <= *offset ||
        reply->picture_receipt->have > size)
        return lib_fail(why, TOCSIN_REFUSED,
                        "picture: the broker did not take the piece at %u",
                        *offset);
    *offset = reply->picture_receipt->have;
    return TOCSIN_OK;
}

enum tocsin_status tocsin_picture_put(struct tocsin_client *client,
                                      const char *alert_id,
                                      const uint8_t *bytes, size_t size,
                                      Tocsin__V1__Picture *picture,
                                      uint8_t hash_room[32], int timeout_ms,
                                      struct tocsin_diag *why)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__PutPicture put = TOCSIN__V1__PUT_PICTURE__INIT;
    const Tocsin__V1__Reply *reply;
    enum tocsin_status status;

    tocsin__v1__picture__init(picture);
    status = describe(picture, bytes, size, why);
    if (status != TOCSIN_OK)
        return status;
    hash_bytes(hash_room, bytes, size);
    picture->hash = (ProtobufCBinaryData){32, hash_room};
    request.body_case = TOCSIN__V1__REQUEST__BODY_PUT_PICTURE;
    request.put_picture = &put;
    put.alert_id = (char *)(uintptr_t)alert_id;
    put.picture = picture;
    while (status == TOCSIN_OK && put.offset < size) {
        size_t left = size - put.offset;

        put.data.len = left < PICTURE_PIECE_MAX ? left : PICTURE_PIECE_MAX;
        put.data.data = (uint8_t *)(uintptr_t)bytes + put.offset;
        status = tocsin_client_call(client, &request, &reply, timeout_ms, why);
        if (status == TOCSIN_OK)
            status = next_offset(reply, size, &put.offset, why);
    }
    return status;
}

/* One piece; the first one tells the size and makes the room. */
static enum tocsin_status take_piece(const Tocsin__V1__Reply *reply,
                                     uint8_t **bytes, size_t *size,
                                     uint32_t *offset, struct tocsin_diag *why)
{
    const Tocsin__V1__PictureChunk *piece;
    enum tocsin_status status = lib_replied(why, reply);

    if (status != TOCSIN_OK)
        return status;
    piece = reply->body_case == TOCSIN__V1__REPLY__BODY_PICTURE_CHUNK
                ? reply->picture_chunk
                : NULL;
    if (piece == NULL || piece->offset != *offset || piece->data.len == 0 ||
        piece->size > PICTURE_MAX || (*bytes != NULL && piece->size != *size) ||
        piece->data.len > piece->size - *offset)
        return lib_fail(why, TOCSIN_REFUSED, "picture: a piece does not fit");
    if (*bytes == NULL) {
        *size = piece->size;
        *bytes = must_calloc(1, *size);
    }
    memcpy(*bytes + *offset, piece->data.data, piece->data.len);
    *offset += (uint32_t)piece->data.len;
    return TOCSIN_OK;
}

enum tocsin_status tocsin_picture_get(struct tocsin_client *client,
                                      const char *alert_id,
                                      const uint8_t hash[32], uint8_t **bytes,
                                      size_t *size, int timeout_ms,
                                      struct tocsin_diag *why)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__GetPicture get = TOCSIN__V1__GET_PICTURE__INIT;
    const Tocsin__V1__Reply *reply;
    uint8_t *got = NULL;
    size_t whole = 0;
    uint8_t found[32];
    enum tocsin_status status;

    request.body_case = TOCSIN__V1__REQUEST__BODY_GET_PICTURE;
    request.get_picture = &get;
    get.hash = (ProtobufCBinaryData){32, (uint8_t *)(uintptr_t)hash};
    get.alert_id = (char *)(uintptr_t)alert_id;
    do {
        status = tocsin_client_call(client, &request, &reply, timeout_ms, why);
        if (status == TOCSIN_OK)
            status = take_piece(reply, &got, &whole, &get.offset, why);
    } while (status == TOCSIN_OK && get.offset < whole);
    if (status == TOCSIN_OK) {
        hash_bytes(found, got, whole);
        if (memcmp(found, hash, sizeof found) != 0)
            status = lib_fail(why, TOCSIN_REFUSED,
                              "picture: is not the one that was signed");
    }
    if (status != TOCSIN_OK) {
        free(got);
        return status;
    }
    *bytes = got;
    *size = whole;
    return TOCSIN_OK;
}
