/* What a terminal hears on the feed. The payload is sealed with the right key
 * first, so that the fuzzer is behind the seal; or thrown as it is. Prefix:
 * topic and time; place in the chain and generation. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "terminal_world.h"

const struct fuzz_shape fuzz_shape = {&tocsin__v1__feed_payload__descriptor, 2,
                                      false};

#define AS_IT_IS 0x10
#define UNSIGNED 0x20

static struct fuzz_bytes signed_again(struct world *world,
                                      struct fuzz_bytes bytes)
{
    Tocsin__V1__FeedPayload *payload =
        decode(&world->arena, &tocsin__v1__feed_payload__descriptor, bytes.data,
               bytes.size, NULL);

    if (payload == NULL ||
        payload->kind_case != TOCSIN__V1__FEED_PAYLOAD__KIND_NOTICE)
        return bytes;
    world_sign(world, payload->notice);
    return fuzz_pack(&world->arena, &payload->base);
}

static void throw(struct world * world, int topic, const uint8_t *data,
                  size_t size)
{
    const char *name = world->terminal->chain.topics[topic];
    struct feed_frames frames = {{(const uint8_t *)name, strlen(name)},
                                 {data, size}};

    terminal_feed(world->terminal, &frames, world->now);
}

static void throw_sealed(struct world *world, int topic, uint8_t where,
                         struct fuzz_bytes payload)
{
    uint64_t last =
        topic < HELD_TOPICS ? world->terminal->chain.last[topic] : 1;
    struct feed_header header = {world->epoch, last + (where & 0xf), last,
                                 where >> 4 == 0 ? 1 : where >> 4};
    uint8_t key[32];
    size_t size;
    uint8_t *bytes;

    topic_key(key, world->master, world->terminal->chain.topics[topic],
              header.generation);
    bytes = feed_seal(&header, world->terminal->chain.topics[topic], key,
                      payload.data, payload.size, &size);
    if (bytes != NULL)
        throw(world, topic, bytes, size);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t pauses[4] = {0, 100, 3000, 3600000};
    struct world *world = world_take();
    struct fuzz_bytes bytes = {data + 2, size - 2};
    int topic;

    if (size < 2)
        return 0;
    topic = (data[0] & 0xf) % OWN_TOPICS;
    if ((data[0] & (AS_IT_IS | UNSIGNED)) == 0)
        bytes = signed_again(world, bytes);
    if ((data[0] & AS_IT_IS) != 0)
        throw(world, topic, bytes.data, bytes.size);
    else
        throw_sealed(world, topic, data[1], bytes);
    world_pass(world, pauses[data[0] >> 6]);
    return 0;
}
