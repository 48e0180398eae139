/**
 * The simulator's own idea of what the journal's facts add up to, written
 * without the product's rules: whom each revision must reach, how far up the
 * ladder everybody is, what each topic has had. The checks compare.
 *
 * It reads facts only from the disk, in order, and only as far as the broker
 * says that it has applied them.
 */
#ifndef TOCSIN_SIM_MODEL_H
#define TOCSIN_SIM_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "papers.h"
#include "tocsin/v1/fact.pb-c.h"
#include "wire/keys.h"
#include "wire/seal.h"

struct world;

struct model_principal {
    char id[41];
    Tocsin__V1__Role role;
    Tocsin__V1__NodeKind kind;
    char division[7];
    double latitude;
    double longitude;
    bool has_point;
    bool revoked;
    uint8_t key[KEY_SIZE];
};

/** How one node stands to the newest revision. */
struct model_line {
    bool covered;
    bool once;  /* by an earlier revision */
    bool extra; /* it answered all the same */
    Tocsin__V1__Rung rung;
    unsigned said; /* bit 1 << rung */
};

struct model_revision {
    uint64_t sequence;
    const struct paper *paper; /* NULL: left out by what was handed back */
    int64_t reached_ms;        /* how far its rings ever came */
};

struct model_alert {
    char id[ULID_SIZE + 1];
    bool exercise;
    Tocsin__V1__AlertState state;
    bool filed; /* the book has let go of it */
    uint32_t revision;
    uint64_t sequence; /* newest fact that receivers must hear of */
    int64_t expires_ms;
    uint8_t key_id[16];
    uint32_t lead;    /* number; 0: nobody */
    uint32_t offered; /* likewise */
    bool closed;
    bool sealed; /* its child is forgotten */
    char prefixes[128][7];
    uint64_t told[128]; /* per prefix: its newest message */
    size_t prefix_count;
    int64_t reached_ms; /* its rings, after the child was last seen */
    unsigned step;
    struct model_line *lines; /* by principal number */
    size_t line_count;
    unsigned sightings;
    struct model_revision *history; /* by revision - 1 */
    uint32_t face;                  /* its thumbnail; 0: none */
    size_t unfaced; /* topics that were told, and not yet shown it */
};

/** What a machine said, in a fact that holds several of it. */
struct model_word {
    uint32_t node;
    Tocsin__V1__Rung rung;
    bool told; /* those who follow hear of it */
};

/** One fact, as far as later questions need it. */
struct model_fact {
    Tocsin__V1__Fact__BodyCase kind;
    uint32_t actor; /* number of who asked */
    uint8_t request_id[16];
    bool has_request;
    bool told;      /* those who follow hear of it */
    uint32_t alert; /* index + 1 */
    uint32_t revision;
    uint32_t node;
    Tocsin__V1__Rung rung;
    uint8_t answer_id[16];
    struct model_word *words; /* of answers together; else NULL */
    size_t word_count;
    char principal[41];                 /* enrolled or revoked */
    char found_id[27];                  /* registered, resolved or filed */
    Tocsin__V1__FoundState found_state; /* resolved: from here on */
    bool filed;          /* the book has let go of the found child */
    uint8_t picture[32]; /* looked at */
    uint64_t sighting;   /* whose photograph it is about; 0: none's */
    uint8_t key[KEY_SIZE];
};

struct model_topic {
    char topic[12];
    uint64_t last;
    uint64_t before; /* the one before that */
};

/** What is known of samples; see kits.h. */
struct kits {
    struct model_kit *list;
    size_t count;
    struct model_match *matches;
    size_t match_count;
};

struct model {
    struct world *world;
    struct model *before; /* of the home that was lost; NULL: none was */
    uint64_t kept;        /* its facts up to here stand here too */
    uint8_t epoch[EPOCH_SIZE];
    uint64_t head;
    struct model_principal *principals; /* by number - 1 */
    size_t principal_count;
    struct model_alert **alerts;
    size_t alert_count;
    struct model_fact *facts; /* by sequence - 1 */
    size_t fact_room;
    struct model_topic *topics;
    size_t topic_count;
    uint32_t generation;
    struct kits kits;
    size_t found_count; /* found children in the book */
};

struct model *model_new(struct world *world);
void model_free(struct model *model);
/** Of the home that takes the place of that one, from a copy of so many facts.
 *  That one is taken over, for what is asked of the past. */
struct model *model_after(struct model *before, uint64_t kept);
/** Read facts up to head; they are on the disk. */
void model_read(struct model *model, uint64_t head);

/** Did this fact record that the node said this rung, or a higher one? */
bool model_says(const struct model_fact *fact, uint32_t node,
                Tocsin__V1__Rung rung);
struct model_alert *model_alert(const struct model *model, const char *id);
/** 0: nobody. */
uint32_t model_number(const struct model *model, const char *id);
bool model_active_node(const struct model *model, uint32_t number);
/** NULL: nothing was ever sent on it. */
const struct model_topic *model_topic(const struct model *model,
                                      const char *topic);
/** What it says, opened: always something that a centre has signed. */
const struct paper *model_paper(struct model *model,
                                const Tocsin__V1__AlertIssued *issued);
void model_look_up(const struct model *model, const char *id,
                   uint32_t *revision, bool *withdrawn);
/** The newest revision at that sequence; 0: none yet. */
uint32_t model_revision_at(const struct model_alert *alert, uint64_t sequence);

struct model_line *model_line(struct model_alert *alert, uint32_t number);
/** true: this is higher than what was said before. */
bool model_climb(struct model_line *line, Tocsin__V1__Rung rung);

/* ---- words.c ---- */

void words_note(struct model *model, struct model_fact *note,
                const Tocsin__V1__AnsweredTogether *together);
/** Nothing in this fact stands in an earlier one, or twice. */
void words_once(struct model *model, uint64_t sequence);

/* ---- past.c: what was before a restore ---- */

/** The model of the journal of this epoch; NULL: there was none. */
const struct model *past_of(const struct model *model,
                            const uint8_t epoch[EPOCH_SIZE]);
/** The newest journal that had this revision of this alert; NULL: none. */
const struct model *past_with(const struct model *model, const char *alert_id,
                              uint32_t revision);
/** Its document there; NULL: nobody ever recorded it. */
const struct paper *past_paper(const struct model *model, const char *alert_id,
                               uint32_t revision);
/** As it was enrolled last; NULL: never. */
const struct model_principal *past_principal(const struct model *model,
                                             const char *id);
/** Recorded in a home that was lost, and after its backup. It may be back. */
bool past_was_lost(const struct model *model, const char *alert_id,
                   uint32_t revision);
/** The same, and it is not back. */
bool past_is_lost(const struct model *model, const char *alert_id,
                  uint32_t revision);
/** In this home or one before it its child was forgotten. */
bool past_was_sealed(const struct model *model, const char *alert_id);
/** It was lost, and its centre has signed something else under its number. */
bool past_is_other(const struct model *model, const char *alert_id,
                   uint32_t revision);
/** It is lost, and the broker lets words of it wait, for longer than this life
 *  lasts. */
bool past_may_wait(const struct world *world, const char *alert_id,
                   uint32_t revision);
/** A look of this node's that no alert is here for, or none for it: its alert,
 *  or a revision of it, was lost. */
bool past_look_is_lost(const struct world *world, const char *alert_id,
                       const char *who);

/** The model of the home of that number. */
const struct model *past_home(const struct world *world, unsigned home);
/** Which of the orders an answer keeps that is recorded there, and was said
 *  again to those homes: what is in a copy has the order that it had. */
unsigned past_order(const struct world *world, unsigned again,
                    uint64_t sequence);
/** Of the facts of the home of that number, so many are in today's. */
uint64_t past_kept(const struct world *world, unsigned home);

/* ---- finds.c ---- */

void found_note(struct model *model, struct model_fact *note, uint64_t sequence,
                const Tocsin__V1__FoundRegistered *registered);
void found_note_filed(struct model *model, struct model_fact *note,
                      uint64_t sequence, const Tocsin__V1__FoundFiled *filed);
/** Revisions of it that are recorded now. */
uint32_t found_revisions(const struct model *model, const char *found_id);

/* ---- aim.c ---- */

/** Is this principal in the target, exactly? */
bool aim_holds(const struct aim *aim, const struct model_principal *principal);
/** The same when its rings have come so far. */
bool aim_reaches(const struct aim *aim, const struct model_principal *principal,
                 int64_t reached_ms);
/** By number: must a new revision by this paper reach it? The caller frees. */
bool *aim_coverage(const struct model *model, const struct model_alert *before,
                   const struct paper *paper, int64_t reached_ms);
bool prefix_holds(const char *prefix, const char *division);

#endif
