/* The broker's time of day is wrong, or jumps: no schedule moves by it. */
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
    tcase_add_loop_test(
        t, a_node_heard_before_the_jump_is_sent_what_comes_after_it, 0, JUMPS);
    tcase_add_loop_test(
        t, a_clock_set_back_does_not_delay_what_is_sent_directly, 0, 2);
    tcase_add_test(
        t, who_is_gone_for_long_is_not_taken_for_present_after_a_jump_back);
    tcase_add_loop_test(
        t, who_follows_is_told_and_let_go_in_time_through_any_jump, 0, JUMPS);
    suite_add_tcase(suite, t);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
