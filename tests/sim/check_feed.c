/* What the broker tells everybody. */
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "faces.h"
#include "wire/seal.h"
#include "world.h"

static bool is_live(const struct model_alert *alert)
{
    return alert->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE;
}

void check_notice(struct world *world, const Tocsin__V1__Notice *notice)
{
    const struct paper *paper = paper_of(&world->papers, notice->document);
    const struct model_alert *alert;

    if (paper == NULL)
        broken(world, "nothing is told that a centre has not signed",
               "sequence %llu", (unsigned long long)notice->sequence);
    model_read(world->model, broker_book(world->host.broker)->head);
    alert = model_alert(world->model, paper->alert_id);
    if (alert == NULL || paper->revision > alert->revision ||
        notice->sequence > world->host.disk.durable)
        broken(world, "nothing goes out that is not recorded", "%s r%u",
               paper->alert_id, paper->revision);
    if (paper->revision != alert->revision ||
        alert->history[alert->revision - 1].paper != paper ||
        notice->expired !=
            (alert->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_EXPIRED))
        broken(world, "only the newest revision is told, as it stands",
               "%s r%u, the newest is r%u", paper->alert_id, paper->revision,
               alert->revision);
    check_ring_notice(world, alert, paper, notice);
}

/* ---- thumbnails ---------------------------------------------------------- */

/* Where an alert goes out that has one, of the photograph that it names. */
static void owe_face(struct world *world, const Tocsin__V1__Notice *notice)
{
    const struct paper *paper = paper_of(&world->papers, notice->document);
    struct model_alert *alert = model_alert(world->model, paper->alert_id);

    if (is_live(alert) && alert->face != 0 && paper->picture != NULL)
        alert->unfaced++;
}

static void check_face(struct world *world,
                       const Tocsin__V1__Thumbnail *thumbnail)
{
    struct model_alert *alert = model_alert(world->model, thumbnail->alert_id);
    const struct paper *paper =
        alert != NULL ? alert->history[alert->revision - 1].paper : NULL;
    struct blob image = {thumbnail->image.data, thumbnail->image.len};

    if (paper == NULL || !is_live(alert) || alert->face == 0 ||
        face_read(image, paper) != alert->face || paper->picture == NULL ||
        thumbnail->hash.len != sizeof paper->picture->hash ||
        memcmp(thumbnail->hash.data, paper->picture->hash,
               thumbnail->hash.len) != 0)
        broken(world, "an alert's own thumbnail is told, and no other", "%s",
               thumbnail->alert_id);
    if (alert->unfaced == 0)
        broken(world, "a thumbnail follows its alert, once a topic", "%s",
               thumbnail->alert_id);
    alert->unfaced--;
}

static void check_all_faced(struct world *world)
{
    for (size_t i = 0; i < world->model->alert_count; i++) {
        if (world->model->alerts[i]->unfaced > 0)
            broken(world, "a thumbnail follows its alert, once a topic", "%s",
                   world->model->alerts[i]->id);
    }
}

static void check_chain(struct world *world, const char *topic,
                        const Tocsin__V1__FeedMessage *message,
                        const Tocsin__V1__FeedPayload *payload)
{
    const struct model_topic *state = model_topic(world->model, topic);
    bool notice = payload->kind_case == TOCSIN__V1__FEED_PAYLOAD__KIND_NOTICE;

    if (state == NULL || message->sequence != state->last ||
        message->previous != (notice ? state->before : state->last))
        broken(world, "each message of a topic names the one before it",
               "%s: %llu after %llu", topic,
               (unsigned long long)message->sequence,
               (unsigned long long)message->previous);
}

/* ---- beacons ------------------------------------------------------------- */

static void tally(const struct model *model, const char *topic, uint32_t *count,
                  uint8_t digest[DIGEST_SIZE])
{
    memset(digest, 0, DIGEST_SIZE);
    *count = 0;
    for (size_t i = 0; i < model->alert_count; i++) {
        const struct model_alert *alert = model->alerts[i];

        for (size_t j = 0; is_live(alert) && j < alert->prefix_count; j++) {
            char own[TOPIC_MAX];

            topic_make(own, alert->exercise, alert->prefixes[j]);
            if (strcmp(own, topic) != 0)
                continue;
            digest_toggle(digest, alert->id, alert->revision);
            ++*count;
        }
    }
}

static void check_topic_state(struct world *world,
                              const Tocsin__V1__TopicState *told)
{
    const struct model_topic *topic = model_topic(world->model, told->topic);
    uint8_t digest[DIGEST_SIZE];
    uint32_t count;

    tally(world->model, told->topic, &count, digest);
    if (told->last != (topic != NULL ? topic->last : 0) ||
        told->count != count || told->digest.len != DIGEST_SIZE ||
        memcmp(told->digest.data, digest, DIGEST_SIZE) != 0)
        broken(world, "beacons tell each topic's live alerts as they are", "%s",
               told->topic);
}

static bool names(const Tocsin__V1__Beacon *beacon, const char *topic)
{
    for (size_t i = 0; i < beacon->n_topics; i++) {
        if (strcmp(beacon->topics[i]->topic, topic) == 0)
            return true;
    }
    return false;
}

static void check_beacon(struct world *world, const Tocsin__V1__Beacon *beacon)
{
    struct host *host = &world->host;
    const struct model *model = world->model;

    check_all_faced(world);
    if (beacon->head != broker_book(host->broker)->head)
        broken(world, "beacons tell the head", "%llu",
               (unsigned long long)beacon->head);
    for (size_t i = 0; i < beacon->n_topics; i++)
        check_topic_state(world, beacon->topics[i]);
    for (size_t i = 0; i < model->topic_count; i++) {
        if (model->topics[i].last > beacon->since &&
            !names(beacon, model->topics[i].topic))
            broken(world, "beacons name every topic that has changed", "%s",
                   model->topics[i].topic);
    }
    host->told =
        must_realloc(host->told, host->told_count + 1, sizeof *host->told);
    host->told[host->told_count++] = (struct told){world->now_ms, beacon->head};
}

static void check_payload(struct world *world, const char *topic,
                          const Tocsin__V1__FeedMessage *message,
                          const Tocsin__V1__FeedPayload *payload)
{
    model_read(world->model, broker_book(world->host.broker)->head);
    if (payload->kind_case == TOCSIN__V1__FEED_PAYLOAD__KIND_BEACON) {
        check_beacon(world, payload->beacon);
        return;
    }
    if (payload->kind_case == TOCSIN__V1__FEED_PAYLOAD__KIND_THUMBNAIL)
        check_face(world, payload->thumbnail);
    if (payload->kind_case == TOCSIN__V1__FEED_PAYLOAD__KIND_NOTICE) {
        check_notice(world, payload->notice);
        owe_face(world, payload->notice);
    }
    check_chain(world, topic, message, payload);
}

void check_publication(struct world *world, const char *topic,
                       const uint8_t *bytes, size_t size)
{
    size_t before = world->reading.used;
    const Tocsin__V1__FeedMessage *message = tocsin__v1__feed_message__unpack(
        &world->reading.allocator, size, bytes);
    const Tocsin__V1__FeedPayload *payload;
    uint8_t plain[FEED_MESSAGE_MAX];
    uint8_t key[32];

    REQUIRE(message != NULL && size <= FEED_MESSAGE_MAX);
    topic_key(key, world->host.config.master, topic, message->generation);
    if (message->generation != world->model->generation &&
        message->generation != broker_book(world->host.broker)->generation)
        broken(world, "the feed is sealed with the newest keys", "%s", topic);
    REQUIRE(feed_open(message, topic, key, plain, &size) == STATUS_OK);
    payload = tocsin__v1__feed_payload__unpack(&world->reading.allocator, size,
                                               plain);
    REQUIRE(payload != NULL);
    check_payload(world, topic, message, payload);
    world->reading.used = before;
}
