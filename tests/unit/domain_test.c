/* Places, targets, topics: the geometry of who gets an alert. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "base/clock.h"
#include "domain/apply_parts.h"
#include "domain/cover.h"
#include "domain/divisions.h"
#include "wire/keys.h"

static Tocsin__V1__Point point_at(double latitude, double longitude)
{
    Tocsin__V1__Point point = TOCSIN__V1__POINT__INIT;

    point.latitude = latitude;
    point.longitude = longitude;
    return point;
}

START_TEST(distances_are_the_haversine_on_the_mean_sphere)
{
    struct point beijing = {39.9075, 116.3972};
    struct point shanghai = {31.2222, 121.4581};
    struct point antipode = {-39.9075, -63.6028};

    ck_assert_double_eq_tol(geo_distance_km(beijing, shanghai), 1068.264,
                            0.001);
    ck_assert_double_eq_tol(geo_distance_km(beijing, beijing), 0, 1e-9);
    ck_assert_double_eq_tol(geo_distance_km(beijing, antipode),
                            3.14159265358979 * 6371.0088, 1e-3);
    ck_assert_double_eq_tol(
        geo_distance_km((struct point){0, 179.5}, (struct point){0, -179.5}),
        111.195, 0.01);
}
END_TEST

static bool in_circle(double radius, struct point point)
{
    Tocsin__V1__Target target = TOCSIN__V1__TARGET__INIT;
    Tocsin__V1__Circle circle = TOCSIN__V1__CIRCLE__INIT;
    Tocsin__V1__Circle *circles[] = {&circle};
    Tocsin__V1__Point centre = point_at(22.5, 114.0);
    struct whereabouts node = {"440305", point, true,
                               TOCSIN__V1__NODE_KIND__NODE_KIND_PORT};

    circle.centre = &centre;
    circle.radius_km = radius;
    target.n_circles = 1;
    target.circles = circles;
    return target_holds(&target, &node);
}

START_TEST(a_circle_holds_what_is_within_its_radius)
{
    /* a degree of latitude is 111.195 km on this sphere */
    ck_assert(in_circle(111.2, (struct point){23.5, 114.0}));
    ck_assert(!in_circle(111.19, (struct point){23.5, 114.0}));
    ck_assert(in_circle(20016, (struct point){-22.5, -66.0}));
}
END_TEST

START_TEST(a_polygon_holds_its_inside_and_its_edges)
{
    static const double corners[][2] = {
        {0, 0}, {0, 10}, {10, 10}, {10, 0}, {5, 5}};
    Tocsin__V1__Target target = TOCSIN__V1__TARGET__INIT;
    Tocsin__V1__Polygon polygon = TOCSIN__V1__POLYGON__INIT;
    Tocsin__V1__Polygon *polygons[] = {&polygon};
    Tocsin__V1__Point points[5];
    Tocsin__V1__Point *list[5];
    struct whereabouts node = {
        "440305", {2, 5}, true, TOCSIN__V1__NODE_KIND__NODE_KIND_PORT};

    for (int i = 0; i < 5; i++) {
        points[i] = point_at(corners[i][0], corners[i][1]);
        list[i] = &points[i];
    }
    polygon.n_points = 5;
    polygon.points = list;
    target.n_polygons = 1;
    target.polygons = polygons;
    node.point = (struct point){5, 7};
    ck_assert(target_holds(&target, &node));
    node.point = (struct point){5, 2}; /* in the notch */
    ck_assert(!target_holds(&target, &node));
    node.point = (struct point){0, 5}; /* on an edge */
    ck_assert(target_holds(&target, &node));
    node.point = (struct point){11, 5};
    ck_assert(!target_holds(&target, &node));
    node.has_point = false;
    ck_assert(!target_holds(&target, &node));
}
END_TEST

START_TEST(kinds_narrow_a_target_and_divisions_nest)
{
    char *divisions[] = {(char *)(uintptr_t) "440300"};
    Tocsin__V1__NodeKind kinds[] = {TOCSIN__V1__NODE_KIND__NODE_KIND_PORT};
    Tocsin__V1__Target target = TOCSIN__V1__TARGET__INIT;
    struct whereabouts node = {
        "440305", {0, 0}, false, TOCSIN__V1__NODE_KIND__NODE_KIND_PORT};

    target.n_divisions = 1;
    target.divisions = divisions;
    ck_assert(target_holds(&target, &node));
    target.n_kinds = 1;
    target.kinds = kinds;
    ck_assert(target_holds(&target, &node));
    node.kind = TOCSIN__V1__NODE_KIND__NODE_KIND_AIRPORT;
    ck_assert(!target_holds(&target, &node));
    ck_assert(division_contains("000000", "110101"));
    ck_assert(division_contains("440000", "440305"));
    ck_assert(division_contains("440300", "440300"));
    ck_assert(!division_contains("440300", "440000"));
    ck_assert(!division_contains("441300", "440305"));
}
END_TEST

START_TEST(a_node_has_nine_topics)
{
    char topics[OWN_TOPICS][TOPIC_MAX];

    topics_of(topics, "440305");
    ck_assert_str_eq(topics[0], "a/440305/");
    ck_assert_str_eq(topics[1], "a/4403/");
    ck_assert_str_eq(topics[2], "a/44/");
    ck_assert_str_eq(topics[3], "a//");
    ck_assert_str_eq(topics[4], "x/440305/");
    ck_assert_str_eq(topics[7], "x//");
    ck_assert_str_eq(topics[8], "b/");
}
END_TEST

/* ---- covers -------------------------------------------------------------- */

static struct book *book;
static struct divisions *table;

static void add_node(const char *id, const char *division)
{
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__Enrolled enrolled = TOCSIN__V1__ENROLLED__INIT;
    Tocsin__V1__Principal principal = TOCSIN__V1__PRINCIPAL__INIT;
    struct keypair key;

    keypair_make(&key);
    principal.id = (char *)(uintptr_t)id;
    principal.role = TOCSIN__V1__ROLE__ROLE_CHECKPOINT;
    principal.kind = TOCSIN__V1__NODE_KIND__NODE_KIND_PORT;
    principal.division = (char *)(uintptr_t)division;
    principal.public_key = (ProtobufCBinaryData){KEY_SIZE, key.public_key};
    enrolled.principal = &principal;
    fact.body_case = TOCSIN__V1__FACT__BODY_ENROLLED;
    fact.enrolled = &enrolled;
    (void)book_apply(book, book->head + 1, &fact);
}

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

static size_t cover_of(struct prefix_set *set, const uint32_t *numbers,
                       size_t count)
{
    cover_make(set, book, numbers, count, NULL);
    return set->count;
}

START_TEST(whole_families_become_one_topic_and_strays_their_own)
{
    struct prefix_set set;

    add_node("n1", "440305");
    add_node("n2", "440306");
    add_node("n3", "440306");
    add_node("n4", "441302");
    add_node("n5", "110101");
    ck_assert_uint_eq(cover_of(&set, (uint32_t[]){1, 2, 3, 4, 5}, 5), 1);
    ck_assert_str_eq(set.prefixes[0], "");
    ck_assert_uint_eq(cover_of(&set, (uint32_t[]){1, 2, 3}, 3), 1);
    ck_assert_str_eq(set.prefixes[0], "4403");
    ck_assert_uint_eq(cover_of(&set, (uint32_t[]){1, 4, 5}, 3), 3);
    ck_assert_str_eq(set.prefixes[0], "11");
    ck_assert_str_eq(set.prefixes[1], "440305");
    ck_assert_str_eq(set.prefixes[2], "4413");
    /* one of two nodes of a county: there is nothing smaller than a county */
    ck_assert_uint_eq(cover_of(&set, (uint32_t[]){2}, 1), 1);
    ck_assert_str_eq(set.prefixes[0], "440306");
    ck_assert_uint_eq(cover_of(&set, NULL, 0), 0);
}
END_TEST

/* Random fleets and targets: a cover holds every node that is meant, its parts
 * are disjoint, and it never outgrows the limit. */
START_TEST(a_cover_always_holds_everyone_who_is_meant)
{
    uint32_t numbers[3000];
    size_t count = 0;
    struct prefix_set set;

    srand((unsigned)_i + 1);
    for (int i = 0; i < 3000; i++) {
        char id[16];
        char division[16];

        snprintf(id, sizeof id, "n%d", i);
        snprintf(division, sizeof division, "%02d%02d%02d", 11 + rand() % 30,
                 1 + rand() % 20, 1 + rand() % 20);
        add_node(id, division);
        if (rand() % (_i % 4 + 2) == 0)
            numbers[count++] = (uint32_t)i + 1;
    }
    cover_make(&set, book, numbers, count, NULL);
    ck_assert_uint_le(set.count, PREFIXES_MAX);
    for (size_t i = 0; i < count; i++) {
        unsigned holders = 0;

        for (size_t k = 0; k < set.count; k++)
            holders += prefix_contains(set.prefixes[k],
                                       book_number(book, numbers[i])->division);
        ck_assert_uint_eq(holders, 1);
    }
}
END_TEST

#define DRAWN 300

static int drawn_code(int i)
{
    return 110000 + 20 * i; /* every fifth is larger than a county */
}

/* On a coarse grid, so that many are equally near; some have no point. */
static struct divisions *draw_divisions(void)
{
    char csv[DRAWN * 24] = "h\n";
    size_t used = 2;
    struct divisions *drawn;

    for (int i = 0; i < DRAWN; i++) {
        char point[16] = ",";

        if (rand() % 9 > 0)
            snprintf(point, sizeof point, "%d,%d", rand() % 13 - 6,
                     rand() % 13 - 6);
        used += (size_t)snprintf(csv + used, sizeof csv - used, "%d,a,b,c,%s\n",
                                 drawn_code(i), point);
    }
    ck_assert(divisions_parse(&drawn, csv, used, NULL) == STATUS_OK);
    return drawn;
}

/* The first of the nearest, of counties or of the others. */
static const struct division *look_through(const struct divisions *drawn,
                                           bool counties, struct point point,
                                           double *km)
{
    const struct division *best = NULL;

    for (int i = 0; i < DRAWN; i++) {
        char code[8];
        const struct division *row;

        snprintf(code, sizeof code, "%d", drawn_code(i));
        row = divisions_find(drawn, code);
        if (!row->has_point || (drawn_code(i) % 100 != 0) != counties)
            continue;
        if (best == NULL || geo_distance_km(point, row->point) < *km) {
            best = row;
            *km = geo_distance_km(point, row->point);
        }
    }
    return best;
}

START_TEST(the_nearest_division_is_the_one_that_a_plain_look_finds)
{
    struct divisions *drawn;

    srand((unsigned)_i + 1);
    drawn = draw_divisions();
    for (int i = 0; i < 200; i++) {
        struct point point = {rand() % 200 / 10.0 - 10,
                              rand() % 200 / 10.0 - 10};
        double county_km = 0;
        double larger_km = 0;
        const struct division *county =
            look_through(drawn, true, point, &county_km);
        const struct division *larger =
            look_through(drawn, false, point, &larger_km);
        bool far = county_km > 100 && larger_km * 4 < county_km;

        ck_assert_ptr_eq(divisions_nearest(drawn, point),
                         far ? larger : county);
    }
    divisions_free(drawn);
}
END_TEST

START_TEST(divisions_are_found_matched_and_refused_with_their_line)
{
    static const char csv[] =
        "code,name_zh,name_en,level,lat,lon\n"
        "110000,北京市,Beijing,province,39.9,116.4\n"
        "110101,东城区,\"East, City\",county,39.91,116.41\n";
    struct divisions *read;
    struct diag why = {0};
    size_t cursor = 0;

    ck_assert(divisions_parse(&read, csv, sizeof csv - 1, &why) == STATUS_OK);
    ck_assert_str_eq(divisions_find(read, "110101")->name_en, "East, City");
    ck_assert(divisions_find(read, "110102") == NULL);
    ck_assert(divisions_find(read, "000000") != NULL);
    ck_assert_str_eq(divisions_nearest(read, (struct point){39.9, 116.4})->code,
                     "110101");
    ck_assert_str_eq(divisions_match(read, "beij", &cursor)->code, "110000");
    ck_assert(divisions_match(read, "beij", &cursor) == NULL);
    divisions_free(read);
    ck_assert(divisions_parse(&read, "h\n110000,a,b,c,91,0\n", 21, &why) ==
              STATUS_MALFORMED);
    ck_assert_msg(strstr(why.text, "line 2") != NULL, "%s", why.text);
    ck_assert(divisions_parse(&read, "h\n11000x,a,b,c,1,0\n", 20, &why) ==
              STATUS_MALFORMED);
}
END_TEST

START_TEST(times_are_read_and_written_as_rfc_3339)
{
    char text[CLOCK_TEXT_MAX];
    int64_t ms = 0;

    ck_assert_str_eq(clock_text(0, text), "1970-01-01T00:00:00.000Z");
    ck_assert_str_eq(clock_text(-1, text), "1969-12-31T23:59:59.999Z");
    ck_assert(clock_parse("2026-03-01T08:15:30.25Z", &ms));
    ck_assert_str_eq(clock_text(ms, text), "2026-03-01T08:15:30.250Z");
    ck_assert(clock_parse("2026-03-01T08:15+08:00", &ms));
    ck_assert_str_eq(clock_text(ms, text), "2026-03-01T00:15:00.000Z");
    ck_assert(!clock_parse("2026-02-30T08:15:30Z", &ms));
    ck_assert(!clock_parse("2026-03-01T25:15:30Z", &ms));
    ck_assert(!clock_parse("2026-03-01T08:15:30", &ms));
    ck_assert(!clock_parse("yesterday", &ms));
}
END_TEST

START_TEST(a_map_keeps_what_was_put_through_growth_and_removal)
{
    struct map *map = map_new();
    static int values[5000];
    size_t cursor = 0;
    size_t seen = 0;

    for (int i = 0; i < 5000; i++)
        ck_assert(map_put(map, &i, sizeof i, &values[i]) == NULL);
    for (int i = 0; i < 5000; i += 3)
        ck_assert(map_remove(map, &i, sizeof i) == &values[i]);
    for (int i = 0; i < 5000; i++)
        ck_assert(map_get(map, &i, sizeof i) ==
                  (i % 3 == 0 ? NULL : &values[i]));
    while (map_next(map, &cursor) != NULL)
        seen++;
    ck_assert_uint_eq(seen, map_count(map));
    map_free(map);
}
END_TEST

/* A journal that somebody has written, say. */
START_TEST(behind_the_last_revision_that_there_is_comes_none)
{
    char id[] = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__AlertIssued issued = TOCSIN__V1__ALERT_ISSUED__INIT;
    struct alert *alert = apply_add_alert(book, id, "440305-2026-000001");
    struct complaint complaint;

    book->restored = true;
    issued.alert_id = id;
    fact.body_case = TOCSIN__V1__FACT__BODY_ALERT_ISSUED;
    fact.alert_issued = &issued;
    alert->revision = UINT32_MAX;
    for (uint32_t revision = UINT32_MAX - 2; revision != 3; revision++) {
        issued.revision = revision;
        ck_assert(!book_takes(book, 1, &fact, &complaint));
        ck_assert_str_eq(complaint.field, "revision");
    }
    alert->revision = UINT32_MAX - 1;
    issued.revision = UINT32_MAX;
    ck_assert(book_takes(book, 1, &fact, &complaint));
    (void)book_apply(book, 1, &fact);
    ck_assert_uint_eq(alert->revision, UINT32_MAX);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("domain");
    TCase *pure = tcase_create("pure");
    TCase *covers = tcase_create("covers");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(covers, open_book, close_book);
    tcase_add_test(pure, distances_are_the_haversine_on_the_mean_sphere);
    tcase_add_test(pure, a_circle_holds_what_is_within_its_radius);
    tcase_add_test(pure, a_polygon_holds_its_inside_and_its_edges);
    tcase_add_test(pure, kinds_narrow_a_target_and_divisions_nest);
    tcase_add_test(pure, a_node_has_nine_topics);
    tcase_add_test(pure,
                   divisions_are_found_matched_and_refused_with_their_line);
    tcase_add_loop_test(
        pure, the_nearest_division_is_the_one_that_a_plain_look_finds, 0, 5);
    tcase_add_test(pure, times_are_read_and_written_as_rfc_3339);
    tcase_add_test(covers, a_map_keeps_what_was_put_through_growth_and_removal);
    tcase_add_test(covers,
                   whole_families_become_one_topic_and_strays_their_own);
    tcase_add_loop_test(covers, a_cover_always_holds_everyone_who_is_meant, 0,
                        8);
    tcase_add_test(covers, behind_the_last_revision_that_there_is_comes_none);
    suite_add_tcase(suite, pure);
    suite_add_tcase(suite, covers);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
