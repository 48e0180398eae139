#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/status.h"

char *hex_encode(char *out, const uint8_t *bytes, size_t size)
{
    return sodium_bin2hex(out, size * 2 + 1, bytes, size);
}

bool hex_decode(uint8_t *out, size_t size, const char *text)
{
    size_t got;

    return strlen(text) == size * 2 &&
           sodium_hex2bin(out, size, text, size * 2, NULL, &got, NULL) == 0 &&
           got == size;
}

/* Length of the sequence that begins with lead; 0: none begins so. */
static size_t sequence_length(uint8_t lead)
{
    if (lead < 0x80)
        return 1;
    if (lead >= 0xc2 && lead <= 0xdf)
        return 2;
    if (lead >= 0xe0 && lead <= 0xef)
        return 3;
    return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

static bool second_fits(uint8_t lead, uint8_t second)
{
    switch (lead) {
    case 0xe0:
        return second >= 0xa0;
    case 0xed:
        return second <= 0x9f;
    case 0xf0:
        return second >= 0x90;
    case 0xf4:
        return second <= 0x8f;
    default:
        return true;
    }
}

bool utf8_valid(const uint8_t *text, size_t size)
{
    for (size_t at = 0; at < size;) {
        size_t length = sequence_length(text[at]);

        if (text[at] == 0 || length == 0 || length > size - at)
            return false;
        for (size_t i = 1; i < length; i++) {
            if ((text[at + i] & 0xc0) != 0x80)
                return false;
        }
        if (length > 1 && !second_fits(text[at], text[at + 1]))
            return false;
        at += length;
    }
    return true;
}

static const char crockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void ulid_make(char out[ULID_SIZE + 1], int64_t now_ms,
               const uint8_t random[10])
{
    uint64_t high = 0;
    uint64_t low = 0;

    for (int i = 9; i >= 0; i--, now_ms >>= 5)
        out[i] = crockford[now_ms & 31];
    for (int i = 0; i < 5; i++) {
        high = high << 8 | random[i];
        low = low << 8 | random[5 + i];
    }
    for (int i = 7; i >= 0; i--, high >>= 5, low >>= 5) {
        out[10 + i] = crockford[high & 31];
        out[18 + i] = crockford[low & 31];
    }
    out[ULID_SIZE] = '\0';
}

bool ulid_valid(const char *text)
{
    return strspn(text, crockford) == ULID_SIZE && text[ULID_SIZE] == '\0' &&
           text[0] <= '7';
}

/* Open addressing, linear probing, no tombstones: removal shifts back. */
struct slot {
    uint64_t hash;
    void *key;
    size_t size;
    void *value;
};

struct map {
    struct slot *slots;
    size_t room; /* a power of two */
    size_t count;
    uint8_t secret[crypto_shorthash_KEYBYTES];
};

struct map *map_new(void)
{
    struct map *map = must_calloc(1, sizeof *map);

    map->room = 16;
    map->slots = must_calloc(map->room, sizeof *map->slots);
    randombytes_buf(map->secret, sizeof map->secret);
    return map;
}

void map_free(struct map *map)
{
    if (map == NULL)
        return;
    for (size_t i = 0; i < map->room; i++)
        free(map->slots[i].key);
    free(map->slots);
    free(map);
}

static uint64_t hash_of(const struct map *map, const void *key, size_t size)
{
    uint8_t out[crypto_shorthash_BYTES];
    uint64_t hash;

    crypto_shorthash(out, key, size, map->secret);
    memcpy(&hash, out, sizeof hash);
    return hash;
}

/* The slot of the key, or the empty one where it would go. */
static size_t find(const struct map *map, uint64_t hash, const void *key,
                   size_t size)
{
    size_t at = hash & (map->room - 1);

    while (map->slots[at].key != NULL) {
        const struct slot *slot = &map->slots[at];

        if (slot->hash == hash && slot->size == size &&
            memcmp(slot->key, key, size) == 0)
            break;
        at = (at + 1) & (map->room - 1);
    }
    return at;
}

void *map_get(const struct map *map, const void *key, size_t size)
{
    return map->slots[find(map, hash_of(map, key, size), key, size)].value;
}

static void grow(struct map *map)
{
    struct slot *old = map->slots;
    size_t old_room = map->room;

    map->room *= 2;
    map->slots = must_calloc(map->room, sizeof *map->slots);
    for (size_t i = 0; i < old_room; i++) {
        if (old[i].key != NULL)
            map->slots[find(map, old[i].hash, old[i].key, old[i].size)] =
                old[i];
    }
    free(old);
}

void *map_put(struct map *map, const void *key, size_t size, void *value)
{
    uint64_t hash = hash_of(map, key, size);
    size_t at = find(map, hash, key, size);
    void *before = map->slots[at].value;

    if (map->slots[at].key == NULL) {
        if ((map->count + 1) * 3 > map->room * 2) {
            grow(map);
            at = find(map, hash, key, size);
        }
        map->slots[at].key = must_memdup(key, size);
        map->slots[at].size = size;
        map->slots[at].hash = hash;
        map->count++;
    }
    map->slots[at].value = value;
    return before;
}

void *map_remove(struct map *map, const void *key, size_t size)
{
    size_t at = find(map, hash_of(map, key, size), key, size);
    size_t hole = at;
    void *value = map->slots[at].value;

    if (map->slots[at].key == NULL)
        return NULL;
    free(map->slots[at].key);
    map->count--;
    for (;;) {
        at = (at + 1) & (map->room - 1);
        if (map->slots[at].key == NULL)
            break;
        /* may move only when its own place is not between hole and at */
        if (((at - (map->slots[at].hash & (map->room - 1))) &
             (map->room - 1)) >= ((at - hole) & (map->room - 1))) {
            map->slots[hole] = map->slots[at];
            hole = at;
        }
    }
    memset(&map->slots[hole], 0, sizeof map->slots[hole]);
    return value;
}

size_t map_count(const struct map *map)
{
    return map->count;
}

void *map_next(const struct map *map, size_t *cursor)
{
    while (*cursor < map->room) {
        struct slot *slot = &map->slots[(*cursor)++];

        if (slot->key != NULL)
            return slot->value;
    }
    return NULL;
}

void bytes_wipe(void *bytes, size_t size)
{
    sodium_memzero(bytes, size);
}
