/**
 * The truth: an ordered, hash-chained record of all facts, in SQLite.
 *
 * What append has returned STATUS_OK for is fsynced. After an append that
 * failed with anything but STATUS_FULL the journal is dead: close it and end
 * the process; the next start finds what was committed and nothing else.
 *
 * Thread: one thread writes; others open their own for reading.
 */
#ifndef TOCSIN_JOURNAL_JOURNAL_H
#define TOCSIN_JOURNAL_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define CHAIN_SIZE 32
#define MARK_NAME_MAX 40
#define MARK_VALUE_MAX 64

/** A name under which a record is found again: see journal_find. */
struct mark {
    uint8_t name[MARK_NAME_MAX];
    size_t name_size;
    uint8_t value[MARK_VALUE_MAX];
    size_t value_size;
};

struct found {
    uint64_t sequence; /* of the record that was marked */
    uint8_t value[MARK_VALUE_MAX];
    size_t value_size;
};

struct record {
    uint64_t sequence; /* from 1, without a gap */
    int64_t time_ms;
    const char *principal; /* "" for the broker itself */
    const uint8_t *request_id;
    size_t request_size;
    const uint8_t *body;
    size_t body_size;
    const struct mark *marks; /* kept beside the chain, with the record */
    size_t mark_count;
    bool patient; /* no person waits for it: it may gather with others */
};

struct journal;

/** Makes the file when create; else STATUS_MISSING when it is not there. */
MUST_USE enum status journal_open(struct journal **out, const char *path,
                                  bool create, struct diag *why);
MUST_USE enum status journal_open_reading(struct journal **out,
                                          const char *path, struct diag *why);
void journal_close(struct journal *journal);

/** Last sequence; 0 when empty. */
uint64_t journal_head(const struct journal *journal);
/** Its first record follows this sequence: 0, or where an archive ends. */
uint64_t journal_base(const struct journal *journal);
/** The chain's hash at a sequence, from the base to the head.
 *  Fails: STATUS_MISSING. */
MUST_USE enum status journal_chain_at(struct journal *journal,
                                      uint64_t sequence,
                                      uint8_t chain[CHAIN_SIZE],
                                      struct diag *why);

/**
 * Append all or none; records[i].sequence must go on from the head.
 *
 * Takes:  records borrowed.
 * Fails:  STATUS_FULL (no space: nothing was appended, the head stands where it
 *         stood, and it may be tried again), STATUS_DISK: the journal is dead.
 */
MUST_USE enum status journal_append(struct journal *journal,
                                    const struct record *records, size_t count,
                                    struct diag *why);

/**
 * Read from a sequence, which follows the base or lies after it, to the end,
 * checking the chain on the way.
 *
 * each:   gets every record, valid within the call; anything but STATUS_OK
 *         ends the reading and is returned.
 * Fails:  STATUS_CORRUPT (why names the sequence), STATUS_DISK.
 */
MUST_USE enum status
journal_read(struct journal *journal, uint64_t from,
             enum status (*each)(void *arg, const struct record *record,
                                 struct diag *why),
             void *arg, struct diag *why);

/**
 * Likewise, for whoever takes his time: in pieces, between which the log may be
 * moved and begin anew. Ends where the head was when the journal was opened.
 *
 * Fails:  also STATUS_MISSING: what was still to be read was archived
 * meanwhile; journal_base says how far.
 */
MUST_USE enum status
journal_read_slowly(struct journal *journal, uint64_t from,
                    enum status (*each)(void *arg, const struct record *record,
                                        struct diag *why),
                    void *arg, struct diag *why);

/** Look where it begins now: an archiving may have moved its base. */
MUST_USE enum status journal_look_for_base(struct journal *journal,
                                           struct diag *why);

/**
 * What came before may go: from now on the journal begins after a sequence.
 * The records themselves are removed by journal_trim.
 *
 * state:  what they add up to, for whoever starts without them.
 */
MUST_USE enum status journal_rebase(struct journal *journal, uint64_t sequence,
                                    const uint8_t *state, size_t size,
                                    struct diag *why);
/** The state given to journal_rebase, in heap memory; NULL, 0: there is none.
 */
MUST_USE enum status journal_state(struct journal *journal, uint8_t **state,
                                   size_t *size, struct diag *why);
/** Remove at most count records up to the base; *removed says how many. */
MUST_USE enum status journal_trim(struct journal *journal, unsigned count,
                                  unsigned *removed, struct diag *why);
/** A new journal that goes on from another one's base. */
MUST_USE enum status journal_found(struct journal *journal, uint64_t sequence,
                                   const uint8_t chain[CHAIN_SIZE],
                                   struct diag *why);

/** Nothing more will be appended: one plain file, that opens read-only. */
MUST_USE enum status journal_finish(struct journal *journal, struct diag *why);
/** Give space that was freed back to the file system. Nobody else may have the
 *  journal open. */
MUST_USE enum status journal_compact(struct journal *journal, struct diag *why);

/** The record that was marked with this name.
 *  Fails: STATUS_MISSING (none was), STATUS_DISK, STATUS_CORRUPT. */
MUST_USE enum status journal_find(struct journal *journal, const void *name,
                                  size_t size, struct found *found,
                                  struct diag *why);

/**
 * The greatest name that begins with this byte, in the order of memcmp, the
 * shorter first.
 *
 * Gives:  *size 0 when there is none.
 * Fails:  STATUS_DISK, STATUS_CORRUPT.
 */
MUST_USE enum status journal_last_mark(struct journal *journal, uint8_t kind,
                                       uint8_t name[MARK_NAME_MAX],
                                       size_t *size, struct diag *why);

/** The chain's hash at the head. */
void journal_chain(const struct journal *journal, uint8_t out[CHAIN_SIZE]);

/** Move what the log holds into the file, without holding up the writer. */
MUST_USE enum status journal_checkpoint(const char *path, struct diag *why);

#endif
