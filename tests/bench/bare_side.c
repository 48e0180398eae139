/* Bare libzmq under the same security: see bare.c for its server. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "contender.h"

#define MESSAGE_MAX 4000
#define PATIENCE_MS 60000

struct bare {
    char folder[64];
    struct child server;
    struct fleet fleet;
    struct peer_identity identity;
    struct peer trigger;
    bool triggered;
};

static void hear_nothing(void *arg, struct peer *peer, bool more,
                         const uint8_t *bytes, size_t size)
{
    (void)arg;
    (void)peer;
    (void)more;
    (void)bytes;
    (void)size;
}

static void connect_trigger(struct bare *bare, const char *endpoint,
                            const uint8_t *key)
{
    struct sockaddr_in to = peer_address(endpoint);
    struct keypair own;

    keypair_make(&own);
    keypair_curve_secret(&own, bare->identity.secret);
    if (!key_curve_public(own.public_key, bare->identity.public_key))
        give_up("a key");
    peer_open(&bare->trigger, &to, "DEALER", &bare->identity, key);
    while (!peer_read(&bare->trigger, hear_nothing, NULL))
        continue;
}

static void start_server(struct bare *bare, uint8_t key[KEY_SIZE],
                         char endpoints[3][64])
{
    struct keypair server;
    char seed[65];
    char host[32];
    char database[120];

    strcpy(bare->folder, "/tmp/tocsin-bench.XXXXXX");
    if (mkdtemp(bare->folder) == NULL)
        give_up("no temporary folder");
    keypair_make(&server);
    hex_encode(seed, server.seed, KEY_SIZE);
    snprintf(host, sizeof host, "127.91.%u.%u", randombytes_uniform(250) + 1,
             randombytes_uniform(250) + 1);
    snprintf(database, sizeof database, "%s/bare.db", bare->folder);
    child_start(&bare->server, (char *[]){BARE, seed, host, database, NULL});
    if (sscanf(bare->server.ready, "ready %63s %63s %63s", endpoints[0],
               endpoints[1], endpoints[2]) != 3 ||
        !key_curve_public(server.public_key, key))
        give_up("the bare server");
}

static void *open_bare(size_t count, struct outcome *outcome)
{
    struct bare *bare = must_calloc(1, sizeof *bare);
    static uint8_t key[KEY_SIZE];
    char endpoints[3][64];
    struct server server = {endpoints[0], endpoints[2], key};
    double radius_km;
    struct place *places = places_near(34.75, 113.65, count, &radius_km);
    double kib;

    start_server(bare, key, endpoints);
    fleet_make(&bare->fleet, places, count);
    connect_trigger(bare, endpoints[1], key);
    kib = process_kib(bare->server.pid);
    fleet_connect(&bare->fleet, &server);
    outcome->handshakes = 2000.0 * (double)count / bare->fleet.connect_ms;
    outcome->kib = (process_kib(bare->server.pid) - kib) / (double)count;
    free(places);
    stand_still(bare->server.pid);
    return bare;
}

static void alert(void *self, size_t message, struct outcome *outcome)
{
    struct bare *bare = self;
    struct effort effort;
    uint8_t bytes[MESSAGE_MAX];
    int64_t start;

    if (message == 0 || message > sizeof bytes)
        give_up("a message of this size");
    randombytes_buf(bytes, message);
    fleet_begin_turn(&bare->fleet, bare->server.pid);
    fleet_forget(&bare->fleet);
    effort = effort_begin(bare->server.pid);
    start = clock_monotonic_us();
    peer_send(&bare->trigger, bytes, message);
    fleet_await_alert(&bare->fleet, bare->server.pid);
    fleet_times(&bare->fleet, start, outcome);
    effort_end(&effort, outcome);
    stand_still(bare->server.pid);
}

/* As many bytes as an acknowledgement has. */
static size_t make_row(const struct terminal *terminal, void *arg, uint8_t *out)
{
    (void)arg;
    randombytes_buf(out, 100);
    memcpy(out, terminal->place.id, 16);
    return 100 + strlen(terminal->place.id);
}

static void acknowledge(void *self, struct outcome *outcome)
{
    struct bare *bare = self;
    struct effort effort;
    int64_t start;

    fleet_prepare(&bare->fleet, make_row, NULL);
    fleet_begin_turn(&bare->fleet, bare->server.pid);
    effort = effort_begin(bare->server.pid);
    start = clock_monotonic_us();
    fleet_ask_all(&bare->fleet);
    outcome->ms[LAST] = (double)(clock_monotonic_us() - start) / 1000;
    effort_end(&effort, outcome);
    stand_still(bare->server.pid);
}

static void close_bare(void *self)
{
    struct bare *bare = self;
    char command[120];

    fleet_close(&bare->fleet);
    peer_close(&bare->trigger);
    child_stop(&bare->server);
    snprintf(command, sizeof command, "rm -rf '%s'", bare->folder);
    (void)!system(command);
    free(bare);
}

const struct contender contender_bare = {"bare",      open_bare, alert,
                                         acknowledge, NULL,      close_bare};
