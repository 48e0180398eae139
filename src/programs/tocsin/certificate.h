/** The TLS certificate of a gateway: made at its enrolment, signed by itself,
 * and known by its fingerprint. */
#ifndef TOCSIN_PROGRAM_CERTIFICATE_H
#define TOCSIN_PROGRAM_CERTIFICATE_H

#include <stdbool.h>
#include <stdint.h>

#define FINGERPRINT_SIZE 32

struct certificate_paths {
    char certificate[4096]; /* BUNDLE.tls.crt */
    char key[4096];         /* BUNDLE.tls.key */
};

/** false: a path is too long. */
bool certificate_beside(struct certificate_paths *out, const char *bundle);

/** An EC key (mode 0600) and a certificate for host, without an end. false:
 * said on stderr. */
bool certificate_make(const struct certificate_paths *paths, const char *id,
                      const char *host);

/** A certificate that another takes the place of, and its key: where they were,
 *  and where they are meanwhile. */
struct certificate_swap {
    struct certificate_paths paths;
    struct certificate_paths former;
    bool aside;
};

/** Move what is in paths to a free name, .old, .old.2 and so on. false: said on
 *  stderr; nothing has moved. */
bool certificate_step_aside(struct certificate_swap *swap);

/** What has stepped aside, if anything, takes its place again. */
void certificate_step_back(struct certificate_swap *swap);

/** It is of no use any more. */
void certificate_forget_former(struct certificate_swap *swap);

/** The SHA-256 of a PEM certificate. false: said on stderr. */
bool certificate_fingerprint(const char *path, uint8_t out[FINGERPRINT_SIZE]);

#endif
