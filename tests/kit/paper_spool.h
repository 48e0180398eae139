/** A spool on paper: what was committed survives van_crash, the rest does not;
 *  the disk can be full. */
#ifndef TOCSIN_TESTS_PAPER_SPOOL_H
#define TOCSIN_TESTS_PAPER_SPOOL_H

#include "gateway/spool.h"

#define PAPER_ROWS 1024
#define PAPER_DEVICES 256
#define PAPER_LOOKS 200

struct paper_row {
    bool used;
    struct fate fate;
    uint8_t content[600];
    size_t content_size; /* 0: stripped */
    uint8_t signature[64];
    size_t signature_size;
    bool pictured; /* its bytes are here: pictures of the spool, by row - 1 */
};

struct paper_page {
    struct paper_row rows[PAPER_ROWS];
    size_t row_count;
    struct spooled_look looks[PAPER_LOOKS]; /* row 0: gone, or */
    bool looked[PAPER_LOOKS];               /* kept to be said again */
    size_t look_count;
    struct spooled_device devices[PAPER_DEVICES];
    size_t device_count;
};

struct paper_spool {
    struct paper_page *staged;
    struct paper_page *durable;
    uint8_t *pictures[PAPER_ROWS];
    bool full;
    bool broken;          /* the next commit fails for good */
    bool read_by_another; /* its log is not cut */
    bool unreadable;      /* no question has an answer */
    bool unread;          /* nor had the last one */
    bool torn;            /* because it is damaged */
    unsigned commits;
    unsigned scrubs;
    unsigned searches; /* of all that waits */
};

struct paper_spool *paper_spool_new(void);
void paper_spool_free(struct paper_spool *paper);
/** What was not committed is gone. */
void paper_spool_crash(struct paper_spool *paper);
void paper_spool_port(struct paper_spool *paper, struct gateway_spool *port);

#endif
