/* A store whose disk is full goes on in memory, so that the screen does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "terminal/store_inside.h"

#define HEADER_BYTES 100
#define ROOM_BYTES (256 * 1024) /* as much must be free to go back */

bool store_in_memory(const struct store *store)
{
    return store->disk != NULL || store_is_unopened(store);
}

sqlite3 *store_copy_of(sqlite3 *disk)
{
    sqlite3_int64 size;
    unsigned char *bytes = sqlite3_serialize(disk, "main", &size, 0);
    sqlite3 *memory = NULL;

    if (bytes == NULL || size < HEADER_BYTES) {
        sqlite3_free(bytes);
        return NULL;
    }
    /* read and write version: a database in memory has no log */
    bytes[18] = bytes[19] = 1;
    if (sqlite3_open(":memory:", &memory) != SQLITE_OK) {
        sqlite3_free(bytes);
    } else if (sqlite3_deserialize(memory, "main", bytes, size, size,
                                   SQLITE_DESERIALIZE_FREEONCLOSE |
                                       SQLITE_DESERIALIZE_RESIZEABLE) ==
               SQLITE_OK) {
        return memory;
    }
    (void)sqlite3_close(memory);
    return NULL;
}

static int64_t version_of(sqlite3 *disk)
{
    sqlite3_stmt *query = NULL;
    int64_t version = 0;

    if (sqlite_prepare(disk, store_sentences[DATA_VERSION], &query, NULL) ==
            STATUS_OK &&
        sqlite3_step(query) == SQLITE_ROW)
        version = sqlite3_column_int64(query, 0);
    sqlite3_finalize(query);
    return version;
}

bool store_disk_changed(const struct store *store)
{
    return store->disk != NULL &&
           version_of(store->disk) != store->disk_version;
}

/* Everything staged is dropped; a failure before is over. */
static enum status move_to(struct store *store, sqlite3 *db, struct diag *why)
{
    store_unprepare(store);
    store->db = db;
    staged_forget(store);
    store->failed = STATUS_OK;
    store->began = false;
    store->truncate = false;
    return store_prepare(store, why);
}

enum status store_to_memory(struct store *store, struct diag *why)
{
    int64_t version = version_of(store->db); /* or a newer one is copied */
    sqlite3 *memory = store_copy_of(store->db);

    REQUIRE(store->disk == NULL);
    if (memory == NULL)
        return diag_set(why, STATUS_DISK, "store %s: cannot be copied",
                        store->folder);
    store->disk = store->db;
    store->disk_version = version;
    return move_to(store, memory, why);
}

enum status store_find_room(const struct store *store, struct diag *why)
{
    uint8_t *bytes = must_calloc(1, ROOM_BYTES);
    char path[STORE_PATH_MAX + 16];
    enum status status;

    snprintf(path, sizeof path, "%s/room", store->folder);
    status = file_write(path, 0600, bytes, ROOM_BYTES, why);
    (void)unlink(path);
    free(bytes);
    return status;
}

static enum status find_free(sqlite3 *disk, struct diag *why)
{
    if (sqlite3_exec(disk, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_BUSY)
        return diag_set(why, STATUS_BUSY, "a program is writing to it");
    return sqlite_undo(disk, STATUS_OK, why);
}

enum status store_to_disk(struct store *store, struct diag *why)
{
    sqlite3 *memory = store->db;
    enum status status = STATUS_OK;

    if (!store_disk_changed(store)) /* whoever changed it has found room */
        status = store_find_room(store, why);
    if (status == STATUS_OK)
        status = find_free(store->disk, why);
    if (status != STATUS_OK)
        return diag_wrap(why, status, "store");
    status = move_to(store, store->disk, why);
    store->disk = NULL;
    (void)sqlite3_close(memory);
    return status;
}
