/* Pictures in memory, and how many are brought into it: to open one takes the
 * desk some milliseconds, in which it does nothing else. */
#include "broker/core_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CACHED_MAX 64
#define CACHED_BYTES_MAX ((size_t)32 << 20)

/* What loading one costs at least, in microseconds of one processor: reading it
 * from memory, wiping, opening; measured on 4 MiB. A slow disk or a machine
 * with other work takes longer; what has stood still is not for them to pay. */
#define BASE_US 50
#define BYTES_PER_US 500
#define COST_MAX_US 500000
/* Of the desk's time all loading takes a quarter at most, that of one principal
 * a twentieth; a second's, and two seconds' worth, at once. */
#define SHARE_OF_ALL 4
#define SHARE_OF_ONE 20
#define BURST_OF_ALL_US 1000000
#define BURST_OF_ONE_US 2000000

struct entry {
    char name[PICTURE_NAME_SIZE];
    struct cached_picture picture; /* bytes NULL: free */
    uint64_t used;
};

struct picture_cache {
    struct entry entries[CACHED_MAX];
    size_t bytes;
    uint64_t clock;
};

static void drop(struct picture_cache *cache, struct entry *entry)
{
    if (entry->picture.bytes == NULL)
        return;
    bytes_wipe(entry->picture.bytes, entry->picture.size);
    free(entry->picture.bytes);
    cache->bytes -= entry->picture.size;
    memset(entry, 0, sizeof *entry);
}

void picture_free(struct broker *broker)
{
    upload_free(broker);
    for (int i = 0; broker->pictures != NULL && i < CACHED_MAX; i++)
        drop(broker->pictures, &broker->pictures->entries[i]);
    free(broker->pictures);
}

void picture_drop(struct broker *broker, const char *alert_id)
{
    struct picture_cache *cache = broker->pictures;

    upload_drop(broker, alert_id);
    for (int i = 0; cache != NULL && i < CACHED_MAX; i++) {
        struct entry *entry = &cache->entries[i];

        if (strncmp(entry->name, alert_id, strlen(alert_id)) == 0)
            drop(cache, entry);
    }
}

/* ---- what it costs ------------------------------------------------------- */

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t stopwatch_us(const struct broker *broker)
{
    return broker->ports.stopwatch_us != NULL
               ? broker->ports.stopwatch_us(broker->ports.arg)
               : 0;
}

/* Each says when all that was loaded would have been at its share. */
static void pay(struct broker *broker, uint32_t principal, size_t size,
                int64_t took_us)
{
    int64_t *of_one_us = &broker_presence(broker, principal)->loads_us;
    int64_t now_us = broker->monotonic_ms * 1000;
    int64_t cost_us = BASE_US + (int64_t)size / BYTES_PER_US;

    if (took_us > COST_MAX_US)
        took_us = COST_MAX_US;
    cost_us = later(cost_us, took_us);
    *of_one_us = later(*of_one_us, now_us) + SHARE_OF_ONE * cost_us;
    broker->loads_us = later(broker->loads_us, now_us) + SHARE_OF_ALL * cost_us;
}

static const struct entry *known(const struct broker *broker, const char *name)
{
    const struct picture_cache *cache = broker->pictures;

    for (int i = 0; cache != NULL && i < CACHED_MAX; i++) {
        const struct entry *entry = &cache->entries[i];

        if (entry->picture.bytes != NULL && strcmp(entry->name, name) == 0)
            return entry;
    }
    return NULL;
}

bool picture_may_load(struct broker *broker, const struct caller *caller,
                      const char *name, int64_t now_ms)
{
    int64_t now_us = broker->monotonic_ms * 1000;

    if (known(broker, name) != NULL)
        return true;
    if (broker_presence(broker, caller->principal)->loads_us >
        now_us + BURST_OF_ONE_US) {
        refusal_count(broker, caller->gate, caller->principal, "PICTURES");
        reply_later(broker, caller, RATE_RETRY_MS, now_ms);
        return false;
    }
    if (broker->loads_us <= now_us + BURST_OF_ALL_US)
        return true;
    reply_crowded(broker, caller, RATE_RETRY_MS, now_ms);
    return false;
}

/* ---- from the disk ------------------------------------------------------- */

static bool open_file(struct broker *broker, const char *name,
                      struct cached_picture *picture)
{
    uint8_t *file;
    size_t size;
    bool good;

    if (!broker->ports.load(broker->ports.arg, name, &file, &size))
        return false;
    good = size > KEY_ID_SIZE + VAULT_OVERHEAD;
    if (good) {
        picture->size = size - KEY_ID_SIZE - VAULT_OVERHEAD;
        picture->bytes = must_calloc(1, picture->size);
        good = vault_open(broker->vault, file, file + KEY_ID_SIZE,
                          size - KEY_ID_SIZE, picture->bytes);
    }
    if (!good) {
        free(picture->bytes);
        picture->bytes = NULL;
    }
    free(file);
    return good;
}

/* In place of what was used longest ago, of as many as must go. */
static struct entry *make_room(struct picture_cache *cache, size_t size)
{
    for (;;) {
        struct entry *oldest = NULL;
        struct entry *free_one = NULL;

        for (int i = 0; i < CACHED_MAX; i++) {
            struct entry *entry = &cache->entries[i];

            if (entry->picture.bytes == NULL)
                free_one = entry;
            else if (oldest == NULL || entry->used < oldest->used)
                oldest = entry;
        }
        if (free_one != NULL &&
            (oldest == NULL || cache->bytes + size <= CACHED_BYTES_MAX))
            return free_one;
        drop(cache, oldest);
    }
}

const struct cached_picture *picture_fetch(struct broker *broker,
                                           uint32_t principal, const char *name)
{
    struct entry *entry = (struct entry *)(uintptr_t)known(broker, name);
    struct picture_cache *cache = broker->pictures;
    struct cached_picture picture = {NULL, 0};

    if (entry == NULL) {
        int64_t began_us = stopwatch_us(broker);
        bool good = open_file(broker, name, &picture);

        pay(broker, principal, picture.size, stopwatch_us(broker) - began_us);
        if (!good)
            return NULL;
        if (cache == NULL)
            cache = broker->pictures = must_calloc(1, sizeof *cache);
        entry = make_room(cache, picture.size);
        snprintf(entry->name, sizeof entry->name, "%s", name);
        entry->picture = picture;
        cache->bytes += picture.size;
    }
    entry->used = ++cache->clock;
    return &entry->picture;
}
