/* Whom a target means, found by way of the roll's orders, is whom a plain look
 * at every node finds; and the cover is that of a plain count. Random fleets,
 * targets, enrolments and revocations; what fails prints its round. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/apply.h"
#include "domain/book.h"
#include "domain/cover.h"

#define NODES 1500
#define TARGETS 40
#define PARTS 3

static struct book *book;
static struct divisions *table;

static void open_book(void)
{
    keys_start();
    ck_assert(divisions_parse(&table, "h\n", 2, NULL) == STATUS_OK);
    book = book_new(table);
    book->founded = true;
}

static void close_book(void)
{
    book_free(book);
    divisions_free(table);
}

static double between(double low, double high)
{
    return low + (high - low) * rand() / RAND_MAX;
}

static void draw_division(char out[DIVISION_SIZE + 1])
{
    char digits[3 * 12];

    snprintf(digits, sizeof digits, "%02d%02d%02d", 11 + rand() % 5,
             1 + rand() % 4, 1 + rand() % 6);
    memcpy(out, digits, DIVISION_SIZE + 1);
}

static void enrol(int number)
{
    static const Tocsin__V1__Role roles[] = {
        TOCSIN__V1__ROLE__ROLE_CHECKPOINT, TOCSIN__V1__ROLE__ROLE_CHECKPOINT,
        TOCSIN__V1__ROLE__ROLE_CHECKPOINT, TOCSIN__V1__ROLE__ROLE_GATEWAY};
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__Enrolled enrolled = TOCSIN__V1__ENROLLED__INIT;
    Tocsin__V1__Principal principal = TOCSIN__V1__PRINCIPAL__INIT;
    Tocsin__V1__Point point = TOCSIN__V1__POINT__INIT;
    char division[DIVISION_SIZE + 1];
    uint8_t key[KEY_SIZE] = {(uint8_t)number, (uint8_t)(number >> 8)};
    char id[16];

    snprintf(id, sizeof id, "n%d", number);
    draw_division(division);
    point.latitude = between(-3, 3);
    point.longitude = rand() % 2 == 0 ? between(176, 180) : between(-180, -176);
    if (rand() % 3 == 0)
        point.longitude = 179; /* due north and south of each other */
    principal.id = id;
    principal.role = roles[rand() % 4];
    principal.kind = (Tocsin__V1__NodeKind)(1 + rand() % 5);
    principal.division = division;
    principal.point = rand() % 10 > 0 ? &point : NULL;
    principal.public_key = (ProtobufCBinaryData){sizeof key, key};
    enrolled.principal = &principal;
    fact.body_case = TOCSIN__V1__FACT__BODY_ENROLLED;
    fact.enrolled = &enrolled;
    (void)book_apply(book, book->head + 1, &fact);
}

static void revoke(int number)
{
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__Revoked revoked = TOCSIN__V1__REVOKED__INIT;
    char id[16];

    snprintf(id, sizeof id, "n%d", number);
    if (book_principal(book, id)->revoked)
        return;
    revoked.id = id;
    revoked.generation = book->generation;
    fact.body_case = TOCSIN__V1__FACT__BODY_REVOKED;
    fact.revoked = &revoked;
    (void)book_apply(book, book->head + 1, &fact);
}

/* ---- targets ------------------------------------------------------------- */

struct drawn {
    Tocsin__V1__Target target;
    Tocsin__V1__NodeKind kinds[PARTS];
    char codes[PARTS][DIVISION_SIZE + 1];
    char *divisions[PARTS];
    Tocsin__V1__Point centres[PARTS];
    Tocsin__V1__Circle circles[PARTS];
    Tocsin__V1__Circle *circle_list[PARTS];
    Tocsin__V1__Point corners[3];
    Tocsin__V1__Point *corner_list[3];
    Tocsin__V1__Polygon polygon;
    Tocsin__V1__Polygon *polygon_list[1];
    struct scope scope;
};

/* Where a node is, so that circles end exactly on others. */
static void draw_centre(Tocsin__V1__Point *centre)
{
    const struct roll_line *line =
        &book->roll[(size_t)rand() % book->principal_count];

    tocsin__v1__point__init(centre);
    centre->latitude = line->point.latitude;
    centre->longitude = line->point.longitude;
}

static double draw_radius(const Tocsin__V1__Point *centre)
{
    Tocsin__V1__Point other;

    if (rand() % 3 > 0)
        return between(0, 400);
    draw_centre(&other); /* and here it ends, or a hair before */
    return nextafter(
        geo_distance_km((struct point){centre->latitude, centre->longitude},
                        (struct point){other.latitude, other.longitude}),
        rand() % 2 == 0 ? 0 : 40000);
}

static void draw_divisions(struct drawn *drawn)
{
    drawn->target.n_divisions = (size_t)rand() % (PARTS + 1);
    drawn->target.divisions = drawn->divisions;
    for (size_t i = 0; i < PARTS; i++) {
        draw_division(drawn->codes[i]);
        if (rand() % 2 == 0)
            memcpy(drawn->codes[i] + 4, "00", 2);
        if (rand() % 40 == 0)
            memcpy(drawn->codes[i], "000000", 6);
        drawn->divisions[i] = drawn->codes[i];
    }
}

static void draw_circles(struct drawn *drawn)
{
    drawn->target.n_circles = (size_t)rand() % (PARTS + 1);
    drawn->target.circles = drawn->circle_list;
    for (size_t i = 0; i < PARTS; i++) {
        draw_centre(&drawn->centres[i]);
        tocsin__v1__circle__init(&drawn->circles[i]);
        drawn->circles[i].centre = &drawn->centres[i];
        drawn->circles[i].radius_km = draw_radius(&drawn->centres[i]);
        drawn->circle_list[i] = &drawn->circles[i];
    }
    if (drawn->target.n_circles > 0 && rand() % 2 == 0) {
        drawn->scope.ring = &drawn->circles[0];
        for (int i = 0; i < TRAVEL_COUNT; i++)
            drawn->scope.km[i] = draw_radius(&drawn->centres[0]);
    }
}

static void draw_polygon(struct drawn *drawn)
{
    tocsin__v1__polygon__init(&drawn->polygon);
    drawn->target.n_polygons = (size_t)rand() % 2;
    drawn->target.polygons = drawn->polygon_list;
    drawn->polygon_list[0] = &drawn->polygon;
    drawn->polygon.n_points = 3;
    drawn->polygon.points = drawn->corner_list;
    for (size_t i = 0; i < 3; i++) {
        draw_centre(&drawn->corners[i]);
        drawn->corner_list[i] = &drawn->corners[i];
    }
}

static void draw(struct drawn *drawn)
{
    memset(drawn, 0, sizeof *drawn);
    tocsin__v1__target__init(&drawn->target);
    drawn->target.n_kinds = (size_t)rand() % 3;
    drawn->target.kinds = drawn->kinds;
    for (size_t i = 0; i < PARTS; i++)
        drawn->kinds[i] = (Tocsin__V1__NodeKind)(1 + rand() % 5);
    draw_divisions(drawn);
    draw_circles(drawn);
    draw_polygon(drawn);
    drawn->scope.target = &drawn->target;
}

/* ---- beside a plain look ------------------------------------------------- */

static size_t check_resolved(const struct drawn *drawn, const uint32_t *numbers,
                             size_t count)
{
    size_t at = 0;

    for (uint32_t number = 1; number <= book->principal_count; number++) {
        const struct principal *node = book_number(book, number);
        const struct whereabouts where = book_whereabouts(node);

        if (book_is_active_node(node) && scope_holds(&drawn->scope, &where)) {
            ck_assert_uint_lt(at, count);
            ck_assert_uint_eq(numbers[at], number);
            at++;
        }
    }
    ck_assert_uint_eq(at, count);
    return count;
}

static bool is_whole(const char *prefix, const uint32_t *numbers, size_t count)
{
    size_t meant = 0;
    size_t all = 0;

    for (size_t i = 0; i < count; i++)
        meant +=
            prefix_contains(prefix, book_number(book, numbers[i])->division);
    for (uint32_t number = 1; number <= book->principal_count; number++) {
        const struct principal *node = book_number(book, number);

        all += book_is_active_node(node) &&
               prefix_contains(prefix, node->division);
    }
    ck_assert_uint_gt(meant, 0);
    return meant == all;
}

/* Of so few counties that it is not coarsened: only counties hold somebody who
 * is not meant, and no prefix could be shorter. */
static void check_cover(const uint32_t *numbers, size_t count)
{
    struct prefix_set set;

    cover_make(&set, book, numbers, count, NULL);
    for (size_t i = 0; i < set.count; i++) {
        char parent[DIVISION_SIZE + 1];
        size_t size = strlen(set.prefixes[i]);

        ck_assert(size == DIVISION_SIZE ||
                  is_whole(set.prefixes[i], numbers, count));
        if (size == 0)
            continue;
        snprintf(parent, sizeof parent, "%.*s", (int)size - 2, set.prefixes[i]);
        ck_assert(!is_whole(parent, numbers, count));
    }
}

START_TEST(the_orders_find_whom_a_plain_look_finds)
{
    size_t found = 0;

    srand((unsigned)_i + 1);
    for (int i = 0; i < NODES; i++)
        enrol(i);
    for (int i = 0; i < TARGETS; i++) {
        struct drawn drawn;
        uint32_t *numbers;
        size_t count;

        draw(&drawn);
        numbers = book_resolve(book, &drawn.scope, &count);
        found += check_resolved(&drawn, numbers, count);
        check_cover(numbers, count);
        free(numbers);
        revoke(rand() % NODES);
        enrol(rand() % NODES); /* elsewhere, or once more */
    }
    ck_assert_uint_gt(found, TARGETS);
}
END_TEST

/* Where an earlier revision went it goes again: none of its prefixes is lost,
 * and everybody who is meant or was reached is in one topic exactly. */
static void check_revision(const struct drawn *drawn)
{
    struct prefix_set first;
    struct prefix_set set;
    struct alert before = {0};
    size_t count;
    uint32_t *numbers = book_resolve(book, &drawn->scope, &count);

    cover_make(&first, book, numbers, count, NULL);
    free(numbers);
    before.prefixes = first.prefixes;
    before.prefix_count = first.count;
    for (int i = 0; i < 5; i++)
        revoke(rand() % NODES);
    cover_make(&set, book, NULL, 0, &before);
    for (size_t i = 0; i < first.count; i++) {
        unsigned holders = 0;

        for (size_t k = 0; k < set.count; k++)
            holders += prefix_contains(set.prefixes[k], first.prefixes[i]);
        ck_assert_uint_eq(holders, 1);
    }
}

START_TEST(a_revision_goes_where_the_one_before_went)
{
    srand((unsigned)_i + 1);
    for (int i = 0; i < NODES; i++)
        enrol(i);
    for (int i = 0; i < TARGETS; i++) {
        struct drawn drawn;

        draw(&drawn);
        check_revision(&drawn);
    }
}
END_TEST

START_TEST(an_empty_book_means_nobody)
{
    struct drawn drawn = {0};
    struct prefix_set set;
    size_t count;
    uint32_t *numbers;

    tocsin__v1__target__init(&drawn.target);
    drawn.scope.target = &drawn.target;
    numbers = book_resolve(book, &drawn.scope, &count);
    ck_assert_uint_eq(count, 0);
    cover_make(&set, book, numbers, count, NULL);
    ck_assert_uint_eq(set.count, 0);
    free(numbers);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("roll");
    TCase *roll = tcase_create("roll");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(roll, open_book, close_book);
    tcase_add_loop_test(roll, the_orders_find_whom_a_plain_look_finds, 0, 8);
    tcase_add_loop_test(roll, a_revision_goes_where_the_one_before_went, 0, 4);
    tcase_add_test(roll, an_empty_book_means_nobody);
    suite_add_tcase(suite, roll);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
