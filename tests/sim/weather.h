/**
 * The weather of one life: which things go wrong and how badly. Each seed draws
 * its own set, so that some lives have only slow disks and others everything at
 * once.
 *
 * "every" is the mean time between two such events, in milliseconds; 0: never.
 */
#ifndef TOCSIN_SIM_WEATHER_H
#define TOCSIN_SIM_WEATHER_H

#include <stdbool.h>
#include <stdint.h>

#include "chance.h"

struct weather {
    /* the stage */
    unsigned nodes;
    unsigned centres;
    int64_t length_ms;
    int64_t beacon_ms;
    /* lines */
    int64_t delay_ms; /* one way, at most */
    int64_t slow_delay_ms;
    unsigned slow; /* nodes with a slow line, per mille */
    int64_t break_every_ms;
    int64_t partition_every_ms;
    unsigned unnoticed; /* breaks that the ends notice late, per mille */
    uint32_t feed_queue;
    uint32_t desk_queue;
    /* the broker and its disk */
    int64_t commit_ms;
    int64_t crash_every_ms;
    int64_t stop_every_ms;
    unsigned commit_fails;    /* per mille */
    bool tight;               /* small limits: BUSY is heard often */
    int64_t backup_ms;        /* its home is copied; 0: it is never lost */
    int64_t loss_ms;          /* it is lost, and restored from the copy */
    int64_t second_backup_ms; /* the same again; 0: of the first one */
    int64_t second_loss_ms;   /* 0: no more */
    bool newcomer;            /* a handheld is enrolled after the backup */
    bool patient; /* what a restore lets wait is waited for to its end */
    /* terminals */
    int64_t node_crash_every_ms;
    unsigned node_commit_fails; /* per mille */
    /* clocks */
    int64_t clock_every_ms;
    unsigned wrong_clocks; /* nodes, per mille */
    bool broker_clock;
    /* people */
    int64_t command_every_ms;
    int64_t answer_every_ms;
    int64_t churn_every_ms;
    unsigned doubled; /* commands sent twice at once, per mille */
    unsigned twisted; /* another request under the same id, per mille */
    unsigned relayed; /* answers that also come through a gateway, per mille */
    unsigned exercises; /* per mille */
    unsigned brief;     /* alerts that soon expire, per mille */
    /* photographs */
    bool seals;            /* cases are brought to their end, and sealed */
    unsigned photographs;  /* sightings that have one, per mille */
    int64_t full_every_ms; /* the broker's disk */
};

void weather_draw(struct weather *weather, struct chance *chance);

struct world;
/** Plan the first of everything that goes wrong. */
void weather_begin(struct world *world);
void weather_tell(struct world *world);
/** How far off a clock may be. */
int64_t weather_wrong_clock(struct world *world);

#endif
