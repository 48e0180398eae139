/**
 * Samples for DNA, by the numbers of their kits: how far each has come, on
 * which case it hangs, which matches name it. A number is good once; what is
 * left of it when its case is over is a digest. Pure.
 */
#ifndef TOCSIN_DOMAIN_SAMPLES_H
#define TOCSIN_DOMAIN_SAMPLES_H

#include "domain/book.h"

#define SAMPLES_PER_CASE 20
#define MATCHES_PER_CASE 200
#define MATCHES_WAITING 16
#define SAMPLE_REASON_BYTES 200

/** NULL: nobody has ever said anything of this kit. kit is valid. */
struct sample *book_sample(const struct book *book, const char *kit);
struct sample *book_sample_of(const struct book *book,
                              const uint8_t digest[KIT_DIGEST_SIZE]);

/** The legal moves: is there one from this state (UNSPECIFIED: a new one) to
 *  that one? */
bool sample_may_move(Tocsin__V1__SampleState from, Tocsin__V1__SampleState to);

/** It was taken, or never will be: nobody waits for it. */
bool sample_is_settled(const struct sample *sample);

/** May it be that of a found child: nobody's kin, and not used up? */
bool sample_may_be_found(const struct sample *sample);

/** Its case is over; only the number stays used. */
bool sample_is_spent(const struct sample *sample);

/** What a registry office is told; sample may be NULL. */
Tocsin__V1__SampleAnswer sample_answer(const struct sample *sample);

/** The match of this sequence, or NULL. */
struct match *alert_match(const struct alert *alert, uint64_t sequence);
bool match_waits(const struct match *match);
/** Has its lead a match yet to decide on? Until then the child is held. */
bool matches_wait(const struct alert *alert);

/* ---- for apply ----------------------------------------------------------- */

/** That of this kit, made when there is none. */
struct sample *sample_add(struct book *book,
                          const uint8_t digest[KIT_DIGEST_SIZE]);
/** To this case, for good. */
void sample_hang(struct sample *sample, struct alert *alert);
/** What is known of it in words; NULL stands for nothing. */
void sample_say(struct sample *sample, const Tocsin__V1__SampleWords *words);

/** One more at the end, zeroed. */
struct match *match_add(struct alert *alert);
/** Whoever it names is held, or not, by its decision. */
void match_hold(struct book *book, const struct match *match, int step);

/** The case is over: digests alone stay, and what holds them. */
void samples_forget(struct book *book, struct alert *alert);
/** What hangs on the alert alone. */
void samples_done(struct alert *alert);
void sample_free(struct sample *sample);

#endif
