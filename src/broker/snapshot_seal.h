/**
 * What is personal in the entries of a snapshot: sealed in the file, plain in
 * memory. The only place that knows which fields those are.
 */
#ifndef TOCSIN_BROKER_SNAPSHOT_SEAL_H
#define TOCSIN_BROKER_SNAPSHOT_SEAL_H

#include "journal/keyring.h"
#include "tocsin/v1/book.pb-c.h"
#include "wire/decode.h"

/** From entry to entry: those of an alert or of a found child are sealed with
 *  the key that its first one named. */
struct sealing {
    const struct vault *vault;
    uint8_t key_id[KEY_ID_SIZE];
    bool has_key;
};

/**
 * Gives:  the entry with its personal fields in heap memory of their own, until
 *         entry_sealed_free.
 * Fails:  false: the key is not there; the entry is as it was.
 */
MUST_USE bool entry_seal(struct sealing *sealing, Tocsin__V1__BookEntry *entry);
void entry_sealed_free(Tocsin__V1__BookEntry *entry);

/**
 * Gives:  the entry with plain fields, in the arena; what a destroyed key has
 *         sealed is empty from here on.
 * Fails:  false: the key is not there, or the bytes are damaged, or an alert
 *         or a found child has lost what it says though its key is there.
 */
MUST_USE bool entry_open(struct sealing *sealing, struct arena *arena,
                         Tocsin__V1__BookEntry *entry);

#endif
