#include "journal/queue.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t *lay_down(uint8_t **at, const void *bytes, size_t size)
{
    uint8_t *start = *at;

    if (size > 0)
        memcpy(start, bytes, size);
    *at += size;
    return start;
}

struct queued *queued_record(const struct record *record)
{
    size_t name = strlen(record->principal) + 1;
    size_t marks = record->mark_count * sizeof *record->marks;
    struct queued *item =
        must_calloc(1, sizeof *item + marks + name + record->request_size +
                           record->body_size);
    uint8_t *at = item->bytes;

    item->record = *record;
    item->record.marks =
        (const struct mark *)(const void *)lay_down(&at, record->marks, marks);
    item->record.principal =
        (const char *)lay_down(&at, record->principal, name);
    item->record.request_id =
        lay_down(&at, record->request_id, record->request_size);
    item->record.body = lay_down(&at, record->body, record->body_size);
    return item;
}

struct queued *queued_file(const char *path, const uint8_t *bytes, size_t size)
{
    size_t name = strlen(path) + 1;
    struct queued *item = must_calloc(1, sizeof *item + name + size);
    uint8_t *at = item->bytes;

    item->path = (const char *)lay_down(&at, path, name);
    item->record.body = lay_down(&at, bytes, size);
    item->record.body_size = size;
    return item;
}

struct queued *queued_key(const uint8_t id[KEY_ID_SIZE])
{
    struct queued *item = must_calloc(1, sizeof *item + KEY_ID_SIZE);
    uint8_t *at = item->bytes;

    item->ends_key = true;
    item->record.body = lay_down(&at, id, KEY_ID_SIZE);
    item->record.body_size = KEY_ID_SIZE;
    return item;
}

void queued_free(struct queued *first)
{
    while (first != NULL) {
        struct queued *next = first->next;

        free(first);
        first = next;
    }
}

void queue_init(struct queue *queue)
{
    *queue = (struct queue){.last = &queue->first};
}

void queue_put(struct queue *queue, struct queued *item)
{
    *queue->last = item;
    queue->last = &item->next;
    if (item->path == NULL && item->record.patient)
        queue->patient++;
    else
        queue->hurry = true;
}

void queue_put_ends(struct queue *queue, struct queued *first)
{
    while (first != NULL) {
        struct queued *next = first->next;

        first->next = NULL;
        if (first->ends_key)
            queue_put(queue, first);
        else
            free(first);
        first = next;
    }
}
