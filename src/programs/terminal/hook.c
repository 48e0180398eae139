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

struct waiting {
    struct hook_job job;
    char *json;
    struct waiting *next;
};

struct running {
    pid_t pid; /* 0: free */
    struct hook_job job;
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

static void drop(struct waiting **place)
{
    struct waiting *gone = *place;

    *place = gone->next;
    free(gone->json);
    free(gone);
}

void hook_free(struct hook *hook)
{
    if (hook == NULL)
        return;
    for (int i = 0; i < AT_ONCE; i++) {
        if (hook->running[i].pid != 0) {
            (void)kill(-hook->running[i].pid, SIGKILL);
            (void)waitpid(hook->running[i].pid, NULL, 0);
        }
    }
    while (hook->first != NULL)
        drop(&hook->first);
    free(hook);
}

/* An alert that nobody was told of yet and has ended need not be told at all;
 * one that is new to the command stays new though it was revised meanwhile. */
void hook_add(struct hook *hook, const struct hook_job *job, char *json)
{
    struct waiting **place = &hook->first;
    struct waiting *added = calloc(1, sizeof *added);
    enum tocsin_change earlier = job->change;

    if (added == NULL)
        abort();
    while (*place != NULL) {
        if (strcmp((*place)->job.alert_id, job->alert_id) == 0) {
            earlier = (*place)->job.change;
            drop(place);
        } else {
            place = &(*place)->next;
        }
    }
    added->job = *job;
    added->json = json;
    *place = added;
    if (earlier == TOCSIN_ALERT_NEW && job->change == TOCSIN_ALERT_ENDED)
        drop(place);
    else if (earlier == TOCSIN_ALERT_NEW)
        added->job.change = TOCSIN_ALERT_NEW;
}

/* ---- one process ---- */

/* The JSON in a file without a name: the child may read it or not, slowly or
 * fast, and nobody waits for it. */
static int file_of(const char *json)
{
    int fd = memfd_create("alert", MFD_CLOEXEC);

    if (fd >= 0 &&
        (dprintf(fd, "%s\n", json) < 0 || lseek(fd, 0, SEEK_SET) != 0)) {
        (void)close(fd);
        return -1;
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
    int input = file_of(waiting->json);
    int error = input < 0 ? errno : 0;

    if (error == 0)
        error = spawn_on(hook->command, input, &running->pid);
    if (input >= 0)
        (void)close(input);
    if (error != 0) {
        running->pid = 0;
        hook->events.failed(hook->events.arg, &waiting->job, strerror(error));
        return;
    }
    running->job = waiting->job;
    running->until_ms = now_ms + TIME_MS;
    running->killed = false;
}

/* ---- the line ---- */

static bool runs_for(const struct hook *hook, const char *alert_id)
{
    for (int i = 0; i < AT_ONCE; i++) {
        if (hook->running[i].pid != 0 &&
            strcmp(hook->running[i].job.alert_id, alert_id) == 0)
            return true;
    }
    return false;
}

static void start_one(struct hook *hook, struct running *running,
                      int64_t now_ms)
{
    struct waiting **place = &hook->first;

    while (*place != NULL && runs_for(hook, (*place)->job.alert_id))
        place = &(*place)->next;
    if (*place == NULL)
        return;
    start(hook, running, *place, now_ms);
    drop(place);
}

static void look_after(struct hook *hook, struct running *running,
                       int64_t now_ms)
{
    int status;
    pid_t ended = waitpid(running->pid, &status, WNOHANG);

    if (ended == running->pid) {
        running->pid = 0;
        hook->events.done(hook->events.arg, &running->job, status,
                          running->killed);
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
