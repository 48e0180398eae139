/**
 * What the command on alerts has shown is answered: SHOWN; and the store keeps
 * what it was told, so that it is told the rest after a restart. While there is
 * no room for that it is kept here, and said when there is, so that the command
 * need not run twice.
 */
#ifndef TOCSIN_PROGRAMS_TERMINAL_SHOWN_H
#define TOCSIN_PROGRAMS_TERMINAL_SHOWN_H

#include "terminal/hook.h"

struct shown;

/** The store is borrowed. */
struct shown *shown_new(struct tocsin_store *store,
                        void (*log)(const char *level, const char *event,
                                    const struct hook_job *job,
                                    const char *text));
void shown_free(struct shown *shown);
/** The command has taken it. */
void shown_say(struct shown *shown, const struct hook_job *job);
/** Say what waits, if there is room now. */
void shown_turn(struct shown *shown, int64_t now_ms);

#endif
