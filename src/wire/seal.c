#include "wire/seal.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "wire/decode.h"
#include "wire/topic.h"

static void put_big_endian(uint8_t *out, uint64_t value, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--, value >>= 8)
        out[i] = (uint8_t)value;
}

void topic_key(uint8_t out[32], const uint8_t master[32], const char *topic,
               uint32_t generation)
{
    crypto_generichash_state state;
    uint8_t number[4];

    put_big_endian(number, generation, 4);
    (void)crypto_generichash_init(&state, master, 32, 32);
    (void)crypto_generichash_update(&state, (const uint8_t *)"tocsin/v1/topic",
                                    16);
    (void)crypto_generichash_update(&state, number, sizeof number);
    (void)crypto_generichash_update(&state, (const uint8_t *)topic,
                                    strlen(topic));
    (void)crypto_generichash_final(&state, out, 32);
}

#define BOUND_MAX (TOPIC_MAX + EPOCH_SIZE + 8 + 8 + 4)

/* The additional data: everything in the clear that the seal must bind. */
static size_t bind_header(uint8_t out[BOUND_MAX], const char *topic,
                          const struct feed_header *header)
{
    size_t at = strlen(topic) + 1;

    memcpy(out, topic, at);
    memcpy(out + at, header->epoch, EPOCH_SIZE);
    at += EPOCH_SIZE;
    put_big_endian(out + at, header->sequence, 8);
    put_big_endian(out + at + 8, header->previous, 8);
    put_big_endian(out + at + 16, header->generation, 4);
    return at + 20;
}

uint8_t *feed_seal(const struct feed_header *header, const char *topic,
                   const uint8_t key[32], const uint8_t *payload, size_t size,
                   size_t *sealed_size)
{
    Tocsin__V1__FeedMessage message = TOCSIN__V1__FEED_MESSAGE__INIT;
    uint8_t bound[BOUND_MAX];
    uint8_t nonce[NONCE_SIZE];
    uint8_t sealed[FEED_MESSAGE_MAX + SEAL_OVERHEAD];
    unsigned long long length;
    uint8_t *bytes;

    if (size > FEED_MESSAGE_MAX - SEAL_OVERHEAD)
        return NULL;
    randombytes_buf(nonce, sizeof nonce);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(
        sealed, &length, payload, size, bound,
        bind_header(bound, topic, header), NULL, nonce, key);
    message.epoch.data = (uint8_t *)(uintptr_t)header->epoch;
    message.epoch.len = EPOCH_SIZE;
    message.sequence = header->sequence;
    message.previous = header->previous;
    message.generation = header->generation;
    message.nonce.data = nonce;
    message.nonce.len = sizeof nonce;
    message.sealed.data = sealed;
    message.sealed.len = (size_t)length;
    bytes = encode(&message.base, sealed_size);
    if (*sealed_size > FEED_MESSAGE_MAX) {
        free(bytes);
        return NULL;
    }
    return bytes;
}

enum status feed_open(const Tocsin__V1__FeedMessage *message, const char *topic,
                      const uint8_t key[32], uint8_t *out, size_t *size)
{
    struct feed_header header = {message->epoch.data, message->sequence,
                                 message->previous, message->generation};
    uint8_t bound[BOUND_MAX];
    unsigned long long length;

    if (message->epoch.len != EPOCH_SIZE || message->nonce.len != NONCE_SIZE ||
        message->sealed.len < SEAL_OVERHEAD || strlen(topic) >= TOPIC_MAX)
        return STATUS_MALFORMED;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            out, &length, NULL, message->sealed.data, message->sealed.len,
            bound, bind_header(bound, topic, &header), message->nonce.data,
            key) != 0)
        return STATUS_FORGED;
    *size = (size_t)length;
    return STATUS_OK;
}

void hash_bytes(uint8_t out[32], const uint8_t *bytes, size_t size)
{
    (void)crypto_generichash(out, 32, bytes, size, NULL, 0);
}

void digest_toggle(uint8_t digest[DIGEST_SIZE], const char *alert_id,
                   uint32_t revision)
{
    uint8_t bytes[64];
    uint8_t hash[32];
    size_t size = strnlen(alert_id, sizeof bytes - 5);

    memcpy(bytes, alert_id, size);
    bytes[size] = 0;
    put_big_endian(bytes + size + 1, revision, 4);
    hash_bytes(hash, bytes, size + 5);
    for (int i = 0; i < DIGEST_SIZE; i++)
        digest[i] ^= hash[i];
}
