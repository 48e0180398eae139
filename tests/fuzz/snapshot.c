/* A snapshot of the book, past its magic and its hash. The first byte says
 * whether personal data is sealed first, as it is on a disk, and whether the
 * book is written down and taken once more. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "broker/snapshot.h"
#include "broker/snapshot_seal.h"
#include "domain/keep.h"
#include "wire/keys.h"

const struct fuzz_shape fuzz_shape = {&tocsin__v1__book_entry__descriptor, 1,
                                      true};

#define AS_IT_IS 1
#define TWICE 2
#define INPUT_MAX 8192
#define KEYS_KNOWN 2

struct file {
    uint8_t bytes[16 * INPUT_MAX]; /* sealing makes it longer */
    size_t size;
};

static void put(struct file *file, const void *bytes, size_t size)
{
    REQUIRE(size <= sizeof file->bytes - file->size);
    memcpy(file->bytes + file->size, bytes, size);
    file->size += size;
}

/* Keys 11..., 22...; 33... is destroyed. Nothing changes it later. */
static const struct vault *known_keys(void)
{
    static struct vault *vault;
    struct case_key key;

    if (vault != NULL)
        return vault;
    keys_start();
    vault = vault_new();
    for (int i = 1; i <= KEYS_KNOWN; i++) {
        memset(&key, i * 0x11, sizeof key);
        vault_add(vault, &key);
    }
    memset(&key, 0x33, sizeof key);
    vault_destroy(vault, key.id);
    return vault;
}

/* As it is when its key is not there, or when there is nothing to seal. */
static void put_entry(struct file *file, struct sealing *sealing,
                      const uint8_t *bytes, size_t size)
{
    static struct arena arena;
    Tocsin__V1__BookEntry *entry;
    uint8_t *packed;

    if (arena.room == 0)
        arena_init(&arena, 1 << 20);
    arena_reset(&arena);
    entry =
        decode(&arena, &tocsin__v1__book_entry__descriptor, bytes, size, NULL);
    if (entry == NULL || !entry_seal(sealing, entry)) {
        put(file, &(uint32_t){(uint32_t)size}, 4);
        put(file, bytes, size);
        return;
    }
    packed = encode(&entry->base, &size);
    put(file, &(uint32_t){(uint32_t)size}, 4);
    put(file, packed, size);
    free(packed);
    entry_sealed_free(entry);
}

static void seal_entries(struct file *file, const struct vault *vault,
                         const uint8_t *data, size_t size)
{
    struct sealing sealing = {.vault = vault};
    size_t at = 0;
    uint32_t length;

    while (size - at >= sizeof length) {
        memcpy(&length, data + at, sizeof length);
        if (length == 0 || length > size - at - sizeof length)
            break;
        at += sizeof length;
        put_entry(file, &sealing, data + at, length);
        at += length;
    }
    put(file, data + at, size - at);
}

static enum status take(struct book *book, const struct vault *vault,
                        const uint8_t *bytes, size_t size)
{
    uint8_t chain[CHAIN_SIZE];
    uint64_t sequence;
    enum status status = snapshot_check(bytes, size, &sequence, chain, NULL);

    return status != STATUS_OK ? status
                               : snapshot_take(book, vault, bytes, size, NULL);
}

/* What was taken can be written down, and is the same book again. */
static void take_again(const struct book *book, const struct vault *vault)
{
    static const uint8_t chain[CHAIN_SIZE];
    struct book *again = book_new(NULL);
    size_t size;
    uint8_t *bytes = snapshot_make(book, vault, chain, &size);
    uint8_t before[32];
    uint8_t after[32];

    REQUIRE(take(again, vault, bytes, size) == STATUS_OK);
    book_digest(book, before);
    book_digest(again, after);
    REQUIRE(memcmp(before, after, sizeof before) == 0);
    free(bytes);
    book_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct file file;
    const struct vault *vault = known_keys();
    struct book *book;
    uint8_t hash[32];
    uint8_t *bytes;

    if (size < 1 || size > INPUT_MAX)
        return 0;
    file.size = 0;
    put(&file, "TOCSINB1", 8);
    if ((data[0] & AS_IT_IS) != 0)
        put(&file, data + 1, size - 1);
    else
        seal_entries(&file, vault, data + 1, size - 1);
    hash_bytes(hash, file.bytes, file.size);
    put(&file, hash, sizeof hash);
    bytes = must_memdup(file.bytes, file.size); /* exactly as long as it is */
    book = book_new(NULL);
    if (take(book, vault, bytes, file.size) == STATUS_OK &&
        (data[0] & TWICE) != 0)
        take_again(book, vault);
    free(bytes);
    book_free(book);
    return 0;
}
