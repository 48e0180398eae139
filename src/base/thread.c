#define _GNU_SOURCE
#include "base/thread.h"

#include <errno.h>
#include <signal.h>

/* Not those that a fault of the thread's own raises: blocked, they would end
 * the process before anything could say where it was. */
static void all_from_outside(sigset_t *set)
{
    (void)sigfillset(set);
    (void)sigdelset(set, SIGABRT);
    (void)sigdelset(set, SIGBUS);
    (void)sigdelset(set, SIGFPE);
    (void)sigdelset(set, SIGILL);
    (void)sigdelset(set, SIGSEGV);
    (void)sigdelset(set, SIGSYS);
    (void)sigdelset(set, SIGTRAP);
}

enum status thread_start(pthread_t *thread, void *(*run)(void *arg), void *arg,
                         const char *what, struct diag *why)
{
    sigset_t blocked;
    sigset_t before;
    int error;

    all_from_outside(&blocked);
    error = pthread_sigmask(SIG_BLOCK, &blocked, &before);
    if (error == 0) {
        error = pthread_create(thread, NULL, run, arg);
        (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    errno = error;
    return error != 0 ? diag_errno(why, STATUS_SYSTEM, "%s", what) : STATUS_OK;
}
