/* What comes by the feed: open it, follow its chain, take what is in it. */
#include <stdlib.h>
#include <string.h>

#include "terminal/core.h"

#define KEYS_APART_MS 1000
#define BEACON_KEYS_SPREAD_MS 3000
#define TRIES_MAX 3

/* Not oftener than once a second: the generation in a header is believed
 * before its seal can be checked. */
void want_keys(struct terminal *terminal, int64_t at_ms)
{
    int64_t earliest = terminal->keys_asked_ms == 0
                           ? at_ms
                           : terminal->keys_asked_ms + KEYS_APART_MS;

    if (at_ms < earliest)
        at_ms = earliest;
    if (!terminal->keys.open && at_ms < terminal->keys_ms)
        terminal->keys_ms = at_ms;
}

static void take_payload(struct terminal *terminal,
                         const Tocsin__V1__FeedPayload *payload,
                         enum source source, struct moment now)
{
    switch (payload->kind_case) {
    case TOCSIN__V1__FEED_PAYLOAD__KIND_NOTICE:
        (void)intake_notice(terminal, payload->notice, source, now);
        break;
    case TOCSIN__V1__FEED_PAYLOAD__KIND_THUMBNAIL:
        intake_thumbnail(terminal, payload->thumbnail);
        break;
    case TOCSIN__V1__FEED_PAYLOAD__KIND_PURGE:
        if (source == BY_PUSH)
            take_purge(terminal, payload->purge, now);
        break;
    case TOCSIN__V1__FEED_PAYLOAD__KIND_WORD:
        if (source == BY_PUSH) /* it goes to one, never to a topic */
            take_word(terminal, payload->word);
        break;
    default:
        break; /* a beacon is only heard on its own topic */
    }
}

void feed_payload(struct terminal *terminal,
                  const Tocsin__V1__FeedPayload *payload, struct moment now)
{
    take_payload(terminal, payload, BY_PUSH, now);
}

static void follow_chain(struct terminal *terminal, int topic,
                         const Tocsin__V1__FeedMessage *message,
                         struct moment now)
{
    switch (chain_take(&terminal->chain, topic, message)) {
    case LINK_NEXT:
    case LINK_OLD:
        break;
    case LINK_GAP:
        terminal->gaps++;
        terminal->standing_changed = true;
        note(terminal, LEVEL_WARN, "feed.gap",
             "topic=%s sequence=%llu previous=%llu",
             terminal->chain.topics[topic],
             (unsigned long long)message->sequence,
             (unsigned long long)message->previous);
        sync_want(terminal, false, now.monotonic_ms);
        break;
    case LINK_EPOCH:
        terminal->same_ms = 0;
        sync_want(terminal, true, now.monotonic_ms);
        break;
    }
}

static bool on_its_topic(int topic, const Tocsin__V1__FeedPayload *payload)
{
    return (payload->kind_case == TOCSIN__V1__FEED_PAYLOAD__KIND_BEACON) ==
           (topic == BEACON_INDEX);
}

/* A sync has told since how everything stood after it: what it says of an alert
 * may be over, and the end of it has not to come. Not so what was recorded
 * since: that a broker counts on from before is a broker out of an old copy. */
static bool is_overtaken(const struct terminal *terminal,
                         const Tocsin__V1__FeedMessage *message,
                         const Tocsin__V1__Notice *notice)
{
    return chain_is_synced(&terminal->chain, message) &&
           notice->recorded_ms <= terminal->sync.page_ms;
}

static void take_opened(struct terminal *terminal, int topic,
                        const Tocsin__V1__FeedMessage *message,
                        struct blob bytes, struct moment now)
{
    struct diag why = {0};
    const Tocsin__V1__FeedPayload *payload =
        decode(&terminal->frame, &tocsin__v1__feed_payload__descriptor,
               bytes.data, bytes.size, &why);

    if (payload == NULL || !on_its_topic(topic, payload)) {
        terminal->rejected++;
        note(terminal, LEVEL_WARN, "feed.refused", "topic=%s reason=\"%s\"",
             terminal->chain.topics[topic],
             payload == NULL ? why.text : "not of this topic");
        return;
    }
    if (topic == BEACON_INDEX) {
        hear_beacon(terminal, message->epoch, payload->beacon, now);
        return;
    }
    if (payload->kind_case == TOCSIN__V1__FEED_PAYLOAD__KIND_NOTICE &&
        is_overtaken(terminal, message, payload->notice))
        return;
    terminal->feed_epoch = message->epoch.data;
    take_payload(terminal, payload, BY_FEED, now);
    terminal->feed_epoch = NULL;
    follow_chain(terminal, topic, message, now);
}

/* All nodes hear the same beacon: they do not all ask at once. Until the keys
 * are here the beacon counts as heard, though nothing in it does. */
static void want_keys_for_beacon(struct terminal *terminal, struct moment now)
{
    int64_t delay = terminal->opener.now.have == 0
                        ? 0
                        : draw(terminal, BEACON_KEYS_SPREAD_MS);

    if (terminal->keys.open || terminal->keys_ms != INT64_MAX)
        return;
    terminal->beacons.heard_ms = now.monotonic_ms;
    want_keys(terminal, now.monotonic_ms + delay);
}

/* No key of its generation: a newer one is fetched, an older one is lost and
 * shows as a gap. */
static void without_key(struct terminal *terminal, int topic,
                        const struct unopened *raw, struct moment now)
{
    if (raw->generation <= terminal->opener.now.generation &&
        terminal->opener.now.have != 0) {
        terminal->unopened++;
        return;
    }
    if (topic == BEACON_INDEX) {
        want_keys_for_beacon(terminal, now);
        return;
    }
    opener_wait(&terminal->opener, raw);
    want_keys(terminal, now.monotonic_ms);
}

static void take_message(struct terminal *terminal, int topic, struct blob body,
                         struct moment now)
{
    struct unopened raw = {(uint8_t *)(uintptr_t)body.data, body.size, 0, topic,
                           0};
    const Tocsin__V1__FeedMessage *message;
    const uint8_t *key;
    uint8_t opened[FEED_MESSAGE_MAX];
    struct blob payload = {opened, 0};

    arena_reset(&terminal->frame);
    message =
        body.size > FEED_MESSAGE_MAX
            ? NULL
            : decode(&terminal->frame, &tocsin__v1__feed_message__descriptor,
                     body.data, body.size, NULL);
    if (message == NULL) {
        terminal->unopened++;
        return;
    }
    raw.generation = message->generation;
    if (message->generation > terminal->generation_heard)
        terminal->generation_heard = message->generation;
    key = opener_key(&terminal->opener, topic, message->generation);
    if (key == NULL) {
        without_key(terminal, topic, &raw, now);
        return;
    }
    if (feed_open(message, terminal->chain.topics[topic], key, opened,
                  &payload.size) != STATUS_OK) {
        terminal->unopened++;
        return;
    }
    take_opened(terminal, topic, message, payload, now);
}

void terminal_feed(struct terminal *terminal, const struct feed_frames *frames,
                   struct moment now)
{
    int topic =
        chain_index(&terminal->chain, frames->topic.data, frames->topic.size);

    if (topic < 0 || terminal->revoked)
        return;
    take_message(terminal, topic, frames->body, now);
}

/* The keys have come, or others than those it needs: then it is asked for
 * again, but a header that names a generation that never comes is given up. */
static void retry(struct terminal *terminal, struct unopened *raw,
                  struct moment now)
{
    if (opener_key(&terminal->opener, raw->topic, raw->generation) != NULL) {
        take_message(terminal, raw->topic, (struct blob){raw->bytes, raw->size},
                     now);
    } else if (raw->generation > terminal->opener.now.generation &&
               ++raw->tries < TRIES_MAX) {
        opener_wait(&terminal->opener, raw);
        want_keys(terminal, now.monotonic_ms);
    } else {
        terminal->unopened++;
    }
}

void feed_retry(struct terminal *terminal, struct moment now)
{
    size_t count = terminal->opener.count;
    struct unopened raw;

    while (count-- > 0 && opener_next(&terminal->opener, &raw)) {
        retry(terminal, &raw, now);
        free(raw.bytes);
    }
}
