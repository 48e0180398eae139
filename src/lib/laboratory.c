#include <stdlib.h>

#include <sodium.h>

#include <tocsin/laboratory.h>

#include "base/clock.h"
#include "lib/common.h"
#include "wire/lab_word.h"

enum tocsin_status tocsin_lab_prepare(uint8_t **request, size_t *size,
                                      const Tocsin__V1__LabWord *word,
                                      const struct tocsin_bundle *bundle,
                                      struct tocsin_diag *why)
{
    Tocsin__V1__Request whole = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__LabReport body = TOCSIN__V1__LAB_REPORT__INIT;
    Tocsin__V1__LabWord filled = *word;
    struct complaint complaint;
    uint8_t id[REQUEST_ID_SIZE];
    enum tocsin_status status;
    uint8_t *bytes;

    *request = NULL;
    lib_start();
    if (!bundle->inner.has_seed)
        return lib_fail(why, TOCSIN_USAGE, "%s has no key here to sign with",
                        bundle->inner.id);
    randombytes_buf(id, sizeof id);
    if (filled.report_id.len == 0)
        filled.report_id = (ProtobufCBinaryData){sizeof id, id};
    if (filled.at_ms == 0)
        filled.at_ms = clock_wall_ms();
    if (!lab_word_check(&filled, &complaint))
        return lib_complained(why, &complaint);
    status = lib_check_texts(&filled.base, why);
    if (status != TOCSIN_OK)
        return status;
    bytes = lab_word_sign(&filled, &bundle->inner.key, size);
    body.word = tocsin__v1__signed_lab_word__unpack(NULL, *size, bytes);
    free(bytes);
    REQUIRE(body.word != NULL);
    whole.request_id = filled.report_id;
    whole.body_case = TOCSIN__V1__REQUEST__BODY_LAB_REPORT;
    whole.lab_report = &body;
    *request = encode(&whole.base, size);
    tocsin__v1__signed_lab_word__free_unpacked(body.word, NULL);
    return TOCSIN_OK;
}

Tocsin__V1__LabWord *tocsin_lab_open(const Tocsin__V1__SignedLabWord *sealed)
{
    Tocsin__V1__LabWord *word = NULL;

    if (sealed != NULL && sealed->content.len <= LAB_WORD_MAX &&
        decode_shape(&tocsin__v1__lab_word__descriptor, sealed->content.data,
                     sealed->content.len, NULL))
        word = tocsin__v1__lab_word__unpack(NULL, sealed->content.len,
                                            sealed->content.data);
    return word;
}

void tocsin_lab_free(Tocsin__V1__LabWord *word)
{
    if (word != NULL)
        tocsin__v1__lab_word__free_unpacked(word, NULL);
}
