/**
 * Choosing among texts in several languages: lookup by RFC 4647, and then
 * whatever the reader's language begins, since "zh" is better read as "zh-Hans"
 * than not at all. Pure.
 */
#ifndef TOCSIN_WIRE_LANGUAGE_H
#define TOCSIN_WIRE_LANGUAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "tocsin/v1/common.pb-c.h"

/**
 * languages: BCP 47 tags, the best first, between commas: "bo,zh-Hans".
 *
 * Gives: the text; the first one when none fits, and then *fell_back is set;
 *        NULL when there are none. fell_back may be NULL.
 */
const Tocsin__V1__Text *language_choose(Tocsin__V1__Text *const *texts,
                                        size_t count, const char *languages,
                                        bool *fell_back);

/** "zh_TW.UTF-8" as a tag with its script: "zh-Hant-TW"; "" for C and POSIX. */
void language_of_locale(char *out, size_t room, const char *locale);

#endif
