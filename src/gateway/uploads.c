/* Photographs from handhelds: in pieces, after their answer, into the spool
 * when they are whole. What breaks off leaves nothing. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/core.h"

#define IDLE_MS (3 * 60 * 1000) /* a dead spot is waited out */
#define LATER_MS 10000

#define EXPECTED TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_EXPECTED

static const struct problem invalid = {400, TOCSIN__V1__STATUS__STATUS_INVALID,
                                       0};
static const struct problem too_large = {413,
                                         TOCSIN__V1__STATUS__STATUS_INVALID, 0};
static const struct problem odd_type = {415, TOCSIN__V1__STATUS__STATUS_INVALID,
                                        0};
static const struct problem over = {409, TOCSIN__V1__STATUS__STATUS_CONFLICT,
                                    0};
static const struct problem later = {
    503, TOCSIN__V1__STATUS__STATUS_UNAVAILABLE, LATER_MS};

static void drop(struct upload *upload)
{
    if (upload->bytes != NULL)
        bytes_wipe(upload->bytes, upload->fate.picture.size);
    free(upload->bytes);
    memset(upload, 0, sizeof *upload);
}

void uploads_drop(struct gateway *gateway, const char *alert_id,
                  const struct device *device)
{
    for (size_t i = 0; i < UPLOADS; i++) {
        struct upload *upload = &gateway->uploads[i];

        if (upload->device != NULL &&
            (alert_id == NULL ||
             strcmp(upload->fate.alert_id, alert_id) == 0) &&
            (device == NULL || upload->device == device))
            drop(upload);
    }
}

void uploads_tick(struct gateway *gateway, struct moment now)
{
    for (size_t i = 0; i < UPLOADS; i++) {
        if (gateway->uploads[i].device != NULL &&
            now.monotonic_ms - gateway->uploads[i].touched_ms > IDLE_MS)
            drop(&gateway->uploads[i]);
    }
}

void upload_tell(const struct gateway *gateway, struct fate *fate)
{
    fate->picture.have = 0;
    for (size_t i = 0; i < UPLOADS; i++) {
        if (gateway->uploads[i].device != NULL &&
            gateway->uploads[i].fate.row == fate->row)
            fate->picture.have = gateway->uploads[i].have;
    }
}

/* ---- may it come? ---------------------------------------------------------
 */

/* The answer whose picture it is, while that is expected; else it was told. */
static bool is_expected(struct gateway *gateway, const struct asked *asked,
                        struct fate *fate)
{
    uint8_t answer_id[16];

    if (!answer_id_of(gateway, asked, answer_id))
        return false;
    if (!gateway->spool.find(gateway->spool.arg, asked->device->id, answer_id,
                             fate)) {
        if (answered_unread(gateway, asked))
            return false;
        respond_problem(
            gateway, asked,
            (struct problem){404, TOCSIN__V1__STATUS__STATUS_NOT_FOUND, 0},
            "answerId", "no such answer of this handheld is known here");
        return false;
    }
    switch (fate->picture.state) {
    case EXPECTED:
        return true;
    case TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_WAITING:
    case TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_RECORDED:
        if (arrival_add(gateway, asked, fate) != NULL)
            gateway->tallies.repeated++;
        return false;
    case TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_REFUSED:
    case TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_REVOKED:
        respond_problem(gateway, asked, over, "picture", "was refused: %s",
                        fate->picture.reason);
        return false;
    case TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_UNSPECIFIED:
    case _TOCSIN__V1__PICTURE_STATE_IS_INT_SIZE:
        break;
    }
    respond_problem(gateway, asked, invalid, "answer.picture",
                    "the answer names no picture");
    return false;
}

static bool has_room(struct gateway *gateway, const struct asked *asked,
                     const struct fate *fate)
{
    const struct gateway_limits *limits = &gateway->limits;
    struct problem problem = later;

    if (relay_hurrying(gateway) > limits->pictures_wait) {
        respond_problem(gateway, asked, later, "picture",
                        "answers go first, %zu wait", gateway->waiting);
    } else if (asked->device->picture_bytes + fate->picture.size >
               limits->device_picture_bytes) {
        problem.code = 429;
        respond_problem(gateway, asked, problem, "device",
                        "has %zu bytes of pictures waiting here",
                        asked->device->picture_bytes);
    } else if (gateway->picture_bytes + fate->picture.size >
               limits->picture_bytes) {
        problem.code = 507;
        respond_problem(gateway, asked, problem, "picture",
                        "no room: %zu bytes of pictures wait",
                        gateway->picture_bytes);
    } else {
        return true;
    }
    return false;
}

/* One of each handheld: its newest takes the place of what it has begun. */
static struct upload *upload_of(struct gateway *gateway,
                                const struct asked *asked,
                                const struct fate *fate)
{
    struct upload *upload = NULL;

    for (size_t i = 0; i < UPLOADS; i++) {
        struct upload *at = &gateway->uploads[i];

        if (at->device == asked->device && at->fate.row == fate->row)
            return at;
        if (at->device == asked->device)
            drop(at);
        if (at->device == NULL)
            upload = at;
    }
    if (!has_room(gateway, asked, fate))
        return NULL;
    if (upload == NULL) {
        respond_problem(gateway, asked, later, "picture",
                        "too many pictures at once");
        return NULL;
    }
    upload->device = asked->device;
    upload->fate = *fate;
    upload->bytes = must_calloc(1, fate->picture.size);
    return upload;
}

/* ---- piece by piece -------------------------------------------------------
 */

static void finish(struct gateway *gateway, const struct asked *asked,
                   struct upload *upload)
{
    struct fate *fate = &upload->fate;
    const char *type = picture_type(upload->bytes, fate->picture.size);
    struct arrival *arrival;
    uint8_t hash[32];

    hash_bytes(hash, upload->bytes, fate->picture.size);
    if (memcmp(hash, fate->picture.hash, sizeof hash) != 0) {
        respond_problem(gateway, asked, invalid, "picture",
                        "is not the one that its answer names");
        drop(upload);
        return;
    }
    if (type == NULL || strcasecmp(asked->request->content_type, type) != 0) {
        respond_problem(gateway, asked, odd_type, "Content-Type",
                        "the bytes are %s", type == NULL ? "neither" : type);
        drop(upload);
        return;
    }
    fate->picture.state = TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_WAITING;
    arrival = arrival_add(gateway, asked, fate);
    if (arrival != NULL) {
        arrival->device = upload->device;
        arrival->picture = true;
        gateway->spool.keep_picture(gateway->spool.arg, fate, upload->bytes);
    }
    drop(upload);
}

static bool is_picture_type(const char *header)
{
    return strcasecmp(header, "image/jpeg") == 0 ||
           strcasecmp(header, "image/png") == 0;
}

void take_upload(struct gateway *gateway, const struct asked *asked,
                 struct moment now)
{
    const char *query = strstr(asked->request->query, "offset=");
    unsigned long long offset =
        query != NULL ? strtoull(query + strlen("offset="), NULL, 10) : 0;
    size_t size = asked->request->size;
    struct upload *upload;
    struct fate fate;

    if (!is_expected(gateway, asked, &fate))
        return;
    if (!is_picture_type(asked->request->content_type)) {
        respond_problem(gateway, asked, odd_type, "Content-Type",
                        "is neither image/jpeg nor image/png");
        return;
    }
    if (size == 0 || offset > fate.picture.size ||
        size > fate.picture.size - offset) {
        respond_problem(gateway, asked, size == 0 ? invalid : too_large, "body",
                        "does not fit into the %u bytes that are expected",
                        fate.picture.size);
        return;
    }
    upload = upload_of(gateway, asked, &fate);
    if (upload == NULL)
        return;
    upload->touched_ms = now.monotonic_ms;
    asked->device->seen_ms = now.monotonic_ms;
    if (offset == upload->have) {
        memcpy(upload->bytes + upload->have, asked->request->body, size);
        upload->have += (uint32_t)size;
    }
    if (upload->have == fate.picture.size) {
        finish(gateway, asked, upload);
        return;
    }
    fate.picture.have = upload->have;
    arena_reset(&gateway->inner);
    respond_message(gateway, asked->exchange, 200,
                    &fate_message(&gateway->inner, &fate)->base,
                    asked->protobuf);
}
