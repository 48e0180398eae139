/** The broker's state as tocsind writes it down aside: a start from it reads
 * only the facts that came later. It is of one home, and not in its backup. */
#ifndef TOCSIN_SIM_WRITTEN_H
#define TOCSIN_SIM_WRITTEN_H

#include <stddef.h>
#include <stdint.h>

struct world;

struct written {
    uint8_t *bytes; /* NULL: it was never written */
    size_t size;
    size_t facts;
};

/** The state of a broker that has all facts and has not begun; not each time.
 */
void written_make(struct world *world);
/** What the new broker begins with.
 *  Gives: so many facts it need not replay; 0: all are to be. */
size_t written_take(struct world *world);
void written_done(struct written *written);

#endif
