/* What comes in from the centre and from handhelds, to the core. */
#include "base/log.h"
#include "gatewayd/running.h"

static void on_request(void *arg, uint64_t exchange,
                       const struct http_request *request)
{
    struct daemon *daemon = arg;
    const struct gateway_request told = {
        .method = request->method,
        .path = request->path,
        .query = request->query,
        .authorization = request->authorization,
        .accept = request->accept,
        .content_type = request->content_type,
        .last_event_id = request->last_event_id,
        .body = request->body,
        .size = request->size,
        .local = request->local};

    gateway_request(daemon->gateway, exchange, &told, clock_now());
}

static void on_gone(void *arg, uint64_t exchange)
{
    gateway_gone(((struct daemon *)arg)->gateway, exchange);
}

static bool on_reply(void *arg, const uint8_t *bytes, size_t size,
                     struct moment now)
{
    return gateway_reply(((struct daemon *)arg)->gateway, bytes, size, now);
}

static Tocsin__V1__ChangeKind kind_of(enum terminal_change change)
{
    switch (change) {
    case TERMINAL_NEW:
        return TOCSIN__V1__CHANGE_KIND__CHANGE_KIND_NEW;
    case TERMINAL_REVISED:
        return TOCSIN__V1__CHANGE_KIND__CHANGE_KIND_REVISED;
    case TERMINAL_ENDED:
        return TOCSIN__V1__CHANGE_KIND__CHANGE_KIND_ENDED;
    case TERMINAL_PICTURE:
        return TOCSIN__V1__CHANGE_KIND__CHANGE_KIND_PICTURE;
    case TERMINAL_STANDING:
        break;
    }
    return TOCSIN__V1__CHANGE_KIND__CHANGE_KIND_UNSPECIFIED;
}

static void on_changed(void *arg, enum terminal_change change,
                       const char *alert_id)
{
    if (alert_id != NULL)
        gateway_alert_changed(((struct daemon *)arg)->gateway, kind_of(change),
                              alert_id);
}

static void on_say_again(void *arg)
{
    gateway_say_again(((struct daemon *)arg)->gateway, clock_now());
}

static bool on_purged(void *arg, const char *alert_id)
{
    return gateway_purged(((struct daemon *)arg)->gateway, alert_id);
}

static void on_purge(void *arg, const char *alert_id)
{
    gateway_purge(((struct daemon *)arg)->gateway, alert_id);
}

static void on_log(void *arg, const char *level, const char *event,
                   const char *text)
{
    enum log_level at = LEVEL_INFO;

    (void)arg;
    (void)log_level_parse(level, &at);
    log_line(at, event, "%s", text);
}

enum status inward_open_line(struct daemon *daemon, struct diag *why)
{
    const struct tocsin_terminal_options options = {
        .log = on_log,
        .arg = daemon,
        .software = "tocsin-gateway " TOCSIN_VERSION};
    const struct daemon_hooks hooks = {.arg = daemon,
                                       .reply = on_reply,
                                       .changed = on_changed,
                                       .say_again = on_say_again,
                                       .purged = on_purged,
                                       .purge = on_purge,
                                       .whole_area = true};
    struct tocsin_diag told = {0};

    return daemon_failed(terminal_daemon_open(&daemon->world.terminal,
                                              daemon->world.store, &options,
                                              &hooks, &told),
                         &told, why);
}

enum status inward_open_http(struct daemon *daemon, struct diag *why)
{
    const char *local = daemon->options->local;
    const struct http_setup setup = {
        .base = daemon->base,
        .address = daemon->options->listen,
        .certificate = daemon->place->certificate,
        .key = daemon->place->certificate_key,
        .local = local != NULL && local[0] != '\0' ? local : NULL,
        .limits = daemon->options->http,
        .arg = daemon,
        .request = on_request,
        .gone = on_gone};

    return http_open(&daemon->world.http, &setup, why);
}
