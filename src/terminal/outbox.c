#include "terminal/outbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void outbox_init(struct outbox *outbox)
{
    memset(outbox, 0, sizeof *outbox);
    for (int i = 0; i < LANES; i++)
        outbox->lanes[i].of = (enum lane_of)i;
    outbox_look(outbox);
}

static void free_slot(struct lane_slot *slot)
{
    free(slot->answer.request);
    memset(slot, 0, sizeof *slot);
}

static void empty(struct lane *lane)
{
    for (int i = 0; i < LANE_WINDOW; i++)
        free_slot(&lane->slots[i]);
}

void outbox_done(struct outbox *outbox)
{
    for (int i = 0; i < LANES; i++)
        empty(&outbox->lanes[i]);
}

static bool is_personal(const struct lane *lane)
{
    return lane->of != LANE_MACHINE;
}

/* What is under way has its reply to come. */
static void restart(struct lane *lane)
{
    lane->after = 0;
    lane->again_ms = 0;
    lane->look = true;
}

void outbox_restart(struct outbox *outbox)
{
    for (int i = 0; i < LANES; i++)
        restart(&outbox->lanes[i]);
}

void outbox_look(struct outbox *outbox)
{
    for (int i = 0; i < LANES; i++)
        outbox->lanes[i].look = true;
}

static bool is_under_way(const struct lane *lane, int64_t row)
{
    for (int i = 0; i < LANE_WINDOW; i++) {
        if (lane->slots[i].answer.request != NULL &&
            lane->slots[i].answer.row == row)
            return true;
    }
    return false;
}

static bool next_answer(struct lane *lane, const struct terminal_store *store,
                        struct queued_answer *out)
{
    struct queued_answer next;

    while (store->next_answer(store->arg, lane->of, lane->after, &next)) {
        lane->after = next.row;
        if (!is_under_way(lane, next.row)) {
            *out = next;
            return true;
        }
        free(next.request);
    }
    return false;
}

/* A free one, or one whose answer was put off: that is in the store. NULL: all
 * are under way. */
static struct lane_slot *find_room(struct lane *lane, int64_t now_ms)
{
    struct lane_slot *room = NULL;

    for (int i = 0; i < LANE_WINDOW; i++) {
        struct lane_slot *slot = &lane->slots[i];

        if (slot->answer.request == NULL)
            return slot;
        if (slot->put_off && slot->due_ms > now_ms)
            room = slot;
    }
    return room;
}

static void let_go(struct lane *lane, struct lane_slot *slot)
{
    if (slot->answer.request != NULL && lane->again_ms == 0)
        lane->again_ms = slot->due_ms;
    free_slot(slot);
}

/* However many are put off, what comes after them is asked; when all have been,
 * the first of them again. */
static void fill(struct lane *lane, const struct terminal_store *store,
                 int64_t now_ms)
{
    struct queued_answer next;

    if (!lane->look && lane->again_ms != 0 && now_ms >= lane->again_ms)
        restart(lane);
    for (int i = 0; i < LANE_WINDOW && lane->look; i++) {
        struct lane_slot *slot = find_room(lane, now_ms);

        if (slot == NULL)
            return;
        lane->look = next_answer(lane, store, &next);
        if (!lane->look)
            return;
        let_go(lane, slot);
        slot->answer = next;
        slot->due_ms = now_ms;
    }
}

void outbox_fill(struct outbox *outbox, const struct terminal_store *store,
                 int64_t now_ms)
{
    for (int i = 0; i < LANES; i++)
        fill(&outbox->lanes[i], store, now_ms);
}

/* The oldest that is due: order matters to those who read the answers. */
static struct lane_slot *next_due(struct lane *lane, int64_t now_ms)
{
    struct lane_slot *next = NULL;

    for (int i = 0; i < LANE_WINDOW; i++) {
        struct lane_slot *slot = &lane->slots[i];

        if (slot->answer.request != NULL && slot->due_ms <= now_ms &&
            (next == NULL || slot->answer.row < next->answer.row))
            next = slot;
    }
    return next;
}

bool lane_send(struct lane *lane, const struct terminal_port *port,
               int64_t now_ms)
{
    struct lane_slot *slot;

    while ((slot = next_due(lane, now_ms)) != NULL) {
        if (!port->send(port->arg, slot->answer.request, slot->answer.size))
            return false;
        slot->due_ms = now_ms + ASK_AGAIN_MS;
        slot->put_off = false;
    }
    return true;
}

static int64_t due(const struct lane *lane)
{
    int64_t due_ms =
        lane->again_ms != 0 && !lane->look ? lane->again_ms : INT64_MAX;

    for (int i = 0; i < LANE_WINDOW; i++) {
        if (lane->slots[i].answer.request != NULL &&
            lane->slots[i].due_ms < due_ms)
            due_ms = lane->slots[i].due_ms;
    }
    return due_ms;
}

int64_t outbox_due_ms(const struct outbox *outbox)
{
    int64_t due_ms = INT64_MAX;

    for (int i = 0; i < LANES; i++) {
        if (due(&outbox->lanes[i]) < due_ms)
            due_ms = due(&outbox->lanes[i]);
    }
    return due_ms;
}

bool outbox_idle(const struct outbox *outbox, int64_t now_ms)
{
    for (int i = 0; i < LANES; i++) {
        for (int j = 0; j < LANE_WINDOW; j++) {
            const struct lane_slot *slot = &outbox->lanes[i].slots[j];

            if (slot->answer.request != NULL &&
                (!slot->put_off || slot->due_ms <= now_ms))
                return false;
        }
    }
    return true;
}

void outbox_again(struct outbox *outbox, int64_t now_ms)
{
    for (int i = 0; i < LANES; i++) {
        if (outbox->lanes[i].again_ms != 0)
            restart(&outbox->lanes[i]);
        for (int j = 0; j < LANE_WINDOW; j++)
            outbox->lanes[i].slots[j].due_ms = now_ms;
    }
}

static struct lane_slot *asked(struct lane *lane,
                               const Tocsin__V1__Reply *reply)
{
    for (int i = 0; i < LANE_WINDOW; i++) {
        struct lane_slot *slot = &lane->slots[i];

        if (slot->answer.request != NULL &&
            memcmp(slot->answer.request_id, reply->request_id.data,
                   sizeof slot->answer.request_id) == 0)
            return slot;
    }
    return NULL;
}

/* Also OK: HELD of a revision that is no longer the newest is noted, not
 * recorded, and would be asked for ever. */
static bool final(Tocsin__V1__Status status)
{
    return status != TOCSIN__V1__STATUS__STATUS_BUSY &&
           status != TOCSIN__V1__STATUS__STATUS_UNAVAILABLE;
}

#define EARLIER_PAUSE_MS 60000

static void put_off(struct lane_slot *slot, int64_t now_ms, int64_t pause_ms)
{
    slot->due_ms = now_ms + pause_ms;
    slot->put_off = pause_ms > ASK_CROWD_MS;
}

/* A broker of an earlier version does not know what it was asked: what an
 * officer said waits until it is a later one. */
static bool is_not_known_yet(const Tocsin__V1__Reply *reply)
{
    return reply->status == TOCSIN__V1__STATUS__STATUS_INVALID &&
           strcmp(reply->field, "body") == 0;
}

/* Who registered a found child is not there any more to see what was meant: the
 * field goes with the reason. */
static const char *reason_of(const Tocsin__V1__Reply *reply, char room[200])
{
    if (strncmp(reply->field, "found.", 6) != 0)
        return reply->reason;
    snprintf(room, 200, "%.80s %.110s", reply->field, reply->reason);
    return room;
}

bool outbox_reply(struct outbox *outbox, const Tocsin__V1__Reply *reply,
                  const struct terminal_store *store, int64_t now_ms)
{
    struct lane_slot *slot = NULL;
    struct lane *lane = NULL;
    struct answer_end end;
    char room[200];

    if (reply->request_id.len != sizeof slot->answer.request_id)
        return false;
    for (int i = 0; i < LANES && slot == NULL; i++) {
        lane = &outbox->lanes[i];
        slot = asked(lane, reply);
    }
    if (slot == NULL)
        return false;
    if (!final(reply->status)) {
        put_off(slot, now_ms, ask_pause_ms(reply));
        return true;
    }
    if (is_personal(lane) && is_not_known_yet(reply)) {
        put_off(slot, now_ms, EARLIER_PAUSE_MS);
        return true;
    }
    end =
        (struct answer_end){slot->answer.row, is_personal(lane), reply->status,
                            reply->sequence, reason_of(reply, room)};
    store->end_answer(store->arg, &end);
    free_slot(slot);
    lane->look = true;
    return true;
}
