/** Age and height as people write them. */
#ifndef TOCSIN_PROGRAMS_MEASURES_H
#define TOCSIN_PROGRAMS_MEASURES_H

#include <stdbool.h>
#include <stdint.h>

#include <tocsin/v1/alert.pb-c.h>

/** "6" is from the sixth birthday to the day before the seventh; "5-7", "18m",
 *  "12-18m". false: said on stderr. */
bool age_read(const char *text, Tocsin__V1__AgeRange *age);

#define AGE_WORDS_MAX 40
/** "7 years", "12 to 18 months". Returns out. */
const char *age_words(const Tocsin__V1__AgeRange *age, char out[AGE_WORDS_MAX]);

/** How old it is when so much has passed; less than 0: was, so much before. */
Tocsin__V1__AgeRange age_after(const Tocsin__V1__AgeRange *age,
                               int64_t passed_ms);

/** Age and height go by when the child was last seen: was that a year ago, or
 *  longer? */
bool age_is_old(int64_t seen_ms, int64_t now_ms);

/** "115" or "110-120" centimetres. false: said on stderr. */
bool height_read(const char *text, Tocsin__V1__HeightRange *height);

#endif
