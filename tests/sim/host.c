/* The broker's process: its ports, its life. */
#include "host.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "checks.h"
#include "disk.h"
#include "home.h"
#include "transcript.h"
#include "world.h"

struct moment host_moment(const struct world *world)
{
    return world_moment(world, world->host.wrong_ms);
}

/* ---- the core's ports ---------------------------------------------------- */

static enum sent on_send(void *arg, enum gate gate, const struct route *route,
                         const uint8_t *bytes, size_t size)
{
    (void)gate;
    check_reply(arg, route, bytes, size);
    return network_reply(arg, route, bytes, size);
}

static void on_publish(void *arg, const char *topic, const uint8_t *bytes,
                       size_t size)
{
    check_publication(arg, topic, bytes, size);
    network_publish(arg, topic, bytes, size);
}

static void on_append(void *arg, const struct record *record)
{
    disk_append(arg, record);
}

static void add_keys(struct host *host, size_t count)
{
    struct keys *keys = &host->keys;

    keys->list =
        must_realloc(keys->list, keys->count + count, sizeof *keys->list);
    for (size_t i = 0; i < count; i++) {
        struct case_key *key = &keys->list[keys->count++];

        randombytes_buf(key, sizeof *key);
        if (host->vault != NULL)
            vault_add(host->vault, key);
    }
}

static void keys_come(struct world *world, void *what, uint64_t life)
{
    (void)what;
    if (world->host.broker != NULL && world->host.life == life &&
        !world->host.full)
        add_keys(&world->host, 64);
}

static void on_want_keys(void *arg)
{
    struct world *world = arg;

    world_plan(world, world_about(world, 50), keys_come, NULL,
               world->host.life);
}

static void on_store(void *arg, const char *name, const uint8_t *bytes,
                     size_t size)
{
    struct world *world = arg;

    check_store(world, name, bytes, size);
    album_put(world, name, bytes, size);
}

static bool on_load(void *arg, const char *name, uint8_t **bytes, size_t *size)
{
    return album_load(&((struct world *)arg)->host.album, name, bytes, size);
}

static void on_random(void *arg, void *bytes, size_t size)
{
    chance_fill(&((struct world *)arg)->chance, bytes, size);
}

static void on_say(void *arg, enum log_level level, const char *event,
                   const char *text)
{
    (void)level;
    tell(arg, "broker", "%s %s", event, text);
    if (strcmp(event, "journal.older") == 0)
        broken(arg, "no home is called an older copy that was not put back",
               "%s", text);
    if (strcmp(event, "node.doubled") == 0)
        broken(arg, "a node that is one machine is called two", "%s", text);
}

static enum status on_recall(void *arg, const void *name, size_t size,
                             struct found *found)
{
    const struct world *world = arg;

    return disk_find(&world->host.disk, name, size, found) ? STATUS_OK
                                                           : STATUS_MISSING;
}

static void on_destroy_key(void *arg, const uint8_t id[KEY_ID_SIZE])
{
    struct keys *keys = &((struct world *)arg)->host.keys;

    for (size_t i = 0; i < keys->destroyed_count; i++) {
        if (memcmp(keys->destroyed[i], id, KEY_ID_SIZE) == 0)
            return;
    }
    keys->destroyed = must_realloc(keys->destroyed, keys->destroyed_count + 1,
                                   sizeof *keys->destroyed);
    memcpy(keys->destroyed[keys->destroyed_count++], id, KEY_ID_SIZE);
    for (size_t i = 0; i < keys->count; i++) {
        if (memcmp(keys->list[i].id, id, KEY_ID_SIZE) == 0)
            keys->list[i--] = keys->list[--keys->count];
    }
}

static void on_each_key(void *arg, const char *alert_id,
                        void (*take)(void *to, const uint8_t id[KEY_ID_SIZE]),
                        void *to)
{
    const struct album *album = &((struct world *)arg)->host.album;

    for (size_t i = 0; i < album->count; i++) {
        if (strncmp(album->files[i].name, alert_id, ULID_SIZE) == 0)
            take(to, album->files[i].bytes);
    }
}

/* The newest is known, the others are looked up. */
static enum status on_chain_at(void *arg, uint64_t sequence,
                               uint8_t chain[CHAIN_SIZE])
{
    struct world *world = arg;
    const struct disk *disk = &world->host.disk;

    if (sequence == 0 || sequence > disk->durable)
        broken(world, "the chain is asked for where it is durable",
               "%llu of %zu", (unsigned long long)sequence, disk->durable);
    if (sequence < disk->durable && chance_is(&world->chance, 300))
        return STATUS_BUSY;
    memcpy(chain, disk->sheets[sequence - 1].chain, CHAIN_SIZE);
    return STATUS_OK;
}

static const struct broker_ports ports_of_nobody = {
    .send = on_send,
    .publish = on_publish,
    .append = on_append,
    .want_keys = on_want_keys,
    .store = on_store,
    .load = on_load,
    .random = on_random,
    .say = on_say,
    .recall = on_recall,
    .destroy_key = on_destroy_key,
    .each_key = on_each_key,
    .chain_at = on_chain_at,
};

/* ---- life ---------------------------------------------------------------- */

struct vault *host_vault(const struct host *host)
{
    struct vault *vault = vault_new();

    for (size_t i = 0; i < host->keys.count; i++)
        vault_add(vault, &host->keys.list[i]);
    for (size_t i = 0; i < host->keys.destroyed_count; i++)
        vault_destroy(vault, host->keys.destroyed[i]);
    return vault;
}

static void tick(struct world *world, void *what, uint64_t life)
{
    struct host *host = &world->host;

    (void)what;
    if (host->broker == NULL || host->life != life)
        return;
    broker_tick(host->broker, host_moment(world));
    check_broker(world);
    world_plan(world, BROKER_TICK_MS, tick, NULL, life);
}

void host_open(struct world *world)
{
    struct broker_ports ports = ports_of_nobody;
    struct host *host = &world->host;
    struct diag why = {0};

    ports.arg = world;
    host->life++;
    host->stopping = false;
    host->full = false;
    host->handing_over = false;
    host->vault = host_vault(host);
    album_keep_keys(&host->album, host->vault);
    host->broker =
        broker_new(&host->config, &ports, world->divisions, host->vault);
    host->resumed = written_take(world);
    for (size_t i = host->resumed; i < host->disk.durable; i++) {
        if (broker_replay(host->broker, &host->disk.sheets[i].record, &why) !=
            STATUS_OK)
            broken(world, "the journal can always be replayed", "%s", why.text);
    }
    written_make(world);
    if (broker_begin(host->broker, host_moment(world), &why) != STATUS_OK)
        broken(world, "the journal can always be replayed", "%s", why.text);
}

void host_start(struct world *world)
{
    if (world->host.broker != NULL)
        return;
    host_open(world);
    tell(world, "broker", "starts: %zu facts", world->host.disk.durable);
    check_book(world);
    world_plan(world, 0, tick, NULL, world->host.life);
}

void host_close(struct world *world)
{
    struct host *host = &world->host;

    broker_free(host->broker);
    vault_free(host->vault);
    host->broker = NULL;
    host->vault = NULL;
    while (host->open != NULL) {
        struct open_request *next = host->open->next;

        free(host->open);
        host->open = next;
    }
    network_hang_up(world);
}

static void start_again(struct world *world, void *what, uint64_t life)
{
    (void)what;
    if (world->host.life == life)
        host_start(world);
}

void host_die(struct world *world, const char *why)
{
    disk_crash(world);
    tell(world, "broker", "%s: %zu facts are on the disk", why,
         world->host.disk.durable);
    if (world->host.broker != NULL)
        host_close(world);
}

void host_crash(struct world *world, const char *why)
{
    if (world->host.broker == NULL)
        return;
    host_die(world, why);
    world_plan(world, world_about(world, 2000), start_again, NULL,
               world->host.life);
}

static void stopped_yet(struct world *world, void *what, uint64_t life)
{
    struct host *host = &world->host;

    (void)what;
    if (host->broker == NULL || host->life != life)
        return;
    if (broker_under_way(host->broker) > 0)
        world_plan(world, 10, stopped_yet, NULL, life);
    else
        host_crash(world, "has stopped");
}

void host_stop(struct world *world)
{
    struct host *host = &world->host;

    if (host->broker == NULL || host->stopping)
        return;
    host->stopping = true;
    tell(world, "broker", "is told to stop");
    broker_stop(host->broker);
    world_plan(world, 10, stopped_yet, NULL, host->life);
}

/* A turn of the desk is over. */
static void hand_over(struct world *world, void *what, uint64_t life)
{
    struct host *host = &world->host;

    (void)what;
    if (host->broker == NULL || host->life != life)
        return;
    host->handing_over = false;
    broker_hand_over(host->broker, host_moment(world));
    check_broker(world);
}

void host_request(struct world *world, uint32_t connection,
                  const uint8_t *bytes, size_t size)
{
    struct host *host = &world->host;
    struct connection *from = &world->network.connections[connection - 1];
    struct route route = network_route(connection);

    check_request(world, connection, bytes, size);
    broker_request(host->broker, from->gate, from->curve, &route, bytes, size,
                   host_moment(world));
    if (!host->handing_over)
        world_plan(world, chance_between(&world->chance, 0, 3), hand_over, NULL,
                   host->life);
    host->handing_over = true;
    check_broker(world);
}

void host_found(struct world *world)
{
    struct host *host = &world->host;
    const struct bundle *administrator = people_administrator(world);
    struct record record = {.sequence = 1, .principal = ""};
    uint8_t epoch[EPOCH_SIZE];
    uint8_t *body;

    randombytes_buf(host->config.master, sizeof host->config.master);
    randombytes_buf(epoch, sizeof epoch);
    add_keys(host, 64);
    body = broker_founding(administrator, epoch, host_moment(world).wall_ms,
                           &record.body_size);
    record.body = body;
    disk_take(world, &record);
    host->disk.durable = 1;
    free(body);
    host_open(world);
}

void host_done(struct world *world)
{
    if (world->host.broker != NULL)
        host_close(world);
    disk_done(&world->host.disk);
    album_done(&world->host.album);
    keys_done(&world->host.keys);
    copy_done(&world->host.copy);
    written_done(&world->host.written);
    free(world->host.told);
}

const Tocsin__V1__Fact *host_read(struct world *world, uint64_t sequence)
{
    const struct record *record = &world->host.disk.sheets[sequence - 1].record;

    return tocsin__v1__fact__unpack(&world->reading.allocator,
                                    record->body_size, record->body);
}
