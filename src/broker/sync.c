/* Becoming whole again: sync pages, topic keys, heartbeats. */
#include "broker/core_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/concern.h"

#define RETRY_MS 100
#define RETRY_MAX_MS 5000
#define UNDER_WAY_RETRY_MS 100
#define NOTICES_PER_PAGE 200
#define SOFTWARE_MAX 60

/* What a page costs, in microseconds of one processor: measured on pages of 1
 * to 58 KB among 1 to 1,000 open alerts, of nodes that were enrolled after
 * them. */
#define PAGE_US 200 /* a full one: config.syncs_per_second */
#define BASE_US 20
#define BYTES_PER_US 300
#define ALERTS_PER_US 2 /* looked at */
#define BURST_MS 100

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

/* ---- how many --------------------------------------------------------------
 *
 * When everybody comes back at once, all are served as fast as leaves the desk
 * its time for others: small pages by the thousand, large ones by the hundred.
 */

static bool may_sync(struct broker *broker)
{
    struct sync_budget *budget = &broker->sync_budget;
    int64_t a_second = (int64_t)broker->config.syncs_per_second * PAGE_US;
    int64_t most = a_second * BURST_MS / 1000;
    int64_t passed = broker->monotonic_ms - budget->at_ms;

    if (most < PAGE_US)
        most = PAGE_US;
    if (passed > 60000)
        passed = 60000;
    budget->at_ms = broker->monotonic_ms;
    budget->thousandths += passed * a_second;
    if (budget->thousandths >= most * 1000) {
        budget->thousandths = most * 1000;
        budget->waiting = 0;
    }
    return budget->thousandths > 0;
}

/* Until half of those who wait have had their page: each comes back at some
 * time between then and twice as long. */
static uint32_t retry_ms(struct broker *broker)
{
    struct sync_budget *budget = &broker->sync_budget;
    uint64_t a_second = broker->config.syncs_per_second * PAGE_US;
    uint64_t half_ms = ++budget->waiting * budget->page_us * 500 / a_second;

    return half_ms < RETRY_MAX_MS ? RETRY_MS + (uint32_t)half_ms : RETRY_MAX_MS;
}

static void pay(struct broker *broker, size_t bytes, size_t looked_at)
{
    struct sync_budget *budget = &broker->sync_budget;
    size_t us = BASE_US + bytes / BYTES_PER_US + looked_at / ALERTS_PER_US;

    budget->thousandths -= 1000 * (int64_t)us;
    budget->page_us = (3 * budget->page_us + us) / 4;
    budget->waiting -= budget->waiting > 0;
}

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
                                      uint64_t after, bool from_start,
                                      int64_t now_ms)
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
        if (told > after && alert->document != NULL &&
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

static void fill_page(struct broker *broker, const struct principal *node,
                      Tocsin__V1__SyncPage *page,
                      const struct selection *selection)
{
    size_t bytes = 0;

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
 * it was nobody did not count it, nor did what they did not hear. */
static uint64_t told_up_to(struct broker *broker, const struct principal *node,
                           const Tocsin__V1__Sync *sync)
{
    const struct presence *presence = broker_presence(broker, node->number);

    if (sync->epoch.len != EPOCH_SIZE ||
        memcmp(sync->epoch.data, broker->book->epoch, EPOCH_SIZE) != 0 ||
        sync->after > broker->book->head)
        return 0;
    return sync->after < node->enrolled && sync->after != presence->paged
               ? 0
               : sync->after;
}

void sync_take(struct broker *broker, const struct caller *caller,
               const Tocsin__V1__Sync *sync, int64_t now_ms)
{
    const struct principal *node = book_number(broker->book, caller->principal);
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;
    Tocsin__V1__SyncPage page = TOCSIN__V1__SYNC_PAGE__INIT;
    struct selection selection;
    uint64_t after;

    if (!may_sync(broker)) {
        reply_busy(broker, caller, retry_ms(broker), now_ms);
        return;
    }
    if (is_too_early(broker, node)) {
        reply_busy(broker, caller, UNDER_WAY_RETRY_MS, now_ms);
        return;
    }
    after = told_up_to(broker, node, sync);
    page.epoch = bytes_of(broker->book->epoch, EPOCH_SIZE);
    page.generation = broker->book->generation;
    page.from_start = after == 0;
    selection = select_alerts(broker, node, after, page.from_start, now_ms);
    fill_page(broker, node, &page, &selection);
    pay(broker, protobuf_c_message_get_packed_size(&page.base),
        selection.looked_at);
    free(selection.alerts);
    broker_presence(broker, node->number)->paged = page.more ? page.next : 0;
    if (!page.more) {
        page.head = broker->book->head;
        own_topics(broker, node, &page.n_topics, &page.topics);
        purge_fill(broker, node, &page);
        word_fill(broker, node, after, &page);
    }
    reply.status = TOCSIN__V1__STATUS__STATUS_OK;
    reply.body_case = TOCSIN__V1__REPLY__BODY_SYNC_PAGE;
    reply.sync_page = &page;
    reply_send(broker, caller, &reply, now_ms);
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
    body.epoch = bytes_of(broker->book->epoch, EPOCH_SIZE);
    body.head = broker->book->head;
    body.generation = broker->book->generation;
    if (caller->gate == GATE_FIELD)
        own_topics(broker, node, &body.n_topics, &body.topics);
    reply.status = TOCSIN__V1__STATUS__STATUS_OK;
    reply.body_case = TOCSIN__V1__REPLY__BODY_PRESENCE;
    reply.presence = &body;
    reply_send(broker, caller, &reply, now_ms);
}
