#include "tocsin/enrol_gateway.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <qrencode.h>

#include "common/numbers.h"
#include "common/say.h"

#define HOURS_USUAL 24
#define HOURS_MAX (30 * 24)
#define CODE_MAX 600

static char *hex(char *out, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    return out;
}

/* ---- the gateway ---- */

/* "[2001:db8::1]:8443" and "192.0.2.1:8443" without the port. */
static bool host_of(const char *address, char out[128])
{
    const char *colon = strrchr(address, ':');
    size_t size;

    if (colon == NULL || colon == address)
        return false;
    if (address[0] == '[')
        address++;
    size = (size_t)(colon - address);
    if (size > 0 && address[size - 1] == ']')
        size--;
    if (size == 0 || size >= 128)
        return false;
    memcpy(out, address, size);
    out[size] = '\0';
    return true;
}

/* Handhelds know the one before until the broker has taken this one. */
static bool make(struct certificate_swap *swap, const char *id,
                 const char *host)
{
    if (!certificate_step_aside(swap))
        return false;
    if (certificate_make(&swap->paths, id, host))
        return true;
    certificate_step_back(swap);
    return false;
}

enum outcome gateway_address(struct tocsin_enrolment *enrolment,
                             const char *address, const char *certificate,
                             struct gateway_tls *out)
{
    struct certificate_paths *paths = &out->swap.paths;
    char host[128];
    bool ready = certificate != NULL;

    if (!host_of(address, host)) {
        complain("--address: must be HOST:PORT");
        return OUTCOME_USAGE;
    }
    if (!ready) {
        if (!certificate_beside(paths, enrolment->bundle_path)) {
            complain("--out: the path is too long");
            return OUTCOME_USAGE;
        }
        certificate = paths->certificate;
        ready = !enrolment->rekey && access(paths->certificate, R_OK) == 0;
    }
    if (!ready && !make(&out->swap, enrolment->id, host))
        return OUTCOME_LOCAL;
    if (!certificate_fingerprint(certificate, out->fingerprint))
        return OUTCOME_LOCAL;
    enrolment->address = address;
    enrolment->tls_fingerprint = out->fingerprint;
    return OUTCOME_DONE;
}

/* ---- the code ---- */

/* Two rows of modules to a line of text. Light on dark terminals and dark on
 * light ones both scan: the quiet zone is drawn too. */
static void print_qr(const char *code)
{
    static const char *const blocks[4] = {" ", "\u2580", "\u2584", "\u2588"};
    QRcode *qr = QRcode_encodeString8bit(code, 0, QR_ECLEVEL_M);
    int quiet = 2;

    if (qr == NULL)
        return;
    for (int y = -quiet; y < qr->width + quiet; y += 2) {
        char line[1024] = "";
        size_t used = 0;

        for (int x = -quiet; x < qr->width + quiet; x++) {
            int light = 0;

            for (int half = 0; half < 2; half++) {
                bool inside = x >= 0 && x < qr->width && y + half >= 0 &&
                              y + half < qr->width;

                if (!inside || (qr->data[(y + half) * qr->width + x] & 1) == 0)
                    light |= 1 << half;
            }
            used += (size_t)snprintf(line + used, sizeof line - used, "%s",
                                     blocks[light]);
        }
        say("%s", line);
    }
    QRcode_free(qr);
}

/* What the gateway's enrolment said of it. */
static enum outcome find_gateway(struct session *session, const char *id,
                                 char address[128], char fingerprint[65])
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ListPrincipals list = TOCSIN__V1__LIST_PRINCIPALS__INIT;
    const Tocsin__V1__Principal *gateway;
    const Tocsin__V1__Reply *reply;
    enum outcome outcome;

    list.id = (char *)(uintptr_t)id;
    list.role = TOCSIN__V1__ROLE__ROLE_GATEWAY;
    request.body_case = TOCSIN__V1__REQUEST__BODY_LIST_PRINCIPALS;
    request.list_principals = &list;
    outcome = session_ask(session, &request, &reply);
    if (outcome != OUTCOME_DONE)
        return outcome;
    if (reply->body_case != TOCSIN__V1__REPLY__BODY_PRINCIPAL_LIST ||
        reply->principal_list->n_principals != 1) {
        complain("%s: no such gateway is enrolled", id);
        return OUTCOME_REFUSED;
    }
    gateway = reply->principal_list->principals[0];
    if (gateway->address[0] == '\0' || gateway->tls_fingerprint.len != 32) {
        complain("%s: was enrolled without --address; enrol it again with "
                 "--rekey",
                 id);
        return OUTCOME_REFUSED;
    }
    (void)snprintf(address, 128, "%s", gateway->address);
    (void)hex(fingerprint, gateway->tls_fingerprint.data, 32);
    return OUTCOME_DONE;
}

static enum outcome invite(struct session *session,
                           const struct tocsin_invitation *invitation,
                           uint8_t secret[TOCSIN_SECRET_SIZE])
{
    struct tocsin_diag why = {0};
    const Tocsin__V1__Reply *reply;
    uint8_t *request;
    size_t size;
    enum tocsin_status status =
        tocsin_invite_prepare(invitation, secret, &request, &size, &why);

    if (status == TOCSIN_OK) {
        status = tocsin_client_call_packed(session->client, request, size,
                                           &reply, session->timeout_ms, &why);
        free(request);
    }
    return status == TOCSIN_OK ? reply_outcome(reply)
                               : outcome_say(status, &why, NULL);
}

static void print_code(const struct session *session, const char *id,
                       const char *code, int hours)
{
    if (session->json) {
        say("{\"device\":\"%s\",\"code\":\"%s\"}", id, code);
        return;
    }
    print_qr(code);
    say("%s", code);
    say("%s may enrol with this code, once, within %d hours", id, hours);
}

enum outcome enrol_device(struct session *session, const char *id,
                          const struct device_flags *flags)
{
    struct tocsin_invitation invitation = {.device = id,
                                           .gateway = flags->gateway,
                                           .name = flags->name,
                                           .name_en = flags->name_en,
                                           .rekey = flags->rekey};
    uint8_t secret[TOCSIN_SECRET_SIZE];
    char address[128];
    char fingerprint[65];
    char authority[65];
    char secret_text[2 * TOCSIN_SECRET_SIZE + 1];
    char code[CODE_MAX];
    int64_t hours = HOURS_USUAL;
    enum outcome outcome;

    if (flags->gateway == NULL || flags->name == NULL) {
        complain("%s is missing",
                 flags->gateway == NULL ? "--gateway" : "--name");
        return OUTCOME_USAGE;
    }
    if (flags->hours != NULL &&
        !number_whole(flags->hours, 1, HOURS_MAX, &hours)) {
        complain("--hours: must be 1 to %d", HOURS_MAX);
        return OUTCOME_USAGE;
    }
    invitation.expires_ms = ((int64_t)time(NULL) + hours * 3600) * 1000;
    outcome = session_open(session);
    if (outcome == OUTCOME_DONE)
        outcome = find_gateway(session, flags->gateway, address, fingerprint);
    if (outcome == OUTCOME_DONE)
        outcome = invite(session, &invitation, secret);
    if (outcome != OUTCOME_DONE)
        return outcome;
    (void)snprintf(code, sizeof code, "tocsin://%s/%s?g=%s&f=%s&a=%s&s=%s",
                   address, id, flags->gateway, fingerprint,
                   hex(authority, tocsin_bundle_authority(session->bundle), 32),
                   hex(secret_text, secret, sizeof secret));
    print_code(session, id, code, (int)hours);
    return OUTCOME_DONE;
}
