/* Nodes that have not said HELD are sent the revision directly, again and again
 * with growing pauses, while they are connected. */
#include "broker/core_private.h"

#include <stdlib.h>
#include <string.h>

#define PAUSE_MAX_MS (60 * 1000)
#define SENDS_PER_TICK 400
#define AFTERLIFE_MS (24LL * 3600 * 1000)

static struct chase *find_chase(const struct broker *broker,
                                const struct alert *alert)
{
    return map_get(broker->chase_of, alert->id, strlen(alert->id));
}

/* Takes the chase at this place out of the list. */
static void end_chase(struct broker *broker, struct chase **at)
{
    struct chase *chase = *at;

    *at = chase->next;
    (void)map_remove(broker->chase_of, chase->alert->id,
                     strlen(chase->alert->id));
    free(chase->tries);
    free(chase);
}

/* Its place in the list; there NULL: it has none. */
static struct chase **place_of(struct broker *broker, const struct alert *alert)
{
    struct chase **at = &broker->chases;

    while (*at != NULL && (*at)->alert != alert)
        at = &(*at)->next;
    return at;
}

void direct_forget(struct broker *broker, const struct alert *alert)
{
    struct chase **at = place_of(broker, alert);

    if (*at != NULL)
        end_chase(broker, at);
}

static bool is_finished(const struct broker *broker, const struct alert *alert,
                        int64_t now_ms)
{
    return case_is_sealed(&alert->file) ||
           alert->reached[TOCSIN__V1__RUNG__RUNG_HELD] >= alert->nodes ||
           alert->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_EXPIRED ||
           (broker->clock.believed &&
            now_ms > alert->expires_ms + AFTERLIFE_MS);
}

/* Most alerts are sent directly to nobody: room is made when one is. */
static void count_try(const struct broker *broker, struct chase *chase,
                      uint32_t node)
{
    size_t count = broker->book->principal_count;

    if (node > chase->try_count) {
        chase->tries = must_realloc(chase->tries, count, 1);
        memset(chase->tries + chase->try_count, 0, count - chase->try_count);
        chase->try_count = count;
    }
    if (chase->tries[node - 1] < UINT8_MAX)
        chase->tries[node - 1]++;
}

static struct chase *begin_chase(struct broker *broker, struct alert *alert)
{
    struct chase *chase = must_calloc(1, sizeof *chase);

    chase->alert = alert;
    chase->next = broker->chases;
    broker->chases = chase;
    (void)map_put(broker->chase_of, alert->id, strlen(alert->id), chase);
    return chase;
}

static void put_first(struct broker *broker, struct chase *chase)
{
    struct chase **at = place_of(broker, chase->alert);

    *at = chase->next;
    chase->next = broker->chases;
    broker->chases = chase;
}

void direct_watch(struct broker *broker, struct alert *alert, int64_t now_ms)
{
    struct chase *chase = find_chase(broker, alert);

    if (is_finished(broker, alert, now_ms))
        return;
    if (chase == NULL)
        chase = begin_chase(broker, alert);
    if (chase->sequence == alert->sequence)
        return;
    put_first(broker, chase); /* a revision is news */
    chase->sequence = alert->sequence;
    if (chase->revision != alert->revision)
        chase->try_count = 0;
    chase->revision = alert->revision;
    chase->cursor = 0;
    chase->pause_ms = broker->config.direct_ms;
    chase->next_ms = broker->monotonic_ms + chase->pause_ms;
}

uint32_t direct_tries(const struct broker *broker, const struct alert *alert,
                      uint32_t node)
{
    const struct chase *chase = find_chase(broker, alert);

    return chase != NULL && node <= chase->try_count ? chase->tries[node - 1]
                                                     : 0;
}

/* Into broker->room; 0: there is nothing left to tell. */
static size_t pack_push(struct broker *broker, const struct alert *alert,
                        const struct principal *node, int64_t now_ms)
{
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;
    Tocsin__V1__FeedPayload payload = TOCSIN__V1__FEED_PAYLOAD__INIT;

    arena_reset(&broker->arena);
    payload.kind_case = TOCSIN__V1__FEED_PAYLOAD__KIND_NOTICE;
    payload.notice = feed_notice(&broker->arena, alert, node->division, node);
    if (payload.notice->document == NULL)
        return 0;
    reply.status = TOCSIN__V1__STATUS__STATUS_OK;
    reply.time_ms = now_ms;
    reply.body_case = TOCSIN__V1__REPLY__BODY_PUSH;
    reply.push = &payload;
    return protobuf_c_message_pack(&reply.base, broker->room);
}

static void push(struct broker *broker, struct chase *chase, uint32_t node,
                 int64_t now_ms)
{
    struct presence *presence = broker_presence(broker, node);
    size_t size = pack_push(broker, chase->alert,
                            book_number(broker->book, node), now_ms);
    enum sent sent;

    if (size == 0)
        return;
    sent = broker->ports.send(broker->ports.arg, GATE_FIELD, &presence->route,
                              broker->room, size);
    if (sent == SENT_GONE)
        presence->route.size = 0;
    if (sent == SENT)
        count_try(broker, chase, node);
}

static bool is_reachable(struct broker *broker, const struct cover *cover)
{
    return !cover->extra && cover->rung < TOCSIN__V1__RUNG__RUNG_HELD &&
           !book_number(broker->book, cover->node)->revoked &&
           broker_is_present(broker, cover->node);
}

/* What is left of a tick. */
struct budget {
    size_t sends;
    size_t lines;
};

/* One round over the coverage, within what is left. true: it is at its end. */
static bool go_round(struct broker *broker, struct chase *chase,
                     struct budget *left, int64_t now_ms)
{
    const struct alert *alert = chase->alert;

    for (; chase->cursor < alert->cover_count && left->sends > 0 &&
           left->lines > 0;
         chase->cursor++, left->lines--) {
        const struct cover *cover = &alert->cover[chase->cursor];

        if (!is_reachable(broker, cover))
            continue;
        push(broker, chase, cover->node, now_ms);
        left->sends--;
    }
    if (chase->cursor < alert->cover_count)
        return false;
    chase->cursor = 0;
    chase->pause_ms =
        chase->pause_ms * 2 < PAUSE_MAX_MS ? chase->pause_ms * 2 : PAUSE_MAX_MS;
    chase->next_ms = broker->monotonic_ms + chase->pause_ms;
    return true;
}

/* A first pause may be set longer than those that follow it. */
static int64_t grown_ms(const struct chase *chase)
{
    return chase->pause_ms <= PAUSE_MAX_MS ? chase->pause_ms : 0;
}

/* Each behind those that have had as many rounds; both lists are in that order.
 */
static void put_back(struct broker *broker, struct chase *been)
{
    struct chase **at = &broker->chases;

    while (been != NULL) {
        struct chase *chase = been;

        while (*at != NULL && grown_ms(*at) <= grown_ms(chase))
            at = &(*at)->next;
        been = chase->next;
        chase->next = *at;
        *at = chase;
        at = &chase->next;
    }
}

/* Whose pauses are shortest comes first: what is new waits for nobody's second
 * round. Of those that are alike, who has had its round comes last, or the
 * first ones of many would take all that a tick bears, again and again. */
void direct_tick(struct broker *broker, int64_t now_ms)
{
    struct budget left = {SENDS_PER_TICK, 2 * LINES_PER_TURN};
    struct chase *been = NULL;
    struct chase **last = &been;

    for (struct chase **at = &broker->chases;
         *at != NULL && left.sends > 0 && left.lines > 0;) {
        struct chase *chase = *at;

        if (is_finished(broker, chase->alert, now_ms)) {
            end_chase(broker, at);
            continue;
        }
        if (broker->monotonic_ms < chase->next_ms ||
            !go_round(broker, chase, &left, now_ms)) {
            at = &chase->next;
            continue;
        }
        *at = chase->next;
        *last = chase;
        last = &chase->next;
    }
    *last = NULL;
    put_back(broker, been);
}
