/* Pictures: put in pieces, sealed with the case's key, kept by content hash and
 * alert, fetched in pieces. */
#include "broker/core_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/concern.h"

#define UPLOADS_MAX 32
#define UPLOADS_PER_CENTRE 4
#define UPLOAD_IDLE_MS (5 * 60 * 1000)
#define CACHED_MAX 8
#define SPARES_FOR_REPORTS 24
#define NAME_SIZE 96
#define HASH_SIZE 32

struct upload {
    char name[NAME_SIZE];
    uint32_t principal;
    uint8_t hash[HASH_SIZE];
    uint8_t *bytes;
    uint32_t size;
    uint32_t have;
    uint64_t file;        /* number of its store order; 0: not yet whole */
    struct caller caller; /* of the last piece, who waits for the disk */
    int64_t touched_ms;
    struct upload *next;
};

struct cached {
    char name[NAME_SIZE];
    uint8_t *bytes;
    size_t size;
    uint64_t used;
};

struct picture_cache {
    struct cached entries[CACHED_MAX];
    uint64_t clock;
};

static void name_picture(char name[NAME_SIZE], const char *alert_id,
                         const uint8_t hash[HASH_SIZE])
{
    char hex[2 * HASH_SIZE + 1];

    snprintf(name, NAME_SIZE, "%.26s-%s", alert_id,
             hex_encode(hex, hash, HASH_SIZE));
}

static void drop_upload(struct broker *broker, struct upload **at)
{
    struct upload *upload = *at;

    *at = upload->next;
    broker->upload_count--;
    free(upload->bytes);
    free(upload);
}

void picture_free(struct broker *broker)
{
    while (broker->uploads != NULL)
        drop_upload(broker, &broker->uploads);
    for (int i = 0; broker->pictures != NULL && i < CACHED_MAX; i++)
        free(broker->pictures->entries[i].bytes);
    free(broker->pictures);
}

void picture_drop(struct broker *broker, const char *alert_id)
{
    for (int i = 0; broker->pictures != NULL && i < CACHED_MAX; i++) {
        struct cached *entry = &broker->pictures->entries[i];

        if (entry->bytes == NULL ||
            strncmp(entry->name, alert_id, strlen(alert_id)) != 0)
            continue;
        bytes_wipe(entry->bytes, entry->size);
        free(entry->bytes);
        memset(entry, 0, sizeof *entry);
    }
}

void picture_tick(struct broker *broker)
{
    for (struct upload **at = &broker->uploads; *at != NULL;) {
        if ((*at)->file == 0 &&
            broker->monotonic_ms > (*at)->touched_ms + UPLOAD_IDLE_MS)
            drop_upload(broker, at);
        else
            at = &(*at)->next;
    }
}

static void refuse_picture(struct broker *broker, const struct caller *caller,
                           const char *field, const char *reason,
                           int64_t now_ms)
{
    struct complaint complaint;

    complain(&complaint, field, "%s", reason);
    reply_refused(broker, caller, TOCSIN__V1__STATUS__STATUS_INVALID,
                  &complaint, now_ms);
}

static void receipt(struct broker *broker, const struct caller *caller,
                    uint32_t have, int64_t now_ms)
{
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;
    Tocsin__V1__PictureReceipt body = TOCSIN__V1__PICTURE_RECEIPT__INIT;

    body.have = have;
    reply.status = TOCSIN__V1__STATUS__STATUS_OK;
    reply.body_case = TOCSIN__V1__REPLY__BODY_PICTURE_RECEIPT;
    reply.picture_receipt = &body;
    reply_send(broker, caller, &reply, now_ms);
}

/* ---- putting ------------------------------------------------------------- */

/* The key of the alert, or a spare that the coming report will take over. */
static bool key_for(struct broker *broker, const char *alert_id,
                    uint8_t key_id[KEY_ID_SIZE])
{
    const struct alert *alert = book_alert(broker->book, alert_id);

    if (alert != NULL) {
        memcpy(key_id, alert->key_id, KEY_ID_SIZE);
        return true;
    }
    /* the last spares are for reports: pictures must not use them up */
    return vault_spares(broker->vault) > SPARES_FOR_REPORTS &&
           vault_take(broker->vault, key_id);
}

/* Whole and right: seal it and hand it to the disk. A file is the key's id and
 * the sealed bytes. */
static bool finish(struct broker *broker, struct upload *upload,
                   const char *alert_id)
{
    size_t size = KEY_ID_SIZE + upload->size + VAULT_OVERHEAD;
    uint8_t *file = must_calloc(1, size);
    bool good = key_for(broker, alert_id, file) &&
                vault_seal(broker->vault, file, upload->bytes, upload->size,
                           file + KEY_ID_SIZE);

    if (good) {
        broker->ports.store(broker->ports.arg, upload->name, file, size);
        upload->file = ++broker->files_asked;
    }
    free(file);
    return good;
}

static bool is_whole(const struct upload *upload)
{
    uint8_t hash[HASH_SIZE];

    hash_bytes(hash, upload->bytes, upload->size);
    return memcmp(hash, upload->hash, HASH_SIZE) == 0;
}

static struct upload **find_upload(struct broker *broker, const char *name)
{
    struct upload **at = &broker->uploads;

    while (*at != NULL && strcmp((*at)->name, name) != 0)
        at = &(*at)->next;
    return at;
}

static size_t uploads_of(const struct broker *broker, uint32_t principal)
{
    size_t count = 0;

    for (const struct upload *at = broker->uploads; at != NULL; at = at->next)
        count += at->principal == principal;
    return count;
}

static struct upload *new_upload(struct broker *broker, const char *name,
                                 uint32_t principal,
                                 const Tocsin__V1__Picture *picture)
{
    struct upload *upload;

    if (broker->upload_count >= UPLOADS_MAX ||
        uploads_of(broker, principal) >= UPLOADS_PER_CENTRE)
        return NULL;
    upload = must_calloc(1, sizeof *upload);
    snprintf(upload->name, sizeof upload->name, "%s", name);
    upload->principal = principal;
    memcpy(upload->hash, picture->hash.data, HASH_SIZE);
    upload->size = picture->size;
    upload->bytes = must_calloc(1, picture->size);
    upload->next = broker->uploads;
    broker->uploads = upload;
    broker->upload_count++;
    return upload;
}

static const char *wrong_with(const Tocsin__V1__PutPicture *put)
{
    const Tocsin__V1__Picture *picture = put->picture;

    if (!ulid_valid(put->alert_id))
        return "alert_id";
    if (picture == NULL || picture->hash.len != HASH_SIZE)
        return "picture.hash";
    if (picture->size == 0 || picture->size > PICTURE_MAX)
        return "picture.size";
    if (put->data.len == 0 || put->data.len > PICTURE_PIECE_MAX)
        return "data";
    if (put->offset >= picture->size ||
        put->data.len > picture->size - put->offset)
        return "offset";
    return NULL;
}

static bool is_stored(struct broker *broker, const char *name)
{
    uint8_t *bytes;
    size_t size;

    if (!broker->ports.load(broker->ports.arg, name, &bytes, &size))
        return false;
    free(bytes);
    return true;
}

static void add_piece(struct broker *broker, struct upload *upload,
                      const Tocsin__V1__PutPicture *put,
                      const struct caller *caller, int64_t now_ms)
{
    upload->touched_ms = broker->monotonic_ms;
    upload->caller = *caller;
    if (upload->file != 0)
        return; /* on its way to the disk: the receipt follows */
    if (put->offset == upload->have) {
        memcpy(upload->bytes + upload->have, put->data.data, put->data.len);
        upload->have += (uint32_t)put->data.len;
    }
    if (upload->have < upload->size) {
        receipt(broker, caller, upload->have, now_ms);
    } else if (!is_whole(upload)) {
        drop_upload(broker, find_upload(broker, upload->name));
        refuse_picture(broker, caller, "picture.hash", "is not of these bytes",
                       now_ms);
    } else if (broker->full) {
        upload->have -= (uint32_t)put->data.len;
        reply_full(broker, caller, now_ms);
    } else if (!finish(broker, upload, put->alert_id)) {
        upload->have -= (uint32_t)put->data.len;
        reply_busy(broker, caller, 500, now_ms);
    }
}

static bool is_sealed(const struct broker *broker, const char *alert_id)
{
    const struct alert *alert = book_alert(broker->book, alert_id);

    return alert != NULL && case_is_sealed(&alert->file);
}

void picture_put(struct broker *broker, const struct caller *caller,
                 const Tocsin__V1__PutPicture *put, int64_t now_ms)
{
    const char *wrong = wrong_with(put);
    struct upload *upload;
    char name[NAME_SIZE];

    if (wrong != NULL) {
        refuse_picture(broker, caller, wrong, "is missing or out of range",
                       now_ms);
        return;
    }
    if (is_sealed(broker, put->alert_id)) {
        refuse_picture(broker, caller, "alert_id", "is sealed", now_ms);
        return;
    }
    name_picture(name, put->alert_id, put->picture->hash.data);
    upload = *find_upload(broker, name);
    if (upload == NULL && is_stored(broker, name)) {
        receipt(broker, caller, put->picture->size, now_ms);
        return;
    }
    if (upload == NULL)
        upload = new_upload(broker, name, caller->principal, put->picture);
    if (upload == NULL) {
        reply_busy(broker, caller, 1000, now_ms);
        return;
    }
    if (upload->principal != caller->principal ||
        upload->size != put->picture->size) {
        refuse_picture(broker, caller, "picture",
                       "is being put by another centre, or has another size",
                       now_ms);
        return;
    }
    add_piece(broker, upload, put, caller, now_ms);
}

void picture_full(struct broker *broker, int64_t now_ms)
{
    for (struct upload **at = &broker->uploads; *at != NULL;) {
        if ((*at)->file == 0) {
            at = &(*at)->next;
            continue;
        }
        reply_full(broker, &(*at)->caller, now_ms);
        drop_upload(broker, at);
    }
    broker->files_asked = broker->files_stored;
}

void broker_stored(struct broker *broker, uint64_t count, struct moment now)
{
    broker->monotonic_ms = now.monotonic_ms;
    broker->files_stored = count;
    for (struct upload **at = &broker->uploads; *at != NULL;) {
        struct upload *upload = *at;

        if (upload->file == 0 || upload->file > count) {
            at = &upload->next;
            continue;
        }
        receipt(broker, &upload->caller, upload->size, now.wall_ms);
        drop_upload(broker, at);
    }
}

/* ---- getting ------------------------------------------------------------- */

/* A file that was damaged, or whose key is gone, is no picture. */
bool picture_key(struct broker *broker, const char *alert_id,
                 const ProtobufCBinaryData *hash, uint8_t key_id[KEY_ID_SIZE])
{
    char name[NAME_SIZE];
    uint8_t *file;
    size_t size;
    bool good;

    name_picture(name, alert_id, hash->data);
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
    return good;
}

static bool open_file(struct broker *broker, struct cached *entry)
{
    uint8_t *file;
    size_t size;
    bool good;

    if (!broker->ports.load(broker->ports.arg, entry->name, &file, &size))
        return false;
    good = size > KEY_ID_SIZE + VAULT_OVERHEAD;
    if (good) {
        entry->size = size - KEY_ID_SIZE - VAULT_OVERHEAD;
        entry->bytes = must_calloc(1, entry->size);
        good = vault_open(broker->vault, file, file + KEY_ID_SIZE,
                          size - KEY_ID_SIZE, entry->bytes);
    }
    if (!good) {
        free(entry->bytes);
        entry->bytes = NULL;
    }
    free(file);
    return good;
}

/* From the cache, else from the disk in place of what was used longest ago. */
static const struct cached *fetch(struct broker *broker, const char *name)
{
    struct picture_cache *cache = broker->pictures;
    struct cached *oldest;

    if (cache == NULL)
        cache = broker->pictures = must_calloc(1, sizeof *cache);
    oldest = &cache->entries[0];
    for (int i = 0; i < CACHED_MAX; i++) {
        struct cached *entry = &cache->entries[i];

        if (entry->bytes != NULL && strcmp(entry->name, name) == 0) {
            entry->used = ++cache->clock;
            return entry;
        }
        if (entry->used < oldest->used)
            oldest = entry;
    }
    free(oldest->bytes);
    oldest->bytes = NULL;
    snprintf(oldest->name, sizeof oldest->name, "%s", name);
    if (!open_file(broker, oldest))
        return NULL;
    oldest->used = ++cache->clock;
    return oldest;
}

static const char *media_type(const struct cached *picture)
{
    return picture->size > 3 && picture->bytes[0] == 0x89 ? "image/png"
                                                          : "image/jpeg";
}

static void send_chunk(struct broker *broker, const struct caller *caller,
                       const struct cached *picture, uint32_t offset,
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

void picture_get(struct broker *broker, const struct caller *caller,
                 const Tocsin__V1__GetPicture *get, int64_t now_ms)
{
    const struct principal *who = book_number(broker->book, caller->principal);
    const struct alert *alert = book_alert(broker->book, get->alert_id);
    const struct cached *picture = NULL;
    char name[NAME_SIZE];

    /* only the picture that the alert shows now, only to who may see it */
    if (alert != NULL && alert->has_picture &&
        (book_may_see(who, alert) ||
         alert_concerns(alert, who, &broker->arena)) &&
        alert->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE &&
        get->hash.len == HASH_SIZE &&
        memcmp(get->hash.data, alert->picture, HASH_SIZE) == 0) {
        name_picture(name, alert->id, alert->picture);
        picture = fetch(broker, name);
    }
    if (picture == NULL || get->offset >= picture->size) {
        struct complaint complaint;

        complain(&complaint, picture == NULL ? "hash" : "offset",
                 "no such picture for this principal");
        reply_refused(broker, caller, TOCSIN__V1__STATUS__STATUS_NOT_FOUND,
                      &complaint, now_ms);
        return;
    }
    send_chunk(broker, caller, picture, get->offset, now_ms);
}
