/**
 * Silence is an event: what should have been heard and was not. It is noted
 * once, told to whom it concerns, and ends by itself with the word that was
 * missing. Pure.
 */
#ifndef TOCSIN_DOMAIN_SILENCE_H
#define TOCSIN_DOMAIN_SILENCE_H

#include "domain/book.h"

struct arena;

/** How long each may be silent, in milliseconds; 0: for ever. */
struct silence_policy {
    int64_t node_ms;     /* a node of the coverage without HELD */
    int64_t lead_ms;     /* a case without a lead */
    int64_t duty_ms;     /* a duty of an open case without an entry */
    int64_t sighting_ms; /* a sighting that nobody has looked at */
    int64_t dna_ms;      /* a case without a sample of kin, one still to take */
    int64_t match_ms;    /* a match that waits for its decision */
};

/** When it is asked. */
struct silence_clocks {
    int64_t now_ms;
    int64_t steady_ms; /* by which silence is measured: it follows no jump */
};

/** Is it silent for so long (0: for ever) since then? A time that lies ahead of
 *  both clocks was told by one that was wrong, and would never come: it is. */
bool silence_is_over(const struct silence_clocks *clocks, int64_t since_ms,
                     int64_t most_ms);

/**
 * What has fallen silent about an alert and its case and is not noted yet: the
 * fact, in the arena; NULL: nothing.
 */
Tocsin__V1__Fact *decide_silence(const struct book *book,
                                 const struct alert *alert,
                                 const struct silence_policy *policy,
                                 const struct silence_clocks *clocks,
                                 struct arena *arena);

#endif
