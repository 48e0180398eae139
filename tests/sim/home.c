#include "home.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "crew.h"
#include "disk.h"
#include "world.h"

/* As tocsind/restore.c: far above what the lost time can have used, and two
 * restores of one copy go on at different places. */
#define SKIPPED 1000
#define GENERATION_MS 1000
#define SERIAL_MS 15000
#define RESTORING_MS (HOME_RESTORING_MAX_MS * 2 / 3) /* about */
#define COPYING_MS 100

/* ---- copies --------------------------------------------------------------
 */

void keys_done(struct keys *keys)
{
    free(keys->list);
    free(keys->destroyed);
    *keys = (struct keys){0};
}

void copy_done(struct copy *copy)
{
    album_done(&copy->album);
    keys_done(&copy->keys);
    *copy = (struct copy){0};
}

static struct keys copy_of_keys(const struct keys *keys)
{
    struct keys out = *keys;

    out.list = must_memdup(keys->list, keys->count * sizeof *keys->list);
    out.destroyed = must_memdup(keys->destroyed, keys->destroyed_count *
                                                     sizeof *keys->destroyed);
    return out;
}

/* The journal first and the keys last: whatever moves between, the copy has
 * each picture and each key that a fact needs. */
static void copy_keys(struct world *world, void *what, uint64_t number)
{
    struct host *host = &world->host;

    (void)what;
    (void)number;
    host->copy.keys = copy_of_keys(&host->keys);
}

static void copy_album(struct world *world, void *what, uint64_t number)
{
    struct host *host = &world->host;

    (void)what;
    (void)number;
    album_copy(&host->copy.album, &host->album);
    world_plan(world, world_about(world, COPYING_MS), copy_keys, NULL, 0);
}

static void copy_it(struct world *world, void *what, uint64_t number)
{
    struct host *host = &world->host;

    (void)what;
    (void)number;
    copy_done(&host->copy);
    host->copy.facts = host->disk.durable;
    tell(world, "home", "is copied: %zu facts", host->copy.facts);
    world_plan(world, world_about(world, COPYING_MS), copy_album, NULL, 0);
}

/* ---- restoring -----------------------------------------------------------
 */

/* The newer keyring is put into some: then no child that was forgotten since
 * comes back with the copy. */
static void put_copy(struct world *world)
{
    struct host *host = &world->host;
    struct copy *copy = &host->copy;

    disk_cut(&host->disk, copy->facts);
    written_done(&host->written);
    album_done(&host->album);
    host->album = (struct album){0};
    album_copy(&host->album, &copy->album);
    if (chance_is(&world->chance, 500)) {
        tell(world, "home", "keeps its keyring");
        return;
    }
    keys_done(&host->keys);
    host->keys = copy_of_keys(&copy->keys);
}

static uint32_t lost_ms(const struct world *world)
{
    const struct disk *disk = &world->host.disk;
    int64_t lost = host_moment(world).wall_ms -
                   disk->sheets[disk->durable - 1].record.time_ms;

    return lost > 0 && lost < UINT32_MAX ? (uint32_t)lost : 0;
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
    restored.generation =
        book->generation + SKIPPED + lost_ms(world) / GENERATION_MS;
    restored.serial = book->serial + SKIPPED + lost_ms(world) / SERIAL_MS;
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
    put_copy(world);
    host->told_count = 0;
    world->shots.glimpse_count = 0; /* whoever was given it is to look anew */
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
    const struct weather *weather = &world->weather;

    if (weather->backup_ms == 0)
        return;
    world_plan(world, weather->backup_ms, copy_it, NULL, 0);
    world_plan(world, weather->loss_ms, lose_it, NULL, 0);
    administrator_enrols_hand(world, weather->backup_ms + COPYING_MS);
    if (weather->second_backup_ms != 0)
        world_plan(world, weather->second_backup_ms, copy_it, NULL, 0);
    if (weather->second_loss_ms != 0)
        world_plan(world, weather->second_loss_ms, lose_it, NULL, 0);
}
