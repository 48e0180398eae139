/**
 * The journal's own thread: takes records from a queue, many to one commit,
 * and says which are durable. Also makes spare keys and checkpoints, so that a
 * slow disk never holds up the desk.
 */
#ifndef TOCSIN_JOURNAL_WRITER_H
#define TOCSIN_JOURNAL_WRITER_H

#include "journal/journal.h"
#include "journal/keyring.h"

struct writer;

struct writer_setup {
    struct journal *journal; /* the writer's own from here on */
    struct keyring *keyring; /* likewise */
    const char *path;        /* of the journal, for checkpoints; copied */
    size_t batch_max;        /* records a commit */
};

/** Takes journal and keyring in any case; writer_stop closes them. */
MUST_USE enum status writer_start(struct writer **out,
                                  const struct writer_setup *setup,
                                  struct diag *why);

/** Commits what is queued, then ends the thread. NULL is fine. */
void writer_stop(struct writer *writer);

/** Readable when there is something to collect. */
int writer_fd(const struct writer *writer);

/** Queue one record; everything in it is copied. Never blocks on the disk. */
void writer_append(struct writer *writer, const struct record *record);

/** Queue a whole file, written durably in its turn; all is copied. */
void writer_store(struct writer *writer, const char *path, const uint8_t *bytes,
                  size_t size);

/** Ask for more spare keys; they come with writer_collect. */
void writer_want_keys(struct writer *writer);

/** Destroy a case's key, in its turn after what is queued; told nobody: it is
 *  destroyed once the sealing that orders it is fsynced, or at the next start.
 *  It waits for space, too, so that those that were ordered after it come after
 *  it. */
void writer_destroy_key(struct writer *writer, const uint8_t id[KEY_ID_SIZE]);

struct progress {
    uint64_t sequence;         /* highest that is fsynced */
    uint8_t chain[CHAIN_SIZE]; /* the chain's hash there */
    uint64_t files;            /* how many of writer_store are fsynced */
    bool full;                 /* no space: what is beyond has not been kept */
    char reason[200];          /* in words, while full */
};

/**
 * What has happened since the last call.
 *
 * When there is no space left, everything that was handed over and is beyond
 * *progress is dropped but for keys to destroy, and so is what comes until full
 * has been collected once; after that hand over nothing until it is collected
 * as false. The thread looks for space by itself, with growing pauses.
 *
 * Gives:  *progress; key is called for each new spare key.
 * Fails:  STATUS_DISK: the journal is dead; end the process. *progress still
 *         holds what was committed before.
 */
MUST_USE enum status
writer_collect(struct writer *writer, struct progress *progress,
               void (*key)(void *arg, const struct case_key *key), void *arg,
               struct diag *why);

#endif
