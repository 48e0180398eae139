/* What lies in the spool sealed anew, row by row, in the transaction at hand:
 * of an earlier version, or with the key that the gateway had before. */
#include <stdlib.h>
#include <string.h>

#include "spool/inside.h"
#include "sqlite/sqlite.h"

struct resealing {
    struct spool *spool;
    struct spool before; /* no more than the former key, and what it opens */
};

static bool put(sqlite3_stmt *update, uint8_t *sealed, size_t size)
{
    if (sealed == NULL)
        return false; /* does not open: stays as it is */
    spool_bind_bytes(update, 2, sealed, size);
    free(sealed);
    return true;
}

static void take_name(struct fate *fate, sqlite3_stmt *row)
{
    spool_take_text(fate->device, sizeof fate->device, row, 1);
    if ((size_t)sqlite3_column_bytes(row, 2) == sizeof fate->answer_id)
        memcpy(fate->answer_id, sqlite3_column_blob(row, 2),
               sizeof fate->answer_id);
}

/* ---- of an earlier version ------------------------------------------------
 */

static bool lift(void *arg, sqlite3_stmt *row, sqlite3_stmt *update)
{
    Tocsin__V1__SignedAnswer answer = TOCSIN__V1__SIGNED_ANSWER__INIT;
    struct fate fate = {.row = 0};
    uint8_t *sealed;
    size_t size;

    take_name(&fate, row);
    answer.content.data = (uint8_t *)(uintptr_t)sqlite3_column_blob(row, 3);
    answer.content.len = (size_t)sqlite3_column_bytes(row, 3);
    answer.signature.data = (uint8_t *)(uintptr_t)sqlite3_column_blob(row, 4);
    answer.signature.len = (size_t)sqlite3_column_bytes(row, 4);
    sealed = letter_seal(arg, &fate, &answer, &size);
    return put(update, sealed, size);
}

enum status spool_lift_letters(struct spool *spool, struct diag *why)
{
    const struct sqlite_rewriting letters = {
        .next = "SELECT row, device, answer_id, content, signature FROM answers"
                " WHERE row > ?1 AND signature IS NOT NULL"
                " AND content IS NOT NULL ORDER BY row LIMIT 1",
        .update = "UPDATE answers SET content = ?2, signature = NULL"
                  " WHERE row = ?1",
        .change = lift,
        .arg = spool};

    return sqlite_rewrite(spool->db, &letters, why);
}

/* ---- with another key -----------------------------------------------------
 */

static bool reseal_letter(void *arg, sqlite3_stmt *row, sqlite3_stmt *update)
{
    struct resealing *resealing = arg;
    Tocsin__V1__SignedAnswer answer;
    struct fate fate = {.row = 0};
    uint8_t *sealed = NULL;
    size_t size = 0;

    take_name(&fate, row);
    if (letter_open(&resealing->before, &fate, sqlite3_column_blob(row, 3),
                    (size_t)sqlite3_column_bytes(row, 3), &answer))
        sealed = letter_seal(resealing->spool, &fate, &answer, &size);
    return put(update, sealed, size);
}

static bool reseal_picture(void *arg, sqlite3_stmt *row, sqlite3_stmt *update)
{
    struct resealing *resealing = arg;
    const struct rest_name name = {sqlite3_column_blob(row, 2),
                                   (size_t)sqlite3_column_bytes(row, 2)};
    size_t size = (size_t)sqlite3_column_bytes(row, 1);
    uint8_t *sealed = rest_reseal(resealing->spool->key, resealing->before.key,
                                  name, sqlite3_column_blob(row, 1), size);

    return put(update, sealed, size);
}

enum status spool_reseal(struct spool *spool,
                         const uint8_t former[REST_KEY_SIZE], struct diag *why)
{
    struct resealing resealing = {.spool = spool};
    const struct sqlite_rewriting letters = {
        .next = "SELECT row, device, answer_id, content FROM answers"
                " WHERE row > ?1 AND content IS NOT NULL ORDER BY row LIMIT 1",
        .update = "UPDATE answers SET content = ?2 WHERE row = ?1",
        .change = reseal_letter,
        .arg = &resealing};
    const struct sqlite_rewriting pictures = {
        .next = "SELECT pictures.row, sealed, picture_hash FROM pictures"
                " JOIN answers ON answers.row = pictures.row"
                " WHERE pictures.row > ?1 ORDER BY pictures.row LIMIT 1",
        .update = "UPDATE pictures SET sealed = ?2 WHERE row = ?1",
        .change = reseal_picture,
        .arg = &resealing};
    enum status status;

    memcpy(resealing.before.key, former, REST_KEY_SIZE);
    status = sqlite_rewrite(spool->db, &letters, why);
    if (status == STATUS_OK)
        status = sqlite_rewrite(spool->db, &pictures, why);
    free(resealing.before.opened);
    bytes_wipe(&resealing, sizeof resealing);
    return status;
}
