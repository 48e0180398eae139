/* A plate or a document's number as it is compared: capitals, and no signs
 * between. People write such numbers as they like, and their keyboards too. */
#include <string.h>

#include "base/bytes.h"
#include "terminal/store_inside.h"

struct range {
    uint32_t first;
    uint32_t last;
};

/* Blanks, dots, hyphens and strokes, of every script that is typed here. */
static const struct range signs[] = {
    {' ', ' '},       {'-', '/'},       {'_', '_'},       {0xa0, 0xa0},
    {0xb7, 0xb7},     {0x2000, 0x2015}, {0x2022, 0x2022}, {0x2027, 0x2027},
    {0x202f, 0x202f}, {0x2212, 0x2212}, {0x2219, 0x2219}, {0x22c5, 0x22c5},
    {0x3000, 0x3002}, {0x30fb, 0x30fc}, {0xfe63, 0xfe63}, {0xfeff, 0xfeff},
    {0xff65, 0xff65}};

/* Plates from across the border have such Cyrillic letters only that look like
 * Latin ones, and are typed as these. */
static const uint16_t alike[][2] = {{0x410, 'A'}, {0x412, 'B'}, {0x415, 'E'},
                                    {0x41a, 'K'}, {0x41c, 'M'}, {0x41d, 'H'},
                                    {0x41e, 'O'}, {0x420, 'P'}, {0x421, 'C'},
                                    {0x422, 'T'}, {0x423, 'Y'}, {0x425, 'X'}};

/* The signs of plates (GA 36-2018: provinces and what a plate is for; and of
 * those that came before) in their other forms, as a keyboard of Hong Kong,
 * Macau or Japan writes them: Unicode's Unihan_Variants, kSimplifiedVariant and
 * kSemanticVariant. The rest of the signs have one form everywhere. */
static const uint16_t forms[][2] = {
    {0x6eec, 0x6caa}, /* Shanghai */
    {0x96f2, 0x4e91}, /* Yunnan */
    {0x907c, 0x8fbd}, /* Liaoning */
    {0x9b6f, 0x9c81}, /* Shandong */
    {0x8607, 0x82cf}, /* Jiangsu */
    {0x8d1b, 0x8d63}, /* Jiangxi */
    {0x965d, 0x9655}, /* Shaanxi */
    {0x95a9, 0x95fd}, /* Fujian */
    {0x8cb4, 0x8d35}, /* Guizhou */
    {0x7cb5, 0x7ca4}, /* Guangdong */
    {0x5be7, 0x5b81}, /* Ningxia */
    {0x5bdc, 0x5b81}, /* Ningxia */
    {0x74ca, 0x743c}, /* Hainan */
    {0x6649, 0x664b}, /* Shanxi */
    {0x9ed2, 0x9ed1}, /* Heilongjiang */
    {0x9751, 0x9752}, /* Qinghai */
    {0x5b78, 0x5b66}, /* learner */
    {0x9818, 0x9886}, /* consulate */
    {0x639b, 0x6302}, /* trailer */
    {0x8a66, 0x8bd5}, /* on trial */
    {0x61c9, 0x5e94}, /* emergency */
    {0x81e8, 0x4e34}, /* temporary */
    {0x8fb2, 0x519c}, /* farm */
    {0x96fb, 0x7535}, /* electric */
    {0x8ecd, 0x519b}, /* forces */
    {0x5ee3, 0x5e7f}, /* forces */
    {0x6fdf, 0x6d4e}, /* forces */
    {0x862d, 0x5170}, /* forces */
    {0x700b, 0x6c88}, /* forces */
};

static bool is_sign(uint32_t letter)
{
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        if (letter >= signs[i].first && letter <= signs[i].last)
            return true;
    }
    return false;
}

static uint32_t capital(uint32_t letter)
{
    if (letter >= 'a' && letter <= 'z')
        return letter - 'a' + 'A';
    if (letter >= 0x430 && letter <= 0x44f)
        return letter - 0x20;
    if (letter >= 0x450 && letter <= 0x45f)
        return letter - 0x50;
    /* Mongolian, Kazakh and the like: each beside its capital */
    if ((letter >= 0x48a && letter <= 0x4bf) ||
        (letter >= 0x4d0 && letter <= 0x52f))
        return letter & ~1U;
    return letter;
}

static uint32_t normal_of(uint32_t letter)
{
    if (letter >= 0xff01 && letter <= 0xff5e)
        letter -= 0xff01 - '!'; /* full width */
    letter = capital(letter);
    for (size_t i = 0; i < sizeof alike / sizeof alike[0]; i++) {
        if (letter == alike[i][0])
            return alike[i][1];
    }
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (letter == forms[i][0])
            return forms[i][1];
    }
    return letter;
}

/* Bytes that are no text count as letters of their own. */
static size_t take_letter(const char *text, uint32_t *letter)
{
    const uint8_t *at = (const uint8_t *)text;
    size_t size = at[0] < 0xc0 ? 1 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;

    if (size == 1 || strnlen(text, size) < size || !utf8_valid(at, size)) {
        *letter = at[0];
        return 1;
    }
    *letter = at[0] & (0x7fU >> size);
    for (size_t i = 1; i < size; i++)
        *letter = *letter << 6 | (at[i] & 0x3f);
    return size;
}

static size_t put_letter(char *out, size_t room, uint32_t letter)
{
    static const uint8_t heads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t size = letter < 0x80      ? 1
                  : letter < 0x800   ? 2
                  : letter < 0x10000 ? 3
                                     : 4;

    if (size > room)
        return 0;
    for (size_t i = size; i > 1; i--) {
        out[i - 1] = (char)(0x80 | (letter & 0x3f));
        letter >>= 6;
    }
    out[0] = (char)(heads[size] | letter);
    return size;
}

void wanted_normal(char out[WANTED_MAX + 1], const char *text)
{
    size_t used = 0;
    uint32_t letter;

    while (*text != '\0') {
        text += take_letter(text, &letter);
        letter = normal_of(letter);
        if (!is_sign(letter))
            used += put_letter(out + used, WANTED_MAX - used, letter);
    }
    out[used] = '\0';
}
