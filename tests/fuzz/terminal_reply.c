/* What the field desk tells a terminal: the reply to one of the questions that
 * it has open, or a push. Prefix: to which question, signed or not, and time.
 */
#include "fuzz.h"

#include <string.h>

#include "terminal_world.h"

const struct fuzz_shape fuzz_shape = {&tocsin__v1__reply__descriptor, 1, false};

#define UNSIGNED 0x20
#define SIGNED_MAX 3

static struct ask *ask_of(struct world *world, unsigned which)
{
    struct ask *const asks[4] = {
        &world->terminal->heartbeat, &world->terminal->keys,
        &world->terminal->sync.ask, &world->terminal->fetch.ask};

    if (which < 3 && !asks[which]->open)
        world_reconnect(world);
    return which < 4 && asks[which]->open ? asks[which] : NULL;
}

static void sign_all(struct world *world, Tocsin__V1__Reply *reply)
{
    if (reply->body_case == TOCSIN__V1__REPLY__BODY_PUSH &&
        reply->push->kind_case == TOCSIN__V1__FEED_PAYLOAD__KIND_NOTICE)
        world_sign(world, reply->push->notice);
    if (reply->body_case != TOCSIN__V1__REPLY__BODY_SYNC_PAGE)
        return;
    for (size_t i = 0; i < reply->sync_page->n_notices && i < SIGNED_MAX; i++)
        world_sign(world, reply->sync_page->notices[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t pauses[4] = {0, 100, 3000, 3600000};
    struct world *world = world_take();
    struct fuzz_bytes bytes = {data + 1, size - 1};
    Tocsin__V1__Reply *reply;
    struct ask *ask;

    if (size < 1)
        return 0;
    reply = decode(&world->arena, &tocsin__v1__reply__descriptor, bytes.data,
                   bytes.size, NULL);
    ask = ask_of(world, data[0] & 7);
    if (reply != NULL) {
        if (ask != NULL)
            reply->request_id = (ProtobufCBinaryData){16, ask->id};
        else if ((data[0] & 7) == 7)
            reply->request_id.len = 0;
        if ((data[0] & UNSIGNED) == 0)
            sign_all(world, reply);
        bytes = fuzz_pack(&world->arena, &reply->base);
    }
    terminal_reply(world->terminal, (struct blob){bytes.data, bytes.size},
                   world->now);
    world_pass(world, pauses[data[0] >> 6]);
    return 0;
}
