#define _GNU_SOURCE
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* And six characters: of a file that is not yet whole. */
#define PART ".part."

void file_keep_standard(void)
{
    for (int fd = 0; fd <= 2; fd++) {
        /* the lowest that is free; what is printed there still fails */
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            (void)!open("/dev/null", fd == 0 ? O_RDWR : O_RDONLY);
    }
}

enum status file_read(const char *path, size_t max, uint8_t **out, size_t *size,
                      struct diag *why)
{
    FILE *file = fopen(path, "rbe");
    uint8_t *bytes;
    size_t got;
    bool failed;

    if (file == NULL)
        return diag_errno(why, errno == ENOENT ? STATUS_MISSING : STATUS_SYSTEM,
                          "%s", path);
    bytes = must_calloc(1, max + 2);
    got = fread(bytes, 1, max + 1, file);
    failed = ferror(file) != 0;
    (void)fclose(file);
    if (failed || got > max) {
        free(bytes);
        return failed ? diag_set(why, STATUS_SYSTEM, "%s: cannot be read", path)
                      : diag_set(why, STATUS_TOO_BIG,
                                 "%s: larger than %zu bytes", path, max);
    }
    *out = must_realloc(bytes, got + 1, 1);
    *size = got;
    return STATUS_OK;
}

static bool write_all(int fd, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t done = write(fd, bytes, size);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        bytes += done;
        size -= (size_t)done;
    }
    return true;
}

static enum status sync_one(const char *path, struct diag *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    enum status status = STATUS_OK;

    if (fd < 0)
        return diag_errno(why, errno == ENOENT ? STATUS_MISSING : STATUS_DISK,
                          "%s", path);
    if (fsync(fd) != 0)
        status = diag_errno(why, STATUS_DISK, "syncing %s", path);
    (void)close(fd);
    return status;
}

/* Gives the name in it. */
static const char *folder_of(const char *path, char folder[PATH_MAX])
{
    const char *slash = strrchr(path, '/');

    snprintf(folder, PATH_MAX, "%.*s",
             slash == NULL ? 1 : (int)(slash - path) + 1,
             slash == NULL ? "." : path);
    return slash == NULL ? path : slash + 1;
}

static enum status sync_folder_of(const char *path, struct diag *why)
{
    char folder[PATH_MAX];

    (void)folder_of(path, folder);
    return sync_one(folder, why);
}

enum status file_sync(const char *path, struct diag *why)
{
    enum status status = sync_one(path, why);

    return status == STATUS_OK ? sync_folder_of(path, why) : status;
}

/* What the errno of a failed write says: is the disk only full? */
static enum status trouble(void)
{
    return errno == ENOSPC || errno == EDQUOT ? STATUS_FULL : STATUS_DISK;
}

static enum status write_beside(const char *path, mode_t mode,
                                const void *bytes, size_t size, bool durable,
                                struct diag *why)
{
    char beside[PATH_MAX];
    int fd;
    bool good;

    if (snprintf(beside, sizeof beside, "%s" PART "XXXXXX", path) >=
        (int)sizeof beside)
        return diag_set(why, STATUS_DISK, "%s: path too long", path);
    fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0)
        return diag_errno(why, trouble(), "%s", path);
    good = fchmod(fd, mode) == 0 && write_all(fd, bytes, size) &&
           (!durable || fsync(fd) == 0);
    good = close(fd) == 0 && good;
    good = good && rename(beside, path) == 0;
    if (!good) {
        enum status status = diag_errno(why, trouble(), "%s", path);

        (void)unlink(beside);
        return status;
    }
    return durable ? sync_folder_of(path, why) : STATUS_OK;
}

enum status file_write(const char *path, mode_t mode, const void *bytes,
                       size_t size, struct diag *why)
{
    return write_beside(path, mode, bytes, size, true, why);
}

enum status file_write_quick(const char *path, mode_t mode, const void *bytes,
                             size_t size, struct diag *why)
{
    return write_beside(path, mode, bytes, size, false, why);
}

void file_drop_parts(const char *path)
{
    char folder[PATH_MAX];
    const char *name = folder_of(path, folder);
    size_t size = strlen(name);
    DIR *dir = opendir(folder);

    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        if (strncmp(entry->d_name, name, size) == 0 &&
            strncmp(entry->d_name + size, PART, strlen(PART)) == 0 &&
            strlen(entry->d_name) == size + strlen(PART "XXXXXX"))
            (void)unlinkat(dirfd(dir), entry->d_name, 0);
    }
    if (dir != NULL)
        (void)closedir(dir);
}

enum status file_mkdir(const char *path, struct diag *why)
{
    if (mkdir(path, 0700) == 0)
        return sync_folder_of(path, why);
    return diag_errno(why, errno == EEXIST ? STATUS_EXISTS : trouble(), "%s",
                      path);
}

enum status file_rename(const char *from, const char *to, struct diag *why)
{
    if (rename(from, to) != 0)
        return diag_errno(why, trouble(), "%s", to);
    return sync_folder_of(to, why);
}

enum status file_publish(const char *beside, const char *path, struct diag *why)
{
    enum status status = sync_one(beside, why);

    return status == STATUS_OK ? file_rename(beside, path, why) : status;
}

static int clear_one(const char *path, const struct stat *facts, int kind,
                     struct FTW *where)
{
    (void)facts;
    (void)where;
    return unlinkat(AT_FDCWD, path, kind == FTW_DP ? AT_REMOVEDIR : 0);
}

static int clear_inner(const char *path, const struct stat *facts, int kind,
                       struct FTW *where)
{
    return where->level > 0 ? clear_one(path, facts, kind, where) : 0;
}

void file_empty(const char *path)
{
    (void)nftw(path, clear_inner, 8, FTW_DEPTH | FTW_PHYS);
}

void file_clear(const char *path)
{
    (void)nftw(path, clear_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Takes one field out of *at, unquoting it in place. */
static char *take_field(char **at)
{
    char *from = *at;
    char *to = *at;
    char *start = *at;
    bool quoted = *from == '"';

    if (quoted)
        from++;
    while (*from != '\0' && (quoted || *from != ',')) {
        if (quoted && *from == '"') {
            if (from[1] != '"') {
                quoted = false;
                from++;
                continue;
            }
            from++;
        }
        *to++ = *from++;
    }
    *at = *from == ',' ? from + 1 : NULL;
    *to = '\0';
    return start;
}

size_t csv_split(char *line, char **fields, size_t max)
{
    size_t count = 0;

    line[strcspn(line, "\r\n")] = '\0';
    while (line != NULL) {
        char *field = take_field(&line);

        if (count < max)
            fields[count] = field;
        count++;
    }
    return count;
}
