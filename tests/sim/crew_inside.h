/** The inside of the crew, shared by its files and nobody else. */
#ifndef TOCSIN_SIM_CREW_INSIDE_H
#define TOCSIN_SIM_CREW_INSIDE_H

#include "crew.h"
#include "gateway/gateway.h"
#include "paper_spool.h"

#define HANDHELDS 3
#define GIVEN_MAX 200

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
    bool forgotten; /* it may be: the gateway was misled by a week */
    bool again;     /* said once more, to a restored broker */
    bool refused;   /* and before: the alert was unknown then */
};

struct crew {
    struct world *world;
    struct person *ferry;
    struct person *hands[HANDHELDS];
    struct gateway *gateway;
    struct paper_spool *paper;
    struct given given[GIVEN_MAX];
    size_t given_count;
    uint64_t exchange;
    unsigned connects;
    bool up;
    unsigned journal; /* of the broker's, that its terminal goes by */
    bool told;        /* what time it is, by the broker, on this connection */
    int64_t told_offset_ms;
};

/** The fact that records it in today's journal, and how many do; 0: none. */
uint64_t crew_recorded(const struct crew *crew, const struct given *given,
                       unsigned *times);
/** false: its spool does not know it. */
bool crew_fate(const struct crew *crew, const struct given *given,
               struct fate *fate);

#endif
