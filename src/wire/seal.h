/**
 * The sealed feed. A topic's key is derived from the master key, the topic and
 * the generation; a message is encrypted once per topic. Also the digest that
 * tells whether two pictures of a topic are the same.
 */
#ifndef TOCSIN_WIRE_SEAL_H
#define TOCSIN_WIRE_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "tocsin/v1/feed.pb-c.h"

#define EPOCH_SIZE 16
#define NONCE_SIZE 24
#define LINE_MARK_SIZE 8 /* of the journal's chain hash: see Mark */
#define DIGEST_SIZE 16
#define FEED_MESSAGE_MAX 8000
#define SEAL_OVERHEAD 16

void topic_key(uint8_t out[32], const uint8_t master[32], const char *topic,
               uint32_t generation);

struct feed_header {
    const uint8_t *epoch; /* EPOCH_SIZE bytes */
    uint64_t sequence;
    uint64_t previous;
    uint32_t generation;
};

/**
 * Seal a packed FeedPayload into a packed FeedMessage.
 *
 * Gives:  bytes in heap memory, the caller frees; NULL when it would be larger
 *         than FEED_MESSAGE_MAX.
 */
uint8_t *feed_seal(const struct feed_header *header, const char *topic,
                   const uint8_t key[32], const uint8_t *payload, size_t size,
                   size_t *sealed_size);

/**
 * Open what feed_seal sealed; out has room for message->sealed.len bytes.
 * Fails: STATUS_MALFORMED, STATUS_FORGED.
 */
MUST_USE enum status feed_open(const Tocsin__V1__FeedMessage *message,
                               const char *topic, const uint8_t key[32],
                               uint8_t *out, size_t *size);

/** XOR one alert's share into or out of a topic's digest. */
void digest_toggle(uint8_t digest[DIGEST_SIZE], const char *alert_id,
                   uint32_t revision);

/** BLAKE2b-256. */
void hash_bytes(uint8_t out[32], const uint8_t *bytes, size_t size);

#endif
