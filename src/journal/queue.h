/**
 * What waits for the journal's thread: records, whole files and keys to
 * destroy, in the order in which they were handed over. No lock of its own.
 */
#ifndef TOCSIN_JOURNAL_QUEUE_H
#define TOCSIN_JOURNAL_QUEUE_H

#include "journal/journal.h"
#include "journal/keyring.h"

/* One of them, with its bytes, in one piece. */
struct queued {
    struct queued *next;
    const char *path; /* of a file, or NULL */
    bool ends_key;    /* the body is its id */
    struct record record;
    _Alignas(struct mark) uint8_t bytes[];
};

/** Everything that is pointed to is copied; queue_put takes what they give. */
struct queued *queued_record(const struct record *record);
struct queued *queued_file(const char *path, const uint8_t *bytes, size_t size);
struct queued *queued_key(const uint8_t id[KEY_ID_SIZE]);

/** Frees it and all behind it. NULL is fine. */
void queued_free(struct queued *first);

struct queue {
    struct queued *first;
    struct queued **last;
    size_t patient; /* records for which nobody waits */
    bool hurry;     /* something else waits */
};

/** Empty; also how all that it holds is taken out: keep `first` before. */
void queue_init(struct queue *queue);

/** At the end. Takes the item. */
void queue_put(struct queue *queue, struct queued *item);

/** Of a list, those that end a key, at the end; the others are freed. */
void queue_put_ends(struct queue *queue, struct queued *first);

#endif
