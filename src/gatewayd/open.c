/* Opening and closing all that a running gateway holds. */
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#include "base/log.h"
#include "gatewayd/running.h"

#define LATE_MIN_MS 500 /* pauses between looks for a spool that is absent */
#define LATE_MAX_MS 15000
#define DESCRIPTORS_BESIDE 404 /* files, the line, and who is let go */

extern const char gateway_openapi[];
extern const char gateway_openapi_end[];

enum status daemon_failed(enum tocsin_status status,
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

static void tell_mended(const struct spool_mended *mended)
{
    if (mended->mended)
        log_error("spool.damaged",
                  "aside=%s answers=%u waiting=%u pictures=%u reason=\"%s\"",
                  mended->aside, mended->answers, mended->waiting,
                  mended->pictures, mended->reason);
    else if (mended->reason[0] != '\0')
        log_error("spool.full",
                  "reason=\"no room for another one than the damaged one: "
                  "%s\"",
                  mended->reason);
}

static void tell_absent(struct daemon *daemon, const struct diag *reason)
{
    if (reason->status == daemon->late_why)
        return;
    daemon->late_why = reason->status;
    log_error(reason->status == STATUS_FULL ? "spool.full" : "spool.failing",
              "reason=\"%.250s: no answer is taken\"", reason->text);
}

/* Alerts are shown without it, and no receipt is given. */
static enum status open_none(struct daemon *daemon,
                             const struct spool_owner *owner, struct diag *why)
{
    const struct diag reason = *why;

    tell_absent(daemon, &reason);
    daemon->late_pause_ms = LATE_MIN_MS;
    return spool_open_absent(&daemon->spool, owner, &reason, why);
}

static enum status open_spool(struct daemon *daemon, struct diag *why)
{
    const struct bundle *bundle = daemon->world.bundle;
    struct formers formers = {.count = 0};
    struct spool_owner owner = {bundle->id, bundle->key.seed,
                                (const uint8_t(*)[KEY_SIZE])formers.secrets, 0};
    struct spool_mended mended = {.mended = false};
    char path[PATH_ROOM];
    enum status status = beside(daemon->place, "spool.db", path, why);

    if (status == STATUS_OK)
        status = formers_load(daemon->place, bundle->id, &formers, why);
    owner.former_count = formers.count;
    if (status == STATUS_OK && daemon->spool != NULL)
        status = spool_open_late(daemon->spool, path, &owner, &mended, why);
    else if (status == STATUS_OK)
        status = spool_open_mending(&daemon->spool, path, &owner, &mended, why);
    if (daemon->spool == NULL &&
        (status == STATUS_FULL || status == STATUS_DISK))
        status = open_none(daemon, &owner, why);
    else
        tell_mended(&mended);
    bytes_wipe(&formers, sizeof formers);
    return status;
}

/* What it has is loaded as what could not be read for a while is. */
void daemon_look_for_spool(struct daemon *daemon)
{
    int64_t now_ms = clock_now().monotonic_ms;
    struct diag why = {0};

    if (!spool_is_absent(daemon->spool) || now_ms < daemon->late_ms)
        return;
    if (open_spool(daemon, &why) == STATUS_OK) {
        log_info("spool.come", "gateway=%s", daemon->world.bundle->id);
        return;
    }
    tell_absent(daemon, &why);
    if (daemon->late_pause_ms < LATE_MAX_MS)
        daemon->late_pause_ms *= 2;
    daemon->late_ms = clock_now().monotonic_ms + daemon->late_pause_ms;
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

    if (spool_is_absent(daemon->spool))
        return;
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
        daemon_failed(tocsin_bundle_load(&daemon->bundle, place->bundle,
                                         place->own_key, &told),
                      &told, why);

    if (status != STATUS_OK)
        return status;
    world->bundle = &daemon->bundle->inner;
    if (world->bundle->role != TOCSIN__V1__ROLE__ROLE_GATEWAY)
        return diag_set(why, STATUS_USAGE, "%s: is not a gateway's bundle",
                        place->bundle);
    status = daemon_failed(
        tocsin_store_open(&world->store, place->store, daemon->bundle, &told),
        &told, why);
    if (status == STATUS_OK) /* nobody else mends anything here */
        status = store_lock(world->store->inner, why);
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

static void raise_limits(const struct daemon *daemon)
{
    size_t wanted = daemon->options->http.connections + DESCRIPTORS_BESIDE;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < wanted)
        log_warn("limits.descriptors", "limit=%llu wanted=%zu",
                 (unsigned long long)limit.rlim_cur, wanted);
}

enum status daemon_open(struct daemon *daemon, struct diag *why)
{
    enum status status;

    raise_limits(daemon);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN); /* its shell was closed */
    world_init(&daemon->world);
    daemon->base = event_base_new();
    REQUIRE(daemon->base != NULL);
    status = open_storage(daemon, why);
    if (status == STATUS_OK) {
        make_gateway(daemon);
        status = inward_open_line(daemon, why);
    }
    if (status == STATUS_OK)
        status = inward_open_http(daemon, why);
    if (status == STATUS_OK)
        cache_sweep(daemon->world.cache, world_alert_is_held, &daemon->world);
    return status;
}

void daemon_close(struct daemon *daemon)
{
    struct world *world = &daemon->world;

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
