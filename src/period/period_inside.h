/** What has been gathered. Private to this module. */
#ifndef TOCSIN_PERIOD_INSIDE_H
#define TOCSIN_PERIOD_INSIDE_H

#include "period/period_case.h"

/* Somebody put under supervision in the stretch, or freed of it. */
struct supervising {
    char division[DIVISION_SIZE + 1];
    bool exercise;
    bool lifted;
};

struct period {
    struct period_span span;
    struct watched_case **cases; /* in order of report */
    size_t case_count;
    struct map *by_alert;
    struct supervising *supervisings;
    size_t supervising_count;
};

#endif
