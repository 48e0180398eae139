/**
 * How alike a missing child and a found one are, as they are described, and
 * why: a suggestion for those who look, never a decision. Pure.
 *
 * What the two descriptions say of each aspect speaks for it, against it, or is
 * not known. The score is what speaks for it, as a share of what could: aspects
 * that are not known count for a third, so that few words never make a high
 * score. A few contradictions leave no likeness at all: another sex, an age or
 * a height far from what the time between allows, a child who was found before
 * it was last seen.
 */
#ifndef TOCSIN_DOMAIN_LIKENESS_H
#define TOCSIN_DOMAIN_LIKENESS_H

#include "domain/divisions.h"
#include "domain/found.h"
#include "domain/wording.h"
#include "tocsin/v1/found.pb-c.h"

/** From here on the centre and the lead of the case are told. */
#define LIKELY_SCORE 60
/** So many are suggested, at most. */
#define SUGGESTIONS_MAX 20
#define LIKENESS_ASPECTS 8

#define TEXTS_COMPARED 11 /* all that there may be */
#define LANGUAGE_TAG_MAX 8

struct described_text {
    char language[LANGUAGE_TAG_MAX + 1]; /* its first subtag */
    struct wording wording;
};

struct described_texts {
    struct described_text list[TEXTS_COMPARED];
    size_t count;
};

/** A child as it is described, whether it is missed or was found. Borrows the
 *  document that it was made of. */
struct described {
    struct glance glance;
    double min_cm; /* 0: not said */
    double max_cm;
    struct point point;
    bool has_point;
    struct wording name;
    struct wording languages;
    struct described_texts appearance;
    struct described_texts clothing;
};

/** Of a child as it was at that time. */
struct glance glance_at(const Tocsin__V1__Child *child, int64_t when_ms);

void described_missing(struct described *out, const Tocsin__V1__Alert *alert);
/** divisions: where a place without a point is. */
void described_found(struct described *out, const Tocsin__V1__FoundChild *found,
                     const struct divisions *divisions);

struct likeness_reason {
    Tocsin__V1__Speaks speaks;
    char text[200];
};

struct likeness {
    unsigned score;                                   /* 0 to 100 */
    struct likeness_reason reasons[LIKENESS_ASPECTS]; /* by Aspect - 1 */
};

/** false: they cannot be the same, by sex, age and time alone. */
bool likeness_possible(const struct glance *missing,
                       const struct glance *found);
/** false: they cannot be the same. The score alone: cheap, for thousands. */
bool likeness_score(unsigned *score, const struct described *missing,
                    const struct described *found);
/** The same with its reasons in words. */
bool likeness_explain(struct likeness *out, const struct described *missing,
                      const struct described *found);

/** The best so far, of any number that is offered in order. */
struct suggestions {
    struct {
        const void *what; /* the case, or the found child */
        unsigned score;
    } list[SUGGESTIONS_MAX]; /* best first; of equals the first offered */
    size_t count;
    size_t likely; /* offered with LIKELY_SCORE or more */
};
void suggestions_offer(struct suggestions *suggestions, const void *what,
                       unsigned score);

#endif
