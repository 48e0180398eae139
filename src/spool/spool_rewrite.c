/* What lies in the spool sealed anew, row by row, in the transaction at hand:
 * of an earlier version, or with the key that the gateway had before. */
#include <stdlib.h>
#include <string.h>

#include "spool/inside.h"
#include "sqlite/sqlite.h"

struct rewriting {
    struct spool *spool;
    struct spool before; /* no more than the former key, and what it opens */
    const char *next;    /* the first row after ?1 */
    const char *update;  /* row ?1 gets ?2 */
    /** In heap memory; NULL: does not open, and stays as it is. */
    uint8_t *(*make)(struct rewriting *rewriting, sqlite3_stmt *row,
                     size_t *size);
};

static enum status rewrite_row(struct rewriting *rewriting, sqlite3_stmt *row,
                               sqlite3_stmt *update, struct diag *why)
{
    enum status status = STATUS_OK;
    size_t size;
    uint8_t *sealed = rewriting->make(rewriting, row, &size);

    if (sealed == NULL)
        return STATUS_OK;
    (void)sqlite3_reset(update);
    (void)sqlite3_bind_int64(update, 1, sqlite3_column_int64(row, 0));
    spool_bind_bytes(update, 2, sealed, size);
    if (sqlite3_step(update) != SQLITE_DONE)
        status = sqlite_trouble(rewriting->spool->db, "sealing anew", why);
    (void)sqlite3_reset(update);
    free(sealed);
    return status;
}

static enum status rewrite(struct rewriting *rewriting, struct diag *why)
{
    sqlite3 *db = rewriting->spool->db;
    sqlite3_stmt *next = NULL;
    sqlite3_stmt *update = NULL;
    enum status status = sqlite_prepare(db, rewriting->next, &next, why);
    int64_t done = 0;
    int step = SQLITE_ROW;

    if (status == STATUS_OK)
        status = sqlite_prepare(db, rewriting->update, &update, why);
    while (status == STATUS_OK &&
           sqlite3_bind_int64(next, 1, done) == SQLITE_OK &&
           (step = sqlite3_step(next)) == SQLITE_ROW) {
        done = sqlite3_column_int64(next, 0);
        status = rewrite_row(rewriting, next, update, why);
        (void)sqlite3_reset(next);
    }
    if (status == STATUS_OK && step != SQLITE_DONE)
        status = sqlite_trouble(db, "reading what is sealed", why);
    sqlite3_finalize(next);
    sqlite3_finalize(update);
    free(rewriting->before.opened);
    bytes_wipe(&rewriting->before, sizeof rewriting->before);
    return status;
}

/* ---- letters --------------------------------------------------------------
 */

static void take_name(struct fate *fate, sqlite3_stmt *row)
{
    spool_take_text(fate->device, sizeof fate->device, row, 1);
    if ((size_t)sqlite3_column_bytes(row, 2) == sizeof fate->answer_id)
        memcpy(fate->answer_id, sqlite3_column_blob(row, 2),
               sizeof fate->answer_id);
}

static uint8_t *lift(struct rewriting *rewriting, sqlite3_stmt *row,
                     size_t *size)
{
    Tocsin__V1__SignedAnswer answer = TOCSIN__V1__SIGNED_ANSWER__INIT;
    struct fate fate = {.row = 0};

    take_name(&fate, row);
    answer.content.data = (uint8_t *)(uintptr_t)sqlite3_column_blob(row, 3);
    answer.content.len = (size_t)sqlite3_column_bytes(row, 3);
    answer.signature.data = (uint8_t *)(uintptr_t)sqlite3_column_blob(row, 4);
    answer.signature.len = (size_t)sqlite3_column_bytes(row, 4);
    return letter_seal(rewriting->spool, &fate, &answer, size);
}

static uint8_t *reseal_letter(struct rewriting *rewriting, sqlite3_stmt *row,
                              size_t *size)
{
    Tocsin__V1__SignedAnswer answer;
    struct fate fate = {.row = 0};

    take_name(&fate, row);
    if (!letter_open(&rewriting->before, &fate, sqlite3_column_blob(row, 3),
                     (size_t)sqlite3_column_bytes(row, 3), &answer))
        return NULL;
    return letter_seal(rewriting->spool, &fate, &answer, size);
}

enum status spool_lift_letters(struct spool *spool, struct diag *why)
{
    struct rewriting rewriting = {
        .spool = spool,
        .next = "SELECT row, device, answer_id, content, signature FROM answers"
                " WHERE row > ?1 AND signature IS NOT NULL"
                " AND content IS NOT NULL ORDER BY row LIMIT 1",
        .update = "UPDATE answers SET content = ?2, signature = NULL"
                  " WHERE row = ?1",
        .make = lift};

    return rewrite(&rewriting, why);
}

/* ---- with another key -----------------------------------------------------
 */

static uint8_t *reseal_picture(struct rewriting *rewriting, sqlite3_stmt *row,
                               size_t *size)
{
    const struct rest_name name = {sqlite3_column_blob(row, 2),
                                   (size_t)sqlite3_column_bytes(row, 2)};
    const uint8_t *sealed = sqlite3_column_blob(row, 1);
    uint8_t *bytes;
    uint8_t *anew = NULL;

    *size = (size_t)sqlite3_column_bytes(row, 1);
    if (*size <= REST_OVERHEAD)
        return NULL;
    bytes = must_calloc(1, *size);
    if (rest_open(bytes, rewriting->before.key, name, sealed, *size)) {
        anew = must_calloc(1, *size);
        rest_seal(anew, rewriting->spool->key, name, bytes,
                  *size - REST_OVERHEAD);
    }
    bytes_wipe(bytes, *size);
    free(bytes);
    return anew;
}

enum status spool_reseal(struct spool *spool,
                         const uint8_t former[REST_KEY_SIZE], struct diag *why)
{
    struct rewriting letters = {
        .spool = spool,
        .next = "SELECT row, device, answer_id, content FROM answers"
                " WHERE row > ?1 AND content IS NOT NULL ORDER BY row LIMIT 1",
        .update = "UPDATE answers SET content = ?2 WHERE row = ?1",
        .make = reseal_letter};
    struct rewriting pictures = {
        .spool = spool,
        .next = "SELECT pictures.row, sealed, picture_hash FROM pictures"
                " JOIN answers ON answers.row = pictures.row"
                " WHERE pictures.row > ?1 ORDER BY pictures.row LIMIT 1",
        .update = "UPDATE pictures SET sealed = ?2 WHERE row = ?1",
        .make = reseal_picture};
    enum status status;

    memcpy(letters.before.key, former, REST_KEY_SIZE);
    memcpy(pictures.before.key, former, REST_KEY_SIZE);
    status = rewrite(&letters, why);
    return status == STATUS_OK ? rewrite(&pictures, why) : status;
}
