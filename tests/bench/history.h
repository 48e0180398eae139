/** A journal as years of work leave it, written straight to the disk. */
#ifndef TOCSIN_BENCH_HISTORY_H
#define TOCSIN_BENCH_HISTORY_H

#include "domain/book.h"
#include "fleet.h"
#include "journal/journal.h"
#include "journal/keyring.h"

#define HISTORY_BATCH 1000

struct history {
    struct journal *journal;
    struct keyring *keyring; /* or NULL */
    struct vault *vault;
    struct book *book; /* grows with the journal */
    uint64_t next;     /* sequence of the next fact */
    struct record records[HISTORY_BATCH];
    size_t waiting;
    uint8_t key_id[KEY_ID_SIZE];
    char alert_id[ULID_SIZE + 1];
    size_t alert_count;
};

/** A new journal, of which history_close closes everything. */
void history_open(struct history *history, const char *path);
void history_close(struct history *history);
/** The first fact of a new journal. */
void history_found(struct history *history);
/** A fact that the journal has already. */
void history_take(struct history *history, const uint8_t *body, size_t size);
void history_enrol(struct history *history, const char *id,
                   Tocsin__V1__Role role, const struct place *place);
/** A centre and these checkpoints. */
void history_enrol_fleet(struct history *history, const struct place *places,
                         size_t count);
/** Cases up to about this sequence, of which the last ones stay open; 0: all
 *  do. All is on the disk afterwards. */
void history_go_on(struct history *history, uint64_t last, size_t open);

#endif
