#include "terminal/opener.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

void opener_done(struct opener *opener)
{
    struct unopened message;

    while (opener_next(opener, &message))
        free(message.bytes);
    sodium_memzero(opener, sizeof *opener);
}

static const uint8_t *key_in(const struct topic_keys *keys, int topic,
                             uint32_t generation)
{
    return keys->generation == generation && (keys->have & 1U << topic) != 0
               ? keys->key[topic]
               : NULL;
}

const uint8_t *opener_key(const struct opener *opener, int topic,
                          uint32_t generation)
{
    const uint8_t *key = key_in(&opener->now, topic, generation);

    return key != NULL ? key : key_in(&opener->before, topic, generation);
}

bool opener_take_keys(struct opener *opener, const struct chain *chain,
                      const Tocsin__V1__Keys *keys)
{
    struct topic_keys fresh = {.generation = keys->generation};

    for (size_t i = 0; i < keys->n_keys; i++) {
        const Tocsin__V1__TopicKey *key = keys->keys[i];
        int topic = chain_index(chain, key->topic, strlen(key->topic));

        if (topic < 0 || key->key.len != sizeof fresh.key[0])
            continue;
        memcpy(fresh.key[topic], key->key.data, sizeof fresh.key[0]);
        fresh.have |= (uint16_t)(1U << topic);
    }
    if (fresh.have == 0)
        return false;
    if (opener->now.have != 0 && opener->now.generation != fresh.generation)
        opener->before = opener->now;
    opener->now = fresh;
    sodium_memzero(&fresh, sizeof fresh);
    return true;
}

void opener_wait(struct opener *opener, const struct unopened *message)
{
    struct unopened *place;
    struct unopened oldest;

    if (opener->count == OPENER_WAITING_MAX && opener_next(opener, &oldest))
        free(oldest.bytes);
    place =
        &opener
             ->waiting[(opener->first + opener->count++) % OPENER_WAITING_MAX];
    *place = *message;
    place->bytes = must_memdup(message->bytes, message->size);
}

bool opener_next(struct opener *opener, struct unopened *out)
{
    if (opener->count == 0)
        return false;
    *out = opener->waiting[opener->first];
    opener->first = (opener->first + 1) % OPENER_WAITING_MAX;
    opener->count--;
    return true;
}
