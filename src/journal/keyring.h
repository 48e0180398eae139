/**
 * The cases' keys, apart from the journal: destroying one here makes what it
 * sealed unreadable everywhere. Spare keys are made in advance, so that a
 * report never waits for a second fsync.
 *
 * Thread: keyring_* on one thread at a time; a vault on the thread that seals.
 */
#ifndef TOCSIN_JOURNAL_KEYRING_H
#define TOCSIN_JOURNAL_KEYRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define KEY_ID_SIZE 16
#define CASE_KEY_SIZE 32
#define VAULT_OVERHEAD (24 + 16)

struct case_key {
    uint8_t id[KEY_ID_SIZE];
    uint8_t key[CASE_KEY_SIZE];
};

struct keyring;

MUST_USE enum status keyring_open(struct keyring **out, const char *path,
                                  bool create, struct diag *why);
/** For keyring_read and keyring_read_destroyed alone: nothing is written, nor
 *  need it be possible. */
MUST_USE enum status keyring_open_reading(struct keyring **out,
                                          const char *path, struct diag *why);
void keyring_close(struct keyring *keyring);

/** Make keys and store them, fsynced, before they are given out.
 *  Fails: STATUS_FULL (none were made, may be tried again), STATUS_DISK. */
MUST_USE enum status keyring_make(struct keyring *keyring,
                                  struct case_key *keys, size_t count,
                                  struct diag *why);

/** All keys there are. */
MUST_USE enum status keyring_read(struct keyring *keyring,
                                  void (*each)(void *arg,
                                               const struct case_key *key),
                                  void *arg, struct diag *why);

/**
 * Destroy a key: what it sealed is unreadable everywhere from here on. Its id
 * is kept, so that a key that a copy brings back is not taken. Again is fine.
 * STATUS_BUSY: destroyed, but somebody reads the keyring, and until
 * keyring_scrub says STATUS_OK its bytes are still in the file's log.
 * Fails: STATUS_FULL (may be tried again), STATUS_DISK.
 */
MUST_USE enum status keyring_destroy(struct keyring *keyring,
                                     const uint8_t id[KEY_ID_SIZE],
                                     struct diag *why);
/** Clears the file's log; waits for nobody. STATUS_BUSY: not yet. */
MUST_USE enum status keyring_scrub(struct keyring *keyring);
/** The ids of all that were destroyed. */
MUST_USE enum status
keyring_read_destroyed(struct keyring *keyring,
                       void (*each)(void *arg, const uint8_t id[KEY_ID_SIZE]),
                       void *arg, struct diag *why);

/** Keys in memory, and which of them no case has yet. */
struct vault;

struct vault *vault_new(void);
void vault_free(struct vault *vault);
/** As a spare, unless it is there already or was destroyed. */
void vault_add(struct vault *vault, const struct case_key *key);
size_t vault_spares(const struct vault *vault);
/** Take a spare for a new case; false: none left. */
bool vault_take(struct vault *vault, uint8_t id[KEY_ID_SIZE]);
/** A fact uses this key: it is no spare any more. */
void vault_used(struct vault *vault, const uint8_t id[KEY_ID_SIZE]);
/** Nothing in memory is sealed with this key any more. */
void vault_forget(struct vault *vault, const uint8_t id[KEY_ID_SIZE]);

/** It is destroyed: forget it, and take it no more. */
void vault_destroy(struct vault *vault, const uint8_t id[KEY_ID_SIZE]);
bool vault_is_destroyed(const struct vault *vault,
                        const uint8_t id[KEY_ID_SIZE]);
/** Is the key here? */
bool vault_has(const struct vault *vault, const uint8_t id[KEY_ID_SIZE]);

/** out has size + VAULT_OVERHEAD bytes. false: the key is not here. */
bool vault_seal(const struct vault *vault, const uint8_t id[KEY_ID_SIZE],
                const uint8_t *bytes, size_t size, uint8_t *out);
/** out has size - VAULT_OVERHEAD bytes. false: no key, or damaged. */
bool vault_open(const struct vault *vault, const uint8_t id[KEY_ID_SIZE],
                const uint8_t *sealed, size_t size, uint8_t *out);

#endif
