/* What lies in the spool of a handheld although it does not wait: answers whose
 * alert the centre did not know, for a centre that was restored, and fates for
 * a handheld that has not said that it knows. Each handheld has its measure of
 * it, and its oldest goes first: who makes up alerts is refused at once, so
 * that nothing of it ever waits, and could fill the disk otherwise. */
#include "gateway/core.h"

/* Of what may wait: all of it may wait when a centre comes back that does not
 * know any of it, and that twice. */
#define TIMES 2

/* A cut looks through all that one has, and does not come with each answer. */
static bool is_much(const struct kept *kept, const struct gateway_limits *most)
{
    return kept->refused >= most->device_waiting / 4 ||
           kept->picture_bytes >= most->device_picture_bytes / 4 ||
           kept->fates >= most->device_fates / 4;
}

void kept_add(struct gateway *gateway, struct device *device,
              const struct fate *fate)
{
    struct kept *kept = &device->kept_here;

    kept->fates++;
    kept->refused += fate->state == TOCSIN__V1__FATE_STATE__FATE_STATE_REFUSED;
    if (fate->picture.state == TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_REFUSED)
        kept->picture_bytes += fate->picture.size;
    kept->due = kept->due || is_much(kept, &gateway->limits);
    gateway->cut_due = gateway->cut_due || kept->due;
}

/* Also what an earlier version has left, and what came in small numbers. */
void kept_tidy(struct gateway *gateway)
{
    struct device *device;
    size_t cursor = 0;

    while ((device = map_next(gateway->devices, &cursor)) != NULL) {
        device->kept_here.due = device->kept_here.fates > 0;
        gateway->cut_due = gateway->cut_due || device->kept_here.due;
    }
}

size_t kept_stage(struct gateway *gateway)
{
    const struct gateway_limits *most = &gateway->limits;
    const struct spool_measure measure = {
        .refused = TIMES * most->device_waiting,
        .picture_bytes = TIMES * most->device_picture_bytes,
        .fates = most->device_fates};
    struct device *device;
    size_t cursor = 0;
    size_t count = 0;

    if (!gateway->cut_due)
        return 0;
    while ((device = map_next(gateway->devices, &cursor)) != NULL) {
        if (!device->kept_here.due)
            continue;
        gateway->spool.cut(gateway->spool.arg, device->id, &measure);
        count++;
    }
    return count;
}

void kept_end(struct gateway *gateway, enum status status)
{
    struct device *device;
    size_t cursor = 0;

    if (!gateway->cut_due || status != STATUS_OK)
        return;
    gateway->cut_due = false;
    while ((device = map_next(gateway->devices, &cursor)) != NULL) {
        if (device->kept_here.due)
            device->kept_here = (struct kept){0};
    }
}
