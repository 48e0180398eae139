/* Full pictures, piece by piece, when there is nothing better to do. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/core.h"

#define RETRY_MS (10LL * 60 * 1000)

void fetch_drop(struct terminal *terminal)
{
    struct fetch *fetch = &terminal->fetch;

    ask_end(&fetch->ask);
    free(fetch->data);
    fetch->data = NULL;
    fetch->have = 0;
    fetch->look = true;
}

static void ask_piece(struct terminal *terminal, struct moment now)
{
    struct fetch *fetch = &terminal->fetch;
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__GetPicture get = TOCSIN__V1__GET_PICTURE__INIT;

    get.hash =
        (ProtobufCBinaryData){sizeof fetch->picture.hash, fetch->picture.hash};
    get.offset = fetch->have;
    get.alert_id = fetch->alert_id;
    request.body_case = TOCSIN__V1__REQUEST__BODY_GET_PICTURE;
    request.get_picture = &get;
    start_ask(terminal, &fetch->ask, &request, now);
}

static struct holding *wanting(struct terminal *terminal, struct moment now)
{
    struct fetch *fetch = &terminal->fetch;
    int64_t wall_ms = daytime_ms(terminal, now);
    struct holding *best = NULL;
    struct holding *holding;
    size_t cursor = 0;

    fetch->at_ms = now.monotonic_ms + RETRY_MS;
    while ((holding = held_next(&terminal->held, &cursor)) != NULL) {
        if (holding->picture.size == 0 || holding->picture_here ||
            !holding_on_screen(holding, wall_ms))
            continue;
        if (holding->picture_retry_ms > now.monotonic_ms) {
            if (holding->picture_retry_ms < fetch->at_ms)
                fetch->at_ms = holding->picture_retry_ms;
        } else if (best == NULL || holding->sequence > best->sequence) {
            best = holding; /* the newest alert is the most urgent */
        }
    }
    return best;
}

void fetch_start(struct terminal *terminal, struct moment now)
{
    struct fetch *fetch = &terminal->fetch;
    struct holding *holding;

    if (!terminal->fetch_pictures || fetch->data != NULL ||
        (!fetch->look && now.monotonic_ms < fetch->at_ms))
        return;
    fetch->look = false;
    holding = wanting(terminal, now);
    if (holding == NULL)
        return;
    memcpy(fetch->alert_id, holding->alert_id, sizeof fetch->alert_id);
    fetch->picture = holding->picture;
    fetch->data = must_calloc(1, holding->picture.size);
    fetch->have = 0;
    ask_piece(terminal, now);
}

static void fail(struct terminal *terminal, const char *why, struct moment now)
{
    struct holding *holding =
        held_find(&terminal->held, terminal->fetch.alert_id);

    note(terminal, LEVEL_WARN, "picture.failed", "alert=%s reason=\"%s\"",
         terminal->fetch.alert_id, why);
    if (holding != NULL)
        holding->picture_retry_ms = now.monotonic_ms + RETRY_MS;
    fetch_drop(terminal);
}

static bool still_wanted(const struct terminal *terminal,
                         const struct holding *holding)
{
    return holding != NULL && !holding->bare &&
           memcmp(&holding->picture, &terminal->fetch.picture,
                  sizeof holding->picture.hash) == 0;
}

static bool keep(struct terminal *terminal, struct holding *holding,
                 struct blob image)
{
    holding->picture_here = true;
    if (!terminal->store.keep_picture(terminal->store.arg, holding, image)) {
        holding->picture_here = false;
        return false;
    }
    holding->picture_news = true;
    held_touch(&terminal->held, holding);
    note(terminal, LEVEL_INFO, "picture.stored", "alert=%s bytes=%zu",
         holding->alert_id, image.size);
    return true;
}

static void finish(struct terminal *terminal, struct moment now)
{
    struct fetch *fetch = &terminal->fetch;
    struct holding *holding = held_find(&terminal->held, fetch->alert_id);
    struct blob image = {fetch->data, fetch->picture.size};
    uint8_t hash[32];
    char why[120];

    hash_bytes(hash, image.data, image.size);
    if (memcmp(hash, fetch->picture.hash, sizeof hash) != 0) {
        fail(terminal, "the bytes are not those of its hash", now);
        return;
    }
    if (still_wanted(terminal, holding) && !keep(terminal, holding, image)) {
        snprintf(why, sizeof why,
                 "no room on the disk for its %zu bytes: make room, it is "
                 "fetched again in %d minutes",
                 image.size, (int)(RETRY_MS / 60000));
        fail(terminal, why, now);
        return;
    }
    fetch_drop(terminal);
}

static const char *piece_fault(const struct fetch *fetch,
                               const Tocsin__V1__PictureChunk *chunk)
{
    if (chunk->size != fetch->picture.size)
        return "another size than the alert says";
    if (chunk->offset != fetch->have || chunk->data.len == 0 ||
        chunk->data.len > PICTURE_PIECE_MAX ||
        chunk->data.len > fetch->picture.size - fetch->have)
        return "a piece that does not fit";
    return NULL;
}

void fetch_reply(struct terminal *terminal, const Tocsin__V1__Reply *reply,
                 struct moment now)
{
    struct fetch *fetch = &terminal->fetch;
    const Tocsin__V1__PictureChunk *chunk = reply->picture_chunk;
    const char *fault;

    if (reply->status != TOCSIN__V1__STATUS__STATUS_OK ||
        reply->body_case != TOCSIN__V1__REPLY__BODY_PICTURE_CHUNK) {
        fail(terminal, reply->reason, now);
        return;
    }
    fault = piece_fault(fetch, chunk);
    if (fault != NULL) {
        fail(terminal, fault, now);
        return;
    }
    memcpy(fetch->data + fetch->have, chunk->data.data, chunk->data.len);
    fetch->have += (uint32_t)chunk->data.len;
    if (fetch->have == fetch->picture.size)
        finish(terminal, now);
    else
        ask_piece(terminal, now);
}
