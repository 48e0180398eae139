/* A record of the journal at start, damaged in a way that its chain does not
 * show: it is applied, or the start ends with STATUS_CORRUPT. The first byte
 * says whether personal data is sealed first, as it is on a disk, and whether
 * the book is asked for what it has become. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "broker/fact_codec.h"
#include "broker_world.h"
#include "wire/check.h"

const struct fuzz_shape fuzz_shape = {&tocsin__v1__fact__descriptor, 1, false};

#define AS_IT_IS 1
#define OUT_OF_ORDER 2
#define LOOK_AROUND 4

static uint8_t *sealed(struct world *world, const uint8_t *data, size_t size,
                       size_t *out_size)
{
    static struct arena arena;
    Tocsin__V1__Fact *fact;

    if (arena.room == 0)
        arena_init(&arena, 1 << 22);
    arena_reset(&arena);
    fact = decode(&arena, &tocsin__v1__fact__descriptor, data, size, NULL);
    return fact == NULL ? NULL
                        : fact_for_disk(fact, broker_book(world->broker),
                                        world->story->vault, out_size);
}

static void ask(struct world *world, const char *who,
                Tocsin__V1__Request *request)
{
    const struct actor *actor = story_actor(world->story, who);
    struct route route = {1, {'f'}};
    uint8_t id[REQUEST_ID_SIZE] = {1};
    uint8_t bytes[400];
    uint8_t curve[KEY_SIZE];

    request->request_id = (ProtobufCBinaryData){sizeof id, id};
    REQUIRE(protobuf_c_message_get_packed_size(&request->base) <= sizeof bytes);
    REQUIRE(key_curve_public(actor->bundle.key.public_key, curve));
    broker_request(world->broker, actor->gate, curve, &route, bytes,
                   protobuf_c_message_pack(&request->base, bytes),
                   world_now(world));
}

/* What the book has become can be asked and told. */
static void look_around(struct world *world)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Sync sync = TOCSIN__V1__SYNC__INIT;
    Tocsin__V1__ListAlerts list = TOCSIN__V1__LIST_ALERTS__INIT;
    Tocsin__V1__GetBoard board = TOCSIN__V1__GET_BOARD__INIT;

    /* it was the last record */
    world->written = broker_book(world->broker)->head;
    REQUIRE(broker_begin(world->broker, world_now(world), NULL) == STATUS_OK);
    request.body_case = TOCSIN__V1__REQUEST__BODY_SYNC;
    request.sync = &sync;
    ask(world, "gate-1", &request);
    request.body_case = TOCSIN__V1__REQUEST__BODY_LIST_ALERTS;
    request.list_alerts = &list;
    ask(world, "sz", &request);
    board.alert = world->story->alert_ids[1];
    request.body_case = TOCSIN__V1__REQUEST__BODY_GET_BOARD;
    request.get_board = &board;
    ask(world, "sz", &request);
    for (int i = 0; i < 4; i++) {
        world->now_ms += 1000 + i * 100000; /* rings come meanwhile */
        broker_tick(world->broker, world_now(world));
        world_settle(world);
    }
    ask(world, "sz", &request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world *world = world_take();
    struct record record = {
        .principal = "", .body = data + 1, .body_size = size - 1};
    uint8_t *body = NULL;

    if (size < 1)
        return 0;
    record.sequence =
        broker_book(world->broker)->head + 1 + ((data[0] & OUT_OF_ORDER) != 0);
    if ((data[0] & AS_IT_IS) == 0)
        body = sealed(world, data + 1, size - 1, &record.body_size);
    if (body != NULL)
        record.body = body;
    else
        record.body_size = size - 1;
    if (broker_replay(world->broker, &record, NULL) == STATUS_OK &&
        (data[0] & LOOK_AROUND) != 0)
        look_around(world);
    world->written = broker_book(world->broker)->head;
    free(body);
    return 0;
}
