/**
 * What lies on a node's disk and is no stranger's to read: sealed with a key of
 * the node's own, that never leaves it. Who takes the disk without the key has
 * nothing.
 */
#ifndef TOCSIN_WIRE_REST_H
#define TOCSIN_WIRE_REST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REST_KEY_SIZE 32
#define REST_OVERHEAD (24 + 16)

/** secret: 32 bytes; each purpose has a key of its own. */
void rest_key(uint8_t out[REST_KEY_SIZE], const uint8_t secret[32],
              const char *purpose);

/** What it belongs to: sealed bytes open under the same name only. */
struct rest_name {
    const void *data;
    size_t size;
};

/** out: size + REST_OVERHEAD bytes. */
void rest_seal(uint8_t *out, const uint8_t key[REST_KEY_SIZE],
               struct rest_name name, const void *bytes, size_t size);
/** out: size - REST_OVERHEAD bytes; false: not sealed with this key and name.
 */
bool rest_open(uint8_t *out, const uint8_t key[REST_KEY_SIZE],
               struct rest_name name, const uint8_t *sealed, size_t size);

/** Opened with a former key, sealed with another: in heap memory, as large as
 * it was; the caller frees. NULL: not sealed with the former key and this name.
 */
uint8_t *rest_reseal(const uint8_t key[REST_KEY_SIZE],
                     const uint8_t former[REST_KEY_SIZE], struct rest_name name,
                     const uint8_t *sealed, size_t size);

#endif
