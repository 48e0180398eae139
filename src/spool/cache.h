/**
 * Pictures that were fetched once: sealed with a key of the gateway's own,
 * within a bound, gone with their alert. A convenience: nothing here is
 * fsynced, and a cache that cannot be read is as good as empty. A damaged one
 * is deleted, and another one begun: the pictures come again.
 */
#ifndef TOCSIN_SPOOL_CACHE_H
#define TOCSIN_SPOOL_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct cache;

/** secret: KEY_SIZE bytes. Fails: STATUS_DISK. */
MUST_USE enum status cache_open(struct cache **out, const char *path,
                                const uint8_t *secret, size_t bytes_max,
                                struct diag *why);
void cache_close(struct cache *cache);
/** One was damaged since this was asked last: false, or true and in which way.
 */
bool cache_was_damaged(struct cache *cache, struct diag *how);

/** In heap memory; false: it is not there. */
bool cache_load(struct cache *cache, const uint8_t hash[32], uint8_t **bytes,
                size_t *size);
/** The least lately used ones make room. */
void cache_keep(struct cache *cache, const uint8_t hash[32],
                const char *alert_id, const void *bytes, size_t size);
/** Durable. false: it, or what the log has of it, may still be there. */
bool cache_drop(struct cache *cache, const char *alert_id);
/** What is held of an alert that is not wanted any more goes. */
void cache_sweep(struct cache *cache,
                 bool (*wanted)(void *arg, const char *alert_id), void *arg);
size_t cache_bytes(const struct cache *cache);

#endif
