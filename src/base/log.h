/**
 * One structured line per thing that matters, on standard error:
 *
 *     2026-03-01T08:15:30.123Z info alert.issued alert=01J... nodes=412
 *
 * event is a stable dotted name (the runbook hangs on it); the rest is
 * key=value. Identifiers only: never a child's name, picture or description.
 *
 * A line that nobody would read (a pipe that is full, a terminal that is held)
 * is dropped, never waited for; "log.dropped lines=N" says so later.
 */
#ifndef TOCSIN_BASE_LOG_H
#define TOCSIN_BASE_LOG_H

#include "base/status.h"

enum log_level { LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARN, LEVEL_ERROR };

/** Lines below level are not written. Default: LEVEL_INFO. */
void log_threshold(enum log_level level);

/** false and level untouched when text is not debug, info, warn or error. */
int log_level_parse(const char *text, enum log_level *level);

void log_line(enum log_level level, const char *event, const char *format, ...)
    PRINTF(3, 4);

#define log_debug(...) log_line(LEVEL_DEBUG, __VA_ARGS__)
#define log_info(...) log_line(LEVEL_INFO, __VA_ARGS__)
#define log_warn(...) log_line(LEVEL_WARN, __VA_ARGS__)
#define log_error(...) log_line(LEVEL_ERROR, __VA_ARGS__)

#endif
