/* Answers that wait for their turn to be relayed: in order of arrival, one of
 * each handheld at a time, sightings before the rest. */
#include <stdlib.h>
#include <string.h>

#include "gateway/core.h"

static bool is_urgent(const struct fate *fate)
{
    return fate->kind == FATE_FOUND || rung_is_urgent(fate->rung);
}

static enum queue_of kind_of(const struct device *device)
{
    if (device->put_off_ms != 0)
        return QUEUE_PUT_OFF;
    return device->urgent > 0 ? QUEUE_URGENT : QUEUE_CALM;
}

/* A handheld whose turn it is goes to the end of the queue of its kind: none
 * waits for another's hundredth answer. Within one handheld order stands, so
 * an urgent answer pulls what it waits behind along. */
void relay_ready(struct gateway *gateway, struct device *device)
{
    struct queue *queue = &gateway->queues[kind_of(device)];

    if (device->queue != NULL || device->under_way || device->first == NULL ||
        device->doubted != 0 || device_is_shut(device))
        return;
    device->queue = queue;
    device->next_queued = NULL;
    if (queue->last != NULL)
        queue->last->next_queued = device;
    else
        queue->first = device;
    queue->last = device;
}

static void leave_queue(struct device *device)
{
    struct queue *queue = device->queue;
    struct device *before = NULL;
    struct device **at;

    if (queue == NULL)
        return;
    at = &queue->first;
    while (*at != device) {
        before = *at;
        at = &(*at)->next_queued;
    }
    *at = device->next_queued;
    if (queue->last == device)
        queue->last = before;
    device->queue = NULL;
}

void relay_put_off(struct gateway *gateway, struct device *device,
                   int64_t until_ms)
{
    leave_queue(device);
    device->put_off_ms = until_ms;
    relay_ready(gateway, device);
}

static void recall(struct gateway *gateway, struct device *device)
{
    relay_put_off(gateway, device, 0);
}

void relay_recall_due(struct gateway *gateway, int64_t now_ms)
{
    struct device *device = gateway->queues[QUEUE_PUT_OFF].first;

    while (device != NULL) {
        struct device *next = device->next_queued;

        if (device->put_off_ms <= now_ms)
            recall(gateway, device);
        device = next;
    }
}

int64_t relay_put_off_ms(const struct gateway *gateway)
{
    const struct device *device = gateway->queues[QUEUE_PUT_OFF].first;
    int64_t due_ms = INT64_MAX;

    for (; device != NULL; device = device->next_queued) {
        if (device->put_off_ms < due_ms)
            due_ms = device->put_off_ms;
    }
    return due_ms;
}

size_t relay_hurrying(const struct gateway *gateway)
{
    const struct device *device = gateway->queues[QUEUE_PUT_OFF].first;
    size_t put_off = 0;

    for (; device != NULL; device = device->next_queued)
        put_off += device->waiting;
    return gateway->waiting - put_off;
}

void relay_add(struct gateway *gateway, struct device *device,
               const struct fate *fate)
{
    struct waiting *waiting = must_calloc(1, sizeof *waiting);

    waiting->row = fate->row;
    waiting->taken_ms = fate->taken_ms;
    waiting->urgent = is_urgent(fate);
    if (device->last != NULL)
        device->last->next = waiting;
    else
        device->first = waiting;
    device->last = waiting;
    device->waiting++;
    gateway->waiting++;
    if (waiting->urgent && device->urgent++ == 0)
        leave_queue(device); /* and into the other one */
    relay_ready(gateway, device);
}

void relay_drop_first(struct gateway *gateway, struct device *device)
{
    struct waiting *waiting = device->first;

    device->first = waiting->next;
    if (device->first == NULL)
        device->last = NULL;
    device->urgent -= waiting->urgent;
    device->waiting--;
    gateway->waiting--;
    free(waiting);
}

void relay_forget(struct gateway *gateway, struct device *device)
{
    leave_queue(device);
    device->put_off_ms = 0;
    while (device->first != NULL)
        relay_drop_first(gateway, device);
}

static bool load_one(void *to, const struct fate *fate)
{
    struct gateway *gateway = to;
    struct device *device = device_find(gateway, fate->device);

    if (device != NULL && !device_is_shut(device))
        relay_add(gateway, device, fate);
    return true;
}

void relay_load(struct gateway *gateway)
{
    gateway->spool.each_waiting(gateway->spool.arg, load_one, gateway);
    reread_if_unread(gateway);
}

static struct waiting *find(struct device *device, int64_t row)
{
    struct waiting *at = device->first;

    while (at != NULL && at->row != row)
        at = at->next;
    return at;
}

static void take_out(struct device *device, const struct waiting *waiting)
{
    struct waiting **at = &device->first;
    struct waiting *before = NULL;

    while (*at != waiting) {
        before = *at;
        at = &(*at)->next;
    }
    *at = waiting->next;
    if (device->last == waiting)
        device->last = before;
}

static void put_ahead(struct device *device, struct waiting *waiting)
{
    struct waiting **at = &device->first;

    while (*at != NULL && (*at)->ahead)
        at = &(*at)->next;
    waiting->ahead = true;
    waiting->next = *at;
    *at = waiting;
    if (waiting->next == NULL)
        device->last = waiting;
}

void relay_bring_ahead(struct gateway *gateway, struct device *device,
                       int64_t row)
{
    struct waiting *waiting = find(device, row);

    if (waiting == NULL || waiting->ahead)
        return;
    if (device->under_way && waiting != device->first &&
        !device->first->ahead && !relay_let_wait(gateway, device))
        return; /* its reply comes first, and then this is looked at again */
    take_out(device, waiting);
    put_ahead(device, waiting);
    recall(gateway, device);
}

struct recall {
    struct gateway *gateway;
    struct device *device;
};

static bool recall_one(void *to, const struct fate *fate)
{
    const struct recall *recall = to;

    if (strcmp(fate->device, recall->device->id) == 0)
        relay_add(recall->gateway, recall->device, fate);
    return true;
}

void relay_recall(struct gateway *gateway, struct device *device)
{
    struct recall recall = {gateway, device};

    relay_forget(gateway, device);
    gateway->spool.each_waiting(gateway->spool.arg, recall_one, &recall);
    reread_if_unread(gateway);
}

bool relay_has_ready(const struct gateway *gateway)
{
    return gateway->queues[QUEUE_URGENT].first != NULL ||
           gateway->queues[QUEUE_CALM].first != NULL;
}

struct device *relay_next(struct gateway *gateway)
{
    struct device *device = gateway->queues[QUEUE_URGENT].first;

    if (device == NULL)
        device = gateway->queues[QUEUE_CALM].first;
    if (device != NULL)
        leave_queue(device);
    return device;
}

int64_t relay_oldest_ms(const struct gateway *gateway)
{
    const struct device *device;
    size_t cursor = 0;
    int64_t oldest_ms = 0;

    while ((device = map_next(gateway->devices, &cursor)) != NULL) {
        if (device->first != NULL &&
            (oldest_ms == 0 || device->first->taken_ms < oldest_ms))
            oldest_ms = device->first->taken_ms;
    }
    return oldest_ms;
}
