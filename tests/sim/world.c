#include "world.h"

#include <stdlib.h>

#include "checks.h"
#include "home.h"
#include "land.h"

#define ENROLLED_LATER_MAX 24
#define CALM_MS (240 * 1000)
#define PATIENCE_MS (660 * 1000)
#define LOOK_EVERY_MS 2000
#define BOOK_EVERY_MS 5000
#define READING_BYTES (4 * 1024 * 1024)

int64_t world_wall_ms(const struct world *world)
{
    return BEGIN_WALL_MS + world->now_ms - BEGIN_MONOTONIC_MS;
}

struct moment world_moment(const struct world *world, int64_t wrong_ms)
{
    return (struct moment){world->now_ms, world_wall_ms(world) + wrong_ms};
}

void world_plan(struct world *world, int64_t in_ms,
                void (*happen)(struct world *world, void *what,
                               uint64_t number),
                void *what, uint64_t number)
{
    events_plan(&world->events, (struct event){.at_ms = world->now_ms + in_ms,
                                               .happen = happen,
                                               .what = what,
                                               .number = number});
}

int64_t world_about(struct world *world, int64_t mean_ms)
{
    return chance_between(&world->chance, mean_ms / 2, mean_ms * 3 / 2);
}

#define KEEP_ENDED_MS (30LL * 24 * 3600 * 1000)
#define KEEP_BRIEFLY_MS 15000

/* In a life out of four what is over is filed away while it goes on. */
static int64_t keep_ended_ms(const struct world *world)
{
    return world->seed % 4 == 0 ? KEEP_BRIEFLY_MS : KEEP_ENDED_MS;
}

static void configure(struct world *world)
{
    bool tight = world->weather.tight;
    struct chance *chance = &world->chance;

    world->host.config = (struct broker_config){
        .beacon_ms = world->weather.beacon_ms,
        .direct_ms = 3000,
        .journal_queue_max = tight ? 3 + chance_below(chance, 20) : 20000,
        .case_queue_max = tight ? 1 + chance_below(chance, 3) : 1000,
        .syncs_per_second =
            tight ? 1 + world->weather.nodes / 20 + chance_below(chance, 5)
                  : 500,
        .peer_requests_max = tight ? 2 + chance_below(chance, 10) : 256,
        .node_rate = 200,
        .peer_rate = 5000,
        .giving_rate = tight ? 4 : 60,
        .keep_ended_ms = keep_ended_ms(world),
        .silence = {.node_ms = 10000,
                    .lead_ms = 15000,
                    .duty_ms = 20000,
                    .sighting_ms = 8000,
                    .dna_ms = 15000,
                    .match_ms = 10000}};
}

struct world *world_new(uint64_t seed, FILE *transcript)
{
    struct world *world = must_calloc(1, sizeof *world);

    world->seed = seed;
    world->transcript = transcript;
    world->chance.state = seed;
    world->sodium.state = ~seed;
    world->now_ms = BEGIN_MONOTONIC_MS;
    chance_rules_sodium(&world->sodium);
    weather_draw(&world->weather, &world->chance);
    configure(world);
    world->divisions = land_make();
    world->model = model_new(world);
    arena_init(&world->reading, READING_BYTES);
    papers_init(&world->papers);
    keypair_make(&world->authority);
    world->node_room = world->weather.nodes + ENROLLED_LATER_MAX;
    world->nodes = must_calloc(world->node_room, sizeof *world->nodes);
    people_init(world);
    while (world->node_count < world->weather.nodes)
        (void)land_settle(world);
    return world;
}

void world_free(struct world *world)
{
    for (size_t i = 0; i < world->node_count; i++)
        node_done(&world->nodes[i]);
    host_done(world);
    free(world->nodes);
    people_done(world);
    events_done(&world->events);
    network_done(&world->network);
    papers_done(&world->papers);
    shots_done(&world->shots);
    model_free(world->model);
    arena_done(&world->reading);
    divisions_free(world->divisions);
    free(world);
}

static void look_into_the_book(struct world *world, void *what, uint64_t number)
{
    (void)what;
    (void)number;
    check_book(world);
    world_plan(world, BOOK_EVERY_MS, look_into_the_book, NULL, 0);
}

static void run_until(struct world *world, int64_t until_ms)
{
    struct event event;

    while (world->events.count > 0 && world->events.heap[0].at_ms <= until_ms &&
           events_next(&world->events, &event)) {
        world->now_ms = event.at_ms;
        event.happen(world, event.what, event.number);
    }
    world->now_ms = until_ms;
}

static void begin(struct world *world)
{
    weather_tell(world);
    host_found(world);
    people_enrol_all(world);
    model_read(world->model, world->host.disk.durable);
    /* the one that enrolled them ends, and the life of the next is told */
    host_crash(world, "is ready");
    host_start(world);
    for (size_t i = 0; i < world->node_count; i++)
        node_begin(&world->nodes[i]);
    people_begin(world);
    weather_begin(world);
    home_begin(world);
    look_into_the_book(world, NULL, 0);
}

static void come_to_rest(struct world *world)
{
    world->calm = true;
    tell(world, "weather", "calm");
    for (size_t i = 0; i < world->node_count; i++) {
        struct node *node = &world->nodes[i];

        node->field.slow = false;
        node->feed.slow = false;
        if (node->cut)
            node_cut(node, false);
    }
    world->weather.feed_queue = 2000;
    world->weather.desk_queue = 128;
}

void world_live(struct world *world)
{
    const char *lacking = NULL;
    int64_t end_ms = BEGIN_MONOTONIC_MS + world->weather.length_ms;

    begin(world);
    run_until(world, end_ms);
    come_to_rest(world);
    do {
        run_until(world, world->now_ms + LOOK_EVERY_MS);
        lacking = calm_lacks(world);
    } while (lacking != NULL &&
             world->now_ms <
                 end_ms + CALM_MS + (world->weather.patient ? PATIENCE_MS : 0));
    if (lacking != NULL)
        broken(world, "four minutes after the last fault all is whole again",
               "%s", lacking);
    check_end(world);
    tell(world, "weather", "all is whole again: %llu facts",
         (unsigned long long)world->model->head);
}
