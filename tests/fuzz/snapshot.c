/* A snapshot of the book, past its hash. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "broker/snapshot.h"
#include "domain/keep.h"
#include "wire/keys.h"
#include "wire/seal.h"

const struct fuzz_shape fuzz_shape = {&tocsin__v1__book_entry__descriptor, 8,
                                      true};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vault *vault = vault_new();
    struct book *book = book_new(NULL);
    uint8_t *bytes = must_calloc(1, size + 32);
    uint8_t chain[CHAIN_SIZE];
    uint8_t digest[32];
    uint64_t sequence;

    keys_start();
    memcpy(bytes, data, size);
    hash_bytes(bytes + size, bytes, size);
    if (snapshot_check(bytes, size + 32, &sequence, chain, NULL) == STATUS_OK &&
        snapshot_take(book, vault, bytes, size + 32, NULL) == STATUS_OK)
        book_digest(book, digest);
    free(bytes);
    book_free(book);
    vault_free(vault);
    return 0;
}
