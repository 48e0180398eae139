/* The bundle of a principal and the request that enrols it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/clock.h"
#include "base/file.h"
#include "lib/common.h"
#include "wire/document.h"
#include "wire/topic.h"

#define DAY_MS (24LL * 3600 * 1000)
#define CERTIFICATE_DAYS 3650
#define RENEWED_MS (366 * DAY_MS) /* before its end */
#define RESCUE_DAYS 1             /* it is sent at once */

/* The clocks of centres and of this machine do not agree to the second. */
#define CERTIFICATE_EARLIER_MS DAY_MS

static enum tocsin_status put_text(char *out, size_t max, const char *text,
                                   const char *field, struct tocsin_diag *why)
{
    size_t size = text == NULL ? 0 : strlen(text);

    if (size > max)
        return lib_fail(why, TOCSIN_USAGE, "%s: longer than %zu bytes", field,
                        max);
    if (size > 0)
        memcpy(out, text, size);
    out[size] = '\0';
    return TOCSIN_OK;
}

static enum tocsin_status put_who(struct bundle *bundle,
                                  const struct tocsin_enrolment *enrolment,
                                  struct tocsin_diag *why)
{
    enum tocsin_status status =
        put_text(bundle->id, ID_MAX, enrolment->id, "id", why);

    if (status == TOCSIN_OK)
        status = put_text(bundle->name, NAME_MAX_BYTES, enrolment->name, "name",
                          why);
    if (status == TOCSIN_OK)
        status = put_text(bundle->name_en, NAME_MAX_BYTES, enrolment->name_en,
                          "name_en", why);
    if (status == TOCSIN_OK)
        status = put_text(bundle->division, DIVISION_SIZE, enrolment->division,
                          "division", why);
    bundle->role = enrolment->role;
    bundle->kind = enrolment->kind;
    bundle->has_point = enrolment->has_point;
    bundle->latitude = enrolment->latitude;
    bundle->longitude = enrolment->longitude;
    return status;
}

static void put_broker(struct bundle *bundle, const struct bundle *broker)
{
    memcpy(bundle->authority, broker->authority, KEY_SIZE);
    memcpy(bundle->broker_key, broker->broker_key, KEY_SIZE);
    memcpy(bundle->command, broker->command, sizeof bundle->command);
    memcpy(bundle->feed, broker->feed, sizeof bundle->feed);
    memcpy(bundle->field, broker->field, sizeof bundle->field);
}

/* ---- whose key ---- */

static bool is_centre(const struct bundle *bundle)
{
    return bundle->role == TOCSIN__V1__ROLE__ROLE_CENTRE;
}

static enum tocsin_status take_public(struct bundle *bundle, const char *path,
                                      struct tocsin_diag *why)
{
    struct public_half half;
    struct diag inner = {0};

    if (keyfile_public(&half, path, &inner) != STATUS_OK)
        return lib_fail(why, TOCSIN_USAGE, "public_key: %s", inner.text);
    if (is_centre(bundle) && !half.has_exercise_key)
        return lib_fail(why, TOCSIN_USAGE,
                        "public_key: %s: has no exercise_key, which a centre "
                        "needs; make it with --centre",
                        path);
    memcpy(bundle->key.public_key, half.key, KEY_SIZE);
    memcpy(bundle->exercise_key.public_key, half.exercise_key, KEY_SIZE);
    return TOCSIN_OK;
}

/* A bundle with a private key is nowhere else: one without takes its place only
 * when it steps aside. */
static enum tocsin_status spare_private(const char *path,
                                        struct tocsin_diag *why)
{
    struct bundle before;
    struct diag inner = {0};
    bool has_key = true;

    if (access(path, F_OK) != 0 && errno == ENOENT)
        return TOCSIN_OK;
    if (bundle_load_any(&before, path, &inner) != STATUS_OK)
        return lib_fail(why, TOCSIN_LOCAL, "%s is in the way: %s", path,
                        inner.text);
    has_key = before.has_seed;
    bundle_wipe(&before);
    if (!has_key)
        return TOCSIN_OK;
    return lib_fail(why, TOCSIN_USAGE,
                    "%s: has a private key, which this enrolment would write "
                    "over; with rekey it is kept as .old",
                    path);
}

/* A bundle of an enrolment that was interrupted: its key and certificate. */
static enum tocsin_status take_again(struct bundle *bundle, const char *path,
                                     struct tocsin_diag *why)
{
    struct bundle before;
    struct diag inner = {0};
    bool same;

    if (bundle_load(&before, path, NULL, &inner) != STATUS_OK)
        return lib_fail(why, TOCSIN_LOCAL, "%s is in the way: %s", path,
                        inner.text);
    same = strcmp(before.id, bundle->id) == 0 && before.role == bundle->role &&
           memcmp(before.broker_key, bundle->broker_key, KEY_SIZE) == 0;
    if (same) {
        bundle->key = before.key;
        bundle->has_seed = true;
        bundle->exercise_key = before.exercise_key;
        bundle->has_exercise_seed = before.has_exercise_seed;
        if (strcmp(before.division, bundle->division) == 0) {
            memcpy(bundle->certificate, before.certificate,
                   sizeof bundle->certificate);
            memcpy(bundle->certificate_signature, before.certificate_signature,
                   sizeof bundle->certificate_signature);
            bundle->certificate_size = before.certificate_size;
        }
    }
    bundle_wipe(&before);
    if (!same)
        return lib_fail(why, TOCSIN_USAGE,
                        "%s: is the bundle of another principal or broker",
                        path);
    return TOCSIN_OK;
}

static enum tocsin_status put_key(struct bundle *bundle,
                                  const struct tocsin_enrolment *enrolment,
                                  struct tocsin_diag *why)
{
    enum tocsin_status status = TOCSIN_OK;

    if (enrolment->public_key_path != NULL && !enrolment->rekey)
        status = spare_private(enrolment->bundle_path, why);
    if (status != TOCSIN_OK)
        return status;
    if (enrolment->public_key_path != NULL)
        return take_public(bundle, enrolment->public_key_path, why);
    if (!enrolment->rekey && access(enrolment->bundle_path, F_OK) == 0)
        return take_again(bundle, enrolment->bundle_path, why);
    keypair_make(&bundle->key);
    bundle->has_seed = true;
    bundle->has_exercise_seed = is_centre(bundle);
    if (bundle->has_exercise_seed)
        keypair_make(&bundle->exercise_key);
    return TOCSIN_OK;
}

/* ---- the certificate of a centre, or of a rescue's administrator ---- */

/* After its end no alert of the centre goes out: it is made anew before, in its
 * last year, by whoever can. */
static bool is_certified(const struct bundle *bundle, bool renewable)
{
    return lib_certified_until(bundle) >
           clock_wall_ms() + (renewable ? RENEWED_MS : 0);
}

static enum tocsin_status certify(struct bundle *bundle,
                                  const struct tocsin_enrolment *enrolment,
                                  bool rescue, struct tocsin_diag *why)
{
    unsigned days = rescue ? RESCUE_DAYS : enrolment->certificate_days;
    int64_t now = clock_wall_ms();
    struct keypair authority;
    struct diag inner = {0};
    enum status status;

    if (rescue && bundle->role != TOCSIN__V1__ROLE__ROLE_ADMINISTRATOR)
        return lib_fail(why, TOCSIN_USAGE,
                        "role: who has the broker's own key enrols "
                        "administrators, and nobody else");
    if (!rescue && (!is_centre(bundle) ||
                    is_certified(bundle, enrolment->authority_path != NULL)))
        return TOCSIN_OK;
    if (enrolment->authority_path == NULL)
        return lib_fail(why, TOCSIN_USAGE,
                        "authority: the authority's key file is needed to "
                        "certify %s",
                        rescue ? "an administrator" : "a centre");
    status = keyfile_load(&authority, enrolment->authority_path, &inner);
    if (status != STATUS_OK)
        return lib_fail(why, TOCSIN_LOCAL, "authority: %s", inner.text);
    if (memcmp(authority.public_key, bundle->authority, KEY_SIZE) != 0)
        status = diag_set(&inner, STATUS_USAGE,
                          "authority: %s: is not the authority of this broker",
                          enrolment->authority_path);
    else
        status = certificate_issue(
            bundle, &authority, now - CERTIFICATE_EARLIER_MS,
            now + (days == 0 ? CERTIFICATE_DAYS : days) * DAY_MS, &inner);
    keypair_wipe(&authority);
    return status == STATUS_OK ? TOCSIN_OK : lib_told(why, status, &inner);
}

/* ---- the request ---- */

/* The principal that a bundle is for; what it points to is the bundle's. */
struct portrait {
    Tocsin__V1__Principal principal;
    Tocsin__V1__Point point;
    Tocsin__V1__SignedCertificate certificate;
    Tocsin__V1__Officer officer;
};

static void portray(struct portrait *portrait, struct bundle *bundle,
                    const struct tocsin_enrolment *enrolment)
{
    Tocsin__V1__Principal *principal = &portrait->principal;

    tocsin__v1__principal__init(principal);
    tocsin__v1__point__init(&portrait->point);
    tocsin__v1__signed_certificate__init(&portrait->certificate);
    tocsin__v1__officer__init(&portrait->officer);
    if (enrolment->unit != NULL ||
        enrolment->rank != TOCSIN__V1__RANK__RANK_UNSPECIFIED) {
        principal->officer = &portrait->officer;
        portrait->officer.rank = enrolment->rank;
        if (enrolment->unit != NULL)
            portrait->officer.unit = (char *)(uintptr_t)enrolment->unit;
    }
    principal->id = bundle->id;
    principal->role = bundle->role;
    principal->kind = bundle->kind;
    principal->name = bundle->name;
    principal->name_en = bundle->name_en;
    principal->division = bundle->division;
    principal->public_key =
        (ProtobufCBinaryData){KEY_SIZE, bundle->key.public_key};
    if (enrolment->address != NULL && enrolment->tls_fingerprint != NULL) {
        principal->address = (char *)(uintptr_t)enrolment->address;
        principal->tls_fingerprint = (ProtobufCBinaryData){
            32, (uint8_t *)(uintptr_t)enrolment->tls_fingerprint};
    }
    portrait->point.latitude = bundle->latitude;
    portrait->point.longitude = bundle->longitude;
    if (bundle->has_point)
        principal->point = &portrait->point;
    portrait->certificate.content =
        (ProtobufCBinaryData){bundle->certificate_size, bundle->certificate};
    portrait->certificate.signature =
        (ProtobufCBinaryData){SIGNATURE_SIZE, bundle->certificate_signature};
    if (bundle->certificate_size > 0)
        principal->certificate = &portrait->certificate;
}

static enum tocsin_status check_portrait(const struct portrait *portrait,
                                         struct tocsin_diag *why)
{
    struct complaint complaint;

    if (!check_principal(&portrait->principal, &complaint))
        return lib_complained(why, &complaint);
    return lib_check_texts(&portrait->principal.base, why);
}

static uint8_t *pack_request(struct portrait *portrait, bool rekey,
                             size_t *size)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Enrol enrol = TOCSIN__V1__ENROL__INIT;
    uint8_t id[REQUEST_ID_SIZE];

    randombytes_buf(id, sizeof id);
    request.request_id = (ProtobufCBinaryData){sizeof id, id};
    request.body_case = TOCSIN__V1__REQUEST__BODY_ENROL;
    request.enrol = &enrol;
    enrol.principal = &portrait->principal;
    enrol.rekey = rekey;
    return encode(&request.base, size);
}

/* Until the broker has taken the new key the old one may still be wanted, and
 * what was sealed with it is opened by nothing else: none is written over. */
static enum tocsin_status step_aside(const char *path, char old[4096],
                                     struct tocsin_diag *why)
{
    int number = 1;

    do {
        if (!lib_former_path(old, 4096, path, number))
            return lib_fail(why, TOCSIN_USAGE, "%s: path too long", path);
    } while (access(old, F_OK) == 0 && number++ < TOCSIN_FORMERS_MAX);
    if (number > TOCSIN_FORMERS_MAX)
        return lib_fail(why, TOCSIN_LOCAL,
                        "%s: put former bundles away, there are %d", old,
                        TOCSIN_FORMERS_MAX);
    if (rename(path, old) == 0)
        return TOCSIN_OK;
    if (errno != ENOENT)
        return lib_fail(why, TOCSIN_LOCAL, "%s: %s", path, strerror(errno));
    old[0] = '\0';
    return TOCSIN_OK;
}

/* In its place, durably where the caller does not see to that. old: of the one
 * that it has replaced; "": of none. */
static enum tocsin_status save(const struct bundle *bundle,
                               const struct tocsin_enrolment *enrolment,
                               char old[4096], struct tocsin_diag *why)
{
    const char *path = enrolment->bundle_path;
    struct diag inner = {0};
    enum tocsin_status status =
        enrolment->rekey ? step_aside(path, old, why) : TOCSIN_OK;

    if (status != TOCSIN_OK ||
        bundle_save(bundle, path, !enrolment->quick, &inner) == STATUS_OK)
        return status;
    if (old[0] != '\0' && access(path, F_OK) != 0)
        (void)rename(old, path); /* it keeps its place */
    return lib_fail(why, TOCSIN_LOCAL, "%s", inner.text);
}

static void tell_former(const struct tocsin_enrolment *enrolment,
                        const char *old)
{
    if (enrolment->former_path != NULL)
        *enrolment->former_path =
            old[0] != '\0' ? must_memdup(old, strlen(old) + 1) : NULL;
}

enum tocsin_status
tocsin_enrol_prepare(const struct tocsin_enrolment *enrolment,
                     const struct tocsin_bundle *broker, uint8_t **request,
                     size_t *size, struct tocsin_diag *why)
{
    const bool rescue = lib_is_owner(broker);
    struct bundle bundle = {0};
    struct portrait portrait;
    char old[4096] = "";
    enum tocsin_status status;

    lib_start();
    put_broker(&bundle, &broker->inner);
    status = put_who(&bundle, enrolment, why);
    if (status == TOCSIN_OK)
        status = put_key(&bundle, enrolment, why);
    if (status == TOCSIN_OK && division_valid(bundle.division))
        status = certify(&bundle, enrolment, rescue, why);
    if (status == TOCSIN_OK) {
        portray(&portrait, &bundle, enrolment);
        status = check_portrait(&portrait, why);
    }
    if (rescue)
        bundle.certificate_size = 0; /* it is for this request alone */
    if (status == TOCSIN_OK)
        status = save(&bundle, enrolment, old, why);
    if (status == TOCSIN_OK) {
        tell_former(enrolment, old);
        *request = pack_request(&portrait, enrolment->rekey, size);
    }
    bundle_wipe(&bundle);
    return status;
}

enum tocsin_status tocsin_enrol_undo(const char *bundle_path,
                                     const char *former_path,
                                     struct tocsin_diag *why)
{
    struct diag inner = {0};

    return file_rename(former_path, bundle_path, &inner) == STATUS_OK
               ? TOCSIN_OK
               : lib_fail(why, TOCSIN_LOCAL, "%s", inner.text);
}
