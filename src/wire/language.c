#include "wire/language.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define TAG_MAX 40

/* The whole tag, letters' case aside. */
static const Tocsin__V1__Text *exact(Tocsin__V1__Text *const *texts,
                                     size_t count, const char *tag, size_t size)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(texts[i]->language) == size &&
            strncasecmp(texts[i]->language, tag, size) == 0)
            return texts[i];
    }
    return NULL;
}

static const Tocsin__V1__Text *beginning(Tocsin__V1__Text *const *texts,
                                         size_t count, const char *tag,
                                         size_t size)
{
    for (size_t i = 0; i < count; i++) {
        if (strncasecmp(texts[i]->language, tag, size) == 0 &&
            texts[i]->language[size] == '-')
            return texts[i];
    }
    return NULL;
}

/* One subtag less; a single letter left at the end goes with it (RFC
 * 4647, 3.4). 0: there is none to take. */
static size_t shorter(const char *tag, size_t size)
{
    while (size > 0 && tag[size - 1] != '-')
        size--;
    if (size > 0)
        size--;
    if (size > 2 && tag[size - 2] == '-')
        size -= 2;
    return size;
}

static const Tocsin__V1__Text *look_up(Tocsin__V1__Text *const *texts,
                                       size_t count, const char *tag,
                                       size_t size)
{
    const Tocsin__V1__Text *found = NULL;

    while (size > 0 && found == NULL) {
        found = exact(texts, count, tag, size);
        if (found == NULL)
            found = beginning(texts, count, tag, size);
        size = shorter(tag, size);
    }
    return found;
}

const Tocsin__V1__Text *language_choose(Tocsin__V1__Text *const *texts,
                                        size_t count, const char *languages,
                                        bool *fell_back)
{
    const Tocsin__V1__Text *found = NULL;

    while (*languages != '\0' && found == NULL) {
        size_t skip = strspn(languages, ", ");
        size_t size = strcspn(languages + skip, ", ");

        found = look_up(texts, count, languages + skip, size);
        languages += skip + size;
    }
    if (fell_back != NULL)
        *fell_back = found == NULL && count > 0;
    return found != NULL ? found : count > 0 ? texts[0] : NULL;
}

/* The scripts that a region stands for where a language has several. */
static const struct {
    const char *locale;
    const char *tag;
} scripts[] = {{"zh_CN", "zh-Hans-CN"},
               {"zh_SG", "zh-Hans-SG"},
               {"zh_TW", "zh-Hant-TW"},
               {"zh_HK", "zh-Hant-HK"},
               {"zh_MO", "zh-Hant-MO"}};

void language_of_locale(char *out, size_t room, const char *locale)
{
    size_t size = strcspn(locale, ".@");
    char name[TAG_MAX];

    snprintf(name, sizeof name, "%.*s", (int)(size < 30 ? size : 30), locale);
    out[0] = '\0';
    if (strcmp(name, "C") == 0 || strcmp(name, "POSIX") == 0)
        return;
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        if (strcmp(name, scripts[i].locale) == 0) {
            snprintf(out, room, "%s", scripts[i].tag);
            return;
        }
    }
    for (char *at = name; *at != '\0'; at++)
        *at = *at == '_' ? '-' : *at;
    snprintf(out, room, "%s", name);
}
