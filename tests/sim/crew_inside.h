/** The inside of the crew, shared by its files and nobody else. */
#ifndef TOCSIN_SIM_CREW_INSIDE_H
#define TOCSIN_SIM_CREW_INSIDE_H

#include "crew.h"
#include "gateway/gateway.h"
#include "paper_spool.h"
#include "photographs.h"
#include "world.h"

#define HANDHELDS 3
#define GIVEN_MAX 200
#define PATIENCE_MS 4000

/* One answer, given until there is a receipt. */
struct given {
    int who;
    uint8_t answer_id[16];
    char alert_id[ULID_SIZE + 1];
    uint32_t revision;
    uint8_t *bytes;
    size_t size;
    uint64_t exchange; /* 0: none is open */
    int64_t again_ms;
    Tocsin__V1__Rung rung;
    bool has_receipt;
    bool forgotten;    /* it may be: the gateway was misled by a week */
    unsigned again;    /* said once more, to this restored broker; bits */
    bool refused;      /* and before: the alert was unknown then */
    struct shot *shot; /* that goes after it, or NULL */
    bool put;          /* the gateway has it, or will not have it */
};

/* What a handheld is at with its photographs: one after the other. */
struct putting {
    char token[130]; /* of its session; "": none */
    struct given *given;
    uint32_t have; /* as the gateway says */
    uint64_t exchange;
    int64_t again_ms;
};

/* The answer to what is answered at once. */
struct heard {
    uint64_t exchange; /* while it is asked */
    int code;
    uint8_t *bytes;
    size_t size;
};

/* What a handheld has asked to see. */
struct looking {
    uint64_t exchange; /* 0: nothing */
    const struct shot *shot;
    unsigned seen; /* in all */
};

struct cached {
    uint8_t hash[32];
    char alert_id[ULID_SIZE + 1];
    uint8_t *bytes;
    size_t size;
};

#define PURGES_MAX 32

struct crew {
    struct world *world;
    struct person *ferry;
    struct person *hands[HANDHELDS];
    struct gateway *gateway;
    struct paper_spool *paper;
    struct given given[GIVEN_MAX];
    size_t given_count;
    struct putting puttings[HANDHELDS];
    struct heard heard;
    struct looking lookings[HANDHELDS];
    unsigned looks_asked;
    struct cached *cached; /* at the gateway */
    size_t cached_count;
    char purges[PURGES_MAX]
               [ULID_SIZE + 1]; /* that its terminal was asked for */
    size_t purge_count;
    uint64_t exchange;
    unsigned connects;
    bool up;
    unsigned journal; /* of the broker's, that its terminal goes by */
    bool told;        /* what time it is, by the broker, on this connection */
    int64_t told_offset_ms;
};

struct moment crew_now(const struct crew *crew);

/* ---- crew_check.c ---- */

/** The fact that records it in today's journal, and how many do; 0: none. */
uint64_t crew_recorded(const struct crew *crew, const struct given *given,
                       unsigned *times);
/** false: its spool does not know it. */
bool crew_fate(const struct crew *crew, const struct given *given,
               struct fate *fate);

/* ---- crew_photographs.c ---- */

/** Whose turn it is sends its next piece. */
void crew_puts(struct crew *crew);
/** true: it was about a photograph. */
bool crew_hears(struct crew *crew, uint64_t exchange,
                const struct gateway_response *response);
/** The gateway has died: no answer ever comes. */
void crew_forgets(struct crew *crew);
const char *crew_puts_lack(struct crew *crew);
/** Of an answer that is recorded: its photograph is, too. */
void crew_check_photograph(const struct crew *crew, const struct given *given,
                           const struct fate *fate);

/** "Bearer TOKEN" of a session of this handheld; NULL: it has none now. */
const char *crew_session(struct crew *crew, int who);

/* ---- crew_purges.c: what the gateway's terminal does of a sealed case ---- */

void crew_hears_purge(struct crew *crew, const Tocsin__V1__Reply *reply);
void crew_confirms(struct crew *crew);
void crew_check_purged(const struct crew *crew);

/* ---- crew_looks.c ---- */

bool crew_find_picture(void *arg, const uint8_t hash[32],
                       struct gateway_picture *out);
bool crew_load_picture(void *arg, const uint8_t hash[32], uint8_t **bytes,
                       size_t *size);
void crew_keep_picture(void *arg, const uint8_t hash[32], const char *alert_id,
                       const uint8_t *bytes, size_t size);
bool crew_drop_picture(void *arg, const char *alert_id);
/** One of them asks to see a photograph. */
void crew_looks(struct crew *crew);
/** true: it was about that. */
bool crew_sees(struct crew *crew, uint64_t exchange,
               const struct gateway_response *response);
const char *crew_looks_lack(const struct crew *crew);
void crew_check_looks(const struct crew *crew);
void crew_looks_done(struct crew *crew);

#endif
