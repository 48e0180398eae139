/* The file `daemon`: its lock and its pulse. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "terminal/store_inside.h"

/* Another one with each layout: what another version has written is not read.
 */
#define PULSE_MAGIC 0x70756c3473656fULL

static struct flock whole_file(void)
{
    struct flock lock;

    memset(&lock, 0, sizeof lock);
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    return lock;
}

/* A lock of the open file, not of the process: two handles in one process are
 * two, and asking whether somebody has it does not take it. */
enum status store_lock(struct store *store, struct diag *why)
{
    struct flock lock = whole_file();

    if (fcntl(store->daemon_fd, F_OFD_SETLK, &lock) != 0)
        return errno == EAGAIN || errno == EACCES
                   ? diag_set(why, STATUS_REFUSED,
                              "store %s: another daemon has it", store->folder)
                   : diag_errno(why, STATUS_SYSTEM, "store %s: locking",
                                store->folder);
    store->locked = true;
    store->truncate = true; /* of the one before, which may have been killed */
    (void)sqlite3_busy_timeout(store->db, DAEMON_PATIENCE_MS);
    return STATUS_OK;
}

bool store_running(const struct store *store)
{
    struct flock lock = whole_file();

    if (store->locked)
        return true;
    return fcntl(store->daemon_fd, F_OFD_GETLK, &lock) == 0 &&
           lock.l_type != F_UNLCK;
}

/* Written whole and never fsynced: a torn one fails its check and is read
 * again, an old one is only old. */
struct pulse_file {
    uint64_t magic;
    struct pulse pulse;
    uint8_t check[32];
};

void store_pulse(struct store *store, const struct pulse *pulse)
{
    struct pulse_file file;

    memset(&file, 0, sizeof file);
    file.magic = PULSE_MAGIC;
    memcpy(&file.pulse, pulse, sizeof file.pulse);
    hash_bytes(file.check, (const uint8_t *)&file.pulse, sizeof file.pulse);
    (void)!pwrite(store->daemon_fd, &file, sizeof file, 0);
}

#define TORN_TRIES 3

enum last_pulse store_last_pulse(const struct store *store, struct pulse *pulse)
{
    struct pulse_file file;
    uint8_t check[32];
    ssize_t size;

    for (int i = 0; i < TORN_TRIES; i++) {
        memset(&file, 0, sizeof file);
        size = pread(store->daemon_fd, &file, sizeof file, 0);
        if (size > 0 && file.magic != 0 && file.magic != PULSE_MAGIC)
            return PULSE_OF_ANOTHER;
        if (size != (ssize_t)sizeof file || file.magic == 0)
            return PULSE_NONE;
        hash_bytes(check, (const uint8_t *)&file.pulse, sizeof file.pulse);
        if (memcmp(check, file.check, sizeof check) == 0) {
            *pulse = file.pulse;
            return PULSE_READ;
        }
    }
    return PULSE_NONE;
}
