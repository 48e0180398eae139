/* Server-sent events: what changed, told to whom it concerns; a ring of the
 * latest for those who come back. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/core.h"

#define PING_MS 15000
#define STREAMS_OF_ONE 2
#define HEAD_MAX 200
/* Told at once to who comes back; with more it would be cut off as one that
 * does not read, come back to the same, and never hear anything. */
#define RESUMED_BYTES_MAX (128 * 1024)

static struct stream *take_out(struct gateway *gateway, uint64_t exchange)
{
    struct stream **at = &gateway->streams;
    struct stream *stream;

    while (*at != NULL && (*at)->exchange != exchange)
        at = &(*at)->next;
    stream = *at;
    if (stream != NULL) {
        *at = stream->next;
        gateway->stream_count--;
    }
    return stream;
}

void streams_gone(struct gateway *gateway, uint64_t exchange)
{
    free(take_out(gateway, exchange));
}

static void close_stream(struct gateway *gateway, uint64_t exchange)
{
    streams_gone(gateway, exchange);
    gateway->port.end_stream(gateway->port.arg, exchange);
}

void streams_end(struct gateway *gateway, const struct device *device)
{
    struct stream *stream = gateway->streams;

    while (stream != NULL) {
        struct stream *next = stream->next;

        if (stream->device == device)
            close_stream(gateway, stream->exchange);
        stream = next;
    }
}

void streams_done(struct gateway *gateway)
{
    while (gateway->streams != NULL)
        streams_gone(gateway, gateway->streams->exchange);
    for (size_t i = 0; i < RING; i++)
        free(gateway->ring[i].data);
}

/* false: it is gone, or was closed because it does not keep up. */
static bool push(struct gateway *gateway, uint64_t exchange, uint64_t number,
                 const char *kind, const char *data)
{
    size_t room = strlen(data) + HEAD_MAX;
    char *text = must_calloc(1, room);
    int size =
        snprintf(text, room, "id: %s-%" PRIu64 "\nevent: %s\ndata: %s\n\n",
                 gateway->run, number, kind, data);
    bool there =
        gateway->port.push(gateway->port.arg, exchange, text, (size_t)size);

    free(text);
    return there;
}

void tell_devices(struct gateway *gateway, struct device *device,
                  const char *kind, const Tocsin__V1__DeviceEvent *event)
{
    struct told *told = &gateway->ring[gateway->told % RING];
    struct stream *stream = gateway->streams;
    size_t size;

    free(told->data);
    told->number = ++gateway->told;
    told->device = device;
    told->kind = kind;
    told->data = json_text(&event->base, &size);
    while (stream != NULL) {
        struct stream *next = stream->next;
        uint64_t exchange = stream->exchange; /* a push may end it */

        if ((device == NULL || stream->device == device) &&
            !push(gateway, exchange, told->number, kind, told->data))
            streams_gone(gateway, exchange);
        stream = next;
    }
}

/* ---- coming (back) --------------------------------------------------------
 */

static bool concerns(const struct told *told, const struct asked *asked)
{
    return told->device == NULL || told->device == asked->device;
}

static bool is_much(const struct gateway *gateway, const struct asked *asked,
                    uint64_t number)
{
    size_t bytes = 0;

    for (uint64_t at = number; at < gateway->told; at++) {
        const struct told *told = &gateway->ring[at % RING];

        if (concerns(told, asked))
            bytes += strlen(told->data) + HEAD_MAX;
    }
    return bytes > RESUMED_BYTES_MAX;
}

/* What it has had, or false: nobody knows. */
static bool had(const struct gateway *gateway, const char *last_id,
                uint64_t *number)
{
    size_t size = strlen(gateway->run);
    char *end;

    if (strncmp(last_id, gateway->run, size) != 0 || last_id[size] != '-')
        return false;
    *number = strtoull(last_id + size + 1, &end, 10);
    return *end == '\0' && *number <= gateway->told &&
           *number + RING >= gateway->told;
}

static bool resume(struct gateway *gateway, const struct asked *asked,
                   uint64_t number)
{
    for (uint64_t at = number; at < gateway->told; at++) {
        const struct told *told = &gateway->ring[at % RING];

        if (concerns(told, asked) &&
            !push(gateway, asked->exchange, told->number, told->kind,
                  told->data))
            return false;
    }
    return true;
}

static bool say_standing(struct gateway *gateway, const struct asked *asked,
                         const char *kind, struct moment now)
{
    Tocsin__V1__DeviceEvent event = TOCSIN__V1__DEVICE_EVENT__INIT;
    Tocsin__V1__GatewayStanding standing;
    char *data;
    size_t size;
    bool there;

    fill_standing(gateway, &standing, now);
    event.standing = &standing;
    data = json_text(&event.base, &size);
    there = push(gateway, asked->exchange, gateway->told, kind, data);
    free(data);
    return there;
}

static void close_oldest_of(struct gateway *gateway,
                            const struct device *device)
{
    const struct stream *oldest = NULL;
    int count = 0;

    for (const struct stream *at = gateway->streams; at != NULL;
         at = at->next) {
        if (at->device == device) {
            oldest = at; /* newer ones stand before it */
            count++;
        }
    }
    if (count >= STREAMS_OF_ONE)
        close_stream(gateway, oldest->exchange);
}

static void enter(struct gateway *gateway, const struct asked *asked,
                  struct moment now)
{
    struct stream *stream = must_calloc(1, sizeof *stream);

    stream->exchange = asked->exchange;
    stream->device = asked->device;
    stream->until_ms = asked->session_ms;
    stream->ping_ms = now.monotonic_ms + PING_MS;
    stream->next = gateway->streams;
    gateway->streams = stream;
    gateway->stream_count++;
}

void take_events(struct gateway *gateway, const struct asked *asked,
                 struct moment now)
{
    const char *last_id = asked->request->last_event_id;
    uint64_t number = 0;
    bool there;

    close_oldest_of(gateway, asked->device);
    if (gateway->stream_count >= gateway->limits.streams) {
        respond_problem(
            gateway, asked,
            (struct problem){503, TOCSIN__V1__STATUS__STATUS_BUSY, 10000},
            "events", "too many listen already");
        return;
    }
    if (!gateway->port.stream(gateway->port.arg, asked->exchange))
        return;
    enter(gateway, asked, now);
    gateway->tallies.responses[200]++;
    if (last_id[0] == '\0')
        there = say_standing(gateway, asked, "standing", now);
    else if (had(gateway, last_id, &number) && !is_much(gateway, asked, number))
        there = resume(gateway, asked, number);
    else
        there = say_standing(gateway, asked, "reset", now);
    if (!there)
        streams_gone(gateway, asked->exchange);
}

void streams_tick(struct gateway *gateway, struct moment now)
{
    static const char ping[] = ": still here\n\n";
    struct stream *stream = gateway->streams;

    while (stream != NULL) {
        struct stream *next = stream->next;
        uint64_t exchange = stream->exchange;

        if (stream->until_ms < now.wall_ms) {
            close_stream(gateway, exchange); /* as its token would be */
        } else if (now.monotonic_ms >= stream->ping_ms) {
            stream->ping_ms = now.monotonic_ms + PING_MS;
            if (!gateway->port.push(gateway->port.arg, exchange, ping,
                                    sizeof ping - 1))
                streams_gone(gateway, exchange);
        }
        stream = next;
    }
}
