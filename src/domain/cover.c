#include "domain/cover.h"

#include <stdlib.h>
#include <string.h>

/* Of every county how many active nodes it has, and how many of them are meant.
 * Prefixes may outgrow the set while they are gathered. */
struct gathering {
    const struct county *counties;
    uint32_t *meant;
    char (*prefixes)[DIVISION_SIZE + 1];
    size_t count;
    size_t room;
};

/* All of the counties that the prefix holds: they stand side by side. */
static void take_whole(const struct roll_orders *orders, const char *prefix,
                       uint32_t *meant)
{
    size_t low = 0;
    size_t high = orders->county_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(orders->counties[middle].division, prefix) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < orders->county_count &&
           prefix_contains(prefix, orders->counties[low].division);
         low++)
        meant[low] = orders->counties[low].count;
}

static uint32_t *count_meant(const struct book *book,
                             const struct roll_orders *orders,
                             const uint32_t *numbers, size_t count,
                             const struct alert *before)
{
    uint32_t *meant = must_calloc(orders->county_count + 1, sizeof *meant);

    for (size_t i = 0; i < count; i++) {
        if (book->roll[numbers[i] - 1].active)
            meant[orders->county_of[numbers[i] - 1]]++;
    }
    for (size_t i = 0; before != NULL && i < before->prefix_count; i++)
        take_whole(orders, before->prefixes[i], meant);
    return meant;
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

/* All of a run of counties meant: one prefix. Some: one level down. A county
 * with only some of its nodes meant is taken whole, there is nothing smaller.
 */
static void gather(struct gathering *gathering, size_t from, size_t to,
                   size_t size)
{
    const struct county *counties = gathering->counties;
    size_t meant = 0;
    size_t count = 0;

    for (size_t i = from; i < to; i++) {
        meant += gathering->meant[i];
        count += counties[i].count;
    }
    if (meant == 0)
        return;
    if (meant == count || size == DIVISION_SIZE) {
        add(gathering, counties[from].division, size);
        return;
    }
    while (from < to) {
        size_t end = from + 1;

        while (end < to && strncmp(counties[end].division,
                                   counties[from].division, size + 2) == 0)
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
    const struct roll_orders *orders = roll_orders(book);
    struct gathering gathering = {.counties = orders->counties};

    gathering.meant = count_meant(book, orders, numbers, count, before);
    gather(&gathering, 0, orders->county_count, 0);
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
    free(gathering.meant);
}
