/* The broker's time of day is wrong, or jumps: no schedule moves by it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "story.h"

static struct story *s;

static void open_story(void)
{
    s = story_new();
    story_tell(s, "gate-1 beats");
    story_skip(s);
}

static void close_story(void)
{
    story_free(s);
}

static const char *const jumps[] = {"the clock jumps -3600 s",
                                    "the clock jumps 3600 s",
                                    "the clock says 1970-01-01T01:00:00Z",
                                    "the clock says 2038-02-01T00:00:00Z"};
#define JUMPS (int)(sizeof jumps / sizeof *jumps)

START_TEST(beacons_go_on_through_any_jump)
{
    story_tell(s, "5 s pass");
    (void)story_beacons(s);
    story_tell(s, jumps[_i]);
    story_tell(s, "5 s pass");
    ck_assert_uint_eq(story_beacons(s), 5);
}
END_TEST

START_TEST(a_report_is_recorded_at_the_time_that_the_clock_tells)
{
    story_tell(s, jumps[_i]);
    story_tell(s, "sz reports A1 within 30");
    story_expect(s, "feed a/4403/ A1 r1 12 after 0\n"
                    "sz <- RECORDED 12 2 nodes\n");
    ck_assert_int_eq(story_recorded_ms(s), story_now_ms(s));
}
END_TEST

START_TEST(a_node_heard_before_the_jump_is_sent_what_comes_after_it)
{
    story_tell(s, jumps[_i]);
    story_tell(s, "sz reports A1 within 30");
    story_skip(s);
    story_tell(s, "4 s pass");
    story_expect(s, "gate-1 <- push A1 r1\n");
}
END_TEST

struct new_year {
    const char *clock;
    const char *number;
};

static const struct new_year new_years[] = {
    {"the clock says 2026-12-31T15:59:00Z", "440305-2026-000001"},
    {"the clock says 2026-12-31T16:00:00Z", "440305-2027-000001"}};

START_TEST(a_case_has_the_year_of_china)
{
    story_tell(s, new_years[_i].clock);
    story_tell(s, "sz reports A1 within 30");
    ck_assert_str_eq(broker_book(story_broker(s))->alerts[0]->case_number,
                     new_years[_i].number);
}
END_TEST

/* Forward it would be over. */
START_TEST(a_clock_set_back_does_not_delay_what_is_sent_directly)
{
    story_tell(s, "sz reports A1 within 30");
    story_skip(s);
    story_tell(s, jumps[_i * 2]);
    story_tell(s, "4 s pass");
    story_expect(s, "gate-1 <- push A1 r1\n");
}
END_TEST

START_TEST(who_is_gone_for_long_is_not_taken_for_present_after_a_jump_back)
{
    story_tell(s, "130 s pass");
    story_tell(s, "the clock jumps -3600 s");
    story_tell(s, "sz reports A1 within 30");
    story_skip(s);
    story_tell(s, "10 s pass");
    story_expect(s, "");
}
END_TEST

START_TEST(who_follows_is_told_and_let_go_in_time_through_any_jump)
{
    story_tell(s, "sup follows");
    story_tell(s, jumps[_i]);
    story_tell(s, "9 s pass");
    story_expect(s, "");
    story_tell(s, "2 s pass");
    story_expect(s, "sup <- OK\n");
    story_tell(s, "sup follows");
    story_tell(s, jumps[JUMPS - 1 - _i]);
    story_tell(s, "administrator revokes gate-4");
    story_tell(s, "1 s pass");
    story_expect(s, "administrator <- RECORDED 12\n"
                    "sup <- OK\n");
}
END_TEST

/* ---- what ends for good ends only by a clock that is believed ----------- */

static void a1_is_out(void)
{
    story_tell(s, "sz reports A1 within 30"); /* for a day */
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "gate-2 holds A1");
    story_skip(s);
}

#define FUTURE "the clock says 2038-02-01T00:00:00Z"

START_TEST(a_jump_forward_ends_no_alert_while_it_lasts)
{
    int64_t set_ms;
    char back[80];

    a1_is_out();
    set_ms = story_now_ms(s);
    story_tell(s, _i == 0 ? FUTURE : "the clock jumps 100000 s");
    set_ms = story_now_ms(s) - set_ms;
    story_tell(s, "3590 s pass");
    story_expect(s, "");
    ck_assert(strncmp(story_clock_log(s), "clock.jumped by_s=", 18) == 0);
    snprintf(back, sizeof back, "the clock jumps %lld s",
             (long long)-set_ms / 1000);
    story_tell(s, back);
    story_tell(s, "7200 s pass");
    story_expect(s, "");
}
END_TEST

START_TEST(a_start_under_a_clock_that_says_2038_ends_no_alert)
{
    a1_is_out();
    story_tell(s, FUTURE);
    story_tell(s, "the broker restarts");
    story_tell(s, "100 d pass"); /* longer than any alert: never believed */
    story_expect(s, "");
}
END_TEST

START_TEST(a_clock_that_goes_on_steadily_is_believed_after_an_hour)
{
    a1_is_out();
    story_tell(s, "the clock jumps 100000 s");
    story_tell(s, "3599 s pass");
    story_expect(s, "");
    story_tell(s, "2 s pass");
    story_expect(s, "feed a/4403/ A1 r1 expired 15 after 12\n");
}
END_TEST

START_TEST(a_restart_delays_no_expiry_by_more_than_an_hour)
{
    a1_is_out();
    story_tell(s, "the broker restarts");
    story_tell(s, "1 d pass");
    story_expect(s, "feed a/4403/ A1 r1 expired 15 after 12\n");
}
END_TEST

START_TEST(a_centre_that_agrees_is_believed_at_once)
{
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "the clock jumps 100000 s");
    story_tell(s, "bj reports A2 within 30 in 110101");
    story_skip(s);
    story_tell(s, "1 s pass");
    story_expect(s, "feed a/4403/ A1 r1 expired 14 after 12\n");
}
END_TEST

START_TEST(as_long_as_centres_contradict_no_clock_is_believed)
{
    a1_is_out();
    story_tell(s, "the clock jumps 100000 s");
    story_tell(s, "the centres' clocks jump -100000 s");
    for (int i = 0; i < 4; i++) {
        story_tell(s, "3000 s pass");
        story_expect(s, "");
        story_tell(s, "sz reports A2 within 30");
        story_skip(s);
    }
    ck_assert_msg(
        strncmp(story_clock_log(s), "clock.wrong centres=1 here=", 27) == 0,
        "%s", story_clock_log(s));
}
END_TEST

START_TEST(one_centre_alone_does_not_make_a_clock_wrong_but_two_do)
{
    a1_is_out();
    story_tell(s, "the centres' clocks jump -18000 s");
    story_tell(s, "sz reports A2 within 30");
    story_tell(s, "sz reports A3 within 30");
    ck_assert_str_eq(story_clock_log(s), "");
    ck_assert(broker_believes_its_clock(story_broker(s)));
    story_tell(s, "bj reports A4 within 30 in 110101");
    ck_assert(strncmp(story_clock_log(s), "clock.wrong centres=2 here=", 27) ==
              0);
    ck_assert(!broker_believes_its_clock(story_broker(s)));
}
END_TEST

START_TEST(a_jump_forward_does_not_end_what_is_sent_directly)
{
    story_tell(s, "sz reports A1 within 30");
    story_skip(s);
    story_tell(s, FUTURE);
    story_tell(s, "4 s pass");
    story_expect(s, "gate-1 <- push A1 r1\n");
}
END_TEST

START_TEST(a_jump_forward_files_nothing_away)
{
    a1_is_out();
    story_tell(s, "sz withdraws A1");
    story_tell(s, FUTURE);
    story_tell(s, "3590 s pass");
    ck_assert_uint_eq(broker_book(story_broker(s))->alert_count, 1);
}
END_TEST

START_TEST(what_all_have_is_not_called_not_yet_when_a_clock_is_set_back)
{
    story_tell(s, "sz reports A1 within 30");
    story_skip(s);
    story_tell(s, "sz lists the board of A1");
    story_tell(s, "the clock jumps -3600 s");
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "sz lists the board of A1");
    story_tell(s, "gate-2 holds A1");
    story_tell(s, "sz lists the board of A1");
    story_expect(s, "sz <- OK held by 0 of 2, half not yet, all not yet\n"
                    "gate-1 <- RECORDED 13\n"
                    "sz <- OK held by 1 of 2, half after 0 s, all not yet\n"
                    "gate-2 <- RECORDED 14\n"
                    "sz <- OK held by 2 of 2, half after 0 s, all after 0 s\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("broker stories of clocks");
    TCase *t = tcase_create("clocks");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(t, open_story, close_story);
    tcase_add_loop_test(t, beacons_go_on_through_any_jump, 0, JUMPS);
    tcase_add_loop_test(
        t, a_report_is_recorded_at_the_time_that_the_clock_tells, 0, JUMPS);
    tcase_add_loop_test(t, a_case_has_the_year_of_china, 0, 2);
    tcase_add_loop_test(
        t, a_node_heard_before_the_jump_is_sent_what_comes_after_it, 0, JUMPS);
    tcase_add_loop_test(
        t, a_clock_set_back_does_not_delay_what_is_sent_directly, 0, 2);
    tcase_add_test(
        t, who_is_gone_for_long_is_not_taken_for_present_after_a_jump_back);
    tcase_add_loop_test(
        t, who_follows_is_told_and_let_go_in_time_through_any_jump, 0, JUMPS);
    tcase_add_loop_test(t, a_jump_forward_ends_no_alert_while_it_lasts, 0, 2);
    tcase_add_test(t, a_start_under_a_clock_that_says_2038_ends_no_alert);
    tcase_add_test(t, a_clock_that_goes_on_steadily_is_believed_after_an_hour);
    tcase_add_test(t, a_restart_delays_no_expiry_by_more_than_an_hour);
    tcase_add_test(t, a_centre_that_agrees_is_believed_at_once);
    tcase_add_test(t, as_long_as_centres_contradict_no_clock_is_believed);
    tcase_add_test(t, one_centre_alone_does_not_make_a_clock_wrong_but_two_do);
    tcase_add_test(t, a_jump_forward_does_not_end_what_is_sent_directly);
    tcase_add_test(t, a_jump_forward_files_nothing_away);
    tcase_add_test(
        t, what_all_have_is_not_called_not_yet_when_a_clock_is_set_back);
    suite_add_tcase(suite, t);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
