/**
 * The inside of a running terminal, for a daemon that does more than show
 * alerts: it waits in a loop of its own, and speaks over the same line.
 */
#ifndef TOCSIN_LIB_TERMINAL_DAEMON_H
#define TOCSIN_LIB_TERMINAL_DAEMON_H

#include "lib/terminal_store.h"

#define DAEMON_FDS 4

struct daemon_hooks {
    void *arg;
    /** Every reply of the field desk; true: it was to this daemon. */
    bool (*reply)(void *arg, const uint8_t *bytes, size_t size,
                  struct moment now);
    /** A change that the store has, by its alert; NULL: the standing. */
    void (*changed)(void *arg, enum terminal_change change,
                    const char *alert_id);
    /** The broker may not have what it had recorded: answers go again. Told
     *  before the store forgets the journal they were recorded in. */
    void (*say_again)(void *arg);
    /** As in terminal_port. */
    bool (*purged)(void *arg, const char *alert_id);
    /** It is not to be said yet; nothing more of it may stay all the same. */
    void (*purge)(void *arg, const char *alert_id);
    bool whole_area; /* as in terminal_setup */
};

/** tocsin_terminal_open with hooks, which are copied; options->changed is not
 *  called. */
MUST_USE enum tocsin_status
terminal_daemon_open(struct tocsin_terminal **out, struct tocsin_store *store,
                     const struct tocsin_terminal_options *options,
                     const struct daemon_hooks *hooks, struct tocsin_diag *why);

/** What to wait for, -1 where there is nothing: see line_fds. Gives a number
 *  that is another one when they are others. */
unsigned terminal_daemon_fds(const struct tocsin_terminal *terminal,
                             int fds[DAEMON_FDS]);
/** For how long at most; 0 when something is there already. */
int terminal_daemon_wait_ms(const struct tocsin_terminal *terminal);

/** tocsin_terminal_step without waiting. */
MUST_USE enum tocsin_status
terminal_daemon_turn(struct tocsin_terminal *terminal, struct tocsin_diag *why);

/** To the field desk; false: it cannot go now. */
bool terminal_daemon_send(struct tocsin_terminal *terminal,
                          const uint8_t *bytes, size_t size);
/** How often a line has come up; up: it is now. */
unsigned terminal_daemon_connects(const struct tocsin_terminal *terminal,
                                  bool *up);
const struct terminal *
terminal_daemon_core(const struct tocsin_terminal *terminal);

#endif
