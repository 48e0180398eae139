/** A broker's home: where everything in it is, and who has it now. */
#ifndef TOCSIN_TOCSIND_HOME_H
#define TOCSIN_TOCSIND_HOME_H

#include <limits.h>
#include <stdbool.h>

#include "base/status.h"
#include "domain/divisions.h"
#include "journal/keyring.h"
#include "tocsind/config.h"
#include "wire/keys.h"

#define HOME_NAMED "home of a broker"

struct home {
    char path[PATH_MAX / 2];
    int lock; /* descriptor of the lock file, or -1 */
    struct config config;
    struct keypair key;
    uint8_t master[32];
    struct divisions *divisions;
};

/** Where a file of the home is; buffer has PATH_MAX bytes. Returns it. */
const char *home_file(const struct home *home, const char *name, char *buffer);

/** Is there such a file or folder? */
bool home_has(const struct home *home, const char *name);

/** Has it this file, without which it is no such thing ("home of a broker")?
 *  Fails: STATUS_MISSING; STATUS_SYSTEM: it cannot be looked at. */
MUST_USE enum status home_expect(const struct home *home, const char *name,
                                 const char *what, struct diag *why);

/**
 * Root goes on as the owner of the folder: what root left in another's home its
 * broker could not open. Nothing happens to others, nor in root's own. The
 * parent's death (PR_SET_PDEATHSIG) ends us as before.
 *
 * Fails: STATUS_SYSTEM: it may not; nothing was written.
 */
MUST_USE enum status home_as_owner(const char *path, struct diag *why);

/** Take the lock alone. Fails: STATUS_BUSY: a broker runs here. */
MUST_USE enum status home_lock(struct home *home, struct diag *why);

/**
 * Make a home in a folder beside, which then gets its name: whatever stops us,
 * it is whole or not there, and can be made again. Of beside the path and the
 * lock are set; slashes at the end of path are cut.
 *
 * Fails: STATUS_EXISTS; STATUS_BUSY: another program is making it;
 *        STATUS_USAGE: the path is too long. Nothing was made.
 */
MUST_USE enum status home_begin(struct home *beside, char *path,
                                struct diag *why);
/** Fails: STATUS_EXISTS, STATUS_DISK; home_abandon then. */
MUST_USE enum status home_finish(struct home *beside, const char *path,
                                 struct diag *why);
/** Take away what was made of it. */
void home_abandon(struct home *beside);

/**
 * Take the home for this process and read what is in it.
 * Fails: STATUS_BUSY (another broker has it), STATUS_MISSING, STATUS_MALFORMED.
 */
MUST_USE enum status home_take(struct home *home, const char *path,
                               struct diag *why);
/** The division table alone, of a home that another may have. */
MUST_USE enum status home_divisions(struct home *home, struct diag *why);
/** Names in the log which of its secrets others than the owner may read. A
 *  broker starts nonetheless: whoever has read them has them, and without it no
 *  alert goes out. */
void home_tell_exposed(const struct home *home);
void home_leave(struct home *home);

/** The keys that were destroyed; before any other is read. */
MUST_USE enum status home_destroyed(struct keyring *keyring,
                                    struct vault *vault, struct diag *why);
/** Make spares when the vault runs low. */
MUST_USE enum status home_spares(struct keyring *keyring, struct vault *vault,
                                 struct diag *why);

#endif
