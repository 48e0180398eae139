/**
 * SQLite's checkpoints of the journal, on a thread of their own: neither the
 * desk nor a commit waits for one.
 */
#ifndef TOCSIN_JOURNAL_CHECKPOINTER_H
#define TOCSIN_JOURNAL_CHECKPOINTER_H

#include "base/status.h"

struct checkpointer;

/** path: of the journal; copied. STATUS_SYSTEM: no thread was to be had. */
MUST_USE enum status checkpointer_start(struct checkpointer **out,
                                        const char *path, struct diag *why);

/** One that is under way is finished. NULL is fine. */
void checkpointer_stop(struct checkpointer *checkpointer);

/** One is due; called again before it has begun, still one. Never blocks on
 *  the disk. One that fails costs only space until the next. */
void checkpointer_want(struct checkpointer *checkpointer);

#endif
