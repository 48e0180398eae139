/* A file is: 8 bytes of magic, entries with their length in front (4 bytes, the
 * lowest first), a length of 0, and BLAKE2b-256 of everything before. */
#include "broker/snapshot.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "broker/snapshot_seal.h"
#include "domain/keep.h"
#include "wire/decode.h"
#include "wire/keys.h"

#define MAGIC "TOCSINB1"
#define MAGIC_SIZE 8
#define HASH_SIZE 32
#define ENTRY_MAX (1024 * 1024)
#define ARENA_MOST (4 * 1024 * 1024)
#define ARENA_LEAST (8 * 1024)
#define ARENA_TIMES 32

/* ---- making -------------------------------------------------------------- */

struct making {
    struct sealing sealing;
    uint8_t *bytes;
    size_t size;
    size_t room;
};

static uint8_t *lay_down(struct making *making, size_t size)
{
    uint8_t *at;

    if (making->size + size > making->room) {
        making->room = (making->size + size) * 2;
        making->bytes = must_realloc(making->bytes, making->room, 1);
    }
    at = making->bytes + making->size;
    making->size += size;
    return at;
}

static void put_length(struct making *making, size_t length)
{
    uint8_t *at = lay_down(making, 4);

    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(length >> 8 * i);
}

static void make_entry(void *arg, Tocsin__V1__BookEntry *entry)
{
    struct making *making = arg;
    size_t size;

    REQUIRE(entry_seal(&making->sealing, entry));
    size = protobuf_c_message_get_packed_size(&entry->base);
    REQUIRE(size <= ENTRY_MAX);
    put_length(making, size);
    (void)protobuf_c_message_pack(&entry->base, lay_down(making, size));
    entry_sealed_free(entry);
}

uint8_t *snapshot_make(const struct book *book, const struct vault *vault,
                       const uint8_t chain[CHAIN_SIZE], size_t *size)
{
    struct making making = {.sealing.vault = vault};

    memcpy(lay_down(&making, MAGIC_SIZE), MAGIC, MAGIC_SIZE);
    book_keep(book, chain, CHAIN_SIZE, make_entry, &making);
    put_length(&making, 0);
    *size = making.size + HASH_SIZE;
    (void)lay_down(&making, HASH_SIZE);
    hash_bytes(making.bytes + *size - HASH_SIZE, making.bytes,
               *size - HASH_SIZE);
    return making.bytes;
}

/* ---- reading ------------------------------------------------------------- */

/* The next entry's bytes; NULL at the end or when it is cut (*good false). */
static const uint8_t *next_entry(const uint8_t *bytes, size_t size,
                                 size_t *cursor, size_t *length, bool *good)
{
    const uint8_t *at = bytes + *cursor;

    *good = size - *cursor >= 4;
    if (!*good)
        return NULL;
    *length =
        at[0] | (size_t)at[1] << 8 | (size_t)at[2] << 16 | (size_t)at[3] << 24;
    *cursor += 4;
    if (*length == 0)
        return NULL;
    *good = *length <= ENTRY_MAX && *length <= size - *cursor;
    if (!*good)
        return NULL;
    *cursor += *length;
    return at + 4;
}

static enum status check_whole(const uint8_t *bytes, size_t size,
                               struct diag *why)
{
    uint8_t hash[HASH_SIZE];

    if (size < MAGIC_SIZE + 4 + HASH_SIZE ||
        memcmp(bytes, MAGIC, MAGIC_SIZE) != 0)
        return diag_set(why, STATUS_CORRUPT, "is no snapshot of this format");
    hash_bytes(hash, bytes, size - HASH_SIZE);
    if (memcmp(hash, bytes + size - HASH_SIZE, HASH_SIZE) != 0)
        return diag_set(why, STATUS_CORRUPT, "is damaged: its hash differs");
    return STATUS_OK;
}

/* Decoded, an entry takes some times its own bytes: lists of short texts most,
 * some twenty times. */
static void make_room(struct arena *arena, size_t length)
{
    size_t room = ARENA_LEAST + length * ARENA_TIMES;

    if (room > ARENA_MOST)
        room = ARENA_MOST;
    if (arena->room < room) {
        arena_done(arena);
        arena_init(arena, room);
    }
    arena_reset(arena);
}

enum status snapshot_check(const uint8_t *bytes, size_t size,
                           uint64_t *sequence, uint8_t chain[CHAIN_SIZE],
                           struct diag *why)
{
    const Tocsin__V1__BookEntry *entry = NULL;
    const uint8_t *first;
    size_t cursor = MAGIC_SIZE;
    size_t length = 0;
    struct arena arena = {0};
    bool good;
    enum status status = check_whole(bytes, size, why);

    if (status != STATUS_OK)
        return status;
    first = next_entry(bytes, size - HASH_SIZE, &cursor, &length, &good);
    if (first != NULL) {
        make_room(&arena, length);
        entry = decode(&arena, &tocsin__v1__book_entry__descriptor, first,
                       length, NULL);
    }
    if (entry == NULL ||
        entry->kind_case != TOCSIN__V1__BOOK_ENTRY__KIND_HEAD ||
        entry->head->chain.len != CHAIN_SIZE) {
        status = diag_set(why, STATUS_CORRUPT, "has no head");
    } else {
        *sequence = entry->head->sequence;
        memcpy(chain, entry->head->chain.data, CHAIN_SIZE);
    }
    arena_done(&arena);
    return status;
}

static enum status take_entry(struct book *book, struct sealing *sealing,
                              struct arena *arena, const uint8_t *bytes,
                              size_t size, struct diag *why)
{
    Tocsin__V1__BookEntry *entry;

    make_room(arena, size);
    entry =
        decode(arena, &tocsin__v1__book_entry__descriptor, bytes, size, why);
    if (entry == NULL)
        return STATUS_CORRUPT;
    if (!entry_open(sealing, arena, entry))
        return diag_set(why, STATUS_CORRUPT, "what a case says does not open");
    return book_take(book, entry, why);
}

enum status snapshot_take(struct book *book, const struct vault *vault,
                          const uint8_t *bytes, size_t size, struct diag *why)
{
    struct sealing sealing = {.vault = vault};
    size_t cursor = MAGIC_SIZE;
    size_t length;
    const uint8_t *entry;
    struct arena arena = {0};
    bool good;
    enum status status = check_whole(bytes, size, why);

    while (status == STATUS_OK &&
           (entry = next_entry(bytes, size - HASH_SIZE, &cursor, &length,
                               &good)) != NULL)
        status = take_entry(book, &sealing, &arena, entry, length, why);
    if (status == STATUS_OK && !good)
        status = diag_set(why, STATUS_CORRUPT, "is cut");
    arena_done(&arena);
    return status;
}
