/** What the files of apply share; nobody else includes it. */
#ifndef TOCSIN_DOMAIN_APPLY_PARTS_H
#define TOCSIN_DOMAIN_APPLY_PARTS_H

#include "domain/apply.h"

struct effect apply_issued(struct book *book, uint64_t sequence,
                           const Tocsin__V1__Fact *fact);
struct effect apply_expired(struct book *book, uint64_t sequence,
                            const Tocsin__V1__AlertExpired *expired);
struct effect apply_widened(struct book *book, uint64_t sequence,
                            const Tocsin__V1__Fact *fact);
struct effect apply_filed(struct book *book,
                          const Tocsin__V1__AlertFiled *filed);
struct effect apply_answered(struct book *book, uint64_t sequence,
                             const Tocsin__V1__Fact *fact);
struct effect apply_pictured(struct book *book, uint64_t sequence,
                             const Tocsin__V1__Fact *fact);
/** The picture that it names; hash: empty when it names none. */
void apply_take_picture(struct testimony *testimony,
                        const ProtobufCBinaryData *hash, uint32_t size);
struct effect apply_together(struct book *book, uint64_t sequence,
                             const Tocsin__V1__Fact *fact);

struct effect apply_invited(struct book *book, int64_t now_ms,
                            const Tocsin__V1__Invited *invited);
/** One more, at the end. */
void apply_add_invitation(struct book *book,
                          const Tocsin__V1__Invited *invited);
void apply_invitation_used(struct book *book, const char *device);
/** Address, certificate, gateway. */
void apply_reachable(struct principal *principal,
                     const Tocsin__V1__Principal *from);
struct effect apply_case(struct book *book, uint64_t sequence,
                         const Tocsin__V1__Fact *fact);

/** When it was, of a fact that may tell it by a steadier clock than its own;
 *  at_ms: 0 when it does not. */
int64_t apply_at_ms(const Tocsin__V1__Fact *fact, int64_t at_ms);

struct effect apply_silent(struct book *book, uint64_t sequence,
                           const Tocsin__V1__Fact *fact);
struct effect apply_supervised(struct book *book, uint64_t sequence,
                               const Tocsin__V1__Fact *fact);
struct effect apply_lifted(struct book *book, const Tocsin__V1__Fact *fact);
/** One more at the end; the rest, its reason too, is to be filled in. */
struct supervision *apply_add_supervision(struct book *book,
                                          Tocsin__V1__Supervised kind,
                                          const char *subject);
/** Nothing when it is not under supervision. */
void apply_unsupervise(struct book *book, Tocsin__V1__Supervised kind,
                       const char *subject);
/** One of struct firsts: now, unless it was before. */
void apply_first(const struct alert *alert, uint32_t *first, int64_t now_ms);
/** Into a new coverage from the one before it, in whose place it stands. */
void apply_carry_firsts(struct alert *alert, const struct cover *before,
                        size_t count, int64_t now_ms);
/** Whether it is the same is told by what it holds, not by its request. */
bool tells_by_itself(const Tocsin__V1__Fact *fact);
/** What a node has said of a revision. */
void apply_first_answer(const struct alert *alert, uint32_t node,
                        uint32_t revision, Tocsin__V1__Rung rung,
                        int64_t now_ms);
/** The line of a node, made when there is none. */
struct cover *apply_cover_for(struct alert *alert, uint32_t node);
/** Steps of a case that are about a sample or a match. */
void apply_noted_sample(struct book *book, struct alert *alert,
                        uint64_t sequence, const Tocsin__V1__Fact *fact,
                        uint32_t by);
void apply_decided_match(struct book *book, struct alert *alert,
                         const Tocsin__V1__Fact *fact, uint32_t by);
struct effect apply_lab_reported(struct book *book, uint64_t sequence,
                                 const Tocsin__V1__Fact *fact);
struct effect apply_sample_checked(const struct book *book,
                                   const Tocsin__V1__Fact *fact);
/** A sealed one: nothing personal stays, and who may hold it has a line. */
void apply_forget(struct book *book, struct alert *alert, bool revoked_too);
/** Overwritten, freed, NULL. */
void apply_wipe(uint8_t **bytes, size_t *size);
/** What was identified with it goes with it. */
void apply_forget_found(struct book *book, const struct alert *alert,
                        int64_t now_ms);
struct effect apply_found_registered(struct book *book, uint64_t sequence,
                                     const Tocsin__V1__Fact *fact);
struct effect apply_found_resolved(struct book *book, uint64_t sequence,
                                   const Tocsin__V1__Fact *fact);
struct effect apply_found_forgotten(struct book *book,
                                    const Tocsin__V1__Fact *fact);
struct effect apply_found_filed(struct book *book,
                                const Tocsin__V1__FoundFiled *filed);
/** A new one at the end, known by its id; the rest is to be filled in. */
struct found_child *apply_add_found(struct book *book, const char *id);
/** A blank one at the end of its revisions. */
struct found_revision *apply_found_revision(struct found_child *found);
/** Of an alert whose key is destroyed and whose sealing was lost. */
struct effect apply_forgotten(struct book *book, uint64_t sequence,
                              const Tocsin__V1__Fact *fact);
struct effect apply_purged(struct book *book, uint64_t sequence,
                           const Tocsin__V1__Purged *purged);
void apply_note_silence(struct principal *node, const struct silence *silence);

/** The sighting that a revision starts from. */
void apply_confirmed(struct alert *alert, uint64_t sequence, int64_t time_ms,
                     uint32_t by, const Tocsin__V1__AlertIssued *issued);

/** A new one of this id, with the next number; the rest is to be filled in. */
struct principal *apply_add_principal(struct book *book, const char *id);
/** All but its CURVE key. */
void apply_fill_principal(struct principal *principal,
                          const Tocsin__V1__Principal *from);
/** A new one at the end, known by id and case number; likewise. */
struct alert *apply_add_alert(struct book *book, const char *id,
                              const char *case_number);
void apply_take_prefixes(struct alert *alert, char **prefixes, size_t count);
/** For what is read from a disk: would arithmetic with it hold? */
bool ring_is_sound(const Tocsin__V1__RingStand *ring);
/** The same of times of the broker's own; 0: not yet. */
bool times_are_sound(const int64_t *list, size_t count);
void apply_take_ring(struct alert *alert, const Tocsin__V1__RingStand *ring);
/** Take the alert's share out of its topics' digests (-1), or put it in (1). */
/** Off the screens: its time is over. False: it was already. */
bool apply_end(struct book *book, struct alert *alert, uint64_t sequence);
void apply_toggle(struct book *book, const struct alert *alert, int step);
/** The chain of its i'th topic goes on with this sequence. */
void apply_link(struct book *book, struct alert *alert, size_t i,
                uint64_t sequence);
/** A blank one at the end of the alert's. */
struct testimony *apply_testimony(struct alert *alert);
/** Of a sealed case: who said or brought it from outside is asked to purge as
 *  well. */
void apply_add_holders(const struct book *book, struct alert *alert,
                       const struct testimony *testimony);
struct topic_state *apply_topic(struct book *book, const char *topic);

/** Note with its owner that a command or answer is recorded. Returns the note.
 */
struct seen *apply_remember(struct book *book, struct seen **owner,
                            const uint8_t identity[IDENTITY_SIZE],
                            uint64_t sequence,
                            const ProtobufCBinaryData *digest);
/** Free *bytes and put a copy in their place; NULL when there are none. */
void apply_replace(uint8_t **bytes, size_t *size,
                   const ProtobufCBinaryData *with);

#endif
