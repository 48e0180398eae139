/** The broker's folder of pictures, on the disk of its journal. What was
 *  handed to it and has not come to the disk a crash loses, and a full disk. */
#ifndef TOCSIN_SIM_ALBUM_H
#define TOCSIN_SIM_ALBUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "journal/keyring.h"

#define ALBUM_NAME_SIZE 96

struct world;

struct picture_file {
    char name[ALBUM_NAME_SIZE];
    uint8_t *bytes;
    size_t size;
    bool there; /* to be read: it may not be on the disk yet */
};

/** One that waits for the disk. */
struct put_file {
    struct picture_file file;
    size_t after; /* what the journal was handed before it */
};

struct album {
    struct picture_file *files;
    size_t count;
    struct put_file *queue; /* the first may be under way */
    size_t queued;
    bool writing;
    uint64_t stored; /* in this life of the broker */
};

void album_put(struct world *world, const char *name, const uint8_t *bytes,
               size_t size);
/** Into heap memory. */
bool album_load(const struct album *album, const char *name, uint8_t **bytes,
                size_t *size);
/** How far the journal may commit before the next file is written. */
size_t album_before(const struct album *album);
/** A file has its turn: it is being written from now on. */
void album_write(struct world *world);
/** The process has died; the file under way is kept or lost. */
void album_crash(struct world *world);
/** No space: nothing of what waits is kept. */
void album_full(struct world *world);
/** At a start: the keys of what is here are no spares. */
void album_keep_keys(const struct album *album, struct vault *vault);
/** The files of that one, into an empty one. */
void album_copy(struct album *to, const struct album *from);
void album_done(struct album *album);

#endif
