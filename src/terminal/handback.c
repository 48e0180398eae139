/* A broker that was restored from a backup has lost what came after it, and
 * whatever of that a centre signed stands here. It goes back before the
 * broker's older picture is taken over: a lost alert is a lost child. */
#include <stdlib.h>
#include <string.h>

#include "terminal/core.h"

bool is_of_another_journal(const struct terminal *terminal,
                           const struct holding *holding)
{
    if (holding->sequence == 0 || !terminal->sync.foreign)
        return holding->sequence == 0;
    return holding->line != 0
               ? holding->line != terminal->lines
               : memcmp(holding->epoch, terminal->sync.epoch, EPOCH_SIZE) != 0;
}

bool hand_back_may(const struct terminal *terminal,
                   const struct holding *holding)
{
    return !terminal->whole_area && !holding->brought && !holding->bare &&
           !holding->gone && !holding->exercise;
}

void hand_back_over(struct terminal *terminal)
{
    struct holding *holding;
    size_t cursor = 0;

    while ((holding = held_next(&terminal->held, &cursor)) != NULL)
        holding->brought = false;
    terminal->hand_back.said = false;
}

/* What was handed back to a broker that has lost it once more, this one is to
 * be given too. */
void hand_back_page(struct terminal *terminal)
{
    if (memcmp(terminal->hand_back.epoch, terminal->sync.epoch, EPOCH_SIZE) !=
        0)
        hand_back_over(terminal);
}

/* The broker has had no say of the one that it was asked to take. Whoever is
 * there now tells first what it knows, and what was missed meanwhile. */
void hand_back_stop(struct terminal *terminal)
{
    struct hand_back *hand_back = &terminal->hand_back;
    struct holding *holding = held_find(&terminal->held, hand_back->alert_id);

    if (hand_back->ask.open && holding != NULL) {
        holding->owed = true;
        holding->brought = false;
    }
    ask_end(&hand_back->ask);
    hand_back->under_way = false;
}

static bool is_owed(const struct terminal *terminal,
                    const struct holding *holding, struct moment now)
{
    bool unnamed = holding->named != terminal->sync.round ||
                   is_of_another_journal(terminal, holding);

    return hand_back_may(terminal, holding) &&
           (holding->owed ||
            (terminal->sync.foreign && unnamed &&
             holding_state(holding, daytime_ms(terminal, now)) ==
                 HOLDING_LIVE));
}

/* What was put off is asked once more. */
static void next_round(struct terminal *terminal)
{
    struct holding *holding;
    size_t cursor = 0;

    while ((holding = held_next(&terminal->held, &cursor)) != NULL)
        holding->put_off = false;
    terminal->hand_back.put_off = 0;
}

bool hand_back_begin(struct terminal *terminal, struct moment now)
{
    struct hand_back *hand_back = &terminal->hand_back;
    struct holding *holding;
    size_t cursor = 0;
    size_t count = 0;

    while ((holding = held_next(&terminal->held, &cursor)) != NULL) {
        holding->owed =
            !terminal->sync.doubted && is_owed(terminal, holding, now);
        count += holding->owed;
    }
    next_round(terminal);
    hand_back->at_ms = now.monotonic_ms;
    hand_back->under_way = count > 0;
    if (count > 0)
        memcpy(hand_back->epoch, terminal->sync.epoch, EPOCH_SIZE);
    if (count > 0)
        note(terminal, LEVEL_WARN, "alerts.handed_back", "count=%zu", count);
    return count > 0;
}

/* Each once in a round, whatever came to stand there meanwhile. */
static struct holding *next_owed(struct terminal *terminal)
{
    size_t *cursor = &terminal->hand_back.cursor;
    struct holding *holding;

    for (int turn = 0; turn < 2; turn++) {
        while ((holding = held_next(&terminal->held, cursor)) != NULL) {
            if (holding->owed && !holding->put_off)
                return holding;
        }
        *cursor = 0;
    }
    return NULL;
}

struct packing {
    struct terminal *terminal;
    const struct holding *holding;
    struct moment now;
};

static void ask(void *arg, struct blob document, struct blob thumbnail)
{
    const struct packing *packing = arg;
    struct terminal *terminal = packing->terminal;
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__HandBack body = TOCSIN__V1__HAND_BACK__INIT;

    arena_reset(&terminal->inner);
    body.alert = decode(&terminal->inner, &tocsin__v1__signed_alert__descriptor,
                        document.data, document.size, NULL);
    if (body.alert == NULL)
        return;
    body.case_number = (char *)(uintptr_t)packing->holding->case_number;
    body.thumbnail.data = (uint8_t *)(uintptr_t)thumbnail.data;
    body.thumbnail.len = thumbnail.size;
    request.body_case = TOCSIN__V1__REQUEST__BODY_HAND_BACK;
    request.hand_back = &body;
    start_ask(terminal, &terminal->hand_back.ask, &request, packing->now);
}

/* Many weigh no more on the broker than a few, but none waits longer than this
 * for its centre to be enrolled again. */
#define ROUND_MAX_MS 60000

/* What officers said need not wait for minutes either: about what is back it is
 * said now, and all of it once more in the end. */
static void first_round_over(struct terminal *terminal)
{
    if (terminal->hand_back.said || next_owed(terminal) != NULL)
        return;
    terminal->hand_back.said = true;
    (void)sync_say_again(terminal);
}

/* It has nothing to do with the others, which need not wait for it: its centre
 * is not enrolled again. Of those that are left the first waits as long as all
 * of them were told to, one after the other. */
static void put_off(struct terminal *terminal, int64_t pause_ms)
{
    struct hand_back *hand_back = &terminal->hand_back;
    struct holding *holding = held_find(&terminal->held, hand_back->alert_id);

    ask_end(&hand_back->ask);
    if (holding == NULL)
        return;
    holding->owed = true;
    holding->brought = false;
    holding->put_off = true;
    if (hand_back->put_off++ == 0)
        hand_back->wait_ms = 0;
    hand_back->wait_ms += pause_ms;
    if (hand_back->wait_ms > ROUND_MAX_MS)
        hand_back->wait_ms = ROUND_MAX_MS;
    first_round_over(terminal);
}

#define UNREAD_PAUSE_MS 10000
#define UNREAD_MAX 4

/* A disk that cannot be read just now may be later; after some tries the others
 * are not held up any longer. */
static void leave(struct terminal *terminal, struct holding *holding)
{
    bool last = ++holding->unread == UNREAD_MAX;

    if (holding->unread == 1) {
        terminal->rejected++;
        terminal->standing_changed = true;
        terminal->state_changed = true;
    }
    if (holding->unread == 1 || last)
        note(terminal, LEVEL_ERROR, "alert.unreadable",
             "alert=%s tries=%u next=%s", holding->alert_id,
             (unsigned)holding->unread, last ? "given_up" : "again");
    if (last)
        holding->unread = 0;
    else
        put_off(terminal, UNREAD_PAUSE_MS);
}

static void give(struct terminal *terminal, struct holding *holding,
                 struct moment now)
{
    struct hand_back *hand_back = &terminal->hand_back;
    struct packing packing = {terminal, holding, now};

    holding->owed = false;
    holding->brought = true;
    memcpy(hand_back->alert_id, holding->alert_id, sizeof holding->alert_id);
    (void)terminal->store.load(terminal->store.arg, holding->alert_id, ask,
                               &packing);
    if (!hand_back->ask.open)
        leave(terminal, holding);
}

/* The next one; after the last the broker is asked for its picture again. */
void hand_back_next(struct terminal *terminal, struct moment now)
{
    struct hand_back *hand_back = &terminal->hand_back;

    while (hand_back->under_way && !hand_back->ask.open &&
           now.monotonic_ms >= hand_back->at_ms) {
        struct holding *holding = next_owed(terminal);

        if (holding != NULL) {
            give(terminal, holding, now);
        } else if (hand_back->put_off > 0) {
            hand_back->at_ms = now.monotonic_ms + hand_back->wait_ms;
            next_round(terminal);
        } else {
            hand_back->under_way = false;
            terminal->sync.attempts = 0; /* its word has changed */
            sync_want(terminal, true, now.monotonic_ms);
        }
    }
}

void hand_back_reply(struct terminal *terminal, const Tocsin__V1__Reply *reply,
                     struct moment now)
{
    struct hand_back *hand_back = &terminal->hand_back;
    bool taken = reply->status == TOCSIN__V1__STATUS__STATUS_RECORDED ||
                 reply->status == TOCSIN__V1__STATUS__STATUS_OK;
    int64_t pause_ms;

    if (reply->status == TOCSIN__V1__STATUS__STATUS_BUSY ||
        reply->status == TOCSIN__V1__STATUS__STATUS_UNAVAILABLE) {
        pause_ms = ask_pause_ms(reply) + draw(terminal, 500);
        if (reply->status == TOCSIN__V1__STATUS__STATUS_BUSY &&
            ask_pause_ms(reply) > ASK_CROWD_MS)
            put_off(terminal, pause_ms);
        else
            ask_again(&hand_back->ask, now.monotonic_ms + pause_ms);
        return;
    }
    ask_end(&hand_back->ask);
    note(terminal, taken ? LEVEL_INFO : LEVEL_WARN,
         taken ? "alert.taken_back" : "alert.not_taken_back",
         "alert=%s field=%.60s", hand_back->alert_id, reply->field);
}
