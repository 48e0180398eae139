/* A home in the making: in a folder beside it, locked, so that of two programs
 * that make the same home one does. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "tocsind/home.h"

static enum status refuse_existing(const char *path, struct diag *why)
{
    struct stat facts;

    if (lstat(path, &facts) == 0)
        return diag_set(why, STATUS_EXISTS,
                        "%s: is there already; name a new folder", path);
    return STATUS_OK;
}

/* Whoever had it may have given it its name, or taken it away, before we had
 * the lock: is it still the folder of that name? */
static bool is_still(const struct home *beside)
{
    struct stat held;
    struct stat named;

    return fstat(beside->lock, &held) == 0 &&
           lstat(beside->path, &named) == 0 && held.st_dev == named.st_dev &&
           held.st_ino == named.st_ino;
}

static enum status take_folder(struct home *beside, struct diag *why)
{
    enum status status = file_mkdir(beside->path, why);

    if (status != STATUS_OK && status != STATUS_EXISTS)
        return status;
    beside->lock =
        open(beside->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (beside->lock < 0 && errno != ENOENT)
        return diag_errno(why, STATUS_SYSTEM, "%s", beside->path);
    if (beside->lock >= 0 && flock(beside->lock, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK)
            return diag_errno(why, STATUS_SYSTEM, "%s", beside->path);
    } else if (beside->lock >= 0 && is_still(beside)) {
        return STATUS_OK;
    }
    return diag_set(why, STATUS_BUSY, "%s: another program is making it",
                    beside->path);
}

/* Only what we hold. */
static void let_go(struct home *beside)
{
    if (beside->lock >= 0)
        (void)close(beside->lock);
    beside->lock = -1;
}

enum status home_begin(struct home *beside, char *path, struct diag *why)
{
    enum status status;
    int size;

    if (path[0] == '\0')
        return diag_set(why, STATUS_USAGE, "the path is empty");
    while (strlen(path) > 1 && path[strlen(path) - 1] == '/')
        path[strlen(path) - 1] = '\0';
    size = snprintf(beside->path, sizeof beside->path, "%s.unfinished", path);
    if (size >= (int)sizeof beside->path)
        return diag_set(why, STATUS_USAGE, "%.60s...: path too long", path);
    status = refuse_existing(path, why);
    if (status != STATUS_OK)
        return status;
    status = take_folder(beside, why);
    if (status != STATUS_OK) {
        let_go(beside);
        return status;
    }
    file_empty(beside->path);            /* of one that was ended */
    status = refuse_existing(path, why); /* by who had it just before */
    if (status != STATUS_OK)
        home_abandon(beside);
    return status;
}

enum status home_finish(struct home *beside, const char *path, struct diag *why)
{
    enum status status = refuse_existing(path, why);

    if (status == STATUS_OK)
        status = file_rename(beside->path, path, why);
    if (status == STATUS_OK)
        let_go(beside);
    return status;
}

void home_abandon(struct home *beside)
{
    if (beside->lock >= 0 && is_still(beside))
        file_clear(beside->path);
    let_go(beside);
}
