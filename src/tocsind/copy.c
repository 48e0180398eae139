/* A copy of a home while the broker works. The keyring is copied apart and
 * replaced each time, never kept in an old version: what a destroyed key sealed
 * stays unreadable in every backup too. */
#define _GNU_SOURCE
#include "tocsind/backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "sqlite/sqlite.h"
#include "tocsind/chronicle.h"
#include "tocsind/sweep.h"

#define FILE_BYTES_MAX ((size_t)64 << 20)
#define PATTERN_SIZE 65536

/* ---- single files -------------------------------------------------------- */

static enum status copy_file(const struct home *from, const struct home *to,
                             const char *name, struct diag *why)
{
    char path[PATH_MAX];
    uint8_t *bytes;
    size_t size;
    enum status status = file_read(home_file(from, name, path), FILE_BYTES_MAX,
                                   &bytes, &size, why);

    if (status != STATUS_OK)
        return status;
    status = file_write(home_file(to, name, path), 0600, bytes, size, why);
    memset(bytes, 0, size);
    free(bytes);
    return status;
}

/* Old keys must not be found again in blocks that are free now. */
static enum status overwrite(const char *path, struct diag *why)
{
    uint8_t *zeros = must_calloc(1, PATTERN_SIZE);
    struct stat facts;
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool good = fd >= 0 && fstat(fd, &facts) == 0;

    for (off_t at = 0; good && at < facts.st_size; at += PATTERN_SIZE)
        good = pwrite(fd, zeros, PATTERN_SIZE, at) == PATTERN_SIZE;
    good = good && fsync(fd) == 0;
    if (fd >= 0)
        (void)close(fd);
    free(zeros);
    return good ? STATUS_OK : diag_errno(why, STATUS_DISK, "%s", path);
}

/* What the name stood for before, unless it still does. */
static enum status end_old(const char *path, const char *old, struct diag *why)
{
    struct stat now;
    struct stat before;
    enum status status = STATUS_OK;

    if (stat(old, &before) != 0)
        return STATUS_OK;
    if (stat(path, &now) != 0 || now.st_ino != before.st_ino)
        status = overwrite(old, why);
    (void)unlink(old);
    return status;
}

/* ---- databases ----------------------------------------------------------- */

static const char *beside_file(const struct home *to, const char *name,
                               char buffer[PATH_MAX])
{
    char beside[100];

    snprintf(beside, sizeof beside, "%.90s.new", name);
    return home_file(to, beside, buffer);
}

/* Beside the one that is there, which stays whole until it is replaced. */
static enum status copy_beside(const struct home_copying *copying,
                               const char *name,
                               void (*progress)(void *, int, int),
                               struct diag *why)
{
    char source[PATH_MAX];
    char beside[PATH_MAX];
    enum status status;

    (void)unlink(beside_file(copying->to, name, beside));
    status = sqlite_copy(home_file(copying->from, name, source), beside,
                         progress, NULL, why);
    if (status != STATUS_OK)
        (void)unlink(beside);
    return status;
}

/* Of a broker that was run in the copy, and killed: SQLite would lay it over
 * what has that name from now on. The copy before is whole until then. */
static enum status end_log(const struct home *to, const char *name,
                           struct diag *why)
{
    char path[PATH_MAX];
    char log[PATH_MAX + 8];
    enum status status = STATUS_OK;

    snprintf(log, sizeof log, "%s-wal", home_file(to, name, path));
    if (access(log, F_OK) != 0)
        return STATUS_OK;
    if (home_has(to, name))
        status = sqlite_move_log(path, why);
    if (status == STATUS_OK || status == STATUS_CORRUPT)
        status = overwrite(log, why);
    if (status == STATUS_OK) {
        (void)unlink(log);
        snprintf(log, sizeof log, "%s-shm", path);
        (void)unlink(log);
    }
    return status;
}

static enum status publish(const struct home *to, const char *name,
                           struct diag *why)
{
    char beside[PATH_MAX];
    char path[PATH_MAX];
    enum status status = end_log(to, name, why);

    return status == STATUS_OK ? file_publish(beside_file(to, name, beside),
                                              home_file(to, name, path), why)
                               : status;
}

/* The keys that the copy had before are overwritten. */
static enum status replace_keyring(const struct home_copying *copying,
                                   struct diag *why)
{
    char path[PATH_MAX];
    char old[PATH_MAX];
    enum status status = copy_beside(copying, "keyring.db", NULL, why);

    (void)home_file(copying->to, "keyring.db", path);
    (void)home_file(copying->to, "keyring.db.old", old);
    if (status == STATUS_OK)
        status = end_old(path, old, why); /* of a copying that was ended */
    if (status == STATUS_OK && link(path, old) != 0 && access(path, F_OK) == 0)
        status = diag_errno(why, STATUS_DISK, "%s", old);
    if (status == STATUS_OK)
        status = publish(copying->to, "keyring.db", why);
    if (status == STATUS_OK)
        status = end_old(path, old, why);
    return status;
}

/* ---- folders ------------------------------------------------------------- */

/* Each file of a folder, until one fails. No folder is no empty one. */
static enum status each_file(struct home_copying *copying,
                             const struct home *home, const char *folder,
                             enum status (*take)(struct home_copying *,
                                                 const char *name,
                                                 struct diag *why),
                             struct diag *why)
{
    char path[PATH_MAX];
    char name[PATH_MAX / 2];
    DIR *dir = opendir(home_file(home, folder, path));
    struct dirent *entry = NULL;
    enum status status = STATUS_OK;

    if (dir == NULL)
        return diag_errno(why, errno == ENOENT ? STATUS_MISSING : STATUS_SYSTEM,
                          "%s", path);
    errno = 0;
    while (status == STATUS_OK && (entry = readdir(dir)) != NULL) {
        snprintf(name, sizeof name, "%s/%.255s", folder, entry->d_name);
        if (entry->d_name[0] != '.')
            status = take(copying, name, why);
        errno = 0;
    }
    if (status == STATUS_OK && errno != 0)
        status = diag_errno(why, STATUS_SYSTEM, "%s", path);
    (void)closedir(dir);
    return status;
}

static enum status take_file(struct home_copying *copying, const char *name,
                             struct diag *why)
{
    enum status status = home_has(copying->to, name)
                             ? STATUS_OK
                             : copy_file(copying->from, copying->to, name, why);

    return status == STATUS_MISSING ? STATUS_OK /* swept while we looked */
                                    : status;
}

/* One that is damaged keeps nobody from having the rest, and gets no name that
 * would be taken for a good one. */
static enum status pass_over(struct home_copying *copying, const char *name,
                             enum status status, struct diag *why)
{
    char beside[PATH_MAX];

    (void)unlink(beside_file(copying->to, name, beside));
    if (status != STATUS_CORRUPT && status != STATUS_DISK)
        return status;
    if (copying->archive.status == STATUS_OK)
        copying->archive = *why;
    *why = (struct diag){STATUS_OK, ""};
    return STATUS_OK;
}

static enum status take_volume(struct home_copying *copying, const char *name,
                               struct diag *why)
{
    char path[PATH_MAX];
    enum status status;

    if (!is_volume(strchr(name, '/') + 1) || home_has(copying->to, name))
        return STATUS_OK;
    status = copy_beside(copying, name, NULL, why);
    if (status == STATUS_OK) {
        status = volume_check(beside_file(copying->to, name, path), why);
        if (status != STATUS_OK)
            diag_wrap(why, status, "%s", home_file(copying->from, name, path));
    }
    return status == STATUS_OK ? publish(copying->to, name, why)
                               : pass_over(copying, name, status, why);
}

static enum status make_folder(const struct home *to, const char *folder,
                               struct diag *why)
{
    char path[PATH_MAX];
    enum status status = file_mkdir(home_file(to, folder, path), why);

    return status == STATUS_EXISTS ? STATUS_OK : status;
}

/* What the source has and the copy lacks; these files never change. */
static enum status copy_folder(struct home_copying *copying, const char *folder,
                               struct diag *why)
{
    enum status status = make_folder(copying->to, folder, why);

    return status == STATUS_OK
               ? each_file(copying, copying->from, folder, take_file, why)
               : status;
}

static enum status copy_archive(struct home_copying *copying, struct diag *why)
{
    enum status status = STATUS_OK;

    if (!home_has(copying->from, ARCHIVE_FOLDER))
        return STATUS_OK;
    status = make_folder(copying->to, ARCHIVE_FOLDER, why);
    return status == STATUS_OK ? each_file(copying, copying->from,
                                           ARCHIVE_FOLDER, take_volume, why)
                               : status;
}

/* ---- all of it ----------------------------------------------------------- */

/* Of a copying that was killed: half a key is somebody's key, too. */
static void drop_parts(const struct home *to)
{
    static const char *const names[] = {"lock",
                                        "tocsin.conf",
                                        "divisions.csv",
                                        "keys/broker.key",
                                        "keys/master.key",
                                        "keys/authority.key",
                                        "administrator.json"};
    char path[PATH_MAX];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        file_drop_parts(home_file(to, names[i], path));
}

static enum status copy_files(struct home_copying *copying, struct diag *why)
{
    static const char *const files[] = {"tocsin.conf", "divisions.csv",
                                        "administrator.json"};
    const struct home *to = copying->to;
    char path[PATH_MAX];
    enum status status = file_mkdir(to->path, why);

    if (status == STATUS_EXISTS)
        status = STATUS_OK;
    drop_parts(to);
    if (status == STATUS_OK && !home_has(to, "lock"))
        status = file_write(home_file(to, "lock", path), 0600, "", 0, why);
    for (size_t i = 0; status == STATUS_OK && i < 3; i++) {
        if (home_has(copying->from, files[i]))
            status = copy_file(copying->from, to, files[i], why);
    }
    return status == STATUS_OK ? copy_folder(copying, "keys", why) : status;
}

/* The archive after the journal and the keys last: whatever moves between, the
 * copy has each fact and each key that a fact needs. The journal takes its name
 * after that: where this ends half way, the copy before is whole. */
enum status home_copy(struct home_copying *copying, struct diag *why)
{
    char beside[PATH_MAX];
    enum status status = copy_files(copying, why);

    if (status == STATUS_OK)
        status = copy_beside(copying, "journal.db", copying->progress, why);
    if (status == STATUS_OK)
        status = copy_archive(copying, why);
    if (status == STATUS_OK &&
        copy_folder(copying, "pictures", &copying->pictures) == STATUS_OK)
        copying->pictures = (struct diag){STATUS_OK, ""};
    if (status == STATUS_OK)
        status = replace_keyring(copying, why);
    if (status == STATUS_OK)
        status = publish(copying->to, "journal.db", why);
    if (status != STATUS_OK) /* it would take the room of the next one */
        (void)unlink(beside_file(copying->to, "journal.db", beside));
    return status;
}

/* ---- pictures that are no more ------------------------------------------- */

struct pruning {
    struct home_copying copying; /* first: a pruning is one */
    const struct book *book;
    struct home_lacks *lacks;
};

static void note_lack(struct home_lacks *lacks, const char *name)
{
    lacks->names =
        must_realloc(lacks->names, lacks->count + 1, sizeof *lacks->names);
    strcpy(lacks->names[lacks->count++], name);
}

static enum status prune_one(struct home_copying *copying, const char *name,
                             struct diag *why)
{
    const struct pruning *pruning = (const void *)copying;
    const char *picture = strchr(name, '/') + 1;
    char path[PATH_MAX];

    if (access(home_file(copying->from, name, path), F_OK) == 0)
        return STATUS_OK;
    if (errno != ENOENT)
        return diag_errno(why, STATUS_SYSTEM, "%s", path);
    if (picture_is_named(pruning->book, picture))
        note_lack(pruning->lacks, picture);
    else
        (void)unlink(home_file(copying->to, name, path));
    return STATUS_OK;
}

enum status home_prune(const struct home_copying *copying,
                       const struct book *book, struct home_lacks *lacks,
                       struct diag *why)
{
    struct pruning pruning = {
        .copying = *copying, .book = book, .lacks = lacks};

    if (copying->pictures.status != STATUS_OK) {
        *why = copying->pictures;
        return why->status;
    }
    return each_file(&pruning.copying, copying->to, "pictures", prune_one, why);
}
