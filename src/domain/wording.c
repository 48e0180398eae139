#include "domain/wording.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WORD_BYTES_MAX 48
#define FNV_BASIS 14695981039346656037U
#define FNV_PRIME 1099511628211U

/* ---- characters ---------------------------------------------------------- */

/* One character of UTF-8; texts are valid, wire has seen to it. Returns its
 * bytes; 1 for what is broken all the same. */
static size_t read_character(const char *text, uint32_t *character)
{
    const uint8_t *at = (const uint8_t *)text;
    size_t size = at[0] < 0xc0 ? 1 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;

    *character = size == 1 ? at[0] : at[0] & (0xffU >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 1;
        *character = *character << 6 | (at[i] & 0x3fU);
    }
    return size;
}

struct range {
    uint32_t from;
    uint32_t to;
};

static bool is_in(const struct range *ranges, size_t count, uint32_t character)
{
    for (size_t i = 0; i < count; i++) {
        if (character >= ranges[i].from && character <= ranges[i].to)
            return true;
    }
    return false;
}

/* Han and Yi. */
static bool is_paired(uint32_t character)
{
    static const struct range ranges[] = {{0x3400, 0x4dbf},
                                          {0x4e00, 0x9fff},
                                          {0xa000, 0xa48f},
                                          {0xf900, 0xfaff},
                                          {0x20000, 0x3ffff}};

    return character >= 0x3400 &&
           is_in(ranges, sizeof ranges / sizeof *ranges, character);
}

/* What stands between words: signs, spaces; the Tibetan tsheg and shad, Arabic
 * and Mongolian signs among them. */
static bool is_letter(uint32_t character)
{
    static const struct range gaps[] = {
        {0x80, 0xbf},     {0xd7, 0xd7},     {0xf7, 0xf7},     {0x60c, 0x60c},
        {0x61b, 0x61f},   {0x66a, 0x66d},   {0x6d4, 0x6d4},   {0xf04, 0xf14},
        {0xf3a, 0xf3d},   {0x1800, 0x180f}, {0x2000, 0x206f}, {0x2190, 0x2bff},
        {0x3000, 0x303f}, {0x30fb, 0x30fb}, {0xfe10, 0xfe6f}, {0xff00, 0xff0f},
        {0xff1a, 0xff20}, {0xff3b, 0xff40}, {0xff5b, 0xff65}, {0xfff0, 0xffff}};

    if (character < 0x80)
        return (character >= '0' && character <= '9') ||
               (character >= 'a' && character <= 'z');
    return !is_in(gaps, sizeof gaps / sizeof *gaps, character);
}

/* One bit for each script; all that is not named here is one, too. */
static unsigned script_of(uint32_t character)
{
    static const struct {
        struct range range;
        unsigned script;
    } scripts[] = {{{'0', '9'}, 0},          {{'a', 'z'}, 1},
                   {{0xc0, 0x24f}, 1},       {{0x1e00, 0x1eff}, 1},
                   {{0x370, 0x3ff}, 2},      {{0x400, 0x52f}, 4},
                   {{0x600, 0x77f}, 8},      {{0xfb50, 0xfdff}, 8},
                   {{0xfe70, 0xfefe}, 8},    {{0xf00, 0xfff}, 16},
                   {{0x1800, 0x18af}, 32},   {{0x1100, 0x11ff}, 64},
                   {{0x3130, 0x318f}, 64},   {{0xac00, 0xd7a3}, 64},
                   {{0x3040, 0x30ff}, 128},  {{0xa000, 0xa48f}, 256},
                   {{0x3400, 0x9fff}, 512},  {{0xf900, 0xfaff}, 512},
                   {{0x20000, 0x3ffff}, 512}};

    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        if (is_in(&scripts[i].range, 1, character))
            return scripts[i].script;
    }
    return 1024;
}

/* Latin, Greek and Cyrillic capitals become small; full-width letters narrow.
 */
static uint32_t fold(uint32_t character)
{
    if (character >= 0xff01 && character <= 0xff5e)
        character -= 0xfee0;
    if ((character >= 'A' && character <= 'Z') ||
        (character >= 0xc0 && character <= 0xde && character != 0xd7) ||
        (character >= 0x391 && character <= 0x3a9) ||
        (character >= 0x410 && character <= 0x42f))
        return character + 0x20;
    if (character >= 0x400 && character <= 0x40f)
        return character + 0x50;
    if ((character >= 0x100 && character <= 0x137) ||
        (character >= 0x490 && character <= 0x4bf) ||
        (character >= 0x4d0 && character <= 0x52f))
        return character | 1;
    return character;
}

/* ---- words --------------------------------------------------------------- */

static uint64_t add(uint64_t hash, uint32_t character)
{
    for (int i = 0; i < 3; i++) {
        hash ^= character >> 8 * i & 0xff;
        hash *= FNV_PRIME;
    }
    return hash;
}

static bool says_nothing(const char *at, size_t size)
{
    static const char *const words[] = {
        "a",  "an",  "and",  "the",   "with",    "of",  "on",   "in",
        "at", "is",  "has",  "his",   "her",     "she", "he",   "its",
        "to", "was", "wore", "wears", "wearing", "had", "身穿", "穿着"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strlen(words[i]) == size && strncasecmp(words[i], at, size) == 0)
            return true;
    }
    return false;
}

static void keep(struct wording *wording, const struct word *word)
{
    if (wording->count < WORDS_KEPT && word->size > 0 &&
        !says_nothing(word->at, word->size))
        wording->list[wording->count++] = *word;
}

static int by_hash(const void *a, const void *b)
{
    const struct word *left = a;
    const struct word *right = b;

    if (left->hash != right->hash)
        return left->hash < right->hash ? -1 : 1;
    return (left->at > right->at) - (left->at < right->at);
}

/* Each once, where it stands first. */
static void put_in_order(struct wording *wording)
{
    size_t count = 0;

    qsort(wording->list, wording->count, sizeof *wording->list, by_hash);
    for (size_t i = 0; i < wording->count; i++) {
        if (count == 0 ||
            wording->list[i].hash != wording->list[count - 1].hash)
            wording->list[count++] = wording->list[i];
    }
    wording->count = count;
}

/* The one before it was written without a gap, too. */
struct before {
    const char *at; /* NULL: it was not */
    uint32_t character;
};

static void take_pair(struct wording *wording, struct before *before,
                      const char *at, size_t size, uint32_t character)
{
    if (before->at != NULL) {
        const struct word pair = {
            add(add(FNV_BASIS, before->character), character), before->at,
            (uint8_t)((size_t)(at - before->at) + size)};

        keep(wording, &pair);
    }
    before->at = at;
    before->character = character;
}

void wording_take(struct wording *wording, const char *text)
{
    struct word word = {FNV_BASIS, NULL, 0};
    struct before before = {NULL, 0};

    wording->count = 0;
    wording->scripts = 0;
    while (*text != '\0') {
        uint32_t character;
        size_t size = read_character(text, &character);
        bool paired = is_paired(character);

        character = fold(character);
        if (paired || is_letter(character))
            wording->scripts |= script_of(character);
        if (!paired && is_letter(character)) {
            if (word.size == 0)
                word.at = text;
            if (word.at + word.size == text &&
                word.size + size <= WORD_BYTES_MAX) /* whole characters */
                word.size = (uint8_t)(word.size + size);
            word.hash = add(word.hash, character);
        } else {
            keep(wording, &word);
            word = (struct word){FNV_BASIS, NULL, 0};
        }
        if (paired)
            take_pair(wording, &before, text, size, character);
        else
            before.at = NULL;
        text += size;
    }
    keep(wording, &word);
    put_in_order(wording);
}

bool wording_comparable(const struct wording *one, const struct wording *other)
{
    return one->count > 0 && other->count > 0 &&
           (one->scripts & other->scripts) != 0;
}

static int by_place(const void *a, const void *b)
{
    const struct word *left = a;
    const struct word *right = b;

    return (left->at > right->at) - (left->at < right->at);
}

size_t wording_common(const struct wording *one, const struct wording *other,
                      struct word *common, size_t max)
{
    struct word all[WORDS_KEPT];
    size_t count = 0;
    size_t j = 0;

    for (size_t i = 0; i < one->count; i++) {
        while (j < other->count && other->list[j].hash < one->list[i].hash)
            j++;
        if (j < other->count && other->list[j].hash == one->list[i].hash)
            all[count++] = one->list[i];
    }
    if (max > 0 && count > 0) {
        qsort(all, count, sizeof *all, by_place);
        memcpy(common, all, (count < max ? count : max) * sizeof *common);
    }
    return count;
}
