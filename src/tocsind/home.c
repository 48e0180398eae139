#define _GNU_SOURCE
#include "tocsind/home.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/log.h"
#include "wire/bundle.h"

#define DIVISIONS_BYTES_MAX (4 * 1024 * 1024)

const char *home_file(const struct home *home, const char *name, char *buffer)
{
    snprintf(buffer, PATH_MAX, "%s/%s", home->path, name);
    return buffer;
}

bool home_has(const struct home *home, const char *name)
{
    char path[PATH_MAX];

    return access(home_file(home, name, path), F_OK) == 0;
}

enum status home_expect(const struct home *home, const char *name,
                        const char *what, struct diag *why)
{
    char path[PATH_MAX];

    if (home->path[0] != '\0' && home_has(home, name))
        return STATUS_OK;
    if (home->path[0] == '\0' || errno == ENOENT || errno == ENOTDIR)
        return diag_set(why, STATUS_MISSING, "%s: is no %s", home->path, what);
    return diag_errno(why, STATUS_SYSTEM, "%s", home_file(home, name, path));
}

enum status home_as_owner(const char *path, struct diag *why)
{
    pid_t parent = getppid();
    int end = 0;
    struct stat facts;

    if (geteuid() != 0 || stat(path, &facts) != 0 || facts.st_uid == 0)
        return STATUS_OK;
    (void)prctl(PR_GET_PDEATHSIG, &end); /* another user's is forgotten */
    if (setgroups(0, NULL) != 0 ||
        setresgid(facts.st_gid, facts.st_gid, facts.st_gid) != 0 ||
        setresuid(facts.st_uid, facts.st_uid, facts.st_uid) != 0 ||
        prctl(PR_SET_PDEATHSIG, end) != 0)
        return diag_errno(why, STATUS_SYSTEM, "%s: going on as its owner",
                          path);
    if (end != 0 && getppid() != parent)
        return diag_set(why, STATUS_SYSTEM, "who started this has ended");
    return STATUS_OK;
}

enum status home_lock(struct home *home, struct diag *why)
{
    char path[PATH_MAX];

    home->lock =
        open(home_file(home, "lock", path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (home->lock < 0 && errno == ENOENT)
        return diag_set(why, STATUS_MISSING, "%s: is no " HOME_NAMED,
                        home->path);
    if (home->lock < 0)
        return diag_errno(why, STATUS_SYSTEM, "%s", path);
    if (flock(home->lock, LOCK_EX | LOCK_NB) != 0)
        return diag_set(why, STATUS_BUSY, "%s: another broker has it",
                        home->path);
    return STATUS_OK;
}

static enum status read_master(struct home *home, struct diag *why)
{
    char path[PATH_MAX];
    uint8_t *bytes;
    size_t size;
    enum status status = file_read(home_file(home, "keys/master.key", path),
                                   1000, &bytes, &size, why);

    if (status != STATUS_OK)
        return status;
    bytes[strcspn((const char *)bytes, "\r\n")] = '\0';
    if (!hex_decode(home->master, sizeof home->master, (const char *)bytes))
        status =
            diag_set(why, STATUS_MALFORMED, "%s: is not 64 hex digits", path);
    sodium_memzero(bytes, size);
    free(bytes);
    return status;
}

enum status home_divisions(struct home *home, struct diag *why)
{
    char path[PATH_MAX];
    uint8_t *bytes;
    size_t size;
    enum status status = file_read(home_file(home, "divisions.csv", path),
                                   DIVISIONS_BYTES_MAX, &bytes, &size, why);

    if (status != STATUS_OK)
        return status;
    if (memchr(bytes, 0, size) != NULL) {
        free(bytes);
        return diag_set(why, STATUS_MALFORMED,
                        "%s: has a zero byte: the file is damaged", path);
    }
    status = divisions_parse(&home->divisions, (const char *)bytes, size, why);
    free(bytes);
    return status;
}

/* A copy of a home may come without its empty folder, and the first picture
 * would end the broker. A picture that is there counts as kept: the broker
 * before may have been killed before it had its name on the disk. */
static enum status have_pictures(const struct home *home, struct diag *why)
{
    char path[PATH_MAX];
    enum status status = file_mkdir(home_file(home, "pictures", path), why);

    return status == STATUS_EXISTS ? file_sync(path, why) : status;
}

/* What a broker before was killed in: of a snapshot it is as large as that. */
static void drop_parts(const struct home *home)
{
    static const char *const names[] = {"book.snapshot", "journal.db.room",
                                        "keyring.db.room"};
    char path[PATH_MAX];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        file_drop_parts(home_file(home, names[i], path));
}

enum status home_take(struct home *home, const char *path, struct diag *why)
{
    char file[PATH_MAX];
    enum status status;

    memset(home, 0, sizeof *home);
    home->lock = -1;
    if (strlen(path) >= sizeof home->path)
        return diag_set(why, STATUS_USAGE, "%.60s...: path too long", path);
    strcpy(home->path, path);
    status = home_expect(home, "tocsin.conf", HOME_NAMED, why);
    if (status == STATUS_OK)
        status = home_lock(home, why);
    if (status == STATUS_OK) {
        drop_parts(home);
        status = config_load(&home->config,
                             home_file(home, "tocsin.conf", file), why);
    }
    if (status == STATUS_OK)
        status = keyfile_load_any(
            &home->key, home_file(home, "keys/broker.key", file), why);
    if (status == STATUS_OK)
        status = read_master(home, why);
    if (status == STATUS_OK)
        status = home_divisions(home, why);
    if (status == STATUS_OK)
        status = have_pictures(home, why);
    if (status != STATUS_OK)
        home_leave(home);
    return status;
}

void home_tell_exposed(const struct home *home)
{
    static const char *const secrets[] = {"keys/broker.key", "keys/master.key",
                                          "keys/authority.key",
                                          "administrator.json", "keyring.db"};
    char path[PATH_MAX];
    struct stat facts;

    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        if (stat(home_file(home, secrets[i], path), &facts) == 0 &&
            (facts.st_mode & 077) != 0)
            log_error("keys.exposed", "file=%s mode=%04o", path,
                      (unsigned)facts.st_mode & 07777);
    }
}

void home_leave(struct home *home)
{
    divisions_free(home->divisions);
    if (home->lock >= 0)
        (void)close(home->lock);
    keypair_wipe(&home->key);
    sodium_memzero(home, sizeof *home);
    home->lock = -1;
}

#define SPARES 128

enum status home_spares(struct keyring *keyring, struct vault *vault,
                        struct diag *why)
{
    struct case_key keys[SPARES];
    enum status status;

    if (vault_spares(vault) >= SPARES)
        return STATUS_OK;
    status = keyring_make(keyring, keys, SPARES, why);
    for (int i = 0; status == STATUS_OK && i < SPARES; i++)
        vault_add(vault, &keys[i]);
    if (status == STATUS_FULL)
        status = STATUS_OK; /* the broker asks for more when there is room */
    sodium_memzero(keys, sizeof keys);
    return status;
}

static void note_destroyed(void *arg, const uint8_t id[KEY_ID_SIZE])
{
    vault_destroy(arg, id);
}

enum status home_destroyed(struct keyring *keyring, struct vault *vault,
                           struct diag *why)
{
    return keyring_read_destroyed(keyring, note_destroyed, vault, why);
}
