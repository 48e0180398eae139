#include "tocsin/certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "common/say.h"

#define DAY_S (24L * 3600)

static bool trouble(const char *path, const char *doing)
{
    char text[200];
    unsigned long code = ERR_get_error();

    ERR_error_string_n(code, text, sizeof text);
    complain("%s: %s%s%s", path, doing, code != 0 ? ": " : "",
             code != 0 ? text : "");
    return false;
}

bool certificate_beside(struct certificate_paths *out, const char *bundle)
{
    size_t size = strlen(bundle);

    if (size > 5 && strcmp(bundle + size - 5, ".json") == 0)
        size -= 5;
    return snprintf(out->certificate, sizeof out->certificate, "%.*s.tls.crt",
                    (int)size, bundle) < (int)sizeof out->certificate &&
           snprintf(out->key, sizeof out->key, "%.*s.tls.key", (int)size,
                    bundle) < (int)sizeof out->key;
}

static bool is_address(const char *host)
{
    uint8_t bytes[16];

    return inet_pton(AF_INET, host, bytes) == 1 ||
           inet_pton(AF_INET6, host, bytes) == 1;
}

static bool add_extension(X509 *certificate, int which, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;
    bool added;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, which, value);
    added = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

static bool add_name(X509 *certificate, const char *id, const char *host)
{
    X509_NAME *name = X509_get_subject_name(certificate);
    char alternative[200];

    snprintf(alternative, sizeof alternative, "%s:%.150s",
             is_address(host) ? "IP" : "DNS", host);
    return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                      (const unsigned char *)id, -1, -1,
                                      0) == 1 &&
           X509_set_issuer_name(certificate, name) == 1 &&
           add_extension(certificate, NID_subject_alt_name, alternative) &&
           add_extension(certificate, NID_basic_constraints,
                         "critical,CA:FALSE") &&
           add_extension(certificate, NID_ext_key_usage, "serverAuth");
}

static bool add_serial(X509 *certificate)
{
    uint8_t bytes[8];
    BIGNUM *number;
    bool added;

    if (RAND_bytes(bytes, sizeof bytes) != 1)
        return false;
    bytes[0] &= 0x7f;
    number = BN_bin2bn(bytes, sizeof bytes, NULL);
    added =
        number != NULL &&
        BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
    BN_free(number);
    return added;
}

/* A clock that is a day off must not make it invalid. It has no end (RFC 5280,
 * 4.1.2.5): handhelds know it by its fingerprint, and on the last day all of
 * them would have needed a new code at once. */
#define NO_END "99991231235959Z"
static X509 *make_certificate(EVP_PKEY *key, const char *id, const char *host)
{
    X509 *certificate = X509_new();
    bool made =
        certificate != NULL && X509_set_version(certificate, 2) == 1 &&
        add_serial(certificate) &&
        X509_gmtime_adj(X509_getm_notBefore(certificate), -DAY_S) != NULL &&
        ASN1_TIME_set_string(X509_getm_notAfter(certificate), NO_END) == 1 &&
        X509_set_pubkey(certificate, key) == 1 &&
        add_name(certificate, id, host) &&
        X509_sign(certificate, key, EVP_sha256()) != 0;

    if (made)
        return certificate;
    X509_free(certificate);
    return NULL;
}

/* Written whole and fsynced: who has the fingerprint relies on it. */
static FILE *create(const char *path, mode_t mode)
{
    int fd;

    (void)unlink(path);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    return fd >= 0 ? fdopen(fd, "w") : NULL;
}

static bool finish(FILE *file)
{
    bool good = fflush(file) == 0 && fsync(fileno(file)) == 0;

    return fclose(file) == 0 && good;
}

static bool write_key(const char *path, EVP_PKEY *key)
{
    FILE *file = create(path, 0600);
    bool good;

    if (file == NULL)
        return trouble(path, "cannot be written");
    good = PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1;
    good = finish(file) && good;
    return good || trouble(path, "cannot be written");
}

static bool write_certificate(const char *path, X509 *certificate)
{
    FILE *file = create(path, 0644);
    bool good;

    if (file == NULL)
        return trouble(path, "cannot be written");
    good = PEM_write_X509(file, certificate) == 1;
    good = finish(file) && good;
    return good || trouble(path, "cannot be written");
}

bool certificate_make(const struct certificate_paths *paths, const char *id,
                      const char *host)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = key != NULL ? make_certificate(key, id, host) : NULL;
    bool made = certificate != NULL
                    ? write_key(paths->key, key) &&
                          write_certificate(paths->certificate, certificate)
                    : trouble(paths->certificate, "cannot be made");

    X509_free(certificate);
    EVP_PKEY_free(key);
    return made;
}

/* ---- the one before ---- */

#define FORMERS_MAX 99

static bool name_former(struct certificate_swap *swap, int number)
{
    struct certificate_paths *former = &swap->former;
    char suffix[24] = "";

    if (number > 1)
        (void)snprintf(suffix, sizeof suffix, ".%d", number);
    return snprintf(former->certificate, sizeof former->certificate, "%s.old%s",
                    swap->paths.certificate,
                    suffix) < (int)sizeof former->certificate &&
           snprintf(former->key, sizeof former->key, "%s.old%s",
                    swap->paths.key, suffix) < (int)sizeof former->key;
}

static bool is_free(const struct certificate_paths *paths)
{
    return access(paths->certificate, F_OK) != 0 &&
           access(paths->key, F_OK) != 0;
}

static bool move(const struct certificate_paths *from,
                 const struct certificate_paths *to)
{
    if (rename(from->key, to->key) != 0 && errno != ENOENT)
        return trouble(from->key, strerror(errno));
    if (rename(from->certificate, to->certificate) == 0 || errno == ENOENT)
        return true;
    (void)trouble(from->certificate, strerror(errno));
    (void)rename(to->key, from->key);
    return false;
}

bool certificate_step_aside(struct certificate_swap *swap)
{
    int number = 0;

    if (is_free(&swap->paths))
        return true;
    do {
        if (++number > FORMERS_MAX || !name_former(swap, number))
            return trouble(swap->paths.certificate,
                           "no name is free for the one before");
    } while (!is_free(&swap->former));
    swap->aside = move(&swap->paths, &swap->former);
    return swap->aside;
}

void certificate_step_back(struct certificate_swap *swap)
{
    if (swap->aside && move(&swap->former, &swap->paths))
        swap->aside = false;
}

void certificate_forget_former(struct certificate_swap *swap)
{
    if (!swap->aside)
        return;
    (void)unlink(swap->former.key);
    (void)unlink(swap->former.certificate);
    swap->aside = false;
}

bool certificate_fingerprint(const char *path, uint8_t out[FINGERPRINT_SIZE])
{
    FILE *file = fopen(path, "r");
    X509 *certificate = NULL;
    unsigned size = 0;
    bool good;

    if (file == NULL)
        return trouble(path, strerror(errno));
    certificate = PEM_read_X509(file, NULL, NULL, NULL);
    (void)fclose(file);
    good = certificate != NULL &&
           X509_digest(certificate, EVP_sha256(), out, &size) == 1 &&
           size == FINGERPRINT_SIZE;
    X509_free(certificate);
    return good || trouble(path, "is no certificate in PEM");
}
