/* What officers of this node say and look at, by the store. */
#include "lib/terminal_store.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/clock.h"
#include "terminal/says.h"

#define OFFICER_BYTES_MAX 40

/* ---- photographs ---- */

static uint8_t *look_request(const struct holding *holding, const char *officer,
                             uint8_t request_id[16], struct new_look *look)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__NoteLook note = TOCSIN__V1__NOTE_LOOK__INIT;
    uint8_t *bytes;

    randombytes_buf(request_id, 16);
    look->request_id = request_id;
    look->at_ms = clock_wall_ms();
    note.alert_id = (char *)(uintptr_t)holding->alert_id;
    note.officer = (char *)(uintptr_t)officer;
    note.at_ms = look->at_ms;
    request.request_id = (ProtobufCBinaryData){16, request_id};
    request.body_case = TOCSIN__V1__REQUEST__BODY_NOTE_LOOK;
    request.note_look = &note;
    bytes = encode(&request.base, &look->request.size);
    look->request.data = bytes;
    return bytes;
}

enum tocsin_status tocsin_store_look(struct tocsin_store *store,
                                     const char *alert, const char *officer,
                                     uint8_t **bytes, size_t *size,
                                     struct tocsin_diag *why)
{
    struct holding holding;
    struct new_look look = {0};
    struct diag inner = {0};
    uint8_t request_id[16];
    uint8_t *request;
    enum tocsin_status found = store_find(store, alert, &holding, why);
    enum status status;

    if (found != TOCSIN_OK)
        return found;
    if (strlen(officer) > OFFICER_BYTES_MAX ||
        !utf8_valid((const uint8_t *)officer, strlen(officer)))
        return lib_fail(why, TOCSIN_USAGE,
                        "officer: must be text of at most %d bytes",
                        OFFICER_BYTES_MAX);
    request = look_request(&holding, officer, request_id, &look);
    status = store_picture(store->inner, holding.alert_id, &look, bytes, size,
                           &inner);
    free(request);
    return status == STATUS_OK ? TOCSIN_OK : lib_told(why, status, &inner);
}

/* ---- answers ---- */

static enum tocsin_status put(struct tocsin_store *store,
                              const Tocsin__V1__Answer *answer,
                              const struct new_photograph *photograph,
                              struct tocsin_diag *why)
{
    uint8_t request_id[16];
    struct new_answer new_answer = {.alert_id = answer->alert_id,
                                    .revision = answer->revision,
                                    .rung = answer->rung,
                                    .personal = rung_is_personal(answer->rung),
                                    .at_ms = answer->at_ms,
                                    .answer_id = answer->answer_id.data,
                                    .request_id = request_id,
                                    .photograph = photograph};
    struct diag inner = {0};
    enum status status;
    uint8_t *request;

    randombytes_buf(request_id, sizeof request_id);
    request = answer_request(answer, &store->bundle->key, request_id,
                             &new_answer.request.size);
    new_answer.request.data = request;
    status = store_answer(store->inner, &new_answer, &inner);
    free(request);
    return status == STATUS_OK ? TOCSIN_OK : lib_told(why, status, &inner);
}

static enum tocsin_status
answer_with(struct tocsin_store *store, const char *alert,
            Tocsin__V1__Answer *answer, const struct new_photograph *photograph,
            uint8_t answer_id[16], struct tocsin_diag *why)
{
    Tocsin__V1__Answer whole;
    struct complaint complaint = {0};
    struct holding holding;
    enum tocsin_status status = store_find(store, alert, &holding, why);

    if (status != TOCSIN_OK)
        return status;
    if (answer->revision == 0)
        answer->revision = holding.revision;
    if (answer->at_ms == 0)
        answer->at_ms = clock_wall_ms();
    whole = *answer;
    whole.alert_id = holding.alert_id;
    whole.node = (char *)(uintptr_t)store->bundle->id;
    if (answer->answer_id.len == 16)
        memcpy(answer_id, answer->answer_id.data, 16);
    else
        randombytes_buf(answer_id, 16);
    whole.answer_id = (ProtobufCBinaryData){16, answer_id};
    if (!check_answer(&whole, &complaint))
        return lib_complained(why, &complaint);
    if (whole.rung < TOCSIN__V1__RUNG__RUNG_SHOWN)
        return lib_fail(why, TOCSIN_USAGE, "rung: the machine says HELD");
    status = lib_check_texts(&whole.base, why);
    if (status != TOCSIN_OK)
        return status;
    return put(store, &whole, photograph, why);
}

enum tocsin_status tocsin_store_answer(struct tocsin_store *store,
                                       const char *alert,
                                       Tocsin__V1__Answer *answer,
                                       uint8_t answer_id[16],
                                       struct tocsin_diag *why)
{
    if (answer->picture != NULL)
        return lib_fail(why, TOCSIN_USAGE,
                        "picture: it comes with its bytes, see "
                        "tocsin_store_answer_pictured");
    return answer_with(store, alert, answer, NULL, answer_id, why);
}

enum tocsin_status
tocsin_store_answer_pictured(struct tocsin_store *store, const char *alert,
                             Tocsin__V1__Answer *answer,
                             const struct tocsin_photograph *photograph,
                             uint8_t answer_id[16], struct tocsin_diag *why)
{
    const char *type = picture_type(photograph->bytes, photograph->size);
    Tocsin__V1__Picture picture = TOCSIN__V1__PICTURE__INIT;
    struct new_photograph kept = {
        .bytes = {photograph->bytes, photograph->size}};
    enum tocsin_status status;
    uint8_t hash[32];

    if (type == NULL)
        return lib_fail(why, TOCSIN_USAGE,
                        "picture: is neither a JPEG nor a PNG");
    if (photograph->size > SIGHTING_PICTURE_MAX)
        return lib_fail(why, TOCSIN_USAGE,
                        "picture: %zu bytes, at most %d can be sent",
                        photograph->size, SIGHTING_PICTURE_MAX);
    hash_bytes(hash, photograph->bytes, photograph->size);
    kept.hash = hash;
    kept.png = strcmp(type, "image/png") == 0;
    picture.hash = (ProtobufCBinaryData){sizeof hash, hash};
    picture.media_type = (char *)(uintptr_t)type;
    picture.size = (uint32_t)photograph->size;
    answer->picture = &picture;
    status = answer_with(store, alert, answer, &kept, answer_id, why);
    answer->picture = NULL;
    return status;
}

static enum tocsin_photograph_fate photograph_of(enum photograph_state state)
{
    switch (state) {
    case PHOTOGRAPH_WAITS:
        return TOCSIN_PHOTOGRAPH_WAITS;
    case PHOTOGRAPH_RECORDED:
        return TOCSIN_PHOTOGRAPH_RECORDED;
    case PHOTOGRAPH_REFUSED:
        return TOCSIN_PHOTOGRAPH_REFUSED;
    case PHOTOGRAPH_NONE:
        break;
    }
    return TOCSIN_PHOTOGRAPH_NONE;
}

static void fill_fate(struct tocsin_fate *fate,
                      const struct stored_fate *stored)
{
    fate->waiting = stored->waiting;
    fate->status = stored->status;
    fate->sequence = stored->sequence;
    memcpy(fate->reason, stored->reason, sizeof fate->reason);
    fate->photograph = photograph_of(stored->photograph);
    memcpy(fate->photograph_reason, stored->photograph_reason,
           sizeof fate->photograph_reason);
}

enum tocsin_status tocsin_store_fate(struct tocsin_store *store,
                                     const uint8_t answer_id[16],
                                     struct tocsin_fate *fate,
                                     struct tocsin_diag *why)
{
    struct stored_fate stored;
    struct diag inner = {0};
    enum status status = store_fate(store->inner, answer_id, &stored, &inner);

    if (status != STATUS_OK)
        return lib_told(why, status, &inner);
    fill_fate(fate, &stored);
    return TOCSIN_OK;
}

struct telling {
    int (*each)(void *arg, const struct tocsin_own_answer *answer);
    void *arg;
};

static bool tell_answer(void *arg, const struct stored_answer *stored)
{
    const struct telling *telling = arg;
    struct tocsin_own_answer answer = {.answer_id = stored->answer_id,
                                       .revision = stored->revision,
                                       .rung = stored->rung,
                                       .at_ms = stored->at_ms,
                                       .verdict = stored->word.verdict,
                                       .officer = stored->word.officer,
                                       .said_ms = stored->word.time_ms};

    fill_fate(&answer.fate, &stored->fate);
    return telling->each(telling->arg, &answer) != 0;
}

enum tocsin_status tocsin_store_answers(
    struct tocsin_store *store, const char *alert,
    int (*each)(void *arg, const struct tocsin_own_answer *answer), void *arg,
    struct tocsin_diag *why)
{
    struct telling telling = {each, arg};
    struct diag inner = {0};
    struct holding holding;
    enum tocsin_status found = store_find(store, alert, &holding, why);
    enum status status;

    if (found != TOCSIN_OK)
        return found;
    status = store_answers(store->inner, holding.alert_id, tell_answer,
                           &telling, &inner);
    return status == STATUS_OK ? TOCSIN_OK : lib_told(why, status, &inner);
}
