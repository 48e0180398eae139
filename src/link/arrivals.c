#include "link/arrivals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zmq.h>

#include "base/clock.h"
#include "link/pump.h"

struct arrivals {
    void *gate_socket;
    void *monitor;
    struct pump *pump;
    enum gate gate;
    struct guests *guests;
};

/* What a monitor says: two bytes of what it is, four of the descriptor; then a
 * frame with the endpoint. */
struct news {
    uint16_t event;
    uint32_t value;
};

static bool read_news(const struct arrivals *arrivals, struct news *news)
{
    uint8_t bytes[sizeof news->event + sizeof news->value];
    char endpoint[1];
    int size = zmq_recv(arrivals->monitor, bytes, sizeof bytes, ZMQ_DONTWAIT);

    memset(news, 0, sizeof *news);
    if (size < 0)
        return false;
    (void)zmq_recv(arrivals->monitor, endpoint, sizeof endpoint, ZMQ_DONTWAIT);
    if (size == (int)sizeof bytes) {
        memcpy(&news->event, bytes, sizeof news->event);
        memcpy(&news->value, bytes + sizeof news->event, sizeof news->value);
    }
    return true;
}

static bool take(void *arg)
{
    const struct arrivals *arrivals = arg;
    struct news news;

    if (!read_news(arrivals, &news))
        return false;
    if (news.event == ZMQ_EVENT_ACCEPTED)
        guests_came(arrivals->guests, arrivals->gate, (int)news.value,
                    clock_monotonic_ms());
    return true;
}

/* Unread it would hold up the gate's I/O thread: no limit on its queue. */
static bool listen_to(struct arrivals *arrivals, void *context)
{
    char name[64];
    int zero = 0;

    snprintf(name, sizeof name, "inproc://arrivals-%d", (int)arrivals->gate);
    if (zmq_socket_monitor(arrivals->gate_socket, name, ZMQ_EVENT_ACCEPTED) !=
        0)
        return false;
    arrivals->monitor = zmq_socket(context, ZMQ_PAIR);
    return arrivals->monitor != NULL &&
           zmq_setsockopt(arrivals->monitor, ZMQ_RCVHWM, &zero, sizeof zero) ==
               0 &&
           zmq_setsockopt(arrivals->monitor, ZMQ_LINGER, &zero, sizeof zero) ==
               0 &&
           zmq_connect(arrivals->monitor, name) == 0;
}

enum status arrivals_open(struct arrivals **out, struct event_base *base,
                          void *context, void *zsocket, enum gate gate,
                          struct guests *guests)
{
    struct arrivals *arrivals = must_calloc(1, sizeof *arrivals);

    *out = NULL;
    arrivals->gate_socket = zsocket;
    arrivals->gate = gate;
    arrivals->guests = guests;
    if (!listen_to(arrivals, context) ||
        pump_new(&arrivals->pump, base, arrivals->monitor, take, NULL,
                 arrivals) != STATUS_OK) {
        arrivals_close(arrivals);
        return STATUS_NETWORK;
    }
    *out = arrivals;
    return STATUS_OK;
}

void arrivals_close(struct arrivals *arrivals)
{
    if (arrivals == NULL)
        return;
    (void)zmq_socket_monitor(arrivals->gate_socket, NULL, 0);
    pump_free(arrivals->pump);
    if (arrivals->monitor != NULL)
        (void)zmq_close(arrivals->monitor);
    free(arrivals);
}
