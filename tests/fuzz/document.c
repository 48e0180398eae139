/* Signed documents and answers as a vendor's program opens them through
 * libtocsin; signed anew, so that what is inside is looked at. */
#include "wire/document.h"
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tocsin/centre.h>

#include "lib/common.h"

const struct fuzz_shape fuzz_shape = {&tocsin__v1__alert_document__descriptor,
                                      1, false};

static struct tocsin_bundle *centre(void)
{
    static struct tocsin_bundle bundle;
    static struct keypair authority;

    if (bundle.inner.has_seed)
        return &bundle;
    keys_start();
    keypair_make(&authority);
    keypair_make(&bundle.inner.key);
    keypair_make(&bundle.inner.exercise_key);
    bundle.inner.has_seed = bundle.inner.has_exercise_seed = true;
    bundle.inner.role = TOCSIN__V1__ROLE__ROLE_CENTRE;
    snprintf(bundle.inner.id, sizeof bundle.inner.id, "sz");
    snprintf(bundle.inner.division, sizeof bundle.inner.division, "440300");
    memcpy(bundle.inner.authority, authority.public_key, KEY_SIZE);
    REQUIRE(certificate_issue(&bundle.inner, &authority, 0, INT64_MAX / 2,
                              NULL) == STATUS_OK);
    return &bundle;
}

static void open_it(Tocsin__V1__SignedAlert *sealed)
{
    struct tocsin_diag why = {0};
    Tocsin__V1__AlertDocument *document;

    if (tocsin_document_open(&document, sealed, centre(), &why) == TOCSIN_OK)
        tocsin_document_free(document);
}

static void sign_and_open(const Tocsin__V1__AlertDocument *document)
{
    struct tocsin_diag why = {0};
    Tocsin__V1__SignedAlert *sealed = NULL;
    enum tocsin_status status =
        document->kind_case == TOCSIN__V1__ALERT_DOCUMENT__KIND_ALERT
            ? tocsin_sign_alert(&sealed, document->alert, centre(), &why)
            : tocsin_sign_withdrawal(&sealed, document->withdrawal, centre(),
                                     &why);

    if (status != TOCSIN_OK)
        return;
    open_it(sealed);
    tocsin_signed_free(sealed);
}

static void open_answer(const uint8_t *data, size_t size)
{
    Tocsin__V1__SignedAnswer sealed = TOCSIN__V1__SIGNED_ANSWER__INIT;
    Tocsin__V1__Answer *answer;

    sealed.content = (ProtobufCBinaryData){size, (uint8_t *)(uintptr_t)data};
    answer = tocsin_answer_open(&sealed);
    if (answer != NULL)
        tocsin_answer_free(answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena arena;
    Tocsin__V1__SignedAlert *sealed;
    Tocsin__V1__AlertDocument *document;

    if (size < 1)
        return 0;
    if (arena.room == 0)
        arena_init(&arena, 1 << 22);
    arena_reset(&arena);
    if (data[0] % 4 == 0) {
        sealed = decode(&arena, &tocsin__v1__signed_alert__descriptor, data + 1,
                        size - 1, NULL);
        if (sealed != NULL)
            open_it(sealed);
    } else if (data[0] % 4 == 1) {
        open_answer(data + 1, size - 1);
    } else {
        document = decode(&arena, &tocsin__v1__alert_document__descriptor,
                          data + 1, size - 1, NULL);
        if (document != NULL && document->kind_case != 0)
            sign_and_open(document);
    }
    return 0;
}
