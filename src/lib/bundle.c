#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "lib/common.h"
#include "wire/document.h"

enum tocsin_status tocsin_bundle_load(struct tocsin_bundle **out,
                                      const char *path, const char *key_path,
                                      struct tocsin_diag *why)
{
    struct tocsin_bundle *bundle = must_calloc(1, sizeof *bundle);
    struct diag inner = {0};
    enum status status;

    *out = NULL;
    lib_start();
    status = bundle_load(&bundle->inner, path, key_path, &inner);
    if (status != STATUS_OK) {
        free(bundle);
        if (status == STATUS_MISSING || status == STATUS_REFUSED)
            return lib_told(why, status, &inner);
        return lib_fail(why, TOCSIN_LOCAL, "%s", inner.text);
    }
    *out = bundle;
    return TOCSIN_OK;
}

bool lib_is_owner(const struct tocsin_bundle *bundle)
{
    return bundle->inner.id[0] == '\0';
}

enum tocsin_status tocsin_bundle_owner(struct tocsin_bundle **out,
                                       const char *broker_key_path,
                                       const char *authority_path,
                                       struct tocsin_diag *why)
{
    struct tocsin_bundle *bundle = must_calloc(1, sizeof *bundle);
    struct keypair authority;
    struct diag inner = {0};
    enum status status;

    *out = NULL;
    lib_start();
    status = keyfile_load(&bundle->inner.key, broker_key_path, &inner);
    if (status == STATUS_OK)
        status = keyfile_load(&authority, authority_path, &inner);
    if (status != STATUS_OK) {
        tocsin_bundle_free(bundle);
        return lib_told(why, status, &inner);
    }
    bundle->inner.role = TOCSIN__V1__ROLE__ROLE_ADMINISTRATOR;
    bundle->inner.has_seed = true;
    memcpy(bundle->inner.broker_key, bundle->inner.key.public_key, KEY_SIZE);
    memcpy(bundle->inner.authority, authority.public_key, KEY_SIZE);
    keypair_wipe(&authority);
    *out = bundle;
    return TOCSIN_OK;
}

bool lib_former_path(char *out, size_t size, const char *path, int number)
{
    char suffix[24] = "";

    if (number > 1)
        (void)snprintf(suffix, sizeof suffix, ".%d", number);
    return snprintf(out, size, "%s.old%s", path, suffix) < (int)size;
}

enum tocsin_status tocsin_bundle_load_former(struct tocsin_bundle **out,
                                             const char *path, int number,
                                             struct tocsin_diag *why)
{
    char former[4096];

    *out = NULL;
    if (!lib_former_path(former, sizeof former, path, number))
        return lib_fail(why, TOCSIN_MISSING, "%s: path too long", path);
    return tocsin_bundle_load(out, former, NULL, why);
}

void tocsin_bundle_free(struct tocsin_bundle *bundle)
{
    if (bundle != NULL)
        bundle_wipe(&bundle->inner);
    free(bundle);
}

const char *tocsin_bundle_id(const struct tocsin_bundle *bundle)
{
    return bundle->inner.id;
}

Tocsin__V1__Role tocsin_bundle_role(const struct tocsin_bundle *bundle)
{
    return bundle->inner.role;
}

const char *tocsin_bundle_division(const struct tocsin_bundle *bundle)
{
    return bundle->inner.division;
}

int64_t lib_certified_until(const struct bundle *bundle)
{
    struct arena arena;
    struct complaint complaint;
    const Tocsin__V1__Certificate *content;
    ProtobufCBinaryData bytes = {bundle->certificate_size,
                                 (uint8_t *)(uintptr_t)bundle->certificate};
    ProtobufCBinaryData signature = {
        SIGNATURE_SIZE, (uint8_t *)(uintptr_t)bundle->certificate_signature};
    Tocsin__V1__SignedCertificate sealed = TOCSIN__V1__SIGNED_CERTIFICATE__INIT;
    int64_t until_ms = 0;

    sealed.content = bytes;
    sealed.signature = signature;
    arena_init(&arena, 4096);
    if (certificate_open(&content, &arena, &sealed,
                         TOCSIN__V1__ROLE__ROLE_CENTRE, bundle->authority,
                         &complaint) == STATUS_OK &&
        memcmp(content->public_key.data, bundle->key.public_key, KEY_SIZE) == 0)
        until_ms = content->not_after_ms;
    arena_done(&arena);
    return until_ms;
}

int64_t tocsin_bundle_certified_until(const struct tocsin_bundle *bundle)
{
    return lib_certified_until(&bundle->inner);
}

static void put_endpoint(char out[ENDPOINT_MAX + 1], const char *endpoint)
{
    if (endpoint != NULL)
        snprintf(out, ENDPOINT_MAX + 1, "%s", endpoint);
}

void tocsin_bundle_endpoints(struct tocsin_bundle *bundle, const char *command,
                             const char *feed, const char *field)
{
    put_endpoint(bundle->inner.command, command);
    put_endpoint(bundle->inner.feed, feed);
    put_endpoint(bundle->inner.field, field);
}

/* The public halves alone, for the one who enrols. */
static enum status write_public(const char *path, struct diag *inner)
{
    char public_path[4096];
    char text[400];
    char key[2 * KEY_SIZE + 1];
    char exercise_key[2 * KEY_SIZE + 1];
    struct public_half half;
    enum status status = keyfile_public(&half, path, inner);
    int size;

    if (status != STATUS_OK)
        return status;
    hex_encode(key, half.key, KEY_SIZE);
    hex_encode(exercise_key, half.exercise_key, KEY_SIZE);
    if (half.has_exercise_key)
        size = snprintf(text, sizeof text,
                        "{\n  \"tocsin_key\": 1,\n  \"public_key\": \"%s\",\n"
                        "  \"exercise_key\": \"%s\"\n}\n",
                        key, exercise_key);
    else
        size = snprintf(
            text, sizeof text,
            "{\n  \"tocsin_key\": 1,\n  \"public_key\": \"%s\"\n}\n", key);
    if (snprintf(public_path, sizeof public_path, "%s.pub", path) >=
        (int)sizeof public_path)
        return diag_set(inner, STATUS_DISK, "%s: path too long", path);
    return file_write(public_path, 0644, text, (size_t)size, inner);
}

enum tocsin_status tocsin_keygen(const char *path, bool with_exercise,
                                 struct tocsin_diag *why)
{
    struct diag inner = {0};
    enum status status;

    lib_start();
    status = keyfile_make(path, with_exercise, &inner);
    if (status == STATUS_OK) {
        status = write_public(path, &inner);
        if (status != STATUS_OK)
            (void)unlink(path); /* both halves or none: it can be run again */
    }
    return status == STATUS_OK ? TOCSIN_OK : lib_told(why, status, &inner);
}
