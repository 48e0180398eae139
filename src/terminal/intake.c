/* Documents and thumbnails, whichever way they came. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal/core.h"
#include "terminal/says.h"

/* Longer than the longest life of an alert (30 days): whatever an older
 * withdrawal could overtake is over. */
#define TOO_OLD_MS (40LL * 24 * 3600 * 1000)

static void reject(struct terminal *terminal, const char *why)
{
    terminal->rejected++;
    terminal->standing_changed = true;
    terminal->state_changed = true;
    if (terminal->sync.ask.open)
        terminal->sync.doubted = true;
    note(terminal, LEVEL_WARN, "document.refused", "reason=\"%s\"", why);
}

/* Not signed by the centre, so only what a case number may look like is let
 * onto a screen. */
static void take_case_number(struct holding *holding, const char *text)
{
    size_t size = strlen(text);

    if (size > HELD_CASE_MAX || strspn(text, "0123456789-") != size)
        size = 0;
    memcpy(holding->case_number, text, size);
    holding->case_number[size] = '\0';
}

static uint8_t own_topics(const struct terminal *terminal,
                          const Tocsin__V1__Notice *notice, bool exercise)
{
    uint8_t mask = 0;

    for (size_t i = 0; i < notice->n_prefixes; i++) {
        char topic[TOPIC_MAX];
        int index;

        if (!prefix_valid(notice->prefixes[i]))
            continue;
        topic_make(topic, exercise, notice->prefixes[i]);
        index = chain_index(&terminal->chain, topic, strlen(topic));
        if (index >= 0 && index != BEACON_INDEX)
            mask |= (uint8_t)(1U << index);
    }
    return mask;
}

static void take_picture_ref(struct terminal *terminal, struct holding *holding,
                             const Tocsin__V1__Picture *picture)
{
    if (picture == NULL) {
        memset(&holding->picture, 0, sizeof holding->picture);
        holding->picture_here = false;
        return;
    }
    if (memcmp(holding->picture.hash, picture->hash.data,
               sizeof holding->picture.hash) != 0)
        holding->picture_here = false;
    memcpy(holding->picture.hash, picture->hash.data,
           sizeof holding->picture.hash);
    holding->picture.size = picture->size;
    holding->picture.png = strcmp(picture->media_type, "image/png") == 0;
    holding->picture_retry_ms = 0;
    terminal->fetch.look = true;
}

/* Is it told to be on the screen by now? Whoever is not reached yet keeps the
 * document, says HELD, and shows it when the ring comes. Who is sent it
 * directly has been reached; what an earlier revision has put on the screen
 * stays there. A broker that says nothing of rings knows none: all are meant.
 */
static bool is_reached(const struct terminal *terminal,
                       const struct document *document,
                       const Tocsin__V1__Notice *notice, enum source source)
{
    struct scope scope;

    if (terminal->whole_area || document->alert->rings == NULL ||
        notice->ring == NULL || notice->ring->reached || source == BY_PUSH)
        return true;
    scope = scope_at(document->alert, notice->ring->reached_ms);
    return scope_holds(&scope, &terminal->place);
}

static void take_ring(const struct terminal *terminal, struct holding *holding,
                      const struct document *document,
                      const Tocsin__V1__Notice *notice, enum source source)
{
    if (document->alert != NULL && holding->for_us && !holding->reached)
        holding->reached = is_reached(terminal, document, notice, source);
}

static void take_content(struct terminal *terminal, struct holding *holding,
                         const struct document *document)
{
    holding->revision = document->revision;
    holding->exercise = document->exercise;
    holding->withdrawn = document->withdrawal != NULL;
    if (document->alert == NULL) {
        /* the screen is cleared, whoever it was for */
        holding->expires_ms =
            holding->expires_ms == 0 ? document->sent_ms : holding->expires_ms;
        return;
    }
    holding->expires_ms = document->alert->expires_ms;
    holding->for_us = terminal->whole_area ||
                      target_holds(document->alert->target, &terminal->place);
    holding->was_for_us = holding->was_for_us || holding->for_us;
    take_picture_ref(terminal, holding, document->alert->picture);
}

static void take_newer(struct terminal *terminal, struct holding *holding,
                       const struct document *document,
                       const Tocsin__V1__Notice *notice, enum source source,
                       struct moment now)
{
    struct blob bytes;
    uint8_t *packed = encode(&notice->document->base, &bytes.size);

    held_uncount(&terminal->held, holding);
    take_content(terminal, holding, document);
    take_ring(terminal, holding, document, notice, source);
    take_case_number(holding, notice->case_number);
    holding->sequence = notice->sequence;
    holding->recorded_ms = notice->recorded_ms;
    holding->received_ms = now.wall_ms;
    holding->ended_ms = 0;
    holding->anew = holding->revision <= holding->announced;
    holding->brought = false;
    holding->expired = notice->expired;
    holding->gone = false;
    holding->bare = false;
    holding->topics = own_topics(terminal, notice, document->exercise);
    held_count(&terminal->held, holding);
    bytes.data = packed;
    terminal->store.keep(terminal->store.arg, holding, bytes);
    free(packed);
    held_touch(&terminal->held, holding);
    note(terminal, LEVEL_INFO, "alert.stored",
         "alert=%s revision=%u kind=%s for_us=%s", holding->alert_id,
         holding->revision, holding->withdrawn ? "withdrawal" : "alert",
         !holding->for_us   ? "no"
         : holding->reached ? "yes"
                            : "later");
}

/* A broker out of a backup counts from lower sequences, and what was handed
 * back to it stands elsewhere among the others: as it says last. */
static bool take_place(struct holding *holding,
                       const Tocsin__V1__Notice *notice)
{
    if (holding->sequence == notice->sequence &&
        holding->recorded_ms == notice->recorded_ms)
        return false;
    holding->sequence = notice->sequence;
    holding->recorded_ms = notice->recorded_ms;
    return true;
}

/* An equal revision changes nothing of the document; but the broker may by
 * now call it expired, or correct where it was sent, or its ring has come. Out
 * of a backup it may not know any more that it had expired: its pages, each
 * later than what it had said of that before, have the last word. */
static void take_again(struct terminal *terminal, struct holding *holding,
                       const struct document *document,
                       const Tocsin__V1__Notice *notice, enum source source)
{
    bool moved = take_place(holding, notice);
    uint8_t topics = own_topics(terminal, notice, holding->exercise);
    bool expired = notice->expired || (holding->expired && source != BY_SYNC);
    bool waited = !holding->reached;

    take_ring(terminal, holding, document, notice, source);
    if (!moved && topics == holding->topics && expired == holding->expired &&
        !holding->gone && waited == !holding->reached)
        return;
    if (waited && holding->reached) {
        terminal->fetch.look = true; /* its picture is wanted from now on */
        note(terminal, LEVEL_INFO, "alert.reached", "alert=%s revision=%u",
             holding->alert_id, holding->revision);
    }
    held_uncount(&terminal->held, holding);
    holding->topics = topics;
    holding->expired = expired;
    holding->gone = false;
    held_count(&terminal->held, holding);
    terminal->store.keep(terminal->store.arg, holding, (struct blob){NULL, 0});
    held_touch(&terminal->held, holding);
}

/* An exercise never touches an actual alert; an actual one takes the place of
 * an exercise that took its id. */
static bool same_kind(struct terminal *terminal, struct holding *holding,
                      const struct document *document)
{
    if (holding->revision == 0 || holding->exercise == document->exercise)
        return true;
    if (document->exercise)
        return false;
    held_uncount(&terminal->held, holding);
    terminal->store.drop(terminal->store.arg, holding->alert_id);
    holding->revision = 0;
    holding->withdrawn = false;
    holding->bare = false;
    holding->was_for_us = false;
    holding->reached = false;
    holding->expires_ms = 0;
    return true;
}

/* Who is sent it directly is in the coverage, whomever it is for: an earlier
 * revision was, and the broker waits for word. */
static bool is_ours(const struct terminal *terminal,
                    const struct holding *holding, enum source source)
{
    if (terminal->whole_area)
        return source == BY_PUSH;
    return holding->was_for_us || holding->withdrawn || source == BY_PUSH;
}

static bool long_over(const struct terminal *terminal,
                      const struct document *document,
                      const Tocsin__V1__Notice *notice, struct moment now)
{
    return (document->withdrawal != NULL || notice->expired) &&
           document->sent_ms < daytime_ms(terminal, now) - TOO_OLD_MS;
}

struct comparison {
    struct blob bytes;
    bool same;
};

static void compare(void *arg, struct blob document, struct blob thumbnail)
{
    struct comparison *comparison = arg;

    (void)thumbnail;
    comparison->same =
        document.size == comparison->bytes.size &&
        memcmp(document.data, comparison->bytes.data, document.size) == 0;
}

/* Recorded at another time: a broker was restored, and perhaps its centre has
 * signed something else under the number of a revision that was lost. */
static bool says_otherwise(struct terminal *terminal,
                           const struct holding *holding,
                           const Tocsin__V1__Notice *notice)
{
    struct comparison comparison = {.same = false};
    uint8_t *packed;
    bool known;

    if (holding->recorded_ms == notice->recorded_ms || holding->bare)
        return false;
    packed = encode(&notice->document->base, &comparison.bytes.size);
    comparison.bytes.data = packed;
    known = terminal->store.load(terminal->store.arg, holding->alert_id,
                                 compare, &comparison);
    free(packed);
    return known && !comparison.same;
}

/* Its case was sealed, or it was withdrawn, and nothing is left of it. */
static bool is_ended(const struct holding *holding)
{
    return holding->bare && holding->withdrawn;
}

/* It has ended here, and whoever sends it does not know that. A page may say
 * that this is another journal, and then it is live. */
static bool is_live_there(const struct holding *holding,
                          const struct document *document)
{
    return is_ended(holding) && document->alert != NULL;
}

/* An older revision than ours is the word of a broker that was restored, if it
 * cannot have ours back, or did not take it: then its word counts. */
static bool takes_its_place(struct terminal *terminal,
                            const struct holding *holding,
                            const struct document *document,
                            const Tocsin__V1__Notice *notice,
                            enum source source)
{
    bool other = is_of_another_journal(terminal, holding);

    if (is_ended(holding) && !other)
        return false; /* a message that was on its way when it ended */
    if (document->revision == holding->revision)
        return says_otherwise(terminal, holding, notice) ||
               (source == BY_SYNC && is_live_there(holding, document));
    return document->revision > holding->revision ||
           (source == BY_SYNC && other && !hand_back_may(terminal, holding));
}

/* The broker has told of it as it is held now: on this connection, or by the
 * feed, where it may have waited for keys since a broker that is no more. */
static void name(const struct terminal *terminal, struct holding *holding)
{
    holding->named = terminal->sync.round;
    holding->line = terminal->feed_epoch == NULL ? terminal->lines : 0;
    if (terminal->feed_epoch != NULL)
        memcpy(holding->epoch, terminal->feed_epoch, EPOCH_SIZE);
    holding->owed = false;
}

static bool take(struct terminal *terminal, const struct document *document,
                 const Tocsin__V1__Notice *notice, enum source source,
                 struct moment now)
{
    struct holding *holding = held_find(&terminal->held, document->alert_id);

    if (holding == NULL && long_over(terminal, document, notice, now))
        return true;
    if (holding == NULL)
        holding = held_add(&terminal->held, document->alert_id);
    if (holding == NULL) {
        reject(terminal, "more alerts than a terminal holds");
        return false;
    }
    if (source == BY_SYNC)
        holding->paged = terminal->sync.round;
    if (!same_kind(terminal, holding, document)) {
        reject(terminal, "an exercise under the id of an actual alert");
        return false;
    }
    if (notice->sequence > terminal->chain.newest)
        terminal->chain.newest = notice->sequence;
    if (source == BY_SYNC)
        holding->owed = document->revision < holding->revision &&
                        is_of_another_journal(terminal, holding);
    if (takes_its_place(terminal, holding, document, notice, source)) {
        name(terminal, holding);
        take_newer(terminal, holding, document, notice, source, now);
        if (is_ours(terminal, holding, source))
            say_held(terminal, holding, now);
    } else if (document->revision == holding->revision &&
               !is_live_there(holding, document)) {
        name(terminal, holding);
        take_again(terminal, holding, document, notice, source);
        if (source == BY_PUSH)
            say_held(terminal, holding, now);
    }
    return true;
}

bool intake_notice(struct terminal *terminal, const Tocsin__V1__Notice *notice,
                   enum source source, struct moment now)
{
    struct complaint complaint = {0};
    struct document document;
    bool good;

    arena_reset(&terminal->inner);
    if (document_open(&document, &terminal->inner, notice->document,
                      terminal->authority, &complaint) != STATUS_OK) {
        char why[300];

        snprintf(why, sizeof why, "%s %s", complaint.field, complaint.reason);
        reject(terminal, why);
        return false;
    }
    daytime_signed(terminal, document.sent_ms, now);
    good = take(terminal, &document, notice, source, now);
    arena_reset(&terminal->inner);
    return good;
}

static bool looks_like_picture(ProtobufCBinaryData image)
{
    static const uint8_t jpeg[] = {0xff, 0xd8, 0xff};
    static const uint8_t png[] = {0x89, 'P', 'N', 'G'};

    return image.len > sizeof png && image.len <= THUMBNAIL_MAX &&
           (memcmp(image.data, jpeg, sizeof jpeg) == 0 ||
            memcmp(image.data, png, sizeof png) == 0);
}

/* A thumbnail is not signed: it is taken only for an alert that is held and
 * names that picture, and the verified picture replaces it. */
void intake_thumbnail(struct terminal *terminal,
                      const Tocsin__V1__Thumbnail *thumbnail)
{
    struct holding *holding = held_find(&terminal->held, thumbnail->alert_id);
    struct blob image = {thumbnail->image.data, thumbnail->image.len};

    if (holding == NULL || holding->bare || holding->picture.size == 0 ||
        thumbnail->hash.len != sizeof holding->picture.hash ||
        memcmp(thumbnail->hash.data, holding->picture.hash,
               sizeof holding->picture.hash) != 0 ||
        !looks_like_picture(thumbnail->image))
        return;
    terminal->store.keep_thumbnail(terminal->store.arg, holding->alert_id,
                                   image);
    holding->picture_news = true;
    held_touch(&terminal->held, holding);
}
