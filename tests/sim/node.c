#include "node.h"

#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "terminal/says.h"
#include "world.h"

struct moment node_moment(const struct node *node)
{
    return world_moment(node->world, node->wrong_ms);
}

struct shown *node_shown(struct node *node, const char *alert_id)
{
    struct shown *shown;

    for (size_t i = 0; i < node->shown_count; i++) {
        if (strcmp(node->shown[i].alert_id, alert_id) == 0)
            return &node->shown[i];
    }
    node->shown =
        must_realloc(node->shown, node->shown_count + 1, sizeof *node->shown);
    shown = &node->shown[node->shown_count++];
    memset(shown, 0, sizeof *shown);
    memcpy(shown->alert_id, alert_id, strnlen(alert_id, ULID_SIZE));
    return shown;
}

/* ---- the core's port ----------------------------------------------------- */

static bool on_send(void *arg, const uint8_t *bytes, size_t size)
{
    struct node *node = arg;

    check_said(node, bytes, size);
    return wire_send(&node->field, bytes, size);
}

static void on_changed(void *arg, enum terminal_change change,
                       const char *alert_id)
{
    static const char *const words[] = {"NEW", "REVISED", "ENDED", "PICTURE",
                                        "STANDING"};
    struct node *node = arg;

    if (change == TERMINAL_STANDING)
        return;
    tell(node->world, node->bundle.id, "screen %s %s", words[change], alert_id);
    check_screen(node, change, alert_id);
}

static void on_note(void *arg, enum log_level level, const char *event,
                    const char *text)
{
    struct node *node = arg;

    (void)level;
    tell(node->world, node->bundle.id, "%s %s", event, text);
}

static void on_random(void *arg, void *out, size_t size)
{
    chance_fill(&((struct node *)arg)->world->chance, out, size);
}

static bool commit_fails(void *arg, bool *kept)
{
    struct node *node = arg;
    struct world *world = node->world;

    if (world->calm ||
        !chance_is(&world->chance, world->weather.node_commit_fails))
        return false;
    *kept = chance_is(&world->chance, 500);
    node->dying = true;
    return true;
}

/* ---- steps --------------------------------------------------------------- */

static void step(struct world *world, void *what, uint64_t life);

static void plan_step(struct node *node, int64_t at_ms)
{
    struct world *world = node->world;

    if (at_ms <= world->now_ms)
        at_ms = world->now_ms + 1;
    if (node->terminal == NULL || at_ms >= node->step_ms)
        return;
    node->step_ms = at_ms;
    world_plan(world, at_ms - world->now_ms, step, node, node->life);
}

static void put_in(struct inbox *inbox, struct parcel *parcel)
{
    if (inbox->count == inbox->room) {
        inbox->room = inbox->room * 2 + 8;
        inbox->parcels =
            must_realloc(inbox->parcels, inbox->room, sizeof *inbox->parcels);
    }
    inbox->parcels[inbox->count++] = parcel_hold(parcel);
}

static void empty(struct inbox *inbox)
{
    for (size_t i = 0; i < inbox->count; i++)
        parcel_release(inbox->parcels[i]);
    inbox->count = 0;
}

static void take_replies(struct node *node, struct moment now)
{
    for (size_t i = 0; i < node->replies.count; i++) {
        const struct parcel *parcel = node->replies.parcels[i];

        terminal_reply(node->terminal,
                       (struct blob){parcel->bytes, parcel->size}, now);
    }
    empty(&node->replies);
}

static void take_news(struct node *node, struct moment now)
{
    for (size_t i = 0; i < node->news.count; i++) {
        const struct parcel *parcel = node->news.parcels[i];
        struct feed_frames frames = {
            {(const uint8_t *)parcel->topic, strlen(parcel->topic)},
            {parcel->bytes, parcel->size}};

        terminal_feed(node->terminal, &frames, now);
    }
    empty(&node->news);
}

static void hear_line(struct node *node, struct moment now)
{
    if (node->lost)
        terminal_lost(node->terminal, node->refused, now);
    if (node->connected && node->field.connection != 0)
        terminal_connected(node->terminal, now);
    node->lost = false;
    node->refused = false;
    node->connected = false;
}

/* As tocsin_terminal_step does it. */
static void step(struct world *world, void *what, uint64_t life)
{
    struct node *node = what;
    struct moment now = node_moment(node);
    struct diag why = {0};

    if (node->terminal == NULL || node->life != life ||
        node->step_ms != world->now_ms)
        return;
    node->step_ms = INT64_MAX;
    hear_line(node, now);
    take_replies(node, now);
    take_news(node, now);
    if (node->answers_came)
        terminal_answers_queued(node->terminal);
    node->answers_came = false;
    terminal_tick(node->terminal, now);
    if (terminal_settle(node->terminal, now, &why) != STATUS_OK) {
        node_crash(node, "its store fails");
        return;
    }
    check_standing(node);
    plan_step(node, terminal_wake_ms(node->terminal, now));
}

/* ---- its wires ----------------------------------------------------------- */

static void on_connected(void *arg, struct wire *wire)
{
    struct node *node = arg;

    if (wire != &node->field)
        return;
    node->connected = true;
    plan_step(node, 0);
}

static void on_lost(void *arg, struct wire *wire, bool refused)
{
    struct node *node = arg;

    if (wire != &node->field)
        return;
    node->lost = true;
    node->refused = node->refused || refused;
    node->connected = false;
    plan_step(node, 0);
}

static void on_take(void *arg, struct wire *wire, struct parcel *parcel)
{
    struct node *node = arg;

    if (node->terminal == NULL)
        return;
    put_in(wire == &node->field ? &node->replies : &node->news, parcel);
    plan_step(node, node->world->now_ms +
                        chance_between(&node->world->chance, 1, 20));
}

static void lay_wire(struct node *node, struct wire *wire, enum gate gate)
{
    wire->world = node->world;
    wire->who = node->bundle.id;
    wire->gate = gate;
    wire->ports = (struct wire_ports){node, on_connected, on_lost, on_take};
    wire->topics = (const char(*)[TOPIC_MAX])node->topics;
    wire->slow = chance_is(&node->world->chance, node->world->weather.slow);
    REQUIRE(key_curve_public(node->bundle.key.public_key, wire->curve));
}

void node_cut(struct node *node, bool cut)
{
    node->cut = cut;
    wire_cut(&node->field, cut);
    wire_cut(&node->feed, cut);
}

/* ---- life ---------------------------------------------------------------- */

void node_begin(struct node *node)
{
    topics_of(node->topics, node->bundle.division);
    node->fetches = chance_is(&node->world->chance, 500);
    lay_wire(node, &node->field, GATE_FIELD);
    lay_wire(node, &node->feed, GATE_FEED);
    node->shelf = shelf_new(commit_fails, node, &node->world->host.restores);
    node_start(node);
}

void node_start(struct node *node)
{
    const struct bundle *bundle = &node->bundle;
    struct terminal_setup setup = {
        .node = bundle->id,
        .division = bundle->division,
        .place = {.point = {bundle->latitude, bundle->longitude},
                  .has_point = true,
                  .kind = bundle->kind},
        .authority = bundle->authority,
        .key = &bundle->key,
        .software = "simulated",
        .fetch_pictures = node->fetches};
    struct terminal_port port = {.arg = node,
                                 .send = on_send,
                                 .changed = on_changed,
                                 .note = on_note,
                                 .random = on_random};
    struct terminal_store store;

    if (node->terminal != NULL)
        return;
    node->life++;
    node->dying = false;
    node->step_ms = INT64_MAX;
    shelf_port(node->shelf, &store);
    node->terminal = terminal_new(&setup, &port, &store);
    shelf_load(node->shelf, node->terminal, node_moment(node));
    check_restart(node);
    wire_open(&node->field);
    wire_open(&node->feed);
    plan_step(node, 0);
}

static void start_again(struct world *world, void *what, uint64_t life)
{
    struct node *node = what;

    (void)world;
    if (node->life == life)
        node_start(node);
}

static void end(struct node *node)
{
    terminal_free(node->terminal);
    node->terminal = NULL;
    shelf_crash(node->shelf);
    empty(&node->replies);
    empty(&node->news);
    node->connected = false;
    node->lost = false;
    node->refused = false;
    wire_close(&node->field);
    wire_close(&node->feed);
}

void node_crash(struct node *node, const char *why)
{
    if (node->terminal == NULL)
        return;
    tell(node->world, node->bundle.id, "dies: %s", why);
    end(node);
    world_plan(node->world, world_about(node->world, 2000), start_again, node,
               node->life);
}

void node_admit(struct node *node, const struct keypair *key)
{
    if (memcmp(node->bundle.key.public_key, key->public_key, KEY_SIZE) == 0) {
        node->readmitted_ms = node->world->now_ms;
        return;
    }
    tell(node->world, node->bundle.id, "has another key");
    if (node->terminal != NULL)
        end(node);
    node->bundle.key = *key;
    node->key_serial++;
    shelf_take_key(node->shelf, key, node->key_serial, &node->world->chance);
    REQUIRE(key_curve_public(key->public_key, node->field.curve));
    memcpy(node->feed.curve, node->field.curve, KEY_SIZE);
    node_start(node);
}

void node_note_held(struct node *node)
{
    const struct holding *holding;

    node->held_then_count = 0;
    node->held_then_serial = node->key_serial;
    while (node->shelf != NULL &&
           (holding = shelf_holds(node->shelf, node->held_then_count)) !=
               NULL) {
        struct held_then *then;

        node->held_then = must_realloc(node->held_then, ++node->held_then_count,
                                       sizeof *node->held_then);
        then = &node->held_then[node->held_then_count - 1];
        memcpy(then->alert_id, holding->alert_id, sizeof then->alert_id);
        then->revision = holding->gone || holding->bare ? 0 : holding->revision;
    }
}

void node_done(struct node *node)
{
    if (node->terminal != NULL)
        end(node);
    shelf_free(node->shelf);
    free(node->replies.parcels);
    free(node->news.parcels);
    free(node->shown);
    free(node->held_then);
}

/* ---- the officer --------------------------------------------------------- */

static const struct shown *something_on_screen(struct node *node)
{
    size_t from =
        chance_below(&node->world->chance, (uint32_t)node->shown_count);

    for (size_t i = 0; i < node->shown_count; i++) {
        const struct shown *shown =
            &node->shown[(from + i) % node->shown_count];

        if (shown->on_screen)
            return shown;
    }
    return NULL;
}

/* One officer in ten has come from elsewhere, was told there, and says here
 * what was seen or searched. */
static const struct shown *something_known(struct node *node, bool *elsewhere)
{
    struct world *world = node->world;
    struct node *told = node;

    *elsewhere = chance_is(&world->chance, 100);
    if (*elsewhere)
        told = &world->nodes[chance_below(&world->chance,
                                          (uint32_t)world->node_count)];
    return something_on_screen(told);
}

static uint8_t *make_request(struct node *node, struct shelf_answer *answer,
                             size_t *size)
{
    Tocsin__V1__Answer content = TOCSIN__V1__ANSWER__INIT;
    Tocsin__V1__Search search = TOCSIN__V1__SEARCH__INIT;
    Tocsin__V1__Interval when = TOCSIN__V1__INTERVAL__INIT;
    Tocsin__V1__Picture picture;
    int64_t wall_ms = node_moment(node).wall_ms;

    content.answer_id = (ProtobufCBinaryData){16, answer->answer_id};
    content.node = node->bundle.id;
    content.alert_id = answer->alert_id;
    content.revision = answer->revision;
    content.rung = answer->rung;
    content.at_ms = wall_ms;
    content.officer = (char *)(uintptr_t) "000123";
    if (answer->rung == TOCSIN__V1__RUNG__RUNG_NEGATIVE) {
        when.from_ms = wall_ms > 2000 ? wall_ms - 1000 : 1;
        when.to_ms = wall_ms > 2000 ? wall_ms : 1;
        search.what = (char *)(uintptr_t) "platform 1";
        search.when = &when;
        content.search = &search;
    }
    answer->photograph = shot_take(node->world, node->bundle.id, &content);
    if (answer->photograph != NULL) {
        shot_name(answer->photograph, &picture);
        content.picture = &picture;
    }
    return answer_request(&content, &node->bundle.key, answer->request_id,
                          size);
}

void node_put_in(struct node *node, const struct shelf_answer *answer)
{
    shelf_answer(node->shelf, answer);
    node->answers_came = true;
    plan_step(node, 0);
}

void node_officer_answers(struct node *node)
{
    struct world *world = node->world;
    bool elsewhere;
    const struct shown *shown = something_known(node, &elsewhere);
    struct shelf_answer answer = {.personal = true,
                                  .key_serial = node->key_serial,
                                  .given_ms = world->now_ms};

    if (shown == NULL)
        return;
    memcpy(answer.alert_id, shown->alert_id, sizeof answer.alert_id);
    answer.revision = shown->newest;
    answer.rung = (Tocsin__V1__Rung)chance_between(
        &world->chance,
        elsewhere ? TOCSIN__V1__RUNG__RUNG_NEGATIVE
                  : TOCSIN__V1__RUNG__RUNG_READ,
        TOCSIN__V1__RUNG__RUNG_INTERCEPTED);
    chance_fill(&world->chance, answer.answer_id, 16);
    chance_fill(&world->chance, answer.request_id, 16);
    answer.request = make_request(node, &answer, &answer.size);
    tell(world, node->bundle.id, "its officer says %d to %s r%u",
         (int)answer.rung, answer.alert_id, answer.revision);
    answer.relayed = chance_is(&world->chance, world->weather.relayed);
    if (answer.relayed)
        people_relay(world, &answer);
    node_put_in(node, &answer);
}
