#include "disk.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "album.h"
#include "checks.h"
#include "world.h"

#define BATCH_MAX 500

/* Not the journal's own chain, but like it: of all that was recorded so far. */
static void link_sheet(struct disk *disk, size_t at)
{
    static const uint8_t none[CHAIN_SIZE];
    struct sheet *sheet = &disk->sheets[at];
    const struct record *record = &sheet->record;

    (void)crypto_generichash(
        sheet->chain, CHAIN_SIZE, record->body, record->body_size,
        at > 0 ? disk->sheets[at - 1].chain : none, CHAIN_SIZE);
}

void disk_take(struct world *world, const struct record *record)
{
    struct disk *disk = &world->host.disk;
    size_t name = strlen(record->principal) + 1;
    struct sheet *sheet;

    if (disk->count == disk->room) {
        disk->room = disk->room * 2 + 256;
        disk->sheets =
            must_realloc(disk->sheets, disk->room, sizeof *disk->sheets);
    }
    if (record->sequence != disk->count + 1)
        broken(world, "the journal has no gap", "%llu after %zu",
               (unsigned long long)record->sequence, disk->count);
    sheet = &disk->sheets[disk->count++];
    sheet->bytes =
        must_calloc(1, name + record->request_size + record->body_size);
    sheet->record = *record;
    memcpy(sheet->bytes, record->principal, name);
    if (record->request_size > 0)
        memcpy(sheet->bytes + name, record->request_id, record->request_size);
    memcpy(sheet->bytes + name + record->request_size, record->body,
           record->body_size);
    sheet->record.principal = (const char *)sheet->bytes;
    sheet->record.request_id = sheet->bytes + name;
    sheet->record.body = sheet->bytes + name + record->request_size;
    sheet->marks =
        must_memdup(record->marks, record->mark_count * sizeof *record->marks);
    sheet->record.marks = sheet->marks;
    link_sheet(disk, disk->count - 1);
}

static void keep_up_to(struct disk *disk, size_t count)
{
    while (disk->count > count) {
        free(disk->sheets[--disk->count].bytes);
        free(disk->sheets[disk->count].marks);
    }
}

bool disk_find(const struct disk *disk, const void *name, size_t size,
               struct found *found)
{
    for (size_t i = 0; i < disk->durable; i++) {
        const struct record *record = &disk->sheets[i].record;

        for (size_t m = 0; m < record->mark_count; m++) {
            const struct mark *mark = &record->marks[m];

            if (mark->name_size != size || memcmp(mark->name, name, size) != 0)
                continue;
            found->sequence = record->sequence;
            found->value_size = mark->value_size;
            memcpy(found->value, mark->value, mark->value_size);
            return true;
        }
    }
    return false;
}

void disk_cut(struct disk *disk, size_t count)
{
    keep_up_to(disk, count);
    disk->durable = disk->count;
}

void disk_crash(struct world *world)
{
    struct disk *disk = &world->host.disk;

    if (disk->committing > 0 && chance_is(&world->chance, 500))
        disk->durable = disk->committing;
    disk->committing = 0;
    keep_up_to(disk, disk->durable);
    album_crash(world);
}

void disk_done(struct disk *disk)
{
    keep_up_to(disk, 0);
    free(disk->sheets);
}

int64_t disk_slow_ms(const struct world *world)
{
    return world->calm ? 5 : world->weather.commit_ms;
}

/* tocsind ends; what the disk made of it is seen at the start. */
bool disk_fails(struct world *world)
{
    if (world->calm || !chance_is(&world->chance, world->weather.commit_fails))
        return false;
    host_crash(world, "a commit fails");
    return true;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void committed(struct world *world, void *what, uint64_t life);

/* Facts and pictures in the order in which they were handed over. */
static void commit(struct world *world, void *what, uint64_t life)
{
    struct disk *disk = &world->host.disk;
    size_t before = album_before(&world->host.album);

    (void)what;
    if (world->host.broker == NULL || world->host.life != life ||
        disk->committing > 0)
        return;
    if (before <= disk->durable) {
        album_write(world);
        return;
    }
    if (disk->count == disk->durable)
        return;
    disk->committing =
        least(least(disk->count, disk->durable + BATCH_MAX), before);
    world_plan(world, chance_between(&world->chance, 1, disk_slow_ms(world)),
               committed, NULL, life);
}

void disk_turn(struct world *world)
{
    world_plan(world, 0, commit, NULL, world->host.life);
}

static void say_durable(struct world *world, void *what, uint64_t life)
{
    struct host *host = &world->host;

    (void)what;
    if (host->broker == NULL || host->life != life)
        return;
    broker_durable(host->broker, host->disk.durable, host_moment(world));
    check_broker(world);
}

static void committed(struct world *world, void *what, uint64_t life)
{
    struct disk *disk = &world->host.disk;

    (void)what;
    if (world->host.broker == NULL || world->host.life != life ||
        disk->committing == 0 || disk_fails(world))
        return;
    disk->durable = disk->committing;
    disk->committing = 0;
    tell(world, "disk", "facts up to %zu are fsynced", disk->durable);
    world_plan(world, chance_between(&world->chance, 0, 2), say_durable, NULL,
               life);
    commit(world, NULL, life);
}

static void has_room(struct world *world, void *what, uint64_t life)
{
    struct host *host = &world->host;

    (void)what;
    if (host->broker == NULL || host->life != life)
        return;
    host->full = false;
    tell(world, "disk", "has room again");
    broker_roomy(host->broker);
    check_broker(world);
}

void disk_fill(struct world *world)
{
    struct host *host = &world->host;

    if (host->broker == NULL || host->full)
        return;
    tell(world, "disk", "is full");
    broker_durable(host->broker, host->disk.durable, host_moment(world));
    broker_stored(host->broker, host->album.stored, host_moment(world));
    host->disk.committing = 0;
    keep_up_to(&host->disk, host->disk.durable);
    album_full(world);
    host->full = true;
    host->was_full = true;
    broker_full(host->broker, host_moment(world).wall_ms);
    check_broker(world);
    world_plan(world, chance_between(&world->chance, 300, 6000), has_room, NULL,
               host->life);
}

void disk_append(struct world *world, const struct record *record)
{
    struct disk *disk = &world->host.disk;

    check_append(world, record);
    disk_take(world, record);
    if (disk->committing == 0 && disk->count == disk->durable + 1)
        disk_turn(world);
}

void disk_flush(struct world *world)
{
    struct disk *disk = &world->host.disk;

    while (disk->durable < disk->count) {
        disk->durable = disk->count;
        broker_durable(world->host.broker, disk->durable, host_moment(world));
    }
}
