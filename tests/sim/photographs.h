/** Photographs of sightings: what was taken, by whom, and for which answer. */
#ifndef TOCSIN_SIM_PHOTOGRAPHS_H
#define TOCSIN_SIM_PHOTOGRAPHS_H

#include "domain/book.h"
#include "model.h"

struct world;

struct shot {
    char who[ID_MAX + 1]; /* node, handheld or centre */
    char alert_id[ULID_SIZE + 1];
    uint8_t answer_id[16];
    uint8_t hash[32];
    uint8_t *bytes;
    uint32_t size;
    bool given_up; /* it will not come: a gateway has said so */
};

struct glimpse; /* check_looks.c */

struct shots {
    struct shot **list;
    size_t count;
    struct glimpse *glimpses;
    size_t glimpse_count;
};

void shots_done(struct shots *shots);

/** A new one; answer_id NULL: of the alert itself. */
struct shot *shot_add(struct world *world, const char *who,
                      const char *alert_id, const uint8_t *answer_id);
/** The officer has taken one for this answer, or not: NULL. */
struct shot *shot_take(struct world *world, const char *who,
                       const Tocsin__V1__Answer *answer);
/** As the answer names it; hash and media type are lent. */
void shot_name(const struct shot *shot, Tocsin__V1__Picture *out);
const struct shot *shot_of(const struct world *world,
                           const uint8_t answer_id[16]);

/* ---- what the journal says of them ---- */

/** The fact that records its answer; 0: none does. */
uint64_t shot_sighted(const struct world *world, const struct shot *shot);
/** The fact that records that it has come; 0: none does. */
uint64_t shot_pictured(const struct world *world, uint64_t sighting);
/** Its answer was recorded, in this home or in one that was lost. */
bool shot_was_sighted(const struct world *world, const struct shot *shot);
/** It had come, likewise: nobody keeps it after that. */
bool shot_was_pictured(const struct world *world, const struct shot *shot);

#endif
