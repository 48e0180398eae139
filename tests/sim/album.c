#include "album.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "disk.h"
#include "world.h"

static struct picture_file *find(const struct album *album, const char *name)
{
    for (size_t i = 0; i < album->count; i++) {
        if (strcmp(album->files[i].name, name) == 0)
            return &album->files[i];
    }
    return NULL;
}

void album_put(struct world *world, const char *name, const uint8_t *bytes,
               size_t size)
{
    struct album *album = &world->host.album;
    struct put_file *put;

    album->queue =
        must_realloc(album->queue, album->queued + 1, sizeof *album->queue);
    put = &album->queue[album->queued++];
    memset(put, 0, sizeof *put);
    snprintf(put->file.name, sizeof put->file.name, "%s", name);
    put->file.bytes = must_memdup(bytes, size);
    put->file.size = size;
    put->after = world->host.disk.count;
    disk_turn(world);
}

bool album_load(const struct album *album, const char *name, uint8_t **bytes,
                size_t *size)
{
    const struct picture_file *file = find(album, name);

    /* renamed into its place, and not yet known to be there after a cut */
    if (file == NULL && album->writing && album->queue[0].file.there &&
        strcmp(album->queue[0].file.name, name) == 0)
        file = &album->queue[0].file;
    if (file == NULL)
        return false;
    *bytes = must_memdup(file->bytes, file->size);
    *size = file->size;
    return true;
}

size_t album_before(const struct album *album)
{
    return album->queued > 0 ? album->queue[0].after : SIZE_MAX;
}

static struct picture_file take_first(struct album *album)
{
    struct picture_file file = album->queue[0].file;

    memmove(album->queue, album->queue + 1,
            --album->queued * sizeof *album->queue);
    album->writing = false;
    return file;
}

static void keep(struct album *album, struct picture_file file)
{
    struct picture_file *old = find(album, file.name);

    if (old != NULL) {
        free(old->bytes);
        *old = file;
        return;
    }
    album->files =
        must_realloc(album->files, album->count + 1, sizeof *album->files);
    album->files[album->count++] = file;
}

static void say_stored(struct world *world, void *what, uint64_t life)
{
    struct host *host = &world->host;

    (void)what;
    if (host->broker == NULL || host->life != life)
        return;
    broker_stored(host->broker, host->album.stored, host_moment(world));
    check_broker(world);
}

static void written(struct world *world, void *what, uint64_t life)
{
    struct host *host = &world->host;

    (void)what;
    if (host->broker == NULL || host->life != life || !host->album.writing)
        return;
    if (disk_fails(world))
        return;
    keep(&host->album, take_first(&host->album));
    host->album.stored++;
    world_plan(world, chance_between(&world->chance, 0, 2), say_stored, NULL,
               life);
    disk_turn(world);
}

void album_write(struct world *world)
{
    struct album *album = &world->host.album;

    if (album->queued == 0 || album->writing)
        return;
    album->writing = true;
    album->queue[0].file.there = chance_is(&world->chance, 500);
    world_plan(world, chance_between(&world->chance, 1, disk_slow_ms(world)),
               written, NULL, world->host.life);
}

static void drop_queue(struct album *album)
{
    while (album->queued > 0)
        free(take_first(album).bytes);
}

void album_crash(struct world *world)
{
    struct album *album = &world->host.album;

    if (album->writing &&
        (album->queue[0].file.there || chance_is(&world->chance, 500)))
        keep(album, take_first(album));
    drop_queue(album);
    album->stored = 0;
}

void album_full(struct world *world)
{
    drop_queue(&world->host.album);
}

void album_keep_keys(const struct album *album, struct vault *vault)
{
    for (size_t i = 0; i < album->count; i++)
        vault_used(vault, album->files[i].bytes);
}

void album_copy(struct album *to, const struct album *from)
{
    to->count = from->count;
    to->files = must_calloc(from->count + 1, sizeof *to->files);
    for (size_t i = 0; i < from->count; i++) {
        to->files[i] = from->files[i];
        to->files[i].bytes =
            must_memdup(from->files[i].bytes, from->files[i].size);
    }
}

void album_done(struct album *album)
{
    drop_queue(album);
    for (size_t i = 0; i < album->count; i++)
        free(album->files[i].bytes);
    free(album->files);
    free(album->queue);
}
