#include "wire/document.h"

#include <stdlib.h>
#include <string.h>

#include "wire/seal.h"
#include "wire/topic.h"

static bool is_exercise(const Tocsin__V1__AlertDocument *document)
{
    return document->kind_case == TOCSIN__V1__ALERT_DOCUMENT__KIND_ALERT
               ? document->alert->exercise
               : document->withdrawal->exercise;
}

enum status document_sign(const Tocsin__V1__AlertDocument *document,
                          const struct bundle *centre, uint8_t **out,
                          size_t *size, struct diag *why)
{
    Tocsin__V1__SignedAlert signed_alert = TOCSIN__V1__SIGNED_ALERT__INIT;
    Tocsin__V1__SignedCertificate certificate =
        TOCSIN__V1__SIGNED_CERTIFICATE__INIT;
    bool exercise = is_exercise(document);
    uint8_t signature[SIGNATURE_SIZE];
    uint8_t *content;
    size_t content_size;

    if (centre->certificate_size == 0 || !centre->has_seed ||
        (exercise && !centre->has_exercise_seed))
        return diag_set(why, STATUS_USAGE,
                        "%s cannot sign alerts: no certificate or key",
                        centre->id);
    content = encode(&document->base, &content_size);
    if (content_size > ALERT_CONTENT_MAX) {
        free(content);
        return diag_set(why, STATUS_TOO_BIG,
                        "alert: %zu bytes; at most %d: shorten its texts",
                        content_size, ALERT_CONTENT_MAX);
    }
    sign(signature, exercise ? CONTEXT_EXERCISE : CONTEXT_ALERT, content,
         content_size, exercise ? &centre->exercise_key : &centre->key);
    signed_alert.content = (ProtobufCBinaryData){content_size, content};
    signed_alert.signature = (ProtobufCBinaryData){SIGNATURE_SIZE, signature};
    certificate.content = (ProtobufCBinaryData){
        centre->certificate_size, (uint8_t *)(uintptr_t)centre->certificate};
    certificate.signature = (ProtobufCBinaryData){
        SIGNATURE_SIZE, (uint8_t *)(uintptr_t)centre->certificate_signature};
    signed_alert.certificate = &certificate;
    *out = encode(&signed_alert.base, size);
    free(content);
    return STATUS_OK;
}

static enum status forged(struct complaint *complaint, const char *field,
                          const char *what)
{
    complain(complaint, field, "%s", what);
    return STATUS_FORGED;
}

static enum status undecodable(struct complaint *complaint, const char *field,
                               const struct diag *why)
{
    complain(complaint, field, "%.150s", why->text);
    return STATUS_MALFORMED;
}

#define CERTIFICATES_KNOWN 32

/* Each alert brings its centre's certificate, mostly one that was verified a
 * moment ago: those are known by their hash. */
static bool is_certified(const Tocsin__V1__SignedCertificate *sealed,
                         const uint8_t authority[KEY_SIZE])
{
    static _Thread_local uint8_t known[CERTIFICATES_KNOWN][32];
    static _Thread_local unsigned next;
    uint8_t whole[KEY_SIZE + SIGNATURE_SIZE + CERTIFICATE_MAX];
    uint8_t hash[32];

    if (sealed->signature.len != SIGNATURE_SIZE ||
        sealed->content.len > CERTIFICATE_MAX)
        return false;
    memcpy(whole, authority, KEY_SIZE);
    memcpy(whole + KEY_SIZE, sealed->signature.data, SIGNATURE_SIZE);
    if (sealed->content.len > 0)
        memcpy(whole + KEY_SIZE + SIGNATURE_SIZE, sealed->content.data,
               sealed->content.len);
    hash_bytes(hash, whole, KEY_SIZE + SIGNATURE_SIZE + sealed->content.len);
    for (size_t i = 0; i < CERTIFICATES_KNOWN; i++) {
        if (memcmp(known[i], hash, sizeof hash) == 0)
            return true;
    }
    if (!verify(sealed->signature.data, sealed->signature.len,
                CONTEXT_CERTIFICATE, sealed->content.data, sealed->content.len,
                authority))
        return false;
    memcpy(known[next++ % CERTIFICATES_KNOWN], hash, sizeof hash);
    return true;
}

enum status certificate_open(const Tocsin__V1__Certificate **out,
                             struct arena *arena,
                             const Tocsin__V1__SignedCertificate *sealed,
                             Tocsin__V1__Role role,
                             const uint8_t authority[KEY_SIZE],
                             struct complaint *complaint)
{
    const size_t exercise_size =
        role == TOCSIN__V1__ROLE__ROLE_CENTRE ? KEY_SIZE : 0;
    const Tocsin__V1__Certificate *certificate;
    struct diag why = {0};

    if (sealed == NULL || !is_certified(sealed, authority))
        return forged(complaint, "certificate", "is not the authority's");
    certificate = decode(arena, &tocsin__v1__certificate__descriptor,
                         sealed->content.data, sealed->content.len, &why);
    if (certificate == NULL)
        return undecodable(complaint, "certificate", &why);
    if (certificate->role != role || certificate->public_key.len != KEY_SIZE ||
        certificate->exercise_key.len != exercise_size ||
        !division_valid(certificate->division))
        return forged(complaint, "certificate",
                      role == TOCSIN__V1__ROLE__ROLE_CENTRE
                          ? "is not a centre's"
                          : "is not an administrator's");
    *out = certificate;
    return STATUS_OK;
}

/* Who and when, from whichever kind it is. */
static bool spread(struct document *out,
                   const Tocsin__V1__AlertDocument *content)
{
    switch (content->kind_case) {
    case TOCSIN__V1__ALERT_DOCUMENT__KIND_ALERT:
        out->alert = content->alert;
        out->alert_id = content->alert->alert_id;
        out->revision = content->alert->revision;
        out->exercise = content->alert->exercise;
        out->sent_ms = content->alert->sent_ms;
        return true;
    case TOCSIN__V1__ALERT_DOCUMENT__KIND_WITHDRAWAL:
        out->withdrawal = content->withdrawal;
        out->alert_id = content->withdrawal->alert_id;
        out->revision = content->withdrawal->revision;
        out->exercise = content->withdrawal->exercise;
        out->sent_ms = content->withdrawal->sent_ms;
        return true;
    default:
        return false;
    }
}

/* The signature is looked at before anything in the content is believed; only
 * which of the two keys to take comes from the content itself, and the context
 * binds that. */
static bool signature_holds(const Tocsin__V1__SignedAlert *sealed,
                            const struct document *document)
{
    const Tocsin__V1__Certificate *by = document->certificate;

    return verify(sealed->signature.data, sealed->signature.len,
                  document->exercise ? CONTEXT_EXERCISE : CONTEXT_ALERT,
                  sealed->content.data, sealed->content.len,
                  document->exercise ? by->exercise_key.data
                                     : by->public_key.data);
}

enum status document_open(struct document *out, struct arena *arena,
                          const Tocsin__V1__SignedAlert *sealed,
                          const uint8_t authority[KEY_SIZE],
                          struct complaint *complaint)
{
    const Tocsin__V1__AlertDocument *content;
    struct diag why = {0};
    enum status status;
    bool good;

    memset(out, 0, sizeof *out);
    if (sealed == NULL || sealed->content.len > ALERT_CONTENT_MAX) {
        complain(complaint, "alert.content", "is missing or too large");
        return STATUS_MALFORMED;
    }
    status =
        certificate_open(&out->certificate, arena, sealed->certificate,
                         TOCSIN__V1__ROLE__ROLE_CENTRE, authority, complaint);
    if (status != STATUS_OK)
        return status;
    content = decode(arena, &tocsin__v1__alert_document__descriptor,
                     sealed->content.data, sealed->content.len, &why);
    if (content == NULL)
        return undecodable(complaint, "alert.content", &why);
    if (!spread(out, content)) {
        complain(complaint, "alert.content", "is neither alert nor withdrawal");
        return STATUS_MALFORMED;
    }
    if (!signature_holds(sealed, out))
        return forged(complaint, "alert.signature", "does not verify");
    if (out->sent_ms < out->certificate->not_before_ms ||
        out->sent_ms > out->certificate->not_after_ms)
        return forged(complaint, "certificate", "is not valid at that time");
    good = out->alert != NULL ? check_alert(out->alert, complaint)
                              : check_withdrawal(out->withdrawal, complaint);
    if (!good) {
        complain_inside(complaint, "alert");
        return STATUS_MALFORMED;
    }
    return STATUS_OK;
}

enum status certificate_issue(struct bundle *whom,
                              const struct keypair *authority,
                              int64_t not_before_ms, int64_t not_after_ms,
                              struct diag *why)
{
    Tocsin__V1__Certificate content = TOCSIN__V1__CERTIFICATE__INIT;
    uint8_t *bytes;

    REQUIRE(whom->role == TOCSIN__V1__ROLE__ROLE_CENTRE ||
            whom->role == TOCSIN__V1__ROLE__ROLE_ADMINISTRATOR);
    content.principal = whom->id;
    content.role = whom->role;
    content.public_key = (ProtobufCBinaryData){KEY_SIZE, whom->key.public_key};
    if (whom->role == TOCSIN__V1__ROLE__ROLE_CENTRE)
        content.exercise_key =
            (ProtobufCBinaryData){KEY_SIZE, whom->exercise_key.public_key};
    content.division = whom->division;
    content.not_before_ms = not_before_ms;
    content.not_after_ms = not_after_ms;
    bytes = encode(&content.base, &whom->certificate_size);
    if (whom->certificate_size > CERTIFICATE_MAX) {
        free(bytes);
        whom->certificate_size = 0;
        return diag_set(why, STATUS_TOO_BIG, "certificate of %s", whom->id);
    }
    memcpy(whom->certificate, bytes, whom->certificate_size);
    sign(whom->certificate_signature, CONTEXT_CERTIFICATE, bytes,
         whom->certificate_size, authority);
    free(bytes);
    return STATUS_OK;
}

uint8_t *answer_sign(const Tocsin__V1__Answer *answer,
                     const struct keypair *key, size_t *size)
{
    Tocsin__V1__SignedAnswer sealed = TOCSIN__V1__SIGNED_ANSWER__INIT;
    uint8_t signature[SIGNATURE_SIZE];
    size_t content_size;
    uint8_t *content = encode(&answer->base, &content_size);
    uint8_t *bytes;

    sealed.content = (ProtobufCBinaryData){content_size, content};
    if (rung_is_personal(answer->rung)) {
        sign(signature, CONTEXT_ANSWER, content, content_size, key);
        sealed.signature = (ProtobufCBinaryData){SIGNATURE_SIZE, signature};
    }
    bytes = encode(&sealed.base, size);
    free(content);
    return bytes;
}

enum status answer_open(const Tocsin__V1__Answer **out, struct arena *arena,
                        const Tocsin__V1__SignedAnswer *sealed,
                        struct complaint *complaint)
{
    const Tocsin__V1__Answer *answer;
    struct diag why = {0};

    if (sealed == NULL || sealed->content.len > ANSWER_CONTENT_MAX) {
        complain(complaint, "answer.content", "is missing or too large");
        return STATUS_MALFORMED;
    }
    answer = decode(arena, &tocsin__v1__answer__descriptor,
                    sealed->content.data, sealed->content.len, &why);
    if (answer == NULL)
        return undecodable(complaint, "answer.content", &why);
    if (!check_answer(answer, complaint)) {
        complain_inside(complaint, "answer");
        return STATUS_MALFORMED;
    }
    *out = answer;
    return STATUS_OK;
}

bool answer_verify(const Tocsin__V1__SignedAnswer *sealed,
                   const uint8_t public_key[KEY_SIZE])
{
    return verify(sealed->signature.data, sealed->signature.len, CONTEXT_ANSWER,
                  sealed->content.data, sealed->content.len, public_key);
}

enum status claim_open(const Tocsin__V1__DeviceClaim **out, struct arena *arena,
                       const Tocsin__V1__SignedClaim *sealed,
                       struct complaint *complaint)
{
    const Tocsin__V1__DeviceClaim *claim;
    struct diag why = {0};

    if (sealed == NULL || sealed->content.len > CLAIM_CONTENT_MAX) {
        complain(complaint, "claim.content", "is missing or too large");
        return STATUS_MALFORMED;
    }
    claim = decode(arena, &tocsin__v1__device_claim__descriptor,
                   sealed->content.data, sealed->content.len, &why);
    if (claim == NULL)
        return undecodable(complaint, "claim.content", &why);
    if (!principal_id_valid(claim->device) ||
        claim->public_key.len != KEY_SIZE) {
        complain(complaint, "claim.content", "names no device or no key");
        return STATUS_MALFORMED;
    }
    if (!verify(sealed->by_device.data, sealed->by_device.len, CONTEXT_DEVICE,
                sealed->content.data, sealed->content.len,
                claim->public_key.data)) {
        complain(complaint, "claim.by_device", "does not verify");
        return STATUS_FORGED;
    }
    *out = claim;
    return STATUS_OK;
}

bool claim_by_secret(const Tocsin__V1__SignedClaim *sealed,
                     const uint8_t secret_key[KEY_SIZE])
{
    return verify(sealed->by_secret.data, sealed->by_secret.len, CONTEXT_CLAIM,
                  sealed->content.data, sealed->content.len, secret_key);
}
