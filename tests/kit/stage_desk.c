/* The scripted broker's field desk and its beacons. */
#include "stage_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#define PAGE_NOTICES 3

/* ---- the journal's line ---- */

/* Of the last two lines alone: what they have in common is of the first. */
static ProtobufCBinaryData mark_at(const struct stage *stage, uint64_t sequence,
                                   uint8_t room[LINE_MARK_SIZE])
{
    memset(room, 0, LINE_MARK_SIZE);
    room[0] = (uint8_t)sequence;
    room[1] = sequence > stage->line_from ? stage->line : 0;
    return (ProtobufCBinaryData){stage->unmarked ? 0 : LINE_MARK_SIZE, room};
}

static bool is_of_another_line(const struct stage *stage,
                               const Tocsin__V1__Mark *mark)
{
    uint8_t room[LINE_MARK_SIZE];

    if (mark == NULL || stage->unmarked)
        return false;
    ck_assert_uint_eq(mark->chain.len, LINE_MARK_SIZE);
    return mark->sequence > stage->head ||
           memcmp(mark_at(stage, mark->sequence, room).data, mark->chain.data,
                  LINE_MARK_SIZE) != 0;
}

/* ---- topic states ---- */

struct states {
    Tocsin__V1__TopicState rows[HELD_TOPICS];
    Tocsin__V1__TopicState *list[HELD_TOPICS];
    uint8_t digests[HELD_TOPICS][DIGEST_SIZE];
};

static void count_entry(struct stage *stage, int number, struct states *states)
{
    const struct entry *entry = &stage->entries[number];
    char topic[TOPIC_MAX];
    char name[16];

    if (!entry->known || !entry->live)
        return;
    snprintf(name, sizeof name, "A%d", number);
    topic_make(topic, entry->exercise, entry->prefix);
    for (int i = 0; i < HELD_TOPICS; i++) {
        if (strcmp(topic, stage->topics[i]) != 0)
            continue;
        states->rows[i].count++;
        digest_toggle(states->digests[i], stage_alert_id(name),
                      entry->revision);
    }
}

static void fill_states(struct stage *stage, struct states *states)
{
    memset(states, 0, sizeof *states);
    for (int i = 0; i < HELD_TOPICS; i++) {
        tocsin__v1__topic_state__init(&states->rows[i]);
        states->rows[i].topic = stage->topics[i];
        states->rows[i].last = stage->last[i];
        states->rows[i].digest =
            (ProtobufCBinaryData){DIGEST_SIZE, states->digests[i]};
        states->list[i] = &states->rows[i];
    }
    for (int i = 0; i < ALERTS_MAX; i++)
        count_entry(stage, i, states);
}

void desk_beacon(struct stage *stage, bool lie)
{
    Tocsin__V1__FeedPayload payload = TOCSIN__V1__FEED_PAYLOAD__INIT;
    Tocsin__V1__Beacon beacon = TOCSIN__V1__BEACON__INIT;
    struct feed_header header = {stage->epoch, stage->head, 0,
                                 stage->generation};
    struct states states;
    uint8_t key[32];
    uint8_t mark[LINE_MARK_SIZE];
    size_t size;
    uint8_t *packed;
    uint8_t *sealed;

    fill_states(stage, &states);
    states.digests[1][0] ^= lie;
    beacon.head = stage->head;
    beacon.chain = mark_at(stage, stage->head, mark);
    beacon.since = stage->since;
    beacon.interval_ms = 2000;
    beacon.time_ms = stage->true_ms + stage->broker_wrong_ms;
    beacon.topics = states.list;
    beacon.n_topics = HELD_TOPICS;
    payload.kind_case = TOCSIN__V1__FEED_PAYLOAD__KIND_BEACON;
    payload.beacon = &beacon;
    packed = encode(&payload.base, &size);
    topic_key(key, stage->master, BEACON_TOPIC, stage->generation);
    sealed = feed_seal(&header, BEACON_TOPIC, key, packed, size, &size);
    if (!stage->deaf)
        stage_throw_feed(stage, BEACON_TOPIC, (struct blob){sealed, size});
    free(sealed);
    free(packed);
}

/* ---- replies ---- */

static void throw_reply(struct stage *stage, Tocsin__V1__Reply *reply)
{
    free(stage->last_reply);
    reply->time_ms = stage->true_ms + stage->broker_wrong_ms;
    stage->last_reply = encode(&reply->base, &stage->last_reply_size);
    stage_throw_reply(stage, stage_last_reply(stage));
}

static void answer_keys(struct stage *stage, Tocsin__V1__Reply *reply)
{
    Tocsin__V1__Keys keys = TOCSIN__V1__KEYS__INIT;
    Tocsin__V1__TopicKey rows[OWN_TOPICS];
    Tocsin__V1__TopicKey *list[OWN_TOPICS];
    uint8_t bytes[OWN_TOPICS][32];

    for (int i = 0; i < OWN_TOPICS; i++) {
        tocsin__v1__topic_key__init(&rows[i]);
        topic_key(bytes[i], stage->master, stage->topics[i], stage->generation);
        rows[i].topic = stage->topics[i];
        rows[i].key = (ProtobufCBinaryData){32, bytes[i]};
        list[i] = &rows[i];
    }
    keys.generation = stage->generation;
    keys.enrolled = stage->enrolled;
    keys.keys = list;
    keys.n_keys = OWN_TOPICS;
    reply->body_case = TOCSIN__V1__REPLY__BODY_KEYS;
    reply->keys = &keys;
    throw_reply(stage, reply);
}

static void answer_heartbeat(struct stage *stage, Tocsin__V1__Reply *reply)
{
    Tocsin__V1__Presence presence = TOCSIN__V1__PRESENCE__INIT;
    uint8_t mark[LINE_MARK_SIZE];
    struct states states;

    fill_states(stage, &states);
    presence.epoch = (ProtobufCBinaryData){EPOCH_SIZE, stage->epoch};
    presence.head = stage->head;
    presence.chain = mark_at(stage, stage->head, mark);
    presence.generation = stage->generation;
    presence.topics = states.list;
    presence.n_topics = HELD_TOPICS;
    reply->body_case = TOCSIN__V1__REPLY__BODY_PRESENCE;
    reply->presence = &presence;
    throw_reply(stage, reply);
}

/* The entry that changed next after a sequence; NULL: none. */
static const struct entry *next_after(const struct stage *stage, uint64_t after)
{
    const struct entry *next = NULL;

    for (int i = 0; i < ALERTS_MAX; i++) {
        const struct entry *entry = &stage->entries[i];

        if (entry->known && entry->sequence > after &&
            (next == NULL || entry->sequence < next->sequence))
            next = entry;
    }
    return next;
}

static void answer_sync(struct stage *stage, const Tocsin__V1__Sync *sync,
                        Tocsin__V1__Reply *reply)
{
    Tocsin__V1__SyncPage page = TOCSIN__V1__SYNC_PAGE__INIT;
    Tocsin__V1__Notice notices[PAGE_NOTICES];
    Tocsin__V1__Notice *list[PAGE_NOTICES];
    bool ours = sync->epoch.len == EPOCH_SIZE &&
                memcmp(sync->epoch.data, stage->epoch, EPOCH_SIZE) == 0;
    bool anew = stage->begins_anew && sync->after > 0;
    bool back = ours && is_of_another_line(stage, sync->mark);
    uint64_t at = ours && !anew && !back ? sync->after : 0;
    uint8_t mark[LINE_MARK_SIZE];
    Tocsin__V1__Mark here = TOCSIN__V1__MARK__INIT;
    const struct entry *entry;
    struct states states;

    if (anew) {
        stage->begins_anew = false;
        stage->anew = true;
    }
    fill_states(stage, &states);
    page.from_start = at == 0;
    page.turned_back = back;
    while (page.n_notices < PAGE_NOTICES &&
           (entry = next_after(stage, at)) != NULL &&
           (!stage->anew || entry->sequence <= stage->anew_head)) {
        at = entry->sequence;
        issue_fill(entry, (struct blob){entry->document, entry->size},
                   &notices[page.n_notices]);
        list[page.n_notices] = &notices[page.n_notices];
        page.n_notices++;
    }
    page.notices = list;
    entry = next_after(stage, at);
    page.more =
        entry != NULL && (!stage->anew || entry->sequence <= stage->anew_head);
    page.next = at;
    page.epoch = (ProtobufCBinaryData){EPOCH_SIZE, stage->epoch};
    page.generation = stage->generation;
    page.head = stage->anew ? stage->anew_head : stage->head;
    here.sequence = stage->head;
    here.chain = mark_at(stage, stage->head, mark);
    page.mark = stage->unmarked ? NULL : &here;
    stage->anew = stage->anew && page.more;
    page.topics = states.list;
    page.n_topics = HELD_TOPICS;
    reply->body_case = TOCSIN__V1__REPLY__BODY_SYNC_PAGE;
    reply->sync_page = &page;
    throw_reply(stage, reply);
    for (size_t i = 0; i < page.n_notices; i++)
        tocsin__v1__signed_alert__free_unpacked(notices[i].document, NULL);
}

static void answer_picture(struct stage *stage,
                           const Tocsin__V1__GetPicture *get,
                           Tocsin__V1__Reply *reply)
{
    Tocsin__V1__PictureChunk chunk = TOCSIN__V1__PICTURE_CHUNK__INIT;
    size_t left = PICTURE_BYTES - get->offset;

    chunk.offset = get->offset;
    chunk.size = PICTURE_BYTES;
    chunk.data.data = stage->picture + get->offset;
    chunk.data.len = left < PICTURE_PIECE_MAX ? left : PICTURE_PIECE_MAX;
    reply->body_case = TOCSIN__V1__REPLY__BODY_PICTURE_CHUNK;
    reply->picture_chunk = &chunk;
    throw_reply(stage, reply);
}

static bool is_sighting(struct stage *stage,
                        const Tocsin__V1__SignedAnswer *sealed)
{
    const Tocsin__V1__Answer *answer;
    struct complaint complaint;

    return answer_open(&answer, &stage->arena, sealed, &complaint) ==
               STATUS_OK &&
           answer->rung >= TOCSIN__V1__RUNG__RUNG_SIGHTING;
}

/* After its answer, from where it is, and as it was given. */
static void take_photograph(struct stage *stage,
                            const Tocsin__V1__PutPicture *put,
                            Tocsin__V1__Reply *reply)
{
    Tocsin__V1__PictureReceipt receipt = TOCSIN__V1__PICTURE_RECEIPT__INIT;

    ck_assert_uint_eq(put->picture->size, PHOTOGRAPH_BYTES);
    if (!stage->sighted) {
        reply->status = TOCSIN__V1__STATUS__STATUS_NOT_FOUND;
        throw_reply(stage, reply);
        return;
    }
    if (put->offset == stage->photographed) {
        ck_assert_mem_eq(put->data.data, stage->picture + put->offset,
                         put->data.len);
        stage->photographed += (uint32_t)put->data.len;
    }
    receipt.have = stage->photographed;
    reply->body_case = TOCSIN__V1__REPLY__BODY_PICTURE_RECEIPT;
    reply->picture_receipt = &receipt;
    if (receipt.have == PHOTOGRAPH_BYTES) {
        reply->status = TOCSIN__V1__STATUS__STATUS_RECORDED;
        reply->sequence = ++stage->head;
        stage->photographed = 0;
    }
    throw_reply(stage, reply);
}

static bool is_alert(const Tocsin__V1__AlertDocument *document)
{
    return document->kind_case == TOCSIN__V1__ALERT_DOCUMENT__KIND_ALERT;
}

static bool is_of(const Tocsin__V1__AlertDocument *document, int number)
{
    const char *id = is_alert(document) ? document->alert->alert_id
                                        : document->withdrawal->alert_id;
    char name[16];

    snprintf(name, sizeof name, "A%d", number);
    return strcmp(stage_alert_id(name), id) == 0;
}

/* The broker has lost it and takes it as it comes. */
static void take_back(struct stage *stage,
                      const Tocsin__V1__HandBack *hand_back,
                      Tocsin__V1__Reply *reply)
{
    Tocsin__V1__AlertDocument *document = tocsin__v1__alert_document__unpack(
        NULL, hand_back->alert->content.len, hand_back->alert->content.data);
    int number = 0;

    ck_assert(document != NULL);
    while (number < ALERTS_MAX && !is_of(document, number))
        number++;
    if (number < ALERTS_MAX) {
        struct entry *entry = &stage->entries[number];

        free(entry->document);
        entry->document = encode(&hand_back->alert->base, &entry->size);
        entry->known = true;
        entry->live = is_alert(document);
        entry->revision = entry->live ? document->alert->revision
                                      : document->withdrawal->revision;
        entry->sequence = ++stage->head;
        entry->recorded_ms = stage->true_ms + stage->broker_wrong_ms;
    }
    tocsin__v1__alert_document__free_unpacked(document, NULL);
    reply->status = TOCSIN__V1__STATUS__STATUS_RECORDED;
    reply->sequence = stage->head;
    throw_reply(stage, reply);
}

static void answer_one(struct stage *stage, const Tocsin__V1__Request *request)
{
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;

    reply.request_id = request->request_id;
    reply.status = TOCSIN__V1__STATUS__STATUS_OK;
    switch (request->body_case) {
    case TOCSIN__V1__REQUEST__BODY_HEARTBEAT:
        answer_heartbeat(stage, &reply);
        break;
    case TOCSIN__V1__REQUEST__BODY_GET_KEYS:
        answer_keys(stage, &reply);
        break;
    case TOCSIN__V1__REQUEST__BODY_SYNC:
        answer_sync(stage, request->sync, &reply);
        break;
    case TOCSIN__V1__REQUEST__BODY_GET_PICTURE:
        answer_picture(stage, request->get_picture, &reply);
        break;
    case TOCSIN__V1__REQUEST__BODY_PUT_PICTURE:
        take_photograph(stage, request->put_picture, &reply);
        break;
    case TOCSIN__V1__REQUEST__BODY_HAND_BACK:
        take_back(stage, request->hand_back, &reply);
        break;
    case TOCSIN__V1__REQUEST__BODY_ACKNOWLEDGE:
        if (is_sighting(stage, request->acknowledge->answer))
            stage->sighted = true;
        /* fall through */
    default:
        reply.status = TOCSIN__V1__STATUS__STATUS_RECORDED;
        reply.sequence = ++stage->head;
        throw_reply(stage, &reply);
    }
}

static void refuse_one(struct stage *stage, const Tocsin__V1__Request *request,
                       Tocsin__V1__Status status)
{
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;

    reply.request_id = request->request_id;
    reply.status = status;
    reply.reason = (char *)(uintptr_t) "so the script wants it";
    reply.retry_after_ms = stage->retry_ms;
    if (status == TOCSIN__V1__STATUS__STATUS_INVALID)
        reply.field = (char *)(uintptr_t) "body";
    if (stage->refused_field != NULL)
        reply.field = (char *)(uintptr_t)stage->refused_field;
    throw_reply(stage, &reply);
}

/* status OK: to everything, also to what is asked meanwhile unless once. */
void desk_answer(struct stage *stage, Tocsin__V1__Status status, bool once)
{
    bool good = status == TOCSIN__V1__STATUS__STATUS_OK;
    size_t count = stage->asked_count;

    while (stage->asked_count > 0 && ((good && !once) || count-- > 0)) {
        struct asked asked = stage->asked[0];
        Tocsin__V1__Request *request =
            tocsin__v1__request__unpack(NULL, asked.size, asked.bytes);

        ck_assert_ptr_nonnull(request);
        memmove(stage->asked, stage->asked + 1,
                --stage->asked_count * sizeof asked);
        if (good)
            answer_one(stage, request);
        else
            refuse_one(stage, request, status);
        tocsin__v1__request__free_unpacked(request, NULL);
        free(asked.bytes);
    }
}

void desk_push(struct stage *stage, const struct entry *entry)
{
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;
    Tocsin__V1__FeedPayload payload = TOCSIN__V1__FEED_PAYLOAD__INIT;
    Tocsin__V1__Notice notice;

    issue_fill(entry, (struct blob){entry->document, entry->size}, &notice);
    payload.kind_case = TOCSIN__V1__FEED_PAYLOAD__KIND_NOTICE;
    payload.notice = &notice;
    reply.status = TOCSIN__V1__STATUS__STATUS_OK;
    reply.body_case = TOCSIN__V1__REPLY__BODY_PUSH;
    reply.push = &payload;
    throw_reply(stage, &reply);
    tocsin__v1__signed_alert__free_unpacked(notice.document, NULL);
}

void desk_deny(struct stage *stage)
{
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;

    reply.status = TOCSIN__V1__STATUS__STATUS_DENIED;
    reply.field = (char *)(uintptr_t) "principal";
    throw_reply(stage, &reply);
}

void desk_purge(struct stage *stage, int number)
{
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;
    Tocsin__V1__FeedPayload payload = TOCSIN__V1__FEED_PAYLOAD__INIT;
    Tocsin__V1__Purge purge = TOCSIN__V1__PURGE__INIT;
    char name[16];

    snprintf(name, sizeof name, "A%d", number);
    purge.alert_id = (char *)(uintptr_t)stage_alert_id(name);
    payload.kind_case = TOCSIN__V1__FEED_PAYLOAD__KIND_PURGE;
    payload.purge = &purge;
    reply.status = TOCSIN__V1__STATUS__STATUS_OK;
    reply.body_case = TOCSIN__V1__REPLY__BODY_PUSH;
    reply.push = &payload;
    throw_reply(stage, &reply);
}
