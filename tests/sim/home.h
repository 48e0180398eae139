/**
 * The broker's home: copied while the broker works, lost with all that was
 * recorded since, restored from the copy under a new epoch, as `tocsin backup`
 * and `tocsin restore` do it.
 */
#ifndef TOCSIN_SIM_HOME_H
#define TOCSIN_SIM_HOME_H

/** So long it takes at most until it is restored. */
#define HOME_RESTORING_MAX_MS 6000

struct copy;
struct keys;
struct world;

/** Plan it, when it is part of this life's weather. */
void home_begin(struct world *world);

void keys_done(struct keys *keys);
void copy_done(struct copy *copy);

#endif
