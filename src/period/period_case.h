/** One case of the stretch, as the facts tell it. Private to this module. */
#ifndef TOCSIN_PERIOD_CASE_H
#define TOCSIN_PERIOD_CASE_H

#include "period/period.h"

/* One node and one alert. */
struct line {
    uint32_t node;
    bool first; /* in the coverage of the report */
    bool due;   /* has been in a coverage, of a withdrawal or not */
    bool held;  /* it, or a revision, not only its withdrawal */
    bool heard; /* when the case was sealed: may hold it */
    bool purged;
    uint32_t silent; /* so often */
    uint32_t sightings;
    int64_t due_ms; /* when it first was */
    int64_t held_ms;
};

struct sighting {
    uint64_t sequence;
    uint32_t node;
    uint8_t answer_id[IDENTITY_SIZE];
    int64_t recorded_ms;
    int64_t triaged_ms; /* -1: nobody has looked at it */
};

struct watched_case {
    char id[ULID_SIZE + 1];
    char division[DIVISION_SIZE + 1];
    bool exercise;
    int64_t reported_ms;
    uint32_t revision;
    uint32_t withdrawal; /* revision of it, or 0 */
    struct case_file file;
    struct line *lines; /* ascending by node */
    size_t line_count;
    size_t first_count;
    size_t first_held;
    int64_t reached_ms; /* after the report 95 % of the first held it; or -1 */
    struct sighting *sightings;
    size_t sighting_count;
    uint32_t silent_leads;
    uint32_t silent_duties;
    uint32_t silent_sightings;
    uint32_t silent_samples;
    uint32_t silent_matches;
    int64_t sampled_ms; /* after the report the first sample was taken; or -1 */
};

struct watched_case *case_begin(const Tocsin__V1__Fact *report);
void case_free(struct watched_case *watched);

/** A fact about it; sequence: the fact's. */
void case_take(struct watched_case *watched, const struct book *book,
               uint64_t sequence, const Tocsin__V1__Fact *fact);

/** This node must purge it, or has; of a sealed case. */
bool case_purge_is_due(const struct line *line, const struct book *book);

#endif
