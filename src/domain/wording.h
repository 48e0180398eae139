/**
 * Which words two texts have in common: letters of alphabets in words, Chinese
 * and Yi, which are written without gaps, in pairs of characters. Pure.
 */
#ifndef TOCSIN_DOMAIN_WORDING_H
#define TOCSIN_DOMAIN_WORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** As many as a text of 2,000 bytes has: what tells a child from others, a
 *  scar, may stand at its end. */
#define WORDS_KEPT 700

/** A word, whatever its letters' case. */
struct word {
    uint64_t hash;
    const char *at; /* in the text that it was taken from */
    uint8_t size;   /* bytes */
};

/** Different words of a text, ascending by hash; what is beyond WORDS_KEPT is
 *  left out. Borrows the text. */
struct wording {
    struct word list[WORDS_KEPT];
    size_t count;
    unsigned scripts; /* one bit each, of its characters */
};

/** Words that say nothing (articles, "wears") are left out. */
void wording_take(struct wording *wording, const char *text);

/** Is there a script in which both are written, so that a word of the one could
 *  be in the other? Not of numbers alone. */
bool wording_comparable(const struct wording *one, const struct wording *other);

/** How many of them both have; `common` gets the first max in the order of
 *  `one`'s text, and may be NULL with a max of 0. */
size_t wording_common(const struct wording *one, const struct wording *other,
                      struct word *common, size_t max);

#endif
