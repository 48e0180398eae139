/* A gateway whose spool cannot be read for a while: nothing in it is taken for
 * not being there, and all of it goes on when it can be read again. */
#include <string.h>

#include <check.h>

#include "van.h"

#define READ TOCSIN__V1__RUNG__RUNG_READ
#define RECORDED TOCSIN__V1__STATUS__STATUS_RECORDED
#define ID_1 "00000000000000000000000000000001"
#define REREAD_MS 10000

static struct van *van;

static void setup(void)
{
    van = van_new();
}

static void teardown(void)
{
    van_free(van);
}

static size_t waiting(void)
{
    struct gateway_counts counts;

    gateway_count(van->gateway, &counts);
    return counts.waiting;
}

static int give(int who, uint8_t number)
{
    uint64_t exchange = van_give(van, who, number, READ);

    van_settle(van);
    return van->codes[exchange];
}

static void be_unreadable(void)
{
    van->paper->unreadable = true;
}

static void be_readable(void)
{
    van->paper->unreadable = false;
    van_pass(van, REREAD_MS);
    van_roster(van);
}

START_TEST(what_could_not_be_read_at_the_start_goes_when_it_can_be)
{
    size_t from;

    van_connect(van);
    van_lose(van);
    ck_assert_int_eq(give(0, 1), 202);
    ck_assert_int_eq(give(1, 1), 202);
    van->picture_known = van->picture_cached = true;
    (void)van_look(van, 2);
    van_settle(van);
    be_unreadable();
    van_crash(van);
    from = van->sent_count;
    van_connect(van);
    van_pass(van, REREAD_MS);
    van_roster(van);
    ck_assert_str_eq(van_answers(van, from), "");
    be_readable();
    ck_assert_uint_eq(waiting(), 2);
    ck_assert_str_eq(van_answers(van, from), "H0:1 H1:1 ");
    ck_assert_int_eq(van->sent[van->sent_count - 1].kind,
                     TOCSIN__V1__REQUEST__BODY_NOTE_LOOK);
}
END_TEST

START_TEST(an_answer_that_has_its_turn_and_cannot_be_read_waits)
{
    size_t from;

    van_connect(van);
    from = van->sent_count;
    ck_assert_int_eq(give(0, 1), 202);
    ck_assert_int_eq(give(0, 2), 202);
    be_unreadable();
    van_reply(van, from, RECORDED);
    van_pass(van, REREAD_MS);
    ck_assert_str_eq(van_answers(van, from), "H0:1 ");
    be_readable();
    ck_assert_str_eq(van_answers(van, from), "H0:1 H0:2 ");
    van_reply(van, van->sent_count - 1, RECORDED);
    ck_assert_uint_eq(waiting(), 0);
}
END_TEST

/* It would send it again, or give it up. */
START_TEST(no_handheld_is_told_that_what_it_gave_is_not_here)
{
    static const char *const paths[] = {"/v1/answers", "/v1/answers/" ID_1,
                                        "/v1/found", "/v1/found/" VAN_ALERT};

    van_connect(van);
    ck_assert_int_eq(give(0, 1), 202);
    be_unreadable();
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        ck_assert_int_eq(van->codes[van_read(van, 0, paths[i])], 503);
    ck_assert_int_eq(give(0, 1), 503);
    ck_assert_uint_eq(waiting(), 1);
    be_readable();
    ck_assert_int_eq(van->codes[van_read(van, 0, paths[1])], 202);
    ck_assert_int_eq(give(0, 1), 202);
    ck_assert_uint_eq(waiting(), 1);
}
END_TEST

/* He would take them from his screen. */
START_TEST(no_handheld_is_told_that_there_are_fewer_alerts)
{
    static const char *const paths[] = {"/v1/alerts", "/v1/alerts/" VAN_ALERT,
                                        "/v1/alerts/" VAN_ALERT "/thumbnail"};

    van_connect(van);
    van->alert_count = 2;
    van->sequences[0] = 2;
    van->sequences[1] = 1;
    van->alerts_read = 1;
    ck_assert_int_eq(van->codes[van_read(van, 0, paths[0])], 503);
    van->alerts_read = 0;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        ck_assert_int_eq(van->codes[van_read(van, 0, paths[i])], 503);
    van->alerts_read = VAN_ALERTS;
    for (size_t i = 0; i < 2; i++)
        ck_assert_int_eq(van->codes[van_read(van, 0, paths[i])], 200);
}
END_TEST

START_TEST(a_photograph_that_cannot_be_read_now_is_not_lost)
{
    const struct van_piece piece = {.number = 1, .size = VAN_PICTURE};
    struct gateway_counts counts;
    size_t from;

    van_connect(van);
    from = van->sent_count;
    (void)van_give_pictured(van, 0, 1);
    van_settle(van);
    van_reply(van, from, RECORDED);
    be_unreadable();
    ck_assert_int_eq(van->codes[van_put(van, &piece)], 503);
    be_readable();
    van_lose(van);
    (void)van_put(van, &piece);
    van_settle(van);
    be_unreadable();
    van_connect(van);
    van_pass(van, REREAD_MS);
    ck_assert_str_eq(van_answers(van, from), "H0:1 ");
    be_readable();
    ck_assert_str_eq(van_answers(van, from), "H0:1 @0 ");
    van_receipt(van, van->sent_count - 1, VAN_PICTURE);
    gateway_count(van->gateway, &counts);
    ck_assert_uint_eq(counts.pictures, 0);
    ck_assert_int_eq((int)van->paper->durable->rows[0].fate.picture.state,
                     TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_RECORDED);
}
END_TEST

START_TEST(nobody_says_that_a_sealed_case_is_purged_of_what_was_not_read)
{
    van_connect(van);
    van_lose(van);
    ck_assert_int_eq(give(0, 1), 202);
    be_unreadable();
    ck_assert(!gateway_purged(van->gateway, VAN_ALERT));
    van_pass(van, REREAD_MS);
    ck_assert(!gateway_purged(van->gateway, VAN_ALERT));
    van->paper->unreadable = false;
    van_connect(van);
    van_pass(van, REREAD_MS);
    van_reply(van, van->sent_count - 1, RECORDED);
    van_pass(van, 2000);
    ck_assert(gateway_purged(van->gateway, VAN_ALERT));
}
END_TEST

START_TEST(it_is_said_once_a_minute_and_counted)
{
    van_connect(van);
    be_unreadable();
    ck_assert_int_eq(give(0, 1), 503);
    ck_assert_int_eq(give(0, 2), 503);
    ck_assert_uint_eq(van->unreadable_said, 1);
    van_pass(van, 60000);
    ck_assert_int_eq(give(0, 2), 503);
    ck_assert_uint_eq(van->unreadable_said, 2);
    ck_assert_int_eq(van->codes[van_figures(van)], 200);
    ck_assert_ptr_nonnull(strstr(van->body, "tocsin_gateway_spool_unread_total "
                                            "4\n"));
}
END_TEST

/* It is not waited for: the next start takes over what can be read. */
START_TEST(a_damaged_spool_ends_it_when_all_is_told)
{
    struct diag why = {0};
    uint64_t exchange;

    van_connect(van);
    van_lose(van);
    be_unreadable();
    van->paper->torn = true;
    ck_assert_int_eq(van->codes[van_read(van, 0, "/v1/answers")], 503);
    van->paper->unreadable = false;
    exchange = van_give(van, 0, 1, READ);
    ck_assert_int_eq(gateway_settle(van->gateway, van->now, &why),
                     STATUS_CORRUPT);
    ck_assert_int_eq(van->codes[exchange], 202);
    van_crash(van);
    ck_assert_uint_eq(waiting(), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gateway_unread");
    TCase *t = tcase_create("story");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, what_could_not_be_read_at_the_start_goes_when_it_can_be);
    tcase_add_test(t, an_answer_that_has_its_turn_and_cannot_be_read_waits);
    tcase_add_test(t, no_handheld_is_told_that_what_it_gave_is_not_here);
    tcase_add_test(t, no_handheld_is_told_that_there_are_fewer_alerts);
    tcase_add_test(t, a_photograph_that_cannot_be_read_now_is_not_lost);
    tcase_add_test(
        t, nobody_says_that_a_sealed_case_is_purged_of_what_was_not_read);
    tcase_add_test(t, it_is_said_once_a_minute_and_counted);
    tcase_add_test(t, a_damaged_spool_ends_it_when_all_is_told);
    suite_add_tcase(suite, t);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
