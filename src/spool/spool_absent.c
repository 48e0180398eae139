/* A spool that cannot be opened, because the disk is full or fails: a gateway
 * that shows alerts needs none, and one that keeps nothing says so. */
#include <stdlib.h>
#include <string.h>

#include "spool/inside.h"
#include "sqlite/sqlite.h"

bool spool_is_absent(const struct spool *spool)
{
    return spool->absent.status != STATUS_OK;
}

enum status spool_open_absent(struct spool **out,
                              const struct spool_owner *owner,
                              const struct diag *reason, struct diag *why)
{
    struct spool *spool = must_calloc(1, sizeof *spool);
    enum status status = STATUS_OK;

    REQUIRE(reason->status != STATUS_OK);
    *out = NULL;
    if (sqlite3_open(":memory:", &spool->db) != SQLITE_OK)
        status = sqlite_trouble(spool->db, "opening one in memory", why);
    if (status == STATUS_OK)
        status = spool_open_tables(spool, owner, why);
    if (status != STATUS_OK) {
        spool_close(spool);
        return status;
    }
    spool->absent = *reason;
    *out = spool;
    return STATUS_OK;
}

/* The port onto it stays what it is. */
static void take_place(struct spool *spool, struct spool *come)
{
    struct spool gone = *spool;

    *spool = *come;
    *come = gone;
    spool_close(come);
}

enum status spool_open_late(struct spool *spool, const char *path,
                            const struct spool_owner *owner,
                            struct spool_mended *mended, struct diag *why)
{
    struct spool *come;
    enum status status;

    REQUIRE(spool_is_absent(spool) && !spool->began);
    status = spool_open_mending(&come, path, owner, mended, why);
    if (status == STATUS_OK)
        take_place(spool, come);
    return status;
}
