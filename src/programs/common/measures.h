/** Age and height as people write them. */
#ifndef TOCSIN_PROGRAMS_MEASURES_H
#define TOCSIN_PROGRAMS_MEASURES_H

#include <stdbool.h>

#include <tocsin/v1/alert.pb-c.h>

/** "6" is from the sixth birthday to the day before the seventh; "5-7", "18m",
 *  "12-18m". false: said on stderr. */
bool age_read(const char *text, Tocsin__V1__AgeRange *age);

/** "115" or "110-120" centimetres. false: said on stderr. */
bool height_read(const char *text, Tocsin__V1__HeightRange *height);

#endif
