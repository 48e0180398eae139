/** Everything that a centre has ever signed: what terminals may show, and
 *  nothing else. */
#ifndef TOCSIN_SIM_PAPERS_H
#define TOCSIN_SIM_PAPERS_H

#include "tocsin/v1/desk.pb-c.h"
#include "wire/bundle.h"
#include "base/bytes.h"

struct shot;

#define AREAS_MAX 3

#define RINGS_MAX 4

/** Rings around a place; count 0: none. */
struct rings {
    size_t count;
    struct {
        int64_t after_ms;
        double km;
    } steps[RINGS_MAX];
    double kmh[4]; /* air, rail, road, water */
    int64_t seen_ms;
};

/** A target, as the model understands it. With rings its first circle is that
 * of their last step. */
struct aim {
    struct rings rings;
    size_t division_count;
    char divisions[AREAS_MAX][7];
    size_t circle_count;
    struct {
        double latitude;
        double longitude;
        double km;
    } circles[AREAS_MAX];
    size_t kind_count;
    Tocsin__V1__NodeKind kinds[AREAS_MAX];
};

struct paper {
    char alert_id[ULID_SIZE + 1];
    uint32_t revision;
    bool exercise;
    bool withdrawal;
    int64_t sent_ms;
    int64_t expires_ms;
    struct aim aim;
    const struct bundle *centre; /* that has signed it */
    const struct shot *picture;  /* its photograph, or NULL */
    uint32_t face;   /* the thumbnail that is given with it; 0: none */
    unsigned put_to; /* the home that it was put to */
    uint64_t put_at; /* its head when the last of it was sent */
    uint8_t *bytes;  /* packed SignedAlert */
    size_t size;
    uint8_t digest[32]; /* of its content and signature */
};

struct papers {
    struct paper **list;
    size_t count;
    struct map *by_digest;
};

/** Sign it as this centre; all above bytes but the centre is given. */
struct paper *paper_sign(struct papers *papers, const struct paper *paper,
                         const struct bundle *centre);
/** NULL: no centre has ever signed this. */
const struct paper *paper_of(const struct papers *papers,
                             const Tocsin__V1__SignedAlert *sealed);
const struct paper *paper_of_bytes(const struct papers *papers,
                                   const uint8_t *bytes, size_t size);
void papers_init(struct papers *papers);
void papers_done(struct papers *papers);

#endif
