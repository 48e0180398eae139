/* Photographs of alerts in the store: one sealed file each. Nobody opens one
 * without its look having been noted first. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "terminal/says.h"
#include "terminal/store_inside.h"
#include "wire/check.h"
#include "wire/seal.h"

#define PATH_ROOM (STORE_PATH_MAX + 96)
#define SEALED ".sealed"

static void path_of(const struct store *store, const uint8_t *hash,
                    char out[PATH_ROOM])
{
    char hex[65];

    snprintf(out, PATH_ROOM, "%s/pictures/%s" SEALED, store->folder,
             hex_encode(hex, hash, 32));
}

static int64_t users_of(struct store *store, struct blob hash)
{
    sqlite3_stmt *query = store_say(store, PICTURE_USERS);
    int64_t count = INT64_MAX; /* not known: as if in use */

    bind_blob(query, 1, hash);
    if (sqlite3_step(query) == SQLITE_ROW)
        count = sqlite3_column_int64(query, 0);
    (void)sqlite3_reset(query);
    return count;
}

void pictures_remove(struct store *store, const char *alert_id)
{
    sqlite3_stmt *query = store_say(store, PICTURE_OF);
    char path[PATH_ROOM] = "";
    struct blob hash;

    bind_text(query, 1, alert_id);
    if (sqlite3_step(query) == SQLITE_ROW) {
        hash = column_blob(query, 0);
        if (hash.size == 32 && users_of(store, hash) <= 1)
            path_of(store, hash.data, path);
    }
    (void)sqlite3_reset(query);
    if (path[0] != '\0')
        (void)unlink(path);
}

void pictures_replace(struct store *store, const struct holding *holding)
{
    sqlite3_stmt *query = store_say(store, PICTURE_OF);
    bool other = false;
    struct blob hash;

    bind_text(query, 1, holding->alert_id);
    if (sqlite3_step(query) == SQLITE_ROW) {
        hash = column_blob(query, 0);
        other = hash.size == sizeof holding->picture.hash &&
                memcmp(hash.data, holding->picture.hash, hash.size) != 0;
    }
    (void)sqlite3_reset(query);
    if (other)
        pictures_remove(store, holding->alert_id);
}

static enum status write_sealed(struct store *store, const uint8_t hash[32],
                                struct blob image, struct diag *why)
{
    uint8_t *sealed = must_calloc(1, image.size + REST_OVERHEAD);
    char path[PATH_ROOM];
    enum status status;

    path_of(store, hash, path);
    rest_seal(sealed, store->rest, (struct rest_name){hash, 32}, image.data,
              image.size);
    status = file_write(path, 0600, sealed, image.size + REST_OVERHEAD, why);
    free(sealed);
    return status;
}

/* A picture is large: that it does not fit does not make the disk too full for
 * anything else. */
bool alerts_keep_picture(void *arg, const struct holding *holding,
                         struct blob image)
{
    struct store *store = arg;
    struct holding kept = *holding;
    enum status status = STATUS_OK;

    if (!store->has_secret)
        kept.picture_here = false;
    else if (store->failed == STATUS_OK)
        status = write_sealed(store, holding->picture.hash, image, &store->why);
    if (status == STATUS_FULL)
        return false;
    if (status != STATUS_OK)
        store->failed = status;
    alerts_keep(arg, &kept, (struct blob){NULL, 0});
    return true;
}

bool pictures_here(const struct store *store, const struct holding *holding)
{
    char path[PATH_ROOM];

    path_of(store, holding->picture.hash, path);
    return holding->picture_here && access(path, R_OK) == 0;
}

/* *bytes: NULL unless it opens. */
static enum status open_sealed(const struct store *store,
                               const uint8_t hash[32], uint8_t **bytes,
                               size_t *size, struct diag *why)
{
    char path[PATH_ROOM];
    uint8_t *sealed;
    enum status status;

    *bytes = NULL;
    path_of(store, hash, path);
    status = file_read(path, PICTURE_MAX + REST_OVERHEAD, &sealed, size, why);
    if (status != STATUS_OK)
        return status;
    if (*size > REST_OVERHEAD) {
        *bytes = must_calloc(1, *size);
        if (!rest_open(*bytes, store->rest, (struct rest_name){hash, 32},
                       sealed, *size)) {
            free(*bytes);
            *bytes = NULL;
        }
        *size -= REST_OVERHEAD;
    }
    free(sealed);
    return *bytes != NULL ? STATUS_OK
                          : diag_set(why, STATUS_CORRUPT,
                                     "the picture is damaged, or was sealed "
                                     "with another key");
}

static bool take_holding(void *arg, const struct stored *stored)
{
    *(struct holding *)arg = stored->holding;
    return false;
}

enum status store_picture(struct store *store, const char *alert_id,
                          const struct new_look *look, uint8_t **bytes,
                          size_t *size, struct diag *why)
{
    struct store_query query = {.alert_id = alert_id};
    struct holding holding = {.picture_here = false};
    uint8_t *opened;
    enum status status = store_each(store, &query, take_holding, &holding, why);

    if (status != STATUS_OK)
        return status;
    if (!store->has_secret)
        return diag_set(why, STATUS_REFUSED,
                        "the node's private key is not here");
    if (!pictures_here(store, &holding))
        return diag_set(why, STATUS_MISSING, "its picture is not here");
    status = open_sealed(store, holding.picture.hash, &opened, size, why);
    if (status == STATUS_OK)
        status = answers_look(store, alert_id, look, why);
    if (status != STATUS_OK) {
        free(opened);
        return status;
    }
    *bytes = opened;
    return STATUS_OK;
}

/* ---- sweeping ------------------------------------------------------------ */

/* A file of an earlier version, in clear. */
static void lift(struct store *store, const char *path, const uint8_t hash[32])
{
    uint8_t found[32];
    uint8_t *bytes;
    size_t size;

    if (store->has_secret &&
        file_read(path, PICTURE_MAX, &bytes, &size, NULL) == STATUS_OK) {
        hash_bytes(found, bytes, size);
        if (memcmp(found, hash, sizeof found) == 0)
            (void)write_sealed(store, hash, (struct blob){bytes, size}, NULL);
        free(bytes);
    }
    (void)unlink(path);
}

static bool opens(const struct store *store, const uint8_t hash[32])
{
    uint8_t *bytes;
    size_t size;
    bool good = open_sealed(store, hash, &bytes, &size, NULL) == STATUS_OK;

    free(bytes);
    return good;
}

static void sweep_one(struct store *store, const char *name)
{
    char path[PATH_ROOM + 300];
    uint8_t hash[32];
    char hex[65];

    snprintf(hex, sizeof hex, "%.64s", name);
    snprintf(path, sizeof path, "%s/pictures/%s", store->folder, name);
    if (!hex_decode(hash, sizeof hash, hex) ||
        users_of(store, (struct blob){hash, sizeof hash}) == 0)
        (void)unlink(path);
    else if (strcmp(name + strlen(hex), SEALED) != 0)
        lift(store, path, hash);
    else if (store->has_secret && !opens(store, hash))
        (void)unlink(path); /* it is fetched again */
}

/* What a crash left behind between a picture and its row, and what the node's
 * key of today does not open. One in memory may lack rows that the disk has. */
void pictures_sweep(struct store *store)
{
    char path[PATH_ROOM];
    const struct dirent *entry;
    DIR *folder;

    if (store_in_memory(store))
        return;
    snprintf(path, sizeof path, "%s/pictures", store->folder);
    folder = opendir(path);
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] != '.')
            sweep_one(store, entry->d_name);
    }
    if (folder != NULL)
        (void)closedir(folder);
}
