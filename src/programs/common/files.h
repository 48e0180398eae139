/** Files that a program reads or writes whole. */
#ifndef TOCSIN_PROGRAMS_FILES_H
#define TOCSIN_PROGRAMS_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PATH_TEXT_MAX 4096

/** First of all in main(): where standard input, output or error was closed by
 *  who started us, no file of ours takes its number, or what is printed would
 * be written into it. */
void files_keep_standard(void);

/** Reads at most max bytes, zero-terminated beyond *size; the caller frees.
 *  false: said on stderr. "-" is standard input. */
bool file_load(const char *path, size_t max, uint8_t **out, size_t *size);

/** The same of a text, less the mark (U+FEFF) that some editors put in front.
 *  One with a zero byte, after which nothing would be read, is none. false:
 * said on stderr. */
bool file_load_text(const char *path, size_t max, char **out);

/** A file that is new is its maker's alone (0600). false: said on stderr. */
bool file_save(const char *path, const void *bytes, size_t size);

bool is_folder(const char *path);

/** Make a folder for secrets (0700) where there is none. false: said. */
bool make_folder(const char *path);

#endif
