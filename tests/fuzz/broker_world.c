#include "broker_world.h"
#include "fuzz.h"

#include <string.h>

#include <sodium.h>

#include "tocsin/v1/desk.pb-c.h"
#include "tocsin/v1/feed.pb-c.h"

#define AGE_MAX 20000
#define NEW_FACTS_MAX 200

static void refill(struct vault *vault)
{
    struct case_key key;

    while (vault_spares(vault) < 100) {
        randombytes_buf(&key, sizeof key);
        vault_add(vault, &key);
    }
}

/* Whatever leaves the broker must pass the door of those that it is for. */
static enum sent on_send(void *arg, enum gate gate, const struct route *route,
                         const uint8_t *bytes, size_t size)
{
    (void)arg;
    (void)gate;
    (void)route;
    REQUIRE(decode_shape(&tocsin__v1__reply__descriptor, bytes, size, NULL));
    return SENT;
}

static void on_publish(void *arg, const char *topic, const uint8_t *bytes,
                       size_t size)
{
    (void)arg;
    REQUIRE(strlen(topic) < TOPIC_MAX && size <= FEED_MESSAGE_MAX);
    REQUIRE(
        decode_shape(&tocsin__v1__feed_message__descriptor, bytes, size, NULL));
}

static void on_append(void *arg, const struct record *record)
{
    ((struct world *)arg)->written = record->sequence;
}

static void on_want_keys(void *arg)
{
    refill(((struct world *)arg)->story->vault);
}

static void on_store(void *arg, const char *name, const uint8_t *bytes,
                     size_t size)
{
    (void)arg;
    (void)name;
    (void)bytes;
    (void)size;
}

static bool on_load(void *arg, const char *name, uint8_t **bytes, size_t *size)
{
    (void)arg;
    (void)name;
    (void)bytes;
    (void)size;
    return false;
}

static void on_random(void *arg, void *bytes, size_t size)
{
    (void)arg;
    memset(bytes, 0x5a, size);
}

static void on_say(void *arg, enum log_level level, const char *event,
                   const char *text)
{
    (void)arg;
    (void)level;
    REQUIRE(utf8_valid((const uint8_t *)event, strlen(event)));
    REQUIRE(utf8_valid((const uint8_t *)text, strlen(text)));
}

struct moment world_now(const struct world *world)
{
    return (struct moment){world->now_ms - world->story->now_ms + 1000000,
                           world->now_ms};
}

static void on_destroy_key(void *arg, const uint8_t id[KEY_ID_SIZE])
{
    (void)arg;
    (void)id;
}

/* A key of zeroes is one that was destroyed. */
static void add_key(struct vault *vault, const struct case_key *key)
{
    static const uint8_t none[CASE_KEY_SIZE];

    if (memcmp(key->key, none, sizeof none) == 0)
        vault_destroy(vault, key->id);
    else
        vault_add(vault, key);
}

static void build(struct world *world)
{
    const struct broker_ports ports = {
        world,          on_send, on_publish, on_append, on_want_keys,
        on_store,       on_load, on_random,  on_say,    NULL,
        on_destroy_key, NULL,    NULL,       NULL};
    struct story *story = world->story;

    broker_free(world->broker);
    vault_free(story->vault); /* what was filed has lost its key */
    story->vault = vault_new();
    for (size_t i = 0; i < KEYS; i++)
        add_key(story->vault, &story->keys[i]);
    refill(story->vault);
    world->broker =
        broker_new(&story->config, &ports, story->divisions, story->vault);
    for (size_t i = 0; i < story->durable; i++)
        REQUIRE(broker_replay(world->broker, &story->paper[i].record, NULL) ==
                STATUS_OK);
    world->now_ms = story->now_ms;
    REQUIRE(broker_begin(world->broker, world_now(world), NULL) == STATUS_OK);
    world->written = story->durable;
    world->paused = false;
    world->age = 0;
}

/* A1 is open and led, with a match that waits; A2 solved, A3 ringed, A4
 * sealed; F1 closed. */
static struct story *told(void)
{
    static const char *const sentences[] = {
        "sz reports A1",
        "gate-1 holds A1",
        "gate-2 sights A1 with picture 1",
        "sz reports A2 exercise",
        "sz withdraws A2 exercise",
        "sz reports A3 ringed 10@0,20@300s,100@600s,air=800 ago 0",
        "administrator enrols lead-1 officer in 440300 rank 3",
        "administrator enrols lead-2 officer in 440000 rank 4",
        "sz offers A1 to lead-1",
        "lead-1 accepts A1",
        "lead-1 logs rescue of A1",
        "sz offers A2 to lead-1",
        "lead-1 accepts A2",
        "lead-1 solves A2 as returned",
        "sz reports A4",
        "gate-1 sights A4",
        "sz withdraws A4",
        "sz offers A4 to lead-2",
        "lead-2 accepts A4",
        "lead-2 solves A4 as returned",
        "lead-2 seals A4",
        "gate-1 purges A4",
        "administrator enrols office registry in 441302",
        "lead-1 notes K-1 of A1 mother taken",
        "lab receives K-1",
        "lab receives C-1",
        "lab matches C-1 with K-1",
        "lead-1 notes - of A1 father impossible",
        "gate-1 registers F1",
        "sz closes F1"};
    struct story *story = story_new();

    story->config.node_rate = UINT32_MAX; /* time stands still here */
    story->config.peer_rate = UINT32_MAX;
    story->config.giving_rate = 60000;
    for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++)
        story_tell(story, sentences[i]);
    return story;
}

struct world *world_take(void)
{
    static struct world world;

    if (world.story == NULL)
        world.story = told();
    if (world.broker == NULL || world.age++ > AGE_MAX ||
        world.written > world.story->durable + NEW_FACTS_MAX)
        build(&world);
    return &world;
}

void world_settle(struct world *world)
{
    uint64_t before;

    broker_hand_over(world->broker, world_now(world));
    do {
        before = world->written;
        broker_durable(world->broker, before, world_now(world));
    } while (world->written != before);
}
