/* Everybody who was ever enrolled, by division. */
#include <stdlib.h>
#include <string.h>

#include "domain/book.h"

#define BUCKETS 1000 /* half of a division's digits */

/* By one half of the digits of its division. */
static size_t bucket_of(const struct book *book, uint32_t number, bool upper)
{
    const char *digits =
        book->roll[number - 1].division + (upper ? 0 : DIVISION_SIZE / 2);
    size_t bucket = 0;

    for (int i = 0; i < DIVISION_SIZE / 2; i++)
        bucket = bucket * 10 + (size_t)(digits[i] - '0') % 10;
    return bucket;
}

/* Those that are alike stay as they stand. */
static void deal(const struct book *book, const uint32_t *from, uint32_t *to,
                 bool upper)
{
    size_t starts[BUCKETS + 1] = {0};

    for (size_t i = 0; i < book->principal_count; i++)
        starts[bucket_of(book, from[i], upper) + 1]++;
    for (size_t i = 1; i <= BUCKETS; i++)
        starts[i] += starts[i - 1];
    for (size_t i = 0; i < book->principal_count; i++)
        to[starts[bucket_of(book, from[i], upper)]++] = from[i];
}

/* Dealt twice instead of compared: it is done anew while thousands are
 * enrolled. */
static void make_order(const struct book *book)
{
    struct roll_orders *orders = book->orders;
    size_t count = book->principal_count;
    uint32_t *room = must_calloc(count + 1, sizeof *room);

    orders->everyone =
        must_realloc(orders->everyone, count + 1, sizeof *orders->everyone);
    for (size_t i = 0; i < count; i++)
        orders->everyone[i] = (uint32_t)i + 1;
    deal(book, orders->everyone, room, false);
    deal(book, room, orders->everyone, true);
    orders->everyone_count = count;
    orders->everyone_moved = false;
    free(room);
}

/* The first that does not stand before the division: or, past, before all that
 * it holds. */
static size_t find(const struct book *book, const char *division, bool past)
{
    size_t size = division_prefix(division);
    size_t low = 0;
    size_t high = book->orders->everyone_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *at =
            book->roll[book->orders->everyone[middle] - 1].division;
        int order = strncmp(at, division, size);

        if (order < 0 || (past && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const uint32_t *roll_in_division(const struct book *book, const char *division,
                                 size_t *count)
{
    const struct roll_orders *orders = book->orders;
    size_t first;

    if (orders->everyone_moved ||
        orders->everyone_count != book->principal_count)
        make_order(book);
    first = find(book, division, false);
    *count = find(book, division, true) - first;
    return orders->everyone + first;
}
