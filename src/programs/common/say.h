/**
 * Lines for people. Texts of peers end up in them, so a line never holds a
 * control character: none can move the cursor, colour a screen or forge a
 * second line.
 */
#ifndef TOCSIN_PROGRAMS_SAY_H
#define TOCSIN_PROGRAMS_SAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define SAY_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/** Print exactly one line; the format has no newline of its own. */
void say_to(FILE *out, const char *format, ...) SAY_PRINTF(2, 3);

/** say_to standard output. */
void say(const char *format, ...) SAY_PRINTF(1, 2);

/** One line on standard error, with the program's name in front. */
void complain(const char *format, ...) SAY_PRINTF(1, 2);

/** Print JSON and a newline; what could steer a terminal is escaped. */
void say_json(FILE *out, const char *json);

/**
 * Take the controls out of text, in place: C0, C1, DEL and the marks that turn
 * the direction of writing become a space, broken UTF-8 a question mark.
 */
void clean(char *text);

/** Columns that clean text takes on a terminal; wide letters take two. */
size_t width_of(const char *text);

/** Cut clean text in place so that it takes at most so many columns. */
void width_cut(char *text, size_t columns);

#endif
