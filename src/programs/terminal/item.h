/** An alert as people and programs read it. */
#ifndef TOCSIN_PROGRAMS_TERMINAL_ITEM_H
#define TOCSIN_PROGRAMS_TERMINAL_ITEM_H

#include <jansson.h>

#include <tocsin/terminal.h>

/** What the reader reads: BCP 47 tags, the best first, between commas; NULL: as
 *  TOCSIN_LANGUAGES says, or the locale (LC_ALL, LANG). Call it first. */
void languages_set(const char *list);
/** Its action is in none of these. */
bool item_falls_back(const struct tocsin_item *item);
/** The text in the reader's language, else the first; "" when there is none. */
const char *text_for_us(Tocsin__V1__Text *const *texts, size_t count);

/** "girl, 6 to 7 years, 115 cm": what fits on one line; as old as it is now. */
void item_child(const struct tocsin_item *item, char *out, size_t room);
/** "EXERCISE 演习" or "actual". */
const char *item_kind(const struct tocsin_item *item);
/** Everything, line by line, on standard output. */
void item_print(const struct tocsin_item *item);

/** A new reference. */
json_t *item_json(const struct tocsin_item *item);
/** Print and let go. */
void json_print(json_t *json);

#define STANDING_TEXT_MAX 240

/** On standard error, for whoever reads what is old and is not told by the
 *  sentence below. */
void warn_of_full_disk(struct tocsin_store *store);
/** On standard error, unless it is the centre's picture of now. */
void warn_of_standing(const struct tocsin_standing *standing);
/** "same picture as the centre, 2 s ago". */
void standing_sentence(const struct tocsin_standing *standing, char *out,
                       size_t room);

#endif
