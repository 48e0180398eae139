/** A thread of the program's own, which no signal is handed to. */
#ifndef TOCSIN_BASE_THREAD_H
#define TOCSIN_BASE_THREAD_H

#include <pthread.h>

#include "base/status.h"

/**
 * Like pthread_create with default attributes. Signals from outside (SIGTERM,
 * SIGINT, ...) are blocked in the new thread from its first step, so that they
 * reach the thread that has a loop to end. What it starts inherits that.
 *
 * Fails: STATUS_SYSTEM, in words with `what` in front; no thread runs.
 */
MUST_USE enum status thread_start(pthread_t *thread, void *(*run)(void *arg),
                                  void *arg, const char *what,
                                  struct diag *why);

#endif
