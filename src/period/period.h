/**
 * The assessment of a stretch of time: what all facts say of the cases that
 * were reported in it, per division and per node. Pure: facts in, figures out,
 * and in the figures no personal data.
 *
 * A case counts when its report's time is in the stretch, where its division
 * is, with everything that happened to it since, up to the last fact taken.
 * What is about a node counts where the node is. A child of unknown origin
 * counts when it was first registered in the stretch, where it was found.
 * Putting under supervision and lifting it count by their own time. An exercise
 * is never mixed with the rest.
 */
#ifndef TOCSIN_PERIOD_PERIOD_H
#define TOCSIN_PERIOD_PERIOD_H

#include "domain/book.h"

/* How many digits of a division's code make a row. */
enum period_by { BY_PROVINCE = 2, BY_PREFECTURE = 4, BY_COUNTY = 6 };

struct period_span {
    int64_t from_ms;
    int64_t to_ms; /* not in it any more */
    enum period_by by;
};

/* The figures of a row, by name; a time that nothing has is -1. */
#define PERIOD_FIGURES(X)                                                      \
    X(CASES, "cases")                                                          \
    X(OPEN, "open")                                                            \
    X(STANDING, "standing")                                                    \
    X(SOLVED, "solved") /* sealed ones too */                                  \
    X(SEALED, "sealed")                                                        \
    X(RETURNED, "returnedToParents")                                           \
    X(CIVIL_AFFAIRS, "civilAffairs")                                           \
    X(RUNAWAY, "runawayReturned")                                              \
    X(LOST, "lostAndFound")                                                    \
    X(RESCUED, "rescued")                                                      \
    X(DEATH, "death")                                                          \
    X(FALSE_REPORT, "falseReport")                                             \
    X(REACHED, "held95Cases") /* 95 % of the report's coverage held it */      \
    X(UNREACHED, "held95Missing")                                              \
    X(REACHED_MEDIAN, "held95MedianMs")                                        \
    X(REACHED_WORST, "held95WorstMs")                                          \
    X(NODES, "nodes")    /* that had to have an alert */                       \
    X(DARK, "darkNodes") /* of them: there is an alert they never held */      \
    X(ANSWERED, "sightingsAnswered")                                           \
    X(UNANSWERED, "sightingsUnanswered")                                       \
    X(ANSWER_MEDIAN, "answerMedianMs")                                         \
    X(ANSWER_WORST, "answerWorstMs")                                           \
    X(SAMPLED, "sampledCases") /* a sample of the child's kin was taken */     \
    X(SAMPLE_MEDIAN, "sampledMedianMs")                                        \
    X(SAMPLE_WORST, "sampledWorstMs")                                          \
    X(FOUND, "foundChildren")              /* of unknown origin, registered */ \
    X(FOUND_OPEN, "foundUnknown")          /* nobody knows yet who they are */ \
    X(FOUND_IDENTIFIED, "foundIdentified") /* with a case */                   \
    X(FOUND_CLOSED, "foundClosed")         /* no child that is missing */      \
    X(FOUND_MEDIAN, "identifiedMedianMs")                                      \
    X(FOUND_WORST, "identifiedWorstMs")                                        \
    X(SILENT_NODES, "silentNodes")                                             \
    X(SILENT_LEADS, "silentLeads")                                             \
    X(SILENT_DUTIES, "silentDuties")                                           \
    X(SILENT_SIGHTINGS, "silentSightings")                                     \
    X(SILENT_SAMPLES, "silentSamples") /* none, or one still to be taken */    \
    X(SILENT_MATCHES, "silentMatches")                                         \
    X(SUPERVISED, "supervisionPut")                                            \
    X(LIFTED, "supervisionLifted")                                             \
    X(PURGE_DUE, "purgeDue") /* nodes, over all sealed cases */                \
    X(PURGED, "purged")

#define PERIOD_ENUM(name, text) FIGURE_##name,
enum period_figure { PERIOD_FIGURES(PERIOD_ENUM) FIGURES };

#define PERIOD_NODE_FIGURES(X)                                                 \
    X(ALERTS, "alerts") /* that it had to have */                              \
    X(HELD, "held")                                                            \
    X(DARK, "dark")                                                            \
    X(MEDIAN, "heldMedianMs") /* since the alert first had to come to it */    \
    X(WORST, "heldWorstMs")                                                    \
    X(SILENT, "silent")                                                        \
    X(SIGHTINGS, "sightings")                                                  \
    X(PURGE_DUE, "purgeDue")                                                   \
    X(PURGED, "purged")

#define PERIOD_NODE_ENUM(name, text) UNIT_##name,
enum period_unit_figure { PERIOD_NODE_FIGURES(PERIOD_NODE_ENUM) UNIT_FIGURES };

extern const char *const period_figure_names[FIGURES];
extern const char *const period_unit_names[UNIT_FIGURES];

struct period_row {
    char division[DIVISION_SIZE + 1]; /* "" in the total */
    int64_t figures[FIGURES];
};

struct period_unit {
    uint32_t node; /* number */
    int64_t figures[UNIT_FIGURES];
};

/** By division; units by id. Freed by period_table_done. */
struct period_table {
    struct period_row *rows;
    size_t row_count;
    struct period_row total;
    struct period_unit *units;
    size_t unit_count;
};

struct period;

struct period *period_new(const struct period_span *span);
void period_free(struct period *period);

/** The next fact, which is in the book already. */
void period_take(struct period *period, const struct book *book,
                 uint64_t sequence, const Tocsin__V1__Fact *fact);

/** What all facts so far add up to: of exercises alone, or of all else. */
void period_table(struct period_table *out, const struct period *period,
                  const struct book *book, bool exercise);
void period_table_done(struct period_table *table);

#endif
