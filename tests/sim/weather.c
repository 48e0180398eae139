#include "weather.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "disk.h"
#include "home.h"
#include "portraits.h"
#include "world.h"

/* Is this kind of trouble part of this life? */
static bool has(struct chance *chance)
{
    return chance_is(chance, 500);
}

static int64_t every(struct chance *chance, int64_t least_ms, int64_t most_ms)
{
    return has(chance) ? chance_between(chance, least_ms, most_ms) : 0;
}

static unsigned often(struct chance *chance, unsigned most)
{
    return has(chance) ? chance_below(chance, most) : 0;
}

static void draw_stage(struct weather *weather, struct chance *chance)
{
    uint32_t size = chance_below(chance, 1000);

    weather->nodes = size < 800   ? 2 + chance_below(chance, 8)
                     : size < 985 ? 8 + chance_below(chance, 20)
                     : size < 998 ? 40 + chance_below(chance, 60)
                                  : 200 + chance_below(chance, 60);
    weather->centres = 1 + chance_below(chance, 4);
    weather->length_ms = chance_between(chance, 20000, 90000);
    if (weather->nodes > 30)
        weather->length_ms = chance_between(chance, 10000, 30000);
    weather->beacon_ms = has(chance) ? 1000 : 2000;
}

static void draw_lines(struct weather *weather, struct chance *chance)
{
    weather->delay_ms = has(chance) ? chance_between(chance, 1, 2000) : 30;
    weather->slow = often(chance, 500);
    weather->slow_delay_ms =
        weather->slow > 0 ? weather->delay_ms + chance_below(chance, 8000)
                          : weather->delay_ms;
    weather->break_every_ms = every(chance, 200, 20000);
    weather->partition_every_ms = every(chance, 2000, 30000);
    weather->unnoticed = often(chance, 1000);
    weather->feed_queue = has(chance) ? 1 + chance_below(chance, 6) : 2000;
    weather->desk_queue = has(chance) ? 2 + chance_below(chance, 10) : 128;
}

static void draw_machines(struct weather *weather, struct chance *chance)
{
    weather->commit_ms = has(chance) ? chance_between(chance, 1, 3000) : 10;
    weather->crash_every_ms = every(chance, 2000, 40000);
    weather->stop_every_ms = every(chance, 5000, 60000);
    weather->commit_fails = often(chance, 60);
    weather->tight = has(chance);
    weather->node_crash_every_ms = every(chance, 1000, 20000);
    weather->node_commit_fails = often(chance, 60);
    weather->clock_every_ms = every(chance, 3000, 40000);
    weather->wrong_clocks = often(chance, 600);
    weather->broker_clock = has(chance);
}

/* In some once more, from the same copy or a newer one. */
static void draw_second_loss(struct weather *weather, struct chance *chance)
{
    int64_t from_ms = weather->loss_ms + HOME_RESTORING_MAX_MS;
    int64_t at_ms =
        from_ms + chance_between(chance, 1000, weather->length_ms * 2 / 5);

    if (!chance_is(chance, 500) || at_ms >= weather->length_ms)
        return;
    weather->second_loss_ms = at_ms;
    if (chance_is(chance, 500))
        weather->second_backup_ms =
            from_ms + chance_between(chance, 0, at_ms - from_ms - 500);
}

/* In a life out of four the home is lost. It is drawn apart: the others are
 * what they are without. */
static void draw_loss(struct weather *weather, struct chance apart)
{
    struct chance *chance = &apart;

    apart.state ^= UINT64_C(0x6c6f7373);
    if (!chance_is(chance, 250))
        return;
    weather->backup_ms = chance_between(chance, 1000, weather->length_ms / 2);
    weather->loss_ms = weather->backup_ms +
                       chance_between(chance, 500, weather->length_ms * 2 / 5);
    weather->patient = chance_is(chance, 125);
    draw_second_loss(weather, chance);
    weather->newcomer = chance_is(chance, 300);
}

static void draw_people(struct weather *weather, struct chance *chance)
{
    weather->command_every_ms = chance_between(chance, 800, 8000);
    weather->answer_every_ms = chance_between(chance, 300, 6000);
    weather->churn_every_ms = every(chance, 2000, 20000);
    weather->doubled = often(chance, 500);
    weather->twisted = often(chance, 200);
    weather->relayed = often(chance, 500);
    weather->exercises = often(chance, 500);
    weather->brief = often(chance, 500);
}

static void draw_photographs(struct weather *weather, struct chance *chance)
{
    weather->photographs = often(chance, 800);
    weather->full_every_ms = every(chance, 4000, 60000);
    weather->seals = has(chance);
}

void weather_draw(struct weather *weather, struct chance *chance)
{
    draw_stage(weather, chance);
    draw_lines(weather, chance);
    draw_machines(weather, chance);
    draw_loss(weather, *chance);
    draw_people(weather, chance);
    draw_photographs(weather, chance);
}

void weather_tell(struct world *world)
{
    const struct weather *w = &world->weather;

    tell(world, "weather",
         "%u nodes, %u centres, %" PRId64 " ms, beacons each %" PRId64 " ms",
         w->nodes, w->centres, w->length_ms, w->beacon_ms);
    tell(world, "weather",
         "lines: delay %" PRId64 " ms, slow %u, %" PRId64 " ms, break %" PRId64
         ", cut %" PRId64 ", unnoticed %u, feed queue %u, desk queue %u",
         w->delay_ms, w->slow, w->slow_delay_ms, w->break_every_ms,
         w->partition_every_ms, w->unnoticed, w->feed_queue, w->desk_queue);
    tell(world, "weather",
         "broker: commit %" PRId64 " ms, fails %u, crash %" PRId64
         ", stop %" PRId64 ", %s limits",
         w->commit_ms, w->commit_fails, w->crash_every_ms, w->stop_every_ms,
         w->tight ? "tight" : "wide");
    tell(world, "weather",
         "nodes: crash %" PRId64 ", store fails %u; clocks jump %" PRId64
         ", wrong %u, the broker's %s",
         w->node_crash_every_ms, w->node_commit_fails, w->clock_every_ms,
         w->wrong_clocks, w->broker_clock ? "too" : "never");
    if (w->backup_ms > 0)
        tell(world, "weather",
             "the home is copied at %" PRId64 ", lost at %" PRId64 "%s",
             w->backup_ms, w->loss_ms,
             w->patient ? ", and all is waited for" : "");
    if (w->second_loss_ms > 0)
        tell(world, "weather",
             "the home is copied at %" PRId64 ", lost at %" PRId64,
             w->second_backup_ms, w->second_loss_ms);
    tell(world, "weather",
         "photographs with %u of 1,000 sightings; disk full %" PRId64,
         w->photographs, w->full_every_ms);
}

/* ---- what goes wrong ----------------------------------------------------- */

static struct node *any_node(struct world *world)
{
    return &world->nodes[chance_below(&world->chance,
                                      (uint32_t)world->node_count)];
}

static void break_line(struct world *world)
{
    bool unnoticed = chance_is(&world->chance, world->weather.unnoticed);

    if (chance_is(&world->chance, 250)) {
        struct person *person = &world->people.list[chance_below(
            &world->chance, (uint32_t)world->people.count)];

        wire_break(&person->wire, unnoticed);
    } else {
        struct node *node = any_node(world);

        if (node->terminal != NULL)
            wire_break(has(&world->chance) ? &node->field : &node->feed,
                       unnoticed);
    }
}

static void mend_cut(struct world *world, void *what, uint64_t number)
{
    struct node *node = what;

    (void)number;
    if (node->cut)
        tell(world, node->bundle.id, "can reach the broker again");
    node_cut(node, false);
}

static void cut_some(struct world *world)
{
    uint32_t count = 1 + chance_below(&world->chance, 4);

    while (count-- > 0) {
        struct node *node = any_node(world);

        if (node->terminal == NULL || node->cut)
            continue;
        tell(world, node->bundle.id, "is cut off");
        node_cut(node, true);
        world_plan(world, chance_between(&world->chance, 500, 20000), mend_cut,
                   node, 0);
    }
}

static void crash_node(struct world *world)
{
    node_crash(any_node(world), "killed");
}

static void crash_broker(struct world *world)
{
    host_crash(world, "is killed");
}

int64_t weather_wrong_clock(struct world *world)
{
    static const int64_t years_ms = 365LL * 24 * 3600 * 1000;

    switch (chance_below(&world->chance, 6)) {
    case 0:
        return -BEGIN_WALL_MS + 1000; /* 1970 */
    case 1:
        return 12 * years_ms; /* 2038 */
    case 2:
        return 3600 * 1000;
    case 3:
        return -3600 * 1000;
    case 4:
        return chance_between(&world->chance, -30000, 30000);
    default:
        return 0;
    }
}

static void jump_clock(struct world *world)
{
    uint32_t who = chance_below(&world->chance, 10);

    if (who == 0 && world->weather.broker_clock) {
        world->host.wrong_ms = weather_wrong_clock(world);
        tell(world, "broker", "its clock jumps: %" PRId64 " ms wrong",
             world->host.wrong_ms);
    } else if (who == 1) {
        struct person *person = &world->people.list[chance_below(
            &world->chance, (uint32_t)world->people.count)];

        person->wrong_ms = weather_wrong_clock(world);
    } else {
        struct node *node = any_node(world);

        node->wrong_ms = weather_wrong_clock(world);
        tell(world, node->bundle.id, "its clock jumps: %" PRId64 " ms wrong",
             node->wrong_ms);
    }
}

static void officer_answers(struct world *world)
{
    struct node *node = any_node(world);

    if (node->shelf != NULL)
        node_officer_answers(node);
}

/* ---- when ---------------------------------------------------------------- */

static const struct trouble {
    size_t every; /* offset in the weather */
    void (*happen)(struct world *world);
} troubles[] = {
    {offsetof(struct weather, break_every_ms), break_line},
    {offsetof(struct weather, partition_every_ms), cut_some},
    {offsetof(struct weather, crash_every_ms), crash_broker},
    {offsetof(struct weather, stop_every_ms), host_stop},
    {offsetof(struct weather, full_every_ms), disk_fill},
    {offsetof(struct weather, node_crash_every_ms), crash_node},
    {offsetof(struct weather, clock_every_ms), jump_clock},
    {offsetof(struct weather, command_every_ms), centre_acts},
    {offsetof(struct weather, command_every_ms), officers_act},
    {offsetof(struct weather, command_every_ms), laboratory_acts},
    {offsetof(struct weather, command_every_ms), finders_act},
    {offsetof(struct weather, answer_every_ms), officer_answers},
    {offsetof(struct weather, answer_every_ms), lookers_act},
    {offsetof(struct weather, command_every_ms), sealers_act},
    {offsetof(struct weather, churn_every_ms), administrator_acts},
};

static void happen(struct world *world, void *what, uint64_t number)
{
    const struct trouble *trouble = &troubles[number];
    int64_t mean_ms;

    (void)what;
    memcpy(&mean_ms, (const char *)&world->weather + trouble->every,
           sizeof mean_ms);
    if (world->calm || mean_ms == 0)
        return;
    if (world->now_ms > BEGIN_MONOTONIC_MS)
        trouble->happen(world);
    world_plan(world, world_about(world, mean_ms), happen, NULL, number);
}

void weather_begin(struct world *world)
{
    for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++)
        happen(world, NULL, i);
}
