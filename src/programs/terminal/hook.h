/**
 * The command that is run on alerts: a few at once, never two for the same
 * alert, the others in line. It gets the alert as JSON on its standard input
 * and has a minute.
 */
#ifndef TOCSIN_PROGRAMS_TERMINAL_HOOK_H
#define TOCSIN_PROGRAMS_TERMINAL_HOOK_H

#include <stdbool.h>
#include <stdint.h>

#include <tocsin/terminal.h>

struct hook;

struct hook_job {
    enum tocsin_change change;
    char alert_id[27];
    uint32_t revision;
};

struct hook_events {
    /** status: as waitpid gives it; killed: its minute was over. */
    void (*done)(void *arg, const struct hook_job *job, int status,
                 bool killed);
    void (*failed)(void *arg, const struct hook_job *job, const char *why);
    void *arg;
};

/** command is borrowed. */
struct hook *hook_new(const char *command, const struct hook_events *events);
/** Ends what still runs. */
void hook_free(struct hook *hook);

/** json is taken over (heap). What waits in line for the same alert is
 *  replaced. */
void hook_add(struct hook *hook, const struct hook_job *job, char *json);

/** Start what can be started, see what has ended. Never blocks. */
void hook_turn(struct hook *hook, int64_t now_ms);

#endif
