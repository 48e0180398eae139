/**
 * What the chain's hash was at a sequence that somebody names, in a journal
 * that is being written to, without waiting for its disk: what was asked for
 * lately is known, the rest a thread of its own looks up.
 *
 * Thread: that which owns it, for all calls.
 */
#ifndef TOCSIN_JOURNAL_CHAINS_H
#define TOCSIN_JOURNAL_CHAINS_H

#include "journal/journal.h"

/** How long a look into the file may take before it cannot be told. */
#define CHAINS_PATIENCE_MS 5000

struct chains;

/** path: of the journal. Fails: as journal_open_reading; STATUS_SYSTEM. */
MUST_USE enum status chains_start(struct chains **out, const char *path,
                                  struct diag *why);
/** NULL is fine. */
void chains_stop(struct chains *chains);

/** What is durable by now ends with this. */
void chains_note(struct chains *chains, uint64_t sequence,
                 const uint8_t chain[CHAIN_SIZE]);

/**
 * At a sequence up to the one that was noted last.
 *
 * Fails: STATUS_BUSY: it is being looked up; ask again. STATUS_MISSING: it
 *        cannot be told: it is archived, or the disk does not say.
 */
MUST_USE enum status chains_at(struct chains *chains, uint64_t sequence,
                               int64_t now_ms, uint8_t chain[CHAIN_SIZE]);

#endif
