/* Full pictures by their hash: from the cache, or from the broker, piece by
 * piece, when there is nothing better to do with the line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/core.h"

#define PATIENCE_MS 30000

static const struct problem later = {
    503, TOCSIN__V1__STATUS__STATUS_UNAVAILABLE, 10000};
static const struct problem missing = {404,
                                       TOCSIN__V1__STATUS__STATUS_NOT_FOUND, 0};

static const char crowded[] = "too many photographs are under way";

static void give(struct gateway *gateway, const struct viewer *viewer,
                 const struct gateway_picture *picture, struct photo *photo)
{
    photo_lend(gateway, photo, viewer->exchange);
    look_give(gateway, viewer, picture->png ? "image/png" : "image/jpeg",
              photo->bytes);
}

static void drop(struct fetch *fetch)
{
    ask_end(&fetch->ask);
    free(fetch->data);
    memset(fetch, 0, sizeof *fetch);
}

/* Whoever waits for this picture: here it is; photo NULL: what is wrong. */
struct word {
    struct photo *photo;
    int64_t at_ms;
    const struct problem *problem;
    const char *reason;
};

static void tell_waiters(struct gateway *gateway, const struct fetch *fetch,
                         const struct word *word)
{
    for (size_t i = 0; i < FETCH_WAITERS; i++) {
        struct fetch_waiter *waiter = &gateway->fetch_waiters[i];
        const struct asked asked = {.exchange = waiter->exchange,
                                    .protobuf = waiter->protobuf};
        const struct viewer viewer = {.exchange = waiter->exchange,
                                      .protobuf = waiter->protobuf,
                                      .device = waiter->device,
                                      .alert_id = fetch->picture.alert_id,
                                      .at_ms = word->at_ms};

        if (waiter->exchange == 0 ||
            memcmp(waiter->hash, fetch->hash, sizeof waiter->hash) != 0)
            continue;
        waiter->exchange = 0;
        if (word->photo != NULL)
            give(gateway, &viewer, &fetch->picture, word->photo);
        else
            respond_problem(gateway, &asked, *word->problem, "picture",
                            "%.200s", word->reason);
    }
}

static void fail(struct gateway *gateway, struct fetch *fetch,
                 const struct problem *problem, const char *reason)
{
    const struct word word = {.problem = problem, .reason = reason};

    tell_waiters(gateway, fetch, &word);
    drop(fetch);
}

static void ask_piece(struct gateway *gateway, struct fetch *fetch,
                      struct moment now)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__GetPicture get = TOCSIN__V1__GET_PICTURE__INIT;

    get.hash = (ProtobufCBinaryData){sizeof fetch->hash, fetch->hash};
    get.offset = fetch->have;
    get.alert_id = fetch->picture.alert_id;
    request.body_case = TOCSIN__V1__REQUEST__BODY_GET_PICTURE;
    request.get_picture = &get;
    begin_ask(gateway, &fetch->ask, &request, now);
}

/* One that is under way already, or a new one: who has begun one leaves the
 * last place to others. */
static struct fetch *fetch_of(struct gateway *gateway,
                              const struct asked *asked, const uint8_t hash[32],
                              const struct gateway_picture *picture,
                              struct moment now)
{
    struct fetch *unused = NULL;
    size_t places = 0;
    bool has_one = false;

    for (size_t i = 0; i < FETCHES; i++) {
        struct fetch *fetch = &gateway->fetches[i];

        if (fetch->data != NULL &&
            memcmp(fetch->hash, hash, sizeof fetch->hash) == 0)
            return fetch;
        has_one =
            has_one || (fetch->data != NULL && fetch->device == asked->device);
        if (fetch->data == NULL) {
            unused = fetch;
            places++;
        }
    }
    if (places < (has_one ? 2 : 1))
        return NULL;
    memcpy(unused->hash, hash, sizeof unused->hash);
    unused->picture = *picture;
    unused->device = asked->device;
    unused->data = must_calloc(1, picture->size);
    unused->until_ms = now.monotonic_ms + PATIENCE_MS;
    ask_piece(gateway, unused, now);
    return unused;
}

static struct fetch_waiter *free_waiter(struct gateway *gateway)
{
    for (size_t i = 0; i < FETCH_WAITERS; i++) {
        if (gateway->fetch_waiters[i].exchange == 0)
            return &gateway->fetch_waiters[i];
    }
    return NULL;
}

static void fetch(struct gateway *gateway, const struct asked *asked,
                  const uint8_t hash[32], const struct gateway_picture *picture,
                  struct moment now)
{
    struct fetch_waiter *waiter = free_waiter(gateway);

    if (!gateway->line_up) {
        respond_problem(gateway, asked, later, "picture",
                        "is not here, and the line to the centre is down");
        return;
    }
    if (relay_hurrying(gateway) > gateway->limits.pictures_wait) {
        respond_problem(gateway, asked, later, "picture",
                        "is not here; answers go first, %zu wait",
                        gateway->waiting);
        return;
    }
    if (waiter == NULL ||
        fetch_of(gateway, asked, hash, picture, now) == NULL) {
        respond_problem(gateway, asked, later, "picture",
                        "too many pictures at once");
        return;
    }
    waiter->exchange = asked->exchange;
    waiter->protobuf = asked->protobuf;
    waiter->device = asked->device;
    memcpy(waiter->hash, hash, sizeof waiter->hash);
}

static void give_here(struct gateway *gateway, const struct asked *asked,
                      const struct gateway_picture *picture,
                      struct photo *photo, struct moment now)
{
    const struct viewer viewer = {.exchange = asked->exchange,
                                  .protobuf = asked->protobuf,
                                  .device = asked->device,
                                  .alert_id = picture->alert_id,
                                  .at_ms = today_ms(gateway, now)};

    if (photo == NULL) {
        respond_problem(gateway, asked, later, "picture", crowded);
        return;
    }
    gateway->tallies.pictures_cached++;
    give(gateway, &viewer, picture, photo);
    photo_drop(gateway, photo);
}

void take_picture(struct gateway *gateway, const struct asked *asked,
                  struct moment now)
{
    struct gateway_picture picture;
    struct photo *photo;
    uint8_t hash[32];
    uint8_t *bytes;
    size_t size;

    if (!hex_decode(hash, sizeof hash, asked->rest) ||
        !gateway->port.find_picture(gateway->port.arg, hash, &picture) ||
        picture.size == 0 || picture.size > PICTURE_MAX) {
        respond_problem(gateway, asked, missing, "hash",
                        "no live alert names such a picture");
        return;
    }
    if (!loan_picture(gateway, asked, picture.size))
        return;
    photo = photo_get(gateway, hash);
    if (photo == NULL && !photo_has_room(gateway, asked, picture.size))
        return;
    if (photo == NULL &&
        !gateway->port.picture_load(gateway->port.arg, hash, &bytes, &size)) {
        fetch(gateway, asked, hash, &picture, now);
        return;
    }
    if (photo == NULL)
        photo = photo_add(gateway, hash, bytes, size);
    give_here(gateway, asked, &picture, photo, now);
}

/* ---- what the broker gives ------------------------------------------------
 */

static bool fits(const struct fetch *fetch,
                 const Tocsin__V1__PictureChunk *chunk)
{
    return chunk->size == fetch->picture.size && chunk->offset == fetch->have &&
           chunk->data.len > 0 && chunk->data.len <= PICTURE_PIECE_MAX &&
           chunk->data.len <= fetch->picture.size - fetch->have;
}

static void finish(struct gateway *gateway, struct fetch *fetch,
                   struct moment now)
{
    struct word word = {
        .at_ms = today_ms(gateway, now), .problem = &later, .reason = crowded};
    uint8_t hash[32];

    hash_bytes(hash, fetch->data, fetch->picture.size);
    if (memcmp(hash, fetch->hash, sizeof hash) != 0) {
        fail(gateway, fetch, &missing, "its bytes are not those of its hash");
        return;
    }
    gateway->tallies.pictures_fetched++;
    gateway->port.picture_keep(gateway->port.arg, fetch->hash,
                               fetch->picture.alert_id, fetch->data,
                               fetch->picture.size);
    word.photo =
        photo_add(gateway, fetch->hash, fetch->data, fetch->picture.size);
    fetch->data = NULL;
    tell_waiters(gateway, fetch, &word);
    photo_drop(gateway, word.photo);
    drop(fetch);
}

static void take_piece(struct gateway *gateway, struct fetch *fetch,
                       const Tocsin__V1__Reply *reply, struct moment now)
{
    const Tocsin__V1__PictureChunk *chunk = reply->picture_chunk;

    if (reply->status != TOCSIN__V1__STATUS__STATUS_OK ||
        reply->body_case != TOCSIN__V1__REPLY__BODY_PICTURE_CHUNK) {
        fail(gateway, fetch, &missing, reply->reason);
    } else if (!fits(fetch, chunk)) {
        fail(gateway, fetch, &missing, "a piece of it does not fit");
    } else {
        memcpy(fetch->data + fetch->have, chunk->data.data, chunk->data.len);
        fetch->have += (uint32_t)chunk->data.len;
        fetch->until_ms = now.monotonic_ms + PATIENCE_MS;
        if (fetch->have == fetch->picture.size)
            finish(gateway, fetch, now);
        else
            ask_piece(gateway, fetch, now);
    }
}

bool fetches_reply(struct gateway *gateway, const Tocsin__V1__Reply *reply,
                   struct moment now)
{
    for (size_t i = 0; i < FETCHES; i++) {
        struct fetch *fetch = &gateway->fetches[i];

        if (!ask_is(&fetch->ask, reply->request_id))
            continue;
        if (reply->status == TOCSIN__V1__STATUS__STATUS_BUSY ||
            reply->status == TOCSIN__V1__STATUS__STATUS_UNAVAILABLE)
            ask_again(&fetch->ask, now.monotonic_ms + ask_pause_ms(reply));
        else
            take_piece(gateway, fetch, reply, now);
        return true;
    }
    return false;
}

bool fetches_send(struct gateway *gateway, struct moment now)
{
    for (size_t i = 0; i < FETCHES; i++) {
        if (!send_ask(gateway, &gateway->fetches[i].ask, now))
            return false;
    }
    return true;
}

void fetches_tick(struct gateway *gateway, struct moment now)
{
    for (size_t i = 0; i < FETCHES; i++) {
        struct fetch *fetch = &gateway->fetches[i];

        if (fetch->data != NULL && now.monotonic_ms >= fetch->until_ms)
            fail(gateway, fetch, &later, "the centre gives no more of it now");
    }
}

void fetches_end(struct gateway *gateway, const char *alert_id,
                 const char *reason)
{
    for (size_t i = 0; i < FETCHES; i++) {
        struct fetch *fetch = &gateway->fetches[i];

        if (fetch->data != NULL &&
            strcmp(fetch->picture.alert_id, alert_id) == 0)
            fail(gateway, fetch, &missing, reason);
    }
}

void fetches_gone(struct gateway *gateway, uint64_t exchange)
{
    for (size_t i = 0; i < FETCH_WAITERS; i++) {
        if (gateway->fetch_waiters[i].exchange == exchange)
            gateway->fetch_waiters[i].exchange = 0;
    }
}

void fetches_leave(struct gateway *gateway, const struct device *device)
{
    const struct problem over = {401, TOCSIN__V1__STATUS__STATUS_DENIED, 0};

    for (size_t i = 0; i < FETCH_WAITERS; i++) {
        struct fetch_waiter *waiter = &gateway->fetch_waiters[i];
        const struct asked asked = {.exchange = waiter->exchange,
                                    .protobuf = waiter->protobuf};

        if (waiter->exchange == 0 || waiter->device != device)
            continue;
        waiter->exchange = 0;
        respond_problem(gateway, &asked, over, "Authorization",
                        "the session is over");
    }
}

void fetches_done(struct gateway *gateway)
{
    for (size_t i = 0; i < FETCHES; i++)
        drop(&gateway->fetches[i]);
}
