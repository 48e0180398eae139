/**
 * The gateway's spool: one SQLite file with the answers that handhelds gave,
 * until the centre has said what it makes of them. What commit has returned
 * STATUS_OK for is fsynced.
 *
 * Thread: one thread owns a handle; other processes may look.
 */
#ifndef TOCSIN_SPOOL_SPOOL_H
#define TOCSIN_SPOOL_SPOOL_H

#include "gateway/spool.h"

struct spool;

struct spool_owner {
    const char *gateway;
    const uint8_t *secret;              /* KEY_SIZE bytes */
    const uint8_t (*formers)[KEY_SIZE]; /* what it had before, where known */
    size_t former_count;
};

/**
 * Open or make it; it is bound to one gateway. What a handheld has signed is
 * sealed with a key that follows from the secret; what an earlier version has
 * left in the clear is sealed now, and what was sealed with a former secret
 * anew. Order, ids and fates are in the clear.
 * Fails: STATUS_REFUSED (of another gateway; something waits that neither
 * secret opens), STATUS_DISK, STATUS_FULL, STATUS_CORRUPT.
 */
MUST_USE enum status spool_open(struct spool **out, const char *path,
                                const struct spool_owner *owner,
                                struct diag *why);

struct spool_mended {
    bool mended;
    char reason[160]; /* what is damaged; "": nothing is */
    char aside[4200]; /* the damaged file: it has what no purge reaches */
    uint32_t answers; /* that were taken over from it, whatever their state */
    uint32_t waiting; /* of them */
    uint32_t pictures;
};
/**
 * The same of the gateway itself, which alone has the folder: a damaged one is
 * set aside, and another one begun with what can be read of it. Without room
 * for that the damaged one is open, if it can be, and goes on with what it has:
 * reason is set and mended is not.
 * Fails: as spool_open.
 */
MUST_USE enum status spool_open_mending(struct spool **out, const char *path,
                                        const struct spool_owner *owner,
                                        struct spool_mended *mended,
                                        struct diag *why);
/**
 * In place of one that cannot be opened: of what is put into it each commit
 * fails with STATUS_FULL, and no question is answered, until it is there.
 */
MUST_USE enum status spool_open_absent(struct spool **out,
                                       const struct spool_owner *owner,
                                       const struct diag *reason,
                                       struct diag *why);
bool spool_is_absent(const struct spool *spool);
/** Try again, while nothing is staged; its port stays valid.
 *  Fails: as spool_open; it is as it was. */
MUST_USE enum status spool_open_late(struct spool *spool, const char *path,
                                     const struct spool_owner *owner,
                                     struct spool_mended *mended,
                                     struct diag *why);
/** To look only. Fails: STATUS_MISSING (there is none), STATUS_REFUSED (made by
 *  another version), STATUS_DISK, STATUS_CORRUPT. */
MUST_USE enum status spool_look(struct spool **out, const char *path,
                                struct diag *why);
void spool_close(struct spool *spool);

/** The core's port onto it; valid as long as it is open. */
void spool_port(struct spool *spool, struct gateway_spool *port);

struct spool_counts {
    uint64_t waiting;
    uint64_t recorded;
    uint64_t refused;
    uint64_t revoked;
    int64_t oldest_ms; /* taken_ms of what waits longest; 0: nothing */
    uint64_t pictures; /* that wait */
    uint64_t picture_bytes;
};
MUST_USE enum status spool_count(struct spool *spool, struct spool_counts *out,
                                 struct diag *why);
/** Every answer that is here, in order of arrival; each returns false to stop.
 *  Fails: STATUS_DISK, STATUS_CORRUPT: not all of them were given. */
MUST_USE enum status spool_each(struct spool *spool,
                                bool (*each)(void *to, const struct fate *fate),
                                void *to, struct diag *why);

#endif
