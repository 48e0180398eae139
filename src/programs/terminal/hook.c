#define _GNU_SOURCE
#include "terminal/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define AT_ONCE 4
#define TIME_MS 60000
#define PAUSE_MS 1000 /* after the first failure; then twice as long */
#define PAUSE_MAX_MS 60000
#define END_TRIES 64 /* about an hour of them */

struct waiting {
    struct hook_job job;
    json_t *json;
    bool touched; /* the screen may show something of the alert */
    unsigned failures;
    int64_t not_before_ms;
    struct waiting *next;
};

struct running {
    pid_t pid; /* 0: free */
    struct waiting *of;
    int64_t until_ms;
    bool killed;
};

struct hook {
    const char *command;
    struct hook_events events;
    struct waiting *first;
    struct running running[AT_ONCE];
};

struct hook *hook_new(const char *command, const struct hook_events *events)
{
    struct hook *hook = calloc(1, sizeof *hook);

    if (hook == NULL)
        abort();
    hook->command = command;
    hook->events = *events;
    return hook;
}

static void let_go(struct waiting *waiting)
{
    json_decref(waiting->json);
    free(waiting);
}

static struct waiting *take_out(struct waiting **place)
{
    struct waiting *taken = *place;

    *place = taken->next;
    taken->next = NULL;
    return taken;
}

void hook_free(struct hook *hook)
{
    if (hook == NULL)
        return;
    for (int i = 0; i < AT_ONCE; i++) {
        if (hook->running[i].pid != 0) {
            (void)kill(-hook->running[i].pid, SIGKILL);
            (void)waitpid(hook->running[i].pid, NULL, 0);
            let_go(hook->running[i].of);
        }
    }
    while (hook->first != NULL)
        let_go(take_out(&hook->first));
    free(hook);
}

const char *hook_word(enum tocsin_change change)
{
    switch (change) {
    case TOCSIN_ALERT_NEW:
        return "NEW";
    case TOCSIN_ALERT_REVISED:
        return "REVISED";
    case TOCSIN_ALERT_ENDED:
        return "ENDED";
    case TOCSIN_PICTURE_CAME:
    case TOCSIN_STANDING_CHANGED:
        break;
    }
    return "";
}

static struct waiting **place_of(struct hook *hook, const char *alert_id)
{
    struct waiting **place = &hook->first;

    while (*place != NULL && strcmp((*place)->job.alert_id, alert_id) != 0)
        place = &(*place)->next;
    return place;
}

static void put_in_line(struct hook *hook, struct waiting *added)
{
    struct waiting **place = &hook->first;

    while (*place != NULL)
        place = &(*place)->next;
    *place = added;
}

/* An alert that nobody was told of yet and has ended need not be told at all.
 * One that is new to the command stays new though it was revised meanwhile. */
void hook_add(struct hook *hook, const struct hook_job *job, json_t *json)
{
    struct waiting **place = place_of(hook, job->alert_id);
    struct waiting *added = calloc(1, sizeof *added);
    bool ended = job->change == TOCSIN_ALERT_ENDED;
    bool untold = false;

    if (added == NULL)
        abort();
    added->job = *job;
    added->json = json;
    if (*place != NULL) {
        struct waiting *earlier = take_out(place);
        bool is_new = earlier->job.change == TOCSIN_ALERT_NEW;

        added->touched = earlier->touched || !is_new;
        untold = !added->touched;
        if (is_new && !ended)
            added->job.change = TOCSIN_ALERT_NEW;
        let_go(earlier);
    }
    if (ended && untold)
        let_go(added);
    else
        put_in_line(hook, added);
}

/* Half of it may be shown. */
static void try_again(struct hook *hook, struct waiting *failed, int64_t now_ms)
{
    struct waiting *newer = *place_of(hook, failed->job.alert_id);
    int64_t pause_ms = PAUSE_MS;

    if (newer != NULL) {
        if (failed->job.change == TOCSIN_ALERT_NEW &&
            newer->job.change == TOCSIN_ALERT_REVISED)
            newer->job.change = TOCSIN_ALERT_NEW;
        newer->touched = true;
        let_go(failed);
        return;
    }
    failed->touched = true;
    failed->failures++;
    if (failed->job.change == TOCSIN_ALERT_ENDED &&
        failed->failures >= END_TRIES) {
        hook->events.given_up(hook->events.arg, &failed->job);
        let_go(failed);
        return;
    }
    for (unsigned i = 1; i < failed->failures && pause_ms < PAUSE_MAX_MS; i++)
        pause_ms *= 2;
    failed->not_before_ms =
        now_ms + (pause_ms < PAUSE_MAX_MS ? pause_ms : PAUSE_MAX_MS);
    put_in_line(hook, failed);
}

/* ---- one process ---- */

/* The JSON in a file without a name: the child may read it or not, slowly or
 * fast, and nobody waits for it. */
static int file_of(const struct waiting *waiting)
{
    int fd;
    bool good;

    errno = 0;
    fd = memfd_create("alert", MFD_CLOEXEC);
    json_object_set_new(waiting->json, "change",
                        json_string(hook_word(waiting->job.change)));
    good = fd >= 0 &&
           json_dumpfd(waiting->json, fd,
                       JSON_COMPACT | JSON_REAL_PRECISION(15)) == 0 &&
           write(fd, "\n", 1) == 1 && lseek(fd, 0, SEEK_SET) == 0;
    if (!good && fd >= 0) {
        (void)close(fd);
        fd = -1;
    }
    return fd;
}

static int set_manners(posix_spawnattr_t *manners)
{
    sigset_t defaults;
    sigset_t none;

    (void)sigemptyset(&none);
    (void)sigemptyset(&defaults);
    (void)sigaddset(&defaults, SIGTERM);
    (void)sigaddset(&defaults, SIGINT);
    (void)sigaddset(&defaults, SIGPIPE);
    (void)sigaddset(&defaults, SIGHUP);
    (void)posix_spawnattr_setsigdefault(manners, &defaults);
    (void)posix_spawnattr_setsigmask(manners, &none);
    (void)posix_spawnattr_setpgroup(manners, 0);
    return posix_spawnattr_setflags(manners, POSIX_SPAWN_SETPGROUP |
                                                 POSIX_SPAWN_SETSIGDEF |
                                                 POSIX_SPAWN_SETSIGMASK);
}

/* Our standard output is for those who wait for "ready": its goes to the log.
 */
static int spawn_on(const char *command, int input, pid_t *pid)
{
    char shell[] = "sh";
    char option[] = "-c";
    char *const argv[] = {shell, option, (char *)(uintptr_t)command, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t manners;
    int error = posix_spawn_file_actions_init(&files);

    if (error != 0)
        return error;
    error = posix_spawnattr_init(&manners);
    if (error == 0) {
        error = set_manners(&manners);
        if (error == 0)
            error = posix_spawn_file_actions_adddup2(&files, input, 0);
        if (error == 0)
            error = posix_spawn_file_actions_adddup2(&files, 2, 1);
        if (error == 0)
            error =
                posix_spawn(pid, "/bin/sh", &files, &manners, argv, environ);
        (void)posix_spawnattr_destroy(&manners);
    }
    (void)posix_spawn_file_actions_destroy(&files);
    return error;
}

static void start(struct hook *hook, struct running *running,
                  struct waiting *waiting, int64_t now_ms)
{
    int input = file_of(waiting);
    int error = input >= 0 ? 0 : errno != 0 ? errno : EIO;

    if (error == 0)
        error = spawn_on(hook->command, input, &running->pid);
    if (input >= 0)
        (void)close(input);
    if (error != 0) {
        running->pid = 0;
        hook->events.failed(hook->events.arg, &waiting->job, strerror(error));
        try_again(hook, waiting, now_ms);
        return;
    }
    running->of = waiting;
    running->until_ms = now_ms + TIME_MS;
    running->killed = false;
}

/* ---- the line ---- */

static bool runs_for(const struct hook *hook, const char *alert_id)
{
    for (int i = 0; i < AT_ONCE; i++) {
        if (hook->running[i].pid != 0 &&
            strcmp(hook->running[i].of->job.alert_id, alert_id) == 0)
            return true;
    }
    return false;
}

/* One place is kept for what is told for the first time: what fails again and
 * again holds nothing up. */
static bool may_start(const struct hook *hook, const struct running *running,
                      const struct waiting *waiting, int64_t now_ms)
{
    return (waiting->failures == 0 || running != &hook->running[0]) &&
           now_ms >= waiting->not_before_ms &&
           !runs_for(hook, waiting->job.alert_id);
}

static void start_one(struct hook *hook, struct running *running,
                      int64_t now_ms)
{
    struct waiting **place = &hook->first;

    while (*place != NULL && !may_start(hook, running, *place, now_ms))
        place = &(*place)->next;
    if (*place != NULL)
        start(hook, running, take_out(place), now_ms);
}

static void look_after(struct hook *hook, struct running *running,
                       int64_t now_ms)
{
    struct waiting *of = running->of;
    int status;
    pid_t ended = waitpid(running->pid, &status, WNOHANG);

    if (ended == running->pid) {
        running->pid = 0;
        hook->events.done(hook->events.arg, &of->job, status, running->killed);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
            let_go(of);
        else
            try_again(hook, of, now_ms);
    } else if (now_ms >= running->until_ms && !running->killed) {
        running->killed = true;
        (void)kill(-running->pid, SIGKILL);
    }
}

void hook_turn(struct hook *hook, int64_t now_ms)
{
    for (int i = 0; i < AT_ONCE; i++) {
        if (hook->running[i].pid != 0)
            look_after(hook, &hook->running[i], now_ms);
        if (hook->running[i].pid == 0 && hook->first != NULL)
            start_one(hook, &hook->running[i], now_ms);
    }
}
