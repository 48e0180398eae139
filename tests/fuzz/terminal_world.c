#include "terminal_world.h"
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/seal.h"

#define AGE_MAX 4000
#define BEGIN_MS 1790000000000
#define YEAR_MS (365LL * 86400000)

/* ---- a store that keeps nothing ------------------------------------------ */

static void keep(void *arg, const struct holding *holding, struct blob document)
{
    (void)arg;
    (void)holding;
    (void)document;
}

static bool keep_picture(void *arg, const struct holding *holding,
                         struct blob image)
{
    keep(arg, holding, image);
    return true;
}

static void strip(void *arg, const char *alert_id)
{
    (void)arg;
    REQUIRE(ulid_valid(alert_id));
}

static void keep_thumbnail(void *arg, const char *alert_id, struct blob image)
{
    (void)image;
    strip(arg, alert_id);
}

static void keep_state(void *arg, const struct terminal_state *state)
{
    (void)arg;
    (void)state;
}

static void queue(void *arg, const struct machine_answer *answer)
{
    (void)arg;
    REQUIRE(ulid_valid(answer->alert_id));
}

static void end_answer(void *arg, const struct answer_end *end)
{
    (void)arg;
    (void)end;
}

static bool load(void *arg, const char *alert_id,
                 void (*give)(void *to, struct blob document,
                              struct blob thumbnail),
                 void *to)
{
    (void)give;
    (void)to;
    strip(arg, alert_id);
    return false;
}

static void keep_word(void *arg, const struct answer_word *word)
{
    (void)arg;
    (void)word;
}

static void say_again(void *arg)
{
    (void)arg;
}

static bool next_answer(void *arg, enum lane_of lane, int64_t after,
                        struct queued_answer *out)
{
    (void)arg;
    (void)lane;
    (void)after;
    (void)out;
    return false;
}

static enum status commit(void *arg, struct diag *why)
{
    (void)arg;
    (void)why;
    return STATUS_OK;
}

/* ---- the port ------------------------------------------------------------ */

static bool on_send(void *arg, const uint8_t *bytes, size_t size)
{
    ((struct world *)arg)->sent++;
    REQUIRE(decode_shape(&tocsin__v1__request__descriptor, bytes, size, NULL));
    return true;
}

static void on_changed(void *arg, enum terminal_change change,
                       const char *alert_id)
{
    (void)arg;
    REQUIRE(change == TERMINAL_STANDING || ulid_valid(alert_id));
}

static void on_note(void *arg, enum log_level level, const char *event,
                    const char *text)
{
    (void)arg;
    (void)level;
    (void)event;
    REQUIRE(utf8_valid((const uint8_t *)text, strlen(text)));
}

static void on_random(void *arg, void *out, size_t size)
{
    static uint64_t dice = 42;
    uint8_t *bytes = out;

    (void)arg;
    for (size_t i = 0; i < size; i++) {
        dice = dice * 6364136223846793005u + 1442695040888963407u;
        bytes[i] = (uint8_t)(dice >> 56);
    }
}

/* ---- the world ----------------------------------------------------------- */

static void settle(struct world *world)
{
    REQUIRE(terminal_settle(world->terminal, world->now, NULL) == STATUS_OK);
}

static void give_keys(struct world *world)
{
    struct terminal_state state = {.generation = 1, .has_epoch = true};

    for (int i = 0; i < OWN_TOPICS; i++) {
        topic_key(state.keys[i], world->master,
                  world->terminal->chain.topics[i], 1);
        state.keys_held |= (uint16_t)(1U << i);
    }
    memcpy(state.epoch, world->epoch, EPOCH_SIZE);
    terminal_load_state(world->terminal, &state, world->now);
}

static void build(struct world *world)
{
    struct terminal_setup setup = {
        .node = "gate-1",
        .division = "440305",
        .place = {.point = {22.53, 113.93},
                  .has_point = true,
                  .kind = TOCSIN__V1__NODE_KIND__NODE_KIND_LAND_BORDER},
        .authority = world->authority.public_key,
        .software = "fuzz",
        .fetch_pictures = true};
    struct terminal_port port = {.arg = world,
                                 .send = on_send,
                                 .changed = on_changed,
                                 .note = on_note,
                                 .random = on_random};
    struct terminal_store store = {.keep = keep,
                                   .strip = strip,
                                   .drop = strip,
                                   .keep_thumbnail = keep_thumbnail,
                                   .keep_picture = keep_picture,
                                   .keep_state = keep_state,
                                   .queue = queue,
                                   .end_answer = end_answer,
                                   .load = load,
                                   .keep_word = keep_word,
                                   .say_again = say_again,
                                   .next_answer = next_answer,
                                   .commit = commit};

    terminal_free(world->terminal);
    world->now = (struct moment){1000000, BEGIN_MS};
    world->terminal = terminal_new(&setup, &port, &store);
    give_keys(world);
    world->age = 0;
    terminal_connected(world->terminal, world->now);
    settle(world);
}

static void make_people(struct world *world)
{
    struct bundle *centre = &world->centre;

    keys_start();
    keypair_make(&world->authority);
    keypair_make(&centre->key);
    keypair_make(&centre->exercise_key);
    centre->has_seed = centre->has_exercise_seed = true;
    centre->role = TOCSIN__V1__ROLE__ROLE_CENTRE;
    snprintf(centre->id, sizeof centre->id, "sz");
    snprintf(centre->division, sizeof centre->division, "440300");
    REQUIRE(certificate_issue(centre, &world->authority, 0,
                              BEGIN_MS + 10 * YEAR_MS, NULL) == STATUS_OK);
    memset(world->epoch, 0xe1, sizeof world->epoch);
    arena_init(&world->arena, 1 << 22);
}

struct world *world_take(void)
{
    static struct world world;

    if (world.terminal == NULL)
        make_people(&world);
    if (world.terminal == NULL || world.age++ > AGE_MAX)
        build(&world);
    arena_reset(&world.arena);
    return &world;
}

void world_pass(struct world *world, int64_t ms)
{
    world->now.monotonic_ms += ms;
    world->now.wall_ms += ms;
    terminal_tick(world->terminal, world->now);
    settle(world);
}

void world_reconnect(struct world *world)
{
    terminal_lost(world->terminal, false, world->now);
    terminal_connected(world->terminal, world->now);
    world_pass(world, 0);
    world_pass(world, 2001);
}

static bool is_exercise(const Tocsin__V1__AlertDocument *document)
{
    switch (document->kind_case) {
    case TOCSIN__V1__ALERT_DOCUMENT__KIND_ALERT:
        return document->alert->exercise;
    case TOCSIN__V1__ALERT_DOCUMENT__KIND_WITHDRAWAL:
        return document->withdrawal->exercise;
    default:
        return false;
    }
}

void world_sign(struct world *world, Tocsin__V1__Notice *notice)
{
    Tocsin__V1__SignedAlert *sealed = notice->document;
    const Tocsin__V1__AlertDocument *document;
    const struct bundle *centre = &world->centre;
    uint8_t *signature;
    bool exercise;

    if (sealed == NULL || sealed->certificate == NULL)
        return;
    document = decode(&world->arena, &tocsin__v1__alert_document__descriptor,
                      sealed->content.data, sealed->content.len, NULL);
    signature = world->arena.allocator.alloc(&world->arena, SIGNATURE_SIZE);
    if (document == NULL || signature == NULL)
        return;
    exercise = is_exercise(document);
    sealed->certificate->content = (ProtobufCBinaryData){
        centre->certificate_size, (uint8_t *)(uintptr_t)centre->certificate};
    sealed->certificate->signature = (ProtobufCBinaryData){
        SIGNATURE_SIZE, (uint8_t *)(uintptr_t)centre->certificate_signature};
    sign(signature, exercise ? CONTEXT_EXERCISE : CONTEXT_ALERT,
         sealed->content.data, sealed->content.len,
         exercise ? &centre->exercise_key : &centre->key);
    sealed->signature = (ProtobufCBinaryData){SIGNATURE_SIZE, signature};
}
