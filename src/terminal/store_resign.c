#include <stdlib.h>

#include <sodium.h>

#include "terminal/says.h"
#include "terminal/store_inside.h"

#define ROOM 65536

/* The answers under a key: their requests' ids are new. */
struct resigning {
    struct arena arena;
    struct keypair key;
};

static bool resign_row(void *arg, sqlite3_stmt *row, sqlite3_stmt *update)
{
    struct resigning *by = arg;
    uint8_t request_id[16];
    size_t size;
    uint8_t *bytes;

    randombytes_buf(request_id, sizeof request_id);
    bytes = sign_request_again(&by->arena, column_blob(row, 1), &by->key,
                               request_id, &size);

    if (bytes == NULL)
        return false;
    bind_blob(update, 2, (struct blob){request_id, 16});
    bind_blob(update, 3, (struct blob){bytes, size});
    bytes_wipe(bytes, size);
    free(bytes);
    return true;
}

enum status store_resign(struct store *store, const uint8_t secret[KEY_SIZE],
                         struct diag *why)
{
    struct resigning by;
    const struct sqlite_rewriting answers = {
        .next = "SELECT row, request FROM answers WHERE row > ?1"
                " AND personal = 1 AND request IS NOT NULL"
                " ORDER BY row LIMIT 1",
        .update = "UPDATE answers SET request_id = ?2, request = ?3"
                  " WHERE row = ?1",
        .change = resign_row,
        .arg = &by};
    enum status status;

    arena_init(&by.arena, ROOM);
    keypair_from_seed(&by.key, secret);
    status = sqlite_rewrite(store->db, &answers, why);
    arena_done(&by.arena); /* found children, too */
    bytes_wipe(&by.key, sizeof by.key);
    return status;
}
