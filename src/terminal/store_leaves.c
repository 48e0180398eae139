/* What officers have said in a damaged store whose beginning, or whose way to
 * it, is lost. Their words are signed, looks at photographs name themselves
 * twice, and photographs are sealed: nothing else is believed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sqlite/leaves.h"
#include "terminal/store_inside.h"
#include "wire/check.h"
#include "wire/decode.h"
#include "wire/document.h"
#include "wire/found.h"

#define ROOM 65536
/* As the schema declares them. */
#define ANSWERS "nbtiiiibBiiit"
#define PHOTOGRAPHS "nbtbiiiitb"
enum answers_column { ANSWER_PERSONAL = 5, ANSWER_REQUEST_ID = 7 };
enum photographs_column { PHOTOGRAPH_HASH = 3, PHOTOGRAPH_BYTES = 9 };

struct taking {
    struct store *store;
    const uint8_t *key; /* the node's public one; NULL: not known */
    struct store_mended *out;
    sqlite3_stmt *answer;
    sqlite3_stmt *photograph;
    struct arena arena;
};

static struct blob bytes_of(const struct leaf_value *value)
{
    return (struct blob){value->bytes, value->size};
}

static bool is_signed(const struct taking *taking,
                      const Tocsin__V1__Request *request)
{
    if (taking->key == NULL)
        return false;
    switch (request->body_case) {
    case TOCSIN__V1__REQUEST__BODY_ACKNOWLEDGE:
        return request->acknowledge->answer != NULL &&
               answer_verify(request->acknowledge->answer, taking->key);
    case TOCSIN__V1__REQUEST__BODY_REGISTER_FOUND:
        return request->register_found->found != NULL &&
               found_verify(request->register_found->found, taking->key);
    default:
        return false;
    }
}

/* What machines say of themselves comes again. */
static bool is_word(struct taking *taking, const struct leaf_row *row)
{
    struct blob id = bytes_of(&row->values[ANSWER_REQUEST_ID]);
    struct blob bytes = bytes_of(&row->values[ANSWER_REQUEST_ID + 1]);
    const Tocsin__V1__Request *request;

    if (bytes.size == 0)
        return false;
    arena_reset(&taking->arena);
    request = decode(&taking->arena, &tocsin__v1__request__descriptor,
                     bytes.data, bytes.size, NULL);
    if (request == NULL || id.size != request->request_id.len ||
        memcmp(id.data, request->request_id.data, id.size) != 0)
        return false;
    return row->values[ANSWER_PERSONAL].number != 0
               ? is_signed(taking, request)
               : request->body_case == TOCSIN__V1__REQUEST__BODY_NOTE_LOOK;
}

static bool is_photograph(const struct taking *taking,
                          const struct leaf_row *row)
{
    struct blob hash = bytes_of(&row->values[PHOTOGRAPH_HASH]);
    struct blob sealed = bytes_of(&row->values[PHOTOGRAPH_BYTES]);
    uint8_t *plain;
    bool good;

    if (!taking->store->has_secret || sealed.size <= REST_OVERHEAD)
        return false;
    plain = must_calloc(1, sealed.size - REST_OVERHEAD);
    good = rest_open(plain, taking->store->rest,
                     (struct rest_name){hash.data, hash.size}, sealed.data,
                     sealed.size);
    bytes_wipe(plain, sealed.size - REST_OVERHEAD);
    free(plain);
    return good;
}

static enum status take(struct taking *taking, const struct leaf_row *row,
                        sqlite3_stmt *statement, unsigned *count,
                        struct diag *why)
{
    enum status status = STATUS_OK;

    leaf_row_bind(row, statement);
    if (sqlite3_step(statement) == SQLITE_DONE)
        *count += (unsigned)sqlite3_changes(taking->store->db);
    else
        status = sqlite_trouble(taking->store->db, "taking over", why);
    (void)sqlite3_reset(statement);
    return status;
}

static enum status take_row(void *arg, const struct leaf_row *row,
                            struct diag *why)
{
    struct taking *taking = arg;

    if (leaf_row_is(row, ANSWERS) && is_word(taking, row))
        return take(taking, row, taking->answer, &taking->out->answers, why);
    if (leaf_row_is(row, PHOTOGRAPHS) && is_photograph(taking, row))
        return take(taking, row, taking->photograph, &taking->out->photographs,
                    why);
    return STATUS_OK;
}

enum status store_take_leaves(struct store *store, const uint8_t *key,
                              struct store_mended *out, struct diag *why)
{
    struct taking taking = {.store = store, .key = key, .out = out};
    char path[STORE_PATH_MAX + 16];
    enum status status = sqlite_prepare(store->db,
                                        "INSERT OR IGNORE INTO answers"
                                        " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)",
                                        &taking.answer, why);

    if (status == STATUS_OK)
        status = sqlite_prepare(store->db,
                                "INSERT OR IGNORE INTO photographs"
                                " VALUES(?,?,?,?,?,?,?,?,?,?)",
                                &taking.photograph, why);
    snprintf(path, sizeof path, "%s/store.db", store->folder);
    arena_init(&taking.arena, ROOM);
    if (status == STATUS_OK)
        status = leaves_each(path, take_row, &taking, why);
    arena_done(&taking.arena);
    sqlite3_finalize(taking.answer);
    sqlite3_finalize(taking.photograph);
    return status;
}
