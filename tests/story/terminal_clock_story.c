/* A checkpoint whose time of day is wrong: what is live stays on its screen,
 * what is over leaves it. Alerts live for ten days. */
#include <check.h>

#include "stage.h"

static struct stage *s;

static void open_stage(void)
{
    s = stage_new();
    stage_tell(s, "the line stands");
    stage_tell(s, "the desk answers");
}

static void close_stage(void)
{
    stage_free(s);
}

static void a1_is_here(void)
{
    stage_tell(s, "A1 is issued");
    stage_tell(s, "the desk answers");
    stage_skip(s);
}

#define FUTURE "the clock says 2038-02-01T00:00:00Z"
#define PAST "the clock says 1970-01-01T00:00:10Z"

START_TEST(a_clock_that_jumps_to_2038_takes_nothing_off_the_screen)
{
    a1_is_here();
    stage_tell(s, FUTURE);
    stage_tell(s, "4 s pass");
    stage_expect(s, "");
    stage_tell(s, "the line breaks");
    stage_tell(s, "9 d pass");
    stage_expect(s, "beacon.missed\n");
    stage_tell(s, "1 d pass");
    stage_expect(s, "screen ENDED A1 r1\n");
}
END_TEST

START_TEST(under_a_clock_that_says_2038_an_alert_comes_onto_the_screen)
{
    stage_tell(s, FUTURE);
    stage_tell(s, "a beacon comes");
    stage_skip(s);
    stage_tell(s, "A1 is issued");
    stage_expect(s, "screen NEW A1 r1\n"
                    "-> HELD A1 r1\n");
}
END_TEST

START_TEST(a_restart_under_a_clock_that_says_2038_takes_nothing_off_the_screen)
{
    a1_is_here();
    stage_tell(s, FUTURE);
    stage_tell(s, "a beacon comes");
    stage_tell(s, "61 s pass"); /* it saves once a minute */
    stage_skip(s);
    stage_tell(s, "the terminal restarts");
    stage_tell(s, "1 s pass");
    stage_expect(s, "");
}
END_TEST

START_TEST(a_clock_that_says_1970_does_not_keep_an_alert_for_ever)
{
    stage_tell(s, PAST);
    a1_is_here();
    stage_tell(s, "the line breaks");
    stage_tell(s, "9 d pass");
    stage_expect(s, "beacon.missed\n");
    stage_tell(s, "1 d pass");
    stage_expect(s, "screen ENDED A1 r1\n");
}
END_TEST

START_TEST(after_a_restart_what_was_signed_tells_that_it_is_not_1970)
{
    a1_is_here();
    stage_tell(s, "the line breaks");
    stage_tell(s, PAST);
    stage_tell(s, "the terminal restarts");
    stage_skip(s);
    stage_tell(s, "10 d pass");
    stage_expect(s, "beacon.missed\n"
                    "screen ENDED A1 r1\n");
}
END_TEST

START_TEST(a_clock_an_hour_off_ends_an_alert_at_its_time)
{
    stage_tell(s,
               _i == 0 ? "the clock jumps -3600 s" : "the clock jumps 3600 s");
    a1_is_here();
    stage_tell(s, "the line breaks");
    stage_tell(s, "239 h pass");
    stage_expect(s, "beacon.missed\n");
    stage_tell(s, "1 h pass");
    stage_expect(s, "screen ENDED A1 r1\n");
}
END_TEST

/* What a centre signed meanwhile is no proof against two clocks that agree. */
START_TEST(an_hour_in_which_all_others_were_wrong_ends_nothing_early)
{
    if (_i == 1)
        stage_tell(s, "the clock jumps -3600 s");
    a1_is_here();
    stage_tell(s, "all others' clocks jump 3600 s");
    stage_tell(s, "A2 is issued");
    stage_tell(s, "all others' clocks jump -3600 s");
    stage_tell(s, "a beacon comes");
    stage_tell(s, "the line breaks");
    stage_skip(s);
    stage_tell(s, "239 h pass");
    stage_expect(s, "beacon.missed\n");
    stage_tell(s, "1 h pass");
    stage_expect(s, "screen ENDED A1 r1\n");
}
END_TEST

/* Ours is an hour behind the broker's, and both are months behind theirs. */
START_TEST(a_minute_in_which_all_others_were_months_ahead_ends_nothing_early)
{
    stage_tell(s, "the clock jumps -3600 s");
    a1_is_here();
    stage_tell(s, "all others' clocks jump 5184000 s");
    stage_tell(s, "A2 is issued");
    stage_tell(s, "all others' clocks jump -5184000 s");
    stage_tell(s, "a beacon comes");
    stage_skip(s);
    stage_tell(s, "4 s pass");
    stage_expect(s, "");
    stage_tell(s, "A1 is withdrawn");
    stage_expect(s, "screen ENDED A1 r2\n"
                    "-> HELD A1 r2\n");
}
END_TEST

/* Whoever has stolen the broker could say 2038. */
START_TEST(a_broker_that_says_2038_ends_nothing_early)
{
    a1_is_here();
    stage_tell(s, "the broker says 2038");
    stage_tell(s, "a beacon comes");
    stage_tell(s, "4 s pass");
    stage_expect(s, "");
}
END_TEST

START_TEST(a_broker_that_says_1970_keeps_nothing_for_ever)
{
    a1_is_here();
    stage_tell(s, "the broker says 1970");
    stage_tell(s, "a beacon comes");
    stage_tell(s, "the line breaks");
    stage_tell(s, "9 d pass");
    stage_expect(s, "beacon.missed\n");
    stage_tell(s, "1 d pass");
    stage_expect(s, "screen ENDED A1 r1\n");
}
END_TEST

START_TEST(a_broker_whose_clock_is_slow_brings_nothing_back_that_is_over)
{
    a1_is_here();
    stage_tell(s, "the line breaks");
    stage_tell(s, "10 d pass");
    stage_tell(s, "the line stands");
    stage_skip(s);
    stage_tell(s, "the broker's clock jumps -18000 s");
    stage_tell(s, "a beacon comes");
    stage_tell(s, "1 s pass");
    stage_expect(s, "");
}
END_TEST

/* After a power cut in a whole town neither was set. */
START_TEST(two_clocks_that_say_1970_keep_nothing_for_ever)
{
    stage_tell(s, PAST);
    stage_tell(s, "the broker says 1970");
    a1_is_here();
    stage_tell(s, "a beacon comes");
    stage_tell(s, "the line breaks");
    stage_skip(s);
    stage_tell(s, "9 d pass");
    stage_expect(s, "beacon.missed\n");
    stage_tell(s, "1 d pass");
    stage_expect(s, "screen ENDED A1 r1\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stories of a checkpoint's clock");
    TCase *t = tcase_create("clocks");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(t, open_stage, close_stage);
    tcase_add_test(t, a_clock_that_jumps_to_2038_takes_nothing_off_the_screen);
    tcase_add_test(t,
                   under_a_clock_that_says_2038_an_alert_comes_onto_the_screen);
    tcase_add_test(
        t, a_restart_under_a_clock_that_says_2038_takes_nothing_off_the_screen);
    tcase_add_test(t, a_clock_that_says_1970_does_not_keep_an_alert_for_ever);
    tcase_add_test(t,
                   after_a_restart_what_was_signed_tells_that_it_is_not_1970);
    tcase_add_loop_test(t, a_clock_an_hour_off_ends_an_alert_at_its_time, 0, 2);
    tcase_add_loop_test(
        t, an_hour_in_which_all_others_were_wrong_ends_nothing_early, 0, 2);
    tcase_add_test(
        t, a_minute_in_which_all_others_were_months_ahead_ends_nothing_early);
    tcase_add_test(t, a_broker_that_says_2038_ends_nothing_early);
    tcase_add_test(t, a_broker_that_says_1970_keeps_nothing_for_ever);
    tcase_add_test(
        t, a_broker_whose_clock_is_slow_brings_nothing_back_that_is_over);
    tcase_add_test(t, two_clocks_that_say_1970_keep_nothing_for_ever);
    suite_add_tcase(suite, t);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
