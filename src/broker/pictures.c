/* Pictures: sealed with the case's key, kept by content hash and alert, fetched
 * in pieces. */
#include "broker/core_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/concern.h"

#define VIEWING_MS (10LL * 60 * 1000)

void picture_name(char name[PICTURE_NAME_SIZE], const char *alert_id,
                  const uint8_t hash[PICTURE_HASH_SIZE])
{
    char hex[2 * PICTURE_HASH_SIZE + 1];

    snprintf(name, PICTURE_NAME_SIZE, "%.26s-%s", alert_id,
             hex_encode(hex, hash, PICTURE_HASH_SIZE));
}

/* ---- getting ------------------------------------------------------------- */

/* It ends with its case: sealed with the case's key, or the case has none yet,
 * or it is the one that the alert has had since before there was this rule. */
static bool is_of_its_case(const struct broker *broker, const char *alert_id,
                           const ProtobufCBinaryData *hash,
                           const uint8_t key_id[KEY_ID_SIZE])
{
    const struct alert *alert = book_alert(broker->book, alert_id);

    return alert == NULL || memcmp(key_id, alert->key_id, KEY_ID_SIZE) == 0 ||
           (alert->has_picture &&
            memcmp(alert->picture, hash->data, PICTURE_HASH_SIZE) == 0);
}

/* A file that was damaged, or whose key is gone, is no picture. */
bool picture_key(struct broker *broker, const char *alert_id,
                 const ProtobufCBinaryData *hash, uint8_t key_id[KEY_ID_SIZE])
{
    char name[PICTURE_NAME_SIZE];
    uint8_t *file;
    size_t size;
    bool good;

    picture_name(name, alert_id, hash->data);
    if (!broker->ports.load(broker->ports.arg, name, &file, &size))
        return false;
    good = size > KEY_ID_SIZE + VAULT_OVERHEAD;
    if (good) {
        uint8_t *plain = must_calloc(1, size);

        good = vault_open(broker->vault, file, file + KEY_ID_SIZE,
                          size - KEY_ID_SIZE, plain);
        free(plain);
        memcpy(key_id, file, KEY_ID_SIZE);
    }
    free(file);
    return good && is_of_its_case(broker, alert_id, hash, key_id);
}

static const char *media_type(const struct cached_picture *picture)
{
    return picture->size > 3 && picture->bytes[0] == 0x89 ? "image/png"
                                                          : "image/jpeg";
}

static void send_chunk(struct broker *broker, const struct caller *caller,
                       const struct cached_picture *picture, uint32_t offset,
                       int64_t now_ms)
{
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;
    Tocsin__V1__PictureChunk chunk = TOCSIN__V1__PICTURE_CHUNK__INIT;
    size_t left = picture->size - offset;

    chunk.offset = offset;
    chunk.size = (uint32_t)picture->size;
    chunk.data = bytes_of(picture->bytes + offset,
                          left < PICTURE_PIECE_MAX ? left : PICTURE_PIECE_MAX);
    chunk.media_type = (char *)(uintptr_t)media_type(picture);
    reply.status = TOCSIN__V1__STATUS__STATUS_OK;
    reply.body_case = TOCSIN__V1__REPLY__BODY_PICTURE_CHUNK;
    reply.picture_chunk = &chunk;
    reply_send(broker, caller, &reply, now_ms);
}

/* Only the picture that the alert shows now, only to who may see it. */
static bool is_shown(struct broker *broker, const struct caller *caller,
                     const struct alert *alert, const uint8_t *hash)
{
    const struct principal *who = book_number(broker->book, caller->principal);

    return alert->has_picture &&
           memcmp(hash, alert->picture, sizeof alert->picture) == 0 &&
           alert->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE &&
           (view_of(broker->book, who, alert) >= VIEW_ALERT ||
            (role_is_field(who->role) &&
             alert_concerns(alert, who, &broker->arena)));
}

/* The sighting whose picture it is, for who may read it; 0: none. */
static uint64_t testified(struct broker *broker, const struct caller *caller,
                          const struct alert *alert, const uint8_t *hash)
{
    const struct principal *who = book_number(broker->book, caller->principal);

    if (case_is_sealed(&alert->file))
        return 0;
    for (size_t i = 0; i < alert->answer_count; i++) {
        const struct testimony *testimony = &alert->answers[i];

        if (testimony->has_picture && testimony->pictured_ms != 0 &&
            memcmp(hash, testimony->picture, sizeof testimony->picture) == 0 &&
            view_holds_answer(broker->book, who, alert, testimony->node))
            return testimony->sequence;
    }
    return 0;
}

static void no_picture(struct broker *broker, const struct caller *caller,
                       const char *field, int64_t now_ms)
{
    struct complaint complaint;

    complain(&complaint, field, "no such picture for this principal");
    reply_refused(broker, caller, TOCSIN__V1__STATUS__STATUS_NOT_FOUND,
                  &complaint, now_ms);
}

/* ---- whose look is noted --------------------------------------------------
 */

static void name_viewing(struct viewing *viewing, const char *name)
{
    uint8_t hash[32];

    hash_bytes(hash, (const uint8_t *)name, strlen(name));
    memcpy(viewing->picture, hash, sizeof viewing->picture);
}

static void note_viewing(struct broker *broker, uint32_t who, const char *name)
{
    struct presence *presence = broker_presence(broker, who);
    struct viewing *viewing =
        &presence->viewings[presence->viewing_next++ % VIEWINGS_KEPT];

    name_viewing(viewing, name);
    viewing->until_ms = broker->monotonic_ms + VIEWING_MS;
}

/* Who leaves the first piece out has looked all the same. */
static bool is_viewing(struct broker *broker, uint32_t who, const char *name)
{
    const struct presence *presence = broker_presence(broker, who);
    struct viewing asked;

    name_viewing(&asked, name);
    for (int i = 0; i < VIEWINGS_KEPT; i++) {
        const struct viewing *viewing = &presence->viewings[i];

        if (viewing->until_ms > broker->monotonic_ms &&
            memcmp(viewing->picture, asked.picture, sizeof asked.picture) == 0)
            return true;
    }
    return false;
}

/* Its look is durable: the piece that it was asked for. */
void picture_looked(struct broker *broker, const struct caller *caller,
                    const Tocsin__V1__Looked *looked, int64_t now_ms)
{
    const struct alert *alert = book_alert(broker->book, looked->alert_id);
    const struct cached_picture *picture = NULL;
    char name[PICTURE_NAME_SIZE];

    /* it may have been sealed meanwhile */
    if (looked->picture.len == PICTURE_HASH_SIZE &&
        !case_is_sealed(&alert->file)) {
        picture_name(name, alert->id, looked->picture.data);
        picture = picture_fetch(broker, caller->principal, name);
    }
    if (picture == NULL || caller->offset >= picture->size) {
        no_picture(broker, caller, "hash", now_ms);
        return;
    }
    note_viewing(broker, caller->principal, name);
    send_chunk(broker, caller, picture, caller->offset, now_ms);
}

void picture_get(struct broker *broker, const struct caller *caller,
                 const Tocsin__V1__GetPicture *get, int64_t now_ms)
{
    struct look_asked asked = {.alert = book_alert(broker->book, get->alert_id),
                               .hash = get->hash.data,
                               .offset = get->offset};
    const struct cached_picture *picture = NULL;
    char name[PICTURE_NAME_SIZE];

    if (asked.alert != NULL && get->hash.len == PICTURE_HASH_SIZE &&
        (is_shown(broker, caller, asked.alert, asked.hash) ||
         (asked.sighting =
              testified(broker, caller, asked.alert, asked.hash)) != 0)) {
        picture_name(name, asked.alert->id, asked.hash);
        if (!picture_may_load(broker, caller, name, now_ms))
            return;
        picture = picture_fetch(broker, caller->principal, name);
    }
    if (picture == NULL || get->offset >= picture->size)
        no_picture(broker, caller, picture == NULL ? "hash" : "offset", now_ms);
    else if (get->offset == 0 || !is_viewing(broker, caller->principal, name))
        look_record(broker, caller, &asked, now_ms);
    else
        send_chunk(broker, caller, picture, get->offset, now_ms);
}
