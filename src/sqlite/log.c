/* The log as the file format of SQLite 3 has it ("The Write-Ahead Log"). */
#include "sqlite/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEAD 32
#define MAGIC 0x377f0682 /* and one more, where checksums are big-endian */
#define FRAME 24         /* before each page */
#define PAGE_MAX 65536
#define DEFAULT_PAGE 4096 /* of each file that is made here */

struct log {
    int fd;
    uint32_t page; /* in bytes */
    bool big;
    uint8_t salts[8];
    uint32_t sums[2]; /* of all before, as long as they fit */
    uint8_t frame[FRAME + PAGE_MAX];
};

static uint32_t number_at(const uint8_t *at, bool big)
{
    return big ? (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
                     (uint32_t)at[2] << 8 | at[3]
               : (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 |
                     (uint32_t)at[1] << 8 | at[0];
}

static void add_up(struct log *log, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i + 8 <= size; i += 8) {
        log->sums[0] += number_at(bytes + i, log->big) + log->sums[1];
        log->sums[1] += number_at(bytes + i + 4, log->big) + log->sums[0];
    }
}

static bool sums_are(const struct log *log, const uint8_t *at)
{
    return number_at(at, true) == log->sums[0] &&
           number_at(at + 4, true) == log->sums[1];
}

static bool is_begun(struct log *log)
{
    uint8_t head[HEAD];
    uint32_t magic;

    if (pread(log->fd, head, HEAD, 0) != HEAD)
        return false;
    magic = number_at(head, true);
    log->big = (magic & 1) != 0;
    log->page = number_at(head + 8, true);
    if ((magic & ~1U) != MAGIC || log->page < 512 || log->page > PAGE_MAX ||
        log->page % 8 != 0)
        return false;
    memcpy(log->salts, head + 16, sizeof log->salts);
    add_up(log, head, 24);
    return sums_are(log, head + 24);
}

static bool read_frame(struct log *log, off_t *at)
{
    size_t size = FRAME + log->page;
    bool good = pread(log->fd, log->frame, size, *at) == (ssize_t)size;

    *at += (off_t)size;
    return good;
}

static bool is_commit(const struct log *log)
{
    return memcmp(log->frame + 8, log->salts, sizeof log->salts) == 0 &&
           number_at(log->frame + 4, true) != 0;
}

/* Does the frame at hand fit the one before it, as that says of itself? */
static bool follows(struct log *log)
{
    const uint8_t *said = log->frame + 16;
    bool good;

    add_up(log, log->frame, 8);
    add_up(log, log->frame + FRAME, log->page);
    good = memcmp(log->frame + 8, log->salts, sizeof log->salts) == 0 &&
           sums_are(log, said);
    log->sums[0] = number_at(said, true);
    log->sums[1] = number_at(said + 4, true);
    return good;
}

/* Commits behind the first frame that does not fit, each of which the next
 * frame follows: it was synced before that was written. What an earlier power
 * cut left of a commit that never was ends with it. */
static unsigned count_behind(struct log *log)
{
    off_t at = HEAD;
    bool whole = true;
    bool commit = false;
    unsigned lost = 0;

    while (read_frame(log, &at)) {
        bool fits = follows(log);

        if (!whole && fits && commit)
            lost++;
        whole = whole && fits;
        commit = !whole && is_commit(log);
    }
    return lost;
}

/* The file has what the last one says. */
static bool is_moved(const struct log *log, int file, off_t last)
{
    uint8_t frame[FRAME];
    bool same = pread(log->fd, frame, FRAME, last) == FRAME;
    off_t page = (off_t)(number_at(frame, true) - 1) * log->page;

    for (uint32_t i = 0; same && i < log->page; i += 8) {
        uint8_t ours[8];
        uint8_t other[8];

        same = pread(log->fd, ours, 8, last + FRAME + i) == 8 &&
               pread(file, other, 8, page + i) == 8 &&
               memcmp(ours, other, 8) == 0;
    }
    return same;
}

/* Without a beginning no frame counts. All of them have moved into the file
 * when a log is begun anew; else they are lost. The first one may be damaged
 * with the beginning: the next one has the salts. */
static unsigned count_all(struct log *log, int file)
{
    off_t at = HEAD + FRAME + DEFAULT_PAGE;
    unsigned commits = 0;
    off_t last = 0;

    log->page = DEFAULT_PAGE;
    log->big = number_at((const uint8_t *)&(uint32_t){1}, true) == 1;
    for (bool first = true; read_frame(log, &at); first = false) {
        if (first)
            memcpy(log->salts, log->frame + 8, sizeof log->salts);
        if (!follows(log) && !first)
            break;
        if (is_commit(log)) {
            last = at - FRAME - DEFAULT_PAGE;
            commits++;
        }
    }
    return commits < 2 || is_moved(log, file, last) ? 0 : commits - 1;
}

static unsigned count_lost(struct log *log, const char *path)
{
    int file;
    unsigned lost;

    if (is_begun(log))
        return count_behind(log);
    file = open(path, O_RDONLY | O_CLOEXEC);
    lost = count_all(log, file);
    if (file >= 0)
        (void)close(file);
    return lost;
}

enum status sqlite_log_whole(const char *path, struct diag *why)
{
    struct log *log = must_calloc(1, sizeof *log);
    char name[PATH_MAX];
    enum status status = STATUS_OK;
    unsigned lost;

    snprintf(name, sizeof name, "%s-wal", path);
    log->fd = open(name, O_RDONLY | O_CLOEXEC);
    if (log->fd < 0 && errno != ENOENT)
        status = diag_errno(why, STATUS_DISK, "%s", name);
    lost = log->fd >= 0 ? count_lost(log, path) : 0;
    if (lost > 0)
        status = diag_set(why, STATUS_CORRUPT,
                          "%s: a page of it is damaged, and %u commits lie "
                          "behind it that were confirmed",
                          name, lost);
    if (log->fd >= 0)
        (void)close(log->fd);
    free(log);
    return status;
}
