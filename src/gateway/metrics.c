/* What there is to watch, in Prometheus' text format; and is it well? */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/core.h"

#define SEEN_MS (3600LL * 1000)

struct page {
    char *text;
    size_t size;
    size_t room;
};

static void add(void *to, const char *text)
{
    struct page *page = to;
    size_t size = strlen(text);

    if (page->size + size + 1 > page->room) {
        page->room = (page->size + size + 1) * 2;
        page->text = must_realloc(page->text, page->room, 1);
    }
    memcpy(page->text + page->size, text, size + 1);
    page->size += size;
}

static void line(struct page *page, const char *format, ...) PRINTF(2, 3);

static void line(struct page *page, const char *format, ...)
{
    char text[400];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    add(page, text);
}

static void head(struct page *page, const char *name, const char *kind,
                 const char *help)
{
    line(page, "# HELP tocsin_gateway_%s %s\n# TYPE tocsin_gateway_%s %s\n",
         name, help, name, kind);
}

static void one(struct page *page, const char *name, const char *kind,
                const char *help, double value)
{
    head(page, name, kind, help);
    line(page, "tocsin_gateway_%s %.15g\n", name, value);
}

static double age_s(int64_t now_ms, int64_t then_ms)
{
    if (then_ms == 0)
        return 0;
    return now_ms > then_ms ? (double)(now_ms - then_ms) / 1000 : 0;
}

static void answers(struct page *page, const struct gateway *gateway,
                    struct moment now)
{
    const struct tallies *tallies = &gateway->tallies;

    one(page, "answers_waiting", "gauge",
        "Answers and registrations durable here and not yet at the centre.",
        (double)gateway->waiting);
    one(page, "oldest_waiting_seconds", "gauge",
        "Age of the oldest answer that waits; 0 when none does.",
        age_s(today_ms(gateway, now), relay_oldest_ms(gateway)));
    one(page, "answers_taken_total", "counter",
        "Answers taken from handhelds, durable before their receipt.",
        (double)tallies->taken);
    one(page, "answers_repeated_total", "counter",
        "Answers that were here already.", (double)tallies->repeated);
    one(page, "answers_relayed_total", "counter",
        "Answers that the centre has recorded.", (double)tallies->recorded);
    head(page, "answers_refused_total", "counter",
         "Answers that the centre has refused, by its status.");
    for (int i = 0; i < REASONS; i++) {
        const ProtobufCEnumValue *status = protobuf_c_enum_descriptor_get_value(
            &tocsin__v1__status__descriptor, i);

        if (tallies->refused[i] > 0 && status != NULL)
            line(page,
                 "tocsin_gateway_answers_refused_total{reason=\"%s\"} %" PRIu64
                 "\n",
                 status->name, tallies->refused[i]);
    }
}

static void photographs(struct page *page, const struct gateway *gateway)
{
    const struct tallies *tallies = &gateway->tallies;

    one(page, "pictures_waiting", "gauge",
        "Pictures of handhelds durable here and not yet at the centre.",
        (double)gateway->pictures);
    one(page, "pictures_waiting_bytes", "gauge", "Their size.",
        (double)gateway->picture_bytes);
    one(page, "pictures_taken_total", "counter",
        "Pictures taken from handhelds.", (double)tallies->pictures_taken);
    one(page, "pictures_relayed_total", "counter",
        "Pictures of handhelds that the centre has.",
        (double)tallies->pictures_relayed);
    one(page, "pictures_refused_total", "counter",
        "Pictures of handhelds that the centre has refused.",
        (double)tallies->pictures_refused);
}

static void looks(struct page *page, const struct gateway *gateway)
{
    one(page, "looks_waiting", "gauge",
        "Looks at photographs that the centre has not heard of yet.",
        (double)gateway->looks.waiting);
}

static void devices(struct page *page, const struct gateway *gateway,
                    struct moment now)
{
    const struct device *device;
    size_t cursor = 0;
    size_t seen = 0;
    size_t revoked = 0;
    size_t lost = 0;

    while ((device = map_next(gateway->devices, &cursor)) != NULL) {
        seen += device->seen_ms != 0 &&
                now.monotonic_ms - device->seen_ms < SEEN_MS;
        revoked += device->revoked;
        lost += device->lost_ms != 0;
    }
    one(page, "devices", "gauge", "Handhelds known here, revoked ones too.",
        (double)map_count(gateway->devices));
    one(page, "devices_revoked", "gauge", "Handhelds that are revoked.",
        (double)revoked);
    one(page, "devices_lost", "gauge",
        "Handhelds that the centre does not know any more; what they said "
        "waits.",
        (double)lost);
    one(page, "devices_seen", "gauge", "Handhelds heard in the last hour.",
        (double)seen);
    one(page, "event_streams", "gauge", "Handhelds that listen for events.",
        (double)gateway->stream_count);
}

static void centre(struct page *page, const struct gateway *gateway,
                   struct moment now)
{
    one(page, "line_up", "gauge", "1 when the line to the field desk stands.",
        gateway->line_up);
    one(page, "picture_complete", "gauge",
        "1 when the alerts here are the centre's.", gateway->world.complete);
    one(page, "picture_age_seconds", "gauge",
        "Since the alerts here were last known to be the centre's.",
        age_s(now.wall_ms, gateway->world.picture_ms));
    one(page, "disk_full", "gauge", "1 when the spool's disk is full.",
        gateway->full);
    one(page, "spool_unread_total", "counter",
        "Questions to the spool that could not be read to their end.",
        (double)gateway->tallies.unread);
    one(page, "pictures_cached_total", "counter",
        "Pictures given out of the cache.",
        (double)gateway->tallies.pictures_cached);
    one(page, "pictures_given_bytes", "gauge",
        "Pictures that handhelds have not wholly taken, each counted once.",
        (double)gateway->photo_bytes);
    one(page, "pictures_fetched_total", "counter",
        "Pictures fetched from the centre.",
        (double)gateway->tallies.pictures_fetched);
}

static void responses(struct page *page, const struct gateway *gateway)
{
    head(page, "responses_total", "counter",
         "Responses to handhelds, by their code.");
    for (int code = 100; code < 600; code++) {
        if (gateway->tallies.responses[code] > 0)
            line(page,
                 "tocsin_gateway_responses_total{code=\"%d\"} %" PRIu64 "\n",
                 code, gateway->tallies.responses[code]);
    }
}

void take_metrics(struct gateway *gateway, const struct asked *asked,
                  struct moment now)
{
    struct page page = {0};
    struct gateway_response response = {
        .code = 200, .type = "text/plain; version=0.0.4; charset=utf-8"};

    answers(&page, gateway, now);
    photographs(&page, gateway);
    looks(&page, gateway);
    devices(&page, gateway, now);
    centre(&page, gateway, now);
    responses(&page, gateway);
    if (gateway->port.metrics != NULL)
        gateway->port.metrics(gateway->port.arg, add, &page);
    response.body = page.text;
    response.size = page.size;
    respond(gateway, asked->exchange, &response);
    free(page.text);
}

/* Well is who can take answers; a line that is down is what it is for. */
void take_health(struct gateway *gateway, const struct asked *asked,
                 struct moment now)
{
    char text[200];
    int size = snprintf(
        text, sizeof text,
        "{\"status\":\"%s\",\"connected\":%s,\"complete\":%s,\"waiting\":%zu}",
        gateway->full ? "full" : "ok",
        gateway->world.connected ? "true" : "false",
        gateway->world.complete ? "true" : "false", gateway->waiting);
    const struct gateway_response response = {.code = gateway->full ? 507 : 200,
                                              .type = "application/json",
                                              .body = text,
                                              .size = (size_t)size};

    (void)now;
    respond(gateway, asked->exchange, &response);
}
