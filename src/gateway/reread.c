/* What cannot be read in the spool: said, counted, and not taken for nothing.
 * What waits is loaded anew once all of it can be read again. */
#include "gateway/core.h"

bool spool_unread(struct gateway *gateway)
{
    struct diag why = {0};

    if (!gateway->spool.unread(gateway->spool.arg, &why))
        return false;
    gateway->tallies.unread++;
    if (!gateway->said_unread)
        gateway_note(gateway, LEVEL_ERROR, "spool.unreadable",
                     "reason=\"%.250s\"", why.text);
    gateway->said_unread = true;
    gateway->damaged = gateway->damaged || why.status == STATUS_CORRUPT;
    return true;
}

bool answered_unread(struct gateway *gateway, const struct asked *asked)
{
    const struct problem later = {503, TOCSIN__V1__STATUS__STATUS_UNAVAILABLE,
                                  REREAD_MS};

    if (!spool_unread(gateway))
        return false;
    respond_problem(gateway, asked, later, "spool",
                    "cannot be read now; what it has is kept");
    return true;
}

void reread_if_unread(struct gateway *gateway)
{
    if (spool_unread(gateway))
        gateway->reread = true;
}

static bool next_fate(void *to, const struct fate *fate)
{
    (void)fate;
    return to != NULL;
}

static bool next_look(void *to, const struct spooled_look *look)
{
    (void)look;
    return to != NULL;
}

static bool next_device(void *to, const struct spooled_device *device)
{
    (void)device;
    return to != NULL;
}

/* What is under way stays so until then. */
static bool can_be_read(struct gateway *gateway)
{
    const struct gateway_spool *spool = &gateway->spool;

    spool->each_device(spool->arg, next_device, gateway);
    if (spool_unread(gateway))
        return false;
    spool->each_waiting(spool->arg, next_fate, gateway);
    if (spool_unread(gateway))
        return false;
    spool->each_picture(spool->arg, next_fate, gateway);
    if (spool_unread(gateway))
        return false;
    spool->each_look(spool->arg, 0, next_look, gateway);
    return !spool_unread(gateway);
}

void reread(struct gateway *gateway, struct moment now)
{
    if (!gateway->reread || now.monotonic_ms < gateway->reread_ms)
        return;
    gateway->reread_ms = now.monotonic_ms + REREAD_MS;
    if (!can_be_read(gateway))
        return;
    gateway->reread = false;
    devices_load(gateway);
    relay_restart(gateway);
    freight_load(gateway);
    looks_restart(gateway);
    gateway_note(gateway, LEVEL_WARN, "spool.readable", "waiting=%zu",
                 gateway->waiting);
}

enum status spool_whole(const struct gateway *gateway, struct diag *why)
{
    return gateway->damaged
               ? diag_set(why, STATUS_CORRUPT,
                          "the spool is damaged: the next start takes over "
                          "what can be read of it")
               : STATUS_OK;
}
