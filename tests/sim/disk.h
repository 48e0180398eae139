/** The broker's disk: see host.h. */
#ifndef TOCSIN_SIM_DISK_H
#define TOCSIN_SIM_DISK_H

#include "host.h"

/** Queue it; the next commit takes it. */
void disk_append(struct world *world, const struct record *record);
/** Only copy it. */
void disk_take(struct world *world, const struct record *record);
/** Everything queued is committed at once: before life begins. */
void disk_flush(struct world *world);
/** A mark of what is durable. */
bool disk_find(const struct disk *disk, const void *name, size_t size,
               struct found *found);
/** Only so many facts are left of it, all durable: an older copy. */
void disk_cut(struct disk *disk, size_t count);
/** Forget what is not durable. */
void disk_crash(struct world *world);
void disk_done(struct disk *disk);
/** No space left, for some seconds: what waits is not kept. */
void disk_fill(struct world *world);

/** Nothing is under way on it: what waits for it has its turn. */
void disk_turn(struct world *world);
/** The longest that a write takes now. */
int64_t disk_slow_ms(const struct world *world);
/** true: a write has failed, and with it the broker's process. */
bool disk_fails(struct world *world);

#endif
