/* The scripted broker's alerts: made, signed, published on the feed. */
#include "stage_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "wire/rings.h"

#define LIFE_MS (10LL * 24 * 3600 * 1000)

static Tocsin__V1__Text action = {
    .base = PROTOBUF_C_MESSAGE_INIT(&tocsin__v1__text__descriptor),
    .language = (char *)(uintptr_t) "en",
    .text = (char *)(uintptr_t) "Keep the child with you and call."};

struct draft {
    Tocsin__V1__Alert alert;
    Tocsin__V1__Child child;
    Tocsin__V1__AgeRange age;
    Tocsin__V1__LastSeen seen;
    Tocsin__V1__Place place;
    Tocsin__V1__Point point;
    Tocsin__V1__Target target;
    Tocsin__V1__Circle circle;
    Tocsin__V1__Circle *circles[1];
    Tocsin__V1__Text *actions[1];
    Tocsin__V1__Picture picture;
    Tocsin__V1__Rings rings;
    Tocsin__V1__RingStep steps[RING_STEPS_MAX];
    Tocsin__V1__RingStep *list[RING_STEPS_MAX];
    uint8_t hash[32];
};

static void draft_parts(struct draft *draft)
{
    tocsin__v1__alert__init(&draft->alert);
    tocsin__v1__child__init(&draft->child);
    tocsin__v1__age_range__init(&draft->age);
    tocsin__v1__last_seen__init(&draft->seen);
    tocsin__v1__place__init(&draft->place);
    tocsin__v1__point__init(&draft->point);
    tocsin__v1__target__init(&draft->target);
    tocsin__v1__circle__init(&draft->circle);
    tocsin__v1__picture__init(&draft->picture);
    draft->circles[0] = &draft->circle;
    draft->actions[0] = &action;
    draft->circle.centre = &draft->point;
    draft->target.circles = draft->circles;
    draft->target.n_circles = 1;
    draft->place.point = &draft->point;
    draft->seen.place = &draft->place;
    draft->child.age = &draft->age;
    draft->alert.child = &draft->child;
    draft->alert.last_seen = &draft->seen;
    draft->alert.target = &draft->target;
    draft->alert.action = draft->actions;
    draft->alert.n_action = 1;
}

/* Half a degree away: 56 km, an hour after the first. */
static void draft_rings(struct draft *draft)
{
    struct complaint complaint;

    ck_assert(rings_read("10@0,100@1h,air=0,rail=0,road=0,water=0",
                         &draft->rings, draft->steps, draft->list, &complaint));
    draft->alert.rings = &draft->rings;
    draft->point.latitude += 0.5;
    draft->circle.radius_km = 100;
}

static void draft_alert(const struct stage *stage, const struct issue *issue,
                        struct draft *draft)
{
    char name[16];

    draft_parts(draft);
    snprintf(name, sizeof name, "A%d", issue->number);
    draft->alert.alert_id = (char *)(uintptr_t)stage_alert_id(name);
    draft->alert.revision = issue->revision;
    draft->alert.exercise = issue->exercise;
    draft->alert.sent_ms = stage->true_ms;
    draft->alert.expires_ms = stage->true_ms + LIFE_MS;
    draft->child.sex = TOCSIN__V1__SEX__SEX_MALE;
    draft->child.name = (char *)(uintptr_t) "Lele";
    draft->age.min_months = 60;
    draft->age.max_months = 72;
    draft->seen.time_ms = stage->true_ms - 1000;
    draft->point.latitude = issue->elsewhere ? 39.9 : 22.53;
    draft->point.longitude = issue->elsewhere ? 116.4 : 113.93;
    draft->circle.radius_km = 10;
    if (issue->ringed)
        draft_rings(draft);
    if (!issue->pictured)
        return;
    hash_bytes(draft->hash, stage->picture, PICTURE_BYTES);
    draft->picture.hash = (ProtobufCBinaryData){32, draft->hash};
    draft->picture.media_type = (char *)(uintptr_t) "image/jpeg";
    draft->picture.size = PICTURE_BYTES;
    draft->alert.picture = &draft->picture;
}

static uint8_t *sign_issue(const struct stage *stage, const struct issue *issue,
                           const struct bundle *centre, size_t *size)
{
    Tocsin__V1__AlertDocument document = TOCSIN__V1__ALERT_DOCUMENT__INIT;
    Tocsin__V1__Withdrawal withdrawal = TOCSIN__V1__WITHDRAWAL__INIT;
    struct draft draft;
    uint8_t *bytes = NULL;

    draft_alert(stage, issue, &draft);
    document.kind_case = TOCSIN__V1__ALERT_DOCUMENT__KIND_ALERT;
    document.alert = &draft.alert;
    if (issue->withdrawal) {
        withdrawal.alert_id = draft.alert.alert_id;
        withdrawal.revision = issue->revision;
        withdrawal.exercise = issue->exercise;
        withdrawal.sent_ms = stage->true_ms;
        withdrawal.reason = 1;
        document.kind_case = TOCSIN__V1__ALERT_DOCUMENT__KIND_WITHDRAWAL;
        document.withdrawal = &withdrawal;
    }
    ck_assert_int_eq(document_sign(&document, centre, &bytes, size, NULL),
                     STATUS_OK);
    return bytes;
}

void issue_fill(const struct entry *entry, struct blob document,
                Tocsin__V1__Notice *notice)
{
    static char *prefixes[1];
    static Tocsin__V1__RingNotice rings[4]; /* of a page */
    static unsigned used;
    Tocsin__V1__RingNotice *ring = &rings[used++ % 4];

    prefixes[0] = (char *)(uintptr_t)entry->prefix;
    tocsin__v1__notice__init(notice);
    notice->sequence = entry->sequence;
    notice->recorded_ms = entry->recorded_ms;
    notice->case_number = (char *)(uintptr_t) "440305-2026-000017";
    notice->prefixes = prefixes;
    notice->n_prefixes = 1;
    notice->expired = entry->expired;
    tocsin__v1__ring_notice__init(ring);
    ring->step = entry->reached_ms >= 3600000 ? 2 : 1;
    ring->reached_ms = entry->reached_ms;
    ring->reached = entry->come;
    if (entry->ringed && !entry->silent)
        notice->ring = ring;
    notice->document =
        tocsin__v1__signed_alert__unpack(NULL, document.size, document.data);
    ck_assert_ptr_nonnull(notice->document);
}

/* On a topic, in its chain, under the key of the generation in force. */
static void publish(struct stage *stage, const char *topic,
                    const Tocsin__V1__FeedPayload *payload, uint64_t sequence)
{
    struct feed_header header = {stage->epoch, sequence, 0, stage->generation};
    uint8_t key[32];
    size_t size;
    uint8_t *packed = encode(&payload->base, &size);
    uint8_t *sealed;

    for (int i = 0; i < HELD_TOPICS; i++) {
        if (strcmp(stage->topics[i], topic) == 0) {
            header.previous = stage->last[i];
            stage->last[i] = sequence;
        }
    }
    topic_key(key, stage->master, topic, stage->generation);
    sealed =
        feed_seal(&header, topic, key, packed, size, &stage->last_feed_size);
    ck_assert_ptr_nonnull(sealed);
    memcpy(stage->last_feed, sealed, stage->last_feed_size);
    free(sealed);
    free(packed);
    if (!stage->deaf)
        stage_throw_feed(stage, topic, stage_last_feed(stage));
}

void issue_send(struct stage *stage, const struct entry *entry,
                struct blob document)
{
    Tocsin__V1__FeedPayload payload = TOCSIN__V1__FEED_PAYLOAD__INIT;
    Tocsin__V1__Notice notice;
    char topic[TOPIC_MAX];

    issue_fill(entry, document, &notice);
    if (notice.ring != NULL)
        notice.ring->reached = false; /* that is only told to one alone */
    payload.kind_case = TOCSIN__V1__FEED_PAYLOAD__KIND_NOTICE;
    payload.notice = &notice;
    topic_make(topic, entry->exercise, entry->prefix);
    publish(stage, topic, &payload, stage->head);
    tocsin__v1__signed_alert__free_unpacked(notice.document, NULL);
}

void issue_publish(struct stage *stage, const struct issue *issue)
{
    struct entry *entry = &stage->entries[issue->number];

    free(entry->document);
    entry->document = sign_issue(stage, issue, &stage->centre, &entry->size);
    if (entry->first == NULL) {
        entry->first = must_memdup(entry->document, entry->size);
        entry->first_size = entry->size;
        entry->first_recorded_ms = stage->true_ms + stage->broker_wrong_ms;
    }
    entry->known = true;
    entry->revision = issue->revision;
    entry->live = !issue->withdrawal;
    entry->expired = false;
    entry->exercise = issue->exercise;
    entry->pictured = issue->pictured;
    entry->ringed = issue->ringed && !issue->withdrawal;
    entry->reached_ms = 0;
    entry->sequence = ++stage->head;
    entry->recorded_ms = stage->true_ms + stage->broker_wrong_ms;
    snprintf(entry->prefix, sizeof entry->prefix, "%s", issue->prefix);
    issue_send(stage, entry, (struct blob){entry->document, entry->size});
}

void issue_ring(struct stage *stage, struct entry *entry)
{
    entry->reached_ms = 3600000;
    entry->sequence = ++stage->head;
    issue_send(stage, entry, (struct blob){entry->document, entry->size});
}

void issue_expire(struct stage *stage, struct entry *entry)
{
    entry->expired = true;
    entry->live = false;
    entry->sequence = ++stage->head;
    issue_send(stage, entry, (struct blob){entry->document, entry->size});
}

void issue_forget(struct stage *stage, struct entry *entry)
{
    entry->sequence = ++stage->head;
    free(entry->document);
    entry->document = must_memdup(entry->first, entry->first_size);
    entry->size = entry->first_size;
    entry->recorded_ms = entry->first_recorded_ms;
    entry->known = true;
    entry->revision = 1;
    entry->live = true;
    entry->expired = false;
}

void issue_thumbnail(struct stage *stage, int number, bool other)
{
    static uint8_t image[] = {0xff, 0xd8, 0xff, 0xe0, 1, 2, 3, 4};
    Tocsin__V1__FeedPayload payload = TOCSIN__V1__FEED_PAYLOAD__INIT;
    Tocsin__V1__Thumbnail thumbnail = TOCSIN__V1__THUMBNAIL__INIT;
    uint8_t hash[32];
    char name[16];
    char topic[TOPIC_MAX];

    snprintf(name, sizeof name, "A%d", number);
    hash_bytes(hash, stage->picture, PICTURE_BYTES);
    hash[0] ^= other;
    thumbnail.alert_id = (char *)(uintptr_t)stage_alert_id(name);
    thumbnail.hash = (ProtobufCBinaryData){sizeof hash, hash};
    thumbnail.media_type = (char *)(uintptr_t) "image/jpeg";
    thumbnail.image = (ProtobufCBinaryData){sizeof image, image};
    payload.kind_case = TOCSIN__V1__FEED_PAYLOAD__KIND_THUMBNAIL;
    payload.thumbnail = &thumbnail;
    topic_make(topic, false, "4403");
    publish(stage, topic, &payload, stage->head);
}

/* forged: by a centre that no authority knows. misused: an exercise, signed
 * with the key for actual alerts. crossed: an exercise, properly signed, that
 * withdraws an actual alert. */
void issue_twisted(struct stage *stage, int number, const char *how)
{
    struct issue issue = {.number = number, .revision = 1, .prefix = "4403"};
    struct bundle centre = stage->centre;
    struct entry entry = {.prefix = "4403"};
    size_t size;
    uint8_t *document;

    if (strcmp(how, "forged") == 0)
        keypair_make(&centre.key);
    if (strcmp(how, "misused") == 0) {
        issue.exercise = true;
        centre.exercise_key = centre.key;
    }
    if (strcmp(how, "crossed") == 0) {
        issue.exercise = true;
        issue.withdrawal = true;
        issue.revision = 9;
    }
    document = sign_issue(stage, &issue, &centre, &size);
    entry.sequence = ++stage->head;
    entry.exercise = issue.exercise;
    issue_send(stage, &entry, (struct blob){document, size});
    free(document);
}
