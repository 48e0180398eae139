/**
 * A gateway's core on a stage: a spool on paper, a broker that a story plays,
 * handhelds with keys, a clock that is told.
 */
#ifndef TOCSIN_TESTS_VAN_H
#define TOCSIN_TESTS_VAN_H

#include "gateway/gateway.h"
#include "paper_spool.h"
#include "wire/keys.h"

#define VAN_ALERT "01ARZ3NDEKTSV4RRFFQ69G5FAV"
#define VAN_HANDHELDS 20
#define VAN_CROWD 130
#define VAN_SENT 512
#define VAN_SAID 512
#define VAN_ALERTS 100
/* Of one handheld: answers that wait, their pictures, fates. */
#define VAN_MAY_WAIT 50
#define VAN_PICTURES 8
#define VAN_FATES 120

struct van_sent {
    uint8_t request_id[16];
    Tocsin__V1__Request__BodyCase kind;
    char device[ID_MAX + 1]; /* of an answer */
    uint8_t number;          /* the last byte of its id */
    uint32_t offset;         /* of a picture; of a page of handhelds */
};

struct van {
    struct paper_spool *paper;
    struct gateway *gateway;
    struct moment now;
    struct keypair broker;
    int handhelds; /* enrolled: VAN_HANDHELDS, or up to VAN_CROWD */
    struct keypair keys[VAN_CROWD];
    bool revoked[VAN_CROWD];
    bool elsewhere[VAN_CROWD]; /* enrolled under another gateway */
    bool lost[VAN_CROWD];      /* the broker is restored from before it came */
    uint32_t generation;
    bool up;
    bool outcast;            /* its own key is revoked */
    int64_t broker_ahead_ms; /* of the van's clock */
    unsigned connects;
    bool blocked; /* the line takes nothing */
    struct van_sent sent[VAN_SENT];
    size_t sent_count;
    int codes[VAN_SAID]; /* by exchange */
    char bodies[VAN_SAID][400];
    bool ended[VAN_SAID]; /* a stream, by the gateway */
    char *body;           /* the last one, whole */
    uint64_t exchange;
    unsigned unreadable_said; /* that its spool is */
    uint32_t seed;
    uint64_t sequences[VAN_ALERTS]; /* of live alerts, the highest first */
    size_t alert_count;
    size_t alerts_read; /* the first so many can be; VAN_ALERTS: all */
    size_t alerts_opened;
    bool alert_over;     /* it was held, and is stripped */
    size_t picture_size; /* VAN_SEEN, or what the story says */
    bool picture_known;
    bool picture_cached;
    bool picture_stuck;     /* the cache's disk lets go of none */
    unsigned pictures_kept; /* in the cache */
    uint32_t retry_ms;      /* that BUSY says */
    bool deaf;              /* nobody takes what is given */
    const char *about;      /* what is answered; NULL: VAN_ALERT */
    const char *pictured;   /* whose photograph it is; NULL: VAN_ALERT's */
};

struct van *van_new(void);
void van_free(struct van *van);
/** The process is killed; what was durable is there at the next start. */
void van_crash(struct van *van);
void van_connect(struct van *van);
void van_lose(struct van *van);
/** Settle; ends the test unless it goes well. */
void van_settle(struct van *van);
void van_pass(struct van *van, int64_t ms);

/** Handheld number `who` gives answer `number`; gives the exchange. Not yet
 *  settled. */
uint64_t van_give(struct van *van, int who, uint8_t number,
                  Tocsin__V1__Rung rung);
/** Asks for a photograph, in a session. Not yet settled. */
uint64_t van_look(struct van *van, int who);
/** At another one, of picture_size bytes. */
uint64_t van_look_at(struct van *van, int who, uint8_t number);
/** Asks for a page of alerts, in a session of H0; counts what is on it by
 * number. Gives where the next one begins; 0: it was the last. */
uint64_t van_page(struct van *van, uint64_t before, unsigned seen[VAN_ALERTS]);
/** Listens to what is told, in a session. */
uint64_t van_listen(struct van *van, int who);
/** Whoever has its new code comes with a key of this seed; the broker's answer
 *  to what was sent last is awaited. */
uint64_t van_claim(struct van *van, int who, uint8_t seed);
/** Gives answer `number` by the wrong key. */
uint64_t van_forge(struct van *van, int who, uint8_t number);
/** A sighting that names a picture of VAN_PICTURE bytes. */
#define VAN_PICTURE 64
uint64_t van_give_pictured(struct van *van, int who, uint8_t number);
/** A piece of it, in a session of its handheld; damaged: another's bytes. */
struct van_piece {
    int who;
    uint8_t number;
    uint32_t offset;
    size_t size;
    bool damaged;
};
uint64_t van_put(struct van *van, const struct van_piece *piece);
/** Handheld `who` registers found child `number` (1 to 9), in this revision. */
uint64_t van_register(struct van *van, int who, uint8_t number,
                      uint32_t revision);
/** A stranger shows the broker's proof of its key; forged: another's. */
uint64_t van_introduce(struct van *van, const char *device, bool forged);
/** It gives answer `number`. */
uint64_t van_give_as(struct van *van, const char *device, uint8_t number);
/** Asks for this, in a session. */
uint64_t van_read(struct van *van, int who, const char *path);
/** From this machine. */
uint64_t van_figures(struct van *van);
uint64_t van_ask(struct van *van, const char *method, const char *path,
                 const char *authorization);

/** The broker answers what was sent as number `at`. */
void van_reply(struct van *van, size_t at, Tocsin__V1__Status status);
void van_refuse(struct van *van, size_t at, Tocsin__V1__Status status,
                const char *field);
/** The photograph of the alert, VAN_SEEN bytes, to who fetches it. */
#define VAN_SEEN 1000
void van_show(struct van *van, size_t at);
/** The broker has so many bytes of the picture, or, with all of them, has
 *  recorded it. */
void van_receipt(struct van *van, size_t at, uint32_t have);
/** It answers every question about handhelds that is open. */
void van_roster(struct van *van);
/** Only the first of them; false: none is open. */
bool van_roster_one(struct van *van);
/** Answers sent since, as "H0:1 H1:7 ", pieces of pictures, as "@16384 ", and
 *  registrations, as "H0:f2r1 ". */
const char *van_answers(struct van *van, size_t from);

#endif
