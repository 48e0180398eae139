/* TLS 1.2 and later, with one certificate of our own. */
#include <errno.h>
#include <sys/stat.h>

#include <openssl/err.h>

#include "http/inside.h"

static enum status look_at_key(const char *path, struct diag *why)
{
    struct stat about;

    if (stat(path, &about) != 0)
        return diag_errno(why, errno == ENOENT ? STATUS_MISSING : STATUS_SYSTEM,
                          "%s", path);
    if ((about.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return diag_set(why, STATUS_REFUSED,
                        "%s: others may read it; make it mode 0600", path);
    return STATUS_OK;
}

static enum status complain_tls(struct diag *why, const char *path)
{
    char text[200];

    ERR_error_string_n(ERR_get_error(), text, sizeof text);
    ERR_clear_error();
    return diag_set(why, STATUS_MISSING, "%s: %s", path, text);
}

enum status tls_open(SSL_CTX **out, const char *certificate, const char *key,
                     struct diag *why)
{
    SSL_CTX *tls;
    enum status status = look_at_key(key, why);

    *out = NULL;
    if (status != STATUS_OK)
        return status;
    tls = SSL_CTX_new(TLS_server_method());
    REQUIRE(tls != NULL);
    (void)SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
    (void)SSL_CTX_set_options(tls, SSL_OP_NO_RENEGOTIATION |
                                       SSL_OP_NO_COMPRESSION |
                                       SSL_OP_NO_TICKET);
    (void)SSL_CTX_set_num_tickets(tls, 0);
    (void)SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
    (void)SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS);
    if (SSL_CTX_use_certificate_chain_file(tls, certificate) != 1)
        status = complain_tls(why, certificate);
    else if (SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1 ||
             SSL_CTX_check_private_key(tls) != 1)
        status = complain_tls(why, key);
    if (status != STATUS_OK) {
        SSL_CTX_free(tls);
        return status;
    }
    *out = tls;
    return STATUS_OK;
}
