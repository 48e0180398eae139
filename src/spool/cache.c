#include "spool/cache.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>
#include <sqlite3.h>

#include "base/clock.h"
#include "sqlite/aside.h"
#include "sqlite/sqlite.h"
#include "wire/rest.h"

static const char schema[] =
    "PRAGMA synchronous=OFF; PRAGMA secure_delete=ON;"
    "CREATE TABLE IF NOT EXISTS pictures("
    "  hash BLOB PRIMARY KEY, alert_id TEXT NOT NULL,"
    "  used_ms INTEGER NOT NULL, sealed BLOB NOT NULL);"
    "CREATE INDEX IF NOT EXISTS pictures_of ON pictures(alert_id);"
    "CREATE INDEX IF NOT EXISTS pictures_used ON pictures(used_ms);";

enum sentence { LOAD, USED, KEEP, DROP, OLDEST, REMOVE, BYTES, ALERTS, COUNT };

static const char *const sentences[COUNT] = {
    [LOAD] = "SELECT sealed FROM pictures WHERE hash = ?1",
    [USED] = "UPDATE pictures SET used_ms = ?2 WHERE hash = ?1",
    [KEEP] = ("INSERT OR REPLACE INTO pictures(hash, alert_id, used_ms, sealed)"
              " VALUES(?1, ?2, ?3, ?4)"),
    [DROP] = "DELETE FROM pictures WHERE alert_id = ?1",
    [OLDEST] = "SELECT hash FROM pictures ORDER BY used_ms LIMIT 1",
    [REMOVE] = "DELETE FROM pictures WHERE hash = ?1",
    [BYTES] = "SELECT coalesce(sum(length(sealed)), 0) FROM pictures",
    [ALERTS] = "SELECT DISTINCT alert_id FROM pictures",
};

struct cache {
    sqlite3 *db;
    sqlite3_stmt *said[COUNT];
    uint8_t key[REST_KEY_SIZE];
    size_t bytes;
    size_t bytes_max;
    bool leaves; /* what was dropped may still be in the log */
    bool damaged;
    bool told;
    struct diag how;
    char path[PATH_MAX];
};

static sqlite3_stmt *say(struct cache *cache, enum sentence which)
{
    (void)sqlite3_reset(cache->said[which]);
    (void)sqlite3_clear_bindings(cache->said[which]);
    return cache->said[which];
}

static bool end(struct cache *cache, sqlite3_stmt *statement)
{
    bool good = sqlite3_reset(statement) == SQLITE_OK;

    if (!good && sqlite_trouble(cache->db, "the picture cache", &cache->how) ==
                     STATUS_CORRUPT)
        cache->damaged = true;
    return good;
}

static bool run(struct cache *cache, sqlite3_stmt *statement)
{
    (void)sqlite3_step(statement); /* what fails is as if it were not here */
    return end(cache, statement);
}

static void weigh(struct cache *cache)
{
    sqlite3_stmt *query = say(cache, BYTES);

    if (sqlite3_step(query) == SQLITE_ROW)
        cache->bytes = (size_t)sqlite3_column_int64(query, 0);
    (void)end(cache, query);
}

static void close_file(struct cache *cache)
{
    for (int i = 0; i < COUNT; i++) {
        sqlite3_finalize(cache->said[i]);
        cache->said[i] = NULL;
    }
    (void)sqlite3_close(cache->db);
    cache->db = NULL;
}

static enum status open_file(struct cache *cache, struct diag *why)
{
    enum status status =
        sqlite_open_durable(&cache->db, cache->path, true, why);

    cache->damaged = false;
    cache->bytes = 0;
    cache->leaves = true; /* of the one before, which may have been killed */
    if (status == STATUS_OK)
        status = sqlite_run(cache->db, schema, why);
    for (int i = 0; i < COUNT && status == STATUS_OK; i++)
        status = sqlite_prepare(cache->db, sentences[i], &cache->said[i], why);
    if (status != STATUS_OK) {
        close_file(cache);
        return status;
    }
    weigh(cache);
    return cache->damaged ? diag_set(why, STATUS_CORRUPT, "%s", cache->how.text)
                          : STATUS_OK;
}

static enum status begin_another(struct cache *cache, struct diag *why)
{
    close_file(cache);
    sqlite_drop(cache->path);
    return open_file(cache, why);
}

/* A damaged one, or one that another could not be begun for, is tried anew. */
static bool is_ready(struct cache *cache)
{
    struct diag why = {0};

    if (cache->db != NULL && !cache->damaged)
        return true;
    cache->told = cache->told && !cache->damaged;
    return begin_another(cache, &why) == STATUS_OK;
}

enum status cache_open(struct cache **out, const char *path,
                       const uint8_t *secret, size_t bytes_max,
                       struct diag *why)
{
    struct cache *cache = must_calloc(1, sizeof *cache);
    enum status status;

    *out = NULL;
    cache->bytes_max = bytes_max;
    rest_key(cache->key, secret, "tocsin/v1/picture-cache");
    snprintf(cache->path, sizeof cache->path, "%s", path);
    status = open_file(cache, &cache->how);
    cache->told = status != STATUS_CORRUPT;
    if (status == STATUS_CORRUPT)
        status = begin_another(cache, why);
    else
        (void)diag_set(why, status, "%s", cache->how.text);
    /* on a disk that is full, or fails, it is tried anew when it is wanted */
    if (status != STATUS_OK && status != STATUS_FULL && status != STATUS_DISK) {
        cache_close(cache);
        return diag_wrap(why, status, "picture cache %s", path);
    }
    *out = cache;
    return STATUS_OK;
}

void cache_close(struct cache *cache)
{
    if (cache == NULL)
        return;
    close_file(cache);
    sodium_memzero(cache, sizeof *cache);
    free(cache);
}

bool cache_was_damaged(struct cache *cache, struct diag *how)
{
    bool told = cache->told;

    cache->told = true;
    (void)diag_set(how, STATUS_CORRUPT, "%s", cache->how.text);
    return !told;
}

static void mark_used(struct cache *cache, const uint8_t hash[32])
{
    sqlite3_stmt *row = say(cache, USED);

    (void)sqlite3_bind_blob(row, 1, hash, 32, SQLITE_STATIC);
    (void)sqlite3_bind_int64(row, 2, clock_wall_ms());
    (void)run(cache, row);
}

bool cache_load(struct cache *cache, const uint8_t hash[32], uint8_t **bytes,
                size_t *size)
{
    sqlite3_stmt *query;
    size_t sealed = 0;
    bool good = false;

    if (!is_ready(cache))
        return false;
    query = say(cache, LOAD);
    (void)sqlite3_bind_blob(query, 1, hash, 32, SQLITE_STATIC);
    if (sqlite3_step(query) == SQLITE_ROW)
        sealed = (size_t)sqlite3_column_bytes(query, 0);
    if (sealed > REST_OVERHEAD) {
        *size = sealed - REST_OVERHEAD;
        *bytes = must_calloc(1, *size);
        good = rest_open(*bytes, cache->key, (struct rest_name){hash, 32},
                         sqlite3_column_blob(query, 0), sealed);
        if (!good)
            free(*bytes);
    }
    (void)end(cache, query);
    if (good)
        mark_used(cache, hash);
    return good;
}

static bool drop_oldest(struct cache *cache)
{
    sqlite3_stmt *query = say(cache, OLDEST);
    sqlite3_stmt *row = say(cache, REMOVE);
    bool found = sqlite3_step(query) == SQLITE_ROW;

    if (found)
        (void)sqlite3_bind_blob(row, 1, sqlite3_column_blob(query, 0),
                                sqlite3_column_bytes(query, 0),
                                SQLITE_TRANSIENT);
    (void)end(cache, query);
    found = found && run(cache, row);
    cache->leaves = cache->leaves || found;
    weigh(cache);
    return found;
}

void cache_keep(struct cache *cache, const uint8_t hash[32],
                const char *alert_id, const void *bytes, size_t size)
{
    sqlite3_stmt *row;
    uint8_t *sealed;

    if (size + REST_OVERHEAD > cache->bytes_max || !is_ready(cache))
        return;
    while (cache->bytes + size + REST_OVERHEAD > cache->bytes_max &&
           drop_oldest(cache)) {
    }
    sealed = must_calloc(1, size + REST_OVERHEAD);
    rest_seal(sealed, cache->key, (struct rest_name){hash, 32}, bytes, size);
    row = say(cache, KEEP);
    (void)sqlite3_bind_blob(row, 1, hash, 32, SQLITE_STATIC);
    (void)sqlite3_bind_text(row, 2, alert_id, -1, SQLITE_TRANSIENT);
    (void)sqlite3_bind_int64(row, 3, clock_wall_ms());
    (void)sqlite3_bind_blob64(row, 4, sealed, size + REST_OVERHEAD,
                              SQLITE_STATIC);
    (void)run(cache, row);
    free(sealed);
    weigh(cache);
}

/* Fsynced, unlike all else here: who is told that it is gone must not find it
 * again after a power cut. */
static bool drop(struct cache *cache, const char *alert_id)
{
    int before = sqlite3_total_changes(cache->db);
    bool good =
        sqlite_run(cache->db, "PRAGMA synchronous=FULL", NULL) == STATUS_OK;
    sqlite3_stmt *row = say(cache, DROP);

    (void)sqlite3_bind_text(row, 1, alert_id, -1, SQLITE_TRANSIENT);
    good = run(cache, row) && good;
    if (sqlite3_total_changes(cache->db) != before) {
        cache->leaves = true;
        weigh(cache);
    }
    if (cache->leaves)
        cache->leaves = sqlite3_wal_checkpoint_v2(cache->db, NULL,
                                                  SQLITE_CHECKPOINT_TRUNCATE,
                                                  NULL, NULL) != SQLITE_OK;
    (void)sqlite3_exec(cache->db, "PRAGMA synchronous=OFF", NULL, NULL, NULL);
    return good && !cache->leaves;
}

/* With a damaged one it is gone, too. */
bool cache_drop(struct cache *cache, const char *alert_id)
{
    return is_ready(cache) &&
           (drop(cache, alert_id) ||
            (cache->damaged && is_ready(cache) && drop(cache, alert_id)));
}

#define SWEPT_AT_ONCE 256

void cache_sweep(struct cache *cache,
                 bool (*wanted)(void *arg, const char *alert_id), void *arg)
{
    char(*ids)[40] = must_calloc(SWEPT_AT_ONCE, sizeof *ids);
    sqlite3_stmt *query = is_ready(cache) ? say(cache, ALERTS) : NULL;
    size_t count = 0;

    while (query != NULL && count < SWEPT_AT_ONCE &&
           sqlite3_step(query) == SQLITE_ROW) {
        const char *id = (const char *)sqlite3_column_text(query, 0);

        if (id != NULL && strlen(id) < sizeof *ids && !wanted(arg, id))
            strcpy(ids[count++], id);
    }
    if (query != NULL)
        (void)end(cache, query);
    for (size_t i = 0; i < count; i++)
        (void)cache_drop(cache, ids[i]);
    free(ids);
}

size_t cache_bytes(const struct cache *cache)
{
    return cache->bytes;
}
