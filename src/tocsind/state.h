/**
 * Where a start begins: the newest state of a home that was written down, and
 * the keys and book that belong to it. What is useless is named in the log and
 * passed over; the journal alone would do.
 */
#ifndef TOCSIN_TOCSIND_STATE_H
#define TOCSIN_TOCSIND_STATE_H

#include "domain/book.h"
#include "journal/journal.h"
#include "tocsind/home.h"

#define SNAPSHOT_NAME "book.snapshot"
#define SNAPSHOT_BYTES_MAX ((size_t)1 << 30)

struct state {
    struct book *book; /* at sequence; the caller frees or hands on */
    uint64_t sequence; /* 0: nothing was written down, or it is useless */
};

enum state_kind {
    STATE_SNAPSHOT, /* written beside the journal; may be gone or useless */
    STATE_BASE      /* in the journal, where an archive ends */
};

/** Where and what a state is, for comparing it with the facts themselves. */
struct state_mark {
    enum state_kind kind;
    uint64_t sequence; /* 0: there is none */
    uint8_t digest[32];
};

/**
 * vault:  has every key.
 * Fails:  STATUS_CORRUPT, STATUS_DISK.
 */
MUST_USE enum status state_digest(struct state_mark *out, enum state_kind kind,
                                  const struct home *home,
                                  struct journal *journal,
                                  const struct vault *vault, struct diag *why);

/**
 * The newest, or the base alone.
 *
 * vault:  empty; gets the keys that the state and everything after it need.
 * Fails:  STATUS_CORRUPT: an archived journal's own state is damaged.
 */
MUST_USE enum status state_load(struct state *out, enum state_kind newest,
                                const struct home *home,
                                struct journal *journal,
                                struct keyring *keyring, struct vault *vault,
                                struct diag *why);

#endif
