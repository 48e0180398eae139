/* What a checkpoint makes of rings: it keeps what is not for its screen yet. */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "stage.h"

static struct stage *s;

static void open_stage(void)
{
    s = stage_new();
    stage_tell(s, "the line stands");
    stage_tell(s, "the desk answers");
    stage_skip(s);
}

static void close_stage(void)
{
    stage_free(s);
}

static void a1_waits(void)
{
    stage_tell(s, "A1 is issued ringed");
    stage_expect(s, "-> HELD A1 r1\n");
    stage_tell(s, "the desk answers");
    stage_skip(s);
}

static const struct holding *a1(void)
{
    return terminal_holding(stage_terminal(s), stage_alert_id("A1"));
}

START_TEST(what_waits_for_its_ring_is_held_and_not_shown)
{
    a1_waits();
    ck_assert_ptr_nonnull(a1());
    stage_tell(s, "a beacon comes");
    stage_tell(s, "30 s pass");
    ck_assert_uint_eq(a1()->announced, 0);
}
END_TEST

START_TEST(when_its_ring_comes_it_is_shown_and_not_answered_again)
{
    a1_waits();
    stage_tell(s, "A1's ring comes");
    stage_expect(s, "screen NEW A1 r1\n");
    stage_tell(s, "A1's ring comes");
    stage_tell(s, "A1 comes again");
    stage_expect(s, "");
}
END_TEST

START_TEST(its_picture_is_fetched_when_its_ring_comes)
{
    stage_tell(s, "A1 is issued ringed with a picture");
    stage_tell(s, "the desk answers");
    stage_expect(s, "-> HELD A1 r1\n");
    stage_tell(s, "A1's ring comes");
    stage_expect(s, "screen NEW A1 r1\n"
                    "-> picture from 0\n");
}
END_TEST

START_TEST(who_was_reached_is_not_woken_by_the_rings_of_others)
{
    stage_tell(s, "A1 is issued");
    stage_tell(s, "the desk answers");
    stage_skip(s);
    stage_tell(s, "A1's ring comes");
    stage_expect(s, "");
}
END_TEST

START_TEST(a_push_says_that_its_ring_has_come)
{
    a1_waits();
    stage_tell(s, "A1 is pushed");
    stage_expect(s, "screen NEW A1 r1\n"
                    "-> HELD A1 r1\n");
}
END_TEST

START_TEST(a_sync_says_that_its_ring_has_come_when_the_feed_did_not)
{
    a1_waits();
    stage_tell(s, "the feed is deaf");
    stage_tell(s, _i == 0 ? "A1's ring comes" : "A2 is issued");
    if (_i == 1)
        stage_tell(s, "A1's ring comes");
    stage_tell(s, "the feed works");
    stage_tell(s, "a beacon comes");
    stage_tell(s, "the desk answers");
    ck_assert_uint_eq(a1()->announced, 1);
}
END_TEST

/* Its own point tells it no, the broker says yes: it was enrolled there. */
START_TEST(the_brokers_word_about_this_node_counts)
{
    stage_tell(s, "the feed is deaf");
    stage_tell(s, "A1 is issued ringed come to us");
    stage_tell(s, "the feed works");
    stage_tell(s, "a beacon comes");
    stage_tell(s, "the desk answers");
    ck_assert_uint_eq(a1()->announced, 1);
}
END_TEST

START_TEST(a_broker_that_knows_no_rings_means_everybody)
{
    stage_tell(s, "A1 is issued ringed by an old broker");
    stage_expect(s, "screen NEW A1 r1\n"
                    "-> HELD A1 r1\n");
}
END_TEST

START_TEST(what_waits_goes_on_waiting_after_a_restart)
{
    a1_waits();
    stage_tell(s, "the terminal restarts");
    stage_expect(s, "");
    stage_tell(s, "the line stands");
    stage_tell(s, "the desk answers");
    ck_assert_uint_eq(a1()->announced, 0);
    stage_skip(s);
    stage_tell(s, "A1's ring comes");
    stage_expect_begins(s, "screen NEW A1 r1\n");
}
END_TEST

START_TEST(what_was_shown_is_shown_after_a_restart)
{
    a1_waits();
    stage_tell(s, "A1's ring comes");
    stage_skip(s);
    stage_tell(s, "the terminal restarts");
    stage_expect(s, "");
    ck_assert_uint_eq(a1()->announced, 1);
}
END_TEST

START_TEST(what_waits_is_not_counted_as_on_the_screen)
{
    struct store_counts counts;

    a1_waits();
    ck_assert_int_eq(
        store_count(stage_store(s), stage_now(s).wall_ms, &counts, NULL),
        STATUS_OK);
    ck_assert_uint_eq(counts.live, 0);
    stage_tell(s, "A1's ring comes");
    ck_assert_int_eq(
        store_count(stage_store(s), stage_now(s).wall_ms, &counts, NULL),
        STATUS_OK);
    ck_assert_uint_eq(counts.live, 1);
}
END_TEST

START_TEST(a_revision_that_re_centres_stays_on_the_screen_where_it_was)
{
    stage_tell(s, "A1 is issued");
    stage_tell(s, "the desk answers");
    stage_skip(s);
    stage_tell(s, "A1 is revised ringed");
    stage_expect(s, "screen REVISED A1 r2\n"
                    "-> HELD A1 r2\n");
}
END_TEST

START_TEST(a_revision_may_bring_what_waited_onto_the_screen)
{
    a1_waits();
    stage_tell(s, "A1 is revised");
    stage_expect(s, "screen NEW A1 r2\n"
                    "-> HELD A1 r2\n");
}
END_TEST

START_TEST(a_revision_elsewhere_takes_it_off_and_its_rings_say_nothing_here)
{
    a1_waits();
    stage_tell(s, "A1 is revised elsewhere ringed");
    stage_expect(s, "-> HELD A1 r2\n");
    stage_tell(s, "the desk answers");
    stage_skip(s);
    stage_tell(s, "A1's ring comes");
    stage_expect(s, "");
}
END_TEST

START_TEST(what_waited_and_is_withdrawn_is_never_shown)
{
    a1_waits();
    stage_tell(s, "A1 is withdrawn");
    stage_expect(s, "-> HELD A1 r2\n");
    stage_tell(s, "the desk answers");
    stage_skip(s);
    stage_tell(s, "A1 comes again as first issued");
    stage_expect(s, "");
}
END_TEST

START_TEST(a_waiting_document_counts_in_the_digests)
{
    a1_waits();
    stage_tell(s, "a beacon comes");
    stage_expect(s, "");
}
END_TEST

START_TEST(another_journal_with_an_earlier_ring_takes_nothing_off_the_screen)
{
    a1_waits();
    stage_tell(s, "A1's ring comes");
    stage_skip(s);
    stage_tell(s, "a new journal begins");
    stage_tell(s, "A1 comes again");
    stage_tell(s, "the desk answers");
    ck_assert_uint_eq(a1()->announced, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("terminal: rings");
    TCase *t = tcase_create("stories");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(t, open_stage, close_stage);
    tcase_add_test(t, what_waits_for_its_ring_is_held_and_not_shown);
    tcase_add_test(t, when_its_ring_comes_it_is_shown_and_not_answered_again);
    tcase_add_test(t, its_picture_is_fetched_when_its_ring_comes);
    tcase_add_test(t, who_was_reached_is_not_woken_by_the_rings_of_others);
    tcase_add_test(t, a_push_says_that_its_ring_has_come);
    tcase_add_loop_test(
        t, a_sync_says_that_its_ring_has_come_when_the_feed_did_not, 0, 2);
    tcase_add_test(t, the_brokers_word_about_this_node_counts);
    tcase_add_test(t, a_broker_that_knows_no_rings_means_everybody);
    tcase_add_test(t, what_waits_goes_on_waiting_after_a_restart);
    tcase_add_test(t, what_was_shown_is_shown_after_a_restart);
    tcase_add_test(t, what_waits_is_not_counted_as_on_the_screen);
    tcase_add_test(t,
                   a_revision_that_re_centres_stays_on_the_screen_where_it_was);
    tcase_add_test(t, a_revision_may_bring_what_waited_onto_the_screen);
    tcase_add_test(
        t, a_revision_elsewhere_takes_it_off_and_its_rings_say_nothing_here);
    tcase_add_test(t, what_waited_and_is_withdrawn_is_never_shown);
    tcase_add_test(t, a_waiting_document_counts_in_the_digests);
    tcase_add_test(
        t, another_journal_with_an_earlier_ring_takes_nothing_off_the_screen);
    suite_add_tcase(suite, t);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
