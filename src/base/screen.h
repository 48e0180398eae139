/** What a screen is given. Texts of peers are in it: none can move the cursor,
 *  colour what follows, or turn the direction in which it is read. */
#ifndef TOCSIN_BASE_SCREEN_H
#define TOCSIN_BASE_SCREEN_H

#include <stdio.h>

/** Print UTF-8; each control character in it (C0, C1, DEL, and the marks that
 *  turn the direction of writing) becomes a space. */
void screen_text(FILE *out, const char *text);

/** The same as a cell of a CSV, in quotes. In front of what a spreadsheet would
 *  take for a formula stands its own mark for text, an apostrophe. */
void screen_cell(FILE *out, const char *text);

/** Print JSON and a newline; what could steer a screen is escaped. jansson
 *  escapes C0 itself, and lets the others through. */
void screen_json(FILE *out, const char *json);

#endif
