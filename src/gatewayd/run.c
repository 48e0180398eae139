/* run: the core between the line to the centre, a store, a spool and HTTP. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "gatewayd/running.h"

#define TICK_MS 1000

/* ---- what wakes it --------------------------------------------------------
 */

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

static void free_event(struct event *event)
{
    if (event != NULL)
        event_free(event);
}

static void listen_no_more(struct daemon *daemon)
{
    for (int i = 0; i < DAEMON_FDS; i++)
        free_event(daemon->lines[i]);
    free_event(daemon->signals[0]);
    free_event(daemon->signals[1]);
    free_event(daemon->timer);
}

/* The lines' descriptors are others when one is made anew. They are edges: what
 * is there is asked for before every wait, so that none is missed. */
static void watch_lines(struct daemon *daemon)
{
    int fds[DAEMON_FDS];
    unsigned made = terminal_daemon_fds(daemon->world.terminal, fds);

    if (made == daemon->lines_made)
        return;
    daemon->lines_made = made;
    for (int i = 0; i < DAEMON_FDS; i++) {
        free_event(daemon->lines[i]);
        daemon->lines[i] = NULL;
    }
    for (int i = 0; i < DAEMON_FDS; i++) {
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
    struct diag how = {0};

    if (now.monotonic_ms - daemon->tick_ms >= TICK_MS) {
        daemon->tick_ms = now.monotonic_ms;
        if (cache_was_damaged(daemon->world.cache, &how))
            log_warn("cache.damaged", "reason=\"%s\"", how.text);
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

    daemon_look_for_spool(daemon);
    watch_lines(daemon);
    wait_for_something(daemon);
    status = daemon_failed(terminal_daemon_turn(daemon->world.terminal, &told),
                           &told, why);
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

    listen_all(daemon);
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
    status = daemon_open(daemon, &why);
    if (status == STATUS_OK)
        status = serve(daemon, &why);
    else
        fprintf(stderr, "tocsin-gateway: %s\n", why.text);
    listen_no_more(daemon);
    daemon_close(daemon);
    free(daemon);
    return status == STATUS_OK      ? EXIT_DONE
           : status == STATUS_USAGE ? EXIT_USAGE
                                    : EXIT_LOCAL;
}
