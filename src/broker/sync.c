/* Becoming whole again: sync pages, topic keys, heartbeats. */
#include "broker/core_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/concern.h"

#define UNDER_WAY_RETRY_MS 100
#define NOTICES_PER_PAGE 200
#define SOFTWARE_MAX 60

/* An alert that a principal must be told of, and what it was told last in its
 * division. */
struct selected {
    const struct alert *alert;
    uint64_t sequence;
};

/* In the order of their changes. */
struct selection {
    struct selected *alerts;
    size_t count;
    size_t looked_at;
};

static int oldest_first(const void *a, const void *b)
{
    const struct selected *left = a;
    const struct selected *right = b;

    return (left->sequence > right->sequence) -
           (left->sequence < right->sequence);
}

/* From the start, what is live and what must stay off the screen; else all that
 * changed. */
static struct selection select_alerts(struct broker *broker,
                                      const struct principal *node,
                                      uint64_t after, uint64_t up_to,
                                      bool from_start, int64_t now_ms)
{
    const struct book *book = broker->book;
    struct selection selection = {
        must_calloc(book->alert_count + 1, sizeof *selection.alerts), 0, 0};

    for (size_t i = 0; i < book->alert_count; i++) {
        const struct alert *alert = book->alerts[i];
        uint64_t told;

        if (alert->sequence <= after)
            continue;
        selection.looked_at++;
        told = alert_told(alert, node->division);
        if (told > after && told <= up_to && alert->document != NULL &&
            (!from_start ||
             alert->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE ||
             alert->expires_ms > now_ms) &&
            alert_concerns(alert, node, &broker->arena))
            selection.alerts[selection.count++] =
                (struct selected){alert, told};
    }
    qsort(selection.alerts, selection.count, sizeof *selection.alerts,
          oldest_first);
    return selection;
}

static void own_topics(struct broker *broker, const struct principal *node,
                       size_t *count, Tocsin__V1__TopicState ***out)
{
    char topics[OWN_TOPICS][TOPIC_MAX];

    topics_of(topics, node->division);
    *count = OWN_TOPICS - 1;
    *out = arena_take(&broker->arena, OWN_TOPICS * sizeof **out);
    for (size_t i = 0; i < *count; i++) {
        (*out)[i] = arena_take(&broker->arena, sizeof ***out);
        feed_topic_state(broker, arena_text(&broker->arena, topics[i]),
                         (*out)[i]);
    }
}

/* Beside what takes so many bytes already. */
static void fill_page(struct broker *broker, const struct principal *node,
                      Tocsin__V1__SyncPage *page,
                      const struct selection *selection, size_t bytes)
{
    page->notices =
        arena_take(&broker->arena, NOTICES_PER_PAGE * sizeof *page->notices);
    for (size_t i = 0; i < selection->count; i++) {
        Tocsin__V1__Notice *notice = feed_notice(
            &broker->arena, selection->alerts[i].alert, node->division, node);

        bytes += protobuf_c_message_get_packed_size(&notice->base) + 8;
        if (bytes > PAGE_BYTES_MAX - 1000 || i == NOTICES_PER_PAGE) {
            page->more = true;
            return;
        }
        page->notices[page->n_notices++] = notice;
        page->next = notice->sequence;
    }
}

/* A revision is under way, or rings that widen, decided before this node was
 * enrolled: it will not be in its coverage, perhaps not even on one of its
 * topics, and hears of it by a sync, after its commit. */
static bool is_too_early(const struct broker *broker,
                         const struct principal *node)
{
    for (const struct pending *pending = broker->first_pending;
         pending != NULL && pending->known < node->enrolled;
         pending = pending->next) {
        if (pending->issues || pending->widens)
            return true;
    }
    return false;
}

/* Whoever was enrolled anew is told from the start: what its topics heard while
 * it was nobody did not count it, nor did what they did not hear. A page after
 * the first is known by where the last one began, if it is asked for again, or
 * ended. */
static uint64_t told_up_to(struct broker *broker, const struct principal *node,
                           const Tocsin__V1__Sync *sync)
{
    const struct syncing *syncing =
        &broker_presence(broker, node->number)->syncing;

    if (sync->epoch.len != EPOCH_SIZE ||
        memcmp(sync->epoch.data, broker->book->epoch, EPOCH_SIZE) != 0 ||
        sync->after > broker->book->head)
        return 0;
    if (sync->after >= node->enrolled ||
        (syncing->enrolled == node->enrolled &&
         (sync->after == syncing->began || sync->after == syncing->ended)))
        return sync->after;
    return 0;
}

/* Where a page begins, and whether the asker comes from another line. */
struct beginning {
    uint64_t after;
    bool turned_back;
};

static void give_page(struct broker *broker, const struct caller *caller,
                      const struct principal *node, struct beginning beginning,
                      int64_t now_ms)
{
    struct syncing *syncing = &broker_presence(broker, node->number)->syncing;
    const uint64_t after = beginning.after;
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;
    Tocsin__V1__SyncPage page = TOCSIN__V1__SYNC_PAGE__INIT;
    struct selection selection;
    struct told_words words;

    page.epoch = bytes_of(broker->book->epoch, EPOCH_SIZE);
    page.generation = broker->book->generation;
    page.from_start = after == 0;
    page.turned_back = beginning.turned_back;
    page.mark = line_mark(broker);
    word_find(broker, node, after, &words);
    selection = select_alerts(broker, node, after, words.up_to, page.from_start,
                              now_ms);
    fill_page(broker, node, &page, &selection, words.count * WORD_BYTES_MAX);
    free(selection.alerts);
    if (!page.more && words.up_to < broker->book->head) {
        page.more = true;
        page.next = words.up_to;
    }
    word_fill(broker, &words, page.more ? page.next : UINT64_MAX, &page);
    if (!page.more) {
        page.head = broker->book->head;
        own_topics(broker, node, &page.n_topics, &page.topics);
        purge_fill(broker, node, &page);
    }
    syncing->enrolled = node->enrolled;
    syncing->began = after;
    syncing->ended = page.next;
    sync_pay(broker, node, protobuf_c_message_get_packed_size(&page.base),
             selection.looked_at + words.looked_at +
                 broker->book->alert_count / 8);
    reply.status = TOCSIN__V1__STATUS__STATUS_OK;
    reply.body_case = TOCSIN__V1__REPLY__BODY_SYNC_PAGE;
    reply.sync_page = &page;
    reply_send(broker, caller, &reply, now_ms);
}

void sync_take(struct broker *broker, const struct caller *caller,
               const Tocsin__V1__Sync *sync, int64_t now_ms)
{
    const struct principal *node = book_number(broker->book, caller->principal);
    struct beginning beginning = {0};
    enum line line;

    if (!sync_may(broker, node)) {
        reply_crowded(broker, caller, sync_retry_ms(broker, node), now_ms);
        return;
    }
    line = line_look(broker, node, sync->epoch, sync->mark);
    if (line == LINE_UNDER_WAY || is_too_early(broker, node)) {
        reply_crowded(broker, caller, UNDER_WAY_RETRY_MS, now_ms);
        return;
    }
    beginning.turned_back = line == LINE_OTHER;
    if (!beginning.turned_back)
        beginning.after = told_up_to(broker, node, sync);
    give_page(broker, caller, node, beginning, now_ms);
}

void sync_keys(struct broker *broker, const struct caller *caller,
               int64_t now_ms)
{
    const struct principal *node = book_number(broker->book, caller->principal);
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;
    Tocsin__V1__Keys keys = TOCSIN__V1__KEYS__INIT;
    Tocsin__V1__TopicKey entries[OWN_TOPICS];
    Tocsin__V1__TopicKey *list[OWN_TOPICS];
    char topics[OWN_TOPICS][TOPIC_MAX];
    uint8_t material[OWN_TOPICS][32];

    topics_of(topics, node->division);
    for (int i = 0; i < OWN_TOPICS; i++) {
        tocsin__v1__topic_key__init(&entries[i]);
        topic_key(material[i], broker->config.master, topics[i],
                  broker->book->generation);
        entries[i].topic = topics[i];
        entries[i].key = bytes_of(material[i], sizeof material[i]);
        list[i] = &entries[i];
    }
    keys.generation = broker->book->generation;
    keys.enrolled = node->enrolled;
    keys.n_keys = OWN_TOPICS;
    keys.keys = list;
    reply.status = TOCSIN__V1__STATUS__STATUS_OK;
    reply.body_case = TOCSIN__V1__REPLY__BODY_KEYS;
    reply.keys = &keys;
    reply_send(broker, caller, &reply, now_ms);
}

void sync_heartbeat(struct broker *broker, const struct caller *caller,
                    const Tocsin__V1__Heartbeat *heartbeat, int64_t now_ms)
{
    const struct principal *node = book_number(broker->book, caller->principal);
    struct presence *presence = broker_presence(broker, caller->principal);
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;
    Tocsin__V1__Presence body = TOCSIN__V1__PRESENCE__INIT;
    struct complaint complaint;

    /* cut short it could end within a letter, and spoil a list for all */
    if (strlen(heartbeat->software) > SOFTWARE_MAX) {
        complain(&complaint, "software", "longer than %d bytes", SOFTWARE_MAX);
        reply_refused(broker, caller, TOCSIN__V1__STATUS__STATUS_INVALID,
                      &complaint, now_ms);
        return;
    }
    snprintf(presence->software, sizeof presence->software, "%s",
             heartbeat->software);
    if (caller->gate == GATE_FIELD)
        doubles_note(broker, node, &caller->route, now_ms);
    body.epoch = bytes_of(broker->book->epoch, EPOCH_SIZE);
    body.head = broker->book->head;
    body.generation = broker->book->generation;
    body.chain = line_chain(broker);
    if (caller->gate == GATE_FIELD)
        own_topics(broker, node, &body.n_topics, &body.topics);
    reply.status = TOCSIN__V1__STATUS__STATUS_OK;
    reply.body_case = TOCSIN__V1__REPLY__BODY_PRESENCE;
    reply.presence = &body;
    reply_send(broker, caller, &reply, now_ms);
}
