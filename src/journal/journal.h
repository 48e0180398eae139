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

struct record {
    uint64_t sequence; /* from 1, without a gap */
    int64_t time_ms;
    const char *principal; /* "" for the broker itself */
    const uint8_t *request_id;
    size_t request_size;
    const uint8_t *body;
    size_t body_size;
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
 * Read from a sequence to the end, checking the chain on the way.
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

/** The chain's hash at the head. */
void journal_chain(const struct journal *journal, uint8_t out[CHAIN_SIZE]);

/** Move what the log holds into the file, without holding up the writer. */
MUST_USE enum status journal_checkpoint(const char *path, struct diag *why);

#endif
