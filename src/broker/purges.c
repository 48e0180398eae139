/* Sealing: the key goes when the sealing is durable, and every node that may
 * have the case is asked to purge it until it has said so. */
#include "broker/core_private.h"

#include <string.h>

#include <sodium.h>

#include "domain/purge.h"

#define PURGES_PER_PAGE 100
#define ASK_EVERY_MS 10000
#define SENDS_PER_ROUND 500
#define DOUBLED_ROUNDS 60

/* Kept among the destroyed keys: a journal that knows nothing of the alert is
 * still told that it was sealed. Likewise of a found child. */
static void make_tombstone(uint8_t out[KEY_ID_SIZE], const char *id)
{
    static const uint8_t purpose[] = "tocsin/v1/sealed alert";

    (void)crypto_generichash(out, KEY_ID_SIZE, (const uint8_t *)id, strlen(id),
                             purpose, sizeof purpose - 1);
}

static void destroy(struct broker *broker, const uint8_t id[KEY_ID_SIZE])
{
    vault_destroy(broker->vault, id);
    broker->ports.destroy_key(broker->ports.arg, id);
}

static void destroy_one(void *to, const uint8_t id[KEY_ID_SIZE])
{
    struct broker *broker = to;

    if (!vault_is_destroyed(broker->vault, id))
        destroy(broker, id);
}

/* A picture that was put before its alert was known, and that nobody named
 * then, has a key of its own. All files are looked at for that: once for each
 * case, not for every sealed one at every start. */
static void destroy_key(struct broker *broker, const struct alert *alert)
{
    uint8_t tombstone[KEY_ID_SIZE];

    make_tombstone(tombstone, alert->id);
    destroy(broker, alert->key_id);
    if (broker->ports.each_key != NULL &&
        !vault_is_destroyed(broker->vault, tombstone))
        broker->ports.each_key(broker->ports.arg, alert->id, destroy_one,
                               broker);
    destroy(broker, tombstone);
}

static void destroy_found_key(struct broker *broker,
                              const struct found_child *found)
{
    uint8_t tombstone[KEY_ID_SIZE];

    make_tombstone(tombstone, found->id);
    destroy(broker, found->key_id);
    destroy(broker, tombstone);
}

bool purge_was_sealed(const struct broker *broker, const char *id)
{
    uint8_t tombstone[KEY_ID_SIZE];

    make_tombstone(tombstone, id);
    return vault_is_destroyed(broker->vault, tombstone);
}

/* The tombstone is the last to be kept: all of it has ended. */
static bool has_ended(const struct broker *broker, const char *id,
                      const uint8_t key_id[KEY_ID_SIZE])
{
    return vault_is_destroyed(broker->vault, key_id) &&
           purge_was_sealed(broker, id);
}

void purge_seal(struct broker *broker, const struct alert *alert)
{
    picture_drop(broker, alert->id);
    destroy_key(broker, alert);
    for (size_t i = 0; i < broker->book->found_count; i++) {
        const struct found_child *found = broker->book->found[i];

        if (found_is_sealed(found) && strcmp(found->alert_id, alert->id) == 0)
            destroy_found_key(broker, found);
    }
    broker->next_purge_ms = broker->monotonic_ms;
    broker->purge_round = 0;
}

void purge_seal_found(struct broker *broker, const struct found_child *found)
{
    destroy_found_key(broker, found);
}

/* The journal is older than the keyring: it was restored from a backup that
 * came before the sealing. The child does not come back with it. */
static void forget(struct broker *broker, const struct alert *alert,
                   int64_t now_ms)
{
    char locks[LOCKS_PER_COMMAND][72] = {{0}};

    if (!command_lock_alert(broker, alert, locks)) {
        broker->keys_to_end = true;
        return;
    }
    arena_reset(&broker->arena);
    (void)broker_append(broker, decide_forgotten(alert, now_ms, &broker->arena),
                        NULL, locks);
}

static void forget_found(struct broker *broker, const struct found_child *found,
                         int64_t now_ms)
{
    char locks[LOCKS_PER_COMMAND][72] = {{0}};

    if (!command_lock_found(broker, found, locks)) {
        broker->keys_to_end = true;
        return;
    }
    arena_reset(&broker->arena);
    (void)broker_append(broker,
                        decide_found_forgotten(found, now_ms, &broker->arena),
                        NULL, locks);
}

static void end_found_keys(struct broker *broker, int64_t now_ms)
{
    for (size_t i = 0; i < broker->book->found_count; i++) {
        const struct found_child *found = broker->book->found[i];

        if (found_is_sealed(found)) {
            if (!has_ended(broker, found->id, found->key_id))
                destroy_found_key(broker, found);
        } else if (vault_is_destroyed(broker->vault, found->key_id)) {
            forget_found(broker, found, now_ms);
        }
    }
}

/* Before all else after a start, and when there is space again: a crash may
 * have come between the sealing and the end of its key. Each end is a commit of
 * its own, and a report waits behind them: what has ended is let be. */
void purge_end_keys(struct broker *broker, int64_t now_ms)
{
    const struct book *book = broker->book;

    if (!broker->keys_to_end || broker->full || broker->stopping)
        return;
    broker->keys_to_end = false;
    for (size_t i = 0; i < book->alert_count; i++) {
        const struct alert *alert = book->alerts[i];

        if (case_is_sealed(&alert->file)) {
            if (!has_ended(broker, alert->id, alert->key_id))
                destroy_key(broker, alert);
        } else if (vault_is_destroyed(broker->vault, alert->key_id)) {
            forget(broker, alert, now_ms);
        }
    }
    end_found_keys(broker, now_ms);
}

/* ---- asking -------------------------------------------------------------- */

static Tocsin__V1__Purge *make_purge(struct broker *broker,
                                     const char *alert_id)
{
    Tocsin__V1__Purge *purge =
        arena_message(&broker->arena, &tocsin__v1__purge__descriptor);

    purge->alert_id = (char *)(uintptr_t)alert_id;
    return purge;
}

static void to_its_machines(struct broker *broker,
                            const struct presence *presence, size_t size)
{
    const struct route *routes[] = {&presence->route, NULL};

    if (presence->doubled_ms != 0) {
        routes[0] = &presence->newer.route;
        routes[1] = &presence->older.route;
    }
    for (size_t i = 0; i < 2 && routes[i] != NULL; i++)
        (void)broker->ports.send(broker->ports.arg, GATE_FIELD, routes[i],
                                 broker->room, size);
}

void purge_ask(struct broker *broker, uint32_t node, const char *alert_id,
               int64_t now_ms)
{
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;
    Tocsin__V1__FeedPayload payload = TOCSIN__V1__FEED_PAYLOAD__INIT;
    char id[ULID_SIZE + 1] = {0}; /* it may lie in the arena */
    size_t size;

    strncpy(id, alert_id, ULID_SIZE);
    arena_reset(&broker->arena);
    payload.kind_case = TOCSIN__V1__FEED_PAYLOAD__KIND_PURGE;
    payload.purge = make_purge(broker, id);
    reply.status = TOCSIN__V1__STATUS__STATUS_OK;
    reply.time_ms = now_ms;
    reply.body_case = TOCSIN__V1__REPLY__BODY_PUSH;
    reply.push = &payload;
    size = protobuf_c_message_pack(&reply.base, broker->room);
    to_its_machines(broker, broker_presence(broker, node), size);
}

/* Nodes of an alert, by their numbers. */
struct range {
    uint32_t after;
    uint32_t up_to;
};

/* Of two machines with one key neither is believed: they are asked, but not
 * for ever as often as those whose word counts. */
static bool is_asked(struct broker *broker, const struct cover *line)
{
    return purge_is_due(broker->book, line) &&
           broker_is_present(broker, line->node) &&
           (doubles_ms(broker, line->node) == 0 ||
            broker->purge_walk.round % DOUBLED_ROUNDS == 0);
}

/* Returns how many are left; 0: the next round goes on here. */
static size_t ask_about(struct broker *broker, size_t number,
                        struct range range, size_t left, int64_t now_ms)
{
    const struct alert *alert = broker->book->alerts[number];

    for (size_t i = 0; i < alert->cover_count && left > 0; i++) {
        const struct cover *line = &alert->cover[i];

        if (line->node <= range.after || line->node > range.up_to ||
            !is_asked(broker, line))
            continue;
        purge_ask(broker, line->node, alert->id, now_ms);
        broker->purge_sweep = number;
        broker->purge_after = line->node;
        left--;
    }
    return left;
}

/* From where the last one ended: those who do not answer, once there are many,
 * must not keep all others from being asked. */
static void begin_walk(struct broker *broker)
{
    bool goes_on = broker->purge_sweep < broker->book->alert_count;

    broker->purge_walk = (struct purge_walk){
        .going = true,
        .round = broker->purge_round++,
        .from = goes_on ? broker->purge_sweep : 0,
        .after = goes_on ? broker->purge_after : 0,
        .sends = SENDS_PER_ROUND,
    };
}

/* As far as one turn bears; the place where it began comes last once more. */
static void walk_on(struct broker *broker, int64_t now_ms)
{
    const struct book *book = broker->book;
    struct purge_walk *walk = &broker->purge_walk;
    size_t count = book->alert_count;
    size_t lines = 0;

    for (; count > 0 && walk->done <= count && walk->sends > 0 &&
           lines < LINES_PER_TURN;
         walk->done++) {
        size_t number = (walk->from + walk->done) % count;
        struct range range = {walk->done == 0 ? walk->after : 0,
                              walk->done == count ? walk->after : UINT32_MAX};

        if (!case_is_sealed(&book->alerts[number]->file))
            continue;
        lines += book->alerts[number]->cover_count;
        walk->sends = ask_about(broker, number, range, walk->sends, now_ms);
    }
    walk->going = walk->done <= count && walk->sends > 0 && count > 0;
}

void purge_tick(struct broker *broker, int64_t now_ms)
{
    if (!broker->purge_walk.going) {
        if (broker->monotonic_ms < broker->next_purge_ms)
            return;
        broker->next_purge_ms = broker->monotonic_ms + ASK_EVERY_MS;
        begin_walk(broker);
    }
    walk_on(broker, now_ms);
}

void purge_fill(struct broker *broker, const struct principal *node,
                Tocsin__V1__SyncPage *page)
{
    const struct book *book = broker->book;

    page->purges =
        arena_take(&broker->arena, PURGES_PER_PAGE * sizeof *page->purges);
    for (size_t i = 0;
         i < book->alert_count && page->n_purges < PURGES_PER_PAGE; i++) {
        const struct alert *alert = book->alerts[i];
        const struct cover *line;

        if (!case_is_sealed(&alert->file))
            continue;
        line = alert_cover(alert, node->number);
        if (line != NULL && purge_is_due(book, line))
            page->purges[page->n_purges++] = make_purge(broker, alert->id);
    }
}
