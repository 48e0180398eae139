/* The core's port onto the line, HTTP and the store: their common owner is the
 * world. */
#include <sodium.h>

#include "base/log.h"
#include "gatewayd/daemon.h"

static bool port_send(void *arg, const uint8_t *bytes, size_t size)
{
    return terminal_daemon_send(((struct world *)arg)->terminal, bytes, size);
}

static void port_respond(void *arg, uint64_t exchange,
                         const struct gateway_response *response)
{
    const struct http_response http = {.code = response->code,
                                       .type = response->type,
                                       .body = response->body,
                                       .size = response->size,
                                       .shared = response->shared,
                                       .retry_after_s =
                                           response->retry_after_s};

    http_respond(((struct world *)arg)->http, exchange, &http);
}

static bool port_stream(void *arg, uint64_t exchange)
{
    return http_stream(((struct world *)arg)->http, exchange);
}

static bool port_push(void *arg, uint64_t exchange, const char *text,
                      size_t size)
{
    return http_push(((struct world *)arg)->http, exchange, text, size);
}

static void port_end_stream(void *arg, uint64_t exchange)
{
    http_stream_end(((struct world *)arg)->http, exchange);
}

static void port_note(void *arg, enum log_level level, const char *event,
                      const char *text)
{
    (void)arg;
    log_line(level, event, "%s", text);
}

static void port_random(void *arg, void *out, size_t size)
{
    (void)arg;
    randombytes_buf(out, size);
}

void world_port(struct world *world, struct gateway_port *out)
{
    *out = (struct gateway_port){.arg = world,
                                 .send = port_send,
                                 .respond = port_respond,
                                 .stream = port_stream,
                                 .push = port_push,
                                 .end_stream = port_end_stream,
                                 .note = port_note,
                                 .random = port_random,
                                 .each_alert = world_each_alert,
                                 .find_picture = world_find_picture,
                                 .alert_is_over = world_alert_is_over,
                                 .picture_load = world_picture_load,
                                 .picture_keep = world_picture_keep,
                                 .picture_drop = world_picture_drop,
                                 .metrics = world_metrics};
}
