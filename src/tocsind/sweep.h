/** Pictures that no alert shows: put and never named, or replaced. */
#ifndef TOCSIN_TOCSIND_SWEEP_H
#define TOCSIN_TOCSIND_SWEEP_H

#include "domain/book.h"
#include "journal/keyring.h"

/** Of a picture's file: ALERT-HASH. */
#define PICTURE_NAME_SIZE (ULID_SIZE + 1 + 64)

/** Does an alert show it, or an answer to one? name: of its file. */
bool picture_is_named(const struct book *book, const char *name);

/** Deletes what no alert names and is older than a day. Gives their number. */
unsigned sweep_pictures(const char *folder, const struct book *book,
                        int64_t now_ms);

/** The key of each picture that was put for this alert. */
void sweep_each_key(const char *folder, const char *alert_id,
                    void (*take)(void *to, const uint8_t id[KEY_ID_SIZE]),
                    void *to);

/** The keys of pictures that no report has named yet are no spares. */
void sweep_keep_keys(const char *folder, struct vault *vault);

#endif
