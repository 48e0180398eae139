/* Found children that a checkpoint registers: they wait in its store like an
 * officer's answers, and what was said of the child leaves it with the broker's
 * word that it is recorded. */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "lib/found.h"
#include "lib/terminal_store.h"
#include "wire/seal.h"

/* The same for a registration and its repetition. */
static void identify(uint8_t out[16], const char *found_id, uint32_t revision)
{
    uint8_t bytes[ULID_SIZE + 4];
    uint8_t hash[32];

    memcpy(bytes, found_id, ULID_SIZE);
    for (int i = 0; i < 4; i++)
        bytes[ULID_SIZE + i] = (uint8_t)(revision >> 8 * i);
    hash_bytes(hash, bytes, sizeof bytes);
    memcpy(out, hash, 16);
}

static enum tocsin_status put(struct tocsin_store *store,
                              Tocsin__V1__FoundChild *found,
                              struct tocsin_diag *why)
{
    struct new_answer kept = {.alert_id = found->found_id,
                              .personal = true,
                              .rung = TOCSIN__V1__RUNG__RUNG_UNSPECIFIED};
    struct stored_fate known;
    struct diag inner = {0};
    uint8_t request_id[REQUEST_ID_SIZE];
    uint8_t answer_id[16];
    enum tocsin_status told;
    enum status status;
    uint8_t *request;

    randombytes_buf(request_id, sizeof request_id);
    told = lib_found_request(&request, &kept.request.size, found, store->bundle,
                             request_id, why);
    if (told != TOCSIN_OK)
        return told;
    identify(answer_id, found->found_id, found->revision);
    if (store_fate(store->inner, answer_id, &known, &inner) == STATUS_OK) {
        free(request);
        return lib_fail(why, TOCSIN_USAGE,
                        "revision: %u of %s was given here before; a "
                        "correction is the next one",
                        found->revision, found->found_id);
    }
    kept.revision = found->revision;
    kept.at_ms = found->at_ms;
    kept.answer_id = answer_id;
    kept.request_id = request_id;
    kept.request.data = request;
    status = store_answer(store->inner, &kept, &inner);
    sodium_memzero(request, kept.request.size);
    free(request);
    return status == STATUS_OK ? TOCSIN_OK : lib_told(why, status, &inner);
}

enum tocsin_status tocsin_store_found(struct tocsin_store *store,
                                      const Tocsin__V1__FoundChild *found,
                                      char found_id[27],
                                      struct tocsin_diag *why)
{
    Tocsin__V1__FoundChild filled = *found;

    if (filled.found_id[0] == '\0')
        tocsin_found_id(found_id);
    else if (ulid_valid(filled.found_id))
        memcpy(found_id, filled.found_id, ULID_SIZE + 1);
    else
        return lib_fail(why, TOCSIN_USAGE, "found_id: is not a ULID");
    filled.found_id = found_id;
    return put(store, &filled, why);
}

/* ---- what became of one -------------------------------------------------- */

struct newest {
    uint32_t revision;
    struct stored_fate fate;
    bool any;
};

/* Newest first. */
static bool take_newest(void *arg, const struct stored_answer *stored)
{
    struct newest *newest = arg;

    newest->revision = stored->revision;
    newest->fate = stored->fate;
    newest->any = true;
    return false;
}

enum tocsin_status tocsin_store_found_fate(struct tocsin_store *store,
                                           const char *found_id,
                                           struct tocsin_fate *fate,
                                           uint32_t *revision,
                                           struct tocsin_diag *why)
{
    struct newest newest = {0};
    struct diag inner = {0};
    enum status status;

    if (!ulid_valid(found_id))
        return lib_fail(why, TOCSIN_USAGE, "found_id: is not a ULID");
    status =
        store_answers(store->inner, found_id, take_newest, &newest, &inner);
    if (status != STATUS_OK)
        return lib_told(why, status, &inner);
    if (!newest.any)
        return lib_fail(why, TOCSIN_MISSING,
                        "no found child %s was registered here", found_id);
    memset(fate, 0, sizeof *fate);
    fate->waiting = newest.fate.waiting;
    fate->status = newest.fate.status;
    fate->sequence = newest.fate.sequence;
    memcpy(fate->reason, newest.fate.reason, sizeof fate->reason);
    *revision = newest.revision;
    return TOCSIN_OK;
}

enum tocsin_status tocsin_store_found_forget(struct tocsin_store *store,
                                             const char *found_id,
                                             struct tocsin_diag *why)
{
    struct diag inner = {0};
    enum status status;

    if (!ulid_valid(found_id))
        return lib_fail(why, TOCSIN_USAGE, "found_id: is not a ULID");
    status = store_forget_found(store->inner, found_id, &inner);
    return status == STATUS_OK ? TOCSIN_OK : lib_told(why, status, &inner);
}
