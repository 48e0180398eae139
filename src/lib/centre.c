#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include <tocsin/centre.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "lib/common.h"
#include "wire/document.h"
#include "wire/rings.h"

#define ARENA_ROOM (256 << 10)

void tocsin_alert_id(char out[27])
{
    uint8_t random[10];

    lib_start();
    randombytes_buf(random, sizeof random);
    ulid_make(out, clock_wall_ms(), random);
}

static Tocsin__V1__AlertDocument document_of(const Tocsin__V1__Alert *alert)
{
    Tocsin__V1__AlertDocument document = TOCSIN__V1__ALERT_DOCUMENT__INIT;

    document.kind_case = TOCSIN__V1__ALERT_DOCUMENT__KIND_ALERT;
    document.alert = (Tocsin__V1__Alert *)(uintptr_t)alert;
    return document;
}

/* The whole document counts, as it is signed. */
static enum tocsin_status check_size(const Tocsin__V1__AlertDocument *document,
                                     struct tocsin_diag *why)
{
    size_t size = protobuf_c_message_get_packed_size(&document->base);

    if (size > ALERT_CONTENT_MAX)
        return lib_fail(why, TOCSIN_USAGE,
                        "all texts together: %zu bytes, at most %d", size,
                        ALERT_CONTENT_MAX);
    return TOCSIN_OK;
}

enum tocsin_status tocsin_alert_check(const Tocsin__V1__Alert *alert,
                                      struct tocsin_diag *why)
{
    Tocsin__V1__AlertDocument document = document_of(alert);
    struct complaint complaint;
    enum tocsin_status status;

    if (!check_alert(alert, &complaint))
        return lib_complained(why, &complaint);
    status = lib_check_texts(&alert->base, why);
    return status == TOCSIN_OK ? check_size(&document, why) : status;
}

enum tocsin_status tocsin_rings_read(Tocsin__V1__Rings **out,
                                     const char *policy,
                                     struct tocsin_diag *why)
{
    Tocsin__V1__RingStep steps[RING_STEPS_MAX];
    Tocsin__V1__RingStep *list[RING_STEPS_MAX];
    Tocsin__V1__Rings rings;
    struct complaint complaint;
    uint8_t *bytes;
    size_t size;

    if (policy == NULL)
        rings_default(&rings, steps, list);
    else if (!rings_read(policy, &rings, steps, list, &complaint))
        return lib_complained(why, &complaint);
    bytes = encode(&rings.base, &size);
    *out = tocsin__v1__rings__unpack(NULL, size, bytes);
    free(bytes);
    REQUIRE(*out != NULL);
    return TOCSIN_OK;
}

static enum tocsin_status
sign_document(Tocsin__V1__SignedAlert **out,
              const Tocsin__V1__AlertDocument *content,
              const struct tocsin_bundle *centre, struct tocsin_diag *why)
{
    struct diag inner = {0};
    uint8_t *bytes;
    size_t size;
    enum status status =
        document_sign(content, &centre->inner, &bytes, &size, &inner);

    if (status != STATUS_OK)
        return lib_told(why, status, &inner);
    *out = tocsin__v1__signed_alert__unpack(NULL, size, bytes);
    free(bytes);
    REQUIRE(*out != NULL);
    return TOCSIN_OK;
}

enum tocsin_status tocsin_sign_alert(Tocsin__V1__SignedAlert **out,
                                     const Tocsin__V1__Alert *alert,
                                     const struct tocsin_bundle *centre,
                                     struct tocsin_diag *why)
{
    Tocsin__V1__AlertDocument content = document_of(alert);
    enum tocsin_status status = tocsin_alert_check(alert, why);

    *out = NULL;
    if (status != TOCSIN_OK)
        return status;
    return sign_document(out, &content, centre, why);
}

enum tocsin_status tocsin_sign_withdrawal(
    Tocsin__V1__SignedAlert **out, const Tocsin__V1__Withdrawal *withdrawal,
    const struct tocsin_bundle *centre, struct tocsin_diag *why)
{
    Tocsin__V1__AlertDocument content = TOCSIN__V1__ALERT_DOCUMENT__INIT;
    struct complaint complaint;
    enum tocsin_status status;

    *out = NULL;
    if (!check_withdrawal(withdrawal, &complaint))
        return lib_complained(why, &complaint);
    content.kind_case = TOCSIN__V1__ALERT_DOCUMENT__KIND_WITHDRAWAL;
    content.withdrawal = (Tocsin__V1__Withdrawal *)(uintptr_t)withdrawal;
    status = lib_check_texts(&withdrawal->base, why);
    if (status == TOCSIN_OK)
        status = check_size(&content, why);
    if (status != TOCSIN_OK)
        return status;
    return sign_document(out, &content, centre, why);
}

void tocsin_signed_free(Tocsin__V1__SignedAlert *sealed)
{
    if (sealed != NULL)
        tocsin__v1__signed_alert__free_unpacked(sealed, NULL);
}

enum tocsin_status tocsin_document_open(Tocsin__V1__AlertDocument **out,
                                        const Tocsin__V1__SignedAlert *sealed,
                                        const struct tocsin_bundle *bundle,
                                        struct tocsin_diag *why)
{
    struct arena arena;
    struct document document;
    struct complaint complaint = {0};
    enum status status;

    *out = NULL;
    arena_init(&arena, ARENA_ROOM);
    status = document_open(&document, &arena, sealed, bundle->inner.authority,
                           &complaint);
    arena_done(&arena);
    if (status == STATUS_FORGED)
        return lib_fail(why, TOCSIN_REFUSED, "%s: %s", complaint.field,
                        complaint.reason);
    if (status != STATUS_OK)
        return lib_complained(why, &complaint);
    *out = tocsin__v1__alert_document__unpack(NULL, sealed->content.len,
                                              sealed->content.data);
    REQUIRE(*out != NULL);
    return TOCSIN_OK;
}

void tocsin_document_free(Tocsin__V1__AlertDocument *document)
{
    if (document != NULL)
        tocsin__v1__alert_document__free_unpacked(document, NULL);
}

Tocsin__V1__Answer *tocsin_answer_open(const Tocsin__V1__SignedAnswer *sealed)
{
    struct arena arena;
    const Tocsin__V1__Answer *answer;
    struct complaint complaint;
    enum status status;

    arena_init(&arena, ARENA_ROOM);
    status = answer_open(&answer, &arena, sealed, &complaint);
    arena_done(&arena);
    if (status != STATUS_OK)
        return NULL;
    return tocsin__v1__answer__unpack(NULL, sealed->content.len,
                                      sealed->content.data);
}

void tocsin_answer_free(Tocsin__V1__Answer *answer)
{
    if (answer != NULL)
        tocsin__v1__answer__free_unpacked(answer, NULL);
}
