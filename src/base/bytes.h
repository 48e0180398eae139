/** Hexadecimal, random ids, ULIDs, and a hash map from bytes to a pointer. */
#ifndef TOCSIN_BASE_BYTES_H
#define TOCSIN_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** out has 2 * size + 1 bytes. Returns out. */
char *hex_encode(char *out, const uint8_t *bytes, size_t size);

/** true when text is exactly 2 * size hexadecimal digits. */
bool hex_decode(uint8_t *out, size_t size, const char *text);

/** Valid UTF-8, no NUL. */
bool utf8_valid(const uint8_t *text, size_t size);

#define ULID_SIZE 26

/** A fresh ULID of the given time; out has ULID_SIZE + 1 bytes. */
void ulid_make(char out[ULID_SIZE + 1], int64_t now_ms,
               const uint8_t random[10]);
bool ulid_valid(const char *text);

/** Overwrite what must not stay in memory. */
void bytes_wipe(void *bytes, size_t size);

/**
 * Map from a short byte string to a pointer. Keys are copied, values
 * borrowed. Hashing is keyed with random bytes, so peers cannot aim.
 */
struct map;

struct map *map_new(void);
void map_free(struct map *map);
void *map_get(const struct map *map, const void *key, size_t size);
/** Replaces what was there; returns the value that it replaced, or NULL. */
void *map_put(struct map *map, const void *key, size_t size, void *value);
/** Returns the value removed, or NULL. */
void *map_remove(struct map *map, const void *key, size_t size);
size_t map_count(const struct map *map);
/** Next value from *cursor (start at 0); NULL at the end. No order. */
void *map_next(const struct map *map, size_t *cursor);

#endif
