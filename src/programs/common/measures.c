#include "common/measures.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/numbers.h"
#include "common/say.h"

static bool take_range(const char *text, double *low, double *high)
{
    char copy[32];
    char *dash;

    if (strlen(text) >= sizeof copy)
        return false;
    strcpy(copy, text);
    dash = strchr(copy, '-');
    if (dash != NULL)
        *dash = '\0';
    return number_real(copy, low) &&
           number_real(dash == NULL ? copy : dash + 1, high) && *low >= 0 &&
           *low <= *high && *high <= 1000;
}

static bool take_age(const char *text, Tocsin__V1__AgeRange *age)
{
    char copy[32];
    size_t size = strlen(text);
    bool months = size > 0 && text[size - 1] == 'm';
    double low;
    double high;

    if (size >= sizeof copy)
        return false;
    memcpy(copy, text, size + 1);
    if (months)
        copy[size - 1] = '\0';
    if (!take_range(copy, &low, &high))
        return false;
    age->min_months = (uint32_t)(months ? low : low * 12);
    age->max_months = (uint32_t)(months ? high : high * 12 + 11);
    return true;
}

bool age_read(const char *text, Tocsin__V1__AgeRange *age)
{
    if (take_age(text, age))
        return true;
    complain("--age %.30s: must be 6 or 5-7 (years), 18m or 12-18m (months)",
             text);
    return false;
}

#define MONTH_MS (30.436875 * 24 * 3600 * 1000)

Tocsin__V1__AgeRange age_after(const Tocsin__V1__AgeRange *age,
                               int64_t passed_ms)
{
    Tocsin__V1__AgeRange then = *age;
    double months = round((double)passed_ms / MONTH_MS);

    then.min_months = (uint32_t)fmax(0, age->min_months + months);
    then.max_months = (uint32_t)fmax(0, age->max_months + months);
    return then;
}

bool age_is_old(int64_t seen_ms, int64_t now_ms)
{
    return seen_ms > 0 && now_ms - seen_ms >= 365LL * 24 * 3600 * 1000;
}

const char *age_words(const Tocsin__V1__AgeRange *age, char out[AGE_WORDS_MAX])
{
    bool months = age->max_months < 36;
    uint32_t least = months ? age->min_months : age->min_months / 12;
    uint32_t most = months ? age->max_months : age->max_months / 12;
    const char *unit = months ? "months" : "years";

    if (least == most)
        (void)snprintf(out, AGE_WORDS_MAX, "%u %s", least, unit);
    else
        (void)snprintf(out, AGE_WORDS_MAX, "%u to %u %s", least, most, unit);
    return out;
}

bool height_read(const char *text, Tocsin__V1__HeightRange *height)
{
    double low;
    double high;

    if (!take_range(text, &low, &high)) {
        complain("--height %.30s: must be 115 or 110-120 (centimetres)", text);
        return false;
    }
    height->min_cm = (uint32_t)low;
    height->max_cm = (uint32_t)high;
    return true;
}
