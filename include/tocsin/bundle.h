/** Key bundles and key files; proto/README.md gives their form. */
#ifndef TOCSIN_BUNDLE_H
#define TOCSIN_BUNDLE_H

#include <stdbool.h>
#include <stdint.h>

#include <tocsin/status.h>
#include <tocsin/v1/desk.pb-c.h>

struct tocsin_bundle; /* keys are wiped when it is freed */

/**
 * Load a bundle (mode 0600). key_path: the node's own key file where the bundle
 * has no seed, else NULL.
 *
 * Gives:  *out, to be freed with tocsin_bundle_free; NULL on failure.
 * Fails:  TOCSIN_MISSING, TOCSIN_REFUSED (readable by others), TOCSIN_LOCAL.
 */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_bundle_load(struct tocsin_bundle **out, const char *path,
                   const char *key_path, struct tocsin_diag *why);
/**
 * Come to a broker as who has its home, where no administrator's key is left:
 * so administrators can be enrolled, whom the authority certifies, and nothing
 * else. Both key files have mode 0600; the bundle has no endpoints yet.
 *
 * Gives and fails: as above.
 */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_bundle_owner(struct tocsin_bundle **out, const char *broker_key_path,
                    const char *authority_path, struct tocsin_diag *why);
/** What a new key has replaced is kept beside the bundle, PATH.old, PATH.old.2
 *  and so on: number 1 to TOCSIN_FORMERS_MAX. Fails: as above. */
#define TOCSIN_FORMERS_MAX 99
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_bundle_load_former(struct tocsin_bundle **out, const char *path,
                          int number, struct tocsin_diag *why);
TOCSIN_API void tocsin_bundle_free(struct tocsin_bundle *bundle);

/** What the bundle says of its principal; valid as long as the bundle. */
TOCSIN_API const char *tocsin_bundle_id(const struct tocsin_bundle *bundle);
TOCSIN_API Tocsin__V1__Role
tocsin_bundle_role(const struct tocsin_bundle *bundle);
TOCSIN_API const char *
tocsin_bundle_division(const struct tocsin_bundle *bundle);

/** When a centre's certificate ends, in milliseconds since 1970 UTC: what it
 *  signs later nobody takes. 0: it has none. To have it renewed in its last
 *  year: tocsin_enrol_prepare with authority_path and without rekey. */
TOCSIN_API int64_t
tocsin_bundle_certified_until(const struct tocsin_bundle *bundle);

/** Point the bundle at another broker address, "tcp://192.0.2.1:5570" or
 *  "tcp://[2001:db8::1]:5570", copied; NULL leaves one as it is. The file is
 * not changed. */
TOCSIN_API void tocsin_bundle_endpoints(struct tocsin_bundle *bundle,
                                        const char *command, const char *feed,
                                        const char *field);

/**
 * Make a key on this machine: path gets the seed (0600), path + ".pub" the
 * public half, which is what `tocsin enrol --public-key` takes. with_exercise:
 * for centres. Fails: TOCSIN_REFUSED (exists already), TOCSIN_LOCAL.
 */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_keygen(const char *path, bool with_exercise, struct tocsin_diag *why);

/**
 * Enrolment, for administrators: makes the bundle of a principal and the
 * request that enrols it.
 */
struct tocsin_enrolment {
    const char *id;
    Tocsin__V1__Role role;
    Tocsin__V1__NodeKind kind; /* checkpoints */
    const char *name;
    const char *name_en; /* or NULL */
    const char *division;
    Tocsin__V1__Rank rank; /* officers, as the next */
    const char *unit;      /* or NULL */
    bool has_point;
    double latitude;
    double longitude;
    /** The public half of a key that the node made itself; NULL: make one. A
     *  bundle with a private key is not written over by it, but for rekey. */
    const char *public_key_path;
    /** The authority's key file; needed for centres, and where `broker` is of
     *  tocsin_bundle_owner; else NULL. Where it is given, a certificate in its
     *  last year is made anew. */
    const char *authority_path;
    /** How long a centre's certificate is valid, in days; 0: 3650. */
    unsigned certificate_days;
    /** Replace the key of a principal that is enrolled already. */
    bool rekey;
    /** Where the bundle goes. When there is one already and not rekey, its key
     *  is used again, so that an interrupted enrolment can go on. */
    const char *bundle_path;
    /** Leave the fsync of the bundle to the caller, who syncs many at once
     *  before the first request is sent. */
    bool quick;
    /** Gateways: where handhelds find it, "host:port", and the SHA-256 of its
     *  TLS certificate, 32 bytes; NULL: neither is said. */
    const char *address;
    const uint8_t *tls_fingerprint;
    /** With rekey: to be told where the bundle that was in bundle_path has
     *  stepped aside to, in heap memory that the caller frees with free(), or
     *  NULL where there was none. Untouched on failure. NULL: is not told. */
    char **former_path;
};

/**
 * Write the bundle, then give the packed Request to send with
 * tocsin_client_call_packed. The bundle is useless until that is RECORDED.
 * broker: any bundle of the same broker (the administrator's): address, broker
 * key and authority are taken from it.
 *
 * Gives:  *request in heap memory, freed by the caller with free().
 * Fails:  TOCSIN_USAGE (a field; why names it), TOCSIN_LOCAL.
 */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_enrol_prepare(const struct tocsin_enrolment *enrolment,
                     const struct tocsin_bundle *broker, uint8_t **request,
                     size_t *size, struct tocsin_diag *why);

/**
 * The broker has refused the new key, or was never asked: the bundle that it
 * replaced gets its name back, durably, and the new one is gone. Not while
 * nobody knows what the broker has made of the request: then keep both.
 *
 * Takes:  former_path as tocsin_enrol_prepare has told it, borrowed.
 * Fails:  TOCSIN_LOCAL; why names the file.
 */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_enrol_undo(const char *bundle_path, const char *former_path,
                  struct tocsin_diag *why);

/** The authority's public key, 32 bytes; valid as long as the bundle. */
TOCSIN_API const uint8_t *
tocsin_bundle_authority(const struct tocsin_bundle *bundle);

/** A handheld that may come to a gateway with a key of its own. */
struct tocsin_invitation {
    const char *device;
    const char *gateway;
    const char *name;
    const char *name_en; /* or NULL */
    int64_t expires_ms;  /* of the broker's clock */
    bool rekey;          /* it is enrolled, or was: its key is replaced */
};

#define TOCSIN_SECRET_SIZE 20

/**
 * Draw the secret of an invitation, and pack the request that tells the broker
 * of it; only what cannot be turned back into the secret is in it.
 *
 * Gives:  secret; *request in heap memory, freed by the caller with free().
 * Fails:  TOCSIN_USAGE (a field; why names it).
 */
TOCSIN_API TOCSIN_MUST_USE enum tocsin_status
tocsin_invite_prepare(const struct tocsin_invitation *invitation,
                      uint8_t secret[TOCSIN_SECRET_SIZE], uint8_t **request,
                      size_t *size, struct tocsin_diag *why);

#endif
