/**
 * The file of one child: who answers for it, what has been done, how it ended.
 * It hangs on its alert. Pure.
 */
#ifndef TOCSIN_DOMAIN_CASE_FILE_H
#define TOCSIN_DOMAIN_CASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tocsin/v1/case.pb-c.h"

#define CASE_DUTIES 3
/** The newest steps stay in the book with their words; the journal has all. */
#define CASE_ENTRIES_KEPT 64

struct duty_state {
    uint32_t owner; /* number; 0: the lead */
    int64_t since_ms;
    int64_t logged_ms; /* 0: never */
    uint32_t entries;
    bool overdue; /* silent, and noted */
};

struct case_entry {
    uint64_t sequence;
    int64_t recorded_ms;
    uint32_t by; /* number */
    Tocsin__V1__CaseStep step;
    uint8_t *document; /* packed SignedOrder, or NULL */
    size_t size;
};

struct case_file {
    Tocsin__V1__CaseState state;
    int64_t since_ms;
    uint32_t lead; /* number; 0: none yet, the centre that filed answers */
    int64_t lead_since_ms;
    bool lead_overdue;
    uint64_t silent_seq; /* the fact that noted that there is no lead */
    int64_t silent_ms;
    uint32_t offered; /* number of who has been offered the lead, or 0 */
    int64_t offered_ms;
    Tocsin__V1__Outcome outcome; /* of a solved case */
    Tocsin__V1__Outcome waiting; /* for a second principal */
    uint32_t waiting_by;
    struct duty_state duties[CASE_DUTIES]; /* by Duty - 1 */
    bool sample_overdue;                   /* none was taken, and noted */
    struct case_entry *entries;            /* oldest first */
    size_t entry_count;
    uint32_t entries_ever;
};

/** A case begins open, with nobody but its centre. */
void case_file_begin(struct case_file *file, int64_t now_ms);
void case_file_done(struct case_file *file);

/** The legal moves: is there this step in this state? */
bool case_step_fits(Tocsin__V1__CaseState state, Tocsin__V1__CaseStep step);

/** Since when a duty is silent: while a case stands or is solved none is. */
int64_t case_duty_since_ms(const struct case_file *file, int duty);

/** When it was opened again after it had been solved; 0: never, as far as the
 *  steps that are kept go. Who lets it stand and opens it again wins no time.
 */
int64_t case_sought_again_ms(const struct case_file *file);

/** Over: nothing is sought any more. */
bool case_is_closed(const struct case_file *file);

/** Its child is forgotten. */
bool case_is_sealed(const struct case_file *file);

/** This outcome needs a second principal. */
bool outcome_needs_two(Tocsin__V1__Outcome outcome);

/** A step that was recorded; changes the state along the table. whom, duty,
 *  outcome and waits as in CaseChanged. */
struct case_move {
    Tocsin__V1__CaseStep step;
    uint32_t by;
    uint32_t whom;
    Tocsin__V1__Duty duty;
    Tocsin__V1__Outcome outcome;
    bool waits;
    int64_t now_ms;
};
void case_file_move(struct case_file *file, const struct case_move *move);

/** Sealed, whatever came before: its key is gone. */
void case_file_forget(struct case_file *file, int64_t now_ms);

/** The alert is out again: what stood is open, and no outcome waits. */
void case_file_search(struct case_file *file, int64_t now_ms);

/** One more at the end, zeroed; the oldest goes when there are too many. */
struct case_entry *case_file_entry(struct case_file *file);

#endif
