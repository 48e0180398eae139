/**
 * Apply what the journal has committed. Decides nothing and cannot fail; a fact
 * out of order is a broken promise.
 */
#ifndef TOCSIN_DOMAIN_APPLY_H
#define TOCSIN_DOMAIN_APPLY_H

#include "domain/book.h"
#include "wire/check.h"

/** Answers in one fact, at most. */
#define TOGETHER_MAX 64

enum effect_kind {
    EFFECT_PURGED,      /* alert, principal: the node that has */
    EFFECT_SUPERVISION, /* subject, put under or lifted; principal: by whom */
    EFFECT_SILENCE,     /* alert: something about it is noted as silent */
    EFFECT_NONE,        /* nothing changed: the second of two */
    EFFECT_FOUNDED,
    EFFECT_PRINCIPAL, /* enrolled, re-keyed or revoked: principal */
    EFFECT_ALERT,     /* a new document, or expired: publish alert; testimony */
    EFFECT_ANSWER,    /* alert, principal (the node), rung */
    EFFECT_PICTURED,  /* alert, principal (whose sighting): its picture is here
                       */
    EFFECT_LOOKED,    /* alert, principal: who looked at a photograph */
    EFFECT_TOGETHER,  /* alert, changed */
    EFFECT_CASE,      /* alert, principal (who gave the order), step;
                         testimony */
    EFFECT_FOUND,     /* found: registered, corrected, resolved or forgotten;
                         principal: by whom */
    EFFECT_LABORATORY, /* principal; alert: of the sample, or NULL */
    EFFECT_CHECKED     /* principal, answer: a registry office has asked */
};

struct effect {
    enum effect_kind kind;
    struct alert *alert;
    struct principal *principal;
    Tocsin__V1__Rung rung;
    uint64_t changed; /* a bit for each line of the fact that was news */
    Tocsin__V1__CaseStep step;
    struct found_child *found;
    struct testimony *testimony; /* a sighting that was judged, or NULL */
    const char *subject;         /* the fact's */
    Tocsin__V1__SampleAnswer answer;
    bool generation_raised;
};

/**
 * Would book_apply take this fact? For what is read from a disk: false, and the
 * complaint names the field, when applying it would be a broken promise.
 * Not looked at is whether a public key is one (principal_has_key tells
 * afterwards): to compute it twice would make starts slow.
 */
bool book_takes(const struct book *book, uint64_t sequence,
                const Tocsin__V1__Fact *fact, struct complaint *complaint);

/** sequence must be book->head + 1. */
struct effect book_apply(struct book *book, uint64_t sequence,
                         const Tocsin__V1__Fact *fact);

/** What makes a command the same command: its sender and its id. */
void identity_of_command(uint8_t out[IDENTITY_SIZE], uint32_t principal,
                         const uint8_t *request_id, size_t size);
/** What makes a person's answer the same answer: node and answer_id. */
void identity_of_answer(uint8_t out[IDENTITY_SIZE], uint32_t node,
                        const uint8_t *answer_id, size_t size);
/** What makes a machine's answer the same: node, alert, revision, rung. */
void identity_of_rung(uint8_t out[IDENTITY_SIZE], uint32_t node,
                      const char *alert_id, uint32_t revision,
                      Tocsin__V1__Rung rung);
/** What makes the coming of a sighting's picture the same: its sighting. */
void identity_of_picture(uint8_t out[IDENTITY_SIZE], uint64_t sighting);
/** What makes a registration the same: found child and revision. */
void identity_of_found(uint8_t out[IDENTITY_SIZE], const char *found_id,
                       uint32_t revision);

#endif
