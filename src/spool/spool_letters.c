/* What a handheld has signed, as it lies on the disk: a byte with the size of
 * the signature, the signature, what is signed; sealed for its row's device and
 * id. */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "spool/inside.h"
#include "sqlite/sqlite.h"

#define NAME_ROOM (ID_MAX + 1 + 16)
#define SIGNATURE_MAX 255

static struct rest_name name_of(const struct fate *fate,
                                uint8_t room[NAME_ROOM])
{
    size_t size = strlen(fate->device) + 1;

    memcpy(room, fate->device, size);
    memcpy(room + size, fate->answer_id, sizeof fate->answer_id);
    return (struct rest_name){room, size + sizeof fate->answer_id};
}

uint8_t *letter_seal(const struct spool *spool, const struct fate *fate,
                     const Tocsin__V1__SignedAnswer *answer, size_t *size)
{
    size_t plain_size = 1 + answer->signature.len + answer->content.len;
    uint8_t *plain = must_calloc(1, plain_size);
    uint8_t room[NAME_ROOM];
    uint8_t *sealed;

    REQUIRE(answer->signature.len <= SIGNATURE_MAX);
    plain[0] = (uint8_t)answer->signature.len;
    if (answer->signature.len > 0)
        memcpy(plain + 1, answer->signature.data, answer->signature.len);
    if (answer->content.len > 0)
        memcpy(plain + 1 + answer->signature.len, answer->content.data,
               answer->content.len);
    *size = plain_size + REST_OVERHEAD;
    sealed = must_calloc(1, *size);
    rest_seal(sealed, spool->key, name_of(fate, room), plain, plain_size);
    sodium_memzero(plain, plain_size);
    free(plain);
    return sealed;
}

bool letter_open(struct spool *spool, const struct fate *fate,
                 const void *sealed, size_t size,
                 Tocsin__V1__SignedAnswer *answer)
{
    uint8_t room[NAME_ROOM];
    uint8_t *plain;

    free(spool->opened);
    spool->opened = NULL;
    if (sealed == NULL || size <= REST_OVERHEAD)
        return false;
    plain = spool->opened = must_calloc(1, size - REST_OVERHEAD);
    if (!rest_open(plain, spool->key, name_of(fate, room), sealed, size) ||
        size - REST_OVERHEAD < 1 + (size_t)plain[0])
        return false;
    tocsin__v1__signed_answer__init(answer);
    answer->signature = (ProtobufCBinaryData){plain[0], plain + 1};
    answer->content = (ProtobufCBinaryData){size - REST_OVERHEAD - 1 - plain[0],
                                            plain + 1 + plain[0]};
    return true;
}

/* ---- of an earlier version ------------------------------------------------
 */

/* One row, as it was: sealed in its place. */
static enum status seal_row(struct spool *spool, sqlite3_stmt *row,
                            sqlite3_stmt *update, struct diag *why)
{
    Tocsin__V1__SignedAnswer answer = TOCSIN__V1__SIGNED_ANSWER__INIT;
    struct fate fate = {.row = sqlite3_column_int64(row, 0)};
    enum status status = STATUS_OK;
    uint8_t *sealed;
    size_t size;

    spool_take_text(fate.device, sizeof fate.device, row, 1);
    if ((size_t)sqlite3_column_bytes(row, 2) == sizeof fate.answer_id)
        memcpy(fate.answer_id, sqlite3_column_blob(row, 2),
               sizeof fate.answer_id);
    answer.content.data = (uint8_t *)(uintptr_t)sqlite3_column_blob(row, 3);
    answer.content.len = (size_t)sqlite3_column_bytes(row, 3);
    answer.signature.data = (uint8_t *)(uintptr_t)sqlite3_column_blob(row, 4);
    answer.signature.len = (size_t)sqlite3_column_bytes(row, 4);
    sealed = letter_seal(spool, &fate, &answer, &size);
    (void)sqlite3_reset(update);
    (void)sqlite3_bind_int64(update, 1, fate.row);
    spool_bind_bytes(update, 2, sealed, size);
    if (sqlite3_step(update) != SQLITE_DONE)
        status = sqlite_trouble(spool->db, "sealing an answer", why);
    (void)sqlite3_reset(update);
    free(sealed);
    return status;
}

enum status letters_lift(struct spool *spool, struct diag *why)
{
    sqlite3_stmt *next = NULL;
    sqlite3_stmt *update = NULL;
    enum status status = sqlite_prepare(
        spool->db,
        "SELECT row, device, answer_id, content, signature FROM answers"
        " WHERE row > ?1 AND signature IS NOT NULL AND content IS NOT NULL"
        " ORDER BY row LIMIT 1",
        &next, why);
    int64_t done = 0;
    int step = SQLITE_ROW;

    if (status == STATUS_OK)
        status = sqlite_prepare(spool->db,
                                "UPDATE answers SET content = ?2,"
                                " signature = NULL WHERE row = ?1",
                                &update, why);
    while (status == STATUS_OK &&
           sqlite3_bind_int64(next, 1, done) == SQLITE_OK &&
           (step = sqlite3_step(next)) == SQLITE_ROW) {
        done = sqlite3_column_int64(next, 0);
        status = seal_row(spool, next, update, why);
        (void)sqlite3_reset(next);
    }
    if (status == STATUS_OK && step != SQLITE_DONE)
        status = sqlite_trouble(spool->db, "sealing the answers", why);
    sqlite3_finalize(next);
    sqlite3_finalize(update);
    return status;
}
