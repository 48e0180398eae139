/** A gateway that is a real core, with a spool on paper, and its handhelds:
 * they answer alerts through line breaks, deaths and a full disk. */
#ifndef TOCSIN_SIM_CREW_H
#define TOCSIN_SIM_CREW_H

#include <stdbool.h>

struct crew;
struct shot;
struct world;

#define CREW_GATEWAY "ferry"

/** Adds its people to the world's. */
struct crew *crew_new(struct world *world);
void crew_free(struct crew *crew);
void crew_begin(struct crew *crew);
/** What is not whole yet after the calm; NULL: nothing. */
const char *crew_lacks(struct crew *crew);
/** What a handheld said of it has not gone to the broker. */
bool crew_waits_about(const struct crew *crew, const char *alert_id);
/** The answer of this photograph has not gone, or goes once more. */
bool crew_waits_with(const struct crew *crew, const struct shot *shot);
/** Every answer that has a receipt is recorded once, in its handheld's order,
 * or refused with a reason. */
void crew_check(struct crew *crew);

#endif
