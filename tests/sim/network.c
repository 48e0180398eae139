#include "network.h"

#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "world.h"

#define CALM_DELAY_MS 20
#define HANDSHAKES 2 /* round trips before anything can be said */

struct parcel *parcel_new(const char *topic, const uint8_t *bytes, size_t size)
{
    struct parcel *parcel = must_calloc(1, sizeof *parcel + size);

    parcel->holders = 1;
    parcel->size = size;
    memcpy(parcel->bytes, bytes, size);
    if (topic != NULL)
        memcpy(parcel->topic, topic, strlen(topic) + 1);
    return parcel;
}

struct parcel *parcel_hold(struct parcel *parcel)
{
    parcel->holders++;
    return parcel;
}

void parcel_release(struct parcel *parcel)
{
    if (--parcel->holders == 0)
        free(parcel);
}

static void drop_parcel(void *what)
{
    parcel_release(what);
}

void network_done(struct network *network)
{
    free(network->connections);
}

static struct connection *find(struct world *world, uint64_t number)
{
    return number >= 1 && number <= world->network.count
               ? &world->network.connections[number - 1]
               : NULL;
}

int64_t wire_delay_max_ms(const struct wire *wire)
{
    const struct weather *weather = &wire->world->weather;

    if (wire->world->calm)
        return CALM_DELAY_MS;
    return wire->slow ? weather->slow_delay_ms : weather->delay_ms;
}

static int64_t draw_delay(const struct wire *wire)
{
    return chance_between(&wire->world->chance, 0, wire_delay_max_ms(wire));
}

/* ---- connecting ---------------------------------------------------------- */

static void try_later(struct wire *wire, int64_t in_ms);

static uint32_t add_connection(struct wire *wire)
{
    struct network *network = &wire->world->network;
    struct connection *connection;

    if (network->count == network->room) {
        network->room = network->room * 2 + 64;
        network->connections = must_realloc(network->connections, network->room,
                                            sizeof *network->connections);
    }
    connection = &network->connections[network->count++];
    memset(connection, 0, sizeof *connection);
    connection->wire = wire;
    connection->gate = wire->gate;
    connection->known = true;
    memcpy(connection->curve, wire->curve, KEY_SIZE);
    connection->since_ms = wire->world->now_ms + draw_delay(wire);
    return (uint32_t)network->count;
}

static void shake_hands(struct world *world, void *what, uint64_t attempt)
{
    struct wire *wire = what;

    if (attempt != wire->attempt || !wire->wanted || wire->connection != 0)
        return;
    if (wire->cut || world->host.broker == NULL) {
        try_later(wire, world_about(world, 1000));
    } else if (!broker_admits(world->host.broker, wire->gate, wire->curve)) {
        tell(world, wire->who, "%s is refused", gate_name(wire->gate));
        wire->ports.lost(wire->ports.arg, wire, true);
        try_later(wire, world_about(world, 3000));
    } else {
        wire->connection = add_connection(wire);
        tell(world, wire->who, "%s connected (%u)", gate_name(wire->gate),
             wire->connection);
        wire->ports.connected(wire->ports.arg, wire);
    }
}

static void try_later(struct wire *wire, int64_t in_ms)
{
    for (int i = 0; i < HANDSHAKES; i++)
        in_ms += draw_delay(wire);
    world_plan(wire->world, in_ms, shake_hands, wire, ++wire->attempt);
}

void wire_open(struct wire *wire)
{
    wire->wanted = true;
    try_later(wire, 0);
}

/* ---- breaking ------------------------------------------------------------ */

static void client_notices(struct world *world, void *what, uint64_t number)
{
    struct wire *wire = what;

    if (wire->connection != number)
        return;
    wire->connection = 0;
    tell(world, wire->who, "%s is gone", gate_name(wire->gate));
    if (!wire->wanted)
        return;
    wire->ports.lost(wire->ports.arg, wire, false);
    try_later(wire, world_about(world, 1000));
}

static void broker_notices(struct world *world, void *what, uint64_t number)
{
    (void)what;
    find(world, number)->known = false;
}

static int64_t notice_ms(struct world *world, bool late)
{
    return late ? chance_between(&world->chance, 1000, 40000)
                : chance_between(&world->chance, 0, 200);
}

static void sever(struct wire *wire, bool late)
{
    struct world *world = wire->world;
    struct connection *connection = find(world, wire->connection);

    if (connection == NULL || connection->broken)
        return;
    connection->broken = true;
    tell(world, wire->who, "%s breaks%s", gate_name(wire->gate),
         late ? ", and nobody notices" : "");
    world_plan(world, notice_ms(world, late), client_notices, wire,
               wire->connection);
    world_plan(world, notice_ms(world, late), broker_notices, NULL,
               wire->connection);
}

void wire_break(struct wire *wire, bool unnoticed)
{
    sever(wire, unnoticed);
}

void wire_cut(struct wire *wire, bool cut)
{
    wire->cut = cut;
    if (cut)
        sever(wire, true);
}

void wire_close(struct wire *wire)
{
    wire->wanted = false;
    wire->attempt++;
    sever(wire, false);
    wire->connection = 0;
}

void network_hang_up(struct world *world)
{
    for (size_t i = 0; i < world->network.count; i++) {
        struct connection *connection = &world->network.connections[i];

        if (connection->known && connection->wire->connection == i + 1)
            sever(connection->wire, false);
        connection->known = false;
        connection->broken = true;
    }
}

/* ---- up ------------------------------------------------------------------ */

static void arrive_up(struct world *world, void *what, uint64_t number)
{
    struct parcel *parcel = what;
    struct connection *connection = find(world, number);

    if (!connection->broken && world->host.broker != NULL)
        host_request(world, (uint32_t)number, parcel->bytes, parcel->size);
    parcel_release(parcel);
}

bool wire_send(struct wire *wire, const uint8_t *bytes, size_t size)
{
    struct world *world = wire->world;
    struct connection *connection = find(world, wire->connection);
    int64_t at_ms = world->now_ms + draw_delay(wire);

    if (connection == NULL)
        return false;
    if (connection->broken)
        return true; /* nobody has noticed yet: lost */
    if (at_ms < connection->up_ms)
        at_ms = connection->up_ms;
    connection->up_ms = at_ms;
    events_plan(&world->events,
                (struct event){.at_ms = at_ms,
                               .happen = arrive_up,
                               .drop = drop_parcel,
                               .what = parcel_new(NULL, bytes, size),
                               .number = wire->connection});
    return true;
}

/* ---- down ---------------------------------------------------------------- */

static void arrive_down(struct world *world, void *what, uint64_t number)
{
    struct parcel *parcel = what;
    struct connection *connection = find(world, number);
    struct wire *wire = connection->wire;

    connection->owed--;
    if (!connection->broken && wire->connection == number)
        wire->ports.take(wire->ports.arg, wire, parcel);
    parcel_release(parcel);
}

static void send_down(struct world *world, uint32_t number,
                      struct parcel *parcel)
{
    struct connection *connection = find(world, number);
    int64_t at_ms = world->now_ms + draw_delay(connection->wire);

    if (at_ms < connection->down_ms)
        at_ms = connection->down_ms;
    connection->down_ms = at_ms;
    connection->owed++;
    events_plan(&world->events, (struct event){.at_ms = at_ms,
                                               .happen = arrive_down,
                                               .drop = drop_parcel,
                                               .what = parcel_hold(parcel),
                                               .number = number});
}

struct route network_route(uint32_t connection)
{
    struct route route = {.size = 5};

    for (int i = 0; i < 4; i++)
        route.bytes[1 + i] = (uint8_t)(connection >> (24 - 8 * i));
    return route;
}

static uint32_t number_of(const struct route *route)
{
    uint32_t number = 0;

    for (int i = 0; i < 4; i++)
        number = number << 8 | route->bytes[1 + i];
    return number;
}

static void tell_reply(struct world *world, const struct connection *to,
                       const uint8_t *bytes, size_t size)
{
    Tocsin__V1__Reply *reply;

    if (world->transcript == NULL)
        return;
    reply = tocsin__v1__reply__unpack(NULL, size, bytes);
    tell(world, to->wire->who, "<- %s %s",
         protobuf_c_enum_descriptor_get_value(&tocsin__v1__status__descriptor,
                                              (int)reply->status)
                 ->name +
             strlen("STATUS_"),
         reply->body_case == TOCSIN__V1__REPLY__BODY__NOT_SET
             ? ""
             : protobuf_c_message_descriptor_get_field(
                   &tocsin__v1__reply__descriptor, reply->body_case)
                   ->name);
    tocsin__v1__reply__free_unpacked(reply, NULL);
}

enum sent network_reply(struct world *world, const struct route *route,
                        const uint8_t *bytes, size_t size)
{
    uint32_t number = number_of(route);
    struct connection *connection = find(world, number);
    struct parcel *parcel;

    if (connection == NULL || !connection->known)
        return SENT_GONE;
    if (connection->owed >= world->weather.desk_queue)
        return SENT_FULL;
    tell_reply(world, connection, bytes, size);
    parcel = parcel_new(NULL, bytes, size);
    send_down(world, number, parcel);
    parcel_release(parcel);
    return SENT;
}

static bool is_subscribed(const struct world *world,
                          const struct connection *connection,
                          const char *topic)
{
    if (!connection->known || connection->gate != GATE_FEED ||
        world->now_ms < connection->since_ms)
        return false;
    for (int i = 0; i < OWN_TOPICS; i++) {
        if (strcmp(connection->wire->topics[i], topic) == 0)
            return true;
    }
    return false;
}

void network_publish(struct world *world, const char *topic,
                     const uint8_t *bytes, size_t size)
{
    struct parcel *parcel = parcel_new(topic, bytes, size);

    for (size_t i = 0; i < world->network.count; i++) {
        struct connection *connection = &world->network.connections[i];

        if (!is_subscribed(world, connection, topic))
            continue;
        if (connection->owed < world->weather.feed_queue) {
            send_down(world, (uint32_t)i + 1, parcel);
        } else {
            world->network.dropped++;
            tell(world, connection->wire->who, "is slow: %s is dropped", topic);
        }
    }
    parcel_release(parcel);
}
