/* Texts of the command line: numbers, times, words, targets. */
#include "common/words.h"
#include "fuzz.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/numbers.h"
#include "tocsin/pool.h"
#include "tocsin/target.h"

#define NOW_MS 1790000000000

static void numbers(const char *text)
{
    double parts[3];
    int64_t whole = 5;
    char printed[TIME_TEXT_MAX];

    if (number_real(text, parts))
        REQUIRE(isfinite(parts[0]));
    (void)number_list(text, parts, 3);
    if (number_whole(text, 1, 9, &whole))
        REQUIRE(whole >= 1 && whole <= 9);
    if (time_parse(text, NOW_MS, &whole))
        REQUIRE(strlen(time_text(whole, printed)) < sizeof printed);
    if (duration_parse(text, &whole))
        REQUIRE(strlen(duration_text(whole, printed)) < sizeof printed);
}

static void targets(const char *text)
{
    int value;
    struct pool pool = {0};
    struct target_flags flags = {{{0}, 0}, {{0}, 0}, {{0}, 0}, {{0}, 0}};
    Tocsin__V1__Target target = TOCSIN__V1__TARGET__INIT;
    struct texts *lists[] = {&flags.divisions, &flags.circles, &flags.polygons,
                             &flags.kinds};
    struct texts *list = lists[(uint8_t)text[0] % 4];

    list->at[list->count++] = text[0] == '\0' ? text : text + 1;
    if (target_read(&target, &flags, &pool) == OUTCOME_DONE)
        (void)target_words(&target, &pool);
    (void)word_value(words_kind, text, &value);
    pool_done(&pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = must_calloc(1, size + 1);

    if (size > 0)
        memcpy(text, data, size);
    numbers(text);
    targets(text);
    free(text);
    return 0;
}
