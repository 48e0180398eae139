/* run: the core between the line to the centre, a store, a spool and HTTP. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <event2/event.h>

#include "base/log.h"
#include "gatewayd/daemon.h"

#define TICK_MS 1000
#define DESCRIPTORS_WANTED 4500

extern const char gateway_openapi[];
extern const char gateway_openapi_end[];

struct daemon {
    const struct place *place;
    const struct run_options *options;
    struct tocsin_bundle *bundle;
    struct spool *spool;
    struct world world;
    struct gateway *gateway;
    struct event_base *base;
    struct event *signals[2];
    struct event *timer;
    struct event *lines[DAEMON_FDS];
    int fds[DAEMON_FDS];
    int64_t tick_ms;
    int64_t watchdog_ms;
    int64_t watched_ms;
    bool said_ready;
    bool stopping;
};

/* ---- what comes in ---------------------------------------------------------
 */

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

static void on_signal(evutil_socket_t number, short what, void *arg)
{
    (void)number;
    (void)what;
    ((struct daemon *)arg)->stopping = true;
}

static void on_nothing(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg; /* the loop has come round: that is all */
}

static void on_log(void *arg, const char *level, const char *event,
                   const char *text)
{
    enum log_level at = LEVEL_INFO;

    (void)arg;
    (void)log_level_parse(level, &at);
    log_line(at, event, "%s", text);
}

/* ---- opening ---------------------------------------------------------------
 */

static enum status failed(enum tocsin_status status,
                          const struct tocsin_diag *from, struct diag *why)
{
    return status == TOCSIN_OK ? STATUS_OK
                               : diag_set(why, STATUS_SYSTEM, "%s", from->text);
}

static enum status beside(const struct place *place, const char *name,
                          char out[PATH_ROOM], struct diag *why)
{
    if (snprintf(out, PATH_ROOM, "%s/%s", place->store, name) >= PATH_ROOM)
        return diag_set(why, STATUS_USAGE, "%s: the path is too long",
                        place->store);
    return STATUS_OK;
}

static enum status open_spool(struct daemon *daemon, struct diag *why)
{
    const struct bundle *bundle = daemon->world.bundle;
    struct formers formers = {.count = 0};
    struct spool_owner owner = {bundle->id, bundle->key.seed,
                                (const uint8_t(*)[KEY_SIZE])formers.secrets, 0};
    char path[PATH_ROOM];
    enum status status = beside(daemon->place, "spool.db", path, why);

    if (status == STATUS_OK)
        status = formers_load(daemon->place, bundle->id, &formers, why);
    owner.former_count = formers.count;
    if (status == STATUS_OK)
        status = spool_open(&daemon->spool, path, &owner, why);
    bytes_wipe(&formers, sizeof formers);
    return status;
}

static bool go_on(void *to, const struct fate *fate)
{
    (void)to;
    (void)fate;
    return true;
}

/* What cannot be read of it is not sent, and nobody else would say so. What can
 * be read goes on, and alerts come. */
static void tell_unreadable(struct daemon *daemon)
{
    struct diag why = {0};

    if (spool_each(daemon->spool, go_on, NULL, &why) != STATUS_OK)
        log_error("spool.unreadable", "reason=\"%s\"", why.text);
}

static enum status open_storage(struct daemon *daemon, struct diag *why)
{
    const struct place *place = daemon->place;
    struct world *world = &daemon->world;
    struct tocsin_diag told = {0};
    char path[PATH_ROOM];
    enum status status =
        failed(tocsin_bundle_load(&daemon->bundle, place->bundle,
                                  place->own_key, &told),
               &told, why);

    if (status != STATUS_OK)
        return status;
    world->bundle = &daemon->bundle->inner;
    if (world->bundle->role != TOCSIN__V1__ROLE__ROLE_GATEWAY)
        return diag_set(why, STATUS_USAGE, "%s: is not a gateway's bundle",
                        place->bundle);
    status = failed(
        tocsin_store_open(&world->store, place->store, daemon->bundle, &told),
        &told, why);
    if (status == STATUS_OK)
        status = open_spool(daemon, why);
    if (status == STATUS_OK)
        tell_unreadable(daemon);
    if (status == STATUS_OK)
        status = beside(place, "cache.db", path, why);
    if (status == STATUS_OK)
        status = cache_open(&world->cache, path, world->bundle->key.seed,
                            daemon->options->cache_bytes, why);
    return status;
}

static void make_gateway(struct daemon *daemon)
{
    const struct gateway_setup setup = {
        .id = daemon->world.bundle->id,
        .software = "tocsin-gateway " TOCSIN_VERSION,
        .secret = daemon->world.bundle->key.seed,
        .broker = daemon->world.bundle->broker_key,
        .openapi = gateway_openapi,
        .openapi_size = (size_t)(gateway_openapi_end - gateway_openapi),
        .limits = daemon->options->limits};
    struct gateway_port port;
    struct gateway_spool spool;

    world_port(&daemon->world, &port);
    spool_port(daemon->spool, &spool);
    daemon->gateway = gateway_new(&setup, &port, &spool, clock_now());
}

static enum status open_line(struct daemon *daemon, struct diag *why)
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
                                       .whole_area = true};
    struct tocsin_diag told = {0};

    return failed(terminal_daemon_open(&daemon->world.terminal,
                                       daemon->world.store, &options, &hooks,
                                       &told),
                  &told, why);
}

static enum status open_http(struct daemon *daemon, struct diag *why)
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

static void listen_all(struct daemon *daemon)
{
    struct event_base *base = daemon->base;

    daemon->signals[0] = evsignal_new(base, SIGTERM, on_signal, daemon);
    daemon->signals[1] = evsignal_new(base, SIGINT, on_signal, daemon);
    daemon->timer = evtimer_new(base, on_nothing, daemon);
    for (int i = 0; i < 2; i++)
        REQUIRE(daemon->signals[i] != NULL &&
                event_add(daemon->signals[i], NULL) == 0);
    REQUIRE(daemon->timer != NULL);
}

static void raise_limits(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < DESCRIPTORS_WANTED)
        log_warn("limits.descriptors", "limit=%llu wanted=%d",
                 (unsigned long long)limit.rlim_cur, DESCRIPTORS_WANTED);
}

static enum status open_all(struct daemon *daemon, struct diag *why)
{
    enum status status;

    raise_limits();
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN); /* its shell was closed */
    world_init(&daemon->world);
    for (int i = 0; i < DAEMON_FDS; i++)
        daemon->fds[i] = -1;
    daemon->base = event_base_new();
    REQUIRE(daemon->base != NULL);
    status = open_storage(daemon, why);
    if (status == STATUS_OK) {
        make_gateway(daemon);
        status = open_line(daemon, why);
    }
    if (status == STATUS_OK)
        status = open_http(daemon, why);
    if (status == STATUS_OK) {
        listen_all(daemon);
        cache_sweep(daemon->world.cache, world_alert_is_held, &daemon->world);
    }
    return status;
}

static void free_event(struct event *event)
{
    if (event != NULL)
        event_free(event);
}

static void close_all(struct daemon *daemon)
{
    struct world *world = &daemon->world;

    for (int i = 0; i < DAEMON_FDS; i++)
        free_event(daemon->lines[i]);
    free_event(daemon->signals[0]);
    free_event(daemon->signals[1]);
    free_event(daemon->timer);
    http_close(world->http);
    tocsin_terminal_close(world->terminal);
    gateway_free(daemon->gateway);
    cache_close(world->cache);
    spool_close(daemon->spool);
    tocsin_store_close(world->store);
    tocsin_bundle_free(daemon->bundle);
    if (daemon->base != NULL)
        event_base_free(daemon->base);
    world_done(world);
}

/* ---- the loop --------------------------------------------------------------
 */

/* The line's descriptors change when it is made anew. They are edges: what is
 * there is asked for before every wait, so that none is missed. */
static void watch_lines(struct daemon *daemon)
{
    int fds[DAEMON_FDS];

    terminal_daemon_fds(daemon->world.terminal, fds);
    for (int i = 0; i < DAEMON_FDS; i++) {
        if (fds[i] == daemon->fds[i])
            continue;
        free_event(daemon->lines[i]);
        daemon->lines[i] = NULL;
        daemon->fds[i] = fds[i];
        if (fds[i] < 0)
            continue;
        daemon->lines[i] =
            event_new(daemon->base, fds[i], EV_READ | EV_PERSIST | EV_ET,
                      on_nothing, daemon);
        REQUIRE(daemon->lines[i] != NULL &&
                event_add(daemon->lines[i], NULL) == 0);
    }
}

static void wait_for_something(struct daemon *daemon)
{
    struct moment now = clock_now();
    int64_t wait_ms = terminal_daemon_wait_ms(daemon->world.terminal);
    int64_t own_ms = gateway_wake_ms(daemon->gateway, now) - now.monotonic_ms;
    struct timeval timeout;

    if (own_ms < wait_ms)
        wait_ms = own_ms;
    if (wait_ms <= 0) {
        (void)event_base_loop(daemon->base, EVLOOP_NONBLOCK);
        return;
    }
    timeout.tv_sec = (time_t)(wait_ms / 1000);
    timeout.tv_usec = (suseconds_t)(wait_ms % 1000 * 1000);
    (void)event_add(daemon->timer, &timeout);
    (void)event_base_loop(daemon->base, EVLOOP_ONCE);
}

static void say_ready(struct daemon *daemon)
{
    const struct http *http = daemon->world.http;

    if (daemon->said_ready)
        return;
    daemon->said_ready = true;
    log_info("gateway.ready", "gateway=%s version=%s https=%s port=%u local=%u",
             daemon->world.bundle->id, TOCSIN_VERSION, daemon->options->listen,
             http_port(http, false), http_port(http, true));
    printf("ready gateway=%s port=%u local=%u\n", daemon->world.bundle->id,
           http_port(http, false), http_port(http, true));
    (void)fflush(stdout);
    notify("READY=1");
}

static void tick(struct daemon *daemon, struct moment now)
{
    if (now.monotonic_ms - daemon->tick_ms >= TICK_MS) {
        daemon->tick_ms = now.monotonic_ms;
        gateway_tick(daemon->gateway, now);
        http_tick(daemon->world.http);
    }
    if (daemon->watchdog_ms > 0 &&
        now.monotonic_ms - daemon->watched_ms >= daemon->watchdog_ms) {
        daemon->watched_ms = now.monotonic_ms;
        notify("WATCHDOG=1");
    }
}

static enum status turn(struct daemon *daemon, struct diag *why)
{
    struct tocsin_diag told = {0};
    struct gateway_world world;
    struct moment now;
    unsigned connects;
    enum status status;
    bool up;

    watch_lines(daemon);
    wait_for_something(daemon);
    status =
        failed(terminal_daemon_turn(daemon->world.terminal, &told), &told, why);
    if (status != STATUS_OK)
        return status;
    now = clock_now();
    connects = terminal_daemon_connects(daemon->world.terminal, &up);
    world_standing(&daemon->world, &world);
    gateway_line(daemon->gateway, up, connects, now);
    gateway_world(daemon->gateway, &world, now);
    tick(daemon, now);
    return gateway_settle(daemon->gateway, now, why);
}

static enum status serve(struct daemon *daemon, struct diag *why)
{
    enum status status = STATUS_OK;

    daemon->watchdog_ms = notify_watchdog_ms();
    say_ready(daemon);
    while (!daemon->stopping && status == STATUS_OK)
        status = turn(daemon, why);
    notify("STOPPING=1");
    if (status == STATUS_OK)
        log_info("gateway.stopped", "gateway=%s", daemon->world.bundle->id);
    else
        log_error("gateway.failed", "reason=\"%s\"", why->text);
    return status;
}

int command_run(const struct place *place, const struct run_options *options)
{
    struct daemon *daemon = must_calloc(1, sizeof *daemon);
    struct diag why = {0};
    enum status status;

    daemon->place = place;
    daemon->options = options;
    status = open_all(daemon, &why);
    if (status == STATUS_OK)
        status = serve(daemon, &why);
    else
        fprintf(stderr, "tocsin-gateway: %s\n", why.text);
    close_all(daemon);
    free(daemon);
    return status == STATUS_OK      ? EXIT_DONE
           : status == STATUS_USAGE ? EXIT_USAGE
                                    : EXIT_LOCAL;
}
