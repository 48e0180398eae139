/**
 * The command that is run on alerts: a few at once, never two for the same
 * alert, the others in line. It gets the alert as JSON on its standard input
 * and has a minute. What has failed is tried again, with longer and longer
 * pauses, until it succeeds or something newer of the alert is to be told; that
 * an alert has ended, for about an hour.
 */
#ifndef TOCSIN_PROGRAMS_TERMINAL_HOOK_H
#define TOCSIN_PROGRAMS_TERMINAL_HOOK_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

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
    /** Of what has ended: it is not tried any more. */
    void (*given_up)(void *arg, const struct hook_job *job);
    void *arg;
};

/** command is borrowed. */
struct hook *hook_new(const char *command, const struct hook_events *events);
/** Ends what still runs. */
void hook_free(struct hook *hook);

/** As the command reads it: "NEW", "REVISED", "ENDED". */
const char *hook_word(enum tocsin_change change);

/** json: its reference is taken over; it gets the change. What waits in line
 *  for the same alert is replaced. */
void hook_add(struct hook *hook, const struct hook_job *job, json_t *json);

/** Start what can be started, see what has ended. Never blocks. */
void hook_turn(struct hook *hook, int64_t now_ms);

#endif
