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

/* A child of unknown origin that was registered in the stretch. */
struct watched_found {
    char id[ULID_SIZE + 1];
    char division[DIVISION_SIZE + 1]; /* where it was found */
    int64_t registered_ms;
    Tocsin__V1__FoundState state; /* as decided last, sealed or not */
    int64_t resolved_ms;          /* when that was */
};

struct period {
    struct period_span span;
    struct watched_case **cases; /* in order of report */
    size_t case_count;
    struct map *by_alert;
    struct supervising *supervisings;
    size_t supervising_count;
    struct watched_found **found; /* in order of registration */
    size_t found_count;
    struct map *by_found;
};

bool period_holds(const struct period *period, int64_t time_ms);
/** A fact, whatever it is about. */
void found_take(struct period *period, const Tocsin__V1__Fact *fact);

#endif
