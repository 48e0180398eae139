/** Texts in several languages: which one a reader gets. */
#ifndef TOCSIN_LANGUAGE_H
#define TOCSIN_LANGUAGE_H

#include <stdbool.h>
#include <stddef.h>

#include <tocsin/status.h>
#include <tocsin/v1/common.pb-c.h>

/**
 * languages: BCP 47 tags, the best first, between commas: "bo,zh-Hans". Looked
 * up by RFC 4647 (zh-Hant-HK, zh-Hant, zh), and whatever begins so: "zh" takes
 * "zh-Hans".
 *
 * Gives: the text; the first one when none fits, and then *fell_back is set;
 *        NULL when there are none. fell_back may be NULL.
 */
TOCSIN_API const Tocsin__V1__Text *
tocsin_text_choose(Tocsin__V1__Text *const *texts, size_t count,
                   const char *languages, bool *fell_back);

/** "zh_TW.UTF-8" as a tag with its script, "zh-Hant-TW"; "" for C and POSIX.
 *  out has room bytes, and takes what fits with a zero at its end. */
TOCSIN_API void tocsin_language_of_locale(char *out, size_t room,
                                          const char *locale);

#endif
