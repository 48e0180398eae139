#include "home.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "crew.h"
#include "disk.h"
#include "world.h"

/* As tocsind/restore.c: far above what the lost time can have used. */
#define GENERATIONS_SKIPPED 1000
#define SERIALS_SKIPPED 1000
#define RESTORING_MS 4000

static void copy_it(struct world *world, void *what, uint64_t number)
{
    struct host *host = &world->host;

    (void)what;
    (void)number;
    host->copy = (struct copy){host->disk.durable, host->key_count};
    tell(world, "home", "is copied: %zu facts", host->copy.facts);
}

/* What tocsin restore adds to the copy. */
static void put_epoch(struct world *world, const struct book *book)
{
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__Restored restored = TOCSIN__V1__RESTORED__INIT;
    struct record record = {.principal = "", .sequence = book->head + 1};
    uint8_t epoch[EPOCH_SIZE];
    uint8_t *body;

    randombytes_buf(epoch, sizeof epoch);
    restored.epoch = (ProtobufCBinaryData){sizeof epoch, epoch};
    restored.generation = book->generation + GENERATIONS_SKIPPED;
    restored.serial = book->serial + SERIALS_SKIPPED;
    fact.time_ms = record.time_ms = host_moment(world).wall_ms;
    fact.body_case = TOCSIN__V1__FACT__BODY_RESTORED;
    fact.restored = &restored;
    record.body = body = encode(&fact.base, &record.body_size);
    disk_take(world, &record);
    world->host.disk.durable = world->host.disk.count;
    free(body);
}

/* The broker has let go of the keys of what is filed away. */
static void read_anew(struct world *world)
{
    struct host *host = &world->host;
    struct vault *own = host->vault;

    host->vault = host_vault(host);
    world->model = model_after(world->model, host->copy.facts);
    model_read(world->model, host->disk.durable);
    vault_free(host->vault);
    host->vault = own;
}

static void restore(struct world *world, void *what, uint64_t number)
{
    struct host *host = &world->host;

    (void)what;
    (void)number;
    disk_cut(&host->disk, host->copy.facts);
    host->key_count = host->copy.keys;
    host->told_count = 0;
    host->restores++;
    host->restored_ms = world->now_ms;
    tell(world, "home", "is restored: %zu facts", host->copy.facts);
    host_open(world);
    put_epoch(world, broker_book(host->broker));
    host_close(world);
    host_open(world);
    read_anew(world);
    administrator_repeats(world);
    host_close(world);
    people_say_again(world);
    host_start(world);
}

/* Until it is restored nobody starts the broker. */
static void lose_it(struct world *world, void *what, uint64_t number)
{
    (void)what;
    (void)number;
    world->host.life++;
    host_die(world, "has lost its home");
    for (size_t i = 0; i < world->node_count; i++)
        node_note_held(&world->nodes[i]);
    world_plan(world, world_about(world, RESTORING_MS), restore, NULL, 0);
}

void home_begin(struct world *world)
{
    if (world->weather.backup_ms == 0)
        return;
    world_plan(world, world->weather.backup_ms, copy_it, NULL, 0);
    world_plan(world, world->weather.loss_ms, lose_it, NULL, 0);
}
