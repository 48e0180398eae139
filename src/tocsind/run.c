#define _GNU_SOURCE
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "tocsind/commands.h"
#include "tocsind/daemon.h"
#include "tocsind/sweep.h"

#define DESCRIPTORS_LEAST 4096
#define SWEEP_EVERY_MS (3600 * 1000)

/* ---- what comes in ------------------------------------------------------- */

static bool on_admit(void *arg, enum gate gate, const uint8_t curve[KEY_SIZE])
{
    struct daemon *daemon = arg;

    return broker_admits(daemon->broker, gate, curve);
}

static void on_request(void *arg, enum gate gate, const uint8_t curve[KEY_SIZE],
                       const struct route *route, const uint8_t *bytes,
                       size_t size)
{
    struct daemon *daemon = arg;

    broker_request(daemon->broker, gate, curve, route, bytes, size,
                   clock_now());
}

static void on_rest(void *arg)
{
    broker_hand_over(((struct daemon *)arg)->broker, clock_now());
}

static void on_junk(void *arg, enum gate gate, const uint8_t *curve,
                    const char *what)
{
    broker_junk(((struct daemon *)arg)->broker, gate, curve, what);
}

static void finish_if_idle(struct daemon *daemon)
{
    if (daemon->stopping && broker_under_way(daemon->broker) == 0)
        (void)event_base_loopbreak(daemon->base);
}

static void sweep(struct daemon *daemon)
{
    char path[PATH_MAX];
    unsigned count;

    if (clock_monotonic_ms() < daemon->next_sweep_ms ||
        !broker_believes_its_clock(daemon->broker))
        return;
    daemon->next_sweep_ms = clock_monotonic_ms() + SWEEP_EVERY_MS;
    count = sweep_pictures(home_file(&daemon->home, "pictures", path),
                           broker_book(daemon->broker), clock_wall_ms());
    if (count > 0)
        log_info("pictures.swept", "count=%u", count);
}

static void on_tick(int fd, short what, void *arg)
{
    struct daemon *daemon = arg;

    (void)fd;
    (void)what;
    broker_tick(daemon->broker, clock_now());
    sweep(daemon);
    finish_if_idle(daemon);
}

static void add_key(void *arg, const struct case_key *key)
{
    vault_add(((struct daemon *)arg)->vault, key);
}

/* As a state, not once per request that it costs. */
static void hear_full(struct daemon *daemon, const struct progress *progress)
{
    if (progress->full && !daemon->full) {
        log_error("journal.full", "under_way=%zu reason=\"%s\"",
                  broker_under_way(daemon->broker), progress->reason);
        broker_full(daemon->broker, clock_wall_ms());
    } else if (!progress->full && daemon->full) {
        log_info("journal.roomy", "head=%" PRIu64, progress->sequence);
        broker_roomy(daemon->broker);
    }
    daemon->full = progress->full;
}

static void on_commits(int fd, short what, void *arg)
{
    struct daemon *daemon = arg;
    struct progress progress;

    (void)fd;
    (void)what;
    daemon->status = writer_collect(daemon->writer, &progress, add_key, daemon,
                                    &daemon->why);
    chains_note(daemon->chains, progress.sequence, progress.chain);
    broker_durable(daemon->broker, progress.sequence, clock_now());
    broker_stored(daemon->broker, progress.files, clock_now());
    snapshots_note(daemon->snapshots, progress.sequence);
    hear_full(daemon, &progress);
    if (daemon->status != STATUS_OK) {
        log_error("journal.failed", "reason=\"%s\"", daemon->why.text);
        (void)event_base_loopbreak(daemon->base);
        return;
    }
    finish_if_idle(daemon);
}

static void on_signal(int number, short what, void *arg)
{
    struct daemon *daemon = arg;

    (void)what;
    log_info("broker.stopping", "signal=%d under_way=%zu", number,
             broker_under_way(daemon->broker));
    daemon->stopping = true;
    broker_stop(daemon->broker);
    finish_if_idle(daemon);
}

/* Whoever closes the shell that it was begun in ends no broker. What can be
 * read anew while it runs is. */
static void on_hangup(int number, short what, void *arg)
{
    struct daemon *daemon = arg;
    struct config config;
    struct diag why = {0};
    char path[PATH_MAX];

    (void)number;
    (void)what;
    if (config_load(&config, home_file(&daemon->home, "tocsin.conf", path),
                    &why) == STATUS_OK)
        log_threshold(config.log_level);
    else
        log_warn("config.refused", "reason=\"%s\"", why.text);
    log_info("broker.hangup", "under_way=%zu",
             broker_under_way(daemon->broker));
}

/* ---- starting ------------------------------------------------------------ */

static enum status open_sockets(struct daemon *daemon, struct diag *why)
{
    const struct config *config = &daemon->home.config;
    char endpoints[GATE_COUNT][ENDPOINT_ROOM];
    struct server_setup setup = {
        .base = daemon->base,
        .key = &daemon->home.key,
        .io_threads = (int)config->io_threads,
        .feed_queue = (int)config->feed_queue,
        .arg = daemon,
        .admit = on_admit,
        .request = on_request,
        .rest = on_rest,
        .junk = on_junk,
    };
    const long ports[GATE_COUNT] = {config->command_port, config->field_port,
                                    config->feed_port};

    if (!daemon->maintenance && !config_reachable(config->host))
        log_warn("config.host",
                 "host=%s reason=\"bundles carry it, and no node finds the "
                 "broker by it\"",
                 config->host);
    for (int gate = 0; gate < GATE_COUNT; gate++) {
        config_endpoint(config, ports[gate], endpoints[gate]);
        setup.endpoint[gate] = daemon->maintenance ? NULL : endpoints[gate];
    }
    if (daemon->maintenance)
        setup.endpoint[GATE_COMMAND] = "tcp://127.0.0.1:*";
    return server_open(&daemon->server, &setup, why);
}

static struct event *listen_to(struct daemon *daemon, int fd, short what,
                               void (*call)(int fd, short what, void *arg),
                               const struct timeval *every)
{
    struct event *event = event_new(daemon->base, fd, what, call, daemon);

    REQUIRE(event != NULL && event_add(event, every) == 0);
    return event;
}

static void listen_all(struct daemon *daemon)
{
    const struct timeval every = {0, BROKER_TICK_MS * 1000};

    daemon->tick = listen_to(daemon, -1, EV_PERSIST, on_tick, &every);
    daemon->commits = listen_to(daemon, writer_fd(daemon->writer),
                                EV_READ | EV_PERSIST, on_commits, NULL);
    daemon->signals[0] =
        listen_to(daemon, SIGTERM, EV_SIGNAL | EV_PERSIST, on_signal, NULL);
    daemon->signals[1] =
        listen_to(daemon, SIGINT, EV_SIGNAL | EV_PERSIST, on_signal, NULL);
    daemon->hangup =
        listen_to(daemon, SIGHUP, EV_SIGNAL | EV_PERSIST, on_hangup, NULL);
}

/* At the limit of descriptors libzmq's listener spins: have room, or say so. */
static void raise_limits(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* Two for each that is enrolled, for desk and feed, and a tenth for those that
 * come anew while their last connection is still there. */
static void check_limits(const struct book *book)
{
    uint64_t wanted = 0;
    struct rlimit limit;

    for (uint32_t number = 1; number <= book->principal_count; number++)
        wanted += book_is_listener(book_number(book, number));
    wanted += wanted + wanted / 5;
    if (wanted < DESCRIPTORS_LEAST)
        wanted = DESCRIPTORS_LEAST;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < wanted)
        log_warn("limits.descriptors", "limit=%llu wanted=%" PRIu64,
                 (unsigned long long)limit.rlim_cur, wanted);
}

static enum status open_all(struct daemon *daemon, const char *path,
                            struct diag *why)
{
    enum status status = home_as_owner(path, why);

    if (status == STATUS_OK)
        status = home_take(&daemon->home, path, why);
    if (status != STATUS_OK)
        return status;
    log_threshold(daemon->home.config.log_level);
    home_tell_exposed(&daemon->home);
    raise_limits();
    daemon->base = event_base_new();
    REQUIRE(daemon->base != NULL);
    status = daemon_open_storage(daemon, why);
    if (status == STATUS_OK)
        check_limits(broker_book(daemon->broker));
    if (status == STATUS_OK)
        status = open_sockets(daemon, why);
    if (status == STATUS_OK)
        listen_all(daemon);
    return status;
}

static void close_all(struct daemon *daemon)
{
    struct event *events[] = {daemon->tick, daemon->commits, daemon->signals[0],
                              daemon->signals[1], daemon->hangup};

    snapshots_stop(daemon->snapshots);
    writer_stop(daemon->writer);
    chains_stop(daemon->chains);
    recall_free(daemon->recall);
    journal_close(daemon->memory);
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        if (events[i] != NULL)
            event_free(events[i]);
    }
    server_close(daemon->server);
    broker_free(daemon->broker);
    vault_free(daemon->vault);
    if (daemon->base != NULL)
        event_base_free(daemon->base);
    home_leave(&daemon->home);
}

static int serve(struct daemon *daemon)
{
    const char *command = server_endpoint(daemon->server, GATE_COMMAND);
    const char *feed = server_endpoint(daemon->server, GATE_FEED);
    const char *field = server_endpoint(daemon->server, GATE_FIELD);

    log_info("broker.ready", "version=%s command=%s feed=%s field=%s",
             TOCSIN_VERSION, command, feed, field);
    printf("ready command=%s feed=%s field=%s\n", command, feed, field);
    (void)fflush(stdout);
    (void)event_base_dispatch(daemon->base);
    if (daemon->status == STATUS_OK)
        log_info("broker.stopped", "head=%" PRIu64,
                 broker_book(daemon->broker)->head);
    return daemon->status == STATUS_OK ? EXIT_DONE : EXIT_LOCAL;
}

/* Where the broker of a home is, whoever has the home now. */
static enum status tell_where(const char *path, struct diag *why)
{
    struct home home = {.lock = -1};
    const struct config *config = &home.config;
    char command[ENDPOINT_ROOM];
    char feed[ENDPOINT_ROOM];
    char field[ENDPOINT_ROOM];
    char file[PATH_MAX];
    enum status status;

    if (strlen(path) >= sizeof home.path)
        return diag_set(why, STATUS_USAGE, "%.60s...: path too long", path);
    strcpy(home.path, path);
    status =
        config_load(&home.config, home_file(&home, "tocsin.conf", file), why);
    if (status != STATUS_OK)
        return status;
    config_endpoint(config, config->command_port, command);
    config_endpoint(config, config->feed_port, feed);
    config_endpoint(config, config->field_port, field);
    printf("home command=%s feed=%s field=%s\n", command, feed, field);
    (void)fflush(stdout);
    return STATUS_OK;
}

int command_run(int argc, char **argv)
{
    static const struct option options[] = {
        {"maintenance", no_argument, NULL, 'm'},
        {"where", no_argument, NULL, 'w'},
        {NULL, 0, NULL, 0}};
    struct daemon daemon = {.home.lock = -1};
    struct diag why = {0};
    enum status status = STATUS_OK;
    bool where = false;
    bool good = true;
    int code;

    for (int option;
         (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        daemon.maintenance = daemon.maintenance || option == 'm';
        where = where || option == 'w';
        good = good && (option == 'm' || option == 'w');
    }
    if (!good || argc - optind != 1) {
        fprintf(stderr, "usage: tocsind run HOME [--maintenance | --where]\n");
        return EXIT_USAGE;
    }
    if (daemon.maintenance || where)
        status = tell_where(argv[optind], &why);
    if (status != STATUS_OK || where)
        return status == STATUS_OK ? EXIT_DONE : command_failed(&why);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN); /* until it listens */
    if (open_all(&daemon, argv[optind], &why) == STATUS_OK)
        code = serve(&daemon);
    else
        code = command_failed(&why);
    close_all(&daemon);
    return code;
}
