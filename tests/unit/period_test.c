/* The assessment of a stretch of time, fact by fact. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "domain/apply.h"
#include "domain/purge.h"
#include "period/period.h"

#define NODES 5 /* T-0 to T-4, numbers 2 to 6 */

static struct book *book;
static struct period *period;
static int64_t now_ms;

static void take(Tocsin__V1__Fact *fact)
{
    fact->time_ms = now_ms;
    (void)book_apply(book, book->head + 1, fact);
    period_take(period, book, book->head, fact);
}

static void enrol(char *id, Tocsin__V1__Role role, char *division)
{
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__Enrolled enrolled = TOCSIN__V1__ENROLLED__INIT;
    Tocsin__V1__Principal who = TOCSIN__V1__PRINCIPAL__INIT;
    uint8_t key[KEY_SIZE] = {9, (uint8_t)book->principal_count};

    who.id = who.name = id;
    who.role = role;
    who.division = division;
    who.public_key = (ProtobufCBinaryData){sizeof key, key};
    enrolled.principal = &who;
    fact.body_case = TOCSIN__V1__FACT__BODY_ENROLLED;
    fact.enrolled = &enrolled;
    take(&fact);
}

static void found(void)
{
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__Founded founded = TOCSIN__V1__FOUNDED__INIT;
    Tocsin__V1__Principal who = TOCSIN__V1__PRINCIPAL__INIT;
    uint8_t bytes[KEY_SIZE] = {9};

    founded.epoch = (ProtobufCBinaryData){EPOCH_SIZE, bytes};
    founded.authority = founded.broker_key = who.public_key =
        (ProtobufCBinaryData){KEY_SIZE, bytes};
    who.id = who.name = (char *)(uintptr_t) "admin";
    who.role = TOCSIN__V1__ROLE__ROLE_ADMINISTRATOR;
    who.division = (char *)(uintptr_t) "000000";
    founded.administrator = &who;
    fact.body_case = TOCSIN__V1__FACT__BODY_FOUNDED;
    fact.founded = &founded;
    take(&fact);
}

static void set_up(void)
{
    static const struct period_span span = {1000, 9000, BY_COUNTY};
    static char names[NODES][4] = {"T-0", "T-1", "T-2", "T-3", "T-4"};
    static char divisions[NODES][7] = {"440303", "440303", "440304", "440304",
                                       "110101"};
    static char centre[] = "T-C";
    static char country[] = "000000";

    book = book_new(NULL);
    period = period_new(&span);
    now_ms = 1;
    found();
    for (int i = 0; i < NODES; i++)
        enrol(names[i], TOCSIN__V1__ROLE__ROLE_CHECKPOINT, divisions[i]);
    enrol(centre, TOCSIN__V1__ROLE__ROLE_CENTRE, country);
}

static void tear_down(void)
{
    period_free(period);
    book_free(book);
}

/* Alert c in county 440303, to the first so many nodes. */
static void issue(char c, uint32_t revision, size_t nodes, bool withdrawal)
{
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__AlertIssued issued = TOCSIN__V1__ALERT_ISSUED__INIT;
    uint32_t coverage[NODES] = {2, 1, 1, 1, 1};
    uint8_t key[16] = {0};
    char id[ULID_SIZE + 1] = "";
    char number[] = "440303-2026-000001";

    memset(id, c, ULID_SIZE);
    number[sizeof number - 2] = c;
    issued.alert_id = id;
    issued.revision = revision;
    issued.case_number = number;
    issued.division = (char *)(uintptr_t) "440303";
    issued.exercise = c == '9';
    issued.withdrawal = withdrawal;
    issued.n_coverage = nodes;
    issued.coverage = coverage;
    issued.key_id = (ProtobufCBinaryData){sizeof key, key};
    fact.principal = (char *)(uintptr_t) "T-C";
    fact.body_case = TOCSIN__V1__FACT__BODY_ALERT_ISSUED;
    fact.alert_issued = &issued;
    take(&fact);
}

static void hold(char c, uint32_t revision, uint32_t node)
{
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__Answered answered = TOCSIN__V1__ANSWERED__INIT;
    char id[ULID_SIZE + 1] = "";

    memset(id, c, ULID_SIZE);
    answered.alert_id = id;
    answered.revision = revision;
    answered.node = node;
    answered.rung = TOCSIN__V1__RUNG__RUNG_HELD;
    fact.body_case = TOCSIN__V1__FACT__BODY_ANSWERED;
    fact.answered = &answered;
    take(&fact);
}

static int64_t total(enum period_figure figure, bool exercise)
{
    struct period_table table;
    int64_t value;

    period_table(&table, period, book, exercise);
    value = table.total.figures[figure];
    period_table_done(&table);
    return value;
}

START_TEST(a_case_counts_where_and_when_it_was_reported)
{
    struct period_table table;

    now_ms = 999;
    issue('1', 1, 2, false);
    now_ms = 1000;
    issue('2', 1, 2, false);
    now_ms = 9000;
    issue('3', 1, 2, false);
    period_table(&table, period, book, false);
    ck_assert_int_eq(table.total.figures[FIGURE_CASES], 1);
    ck_assert_uint_eq(table.row_count, 1);
    ck_assert_str_eq(table.rows[0].division, "440303");
    ck_assert_int_eq(table.rows[0].figures[FIGURE_OPEN], 1);
    period_table_done(&table);
}
END_TEST

START_TEST(a_node_that_held_only_the_withdrawal_is_dark)
{
    now_ms = 1000;
    issue('1', 1, 3, false);
    now_ms = 1010;
    hold('1', 1, 2);
    issue('1', 2, 3, true);
    hold('1', 2, 3);
    ck_assert_int_eq(total(FIGURE_NODES, false), 3);
    ck_assert_int_eq(total(FIGURE_DARK, false), 2);
    ck_assert_int_eq(total(FIGURE_UNREACHED, false), 1);
    ck_assert_int_eq(total(FIGURE_REACHED_MEDIAN, false), -1);
}
END_TEST

START_TEST(ninety_five_of_a_hundred_counts_the_coverage_of_the_report)
{
    now_ms = 1000;
    issue('1', 1, 2, false);
    now_ms = 1100;
    hold('1', 1, 2);
    issue('1', 2, 5, false);
    now_ms = 1300;
    hold('1', 2, 5);
    ck_assert_int_eq(total(FIGURE_REACHED, false), 0);
    now_ms = 1400;
    hold('1', 2, 3);
    ck_assert_int_eq(total(FIGURE_REACHED, false), 1);
    ck_assert_int_eq(total(FIGURE_REACHED_WORST, false), 400);
}
END_TEST

START_TEST(of_two_in_the_middle_the_lower_one_is_the_median)
{
    for (int i = 0; i < 4; i++) {
        now_ms = 1000;
        issue((char)('1' + i), 1, 1, false);
        now_ms = 1010 + 100 * i;
        hold((char)('1' + i), 1, 2);
    }
    ck_assert_int_eq(total(FIGURE_REACHED_MEDIAN, false), 110);
    ck_assert_int_eq(total(FIGURE_REACHED_WORST, false), 310);
}
END_TEST

START_TEST(what_is_about_a_node_counts_where_the_node_is)
{
    struct period_table table;

    now_ms = 1000;
    issue('1', 1, 5, false);
    now_ms = 1250;
    hold('1', 1, 6);
    period_table(&table, period, book, false);
    ck_assert_uint_eq(table.row_count, 3);
    ck_assert_str_eq(table.rows[0].division, "110101");
    ck_assert_int_eq(table.rows[0].figures[FIGURE_CASES], 0);
    ck_assert_int_eq(table.rows[0].figures[FIGURE_NODES], 1);
    ck_assert_int_eq(table.rows[0].figures[FIGURE_DARK], 0);
    ck_assert_int_eq(table.rows[2].figures[FIGURE_DARK], 2);
    ck_assert_uint_eq(table.unit_count, 5);
    ck_assert_uint_eq(table.units[4].node, 6);
    ck_assert_int_eq(table.units[4].figures[UNIT_WORST], 250);
    ck_assert_int_eq(table.units[0].figures[UNIT_WORST], -1);
    period_table_done(&table);
}
END_TEST

/* From where the alert did not go. */
static void sight(char c, uint32_t revision, uint32_t node)
{
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__Answered answered = TOCSIN__V1__ANSWERED__INIT;
    char id[ULID_SIZE + 1] = "";
    uint8_t answer_id[16] = {(uint8_t)node};
    uint8_t digest[8] = {(uint8_t)node};

    memset(id, c, ULID_SIZE);
    answered.alert_id = id;
    answered.revision = revision;
    answered.node = node;
    answered.rung = TOCSIN__V1__RUNG__RUNG_SIGHTING;
    answered.answer_id = (ProtobufCBinaryData){sizeof answer_id, answer_id};
    answered.document_digest = (ProtobufCBinaryData){sizeof digest, digest};
    answered.outside = true;
    fact.body_case = TOCSIN__V1__FACT__BODY_ANSWERED;
    fact.answered = &answered;
    take(&fact);
}

START_TEST(who_spoke_before_the_alert_came_to_it_is_still_dark)
{
    struct period_table table;

    now_ms = 1000;
    issue('1', 1, 2, false);
    sight('1', 1, 4);
    issue('1', 2, 3, false);
    period_table(&table, period, book, false);
    ck_assert_uint_eq(table.unit_count, 3);
    ck_assert_uint_eq(table.units[2].node, 4);
    ck_assert_int_eq(table.units[2].figures[UNIT_SIGHTINGS], 1);
    ck_assert_int_eq(table.units[2].figures[UNIT_HELD], 0);
    ck_assert_int_eq(table.units[2].figures[UNIT_DARK], 1);
    ck_assert_uint_eq(alert_cover(book->alerts[0], 4)->rung, 0);
    period_table_done(&table);
}
END_TEST

static void forget(char c)
{
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__CaseForgotten forgotten = TOCSIN__V1__CASE_FORGOTTEN__INIT;
    char id[ULID_SIZE + 1] = "";

    memset(id, c, ULID_SIZE);
    forgotten.alert_id = id;
    fact.body_case = TOCSIN__V1__FACT__BODY_CASE_FORGOTTEN;
    fact.case_forgotten = &forgotten;
    take(&fact);
}

START_TEST(whom_the_book_asks_to_purge_counts_before_and_after_the_sealing)
{
    uint32_t nodes;

    now_ms = 1000;
    issue('1', 1, 2, false);
    sight('1', 1, 5);
    forget('1');
    ck_assert_uint_eq(purge_due(book, book->alerts[0], &nodes), 3);
    ck_assert_int_eq(total(FIGURE_PURGE_DUE, false), 3);
    sight('1', 1, 6); /* it was on its way */
    ck_assert_uint_eq(purge_due(book, book->alerts[0], &nodes), 4);
    ck_assert_int_eq(total(FIGURE_PURGE_DUE, false), 4);
}
END_TEST

static void find_child(char id, uint32_t revision, char *division)
{
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__FoundRegistered found = TOCSIN__V1__FOUND_REGISTERED__INIT;
    uint8_t key[16] = {(uint8_t)id};
    char name[ULID_SIZE + 1] = "01FXNDAAAAAAAAAAAAAAAAAAA";

    name[ULID_SIZE - 1] = id;
    found.found_id = name;
    found.revision = revision;
    found.by = 2;
    found.division = division;
    found.key_id = (ProtobufCBinaryData){sizeof key, key};
    found.document = (ProtobufCBinaryData){sizeof key, key};
    found.document_digest = (ProtobufCBinaryData){8, key};
    fact.body_case = TOCSIN__V1__FACT__BODY_FOUND_REGISTERED;
    fact.found_registered = &found;
    take(&fact);
}

static void resolve_child(char id, Tocsin__V1__FoundState state)
{
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__FoundResolved resolved = TOCSIN__V1__FOUND_RESOLVED__INIT;
    char name[ULID_SIZE + 1] = "01FXNDAAAAAAAAAAAAAAAAAAA";

    name[ULID_SIZE - 1] = id;
    resolved.found_id = name;
    resolved.state = state;
    fact.principal = (char *)(uintptr_t) "T-C";
    fact.body_case = TOCSIN__V1__FACT__BODY_FOUND_RESOLVED;
    fact.found_resolved = &resolved;
    take(&fact);
}

/* Before the stretch, in it and corrected, and after it. */
START_TEST(a_found_child_counts_where_and_when_it_was_first_registered)
{
    static char luohu[] = "440303";
    static char futian[] = "440304";
    struct period_table table;

    now_ms = 999;
    find_child('1', 1, luohu);
    now_ms = 1000;
    find_child('1', 2, luohu);
    find_child('2', 1, luohu);
    now_ms = 1500;
    find_child('2', 2, futian);
    now_ms = 9000;
    find_child('3', 1, luohu);
    ck_assert_int_eq(total(FIGURE_FOUND, false), 1);
    ck_assert_int_eq(total(FIGURE_FOUND, true), 0);
    period_table(&table, period, book, false);
    ck_assert_uint_eq(table.row_count, 1);
    ck_assert_str_eq(table.rows[0].division, futian);
    ck_assert_int_eq(table.rows[0].figures[FIGURE_FOUND_OPEN], 1);
    ck_assert_int_eq(table.rows[0].figures[FIGURE_FOUND_MEDIAN], -1);
    period_table_done(&table);
}
END_TEST

START_TEST(what_was_found_out_counts_as_decided_last_and_after_the_sealing)
{
    static char luohu[] = "440303";

    now_ms = 1000;
    find_child('1', 1, luohu);
    find_child('2', 1, luohu);
    now_ms = 1300;
    resolve_child('1', TOCSIN__V1__FOUND_STATE__FOUND_STATE_CLOSED);
    resolve_child('2', TOCSIN__V1__FOUND_STATE__FOUND_STATE_CLOSED);
    resolve_child('2', TOCSIN__V1__FOUND_STATE__FOUND_STATE_REGISTERED);
    now_ms = 1700;
    resolve_child('2', TOCSIN__V1__FOUND_STATE__FOUND_STATE_IDENTIFIED);
    resolve_child('1', TOCSIN__V1__FOUND_STATE__FOUND_STATE_SEALED);
    resolve_child('2', TOCSIN__V1__FOUND_STATE__FOUND_STATE_SEALED);
    ck_assert_int_eq(total(FIGURE_FOUND_CLOSED, false), 1);
    ck_assert_int_eq(total(FIGURE_FOUND_IDENTIFIED, false), 1);
    ck_assert_int_eq(total(FIGURE_FOUND_OPEN, false), 0);
    ck_assert_int_eq(total(FIGURE_FOUND_WORST, false), 700);
}
END_TEST

static void fall_silent(char c, uint32_t revision, uint32_t node)
{
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__FellSilent silent = TOCSIN__V1__FELL_SILENT__INIT;
    char id[ULID_SIZE + 1] = "";

    memset(id, c, ULID_SIZE);
    silent.alert_id = id;
    silent.revision = revision;
    silent.nodes = &node;
    silent.n_nodes = 1;
    fact.body_case = TOCSIN__V1__FACT__BODY_FELL_SILENT;
    fact.fell_silent = &silent;
    take(&fact);
}

/* Its word was on the way to the disk when its silence was decided, and is in
 * front of it: the book notes nothing. */
START_TEST(who_was_heard_meanwhile_was_not_silent)
{
    now_ms = 1000;
    issue('1', 1, 2, false);
    hold('1', 1, 2);
    fall_silent('1', 1, 2);
    ck_assert_uint_eq(book->alerts[0]->overdue, 0);
    ck_assert_uint_eq(book_number(book, 2)->silences.count, 0);
    ck_assert_int_eq(total(FIGURE_SILENT_NODES, false), 0);
    fall_silent('1', 1, 3);
    ck_assert_uint_eq(book_number(book, 3)->silences.count, 1);
    ck_assert_int_eq(total(FIGURE_SILENT_NODES, false), 1);
}
END_TEST

START_TEST(an_exercise_is_counted_apart)
{
    now_ms = 1000;
    issue('1', 1, 2, false);
    issue('9', 1, 4, false);
    ck_assert_int_eq(total(FIGURE_CASES, false), 1);
    ck_assert_int_eq(total(FIGURE_CASES, true), 1);
    ck_assert_int_eq(total(FIGURE_NODES, false), 2);
    ck_assert_int_eq(total(FIGURE_NODES, true), 4);
}
END_TEST

START_TEST(a_board_keeps_first_times_through_the_withdrawal)
{
    const struct alert *alert;

    now_ms = 1000;
    issue('1', 1, 2, false);
    now_ms = 1070;
    hold('1', 1, 2);
    now_ms = 1200;
    issue('1', 2, 2, true);
    hold('1', 2, 2);
    hold('1', 2, 3);
    alert = book->alerts[0];
    ck_assert_int_eq(alert_first_ms(alert, alert->cover[0].firsts.due), 1000);
    ck_assert_int_eq(alert_first_ms(alert, alert->cover[0].firsts.held), 1070);
    ck_assert_int_eq(alert_first_ms(alert, alert->cover[1].firsts.held), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("period");
    TCase *tests = tcase_create("figures");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, a_case_counts_where_and_when_it_was_reported);
    tcase_add_test(tests, a_node_that_held_only_the_withdrawal_is_dark);
    tcase_add_test(tests,
                   ninety_five_of_a_hundred_counts_the_coverage_of_the_report);
    tcase_add_test(tests, of_two_in_the_middle_the_lower_one_is_the_median);
    tcase_add_test(tests, what_is_about_a_node_counts_where_the_node_is);
    tcase_add_test(tests, who_spoke_before_the_alert_came_to_it_is_still_dark);
    tcase_add_test(
        tests, whom_the_book_asks_to_purge_counts_before_and_after_the_sealing);
    tcase_add_test(tests,
                   a_found_child_counts_where_and_when_it_was_first_registered);
    tcase_add_test(
        tests, what_was_found_out_counts_as_decided_last_and_after_the_sealing);
    tcase_add_test(tests, who_was_heard_meanwhile_was_not_silent);
    tcase_add_test(tests, an_exercise_is_counted_apart);
    tcase_add_test(tests, a_board_keeps_first_times_through_the_withdrawal);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
