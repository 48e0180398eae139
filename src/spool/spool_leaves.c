/* What a damaged spool has whose beginning, or whose way to it, is lost. What
 * handhelds signed and photographed is sealed with the gateway's key, and
 * nothing that is not is taken for theirs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spool/inside.h"
#include "sqlite/leaves.h"
#include "sqlite/sqlite.h"
#include "wire/seal.h"

/* As the schema declares them. */
#define ANSWERS "ntbtiibBBiiiiittiiBiiit"
#define PICTURES "nb"
#define DEVICES "tbii"
#define LOOKS "nttiib" /* and those that the centre knows of */
#define NUMBERS "ti"
enum answers_column { DEVICE = 1, ANSWER_ID = 2, DIGEST = 6, CONTENT = 7 };
enum looks_column { LOOK_REQUEST_ID = 5 };

#define NUMBER_MAX (1LL << 53)

enum {
    PUT_ANSWER,
    PUT_DEVICE,
    HASH_OF,
    PUT_PICTURE,
    PUT_TOLD,
    PUT_NUMBER,
    ALL
};
static const char *const words[ALL] = {
    [PUT_ANSWER] = "INSERT OR IGNORE INTO answers VALUES(?,?,?,?,?,?,?,?,?,?,?,"
                   "?,?,?,?,?,?,?,?,?,?,?,?)",
    [PUT_DEVICE] = "INSERT OR IGNORE INTO devices VALUES(?,?,?,?)",
    [HASH_OF] = "SELECT picture_hash FROM answers WHERE row = ?1",
    [PUT_PICTURE] = "INSERT OR IGNORE INTO pictures VALUES(?,?)",
    [PUT_TOLD] = "INSERT INTO looks(device, alert_id, at_ms, thumbnail,"
                 " request_id) VALUES(?2, ?3, ?4, ?5, ?6)",
    [PUT_NUMBER] = "UPDATE sqlite_sequence SET seq = ?2 WHERE name = ?1"
                   " AND seq < ?2",
};

struct taking {
    sqlite3 *db;
    const struct spool_owner *owner;
    sqlite3_stmt *said[ALL];
    struct spool sealed; /* no more than its key, and what it opens */
    bool has_key;
    bool lost_looks; /* none was found: each that is here is to be told */
};

static enum status put(struct taking *taking, const struct leaf_row *row,
                       int which, struct diag *why)
{
    sqlite3_stmt *statement = taking->said[which];
    enum status status = STATUS_OK;

    leaf_row_bind(row, statement);
    if (sqlite3_step(statement) != SQLITE_DONE)
        status = sqlite_trouble(taking->db, "taking over", why);
    (void)sqlite3_reset(statement);
    return status;
}

/* ---- with which key ------------------------------------------------------ */

static bool opens(struct taking *taking, const struct fate *fate,
                  const struct leaf_row *row)
{
    const struct leaf_value *sealed = &row->values[CONTENT];
    const struct leaf_value *digest = &row->values[DIGEST];
    Tocsin__V1__SignedAnswer answer;
    uint8_t found[32];

    if (digest->size != sizeof found ||
        !letter_open(&taking->sealed, fate, sealed->bytes, sealed->size,
                     &answer))
        return false;
    hash_bytes(found, answer.content.data, answer.content.len);
    return memcmp(found, digest->bytes, sizeof found) == 0;
}

static enum status say_key(struct taking *taking, struct diag *why)
{
    char sql[100];
    char name[SEAL_NAME];

    taking->has_key = true;
    snprintf(sql, sizeof sql, "INSERT INTO about VALUES('seal', '%s')",
             spool_seal_name(name, taking->sealed.key));
    return sqlite_run(taking->db, sql, why);
}

/* Where it was said: the one of that name, or none. */
static enum status settle_key(struct taking *taking, struct diag *why)
{
    sqlite3_stmt *query = NULL;
    char name[SEAL_NAME];
    enum status status = sqlite_prepare(
        taking->db, "SELECT value FROM about WHERE key = 'seal'", &query, why);

    if (status == STATUS_OK && sqlite3_step(query) == SQLITE_ROW) {
        const char *said = (const char *)sqlite3_column_text(query, 0);

        taking->has_key = said != NULL;
        for (size_t i = 0;
             taking->has_key &&
             spool_key_of(taking->owner, i, taking->sealed.key) &&
             strcmp(spool_seal_name(name, taking->sealed.key), said) != 0;
             i++) {
        }
    }
    sqlite3_finalize(query);
    return status;
}

/* ---- rows ---------------------------------------------------------------- */

static enum status take_answer(struct taking *taking,
                               const struct leaf_row *row, struct diag *why)
{
    const struct leaf_value *device = &row->values[DEVICE];
    const struct leaf_value *id = &row->values[ANSWER_ID];
    enum status status = STATUS_OK;
    struct fate fate = {.row = 0};
    bool good;

    if (device->size >= sizeof fate.device || id->size != sizeof fate.answer_id)
        return STATUS_OK;
    memcpy(fate.device, device->bytes, device->size);
    memcpy(fate.answer_id, id->bytes, id->size);
    good = taking->has_key && opens(taking, &fate, row);
    for (size_t i = 0; !taking->has_key && !good &&
                       spool_key_of(taking->owner, i, taking->sealed.key);
         i++)
        good = opens(taking, &fate, row);
    if (good && !taking->has_key)
        status = say_key(taking, why);
    return good && status == STATUS_OK ? put(taking, row, PUT_ANSWER, why)
                                       : status;
}

/* Before its picture is taken over, its answer is. */
static bool is_picture(const struct taking *taking, const struct leaf_row *row)
{
    sqlite3_stmt *query = taking->said[HASH_OF];
    const struct leaf_value *sealed = &row->values[1];
    uint8_t *plain = NULL;
    bool good = false;

    (void)sqlite3_bind_int64(query, 1, row->number);
    if (sealed->size > REST_OVERHEAD && sqlite3_step(query) == SQLITE_ROW) {
        plain = must_calloc(1, sealed->size - REST_OVERHEAD);
        good = rest_open(
            plain, taking->sealed.key,
            (struct rest_name){sqlite3_column_blob(query, 0),
                               (size_t)sqlite3_column_bytes(query, 0)},
            sealed->bytes, sealed->size);
        bytes_wipe(plain, sealed->size - REST_OVERHEAD);
    }
    free(plain);
    (void)sqlite3_reset(query);
    return good;
}

static bool is_number(const struct leaf_row *row)
{
    const struct leaf_value *name = &row->values[0];

    return ((name->size == 7 && memcmp(name->bytes, "answers", 7) == 0) ||
            (name->size == 5 && memcmp(name->bytes, "looks", 5) == 0)) &&
           row->values[1].number < NUMBER_MAX;
}

static enum status take_row(void *arg, const struct leaf_row *row,
                            struct diag *why)
{
    struct taking *taking = arg;

    if (leaf_row_is(row, ANSWERS))
        return take_answer(taking, row, why);
    if (leaf_row_is(row, DEVICES) && row->values[0].size <= ID_MAX &&
        row->values[1].size == KEY_SIZE)
        return put(taking, row, PUT_DEVICE, why);
    if (taking->lost_looks && leaf_row_is(row, LOOKS) &&
        row->values[LOOK_REQUEST_ID].size == 16)
        return put(taking, row, PUT_TOLD, why);
    return STATUS_OK;
}

/* What those that were taken over have made of the numbers is there by now. */
static enum status take_rest(void *arg, const struct leaf_row *row,
                             struct diag *why)
{
    struct taking *taking = arg;

    if (leaf_row_is(row, PICTURES) && is_picture(taking, row))
        return put(taking, row, PUT_PICTURE, why);
    if (leaf_row_is(row, NUMBERS) && is_number(row))
        return put(taking, row, PUT_NUMBER, why);
    return STATUS_OK;
}

static enum status prepare(struct taking *taking, struct diag *why)
{
    sqlite3_stmt *query = NULL;
    enum status status = settle_key(taking, why);

    for (int i = 0; i < ALL && status == STATUS_OK; i++)
        status = sqlite_prepare(taking->db, words[i], &taking->said[i], why);
    if (status == STATUS_OK)
        status = sqlite_prepare(
            taking->db, "SELECT 1 FROM looks UNION ALL SELECT 1 FROM looked",
            &query, why);
    taking->lost_looks =
        status == STATUS_OK && sqlite3_step(query) == SQLITE_DONE;
    sqlite3_finalize(query);
    return status;
}

enum status spool_take_leaves(sqlite3 *db, const char *path,
                              const struct spool_owner *owner, struct diag *why)
{
    struct taking taking = {.db = db, .owner = owner};
    enum status status = prepare(&taking, why);

    if (status == STATUS_OK)
        status = leaves_each(path, take_row, &taking, why);
    if (status == STATUS_OK)
        status = leaves_each(path, take_rest, &taking, why);
    for (int i = 0; i < ALL; i++)
        sqlite3_finalize(taking.said[i]);
    free(taking.sealed.opened);
    bytes_wipe(taking.sealed.key, sizeof taking.sealed.key);
    return status;
}
