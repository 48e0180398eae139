/* What a checkpoint says to its field desk, and how often. */
#include <stdio.h>
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

static void a1_is_here(void)
{
    stage_tell(s, "A1 is issued");
    stage_tell(s, "the desk answers");
    stage_skip(s);
}

/* ---- answers ---- */

START_TEST(an_answer_without_a_reply_is_sent_again_after_five_seconds)
{
    a1_is_here();
    stage_tell(s, "an officer reports A1");
    stage_expect(s, "-> SIGHTING A1 r1\n");
    stage_tell(s, "4900 ms pass");
    stage_expect(s, "");
    stage_tell(s, "100 ms pass");
    stage_expect(s, "-> SIGHTING A1 r1 again\n");
    stage_tell(s, "the desk answers");
    stage_tell(s, "a beacon comes");
    stage_tell(s, "5 s pass");
    stage_expect(s, "beacon.missed\n"
                    "-> heartbeat\n");
}
END_TEST

START_TEST(answers_given_without_a_line_go_out_when_it_stands)
{
    a1_is_here();
    stage_tell(s, "the line breaks");
    stage_tell(s, "an officer reports A1");
    stage_tell(s, "an officer reports A1 as intercepted");
    stage_expect(s, "");
    stage_tell(s, "the line stands");
    stage_expect(s, "-> heartbeat\n"
                    "-> SIGHTING A1 r1\n"
                    "-> INTERCEPTED A1 r1\n");
}
END_TEST

START_TEST(a_new_connection_sends_unanswered_requests_again)
{
    a1_is_here();
    stage_tell(s, "an officer reports A1");
    stage_tell(s, "the line breaks");
    stage_tell(s, "the line stands");
    stage_expect(s, "-> SIGHTING A1 r1\n"
                    "-> heartbeat\n"
                    "-> SIGHTING A1 r1 again\n");
}
END_TEST

START_TEST(what_another_journal_may_have_lost_is_said_again)
{
    a1_is_here();
    stage_tell(s, "an officer reports A1");
    stage_tell(s, "the desk answers");
    stage_tell(s, "a new journal begins");
    stage_tell(s, "a beacon comes");
    stage_skip(s);
    stage_tell(s, "the desk answers");
    stage_expect(s, "-> SIGHTING A1 r1 again\n");
    stage_tell(s, "the desk answers");
    stage_tell(s, "a beacon comes");
    stage_expect(s, "");
}
END_TEST

START_TEST(after_an_outage_the_sync_waits_up_to_two_seconds)
{
    a1_is_here();
    stage_tell(s, "the line breaks");
    stage_tell(s, "the line stands");
    stage_expect(s, "-> heartbeat\n");
    stage_tell(s, "2 s pass");
    stage_tell(s, "the desk answers");
    stage_expect(s, "-> keys\n"
                    "-> sync after 10\n");
}
END_TEST

START_TEST(a_busy_desk_gets_the_same_again_when_it_says_so)
{
    a1_is_here();
    stage_tell(s, "an officer reports A1");
    stage_tell(s, "the desk answers BUSY: in 3 s");
    stage_tell(s, "2900 ms pass");
    stage_expect(s, "-> SIGHTING A1 r1\n");
    stage_tell(s, "100 ms pass");
    stage_expect(s, "-> SIGHTING A1 r1 again\n");
}
END_TEST

START_TEST(a_broker_without_space_gets_the_same_again_when_it_says_so)
{
    a1_is_here();
    stage_tell(s, "an officer reports A1");
    stage_tell(s, "the desk answers UNAVAILABLE: in 3 s");
    stage_tell(s, "2900 ms pass");
    stage_expect(s, "-> SIGHTING A1 r1\n");
    stage_tell(s, "100 ms pass");
    stage_expect(s, "-> SIGHTING A1 r1 again\n");
}
END_TEST

START_TEST(a_stopping_broker_gets_the_same_again)
{
    a1_is_here();
    stage_tell(s, "an officer reports A1");
    stage_tell(s, "the desk answers UNAVAILABLE");
    stage_skip(s);
    stage_tell(s, "2 s pass");
    stage_expect(s, "-> SIGHTING A1 r1 again\n");
}
END_TEST

static void waits(size_t count)
{
    struct store_counts counts;

    ck_assert_int_eq(
        store_count(stage_store(s), stage_now(s).wall_ms, &counts, NULL),
        STATUS_OK);
    ck_assert_uint_eq(counts.refused, 0);
    ck_assert_uint_eq(counts.waiting, count);
}

START_TEST(what_an_earlier_broker_does_not_know_waits_for_a_later_one)
{
    a1_is_here();
    stage_tell(s, "an officer reports A1");
    stage_tell(s, "the desk answers EARLIER");
    stage_expect(s, "-> SIGHTING A1 r1\n");
    stage_tell(s, "29 s pass");
    waits(1);
    stage_tell(s, "30900 ms pass");
    stage_tell(s, "the desk answers");
    stage_skip(s);
    stage_tell(s, "100 ms pass");
    stage_expect(s, "-> SIGHTING A1 r1 again\n");
}
END_TEST

/* It may be admitted again with the key that it has. */
START_TEST(what_an_officer_said_waits_while_the_node_is_revoked)
{
    a1_is_here();
    stage_tell(s, "an officer reports A1");
    stage_tell(s, "the desk answers DENIED principal");
    stage_expect(s, "-> SIGHTING A1 r1\n"
                    "node.revoked\n");
    waits(1);
    stage_tell(s, "the terminal restarts");
    stage_skip(s);
    stage_tell(s, "the line stands");
    stage_expect(s, "-> heartbeat\n");
    stage_tell(s, "the desk answers");
    stage_expect(s, "node.admitted\n"
                    "-> SIGHTING A1 r1 again\n"
                    "-> keys\n"
                    "-> sync from the start\n");
    waits(0);
}
END_TEST

START_TEST(a_refused_answer_is_not_repeated)
{
    struct store_counts counts;

    a1_is_here();
    stage_tell(s, "an officer reports A1");
    stage_tell(s, "the desk answers NOT_FOUND");
    stage_skip(s);
    stage_tell(s, "the terminal restarts");
    stage_tell(s, "the line stands");
    stage_expect(s, "-> heartbeat\n"
                    "-> keys\n"
                    "-> sync after 10\n");
    ck_assert_int_eq(
        store_count(stage_store(s), stage_now(s).wall_ms, &counts, NULL),
        STATUS_OK);
    ck_assert_uint_eq(counts.refused, 1);
    ck_assert_uint_eq(counts.waiting, 0);
}
END_TEST

START_TEST(an_answer_survives_the_daemon_and_keeps_its_request_id)
{
    a1_is_here();
    stage_tell(s, "an officer reports A1");
    stage_skip(s);
    stage_tell(s, "the terminal restarts");
    stage_tell(s, "the line stands");
    stage_expect(s, "-> heartbeat\n"
                    "-> SIGHTING A1 r1 again\n"
                    "-> keys\n"
                    "-> sync after 10\n");
}
END_TEST

/* The broker asks for the newest key's signature: it is the officer's word
 * still, and the node's. */
START_TEST(what_officers_said_keeps_its_order_over_a_revocation)
{
    a1_is_here();
    stage_tell(s, "a beacon comes");
    stage_tell(s, "4 s pass");
    stage_tell(s, "an officer reports A1");
    stage_tell(s, "the desk answers DENIED principal");
    stage_tell(s, "an officer reports A1 as intercepted");
    stage_tell(s, "1 s pass"); /* no beacon: it asks how it stands */
    stage_skip(s);
    stage_tell(s, "the desk answers once");
    stage_expect_begins(s, "node.admitted\n"
                           "-> SIGHTING A1 r1 again\n"
                           "-> INTERCEPTED A1 r1\n");
    stage_skip(s);
}
END_TEST

START_TEST(what_officers_said_is_signed_with_the_key_of_today)
{
    a1_is_here();
    stage_tell(s, "the line breaks");
    stage_tell(s, "an officer reports A1");
    stage_tell(s, "an officer reports A1 as intercepted");
    stage_tell(s, "the terminal gets another key");
    stage_tell(s, "the line stands");
    stage_expect(s, "-> heartbeat\n"
                    "-> SIGHTING A1 r1\n"
                    "-> INTERCEPTED A1 r1\n"
                    "-> keys\n"
                    "-> sync from the start\n");
    stage_tell(s, "the desk answers");
    stage_skip(s);
    /* what a restored broker has lost is said again under that key, too */
    stage_tell(s, "the terminal gets another key");
    stage_tell(s, "the line stands");
    stage_tell(s, "the desk answers");
    stage_tell(s, "a new journal begins");
    stage_tell(s, "a beacon comes");
    stage_skip(s);
    stage_tell(s, "the desk answers");
    stage_expect_begins(s, "-> SIGHTING A1 r1\n"
                           "-> INTERCEPTED A1 r1\n");
    stage_skip(s);
}
END_TEST

START_TEST(held_is_still_owed_after_a_crash_between_storing_and_sending)
{
    stage_tell(s, "the line breaks");
    stage_tell(s, "A1 is issued"); /* the feed is another line */
    stage_expect(s, "screen NEW A1 r1\n");
    stage_tell(s, "the terminal restarts");
    stage_tell(s, "the line stands");
    stage_expect(s, "-> heartbeat\n"
                    "-> keys\n"
                    "-> sync after 10\n"
                    "-> HELD A1 r1\n");
}
END_TEST

START_TEST(what_an_officer_says_goes_before_what_the_machine_says)
{
    char name[32];

    a1_is_here();
    stage_tell(s, "the line breaks");
    for (int i = 2; i <= 60; i++) {
        snprintf(name, sizeof name, "A%d is issued", i);
        stage_tell(s, name);
    }
    stage_skip(s);
    stage_tell(s, "an officer reports A1");
    stage_tell(s, "the line stands");
    stage_expect_begins(s, "-> heartbeat\n"
                           "-> SIGHTING A1 r1\n"
                           "-> HELD A2 r1\n");
    stage_tell(s, "the desk answers");
    stage_tell(s, "2 s pass");
    stage_tell(s, "the desk answers");
    stage_skip(s);
    stage_tell(s, "the terminal restarts");
    stage_tell(s, "the line stands"); /* nothing is owed any more */
    stage_expect(s, "-> heartbeat\n"
                    "-> keys\n"
                    "-> sync after 131\n");
}
END_TEST

/* A station that was cut off for long has more to say than the broker takes at
 * once. */
START_TEST(what_was_seen_goes_before_all_that_waits_since_the_broker_is_busy)
{
    a1_is_here();
    stage_tell(s, "the line breaks");
    for (int i = 0; i < 200; i++)
        stage_tell(s, "an officer reports A1 as read");
    stage_tell(s, "the line stands");
    stage_tell(s, "the desk answers BUSY: in 3 s");
    stage_skip(s);
    stage_tell(s, "an officer reports A1");
    stage_expect(s, "-> SIGHTING A1 r1\n");
    stage_tell(s, "the line breaks");
    stage_tell(s, "the line stands");
    stage_expect_begins(s, "-> heartbeat\n"
                           "-> SIGHTING A1 r1 again\n"
                           "-> READ A1 r1 again\n");
    for (int i = 0; i < 8; i++)
        stage_tell(s, "the desk answers");
    waits(0);
}
END_TEST

static size_t asked_again(void)
{
    size_t count = 0;

    for (const char *at = stage_heard(s);
         (at = strstr(at, "-> READ A1 r1 again\n")) != NULL; at++)
        count++;
    return count;
}

/* A restored broker has lost what a station has said much about. */
START_TEST(however_many_are_put_off_what_comes_after_them_is_asked)
{
    a1_is_here();
    stage_tell(s, "A2 is issued");
    stage_tell(s, "the desk answers");
    stage_tell(s, "the line breaks");
    for (int i = 0; i < 120; i++)
        stage_tell(s, "an officer reports A1 as read");
    stage_tell(s, "the line stands");
    for (int i = 0; i < 3; i++)
        stage_tell(s, "the desk answers BUSY: in 3 s");
    stage_skip(s);
    stage_tell(s, "an officer reports A2 as read");
    stage_expect(s, "-> READ A2 r1\n");
    stage_tell(s, "the desk answers BUSY: in 3 s");
    stage_tell(s, "2900 ms pass");
    ck_assert_uint_eq(asked_again(), 0);
    stage_tell(s, "100 ms pass");
    for (int i = 0; i < 2; i++)
        stage_tell(s, "the desk answers");
    ck_assert_uint_eq(asked_again(), 120);
    stage_tell(s, "the desk answers");
    waits(0);
}
END_TEST

/* ---- heartbeats and revocation ---- */

START_TEST(a_heartbeat_comes_every_20_to_30_seconds)
{
    stage_tell(s, "the terminal restarts");
    stage_tell(s, "the line stands");
    stage_tell(s, "the desk answers");
    stage_tell(s, "6 s pass"); /* no beacon: asked once at once */
    stage_tell(s, "the desk answers");
    stage_skip(s);
    stage_tell(s, "18 s pass");
    stage_expect(s, "");
    for (int i = 0; i < 12; i++) {
        stage_tell(s, "1 s pass");
        stage_tell(s, "the desk answers");
    }
    stage_expect(s, "-> heartbeat\n");
}
END_TEST

START_TEST(a_revoked_node_keeps_its_screen_and_shows_nothing_new)
{
    a1_is_here();
    stage_tell(s, "the desk denies everything");
    stage_expect(s, "node.revoked\n");
    stage_tell(s, "A2 is issued");
    stage_tell(s, "A1 is pushed");
    stage_tell(s, "an officer reports A1");
    stage_expect(s, "");
    ck_assert_ptr_null(
        terminal_holding(stage_terminal(s), stage_alert_id("A2")));
    stage_tell(s, "the terminal restarts");
    stage_tell(s, "the line stands");
    stage_expect(s, "-> heartbeat\n");
}
END_TEST

START_TEST(a_denied_heartbeat_is_a_revocation_too)
{
    stage_tell(s, "30 s pass");
    stage_skip(s);
    stage_tell(s, "the desk answers DENIED");
    stage_expect(s, "node.revoked\n");
}
END_TEST

START_TEST(a_refused_handshake_is_a_revocation_until_the_desk_answers)
{
    a1_is_here();
    stage_tell(s, "the line is refused");
    stage_expect(s, "node.revoked\n");
    stage_tell(s, "an officer reports A1");
    stage_tell(s, "the line stands");
    stage_tell(s, "the desk answers");
    stage_expect(s, "-> heartbeat\n"
                    "node.admitted\n"
                    "-> SIGHTING A1 r1\n"
                    "-> keys\n"
                    "-> sync from the start\n");
}
END_TEST

/* ---- pictures ---- */

START_TEST(a_picture_is_fetched_in_pieces_after_the_answer)
{
    stage_tell(s, "A1 is issued with a picture");
    stage_expect(s, "screen NEW A1 r1\n"
                    "-> HELD A1 r1\n");
    stage_tell(s, "the desk answers");
    stage_expect(s, "-> picture from 0\n"
                    "-> picture from 49152\n"
                    "-> picture from 98304\n"
                    "screen PICTURE A1 r1\n");
}
END_TEST

START_TEST(a_picture_that_is_not_the_one_in_the_alert_is_not_shown)
{
    stage_tell(s, "A1 is issued with a picture");
    stage_tell(s, "the picture of A1 is damaged");
    stage_tell(s, "the desk answers");
    stage_expect(s, "screen NEW A1 r1\n"
                    "-> HELD A1 r1\n"
                    "-> picture from 0\n"
                    "-> picture from 49152\n"
                    "-> picture from 98304\n");
    ck_assert(!terminal_holding(stage_terminal(s), stage_alert_id("A1"))
                   ->picture_here);
}
END_TEST

static bool give_size(void *arg, const struct stored *stored)
{
    *(size_t *)arg = stored->thumbnail.size;
    return true;
}

static size_t thumbnail_size(void)
{
    struct store_query query = {.alert_id = stage_alert_id("A1")};
    size_t size = 0;

    ck_assert_int_eq(store_each(stage_store(s), &query, give_size, &size, NULL),
                     STATUS_OK);
    return size;
}

START_TEST(a_thumbnail_is_taken_only_for_the_picture_that_the_alert_names)
{
    stage_tell(s, "A1 is issued with a picture");
    stage_skip(s);
    stage_tell(s, "a thumbnail of A1 comes for another picture");
    stage_expect(s, "");
    ck_assert_uint_eq(thumbnail_size(), 0);
    stage_tell(s, "a thumbnail of A1 comes");
    stage_expect(s, "screen PICTURE A1 r1\n");
    ck_assert_uint_eq(thumbnail_size(), 8);
    stage_tell(s, "A1 is revised without a picture");
    ck_assert_uint_eq(thumbnail_size(), 0);
}
END_TEST

static Suite *suite_of_desk(void)
{
    Suite *suite = suite_create("terminal: desk");
    TCase *answers = tcase_create("answers");
    TCase *standing = tcase_create("standing");
    TCase *pictures = tcase_create("pictures");

    tcase_add_checked_fixture(answers, open_stage, close_stage);
    tcase_add_test(answers,
                   an_answer_without_a_reply_is_sent_again_after_five_seconds);
    tcase_add_test(answers, answers_given_without_a_line_go_out_when_it_stands);
    tcase_add_test(answers, a_new_connection_sends_unanswered_requests_again);
    tcase_add_test(answers, what_another_journal_may_have_lost_is_said_again);
    tcase_add_test(answers, after_an_outage_the_sync_waits_up_to_two_seconds);
    tcase_add_test(answers, a_busy_desk_gets_the_same_again_when_it_says_so);
    tcase_add_test(answers,
                   a_broker_without_space_gets_the_same_again_when_it_says_so);
    tcase_add_test(answers, a_stopping_broker_gets_the_same_again);
    tcase_add_test(answers,
                   what_an_earlier_broker_does_not_know_waits_for_a_later_one);
    tcase_add_test(answers,
                   what_an_officer_said_waits_while_the_node_is_revoked);
    tcase_add_test(answers, what_officers_said_is_signed_with_the_key_of_today);
    tcase_add_test(answers,
                   what_officers_said_keeps_its_order_over_a_revocation);
    tcase_add_test(answers, a_refused_answer_is_not_repeated);
    tcase_add_test(answers,
                   an_answer_survives_the_daemon_and_keeps_its_request_id);
    tcase_add_test(
        answers, held_is_still_owed_after_a_crash_between_storing_and_sending);
    tcase_add_test(answers,
                   what_an_officer_says_goes_before_what_the_machine_says);
    tcase_add_test(answers,
                   however_many_are_put_off_what_comes_after_them_is_asked);
    tcase_add_test(
        answers,
        what_was_seen_goes_before_all_that_waits_since_the_broker_is_busy);
    suite_add_tcase(suite, answers);

    tcase_add_checked_fixture(standing, open_stage, close_stage);
    tcase_add_test(standing, a_heartbeat_comes_every_20_to_30_seconds);
    tcase_add_test(standing,
                   a_revoked_node_keeps_its_screen_and_shows_nothing_new);
    tcase_add_test(standing, a_denied_heartbeat_is_a_revocation_too);
    tcase_add_test(standing,
                   a_refused_handshake_is_a_revocation_until_the_desk_answers);
    suite_add_tcase(suite, standing);

    tcase_add_checked_fixture(pictures, open_stage, close_stage);
    tcase_add_test(
        pictures,
        a_thumbnail_is_taken_only_for_the_picture_that_the_alert_names);
    tcase_add_test(pictures, a_picture_is_fetched_in_pieces_after_the_answer);
    tcase_add_test(pictures,
                   a_picture_that_is_not_the_one_in_the_alert_is_not_shown);
    suite_add_tcase(suite, pictures);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(suite_of_desk());
    int failed;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
