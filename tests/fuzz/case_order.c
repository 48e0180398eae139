/* An order about a case. First what its reader makes of the bytes, signed by a
 * true principal; then the whole way through a broker that has an open, a
 * standing, a solved and a sealed case, as an order or as the word of a node
 * that it has purged. Prefix: who gives it and how; what time does. */
#include "wire/case_order.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "broker_world.h"

const struct fuzz_shape fuzz_shape = {&tocsin__v1__case_order__descriptor, 2,
                                      false};

#define RAW 0x20      /* the bytes themselves, whatever they are */
#define OLD_TIME 0x40 /* the clock in it stays as it is */
#define PURGE 0x80
/* Of the second byte; its upper half chooses one of the cases, or none. */
#define OTHERS_KEY 0x08
#define CASES 4

static const struct actor *next_of(const struct world *world,
                                   const struct actor *actor)
{
    const struct story *story = world->story;
    size_t at = (size_t)(actor - story->cast);

    return &story->cast[(at + 1) % story->cast_count];
}

/* What is opened keeps its limits, and packs and opens again the same. */
static void open_it(struct arena *arena, const struct actor *actor,
                    struct fuzz_bytes content)
{
    Tocsin__V1__SignedOrder sealed = TOCSIN__V1__SIGNED_ORDER__INIT;
    const Tocsin__V1__CaseOrder *order = NULL;
    struct complaint complaint = {0};
    uint8_t signature[SIGNATURE_SIZE];
    uint8_t *packed;
    size_t size;

    sign(signature, CONTEXT_CASE, content.data, content.size,
         &actor->bundle.key);
    sealed.content =
        (ProtobufCBinaryData){content.size, (uint8_t *)(uintptr_t)content.data};
    sealed.signature = (ProtobufCBinaryData){sizeof signature, signature};
    if (case_order_open(&order, arena, &sealed, actor->bundle.key.public_key,
                        &complaint) != STATUS_OK) {
        REQUIRE(complaint.field[0] != '\0');
        return;
    }
    REQUIRE(case_order_check(order, &complaint));
    REQUIRE(case_order_step(order) !=
            TOCSIN__V1__CASE_STEP__CASE_STEP_UNSPECIFIED);
    if (case_order_sign(order, &actor->bundle.key, &packed, &size, NULL) ==
        STATUS_OK)
        free(packed);
}

static void post(struct world *world, const struct actor *actor,
                 struct fuzz_bytes bytes)
{
    struct route route = {1, {'f'}};
    uint8_t curve[KEY_SIZE];

    REQUIRE(key_curve_public(actor->bundle.key.public_key, curve));
    broker_request(world->broker, actor->gate, curve, &route, bytes.data,
                   bytes.size, world_now(world));
}

static void give(struct world *world, struct arena *arena,
                 const struct actor *actor, const struct keypair *key,
                 struct fuzz_bytes content, ProtobufCBinaryData id)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Order body = TOCSIN__V1__ORDER__INIT;
    Tocsin__V1__SignedOrder sealed = TOCSIN__V1__SIGNED_ORDER__INIT;
    uint8_t signature[SIGNATURE_SIZE];

    sign(signature, CONTEXT_CASE, content.data, content.size, key);
    sealed.content =
        (ProtobufCBinaryData){content.size, (uint8_t *)(uintptr_t)content.data};
    sealed.signature = (ProtobufCBinaryData){sizeof signature, signature};
    body.order = &sealed;
    request.request_id = id;
    request.body_case = TOCSIN__V1__REQUEST__BODY_ORDER;
    request.order = &body;
    post(world, actor, fuzz_pack(arena, &request.base));
}

static void confirm(struct world *world, struct arena *arena,
                    const struct actor *actor, const struct keypair *key,
                    const Tocsin__V1__CaseOrder *order)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ConfirmPurge body = TOCSIN__V1__CONFIRM_PURGE__INIT;
    Tocsin__V1__PurgeDone done = TOCSIN__V1__PURGE_DONE__INIT;
    size_t size;
    uint8_t *bytes;

    done.node = (char *)(uintptr_t)actor->bundle.id;
    done.alert_id = order->alert_id;
    done.at_ms = order->at_ms;
    bytes = purge_sign(&done, key, &size);
    body.purge =
        decode(arena, &tocsin__v1__signed_purge__descriptor, bytes, size, NULL);
    free(bytes);
    request.request_id = order->order_id;
    request.body_case = TOCSIN__V1__REQUEST__BODY_CONFIRM_PURGE;
    request.confirm_purge = &body;
    post(world, actor, fuzz_pack(arena, &request.base));
}

static void try_it(struct world *world, struct arena *arena,
                   const uint8_t how[2], struct fuzz_bytes bytes)
{
    const struct actor *actor =
        &world->story->cast[(how[0] & 0x1f) % world->story->cast_count];
    const struct keypair *key = (how[1] & OTHERS_KEY) == 0
                                    ? &actor->bundle.key
                                    : &next_of(world, actor)->bundle.key;
    Tocsin__V1__CaseOrder *order =
        decode(arena, &tocsin__v1__case_order__descriptor, bytes.data,
               bytes.size, NULL);
    uint8_t id[REQUEST_ID_SIZE] = {7};
    unsigned which = how[1] >> 4;

    open_it(arena, actor, bytes);
    if ((how[0] & RAW) != 0 || order == NULL) {
        give(world, arena, actor, key, bytes,
             (ProtobufCBinaryData){sizeof id, id});
        return;
    }
    if (which > 0 && which <= CASES)
        order->alert_id = world->story->alert_ids[which];
    if ((how[0] & OLD_TIME) == 0)
        order->at_ms = world->now_ms;
    if ((how[0] & PURGE) != 0)
        confirm(world, arena, actor, key, order);
    else
        give(world, arena, actor, key, fuzz_pack(arena, &order->base),
             order->order_id);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t pauses[4] = {0, 250, 60000, 3600000};
    static struct arena arena;
    struct world *world = world_take();

    if (size < 2)
        return 0;
    if (arena.room == 0)
        arena_init(&arena, 1 << 22);
    arena_reset(&arena);
    try_it(world, &arena, data, (struct fuzz_bytes){data + 2, size - 2});
    if ((data[1] & 3) != 0) {
        world->now_ms += pauses[data[1] & 3];
        broker_tick(world->broker, world_now(world));
    }
    world_settle(world);
    return 0;
}
