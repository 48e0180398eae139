/* What officers have said, signed once more: the node has another key, and the
 * broker asks for the newest. */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "terminal/says.h"
#include "terminal/store_inside.h"
#include "wire/document.h"
#include "wire/found.h"

#define ROOM 65536

/* A request as it is kept, and as it goes on: its id is new, that of the answer
 * stays. */
struct resigning {
    struct arena arena;
    struct keypair key;
    uint8_t request_id[16];
};

static uint8_t *sign_answer_again(struct resigning *by,
                                  const Tocsin__V1__Acknowledge *acknowledge,
                                  size_t *size)
{
    const Tocsin__V1__SignedAnswer *sealed = acknowledge->answer;
    const Tocsin__V1__Answer *answer;
    struct complaint complaint;

    if (answer_open(&answer, &by->arena, sealed, &complaint) != STATUS_OK)
        return NULL;
    return answer_request(answer, &by->key, by->request_id, size);
}

static uint8_t *sign_found_again(struct resigning *by,
                                 const Tocsin__V1__Request *request,
                                 size_t *size)
{
    Tocsin__V1__Request again = *request;
    Tocsin__V1__RegisterFound body = *request->register_found;
    const Tocsin__V1__FoundChild *found;
    struct complaint complaint;
    uint8_t *bytes;

    if (body.found == NULL ||
        found_open(&found, &by->arena, body.found, &complaint) != STATUS_OK ||
        found_sign(found, &by->key, &bytes, size, NULL) != STATUS_OK)
        return NULL;
    body.found = tocsin__v1__signed_found__unpack(NULL, *size, bytes);
    bytes_wipe(bytes, *size);
    free(bytes);
    REQUIRE(body.found != NULL);
    again.request_id =
        (ProtobufCBinaryData){sizeof by->request_id, by->request_id};
    again.register_found = &body;
    bytes = encode(&again.base, size);
    bytes_wipe(body.found->content.data, body.found->content.len);
    tocsin__v1__signed_found__free_unpacked(body.found, NULL);
    return bytes;
}

/* NULL: nobody has signed it, or it is damaged. */
static uint8_t *sign_again(struct resigning *by, struct blob bytes,
                           size_t *size)
{
    const Tocsin__V1__Request *request;

    arena_reset(&by->arena);
    request = decode(&by->arena, &tocsin__v1__request__descriptor, bytes.data,
                     bytes.size, NULL);
    if (request == NULL)
        return NULL;
    randombytes_buf(by->request_id, sizeof by->request_id);
    switch (request->body_case) {
    case TOCSIN__V1__REQUEST__BODY_ACKNOWLEDGE:
        return sign_answer_again(by, request->acknowledge, size);
    case TOCSIN__V1__REQUEST__BODY_REGISTER_FOUND:
        return sign_found_again(by, request, size);
    default:
        return NULL;
    }
}

static bool resign_row(void *arg, sqlite3_stmt *row, sqlite3_stmt *update)
{
    struct resigning *by = arg;
    size_t size;
    uint8_t *bytes = sign_again(by, column_blob(row, 1), &size);

    if (bytes == NULL)
        return false;
    bind_blob(update, 2, (struct blob){by->request_id, 16});
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
