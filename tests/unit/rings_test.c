/* Rings: how far they reach at which time, how they are written and checked. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "domain/rings.h"
#include "wire/rings.h"

#define HOUR_MS 3600000

/* An alert around 30,110 with the default policy. */
struct whole {
    Tocsin__V1__Alert alert;
    Tocsin__V1__LastSeen seen;
    Tocsin__V1__Place place;
    Tocsin__V1__Point point;
    Tocsin__V1__Target target;
    Tocsin__V1__Circle circle;
    Tocsin__V1__Circle *circles[1];
    Tocsin__V1__Rings rings;
    Tocsin__V1__RingStep steps[RING_STEPS_MAX];
    Tocsin__V1__RingStep *list[RING_STEPS_MAX];
};

static struct whole w;

static void set_up(void)
{
    tocsin__v1__alert__init(&w.alert);
    tocsin__v1__last_seen__init(&w.seen);
    tocsin__v1__place__init(&w.place);
    tocsin__v1__point__init(&w.point);
    tocsin__v1__target__init(&w.target);
    tocsin__v1__circle__init(&w.circle);
    w.point.latitude = 30;
    w.point.longitude = 110;
    w.place.point = &w.point;
    w.seen.place = &w.place;
    w.circle.centre = &w.point;
    w.circle.radius_km = 500;
    w.circles[0] = &w.circle;
    w.target.circles = w.circles;
    w.target.n_circles = 1;
    w.alert.last_seen = &w.seen;
    w.alert.target = &w.target;
    rings_default(&w.rings, w.steps, w.list);
    w.alert.rings = &w.rings;
}

/* Due north; a degree is 111.195 km on this sphere. */
static struct whereabouts node_at(double km, Tocsin__V1__NodeKind kind)
{
    return (struct whereabouts){
        "420000", {30 + km / 111.1950797, 110}, true, kind};
}

#define AIRPORT TOCSIN__V1__NODE_KIND__NODE_KIND_AIRPORT
#define RAILWAY TOCSIN__V1__NODE_KIND__NODE_KIND_RAILWAY_STATION
#define PORT TOCSIN__V1__NODE_KIND__NODE_KIND_PORT
#define BORDER TOCSIN__V1__NODE_KIND__NODE_KIND_LAND_BORDER

static bool reaches(double km, Tocsin__V1__NodeKind kind, int64_t ms)
{
    struct scope scope = scope_at(&w.alert, ms);
    struct whereabouts node = node_at(km, kind);

    return scope_holds(&scope, &node);
}

START_TEST(the_default_steps_are_100_200_300_and_500_km_hour_by_hour)
{
    static const double km[] = {100, 200, 300, 500};

    for (int i = 0; i < 4; i++) {
        ck_assert(reaches(km[i] - 0.1, PORT, i * HOUR_MS));
        ck_assert(!reaches(km[i] + 0.1, PORT, i * HOUR_MS));
        if (i > 0)
            ck_assert(!reaches(km[i] - 0.1, PORT, i * HOUR_MS - 1));
    }
}
END_TEST

START_TEST(each_kind_is_reached_by_its_own_means_of_travel)
{
    int64_t half = HOUR_MS / 2;

    ck_assert(reaches(424, AIRPORT, half));
    ck_assert(!reaches(426, AIRPORT, half));
    ck_assert(reaches(174, RAILWAY, half));
    ck_assert(!reaches(176, RAILWAY, half));
    ck_assert(!reaches(101, BORDER, half));
    w.rings.road_kmh = 400;
    w.rings.water_kmh = 300;
    ck_assert(reaches(199, BORDER, half));
    ck_assert(reaches(149, PORT, half));
    ck_assert(!reaches(151, PORT, half));
}
END_TEST

START_TEST(nothing_is_reached_beyond_the_last_step)
{
    ck_assert(reaches(499.9, AIRPORT, HOUR_MS));
    ck_assert(!reaches(500.1, AIRPORT, HOUR_MS));
    ck_assert(!reaches(500.1, AIRPORT, INT64_MAX / 2));
}
END_TEST

START_TEST(what_else_is_in_the_target_is_meant_from_the_beginning)
{
    char *divisions[] = {(char *)(uintptr_t) "420000"};
    Tocsin__V1__NodeKind kinds[] = {PORT};

    ck_assert(!reaches(400, PORT, 0));
    w.target.divisions = divisions;
    w.target.n_divisions = 1;
    ck_assert(reaches(400, PORT, 0));
    w.target.kinds = kinds;
    w.target.n_kinds = 1;
    ck_assert(!reaches(50, AIRPORT, 0));
}
END_TEST

START_TEST(a_node_is_due_at_the_very_moment_from_which_on_it_is_reached)
{
    srand(7);
    for (int i = 0; i < 20000; i++) {
        static const Tocsin__V1__NodeKind kinds[] = {AIRPORT, RAILWAY, PORT,
                                                     BORDER};
        struct whereabouts node =
            node_at((double)(rand() % 600000) / 1000, kinds[rand() % 4]);
        int64_t due = rings_due_ms(&w.alert, &node);
        struct scope scope = scope_at(&w.alert, due);

        if (due == RING_NEVER) {
            scope = scope_at(&w.alert, rings_last_ms(&w.rings));
            ck_assert(!scope_holds(&scope, &node));
            continue;
        }
        ck_assert(scope_holds(&scope, &node));
        if (due < 2)
            continue;
        scope = scope_at(&w.alert, due - 2);
        ck_assert(!scope_holds(&scope, &node));
    }
}
END_TEST

START_TEST(rings_go_a_little_ahead_and_never_into_the_next_step)
{
    ck_assert_int_eq(rings_reach(&w.rings, -5), 0);
    ck_assert_int_eq(rings_reach(&w.rings, 0), 0);
    ck_assert_int_eq(rings_reach(&w.rings, 3200), 3300);
    ck_assert_int_eq(rings_reach(&w.rings, HOUR_MS - 1), HOUR_MS - 1);
    ck_assert_int_ge(rings_reach(&w.rings, HOUR_MS), HOUR_MS);
    ck_assert_int_eq(rings_reach(&w.rings, 3 * HOUR_MS), 3 * HOUR_MS);
    ck_assert_int_eq(rings_reach(&w.rings, INT64_MAX / 2), 3 * HOUR_MS);
    for (int64_t ms = 0; ms < 4 * HOUR_MS; ms += 977) {
        int64_t reach = rings_reach(&w.rings, ms);
        uint32_t step = rings_step(&w.rings, ms);

        ck_assert_uint_eq(rings_step(&w.rings, reach), step);
        if (step < w.rings.n_steps)
            ck_assert(reach >= ms && reach <= ms + ms / 32);
    }
}
END_TEST

START_TEST(a_child_can_be_there_when_its_fastest_means_has_come_so_far)
{
    struct whereabouts airport = node_at(425, AIRPORT);
    struct whereabouts nowhere = {"420000", {0, 0}, false, BORDER};
    double km;

    ck_assert_int_le(
        llabs(rings_arrival_ms(&w.alert, &airport, &km) - HOUR_MS / 2), 100);
    ck_assert_double_eq_tol(km, 425, 0.01);
    w.alert.rings = NULL; /* then the usual speeds */
    ck_assert_int_le(
        llabs(rings_arrival_ms(&w.alert, &airport, &km) - HOUR_MS / 2), 100);
    ck_assert(rings_arrival_ms(&w.alert, &nowhere, &km) == RING_NEVER);
}
END_TEST

START_TEST(a_policy_is_read_as_it_is_written)
{
    struct complaint complaint;

    ck_assert(rings_read("# ours\n 10@0; 20.5@90s, 30@30m\n40@2h 50@1d "
                         "rail=0 # none here\n",
                         &w.rings, w.steps, w.list, &complaint));
    ck_assert_uint_eq(w.rings.n_steps, 5);
    ck_assert_int_eq(w.steps[1].after_ms, 90000);
    ck_assert_double_eq(w.steps[1].radius_km, 20.5);
    ck_assert_int_eq(w.steps[2].after_ms, 30 * 60000);
    ck_assert_int_eq(w.steps[3].after_ms, 2 * HOUR_MS);
    ck_assert_int_eq(w.steps[4].after_ms, 24 * HOUR_MS);
    ck_assert_double_eq(w.rings.rail_kmh, 0);
    ck_assert_double_eq(w.rings.air_kmh, 850); /* as by default */
}
END_TEST

static const struct {
    const char *policy;
    const char *says;
} wrong[] = {
    {"", "rings.steps are not 1 to 8"},
    {"air=800", "rings.steps are not 1 to 8"},
    {"1@0,2@1s,3@2s,4@3s,5@4s,6@5s,7@6s,8@7s,9@8s", "are more than 8"},
    {"100", "'100' is not KM@TIME"},
    {"100@", "'100@' is not KM@TIME"},
    {"100@0,200@1x", "'200@1x' is not KM@TIME"},
    {"100@0,200@1", "'200@1' is not KM@TIME"},
    {"100@0,200@31d", "'200@31d' is not KM@TIME"},
    {"nan@0", "'nan@0' is not KM@TIME"},
    {"-1@0", "'-1@0' is not KM@TIME"},
    {"100@0,sea=1", "'sea=1' is not air=KMH"},
    {"100@0,air=fast", "'air=fast' is not air=KMH"},
    {"100@0,air=9999", "rings.air_kmh is not within 0..2000"},
    {"0@0", "step 1: radius_km is not above 0"},
    {"20017@0", "step 1: radius_km is not above 0"},
    {"100@1h", "step 1: after_ms is not 0"},
    {"100@0,200@0", "step 2: after_ms is not above"},
    {"100@0,100@1h", "step 2: radius_km is not above"},
};

START_TEST(what_is_no_policy_is_refused_by_name)
{
    struct complaint complaint;
    char said[300];

    ck_assert(
        !rings_read(wrong[_i].policy, &w.rings, w.steps, w.list, &complaint));
    snprintf(said, sizeof said, "%s %s", complaint.field, complaint.reason);
    ck_assert_msg(strstr(said, wrong[_i].says) != NULL, "%s", said);
}
END_TEST

START_TEST(numbers_that_are_none_are_refused_in_a_signed_alert_too)
{
    static const double bad[] = {NAN, INFINITY, -1, 20017};
    struct complaint complaint;

    ck_assert(check_rings(&w.rings, &complaint));
    w.steps[2].radius_km = bad[_i];
    ck_assert(!check_rings(&w.rings, &complaint));
    ck_assert_str_eq(complaint.field, "rings.steps");
    rings_default(&w.rings, w.steps, w.list);
    w.rings.rail_kmh = bad[_i];
    ck_assert(!check_rings(&w.rings, &complaint));
    ck_assert_str_eq(complaint.field, "rings.rail_kmh");
}
END_TEST

START_TEST(the_last_steps_circle_is_found_among_others)
{
    ck_assert_ptr_eq(rings_circle(&w.alert), &w.circle);
    w.circle.radius_km = 499;
    ck_assert_ptr_null(rings_circle(&w.alert));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rings");
    TCase *t = tcase_create("pure");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(t, set_up, NULL);
    tcase_add_test(t,
                   the_default_steps_are_100_200_300_and_500_km_hour_by_hour);
    tcase_add_test(t, each_kind_is_reached_by_its_own_means_of_travel);
    tcase_add_test(t, nothing_is_reached_beyond_the_last_step);
    tcase_add_test(t, what_else_is_in_the_target_is_meant_from_the_beginning);
    tcase_add_test(
        t, a_node_is_due_at_the_very_moment_from_which_on_it_is_reached);
    tcase_add_test(t, rings_go_a_little_ahead_and_never_into_the_next_step);
    tcase_add_test(t,
                   a_child_can_be_there_when_its_fastest_means_has_come_so_far);
    tcase_add_test(t, a_policy_is_read_as_it_is_written);
    tcase_add_loop_test(t, what_is_no_policy_is_refused_by_name, 0,
                        sizeof wrong / sizeof *wrong);
    tcase_add_loop_test(
        t, numbers_that_are_none_are_refused_in_a_signed_alert_too, 0, 4);
    tcase_add_test(t, the_last_steps_circle_is_found_among_others);
    suite_add_tcase(suite, t);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
