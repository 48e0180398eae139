/* The line to the field desk: what is asked when, and what the replies say. */
#include <string.h>

#include "terminal/core.h"

#define RECONNECT_SPREAD_MS 2000
#define HEARTBEAT_MS 30000
#define KEYS_RETRY_MS 10000

static void set_revoked(struct terminal *terminal, bool revoked)
{
    if (terminal->revoked == revoked)
        return;
    terminal->revoked = revoked;
    terminal->standing_changed = true;
    terminal->state_urgent = true;
    note(terminal, revoked ? LEVEL_ERROR : LEVEL_INFO,
         revoked ? "node.revoked" : "node.admitted", "node=%s", terminal->node);
}

void terminal_connected(struct terminal *terminal, struct moment now)
{
    int64_t at_ms = now.monotonic_ms;

    if (terminal->was_up)
        at_ms += draw(terminal, RECONNECT_SPREAD_MS);
    terminal->lines++;
    terminal->line_up = true;
    terminal->was_up = true;
    terminal->standing_changed = true;
    terminal->send_again_ms = 0;
    terminal->heartbeat_ms = now.monotonic_ms;
    ask_end(&terminal->heartbeat);
    ask_again(&terminal->keys, at_ms);
    ask_again(&terminal->sync.ask, at_ms);
    ask_again(&terminal->fetch.ask, at_ms);
    hand_back_stop(terminal);
    ask_again(&terminal->shipment.ask, at_ms);
    terminal->shipment.look = true;
    terminal->shipment.passed = 0;
    outbox_again(&terminal->outbox, now.monotonic_ms);
    terminal->keys_asked_ms = 0;
    terminal->sync.attempts = 0;
    want_keys(terminal, at_ms);
    sync_want(terminal, false, at_ms);
    note(terminal, LEVEL_INFO, "line.connected", "node=%s", terminal->node);
}

void terminal_lost(struct terminal *terminal, bool refused, struct moment now)
{
    (void)now;
    if (terminal->line_up) {
        terminal->line_up = false;
        terminal->standing_changed = true;
        note(terminal, LEVEL_WARN, "line.lost", "node=%s", terminal->node);
    }
    if (refused)
        set_revoked(terminal, true);
}

static void ask_presence(struct terminal *terminal, struct moment now)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Heartbeat heartbeat = TOCSIN__V1__HEARTBEAT__INIT;

    if (terminal->chain.has_epoch)
        heartbeat.epoch =
            (ProtobufCBinaryData){EPOCH_SIZE, terminal->chain.epoch};
    heartbeat.head = terminal->chain.head;
    heartbeat.software = terminal->software;
    request.body_case = TOCSIN__V1__REQUEST__BODY_HEARTBEAT;
    request.heartbeat = &heartbeat;
    start_ask(terminal, &terminal->heartbeat, &request, now);
    terminal->heartbeat_ms =
        now.monotonic_ms + HEARTBEAT_MS - draw(terminal, HEARTBEAT_MS / 3);
}

static void ask_keys(struct terminal *terminal, struct moment now)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__GetKeys get = TOCSIN__V1__GET_KEYS__INIT;

    request.body_case = TOCSIN__V1__REQUEST__BODY_GET_KEYS;
    request.get_keys = &get;
    terminal->keys_ms = INT64_MAX;
    terminal->keys_asked_ms = now.monotonic_ms;
    start_ask(terminal, &terminal->keys, &request, now);
}

static void begin_what_is_due(struct terminal *terminal, struct moment now)
{
    if (now.monotonic_ms >= terminal->heartbeat_ms)
        ask_presence(terminal, now);
    if (terminal->revoked)
        return;
    if (!terminal->keys.open && now.monotonic_ms >= terminal->keys_ms)
        ask_keys(terminal, now);
    hand_back_next(terminal, now);
    if (terminal->sync.wanted && !terminal->sync.ask.open &&
        !terminal->hand_back.under_way &&
        now.monotonic_ms >= terminal->sync.at_ms)
        sync_start(terminal, now);
}

/* A sync that waits until all is handed back, which may be minutes, holds
 * nothing up. */
static bool idle(const struct terminal *terminal, struct moment now)
{
    return outbox_idle(&terminal->outbox, now.monotonic_ms) &&
           (!terminal->sync.wanted || terminal->hand_back.under_way) &&
           !terminal->sync.ask.open;
}

static bool send_ask(struct terminal *terminal, struct ask *ask,
                     struct moment now)
{
    if (!ask->open || ask->due_ms > now.monotonic_ms)
        return true;
    if (!terminal->port.send(terminal->port.arg, ask->bytes, ask->size))
        return false;
    ask_again(ask, now.monotonic_ms + ASK_AGAIN_MS);
    return true;
}

/* First what tells the broker where we are, then what an officer said, what is
 * urgent before the rest, then what the picture needs, then what the machine
 * says, pictures last. */
static bool send_all(struct terminal *terminal, struct moment now)
{
    struct lane *lanes = terminal->outbox.lanes;
    int64_t now_ms = now.monotonic_ms;

    if (!send_ask(terminal, &terminal->heartbeat, now))
        return false;
    if (terminal->revoked)
        return true;
    return lane_send(&lanes[LANE_URGENT], &terminal->port, now_ms) &&
           lane_send(&lanes[LANE_CALM], &terminal->port, now_ms) &&
           send_ask(terminal, &terminal->keys, now) &&
           send_ask(terminal, &terminal->sync.ask, now) &&
           send_ask(terminal, &terminal->hand_back.ask, now) &&
           lane_send(&lanes[LANE_MACHINE], &terminal->port, now_ms) &&
           send_ask(terminal, &terminal->shipment.ask, now) &&
           send_ask(terminal, &terminal->fetch.ask, now);
}

#define SEND_AGAIN_MS 200

void desk_pump(struct terminal *terminal, struct moment now)
{
    outbox_fill(&terminal->outbox, &terminal->store, now.monotonic_ms);
    if (!terminal->line_up || now.monotonic_ms < terminal->send_again_ms)
        return;
    purges_send(terminal, now);
    begin_what_is_due(terminal, now);
    if (!terminal->revoked && idle(terminal, now)) {
        shipment_next(terminal, now);
        fetch_start(terminal, now);
    }
    if (!send_all(terminal, now))
        terminal->send_again_ms = now.monotonic_ms + SEND_AGAIN_MS;
}

static void presence_reply(struct terminal *terminal,
                           const Tocsin__V1__Reply *reply, struct moment now)
{
    ask_end(&terminal->heartbeat);
    if (reply->status != TOCSIN__V1__STATUS__STATUS_OK ||
        reply->body_case != TOCSIN__V1__REPLY__BODY_PRESENCE)
        return;
    if (terminal->revoked) {
        /* what was revised meanwhile was not meant for us: no sync from our
         * head would say that it is over */
        set_revoked(terminal, false);
        outbox_again(&terminal->outbox, now.monotonic_ms); /* in its order */
        want_keys(terminal, now.monotonic_ms);
        sync_want(terminal, true, now.monotonic_ms);
    }
    hear_presence(terminal, reply->presence, now);
}

static void keys_reply(struct terminal *terminal,
                       const Tocsin__V1__Reply *reply, struct moment now)
{
    uint32_t before = terminal->opener.now.generation;

    ask_end(&terminal->keys);
    if (reply->status != TOCSIN__V1__STATUS__STATUS_OK ||
        reply->body_case != TOCSIN__V1__REPLY__BODY_KEYS ||
        !opener_take_keys(&terminal->opener, &terminal->chain, reply->keys)) {
        want_keys(terminal, now.monotonic_ms + KEYS_RETRY_MS);
        return;
    }
    terminal->state_urgent = true;
    terminal->enrolled = reply->keys->enrolled;
    if (terminal->enrolled > terminal->chain.whole)
        sync_want(terminal, true, now.monotonic_ms);
    if (before != terminal->opener.now.generation)
        note(terminal, LEVEL_INFO, "keys.new", "generation=%u",
             terminal->opener.now.generation);
    feed_retry(terminal, now);
}

/* To the questions that every checkpoint may ask there is but one reason for
 * DENIED: it is no longer one. */
static void denied(struct terminal *terminal)
{
    ask_end(&terminal->heartbeat);
    ask_end(&terminal->keys);
    ask_end(&terminal->sync.ask);
    hand_back_stop(terminal);
    fetch_drop(terminal);
    shipment_drop(terminal);
    terminal->sync.wanted = false;
    terminal->keys_ms = INT64_MAX;
    set_revoked(terminal, true);
}

static bool basic_reply(struct terminal *terminal, struct ask *ask,
                        const Tocsin__V1__Reply *reply, struct moment now)
{
    if (!ask_is(ask, reply->request_id))
        return false;
    if (reply->status == TOCSIN__V1__STATUS__STATUS_DENIED)
        denied(terminal);
    else if (reply->status == TOCSIN__V1__STATUS__STATUS_BUSY ||
             reply->status == TOCSIN__V1__STATUS__STATUS_UNAVAILABLE)
        ask_again(ask,
                  now.monotonic_ms + ask_pause_ms(reply) + draw(terminal, 500));
    else if (ask == &terminal->heartbeat)
        presence_reply(terminal, reply, now);
    else if (ask == &terminal->keys)
        keys_reply(terminal, reply, now);
    else
        sync_reply(terminal, reply, now);
    return true;
}

static void picture_reply(struct terminal *terminal,
                          const Tocsin__V1__Reply *reply, struct moment now)
{
    if (!ask_is(&terminal->fetch.ask, reply->request_id))
        return;
    if (reply->status == TOCSIN__V1__STATUS__STATUS_BUSY ||
        reply->status == TOCSIN__V1__STATUS__STATUS_UNAVAILABLE)
        ask_again(&terminal->fetch.ask, now.monotonic_ms + ask_pause_ms(reply));
    else
        fetch_reply(terminal, reply, now);
}

static void note_answer(struct terminal *terminal,
                        const Tocsin__V1__Reply *reply)
{
    const ProtobufCEnumValue *status = protobuf_c_enum_descriptor_get_value(
        &tocsin__v1__status__descriptor, (int)reply->status);
    bool good = reply->status == TOCSIN__V1__STATUS__STATUS_OK ||
                reply->status == TOCSIN__V1__STATUS__STATUS_RECORDED ||
                reply->status == TOCSIN__V1__STATUS__STATUS_DUPLICATE;

    note(terminal, good ? LEVEL_INFO : LEVEL_WARN,
         good ? "answer.recorded" : "answer.refused",
         "status=%s sequence=%llu field=%.60s",
         status == NULL ? "?" : status->name,
         (unsigned long long)reply->sequence, reply->field);
}

static void take_reply(struct terminal *terminal,
                       const Tocsin__V1__Reply *reply, struct moment now)
{
    if (ask_is_outcast(reply)) {
        denied(terminal);
        return;
    }
    if (reply->request_id.len == 0) {
        if (reply->body_case == TOCSIN__V1__REPLY__BODY_PUSH &&
            !terminal->revoked)
            feed_payload(terminal, reply->push, now);
        return;
    }
    if (outbox_reply(&terminal->outbox, reply, &terminal->store,
                     now.monotonic_ms)) {
        if (reply->status != TOCSIN__V1__STATUS__STATUS_BUSY &&
            reply->status != TOCSIN__V1__STATUS__STATUS_UNAVAILABLE)
            note_answer(terminal, reply);
        if (reply->sequence > terminal->recorded)
            terminal->recorded = reply->sequence;
        terminal->shipment.look = true; /* what follows it may go now */
        terminal->shipment.passed = 0;
        return;
    }
    if (!basic_reply(terminal, &terminal->heartbeat, reply, now) &&
        !basic_reply(terminal, &terminal->keys, reply, now) &&
        !basic_reply(terminal, &terminal->sync.ask, reply, now)) {
        if (ask_is(&terminal->hand_back.ask, reply->request_id))
            hand_back_reply(terminal, reply, now);
        else if (!shipment_reply(terminal, reply, now))
            picture_reply(terminal, reply, now);
    }
}

void terminal_reply(struct terminal *terminal, struct blob bytes,
                    struct moment now)
{
    const Tocsin__V1__Reply *reply;

    arena_reset(&terminal->frame);
    reply = bytes.size > DESK_FRAME_MAX
                ? NULL
                : decode(&terminal->frame, &tocsin__v1__reply__descriptor,
                         bytes.data, bytes.size, NULL);
    if (reply == NULL) {
        note(terminal, LEVEL_WARN, "reply.refused", "bytes=%zu", bytes.size);
        return;
    }
    terminal->heard_ms = now.monotonic_ms;
    daytime_told(terminal, reply->time_ms, now);
    take_reply(terminal, reply, now);
}
