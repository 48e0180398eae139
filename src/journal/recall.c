#include "journal/recall.h"

#include <stdlib.h>
#include <string.h>

#define KINDS 256

/* No name of the kind is greater; size 0: there is none. */
struct bound {
    bool known; /* with what was in the journal before anything was expected */
    uint8_t name[MARK_NAME_MAX];
    size_t size;
};

struct recall {
    struct journal *journal;
    struct bound bounds[KINDS]; /* by a name's first byte */
};

struct recall *recall_new(struct journal *journal)
{
    struct recall *recall = must_calloc(1, sizeof *recall);

    recall->journal = journal;
    return recall;
}

void recall_free(struct recall *recall)
{
    free(recall);
}

/* In the order of SQLite's blobs. */
static bool is_beyond(const struct bound *bound, const uint8_t *name,
                      size_t size)
{
    size_t shorter = size < bound->size ? size : bound->size;
    int order = memcmp(name, bound->name, shorter);

    return order > 0 || (order == 0 && size > bound->size);
}

static void lift(struct bound *bound, const uint8_t *name, size_t size)
{
    if (!is_beyond(bound, name, size))
        return;
    memcpy(bound->name, name, size);
    bound->size = size;
}

static enum status learn(struct recall *recall, uint8_t kind, struct diag *why)
{
    struct bound *bound = &recall->bounds[kind];
    uint8_t name[MARK_NAME_MAX];
    size_t size;
    enum status status;

    if (bound->known)
        return STATUS_OK;
    status = journal_last_mark(recall->journal, kind, name, &size, why);
    if (status != STATUS_OK)
        return status;
    lift(bound, name, size);
    bound->known = true;
    return STATUS_OK;
}

void recall_expect(struct recall *recall, const struct record *record)
{
    for (size_t i = 0; i < record->mark_count; i++) {
        const struct mark *mark = &record->marks[i];

        lift(&recall->bounds[mark->name[0]], mark->name, mark->name_size);
    }
}

enum status recall_find(struct recall *recall, const void *name, size_t size,
                        struct found *found, struct diag *why)
{
    const uint8_t *bytes = name;
    enum status status;

    if (size == 0 || size > MARK_NAME_MAX)
        return STATUS_MISSING;
    status = learn(recall, bytes[0], why);
    if (status != STATUS_OK)
        return status;
    if (is_beyond(&recall->bounds[bytes[0]], bytes, size))
        return STATUS_MISSING;
    return journal_find(recall->journal, name, size, found, why);
}
