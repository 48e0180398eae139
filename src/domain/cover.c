#define _GNU_SOURCE
#include "domain/cover.h"

#include <stdlib.h>
#include <string.h>

/* Every active node with its division, and whether it is meant. In order of
 * divisions, so that each one is a run. */
struct spot {
    const char *division;
    bool meant;
};

/* Prefixes may outgrow the set while they are gathered. */
struct gathering {
    const struct spot *spots;
    char (*prefixes)[DIVISION_SIZE + 1];
    size_t count;
    size_t room;
};

static int by_division(const void *a, const void *b, void *arg)
{
    const struct roll_line *roll = arg;

    return strcmp(roll[*(const uint32_t *)a - 1].division,
                  roll[*(const uint32_t *)b - 1].division);
}

static const struct division_order *in_order(const struct book *book)
{
    struct division_order *order = book->order;

    if (order->fresh)
        return order;
    order->count = book->principal_count;
    order->list =
        must_realloc(order->list, order->count + 1, sizeof *order->list);
    for (size_t i = 0; i < order->count; i++)
        order->list[i] = (uint32_t)i + 1;
    qsort_r(order->list, order->count, sizeof *order->list, by_division,
            book->roll);
    order->fresh = true;
    return order;
}

static bool reached_before(const struct alert *before, const char *division)
{
    for (size_t i = 0; before != NULL && i < before->prefix_count; i++) {
        if (prefix_contains(before->prefixes[i], division))
            return true;
    }
    return false;
}

static struct spot *lay_out(const struct book *book, const uint32_t *numbers,
                            size_t count, const struct alert *before,
                            size_t *spot_count)
{
    const struct division_order *order = in_order(book);
    struct spot *spots = must_calloc(order->count + 1, sizeof *spots);
    bool *meant = must_calloc(order->count + 1, sizeof *meant);

    for (size_t i = 0; i < count; i++)
        meant[numbers[i]] = true; /* numbers begin at 1 */
    *spot_count = 0;
    for (size_t i = 0; i < order->count; i++) {
        const struct roll_line *line = &book->roll[order->list[i] - 1];

        if (!line->active)
            continue;
        spots[*spot_count].division = line->division;
        spots[*spot_count].meant =
            meant[order->list[i]] || reached_before(before, line->division);
        (*spot_count)++;
    }
    free(meant);
    return spots;
}

static void add(struct gathering *gathering, const char *division, size_t size)
{
    char *prefix;

    if (gathering->count == gathering->room) {
        gathering->room = gathering->room * 2 + PREFIXES_MAX;
        gathering->prefixes = must_realloc(gathering->prefixes, gathering->room,
                                           sizeof *gathering->prefixes);
    }
    prefix = gathering->prefixes[gathering->count++];
    memset(prefix, 0, DIVISION_SIZE + 1);
    memcpy(prefix, division, size);
}

static size_t meant_in(const struct spot *spots, size_t from, size_t to)
{
    size_t meant = 0;

    for (size_t i = from; i < to; i++)
        meant += spots[i].meant;
    return meant;
}

/* All of a run meant: one prefix. Some: one level down. A county with only some
 * of its nodes meant is taken whole, there is nothing smaller. */
static void gather(struct gathering *gathering, size_t from, size_t to,
                   size_t size)
{
    const struct spot *spots = gathering->spots;
    size_t meant = meant_in(spots, from, to);

    if (meant == 0)
        return;
    if (meant == to - from || size == DIVISION_SIZE) {
        add(gathering, spots[from].division, size);
        return;
    }
    while (from < to) {
        size_t end = from + 1;

        while (end < to && strncmp(spots[end].division, spots[from].division,
                                   size + 2) == 0)
            end++;
        gather(gathering, from, end, size + 2);
        from = end;
    }
}

/* Which parent of so many digits has the most prefixes below it? They stand
 * side by side, since the gathering is in order of division. */
static size_t largest_family(const struct gathering *gathering,
                             size_t parent_size, size_t *first)
{
    size_t best = 0;

    for (size_t i = 0; i < gathering->count;) {
        size_t end = i + 1;

        while (end < gathering->count &&
               strlen(gathering->prefixes[i]) > parent_size &&
               strncmp(gathering->prefixes[end], gathering->prefixes[i],
                       parent_size) == 0)
            end++;
        if (end - i > best && strlen(gathering->prefixes[i]) > parent_size) {
            best = end - i;
            *first = i;
        }
        i = end;
    }
    return best;
}

static void merge_family(struct gathering *gathering, size_t parent_size,
                         size_t first, size_t family)
{
    memset(gathering->prefixes[first] + parent_size, 0,
           DIVISION_SIZE + 1 - parent_size);
    memmove(gathering->prefixes + first + 1,
            gathering->prefixes + first + family,
            (gathering->count - first - family) * sizeof *gathering->prefixes);
    gathering->count -= family - 1;
}

/* Too many topics cost more than some nodes that must look twice: counties go
 * up into prefectures first, the largest families first. */
static void coarsen(struct gathering *gathering)
{
    size_t parent_size = DIVISION_SIZE - 2;

    while (gathering->count > PREFIXES_MAX) {
        size_t first = 0;
        size_t family = largest_family(gathering, parent_size, &first);

        if (family > 1)
            merge_family(gathering, parent_size, first, family);
        else
            parent_size -= 2;
    }
}

/* What an earlier revision reached stays reached, with or without nodes. */
static void add_bare(struct gathering *gathering, const struct alert *before)
{
    for (size_t i = 0; before != NULL && i < before->prefix_count; i++) {
        bool there = false;

        for (size_t j = 0; j < gathering->count && !there; j++)
            there =
                prefix_contains(gathering->prefixes[j], before->prefixes[i]);
        if (!there)
            add(gathering, before->prefixes[i], strlen(before->prefixes[i]));
    }
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

void cover_make(struct prefix_set *out, const struct book *book,
                const uint32_t *numbers, size_t count,
                const struct alert *before)
{
    struct gathering gathering = {0};
    size_t spot_count;
    struct spot *spots = lay_out(book, numbers, count, before, &spot_count);

    gathering.spots = spots;
    if (spot_count > 0)
        gather(&gathering, 0, spot_count, 0);
    add_bare(&gathering, before);
    if (gathering.count > 0)
        qsort(gathering.prefixes, gathering.count, sizeof *gathering.prefixes,
              by_text);
    coarsen(&gathering);
    out->count = gathering.count;
    if (gathering.count > 0)
        memcpy(out->prefixes, gathering.prefixes,
               gathering.count * sizeof *gathering.prefixes);
    free(gathering.prefixes);
    free(spots);
}
