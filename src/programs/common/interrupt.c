#define _GNU_SOURCE
#include "common/interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t came;
static bool watched;
static const char *last_words;

static void note(int signal)
{
    (void)signal;
    came = 1;
}

void interrupt_watch(void)
{
    struct sigaction action = {.sa_handler = note,
                               .sa_flags = (int)SA_RESETHAND};

    struct sigaction before;

    watched = true;
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        (void)sigaction(SIGHUP, &action, NULL); /* else it is nohup's */
    (void)signal(SIGPIPE, SIG_IGN);
}

bool interrupted(void)
{
    return came != 0;
}

/* Comes again as soon as this returns, and then ends the program. */
static void say_and_end(int signal)
{
    (void)!write(STDERR_FILENO, last_words, strlen(last_words));
    (void)raise(signal);
}

void interrupt_tell(const char *text)
{
    static const int signals[] = {SIGINT, SIGTERM};
    struct sigaction action = {.sa_handler =
                                   text != NULL ? say_and_end : SIG_DFL,
                               .sa_flags = (int)SA_RESETHAND};
    struct sigaction before;

    if (watched)
        return;
    if (text != NULL)
        last_words = text;
    (void)sigemptyset(&action.sa_mask);
    for (int i = 0; i < 2; i++) {
        if (sigaction(signals[i], NULL, &before) == 0 &&
            before.sa_handler != SIG_IGN) /* as a shell gives it to "&" */
            (void)sigaction(signals[i], &action, NULL);
    }
}
