/**
 * A key bundle: all that a principal needs to start. proto/README.md gives its
 * form. Loaded and written as JSON; refused when others may read the file.
 */
#ifndef TOCSIN_WIRE_BUNDLE_H
#define TOCSIN_WIRE_BUNDLE_H

#include "base/status.h"
#include "tocsin/v1/desk.pb-c.h"
#include "wire/keys.h"

#define ID_MAX 40
#define NAME_MAX_BYTES 200
#define ENDPOINT_MAX 120
#define CERTIFICATE_MAX 400

struct bundle {
    char id[ID_MAX + 1];
    Tocsin__V1__Role role;
    Tocsin__V1__NodeKind kind;
    char name[NAME_MAX_BYTES + 1];
    char name_en[NAME_MAX_BYTES + 1];
    char division[7];
    bool has_point;
    double latitude;
    double longitude;
    struct keypair key;
    bool has_seed; /* false: only key.public_key is set */
    struct keypair exercise_key;
    bool has_exercise_seed;
    uint8_t certificate[CERTIFICATE_MAX];
    size_t certificate_size; /* 0: none */
    uint8_t certificate_signature[SIGNATURE_SIZE];
    uint8_t authority[KEY_SIZE];
    uint8_t broker_key[KEY_SIZE];
    char command[ENDPOINT_MAX + 1];
    char feed[ENDPOINT_MAX + 1];
    char field[ENDPOINT_MAX + 1];
};

/**
 * Load a bundle. key_path: the node's own key file when the bundle has no
 * seed, else NULL.
 *
 * Fails: STATUS_MISSING, STATUS_MALFORMED (why names the field),
 *        STATUS_REFUSED (readable by group or others).
 */
MUST_USE enum status bundle_load(struct bundle *bundle, const char *path,
                                 const char *key_path, struct diag *why);
/** The same of one whose seed is elsewhere, too: has_seed says so. */
MUST_USE enum status bundle_load_any(struct bundle *bundle, const char *path,
                                     struct diag *why);

/** Write with mode 0600. durable: fsync too. */
MUST_USE enum status bundle_save(const struct bundle *bundle, const char *path,
                                 bool durable, struct diag *why);

void bundle_wipe(struct bundle *bundle);

/**
 * A key file as `keygen` makes it: seed and public halves of one principal.
 * with_exercise: also a second pair, for centres.
 * Fails: STATUS_EXISTS, STATUS_DISK.
 */
MUST_USE enum status keyfile_make(const char *path, bool with_exercise,
                                  struct diag *why);

/** The pair of a key file (mode 0600). Same failures as bundle_load. */
MUST_USE enum status keyfile_load(struct keypair *pair, const char *path,
                                  struct diag *why);

/** The same, whoever else may read it. */
MUST_USE enum status keyfile_load_any(struct keypair *pair, const char *path,
                                      struct diag *why);

/** The public halves of a key file, or of one whose seeds were taken out. */
struct public_half {
    uint8_t key[KEY_SIZE];
    uint8_t exercise_key[KEY_SIZE];
    bool has_exercise_key;
};
MUST_USE enum status keyfile_public(struct public_half *half, const char *path,
                                    struct diag *why);

#endif
