/**
 * Loaded before a program (LD_PRELOAD), it lets time run TOCSIN_FAST times as
 * fast for it: every clock and every wait with a time-out. All programs of a
 * test count from the same moment, TOCSIN_FAST_WALL and TOCSIN_FAST_MONOTONIC
 * in nanoseconds. The processor and the line are as slow as they are.
 *
 * TOCSIN_CLOCK_OFF names a file of eight bytes: by so many nanoseconds the time
 * of day is wrong, from the moment that they are written (tests/kit/clock.py).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000LL

/* Everything else is compiled with hidden symbols, and what is hidden stands in
 * nobody's way. */
#pragma GCC visibility push(default)

static int64_t told(const char *name)
{
    const char *text = getenv(name);

    return text != NULL ? strtoll(text, NULL, 10) : 0;
}

static int64_t speed(void)
{
    static int64_t fast;

    if (fast == 0)
        fast = told("TOCSIN_FAST");
    return fast > 0 ? fast : 1;
}

static bool is_wall(clockid_t clock)
{
    return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
}

static int64_t origin(clockid_t clock)
{
    static int64_t wall;
    static int64_t monotonic;

    if (wall == 0) {
        monotonic = told("TOCSIN_FAST_MONOTONIC");
        wall = told("TOCSIN_FAST_WALL");
    }
    return is_wall(clock) ? wall : monotonic;
}

static int64_t wrong_by(void)
{
    static const volatile int64_t *off;
    const char *path = getenv("TOCSIN_CLOCK_OFF");

    if (off == NULL && path != NULL) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        void *map = mmap(NULL, sizeof *off, PROT_READ, MAP_SHARED, fd, 0);

        if (fd < 0 || map == MAP_FAILED)
            abort();
        (void)close(fd);
        off = map;
    }
    return off != NULL ? *off : 0;
}

static int64_t count(const struct timespec *time)
{
    return time->tv_sec * SECOND + time->tv_nsec;
}

static struct timespec spell(int64_t ns)
{
    return (struct timespec){ns / SECOND, ns % SECOND};
}

int clock_gettime(clockid_t clock, struct timespec *out)
{
    int done = (int)syscall(SYS_clock_gettime, clock, out);

    if (done == 0 &&
        (clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC ||
         clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE))
        *out = spell(origin(clock) + (count(out) - origin(clock)) * speed() +
                     (is_wall(clock) ? wrong_by() : 0));
    return done;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    struct timespec now;

    (void)zone;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    out->tv_sec = now.tv_sec;
    out->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *out)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (out != NULL)
        *out = now.tv_sec;
    return now.tv_sec;
}

static int shorter(int timeout_ms)
{
    return timeout_ms > 0 ? 1 + timeout_ms / (int)speed() : timeout_ms;
}

int poll(struct pollfd *fds, nfds_t count_of, int timeout_ms)
{
    return (int)syscall(SYS_poll, fds, count_of, shorter(timeout_ms));
}

int epoll_wait(int fd, struct epoll_event *events, int max, int timeout_ms)
{
    return (int)syscall(SYS_epoll_wait, fd, events, max, shorter(timeout_ms));
}

int nanosleep(const struct timespec *pause, struct timespec *left)
{
    struct timespec shorter_pause = spell(count(pause) / speed());

    return (int)syscall(SYS_nanosleep, &shorter_pause, left);
}

static int64_t left(clockid_t clock, const struct timespec *until)
{
    struct timespec now;

    (void)clock_gettime(clock, &now);
    return count(until) - count(&now);
}

/* Whether it waits by the wall or the monotonic clock cannot be seen here: the
 * one that is nearer is the one meant. */
int pthread_cond_timedwait(pthread_cond_t *restrict cond,
                           pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict until)
{
    static int (*next)(pthread_cond_t *, pthread_mutex_t *,
                       const struct timespec *);
    int64_t wall = left(CLOCK_REALTIME, until);
    int64_t monotonic = left(CLOCK_MONOTONIC, until);
    bool by_wall = llabs(wall) < llabs(monotonic);
    struct timespec sooner;

    (void)syscall(SYS_clock_gettime, by_wall ? CLOCK_REALTIME : CLOCK_MONOTONIC,
                  &sooner);
    sooner = spell(count(&sooner) + (by_wall ? wall : monotonic) / speed());
    if (next == NULL)
        *(void **)&next = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    return next(cond, mutex, &sooner);
}
