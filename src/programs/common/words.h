/** The short words of the command line for the protocol's enums. */
#ifndef TOCSIN_PROGRAMS_WORDS_H
#define TOCSIN_PROGRAMS_WORDS_H

#include <stdbool.h>

#include <protobuf-c/protobuf-c.h>

struct word {
    const char *text;
    int value;
};

/** Each list ends with a text of NULL. */
extern const struct word words_role[];       /* centre ... gateway */
extern const struct word words_kind[];       /* railway ... other */
extern const struct word words_sex[];        /* female male unknown */
extern const struct word words_reason[];     /* found error duplicate other */
extern const struct word words_rung[];       /* dark held ... intercepted */
extern const struct word words_confidence[]; /* low medium high */
extern const struct word words_state[];      /* live withdrawn expired */
extern const struct word words_rank[];       /* station county ... ministry */
extern const struct word words_duty[];       /* investigation rescue comfort */
extern const struct word words_case[];       /* open standing solved sealed */
extern const struct word words_outcome[];    /* returned ... false-report */
extern const struct word words_step[];       /* offer-lead ... triage */
extern const struct word words_verdict[];    /* new checking ... duplicate */

extern const struct word words_found[];  /* registered ... sealed */
extern const struct word words_aspect[]; /* sex age ... clothing */
extern const struct word words_speaks[]; /* for against unknown */

extern const struct word words_relation[]; /* mother ... other-kin */
extern const struct word words_sample[];   /* due taken ... impossible */
extern const struct word words_decision[]; /* accept reject again */

/** false and value untouched when text is none of them. */
bool word_value(const struct word *words, const char *text, int *value);

/** "?" for a value that is not in the list. */
const char *word_text(const struct word *words, int value);

/** Says "--FLAG: must be one of ..." on stderr. */
void word_complain(const struct word *words, const char *flag);

#endif
