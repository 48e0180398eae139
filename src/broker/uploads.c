/* Pictures on their way in, in pieces: those of alerts, by centres, before the
 * alert; those of sightings, by whoever brought the answer, after it. Each kind
 * has places of its own, so that neither keeps the other out. */
#include "broker/core_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UPLOADS_MAX 32
#define UPLOADS_PER_CENTRE 4
#define UPLOAD_IDLE_MS (5 * 60 * 1000)
#define FIELD_UPLOADS_MAX 16
#define FIELD_UPLOADS_PER_NODE 2
#define FIELD_UPLOADS_PER_ALERT 6
#define FIELD_UPLOAD_IDLE_MS (2 * 60 * 1000)
#define SPARES_FOR_REPORTS 24
#define BUSY_MS 1000

struct upload {
    char name[PICTURE_NAME_SIZE];
    char alert_id[ULID_SIZE + 1];
    bool field; /* of a sighting */
    uint32_t principal;
    uint8_t hash[PICTURE_HASH_SIZE];
    uint8_t *bytes;
    uint32_t size;
    uint32_t have;
    uint64_t file;        /* number of its store order; 0: not yet whole */
    struct caller caller; /* of the last piece, who waits for the disk */
    int64_t touched_ms;
    struct upload *next;
};

static void drop_upload(struct upload **at)
{
    struct upload *upload = *at;

    *at = upload->next;
    bytes_wipe(upload->bytes, upload->size);
    free(upload->bytes);
    free(upload);
}

void upload_free(struct broker *broker)
{
    while (broker->uploads != NULL)
        drop_upload(&broker->uploads);
}

void upload_drop(struct broker *broker, const char *alert_id)
{
    for (struct upload **at = &broker->uploads; *at != NULL;) {
        if (strcmp((*at)->alert_id, alert_id) == 0)
            drop_upload(at);
        else
            at = &(*at)->next;
    }
}

void upload_tick(struct broker *broker)
{
    for (struct upload **at = &broker->uploads; *at != NULL;) {
        int64_t idle_ms = (*at)->field ? FIELD_UPLOAD_IDLE_MS : UPLOAD_IDLE_MS;

        if ((*at)->file == 0 &&
            broker->monotonic_ms > (*at)->touched_ms + idle_ms)
            drop_upload(at);
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

/* ---- whole ----------------------------------------------------------------
 */

/* The key of the alert, or a spare that the coming report will take over: not
 * one that is under way already, without the picture and with a key. */
static bool key_for(struct broker *broker, const char *alert_id,
                    uint8_t key_id[KEY_ID_SIZE])
{
    const struct alert *alert = book_alert(broker->book, alert_id);

    if (alert != NULL) {
        memcpy(key_id, alert->key_id, KEY_ID_SIZE);
        return true;
    }
    /* the last spares are for reports: pictures must not use them up */
    return !command_is_about(broker, alert_id) &&
           vault_spares(broker->vault) > SPARES_FOR_REPORTS &&
           vault_take(broker->vault, key_id);
}

/* Whole and right: seal it and hand it to the disk. A file is the key's id and
 * the sealed bytes. */
static bool finish(struct broker *broker, struct upload *upload)
{
    size_t size = KEY_ID_SIZE + upload->size + VAULT_OVERHEAD;
    uint8_t *file = must_calloc(1, size);
    bool good = key_for(broker, upload->alert_id, file) &&
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
    uint8_t hash[PICTURE_HASH_SIZE];

    hash_bytes(hash, upload->bytes, upload->size);
    return memcmp(hash, upload->hash, PICTURE_HASH_SIZE) == 0;
}

/* ---- pieces ---------------------------------------------------------------
 */

/* A centre's by its name; on the field desk each brings its own. */
static struct upload **find_upload(struct broker *broker, const char *name,
                                   const struct caller *caller)
{
    bool field = caller->gate == GATE_FIELD;
    struct upload **at = &broker->uploads;

    while (*at != NULL &&
           (strcmp((*at)->name, name) != 0 || (*at)->field != field ||
            (field && (*at)->principal != caller->principal)))
        at = &(*at)->next;
    return at;
}

static bool has_place(const struct broker *broker, const struct caller *caller,
                      const char *alert_id)
{
    bool field = caller->gate == GATE_FIELD;
    size_t all = 0;
    size_t own = 0;
    size_t of_alert = 0;

    for (const struct upload *at = broker->uploads; at != NULL; at = at->next) {
        all += at->field == field;
        own += at->principal == caller->principal;
        of_alert += at->field && strcmp(at->alert_id, alert_id) == 0;
    }
    if (field)
        return all < FIELD_UPLOADS_MAX && own < FIELD_UPLOADS_PER_NODE &&
               of_alert < FIELD_UPLOADS_PER_ALERT;
    return all < UPLOADS_MAX && own < UPLOADS_PER_CENTRE;
}

static struct upload *new_upload(struct broker *broker, const char *name,
                                 const struct caller *caller,
                                 const Tocsin__V1__PutPicture *put)
{
    struct upload *upload;

    if (!has_place(broker, caller, put->alert_id))
        return NULL;
    upload = must_calloc(1, sizeof *upload);
    snprintf(upload->name, sizeof upload->name, "%s", name);
    snprintf(upload->alert_id, sizeof upload->alert_id, "%s", put->alert_id);
    upload->field = caller->gate == GATE_FIELD;
    upload->principal = caller->principal;
    memcpy(upload->hash, put->picture->hash.data, PICTURE_HASH_SIZE);
    upload->size = put->picture->size;
    upload->bytes = must_calloc(1, upload->size);
    upload->next = broker->uploads;
    broker->uploads = upload;
    return upload;
}

static const char *wrong_with(const Tocsin__V1__PutPicture *put, uint32_t max)
{
    const Tocsin__V1__Picture *picture = put->picture;

    if (!ulid_valid(put->alert_id))
        return "alert_id";
    if (picture == NULL || picture->hash.len != PICTURE_HASH_SIZE)
        return "picture.hash";
    if (picture->size == 0 || picture->size > max)
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
        drop_upload(find_upload(broker, upload->name, caller));
        refuse_picture(broker, caller, "picture.hash", "is not of these bytes",
                       now_ms);
    } else if (upload->field &&
               picture_type(upload->bytes, upload->size) == NULL) {
        drop_upload(find_upload(broker, upload->name, caller));
        refuse_picture(broker, caller, "data", "is neither JPEG nor PNG",
                       now_ms);
    } else if (broker->full) {
        upload->have -= (uint32_t)put->data.len;
        reply_full(broker, caller, now_ms);
    } else if (!finish(broker, upload)) {
        upload->have -= (uint32_t)put->data.len;
        reply_busy(broker, caller, 500, now_ms);
    }
}

/* ---- of an alert ----------------------------------------------------------
 */

/* Also one that a restore, or its filing, has taken out of the book. */
static bool is_sealed(const struct broker *broker, const char *alert_id)
{
    const struct alert *alert = book_alert(broker->book, alert_id);

    return alert != NULL ? case_is_sealed(&alert->file)
                         : purge_was_sealed(broker, alert_id);
}

static void put_alerts(struct broker *broker, const struct caller *caller,
                       const Tocsin__V1__PutPicture *put, const char *name,
                       int64_t now_ms)
{
    struct upload *upload = *find_upload(broker, name, caller);
    uint8_t key_id[KEY_ID_SIZE];

    if (is_sealed(broker, put->alert_id)) {
        refuse_picture(broker, caller, "alert_id", "is sealed", now_ms);
        return;
    }
    if (upload == NULL &&
        picture_key(broker, put->alert_id, &put->picture->hash, key_id)) {
        receipt(broker, caller, put->picture->size, now_ms);
        return;
    }
    if (upload == NULL)
        upload = new_upload(broker, name, caller, put);
    if (upload == NULL) {
        reply_busy(broker, caller, BUSY_MS, now_ms);
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

/* ---- of a sighting --------------------------------------------------------
 */

/* Its bytes are durable: record that it has come. */
static void record(struct broker *broker, const struct caller *caller,
                   const struct verdict *verdict, int64_t now_ms)
{
    static const uint8_t no_digest[8] = {0};
    const char *alert_id = verdict->fact->sighting_pictured->alert_id;

    if (broker->full)
        reply_full(broker, caller, now_ms);
    else if (filing_is_under_way(broker, alert_id) ||
             broker->pending_count >= broker->config.journal_queue_max)
        reply_busy(broker, caller, BUSY_MS, now_ms);
    else
        broker_inflight(broker,
                        broker_append(broker, verdict->fact, caller, NULL),
                        verdict->identity, no_digest);
}

/* Nothing more is to be done with it when this is false. */
static bool is_wanted(struct broker *broker, const struct caller *caller,
                      const Tocsin__V1__PutPicture *put,
                      struct verdict *verdict, int64_t now_ms)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    const struct order order = {
        .actor = book_number(broker->book, caller->principal),
        .request = &request,
        .now_ms = now_ms,
        .arena = &broker->arena};
    struct pending *pending;

    request.body_case = TOCSIN__V1__REQUEST__BODY_PUT_PICTURE;
    request.put_picture = (Tocsin__V1__PutPicture *)(uintptr_t)put;
    decide_pictured(verdict, broker->book, &order);
    if (verdict->status == TOCSIN__V1__STATUS__STATUS_DUPLICATE) {
        reply_pictured(broker, caller, verdict->sequence, put->picture->size,
                       now_ms);
    } else if (verdict->status == TOCSIN__V1__STATUS__STATUS_NOT_FOUND &&
               is_sealed(broker, put->alert_id)) {
        complain(&verdict->complaint, "alert_id", "is sealed");
        reply_refused(broker, caller, TOCSIN__V1__STATUS__STATUS_CONFLICT,
                      &verdict->complaint, now_ms);
    } else if (verdict->status != TOCSIN__V1__STATUS__STATUS_RECORDED) {
        reply_refused(broker, caller, verdict->status, &verdict->complaint,
                      now_ms);
    } else {
        pending = map_get(broker->inflight, verdict->identity, IDENTITY_SIZE);
        if (pending == NULL)
            return true;
        pending_await(broker, pending, caller);
    }
    return false;
}

static void put_sightings(struct broker *broker, const struct caller *caller,
                          const Tocsin__V1__PutPicture *put, const char *name,
                          int64_t now_ms)
{
    struct upload *upload = *find_upload(broker, name, caller);
    struct verdict verdict;

    if (!is_wanted(broker, caller, put, &verdict, now_ms))
        return;
    if (upload == NULL && is_stored(broker, name)) {
        record(broker, caller, &verdict, now_ms);
        return;
    }
    if (upload == NULL)
        upload = new_upload(broker, name, caller, put);
    if (upload == NULL)
        reply_busy(broker, caller, BUSY_MS, now_ms);
    else
        add_piece(broker, upload, put, caller, now_ms);
}

static void stored_sightings(struct broker *broker, const struct upload *upload,
                             int64_t now_ms)
{
    Tocsin__V1__PutPicture put = TOCSIN__V1__PUT_PICTURE__INIT;
    Tocsin__V1__Picture picture = TOCSIN__V1__PICTURE__INIT;
    struct verdict verdict;

    arena_reset(&broker->arena);
    picture.hash = bytes_of(upload->hash, sizeof upload->hash);
    picture.size = upload->size;
    put.alert_id = (char *)(uintptr_t)upload->alert_id;
    put.picture = &picture;
    if (is_wanted(broker, &upload->caller, &put, &verdict, now_ms))
        record(broker, &upload->caller, &verdict, now_ms);
}

/* ---- both -----------------------------------------------------------------
 */

void picture_put(struct broker *broker, const struct caller *caller,
                 const Tocsin__V1__PutPicture *put, int64_t now_ms)
{
    bool field = caller->gate == GATE_FIELD;
    const char *wrong =
        wrong_with(put, field ? SIGHTING_PICTURE_MAX : PICTURE_MAX);
    char name[PICTURE_NAME_SIZE];

    if (wrong != NULL) {
        refuse_picture(broker, caller, wrong, "is missing or out of range",
                       now_ms);
        return;
    }
    picture_name(name, put->alert_id, put->picture->hash.data);
    if (field)
        put_sightings(broker, caller, put, name, now_ms);
    else
        put_alerts(broker, caller, put, name, now_ms);
}

void upload_full(struct broker *broker, int64_t now_ms)
{
    for (struct upload **at = &broker->uploads; *at != NULL;) {
        if ((*at)->file == 0) {
            at = &(*at)->next;
            continue;
        }
        reply_full(broker, &(*at)->caller, now_ms);
        drop_upload(at);
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
        if (upload->field)
            stored_sightings(broker, upload, now.wall_ms);
        else
            receipt(broker, &upload->caller, upload->size, now.wall_ms);
        drop_upload(at);
    }
}
