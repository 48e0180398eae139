/** Whole files: read, write durably, CSV lines. */
#ifndef TOCSIN_BASE_FILE_H
#define TOCSIN_BASE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/status.h"

/** First of all in main(): where standard input, output or error was closed by
 *  who started us, no file of ours takes its number, or what is printed would
 * be written into it. */
void file_keep_standard(void);

/**
 * Read a whole file of at most max bytes.
 *
 * Gives:  *out, zero-terminated beyond *size; the caller frees it.
 * Fails:  STATUS_MISSING, STATUS_TOO_BIG, STATUS_SYSTEM.
 */
MUST_USE enum status file_read(const char *path, size_t max, uint8_t **out,
                               size_t *size, struct diag *why);

/**
 * Write a file whole or not at all: beside it, fsync, rename, fsync the folder.
 *
 * Fails:  STATUS_FULL (no space: nothing has changed), STATUS_DISK.
 */
MUST_USE enum status file_write(const char *path, mode_t mode,
                                const void *bytes, size_t size,
                                struct diag *why);

/** Take away what was begun of this file by those who were killed in a
 *  file_write of it. Nobody else may be writing it meanwhile. */
void file_drop_parts(const char *path);

/** file_write without the two fsyncs, for what can be made again. */
MUST_USE enum status file_write_quick(const char *path, mode_t mode,
                                      const void *bytes, size_t size,
                                      struct diag *why);

/** Give a file that was written beside it its name: fsync, rename, fsync the
 *  folder. Fails: STATUS_DISK. */
MUST_USE enum status file_publish(const char *beside, const char *path,
                                  struct diag *why);

/** Make a folder (0700), durably. Fails: STATUS_EXISTS, STATUS_FULL,
 *  STATUS_DISK. */
MUST_USE enum status file_mkdir(const char *path, struct diag *why);

/** Give it another name in the same folder, durably. */
MUST_USE enum status file_rename(const char *from, const char *to,
                                 struct diag *why);

/** fsync a file or folder and the folder that it is in: whoever wrote them may
 *  have died before doing so. Fails: STATUS_MISSING, STATUS_DISK. */
MUST_USE enum status file_sync(const char *path, struct diag *why);

/** Take all away that is in a folder. */
void file_empty(const char *path);

/** Take a folder away with all that is in it. */
void file_clear(const char *path);

/**
 * Split one CSV line in place: quotes and doubled quotes are understood.
 * Returns the number of fields; those beyond max are counted, not stored.
 */
size_t csv_split(char *line, char **fields, size_t max);

#endif
