/**
 * Writes the state down from time to time, on a thread of its own that reads
 * the journal like any other reader: the desk never waits for it. A snapshot
 * that fails costs only a longer start.
 */
#ifndef TOCSIN_TOCSIND_SNAPSHOTS_H
#define TOCSIN_TOCSIND_SNAPSHOTS_H

#include "tocsind/home.h"

struct snapshots;

/**
 * every:  facts after which the next one is written.
 * last:   sequence of the one that the start began with; 0: none.
 */
MUST_USE enum status snapshots_start(struct snapshots **out,
                                     const struct home *home, uint64_t every,
                                     uint64_t last, struct diag *why);
/** Ends the thread, an unfinished snapshot with it. NULL is fine. */
void snapshots_stop(struct snapshots *snapshots);

/** This many facts are durable now. */
void snapshots_note(struct snapshots *snapshots, uint64_t head);

/** Write one now, on this thread.
 *  Gives: *sequence, where it stands. */
MUST_USE enum status snapshot_write(const struct home *home,
                                    bool (*stop)(void *), void *arg,
                                    uint64_t *sequence, struct diag *why);

#endif
