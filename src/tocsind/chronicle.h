/**
 * All facts of a home in one row: what the archive holds, then the journal. The
 * chain is checked across their borders.
 */
#ifndef TOCSIN_TOCSIND_CHRONICLE_H
#define TOCSIN_TOCSIND_CHRONICLE_H

#include "journal/journal.h"
#include "tocsind/shadow.h"

#define ARCHIVE_FOLDER "archive"

/** Is a file of this name in the archive a part of it? What else somebody put
 *  there, a note, a compressed copy, is none. */
bool is_volume(const char *name);

/** Read one from its beginning to its end, for its chain. Fails:
 * STATUS_CORRUPT, STATUS_DISK. */
MUST_USE enum status volume_check(const char *path, struct diag *why);

struct volume {
    char path[PATH_MAX];
    uint64_t base; /* it holds what comes after */
    uint64_t head;
};

struct chronicle {
    const struct home *home; /* borrowed */
    struct journal *journal; /* borrowed */
    struct volume *volumes;  /* in order */
    size_t count;
    bool whole; /* from the first fact on, without a gap */
};

/** Fails: STATUS_CORRUPT, STATUS_DISK: a volume that cannot be read. */
MUST_USE enum status chronicle_open(struct chronicle *chronicle,
                                    const struct home *home,
                                    struct journal *journal, struct diag *why);
/** Both at once: from the first fact when the archive is here, else from where
 *  the journal begins. Fails: as the two do; close both in any case. */
MUST_USE enum status chronicle_open_shadow(struct chronicle *chronicle,
                                           struct shadow *shadow,
                                           const struct home *home,
                                           struct diag *why);
void chronicle_close(struct chronicle *chronicle);

/** The first fact that it can tell. */
uint64_t chronicle_first(const struct chronicle *chronicle);

/** As journal_read_slowly, to the journal's head of when it was opened; an
 *  archiving may be under way. from: chronicle_first. */
MUST_USE enum status
chronicle_read(struct chronicle *chronicle, uint64_t from,
               enum status (*each)(void *arg, const struct record *record,
                                   struct diag *why),
               void *arg, struct diag *why);

#endif
