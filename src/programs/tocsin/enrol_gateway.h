/** What is particular to enrolling a gateway, and a handheld under it. */
#ifndef TOCSIN_PROGRAM_ENROL_GATEWAY_H
#define TOCSIN_PROGRAM_ENROL_GATEWAY_H

#include <tocsin/bundle.h>

#include "tocsin/certificate.h"
#include "tocsin/session.h"

struct gateway_tls {
    uint8_t fingerprint[FINGERPRINT_SIZE];
    struct certificate_swap swap; /* what was in the place of a new one */
};

/**
 * Where handhelds find the gateway: the fingerprint of its certificate, which
 * is made beside the bundle unless one is given or there.
 * Gives: *out, which the enrolment points to; zeroed before.
 */
enum outcome gateway_address(struct tocsin_enrolment *enrolment,
                             const char *address, const char *certificate,
                             struct gateway_tls *out);

struct device_flags {
    const char *gateway;
    const char *name;
    const char *name_en;
    const char *hours; /* or NULL */
    bool rekey;
};

/** Invite a handheld and print the code that it is given. */
enum outcome enrol_device(struct session *session, const char *id,
                          const struct device_flags *flags);

#endif
