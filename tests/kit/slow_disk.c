/**
 * Loaded before a program (LD_PRELOAD), it makes every positioned write wait
 * first, as on a slow disk: so that what is said before it is written has time
 * to be caught. TOCSIN_SLOW_DISK_US says how long.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Everything else is compiled with hidden symbols, and what is hidden stands in
 * nobody's way. */
#pragma GCC visibility push(default)

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset);
ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset);

static void wait_first(void)
{
    const char *text = getenv("TOCSIN_SLOW_DISK_US");
    long us = text != NULL ? strtol(text, NULL, 10) : 0;
    struct timespec pause = {us / 1000000, us % 1000000 * 1000};

    (void)nanosleep(&pause, NULL);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset)
{
    wait_first();
    return syscall(SYS_pwrite64, fd, bytes, size, offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
    return pwrite64(fd, bytes, size, offset);
}
