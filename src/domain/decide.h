/**
 * Decide what a command makes happen: a fact, or a refusal in words. Reads the
 * book, changes nothing; time, ids and keys come in with the order.
 */
#ifndef TOCSIN_DOMAIN_DECIDE_H
#define TOCSIN_DOMAIN_DECIDE_H

#include "domain/apply.h"
#include "domain/book.h"
#include "wire/check.h"
#include "wire/decode.h"

#define CLOCK_TOLERANCE_MS (10 * 60 * 1000)
#define PLACE_TOLERANCE_KM 400

/** Number of who has the broker's own key: in no book. It enrols administrators
 *  that the authority has certified, when there is no other way. */
#define OWNER_NUMBER 0

struct order {
    const struct principal *actor;
    const Tocsin__V1__Request *request; /* checked by wire, body known */
    int64_t now_ms;
    bool clock_doubted;        /* nothing is over for good by now_ms alone */
    struct arena *arena;       /* the fact is made here */
    uint32_t serial;           /* a free case serial, for a report */
    uint8_t key_id[16];        /* a free case key, for a report */
    uint8_t request_digest[8]; /* of the body */
};

struct verdict {
    Tocsin__V1__Status status; /* RECORDED: when the fact is committed */
    struct complaint complaint;
    uint64_t sequence;               /* DUPLICATE */
    Tocsin__V1__Fact *fact;          /* RECORDED, else NULL */
    uint8_t identity[IDENTITY_SIZE]; /* what makes it the same */
    bool uses_serial;
    int64_t apart_ms; /* the centre's clock is so far ahead, too far */
    int64_t certified_until_ms; /* the centre that has signed; 0: none has */
};

/** Everything that is recorded: Report, Revise, Withdraw, Enrol, Revoke,
 * Invite, Claim, Acknowledge, HandBack, Order, RegisterFound, ResolveFound,
 * LabReport, CheckSample. Any
 * other request is a broken promise. */
void decide(struct verdict *verdict, const struct book *book,
            const struct order *order);

/** The fact that a live alert's time is over, in the arena. */
Tocsin__V1__Fact *decide_expiry(const struct alert *alert, int64_t now_ms,
                                struct arena *arena);

/** The fact that an alert's key is destroyed and its sealing lost, in the
 * arena. */
Tocsin__V1__Fact *decide_forgotten(const struct alert *alert, int64_t now_ms,
                                   struct arena *arena);

/** at_ms of a fact: when by the steady clock, where the two lie apart; 0. */
int64_t steady_if_apart(int64_t steady_ms, int64_t now_ms);

/** An alert whose rings go on (alert_widens), and its document. */
struct widening {
    const struct alert *alert;
    const Tocsin__V1__Alert *content;
    int64_t now_ms;
    int64_t steady_ms; /* by which rings go: it follows no jump */
};
/** So long ago the child was last seen. */
int64_t widening_passed_ms(const struct widening *widening);
/** The fact that its rings have come further, in the arena; NULL: they have not
 *  come to anybody since, and no step has come. Whoever they come to hears of
 * it (told), in the coverage already or not. */
Tocsin__V1__Fact *decide_widening(const struct book *book,
                                  const struct widening *widening,
                                  struct arena *arena);
/** How much will have passed when they come to somebody next, or a step comes.
 */
int64_t widening_due_ms(const struct book *book,
                        const struct widening *widening);

/** Is it over for so long that the book need not hold it any more? A case that
 *  is not solved never is, whatever became of its alert, nor one that is under
 *  supervision. */
bool alert_is_past(const struct book *book, const struct alert *alert,
                   int64_t keep_ms, int64_t now_ms);
/** The fact that a past alert is filed away, in the arena. */
Tocsin__V1__Fact *decide_filing(const struct alert *alert, int64_t now_ms,
                                struct arena *arena);

/** The fact that a found child's key is destroyed and its sealing lost, in the
 *  arena. */
Tocsin__V1__Fact *decide_found_forgotten(const struct found_child *found,
                                         int64_t now_ms, struct arena *arena);
/** Is it over, and was nothing said of it, for so long that the book need not
 *  hold it any more? */
bool found_is_past(const struct book *book, const struct found_child *found,
                   int64_t keep_ms, int64_t now_ms);
/** The fact that a past found child is filed away, in the arena. */
Tocsin__V1__Fact *decide_found_filing(const struct found_child *found,
                                      int64_t now_ms, struct arena *arena);

/** May this role ask this at all, on the desk where it is? */
bool role_may_ask(Tocsin__V1__Role role, Tocsin__V1__Request__BodyCase body);

/* Parts, each in a file of its own. */
void decide_report(struct verdict *verdict, const struct book *book,
                   const struct order *order);
void decide_revise(struct verdict *verdict, const struct book *book,
                   const struct order *order);
void decide_withdraw(struct verdict *verdict, const struct book *book,
                     const struct order *order);
void decide_hand_back(struct verdict *verdict, const struct book *book,
                      const struct order *order);
void decide_enrol(struct verdict *verdict, const struct book *book,
                  const struct order *order);
void decide_revoke(struct verdict *verdict, const struct book *book,
                   const struct order *order);
void decide_invite(struct verdict *verdict, const struct book *book,
                   const struct order *order);
/** A Revoke of an id that is invited and not enrolled, or revoked. */
void decide_uninvite(struct verdict *verdict, const struct book *book,
                     const struct order *order);
void decide_claim(struct verdict *verdict, const struct book *book,
                  const struct order *order);
/** Of a node or gateway: may it put the picture that it asks to put? RECORDED:
 *  the fact that it has come, for when its bytes are durable. DUPLICATE: it
 * has.
 */
void decide_pictured(struct verdict *verdict, const struct book *book,
                     const struct order *order);
void decide_answer(struct verdict *verdict, const struct book *book,
                   const struct order *order);
void decide_register_found(struct verdict *verdict, const struct book *book,
                           const struct order *order);
void decide_resolve_found(struct verdict *verdict, const struct book *book,
                          const struct order *order);
void decide_lab_report(struct verdict *verdict, const struct book *book,
                       const struct order *order);
void decide_check_sample(struct verdict *verdict, const struct book *book,
                         const struct order *order);

/** Is the key a key, and nobody else's? Else refused. */
bool key_is_free(struct verdict *verdict, const struct book *book,
                 const uint8_t public_key[KEY_SIZE], const char *id);

/** Zeroed memory of the order's arena; ends the process when it is too small,
 *  which the arena's budget rules out. */
void *order_take(const struct order *order, size_t size);
/** A fact by this actor with its request id and digest. */
Tocsin__V1__Fact *order_fact(const struct order *order,
                             Tocsin__V1__Fact__BodyCase body);
/** A fact of the broker itself, that nobody asked for; the order's arena and
 *  time. */
Tocsin__V1__Fact *own_fact(const struct order *order,
                           Tocsin__V1__Fact__BodyCase body);
/** Sets the status; fields beginning a complaint. */
void refuse(struct verdict *verdict, Tocsin__V1__Status status,
            const char *field, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
