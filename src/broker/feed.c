/* The feed: one sealed message per topic, and the beacon. */
#include "broker/core_private.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "domain/concern.h"

#define BEACON_TOPICS_MAX 140
#define BEACON_WINDOW_S 30

Tocsin__V1__Notice *feed_notice(struct arena *arena, const struct alert *alert,
                                const char *division,
                                const struct principal *node)
{
    Tocsin__V1__Notice *notice =
        arena_message(arena, &tocsin__v1__notice__descriptor);

    notice->sequence = alert_told(alert, division);
    notice->recorded_ms = alert->recorded_ms;
    notice->case_number = (char *)(uintptr_t)alert->case_number;
    notice->prefixes = arena_take(arena, sizeof *notice->prefixes);
    /* they are disjoint: at most one holds the receiver */
    for (size_t i = 0; i < alert->prefix_count && notice->n_prefixes == 0;
         i++) {
        if (prefix_contains(alert->prefixes[i], division))
            notice->prefixes[notice->n_prefixes++] = alert->prefixes[i];
    }
    if (alert->document != NULL) /* not sealed */
        notice->document = decode(arena, &tocsin__v1__signed_alert__descriptor,
                                  alert->document, alert->document_size, NULL);
    notice->expired =
        alert->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_EXPIRED;
    notice->ring = rings_notice(arena, alert, node);
    return notice;
}

/* A topic's key of the generation that it was last made of. */
struct feed_key {
    uint32_t generation;
    uint8_t key[32];
};

void feed_free(struct broker *broker)
{
    size_t cursor = 0;
    struct feed_key *held;

    while ((held = map_next(broker->feed_keys, &cursor)) != NULL) {
        sodium_memzero(held, sizeof *held);
        free(held);
    }
    map_free(broker->feed_keys);
}

static const uint8_t *key_of(struct broker *broker, const char *topic,
                             uint32_t generation)
{
    size_t size = strlen(topic);
    struct feed_key *held = map_get(broker->feed_keys, topic, size);

    if (held != NULL && held->generation == generation)
        return held->key;
    if (held == NULL) {
        held = must_calloc(1, sizeof *held);
        (void)map_put(broker->feed_keys, topic, size, held);
    }
    held->generation = generation;
    topic_key(held->key, broker->config.master, topic, generation);
    return held->key;
}

uint8_t *feed_seal_payload(struct broker *broker, const char *topic,
                           const struct feed_header *header,
                           const Tocsin__V1__FeedPayload *payload, size_t *size)
{
    size_t used = broker->arena.used;
    size_t plain_size = protobuf_c_message_get_packed_size(&payload->base);
    uint8_t *plain = arena_take(&broker->arena, plain_size);
    uint8_t *bytes;

    (void)protobuf_c_message_pack(&payload->base, plain);
    bytes = feed_seal(header, topic, key_of(broker, topic, header->generation),
                      plain, plain_size, size);
    broker->arena.used = used;
    if (bytes == NULL)
        broker->ports.say(broker->ports.arg, LEVEL_ERROR, "feed.too-large",
                          topic);
    return bytes;
}

static void publish(struct broker *broker, const char *topic,
                    const struct feed_header *header,
                    const Tocsin__V1__FeedPayload *payload)
{
    size_t size;
    uint8_t *bytes = feed_seal_payload(broker, topic, header, payload, &size);

    if (bytes == NULL)
        return;
    broker->ports.publish(broker->ports.arg, topic, bytes, size);
    free(bytes);
}

/* On one topic of the alert. */
static void publish_on(struct broker *broker, const struct alert *alert,
                       size_t number, const Tocsin__V1__FeedPayload *payload,
                       uint64_t previous)
{
    struct feed_header header = {broker->book->epoch, alert->sequence, previous,
                                 broker->book->generation};
    char topic[TOPIC_MAX];

    topic_make(topic, alert->exercise, alert->prefixes[number]);
    publish(broker, topic, &header, payload);
}

/* A ring that widens is news on some of the alert's topics only. */
static bool is_news(const struct alert *alert, size_t number)
{
    return alert->told[number] == alert->sequence;
}

/* Of the picture that the alert names, also where a restore has lost it. */
static void publish_thumbnail(struct broker *broker, const struct alert *alert)
{
    Tocsin__V1__FeedPayload payload = TOCSIN__V1__FEED_PAYLOAD__INIT;
    Tocsin__V1__Thumbnail thumbnail = TOCSIN__V1__THUMBNAIL__INIT;
    const Tocsin__V1__Alert *content;

    arena_reset(&broker->arena);
    content = alert_content(alert, &broker->arena);
    if (content == NULL || content->picture == NULL)
        return; /* nobody takes it */
    thumbnail.alert_id = (char *)(uintptr_t)alert->id;
    thumbnail.hash = content->picture->hash;
    thumbnail.media_type = (char *)(uintptr_t) "image/jpeg";
    thumbnail.image = bytes_of(alert->thumbnail, alert->thumbnail_size);
    payload.kind_case = TOCSIN__V1__FEED_PAYLOAD__KIND_THUMBNAIL;
    payload.thumbnail = &thumbnail;
    for (size_t i = 0; i < alert->prefix_count; i++) {
        if (is_news(alert, i))
            publish_on(broker, alert, i, &payload, alert->sequence);
    }
}

/* On this topic of the alert and those that follow. */
static void publish_notice(struct broker *broker, const struct alert *alert,
                           size_t number)
{
    Tocsin__V1__FeedPayload payload = TOCSIN__V1__FEED_PAYLOAD__INIT;

    payload.kind_case = TOCSIN__V1__FEED_PAYLOAD__KIND_NOTICE;
    arena_reset(&broker->arena);
    payload.notice =
        feed_notice(&broker->arena, alert, alert->prefixes[0], NULL);
    if (payload.notice->document == NULL)
        return; /* sealed: there is nothing left to tell */
    for (; number < alert->prefix_count; number++) {
        if (!is_news(alert, number))
            continue;
        payload.notice->prefixes[0] = alert->prefixes[number];
        payload.notice->sequence = alert->sequence;
        publish_on(broker, alert, number, &payload, alert->previous[number]);
    }
}

static bool publish_ready(struct broker *broker, const struct alert *alert,
                          size_t number)
{
    const struct sealed_message *ready = ahead_message(broker, alert, number);
    char topic[TOPIC_MAX];

    if (ready == NULL)
        return false;
    topic_make(topic, alert->exercise, alert->prefixes[number]);
    broker->ports.publish(broker->ports.arg, topic, ready->bytes, ready->size);
    return true;
}

void feed_alert(struct broker *broker, const struct alert *alert)
{
    size_t number = 0;

    while (number < alert->prefix_count && publish_ready(broker, alert, number))
        number++;
    if (number < alert->prefix_count)
        publish_notice(broker, alert, number);
    if (alert->thumbnail != NULL &&
        alert->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE)
        publish_thumbnail(broker, alert);
}

/* ---- the beacon ---------------------------------------------------------- */

void feed_second(struct broker *broker)
{
    memmove(broker->heads + 1, broker->heads,
            sizeof broker->heads - sizeof *broker->heads);
    broker->heads[0] = broker->book->head;
    broker->seconds++;
}

void feed_topic_state(const struct broker *broker, const char *topic,
                      Tocsin__V1__TopicState *out)
{
    static const uint8_t none[DIGEST_SIZE];
    const struct topic_state *state = book_topic(broker->book, topic);

    tocsin__v1__topic_state__init(out);
    out->topic = (char *)(uintptr_t)(state != NULL ? state->topic : topic);
    out->last = state != NULL ? state->last : 0;
    out->count = state != NULL ? state->count : 0;
    out->digest = bytes_of(state != NULL ? state->digest : none, DIGEST_SIZE);
}

static int newest_first(const void *a, const void *b)
{
    const struct topic_state *left = *(const struct topic_state *const *)a;
    const struct topic_state *right = *(const struct topic_state *const *)b;

    return (left->last < right->last) - (left->last > right->last);
}

/* Topics with a message after since, newest first. In a young broker since
 * reaches back as far as fits, for those that a restart took by surprise. */
static struct topic_state **changed_topics(const struct broker *broker,
                                           uint64_t since, size_t *count)
{
    size_t cursor = 0;
    struct topic_state *state;
    struct topic_state **list =
        must_calloc(map_count(broker->book->topics) + 1, sizeof *list);

    *count = 0;
    while ((state = map_next(broker->book->topics, &cursor)) != NULL) {
        if (state->last > since)
            list[(*count)++] = state;
    }
    qsort(list, *count, sizeof *list, newest_first);
    return list;
}

static void fill_beacon(struct broker *broker, Tocsin__V1__Beacon *beacon)
{
    uint64_t since =
        broker->seconds > BEACON_WINDOW_S ? broker->heads[BEACON_WINDOW_S] : 0;
    size_t count;
    struct topic_state **list = changed_topics(broker, since, &count);

    beacon->since = since;
    if (count > BEACON_TOPICS_MAX) {
        beacon->since = list[BEACON_TOPICS_MAX]->last;
        count = BEACON_TOPICS_MAX;
        /* topics that share the cut sequence are told all or not at all */
        while (count > 0 && list[count - 1]->last == beacon->since)
            count--;
    }
    beacon->n_topics = count;
    beacon->topics =
        arena_take(&broker->arena, (count + 1) * sizeof *beacon->topics);
    for (size_t i = 0; i < count; i++) {
        beacon->topics[i] =
            arena_take(&broker->arena, sizeof *beacon->topics[i]);
        feed_topic_state(broker, list[i]->topic, beacon->topics[i]);
    }
    free(list);
}

void feed_beacon(struct broker *broker, int64_t now_ms)
{
    Tocsin__V1__FeedPayload payload = TOCSIN__V1__FEED_PAYLOAD__INIT;
    Tocsin__V1__Beacon beacon = TOCSIN__V1__BEACON__INIT;
    struct feed_header header = {broker->book->epoch, broker->book->head, 0,
                                 broker->book->generation};

    arena_reset(&broker->arena);
    beacon.head = broker->book->head;
    beacon.time_ms = now_ms;
    beacon.interval_ms = (uint32_t)broker->config.beacon_ms;
    beacon.chain = line_chain(broker);
    fill_beacon(broker, &beacon);
    payload.kind_case = TOCSIN__V1__FEED_PAYLOAD__KIND_BEACON;
    payload.beacon = &beacon;
    publish(broker, BEACON_TOPIC, &header, &payload);
}
