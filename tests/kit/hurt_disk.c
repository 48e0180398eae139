/**
 * Loaded before a program (LD_PRELOAD), it stands between the program and its
 * disk: counts what goes there, fails what it is told to, and writes a log from
 * which power_cut.py makes the disk as a power cut would leave it.
 *
 *   TOCSIN_DISK_FOLDER    only what lies in here is touched
 *   TOCSIN_DISK_CONTROL   a file with struct control, which the test maps too
 *   TOCSIN_DISK_LOG       each operation in its order, with its bytes; then
 *                         nothing is really synced: the log is the truth
 *
 * Each operation and its line in the log are one step, under a lock that all
 * programs share, so the log's order is the disk's.
 */
#define _GNU_SOURCE
#include "hurt_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* Everything else is compiled with hidden symbols, and what is hidden stands in
 * nobody's way. */
#pragma GCC visibility push(default)

#define FDS 65536

enum kind { MAKE, WRITE, CUT, SYNC, RENAME, REMOVE, FOLDER, SYNC_ALL };

struct line {
    uint32_t kind;
    uint32_t pid;
    uint64_t inode;
    uint64_t at;
    uint32_t path_size;
    uint32_t data_size;
};

static struct control *control;
static const char *folder;
static int log_fd = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static uint64_t inodes[FDS]; /* by descriptor; 0: not one of ours */

static void prepare(void)
{
    const char *path = getenv("TOCSIN_DISK_CONTROL");
    const char *log = getenv("TOCSIN_DISK_LOG");
    int fd;

    folder = getenv("TOCSIN_DISK_FOLDER");
    if (path != NULL) {
        fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
        control = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE,
                       MAP_SHARED, fd, 0);
        if (control == MAP_FAILED)
            abort();
        (void)syscall(SYS_close, fd);
    }
    if (log != NULL)
        log_fd = (int)syscall(SYS_openat, AT_FDCWD, log,
                              O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

static bool ours(const char *path)
{
    size_t size;

    if (getenv("TOCSIN_DISK_FOLDER") == NULL)
        return false;
    (void)pthread_once(&once, prepare);
    size = strlen(folder);
    return size > 0 && strncmp(path, folder, size) == 0 &&
           (path[size] == '/' || path[size] == '\0');
}

static uint64_t inode_of(int fd)
{
    return fd >= 0 && fd < FDS ? inodes[fd] : 0;
}

static uint64_t inode_at(int folder_fd, const char *path)
{
    struct stat facts;

    return fstatat(folder_fd, path, &facts, AT_SYMLINK_NOFOLLOW) == 0
               ? facts.st_ino
               : 0;
}

static void enter(void)
{
    (void)pthread_mutex_lock(&lock);
    if (log_fd >= 0)
        (void)flock(log_fd, LOCK_EX);
}

static void leave(void)
{
    int error = errno;

    if (log_fd >= 0)
        (void)flock(log_fd, LOCK_UN);
    (void)pthread_mutex_unlock(&lock);
    errno = error;
}

/* 0: go on. */
static int stopped(unsigned hit)
{
    uint64_t number;

    if (control == NULL || (control->hits & hit) == 0)
        return 0;
    number = ++control->count;
    if (number == control->die_at)
        (void)raise(SIGKILL);
    if (control->fail_at == 0 || number < control->fail_at ||
        (number > control->fail_at && !control->lasting))
        return 0;
    control->failed++;
    errno = (int)control->error;
    return -1;
}

static void note(struct line line, const char *path, const void *data,
                 size_t size)
{
    struct iovec parts[3] = {
        {&line, sizeof line},
        {(void *)(uintptr_t)path, path != NULL ? strlen(path) : 0},
        {(void *)(uintptr_t)data, size}};
    int error = errno;

    if (log_fd < 0)
        return;
    line.pid = (uint32_t)getpid();
    line.path_size = (uint32_t)parts[1].iov_len;
    line.data_size = (uint32_t)size;
    if (writev(log_fd, parts, 3) < 0)
        abort();
    errno = error;
}

/* ---- names --------------------------------------------------------------- */

static int open_at(int folder_fd, const char *path, int flags, mode_t mode)
{
    bool mine = folder_fd == AT_FDCWD && ours(path);
    bool makes = mine && (flags & O_CREAT) != 0;
    bool there;
    int fd;

    if (!mine) {
        fd = (int)syscall(SYS_openat, folder_fd, path, flags, mode);
        if (fd >= 0 && fd < FDS)
            inodes[fd] = 0;
        return fd;
    }
    enter();
    there = inode_at(AT_FDCWD, path) != 0;
    fd = makes && !there && stopped(HIT_NAMES) != 0
             ? -1
             : (int)syscall(SYS_openat, folder_fd, path, flags, mode);
    if (fd >= 0 && fd < FDS) {
        inodes[fd] = inode_at(AT_FDCWD, path);
        if (makes && !there)
            note((struct line){.kind = MAKE, .inode = inodes[fd]}, path, NULL,
                 0);
        else if ((flags & O_TRUNC) != 0)
            note((struct line){.kind = CUT, .inode = inodes[fd]}, NULL, NULL,
                 0);
    }
    leave();
    return fd;
}

#define TAKE_MODE(mode, flags)                                                 \
    mode_t mode = 0;                                                           \
    if (((flags)&O_CREAT) != 0) {                                              \
        va_list args;                                                          \
        va_start(args, flags);                                                 \
        mode = va_arg(args, mode_t);                                           \
        va_end(args);                                                          \
    }

int open(const char *path, int flags, ...)
{
    TAKE_MODE(mode, flags)
    return open_at(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    TAKE_MODE(mode, flags)
    return open_at(AT_FDCWD, path, flags, mode);
}

int mkostemp(char *path, int flags)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    char *end = path + strlen(path) - 6;
    uint8_t dice[6];

    if (getrandom(dice, sizeof dice, 0) != sizeof dice)
        abort();
    for (int i = 0; i < 6; i++)
        end[i] = letters[dice[i] % (sizeof letters - 1)];
    return open_at(AT_FDCWD, path, flags | O_RDWR | O_CREAT | O_EXCL, 0600);
}

int close(int fd)
{
    if (fd >= 0 && fd < FDS)
        inodes[fd] = 0;
    return (int)syscall(SYS_close, fd);
}

int rename(const char *from, const char *to)
{
    int done;

    if (!ours(to))
        return (int)syscall(SYS_rename, from, to);
    enter();
    done = stopped(HIT_NAMES);
    if (done == 0)
        done = (int)syscall(SYS_rename, from, to);
    if (done == 0)
        note((struct line){.kind = RENAME}, from, to, strlen(to));
    leave();
    return done;
}

int mkdir(const char *path, mode_t mode)
{
    int done;

    if (!ours(path))
        return (int)syscall(SYS_mkdir, path, mode);
    enter();
    done = inode_at(AT_FDCWD, path) == 0 ? stopped(HIT_NAMES) : 0;
    if (done == 0)
        done = (int)syscall(SYS_mkdir, path, mode);
    if (done == 0)
        note((struct line){.kind = FOLDER, .inode = inode_at(AT_FDCWD, path)},
             path, NULL, 0);
    leave();
    return done;
}

/* Taking away needs no space and is never refused. */
static int take_away(int folder_fd, const char *path, int flags)
{
    char whole[PATH_MAX];
    char link[64];
    ssize_t size = 0;
    int done;

    if (folder_fd != AT_FDCWD) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", folder_fd);
        size = readlink(link, whole, sizeof whole / 2);
    }
    if (size < 0)
        return -1;
    snprintf(whole + size, sizeof whole - (size_t)size, "%s%s",
             size > 0 ? "/" : "", path);
    if (!ours(whole))
        return (int)syscall(SYS_unlinkat, folder_fd, path, flags);
    enter();
    done = (int)syscall(SYS_unlinkat, folder_fd, path, flags);
    if (done == 0)
        note((struct line){.kind = REMOVE}, whole, NULL, 0);
    leave();
    return done;
}

int unlink(const char *path)
{
    return take_away(AT_FDCWD, path, 0);
}

int unlinkat(int folder_fd, const char *path, int flags)
{
    return take_away(folder_fd, path, flags);
}

int rmdir(const char *path)
{
    return take_away(AT_FDCWD, path, AT_REMOVEDIR);
}

/* ---- bytes --------------------------------------------------------------- */

static int write_stopped(int fd, size_t size, off_t at)
{
    unsigned hit = HIT_WRITES;
    struct stat facts;

    if (control != NULL && size <= control->over)
        return 0;
    /* past ThreadSanitizer, which does not see either that it is closed here */
    if (syscall(SYS_newfstatat, fd, "", &facts, AT_EMPTY_PATH) == 0 &&
        at + (off_t)size > facts.st_size)
        hit |= HIT_GROWTH;
    return stopped(hit);
}

static ssize_t write_at(int fd, const void *bytes, size_t size, off_t at)
{
    uint64_t inode = inode_of(fd);
    ssize_t done = -1;
    bool append = at < 0;

    if (inode == 0)
        return append ? syscall(SYS_write, fd, bytes, size)
                      : syscall(SYS_pwrite64, fd, bytes, size, at);
    enter();
    if (append)
        at = (off_t)syscall(SYS_lseek, fd, 0, SEEK_CUR);
    /* what no longer fits is often cut in the middle first */
    if (write_stopped(fd, size, at) != 0) {
        if (control->lasting && errno == ENOSPC && size > 1 &&
            control->over == 0)
            done = append ? syscall(SYS_write, fd, bytes, size / 2)
                          : syscall(SYS_pwrite64, fd, bytes, size / 2, at);
    } else {
        done = append ? syscall(SYS_write, fd, bytes, size)
                      : syscall(SYS_pwrite64, fd, bytes, size, at);
    }
    if (done > 0)
        note((struct line){.kind = WRITE, .inode = inode, .at = (uint64_t)at},
             NULL, bytes, (size_t)done);
    leave();
    return done;
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    return write_at(fd, bytes, size, -1);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    return write_at(fd, bytes, size, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at)
{
    return write_at(fd, bytes, size, at);
}

static ssize_t read_at(int fd, void *bytes, size_t size, off_t at)
{
    bool safe = inode_of(fd) == 0 || control == NULL ||
                (uint64_t)at < control->reads_from ||
                (control->reads_to > 0 && (uint64_t)at >= control->reads_to);
    ssize_t done = -1;

    if (safe)
        return syscall(SYS_pread64, fd, bytes, size, at);
    enter();
    if (stopped(HIT_READS) == 0)
        done = syscall(SYS_pread64, fd, bytes, size, at);
    leave();
    return done;
}

ssize_t pread(int fd, void *bytes, size_t size, off_t at)
{
    return read_at(fd, bytes, size, at);
}

ssize_t pread64(int fd, void *bytes, size_t size, off64_t at)
{
    return read_at(fd, bytes, size, at);
}

int ftruncate64(int fd, off64_t size)
{
    uint64_t inode = inode_of(fd);
    int done;

    if (inode == 0)
        return (int)syscall(SYS_ftruncate, fd, size);
    enter();
    done = stopped(HIT_WRITES);
    if (done == 0)
        done = (int)syscall(SYS_ftruncate, fd, size);
    if (done == 0)
        note((struct line){.kind = CUT, .inode = inode, .at = (uint64_t)size},
             NULL, NULL, 0);
    leave();
    return done;
}

int ftruncate(int fd, off_t size)
{
    return ftruncate64(fd, size);
}

static int sync_by(long call, int fd)
{
    uint64_t inode = inode_of(fd);
    int done;

    if (inode == 0)
        return (int)syscall(call, fd);
    enter();
    done = stopped(HIT_SYNCS);
    if (done == 0 && log_fd < 0)
        done = (int)syscall(call, fd);
    if (done == 0)
        note((struct line){.kind = call == SYS_syncfs ? SYNC_ALL : SYNC,
                           .inode = inode},
             NULL, NULL, 0);
    leave();
    return done;
}

int fsync(int fd)
{
    return sync_by(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    return sync_by(SYS_fdatasync, fd);
}

int syncfs(int fd)
{
    return sync_by(SYS_syncfs, fd);
}
