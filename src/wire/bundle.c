#define _GNU_SOURCE
#include "wire/bundle.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>
#include <sodium.h>

#include "base/bytes.h"
#include "base/file.h"
#include "wire/topic.h"

#define BUNDLE_BYTES_MAX 16384

static enum status bad(struct diag *why, const char *field, const char *what)
{
    return diag_set(why, STATUS_MALFORMED, "%s: %s", field, what);
}

static enum status refuse_exposed(const char *path, struct diag *why)
{
    struct stat facts;

    if (stat(path, &facts) != 0)
        return diag_errno(why, errno == ENOENT ? STATUS_MISSING : STATUS_SYSTEM,
                          "%s", path);
    if ((facts.st_mode & 077) != 0)
        return diag_set(why, STATUS_REFUSED,
                        "%s: readable by others; chmod 600 it", path);
    return STATUS_OK;
}

static enum status load_any_json(json_t **out, const char *path,
                                 struct diag *why)
{
    json_error_t error;
    uint8_t *bytes;
    size_t size;
    enum status status = file_read(path, BUNDLE_BYTES_MAX, &bytes, &size, why);

    if (status != STATUS_OK)
        return status;
    *out =
        json_loadb((const char *)bytes, size, JSON_REJECT_DUPLICATES, &error);
    sodium_memzero(bytes, size);
    free(bytes);
    if (*out == NULL)
        return diag_set(why, STATUS_MALFORMED, "%s: line %d: %s", path,
                        error.line, error.text);
    if (json_is_object(*out))
        return STATUS_OK;
    json_decref(*out);
    *out = NULL;
    return diag_set(why, STATUS_MALFORMED, "%s: is no JSON object", path);
}

static enum status load_json(json_t **out, const char *path, struct diag *why)
{
    enum status status = refuse_exposed(path, why);

    return status == STATUS_OK ? load_any_json(out, path, why) : status;
}

static enum status take_text(const json_t *json, const char *field, char *out,
                             size_t max, bool required, struct diag *why)
{
    const json_t *value = json_object_get(json, field);

    out[0] = '\0';
    if (value == NULL)
        return required ? bad(why, field, "is missing") : STATUS_OK;
    if (!json_is_string(value) || json_string_length(value) > max ||
        strlen(json_string_value(value)) != json_string_length(value))
        return bad(why, field, "is not a text of the right length");
    memcpy(out, json_string_value(value), json_string_length(value) + 1);
    return STATUS_OK;
}

static enum status take_hex(const json_t *json, const char *field, uint8_t *out,
                            size_t size, struct diag *why)
{
    const char *text = json_string_value(json_object_get(json, field));

    if (text == NULL)
        return bad(why, field, "is missing");
    if (!hex_decode(out, size, text))
        return bad(why, field, "has not the right number of hex digits");
    return STATUS_OK;
}

static enum status take_enum(const json_t *json, const char *field,
                             const ProtobufCEnumDescriptor *type, int *out,
                             struct diag *why)
{
    const char *text = json_string_value(json_object_get(json, field));
    const ProtobufCEnumValue *value =
        text == NULL ? NULL
                     : protobuf_c_enum_descriptor_get_value_by_name(type, text);

    if (value == NULL)
        return bad(why, field, "is missing or unknown");
    *out = value->value;
    return STATUS_OK;
}

static enum status take_point(const json_t *json, struct bundle *bundle,
                              struct diag *why)
{
    const json_t *latitude = json_object_get(json, "latitude");
    const json_t *longitude = json_object_get(json, "longitude");

    bundle->has_point = latitude != NULL || longitude != NULL;
    if (!bundle->has_point)
        return STATUS_OK;
    if (!json_is_number(latitude) || !json_is_number(longitude))
        return bad(why, "latitude", "and longitude are not both numbers");
    bundle->latitude = json_number_value(latitude);
    bundle->longitude = json_number_value(longitude);
    if (!(fabs(bundle->latitude) <= 90 && fabs(bundle->longitude) <= 180))
        return bad(why, "latitude", "or longitude is out of range");
    return STATUS_OK;
}

static enum status take_certificate(const json_t *json, struct bundle *bundle,
                                    struct diag *why)
{
    const json_t *inner = json_object_get(json, "certificate");
    const char *content = json_string_value(json_object_get(inner, "content"));

    if (inner == NULL)
        return STATUS_OK;
    if (content == NULL || strlen(content) / 2 > CERTIFICATE_MAX ||
        !hex_decode(bundle->certificate, strlen(content) / 2, content))
        return bad(why, "certificate.content", "is not hex");
    bundle->certificate_size = strlen(content) / 2;
    return take_hex(inner, "signature", bundle->certificate_signature,
                    SIGNATURE_SIZE, why);
}

static enum status take_seeds(const json_t *json, struct bundle *bundle,
                              struct diag *why)
{
    uint8_t seed[KEY_SIZE];
    enum status status;

    bundle->has_seed = json_object_get(json, "seed") != NULL;
    if (!bundle->has_seed)
        return take_hex(json, "public_key", bundle->key.public_key, KEY_SIZE,
                        why);
    status = take_hex(json, "seed", seed, KEY_SIZE, why);
    if (status != STATUS_OK)
        return status;
    keypair_from_seed(&bundle->key, seed);
    bundle->has_exercise_seed = json_object_get(json, "exercise_seed") != NULL;
    if (bundle->has_exercise_seed) {
        status = take_hex(json, "exercise_seed", seed, KEY_SIZE, why);
        if (status == STATUS_OK)
            keypair_from_seed(&bundle->exercise_key, seed);
    }
    sodium_memzero(seed, sizeof seed);
    return status;
}

static enum status take_broker(const json_t *json, struct bundle *bundle,
                               struct diag *why)
{
    const json_t *inner = json_object_get(json, "broker");
    enum status status = STATUS_OK;

    if (!json_is_object(inner))
        return bad(why, "broker", "is missing");
    status = take_hex(inner, "key", bundle->broker_key, KEY_SIZE, why);
    if (status == STATUS_OK)
        status = take_text(inner, "command", bundle->command, ENDPOINT_MAX,
                           true, why);
    if (status == STATUS_OK)
        status =
            take_text(inner, "feed", bundle->feed, ENDPOINT_MAX, true, why);
    if (status == STATUS_OK)
        status =
            take_text(inner, "field", bundle->field, ENDPOINT_MAX, true, why);
    return status;
}

static enum status take_who(const json_t *json, struct bundle *bundle,
                            struct diag *why)
{
    int role = 0;
    int kind = 0;
    enum status status = take_text(json, "id", bundle->id, ID_MAX, true, why);

    if (status == STATUS_OK)
        status =
            take_enum(json, "role", &tocsin__v1__role__descriptor, &role, why);
    if (status == STATUS_OK && json_object_get(json, "kind") != NULL)
        status = take_enum(json, "kind", &tocsin__v1__node_kind__descriptor,
                           &kind, why);
    bundle->role = (Tocsin__V1__Role)role;
    bundle->kind = (Tocsin__V1__NodeKind)kind;
    if (status == STATUS_OK)
        status =
            take_text(json, "name", bundle->name, NAME_MAX_BYTES, false, why);
    if (status == STATUS_OK)
        status = take_text(json, "name_en", bundle->name_en, NAME_MAX_BYTES,
                           false, why);
    if (status == STATUS_OK)
        status = take_text(json, "division", bundle->division, DIVISION_SIZE,
                           true, why);
    if (status == STATUS_OK && !division_valid(bundle->division))
        status = bad(why, "division", "is not a code of 6 digits");
    return status;
}

static enum status add_own_key(struct bundle *bundle, const char *path,
                               struct diag *why)
{
    uint8_t promised[KEY_SIZE];
    json_t *json = NULL;
    enum status status = load_json(&json, path, why);

    if (status != STATUS_OK)
        return status;
    memcpy(promised, bundle->key.public_key, KEY_SIZE);
    status = take_seeds(json, bundle, why);
    json_decref(json);
    if (status == STATUS_OK && !bundle->has_seed)
        status = bad(why, "seed", "is missing in the key file");
    if (status == STATUS_OK &&
        memcmp(promised, bundle->key.public_key, KEY_SIZE) != 0)
        status = bad(why, "seed", "is not of the key that was enrolled");
    return status == STATUS_OK ? status : diag_wrap(why, status, "%s", path);
}

enum status bundle_load_any(struct bundle *bundle, const char *path,
                            struct diag *why)
{
    json_t *json = NULL;
    enum status status = load_json(&json, path, why);

    memset(bundle, 0, sizeof *bundle);
    if (status != STATUS_OK)
        return diag_wrap(why, status, "key bundle");
    status = json_is_integer(json_object_get(json, "tocsin"))
                 ? take_who(json, bundle, why)
                 : bad(why, "tocsin", "is missing: this is no key bundle");
    if (status == STATUS_OK)
        status = take_point(json, bundle, why);
    if (status == STATUS_OK)
        status = take_seeds(json, bundle, why);
    if (status == STATUS_OK)
        status = take_certificate(json, bundle, why);
    if (status == STATUS_OK)
        status = take_hex(json, "authority", bundle->authority, KEY_SIZE, why);
    if (status == STATUS_OK)
        status = take_broker(json, bundle, why);
    json_decref(json);
    if (status != STATUS_OK) {
        bundle_wipe(bundle);
        return diag_wrap(why, status, "key bundle %s", path);
    }
    return STATUS_OK;
}

enum status bundle_load(struct bundle *bundle, const char *path,
                        const char *key_path, struct diag *why)
{
    enum status status = bundle_load_any(bundle, path, why);

    if (status != STATUS_OK || bundle->has_seed)
        return status;
    status = key_path == NULL
                 ? bad(why, "seed", "is missing; give the key file too")
                 : add_own_key(bundle, key_path, why);
    if (status == STATUS_OK)
        return status;
    bundle_wipe(bundle);
    return diag_wrap(why, status, "key bundle %s", path);
}

void bundle_wipe(struct bundle *bundle)
{
    sodium_memzero(bundle, sizeof *bundle);
}

static void put_hex(json_t *json, const char *field, const uint8_t *bytes,
                    size_t size)
{
    char text[2 * CERTIFICATE_MAX + 1];

    REQUIRE(size <= CERTIFICATE_MAX);
    hex_encode(text, bytes, size);
    json_object_set_new(json, field, json_string(text));
    sodium_memzero(text, sizeof text);
}

static void put_text(json_t *json, const char *field, const char *text)
{
    if (text[0] != '\0')
        json_object_set_new(json, field, json_string(text));
}

static void put_keys(json_t *json, const struct bundle *bundle)
{
    if (!bundle->has_seed)
        put_hex(json, "public_key", bundle->key.public_key, KEY_SIZE);
    else
        put_hex(json, "seed", bundle->key.seed, KEY_SIZE);
    if (bundle->has_exercise_seed)
        put_hex(json, "exercise_seed", bundle->exercise_key.seed, KEY_SIZE);
    if (bundle->certificate_size > 0) {
        json_t *inner = json_object();

        put_hex(inner, "content", bundle->certificate,
                bundle->certificate_size);
        put_hex(inner, "signature", bundle->certificate_signature,
                SIGNATURE_SIZE);
        json_object_set_new(json, "certificate", inner);
    }
    put_hex(json, "authority", bundle->authority, KEY_SIZE);
}

static enum status save_json(json_t *json, const char *path, bool durable,
                             struct diag *why)
{
    char *text = json_dumps(json, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    size_t size;
    enum status status;

    json_decref(json);
    REQUIRE(text != NULL);
    size = strlen(text);
    text[size] = '\n'; /* in place of the terminating zero */
    status = durable ? file_write(path, 0600, text, size + 1, why)
                     : file_write_quick(path, 0600, text, size + 1, why);
    sodium_memzero(text, size);
    free(text);
    return status;
}

enum status bundle_save(const struct bundle *bundle, const char *path,
                        bool durable, struct diag *why)
{
    json_t *json = json_pack("{si}", "tocsin", 1);
    json_t *broker = json_object();

    put_text(json, "id", bundle->id);
    put_text(json, "role",
             protobuf_c_enum_descriptor_get_value(&tocsin__v1__role__descriptor,
                                                  bundle->role)
                 ->name);
    if (bundle->kind != TOCSIN__V1__NODE_KIND__NODE_KIND_UNSPECIFIED)
        put_text(json, "kind",
                 protobuf_c_enum_descriptor_get_value(
                     &tocsin__v1__node_kind__descriptor, bundle->kind)
                     ->name);
    put_text(json, "name", bundle->name);
    put_text(json, "name_en", bundle->name_en);
    put_text(json, "division", bundle->division);
    if (bundle->has_point) {
        json_object_set_new(json, "latitude", json_real(bundle->latitude));
        json_object_set_new(json, "longitude", json_real(bundle->longitude));
    }
    put_keys(json, bundle);
    put_hex(broker, "key", bundle->broker_key, KEY_SIZE);
    put_text(broker, "command", bundle->command);
    put_text(broker, "feed", bundle->feed);
    put_text(broker, "field", bundle->field);
    json_object_set_new(json, "broker", broker);
    return save_json(json, path, durable, why);
}

enum status keyfile_make(const char *path, bool with_exercise, struct diag *why)
{
    json_t *json;
    struct keypair pair;

    if (access(path, F_OK) == 0)
        return diag_set(why, STATUS_EXISTS, "%s: exists already", path);
    json = json_pack("{si}", "tocsin_key", 1);
    keypair_make(&pair);
    put_hex(json, "seed", pair.seed, KEY_SIZE);
    put_hex(json, "public_key", pair.public_key, KEY_SIZE);
    if (with_exercise) {
        keypair_make(&pair);
        put_hex(json, "exercise_seed", pair.seed, KEY_SIZE);
        put_hex(json, "exercise_key", pair.public_key, KEY_SIZE);
    }
    keypair_wipe(&pair);
    return save_json(json, path, true, why);
}

enum status keyfile_load(struct keypair *pair, const char *path,
                         struct diag *why)
{
    enum status status = refuse_exposed(path, why);

    if (status != STATUS_OK)
        return diag_wrap(why, status, "key file %s", path);
    return keyfile_load_any(pair, path, why);
}

enum status keyfile_load_any(struct keypair *pair, const char *path,
                             struct diag *why)
{
    uint8_t seed[KEY_SIZE];
    json_t *json = NULL;
    enum status status = load_any_json(&json, path, why);

    if (status == STATUS_OK)
        status = take_hex(json, "seed", seed, KEY_SIZE, why);
    json_decref(json);
    if (status != STATUS_OK)
        return diag_wrap(why, status, "key file %s", path);
    keypair_from_seed(pair, seed);
    sodium_memzero(seed, sizeof seed);
    return STATUS_OK;
}

enum status keyfile_public(struct public_half *half, const char *path,
                           struct diag *why)
{
    json_error_t error;
    json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    enum status status;

    memset(half, 0, sizeof *half);
    if (json == NULL)
        return diag_set(why, STATUS_MALFORMED, "key file %s: %s", path,
                        error.text);
    status = take_hex(json, "public_key", half->key, KEY_SIZE, why);
    half->has_exercise_key = json_object_get(json, "exercise_key") != NULL;
    if (status == STATUS_OK && half->has_exercise_key)
        status =
            take_hex(json, "exercise_key", half->exercise_key, KEY_SIZE, why);
    json_decref(json);
    return status == STATUS_OK ? status
                               : diag_wrap(why, status, "key file %s", path);
}
