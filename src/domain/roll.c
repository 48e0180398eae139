#define _GNU_SOURCE
#include "domain/roll.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "domain/book.h"

struct roll_orders *roll_orders_new(void)
{
    return must_calloc(1, sizeof(struct roll_orders));
}

/* The orders of the active nodes. */
static void drop(struct roll_orders *orders)
{
    free(orders->by_division);
    free(orders->county_of);
    free(orders->counties);
    free(orders->by_latitude);
    *orders = (struct roll_orders){
        .everyone = orders->everyone,
        .everyone_count = orders->everyone_count,
        .everyone_moved = orders->everyone_moved,
    };
}

void roll_orders_free(struct roll_orders *orders)
{
    drop(orders);
    free(orders->everyone);
    free(orders);
}

/* Would it stand elsewhere in one of the orders? A new key alone moves nobody.
 */
static bool moves(const struct roll_line *from, const struct roll_line *to)
{
    if (!from->active || !to->active)
        return from->active != to->active;
    return from->kind != to->kind || from->has_point != to->has_point ||
           from->point.latitude != to->point.latitude ||
           from->point.longitude != to->point.longitude ||
           strcmp(from->division, to->division) != 0;
}

void roll_enlist(struct book *book, const struct principal *principal)
{
    struct roll_line *line = &book->roll[principal->number - 1];
    struct roll_line now = {.point = principal->point,
                            .kind = (uint8_t)principal->kind,
                            .has_point = principal->has_point,
                            .active = book_is_active_node(principal)};

    memcpy(now.division, principal->division, sizeof now.division);
    if (moves(line, &now))
        book->orders->fresh = false;
    if (strcmp(line->division, now.division) != 0)
        book->orders->everyone_moved = true;
    *line = now;
    book->roll_changes++;
}

/* ---- the orders ---------------------------------------------------------- */

static int by_division(const void *a, const void *b, void *arg)
{
    const struct roll_line *roll = arg;

    return strcmp(roll[*(const uint32_t *)a - 1].division,
                  roll[*(const uint32_t *)b - 1].division);
}

static int by_degrees(const void *a, const void *b)
{
    double left = ((const struct latitude *)a)->degrees;
    double right = ((const struct latitude *)b)->degrees;

    return (left > right) - (left < right);
}

static size_t list_active(const struct book *book, struct roll_orders *orders)
{
    size_t count = 0;

    for (size_t i = 0; i < book->principal_count; i++) {
        const struct roll_line *line = &book->roll[i];

        if (!line->active)
            continue;
        orders->by_division[count++] = (uint32_t)i + 1;
        if (line->has_point)
            orders->by_latitude[orders->latitude_count++] = (struct latitude){
                line->point.latitude, geo_unit(line->point), (uint32_t)i + 1,
                (Tocsin__V1__NodeKind)line->kind};
    }
    return count;
}

static void gather_counties(const struct book *book, struct roll_orders *orders,
                            size_t count)
{
    struct county *county = NULL;

    for (size_t i = 0; i < count; i++) {
        uint32_t number = orders->by_division[i];
        const char *division = book->roll[number - 1].division;

        if (county == NULL || strcmp(county->division, division) != 0) {
            county = &orders->counties[orders->county_count++];
            memcpy(county->division, division, sizeof county->division);
            county->first = (uint32_t)i;
        }
        county->count++;
        orders->county_of[number - 1] = (uint32_t)orders->county_count - 1;
    }
}

const struct roll_orders *roll_orders(const struct book *book)
{
    struct roll_orders *orders = book->orders;
    size_t room = book->principal_count + 1;
    size_t count;

    if (orders->fresh)
        return orders;
    drop(orders);
    orders->by_division = must_calloc(room, sizeof *orders->by_division);
    orders->county_of = must_calloc(room, sizeof *orders->county_of);
    orders->counties = must_calloc(room, sizeof *orders->counties);
    orders->by_latitude = must_calloc(room, sizeof *orders->by_latitude);
    count = list_active(book, orders);
    qsort_r(orders->by_division, count, sizeof *orders->by_division,
            by_division, book->roll);
    qsort(orders->by_latitude, orders->latitude_count,
          sizeof *orders->by_latitude, by_degrees);
    gather_counties(book, orders, count);
    orders->fresh = true;
    return orders;
}

/* ---- who is meant -------------------------------------------------------- */

/* A bit for each number, so that who is named twice counts once, and all of
 * them stand in order. */
struct search {
    const struct book *book;
    const struct roll_orders *orders;
    const struct scope *scope;
    uint64_t *meant;
    uint64_t *unsure;
    size_t count; /* no fewer than there are */
};

static void note(struct search *search, uint64_t *bits, uint32_t number)
{
    bits[number / 64] |= UINT64_C(1) << number % 64;
    search->count++;
}

static void search_division(struct search *search, const char *division)
{
    const struct roll_orders *orders = search->orders;
    size_t size = division_prefix(division);
    size_t low = 0;
    size_t high = orders->county_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strncmp(orders->counties[middle].division, division, size) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < orders->county_count &&
           division_contains(division, orders->counties[low].division);
         low++) {
        const struct county *county = &orders->counties[low];

        for (uint32_t i = 0; i < county->count; i++)
            note(search, search->unsure,
                 orders->by_division[county->first + i]);
    }
}

/* Those from this latitude on. */
static const struct latitude *from_south(const struct roll_orders *orders,
                                         double south)
{
    size_t low = 0;
    size_t high = orders->latitude_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (orders->by_latitude[middle].degrees < south)
            low = middle + 1;
        else
            high = middle;
    }
    return orders->by_latitude + low;
}

static double radius_for(const struct scope *scope,
                         const Tocsin__V1__Circle *circle, int travel)
{
    return circle == scope->ring ? scope->km[travel] : circle->radius_km;
}

static void search_circle(struct search *search,
                          const Tocsin__V1__Circle *circle)
{
    const struct roll_orders *orders = search->orders;
    const struct latitude *end = orders->by_latitude + orders->latitude_count;
    const struct point point = {circle->centre->latitude,
                                circle->centre->longitude};
    const struct unit centre = geo_unit(point);
    struct reach reaches[TRAVEL_COUNT];
    double degrees = 0;

    for (int i = 0; i < TRAVEL_COUNT; i++) {
        double km = radius_for(search->scope, circle, i);

        reaches[i] = geo_reach(km);
        degrees = fmax(degrees, geo_band_degrees(km));
    }
    for (const struct latitude *at =
             from_south(orders, point.latitude - degrees);
         at < end && at->degrees <= point.latitude + degrees; at++) {
        const struct reach *reach = &reaches[kind_travel(at->kind)];
        double cosine = geo_cosine(centre, at->unit);

        if (cosine > reach->inside &&
            target_names(search->scope->target, at->kind))
            note(search, search->meant, at->number);
        else if (!(cosine < reach->outside))
            note(search, search->unsure, at->number);
    }
}

static void search_polygon(struct search *search,
                           const Tocsin__V1__Polygon *polygon)
{
    const struct roll_orders *orders = search->orders;
    const struct latitude *end = orders->by_latitude + orders->latitude_count;
    double south = INFINITY;
    double north = -INFINITY;

    for (size_t i = 0; i < polygon->n_points; i++) {
        south = fmin(south, polygon->points[i]->latitude);
        north = fmax(north, polygon->points[i]->latitude);
    }
    for (const struct latitude *at = from_south(orders, south);
         at < end && at->degrees <= north; at++)
        note(search, search->unsure, at->number);
}

static bool is_meant(const struct search *search, uint32_t number)
{
    const struct roll_line *line = &search->book->roll[number - 1];
    const struct whereabouts where = {line->division, line->point,
                                      line->has_point,
                                      (Tocsin__V1__NodeKind)line->kind};
    uint64_t bit = UINT64_C(1) << number % 64;

    return (search->meant[number / 64] & bit) != 0 ||
           scope_holds(search->scope, &where);
}

static uint32_t *collect(const struct search *search, size_t words,
                         size_t *count)
{
    uint32_t *numbers = must_calloc(search->count + 1, sizeof *numbers);

    *count = 0;
    for (size_t word = 0; word < words; word++) {
        uint64_t left = search->meant[word] | search->unsure[word];

        for (; left != 0; left &= left - 1) {
            uint32_t number =
                (uint32_t)(word * 64) + (uint32_t)__builtin_ctzll(left);

            if (is_meant(search, number))
                numbers[(*count)++] = number;
        }
    }
    return numbers;
}

uint32_t *book_resolve(const struct book *book, const struct scope *scope,
                       size_t *count)
{
    const Tocsin__V1__Target *target = scope->target;
    size_t words = book->principal_count / 64 + 1;
    struct search search = {.book = book,
                            .orders = roll_orders(book),
                            .scope = scope,
                            .meant = must_calloc(words, sizeof(uint64_t)),
                            .unsure = must_calloc(words, sizeof(uint64_t))};
    uint32_t *numbers;

    for (size_t i = 0; i < target->n_divisions; i++)
        search_division(&search, target->divisions[i]);
    for (size_t i = 0; i < target->n_circles; i++)
        search_circle(&search, target->circles[i]);
    for (size_t i = 0; i < target->n_polygons; i++)
        search_polygon(&search, target->polygons[i]);
    numbers = collect(&search, words, count);
    free(search.meant);
    free(search.unsure);
    return numbers;
}
