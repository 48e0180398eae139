#include <tocsin/language.h>

#include "wire/language.h"

const Tocsin__V1__Text *tocsin_text_choose(Tocsin__V1__Text *const *texts,
                                           size_t count, const char *languages,
                                           bool *fell_back)
{
    return language_choose(texts, count, languages, fell_back);
}

void tocsin_language_of_locale(char *out, size_t room, const char *locale)
{
    language_of_locale(out, room, locale);
}
