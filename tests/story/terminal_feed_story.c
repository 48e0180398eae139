/* What a checkpoint makes of the feed (tests/kit/stage.h has the stage). */
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

START_TEST(a_start_says_where_it_is_then_asks_for_keys_and_everything)
{
    stage_tell(s, "the terminal restarts");
    stage_tell(s, "the line stands");
    stage_expect(s, "-> heartbeat\n"
                    "-> keys\n"
                    "-> sync after 10\n");
}
END_TEST

START_TEST(an_alert_for_us_is_shown_and_answered)
{
    stage_tell(s, "A1 is issued");
    stage_expect(s, "screen NEW A1 r1\n"
                    "-> HELD A1 r1\n");
}
END_TEST

START_TEST(an_alert_for_others_is_neither_shown_nor_answered)
{
    stage_tell(s, "A1 is issued elsewhere");
    stage_expect(s, "");
    ck_assert_ptr_nonnull(
        terminal_holding(stage_terminal(s), stage_alert_id("A1")));
}
END_TEST

START_TEST(the_same_alert_by_three_ways_is_shown_and_answered_once)
{
    stage_tell(s, "A1 is issued");
    stage_tell(s, "A1 comes again");
    stage_tell(s, "a false beacon comes");
    stage_expect(s, "screen NEW A1 r1\n"
                    "-> HELD A1 r1\n"
                    "-> sync from the start\n");
    stage_tell(s, "the desk answers");
    stage_tell(s, "A1 comes again");
    stage_expect(s, "");
}
END_TEST

START_TEST(a_push_is_answered_even_when_it_was_answered_before)
{
    a1_is_here();
    stage_tell(s, "A1 is pushed");
    stage_expect(s, "-> HELD A1 r1\n");
    stage_tell(s, "A1 is pushed"); /* the answer is still on its way */
    stage_expect(s, "");
}
END_TEST

/* The node was in an earlier target and away: it stays in the coverage. */
START_TEST(a_push_is_answered_even_when_it_is_not_for_this_node)
{
    stage_tell(s, "A1 is issued elsewhere");
    stage_expect(s, "");
    stage_tell(s, "A1 is pushed");
    stage_expect(s, "-> HELD A1 r1\n");
    stage_tell(s, "the feed is deaf");
    stage_tell(s, "A2 is issued elsewhere");
    stage_tell(s, "A2 is pushed");
    stage_expect(s, "-> HELD A2 r1\n");
}
END_TEST

START_TEST(a_newer_revision_replaces_and_an_older_one_never_comes_back)
{
    a1_is_here();
    stage_tell(s, "A1 is revised");
    stage_expect(s, "screen REVISED A1 r2\n"
                    "-> HELD A1 r2\n");
    stage_tell(s, "A1 comes again as first issued");
    stage_expect(s, "");
}
END_TEST

/* Three pages of a sync. */
static void seven_are_missed(void)
{
    char name[32];

    stage_tell(s, "the feed is deaf");
    for (int i = 1; i <= 7; i++) {
        snprintf(name, sizeof name, "A%d is issued", i);
        stage_tell(s, name);
    }
    stage_tell(s, "the feed works");
    stage_tell(s, "a beacon comes");
    stage_expect(s, "-> sync after 10\n");
}

/* It was restarted between two pages, or the node was admitted again. */
START_TEST(a_broker_that_begins_its_pages_anew_is_heard_out)
{
    struct terminal_standing standing;

    seven_are_missed();
    stage_tell(s, "the desk answers once");
    stage_tell(s, "the pages begin anew");
    stage_skip(s);
    stage_tell(s, "A8 is issued"); /* while they are under way */
    stage_expect_begins(s, "screen NEW A8 r1\n");
    stage_skip(s);
    stage_tell(s, "the desk answers");
    ck_assert_ptr_null(strstr(stage_heard(s), "ENDED"));
    stage_tell(s, "a beacon comes");
    stage_standing(s, &standing);
    ck_assert(standing.complete);
    stage_skip(s);
    stage_tell(s, "the terminal restarts");
    stage_skip(s);
    stage_tell(s, "the line stands");
    stage_tell(s, "the desk answers");
    stage_tell(s, "a beacon comes");
    stage_standing(s, &standing);
    ck_assert(standing.complete);
    stage_skip(s);
}
END_TEST

START_TEST(a_withdrawal_takes_the_alert_off_and_is_answered)
{
    a1_is_here();
    stage_tell(s, "A1 is withdrawn");
    stage_expect(s, "screen ENDED A1 r2\n"
                    "-> HELD A1 r2\n");
}
END_TEST

START_TEST(a_withdrawal_overtakes_the_alert_that_it_withdraws)
{
    stage_tell(s, "the feed is deaf");
    stage_tell(s, "A1 is issued");
    stage_tell(s, "the feed works");
    stage_tell(s, "A1 is withdrawn");
    stage_expect(s, "-> sync after 10\n"
                    "-> HELD A1 r2\n");
    stage_tell(s, "A1 comes again as first issued");
    stage_tell(s, "the desk answers");
    stage_expect(s, "");
}
END_TEST

START_TEST(a_revision_that_is_no_longer_for_us_ends_it_and_is_answered)
{
    a1_is_here();
    stage_tell(s, "A1 is revised elsewhere");
    stage_expect(s, "screen ENDED A1 r2\n"
                    "-> HELD A1 r2\n");
    stage_tell(s, "A1 is revised");
    stage_expect(s, "screen NEW A1 r3\n"
                    "-> HELD A1 r3\n");
}
END_TEST

START_TEST(an_alert_expires_by_our_own_clock)
{
    a1_is_here();
    stage_tell(s, "the line breaks");
    stage_tell(s, "9 d pass");
    stage_expect(s, "beacon.missed\n");
    stage_tell(s, "1 d pass");
    stage_expect(s, "screen ENDED A1 r1\n");
}
END_TEST

START_TEST(the_broker_alone_cannot_expire_an_alert_before_its_time)
{
    struct terminal_standing standing;

    a1_is_here();
    stage_tell(s, "A1 is expired");
    stage_expect(s, "");
    stage_tell(s, "a beacon comes"); /* yet the pictures agree */
    stage_expect(s, "");
    stage_standing(s, &standing);
    ck_assert(standing.complete);
    stage_tell(s, "A1 is revised");
    stage_expect(s, "screen REVISED A1 r2\n"
                    "-> HELD A1 r2\n");
}
END_TEST

START_TEST(a_fast_broker_expires_an_alert_a_little_before_our_clock_does)
{
    a1_is_here();
    stage_tell(s, "the line breaks");
    stage_tell(s, "239 h pass");
    stage_tell(s, "3300 s pass");
    stage_expect(s, "beacon.missed\n");
    stage_tell(s, "A1 is expired");
    stage_expect(s, "screen ENDED A1 r1\n");
}
END_TEST

/* ---- what is not the centre's ---- */

START_TEST(a_forged_alert_is_neither_shown_nor_stored_nor_answered)
{
    struct terminal_standing standing;

    stage_tell(s, "A1 is forged");
    stage_expect(s, "document.refused: reason=\"alert.signature does not "
                    "verify\"\n");
    ck_assert_ptr_null(
        terminal_holding(stage_terminal(s), stage_alert_id("A1")));
    stage_standing(s, &standing);
    ck_assert_uint_eq(standing.rejected, 1);
}
END_TEST

START_TEST(an_exercise_signed_with_the_key_for_actual_alerts_is_refused)
{
    stage_tell(s, "A1 is misused");
    stage_expect(s, "document.refused: reason=\"alert.signature does not "
                    "verify\"\n");
}
END_TEST

START_TEST(an_exercise_cannot_take_an_actual_alert_off_the_screen)
{
    a1_is_here();
    stage_tell(s, "A1 is crossed");
    stage_expect(s, "document.refused: reason=\"an exercise under the id of "
                    "an actual alert\"\n");
}
END_TEST

START_TEST(an_exercise_travels_on_its_own_topic_and_is_marked)
{
    stage_tell(s, "A1 is issued exercise");
    stage_expect(s, "screen NEW A1 r1\n"
                    "-> HELD A1 r1\n");
    ck_assert(
        terminal_holding(stage_terminal(s), stage_alert_id("A1"))->exercise);
}
END_TEST

START_TEST(a_message_moved_to_another_topic_opens_nothing)
{
    struct terminal_standing standing;

    stage_tell(s, "the feed is deaf");
    stage_tell(s, "A1 is issued");
    stage_throw_feed(s, "a/44/", stage_last_feed(s));
    stage_throw_feed(s, "a/4401/", stage_last_feed(s));
    stage_throw_feed(s, "", stage_last_feed(s));
    stage_expect(s, "");
    stage_standing(s, &standing);
    ck_assert_uint_eq(standing.unopened, 1);
}
END_TEST

/* ---- is my picture complete? ---- */

START_TEST(a_beacon_that_agrees_makes_the_picture_complete_now)
{
    struct terminal_standing standing;

    a1_is_here();
    stage_tell(s, "a beacon comes");
    stage_standing(s, &standing);
    ck_assert(standing.complete);
    ck_assert_int_eq(standing.picture_ms, stage_now(s).wall_ms);
    ck_assert_uint_eq(standing.head, 12);
    stage_expect(s, "");
}
END_TEST

START_TEST(a_gap_in_the_chain_is_healed_by_a_sync)
{
    stage_tell(s, "the feed is deaf");
    stage_tell(s, "A1 is issued");
    stage_tell(s, "the feed works");
    stage_tell(s, "A2 is issued");
    stage_expect(s, "screen NEW A2 r1\n"
                    "-> sync after 10\n"
                    "-> HELD A2 r1\n");
    stage_tell(s, "the desk answers");
    stage_expect(s, "screen NEW A1 r1\n"
                    "-> HELD A1 r1\n");
}
END_TEST

START_TEST(a_lost_message_that_nothing_followed_is_seen_by_the_next_beacon)
{
    struct terminal_standing standing;

    stage_tell(s, "the feed is deaf");
    stage_tell(s, "A1 is issued");
    stage_tell(s, "the feed works");
    stage_tell(s, "a beacon comes");
    stage_expect(s, "-> sync after 10\n");
    stage_tell(s, "the desk answers");
    stage_expect(s, "screen NEW A1 r1\n"
                    "-> HELD A1 r1\n");
    stage_standing(s, &standing);
    ck_assert_uint_eq(standing.gaps, 1);
}
END_TEST

START_TEST(another_digest_though_nothing_is_missing_asks_from_the_start)
{
    struct terminal_standing standing;

    a1_is_here();
    stage_tell(s, "a false beacon comes");
    stage_expect(s, "-> sync from the start\n");
    stage_tell(s, "the desk answers");
    stage_tell(s, "a beacon comes");
    stage_expect(s, "");
    stage_standing(s, &standing);
    ck_assert(standing.complete);
}
END_TEST

START_TEST(a_broker_that_never_agrees_is_not_asked_without_end)
{
    for (int i = 0; i < 600; i++) {
        stage_tell(s, "a false beacon comes");
        stage_tell(s, "the desk answers");
        stage_skip(s);
        stage_tell(s, "100 ms pass");
    }
    stage_skip(s);
    stage_tell(s, "a false beacon comes");
    stage_tell(s, "1 s pass");
    stage_expect(s, "");
}
END_TEST

START_TEST(an_alert_that_a_sync_from_the_start_does_not_name_is_gone)
{
    a1_is_here();
    stage_tell(s, "A2 is issued");
    stage_tell(s, "the desk answers");
    stage_tell(s, "A1 is forgotten");
    stage_skip(s);
    stage_tell(s, "a beacon comes");
    stage_expect(s, "-> sync from the start\n");
    stage_tell(s, "the desk answers");
    stage_expect(s, "screen ENDED A1 r1\n");
    ck_assert_ptr_null(
        terminal_holding(stage_terminal(s), stage_alert_id("A1")));
}
END_TEST

START_TEST(a_sync_of_what_is_new_removes_nothing)
{
    a1_is_here();
    stage_tell(s, "a beacon comes");
    stage_tell(s, "the feed is deaf");
    stage_tell(s, "A2 is issued");
    stage_tell(s, "the feed works");
    stage_tell(s, "a beacon comes");
    stage_tell(s, "the desk answers");
    stage_expect(s, "-> sync after 12\n"
                    "screen NEW A2 r1\n"
                    "-> HELD A2 r1\n");
}
END_TEST

START_TEST(pages_of_a_sync_are_taken_one_after_the_other)
{
    seven_are_missed();
    stage_tell(s, "the desk answers");
    stage_expect(s, "screen NEW A1 r1\n"
                    "screen NEW A2 r1\n"
                    "screen NEW A3 r1\n"
                    "-> sync after 13\n"
                    "-> HELD A1 r1\n"
                    "-> HELD A2 r1\n"
                    "-> HELD A3 r1\n"
                    "screen NEW A4 r1\n"
                    "screen NEW A5 r1\n"
                    "screen NEW A6 r1\n"
                    "-> sync after 16\n"
                    "-> HELD A4 r1\n"
                    "-> HELD A5 r1\n"
                    "-> HELD A6 r1\n"
                    "screen NEW A7 r1\n"
                    "-> HELD A7 r1\n");
}
END_TEST

/* It was sent before the page was made, and the page knows better. */
START_TEST(what_the_feed_named_during_a_sync_is_gone_if_the_pages_know_it_ended)
{
    stage_tell(s, "the terminal gets another key");
    stage_tell(s, "the line stands");
    stage_tell(s, "A1 is issued"); /* it waits for the new keys */
    stage_skip(s);
    stage_tell(s, "A1 is forgotten");
    stage_tell(s, "the desk answers");
    stage_expect(s, "screen NEW A1 r1\n"
                    "-> HELD A1 r1\n"
                    "screen ENDED A1 r1\n");
}
END_TEST

/* A slow feed brings what a sync knows to be over: nobody is woken for it. */
START_TEST(a_message_that_a_sync_has_overtaken_brings_nothing_back)
{
    stage_tell(s, "the feed is deaf");
    stage_tell(s, "A1 is issued");
    stage_tell(s, "the feed works");
    stage_tell(s, "A1 is forgotten");
    stage_tell(s, "a beacon comes");
    stage_expect(s, "-> sync after 10\n");
    stage_tell(s, "the desk answers");
    stage_tell(s, "A1 comes again");
    stage_expect(s, "");
    ck_assert_ptr_null(
        terminal_holding(stage_terminal(s), stage_alert_id("A1")));
    stage_tell(s, "A2 is issued");
    stage_expect(s, "screen NEW A2 r1\n"
                    "-> HELD A2 r1\n");
}
END_TEST

START_TEST(another_epoch_is_asked_for_everything_even_if_all_looks_the_same)
{
    a1_is_here();
    stage_tell(s, "a new journal begins");
    stage_tell(s, _i == 0 ? "a beacon comes" : "A1 comes again");
    stage_expect(s, "-> sync from the start\n");
}
END_TEST

static void a2_is_lost_by_the_broker(void)
{
    a1_is_here();
    stage_tell(s, "A2 is issued");
    stage_tell(s, "the desk answers");
    stage_tell(s, "A2 is forgotten");
    stage_skip(s);
    stage_tell(s, "a new journal begins");
    stage_tell(s, "a beacon comes");
    stage_expect(s, "-> sync from the start\n");
}

START_TEST(what_another_journal_lacks_is_handed_back_and_stays)
{
    a2_is_lost_by_the_broker();
    stage_tell(s, "the desk answers");
    stage_expect(s, "-> A2 r1 handed back\n"
                    "-> sync from the start\n");
    stage_tell(s, "a beacon comes");
    stage_expect(s, "");
}
END_TEST

static bool give_sequence(void *arg, const struct stored *stored)
{
    *(uint64_t *)arg = stored->holding.sequence;
    return true;
}

/* As it is held, and as it is stored. */
static uint64_t sequence_of_a2(void)
{
    struct store_query query = {.alert_id = stage_alert_id("A2")};
    uint64_t sequence = 0;

    ck_assert_int_eq(
        store_each(stage_store(s), &query, give_sequence, &sequence, NULL),
        STATUS_OK);
    ck_assert_uint_eq(
        terminal_holding(stage_terminal(s), query.alert_id)->sequence,
        sequence);
    return sequence;
}

START_TEST(what_is_handed_back_stands_where_the_new_journal_has_it)
{
    uint64_t before;

    a2_is_lost_by_the_broker();
    before = sequence_of_a2();
    stage_tell(s, "the desk answers");
    stage_skip(s);
    ck_assert_uint_gt(sequence_of_a2(), before);
}
END_TEST

START_TEST(what_another_journal_does_not_take_back_is_removed)
{
    a2_is_lost_by_the_broker();
    stage_tell(s, "the desk answers once");
    stage_expect(s, "-> A2 r1 handed back\n");
    stage_tell(s, "the desk answers DENIED");
    stage_expect(s, "-> sync from the start\n");
    stage_tell(s, "the desk answers");
    stage_expect(s, "screen ENDED A2 r1\n");
    stage_tell(s, "a beacon comes");
    stage_expect(s, "");
}
END_TEST

START_TEST(a_crash_between_losing_and_handing_back_loses_nothing)
{
    a2_is_lost_by_the_broker();
    stage_tell(s, "the desk answers once");
    stage_expect(s, "-> A2 r1 handed back\n");
    stage_tell(s, "the desk is quiet");
    stage_tell(s, "the terminal restarts");
    stage_tell(s, "the line stands");
    stage_tell(s, "the desk answers");
    stage_expect(s, "-> heartbeat\n"
                    "-> keys\n"
                    "-> sync after 10\n"
                    "-> A2 r1 handed back\n"
                    "-> sync from the start\n");
}
END_TEST

START_TEST(silence_of_the_beacons_is_said_and_the_desk_is_asked)
{
    struct terminal_standing standing;

    stage_tell(s, "a beacon comes");
    stage_tell(s, "4900 ms pass");
    stage_expect(s, "");
    stage_tell(s, "100 ms pass");
    stage_expect(s, "beacon.missed\n"
                    "-> heartbeat\n");
    stage_standing(s, &standing);
    ck_assert(!standing.complete);
    stage_tell(s, "the feed is deaf");
    stage_tell(s, "A1 is issued");
    stage_tell(s, "the desk answers"); /* whose presence tells of A1 */
    stage_expect(s, "-> sync after 10\n"
                    "screen NEW A1 r1\n"
                    "-> HELD A1 r1\n");
}
END_TEST

START_TEST(a_broker_restored_from_an_older_copy_is_followed_back)
{
    struct terminal_standing standing;

    for (int i = 0; i < 5; i++)
        a1_is_here();
    stage_tell(s, "a beacon comes");
    stage_tell(s, "A1 is forgotten");
    stage_tell(s, "the broker turns back to 11");
    stage_skip(s);
    for (int i = 0; i < 9; i++) {
        stage_tell(s, "a beacon comes");
        stage_tell(s, "2 s pass");
    }
    stage_tell(s, "the desk answers");
    stage_tell(s, "a beacon comes");
    stage_standing(s, &standing);
    ck_assert(standing.complete);
    ck_assert_uint_eq(standing.head, 12); /* it took A1 back */
}
END_TEST

START_TEST(what_is_new_after_a_broker_has_turned_back_is_shown_at_once)
{
    stage_tell(s, "the feed is deaf");
    for (int i = 0; i < 5; i++)
        a1_is_here();
    stage_tell(s, "the feed works");
    stage_tell(s, "a beacon comes");
    stage_tell(s, "the desk answers"); /* a sync of all that */
    stage_tell(s, "the broker turns back to 11");
    stage_tell(s, "2 s pass");
    stage_skip(s);
    stage_tell(s, "A2 is issued");
    stage_expect_begins(s, "screen NEW A2 r1\n");
}
END_TEST

/* ---- generations ---- */

START_TEST(what_cannot_be_opened_yet_is_kept_until_the_keys_come)
{
    stage_tell(s, "the keys change");
    stage_tell(s, "A1 is issued");
    stage_tell(s, "2 s pass");
    stage_expect(s, "-> keys\n");
    stage_tell(s, "the desk answers");
    stage_expect(s, "screen NEW A1 r1\n"
                    "-> HELD A1 r1\n");
}
END_TEST

START_TEST(messages_of_the_generation_before_still_open)
{
    stage_tell(s, "the keys change");
    stage_tell(s, "A1 is issued");
    stage_tell(s, "2 s pass");
    stage_tell(s, "the desk answers");
    stage_skip(s);
    stage_tell(s, "the old keys are used again");
    stage_tell(s, "A2 is issued");
    stage_expect(s, "screen NEW A2 r1\n"
                    "-> HELD A2 r1\n");
}
END_TEST

START_TEST(a_beacon_of_a_newer_generation_asks_for_keys_within_three_seconds)
{
    stage_tell(s, "a beacon comes");
    stage_tell(s, "the keys change");
    stage_tell(s, "a beacon comes");
    stage_expect(s, "");
    stage_tell(s, "3 s pass");
    stage_expect(s, "-> keys\n");
}
END_TEST

/* Between two words of its own: it never heard that it was nobody. */
START_TEST(who_was_revoked_for_a_moment_syncs_from_the_start_once)
{
    stage_tell(s, "A1 is issued");
    stage_tell(s, "the desk answers");
    stage_tell(s, "the node is enrolled anew");
    stage_tell(s, "A1 is forgotten"); /* withdrawn, where it was not counted */
    stage_skip(s);
    stage_tell(s, "A2 is issued");
    stage_tell(s, "2 s pass");
    stage_expect(s, "-> keys\n");
    stage_tell(s, "the desk answers");
    stage_expect(s, "screen NEW A2 r1\n"
                    "-> sync from the start\n"
                    "-> HELD A2 r1\n"
                    "screen ENDED A1 r1\n");
    stage_tell(s, "the keys change");
    stage_tell(s, "a beacon comes");
    stage_tell(s, "3 s pass");
    stage_tell(s, "the desk answers");
    stage_expect(s, "-> keys\n");
    stage_tell(s, "the terminal restarts");
    stage_skip(s);
    stage_tell(s, "the line stands");
    stage_tell(s, "the desk answers");
    stage_expect_begins(s, "-> heartbeat\n"
                           "-> keys\n"
                           "-> sync after ");
    stage_skip(s);
}
END_TEST

START_TEST(only_the_newest_64_unopened_messages_are_kept)
{
    char name[32];

    stage_tell(s, "the keys change");
    for (int i = 1; i <= 70; i++) {
        snprintf(name, sizeof name, "A%d is issued", i);
        stage_tell(s, name);
    }
    stage_tell(s, "2 s pass");
    stage_tell(s, "the desk answers");
    ck_assert_ptr_nonnull(
        terminal_holding(stage_terminal(s), stage_alert_id("A70")));
    ck_assert_ptr_nonnull(
        terminal_holding(stage_terminal(s), stage_alert_id("A1")));
}
END_TEST

static Suite *suite_of_feed(void)
{
    Suite *suite = suite_create("terminal: feed");
    TCase *alerts = tcase_create("alerts");
    TCase *forged = tcase_create("not the centre's");
    TCase *complete = tcase_create("complete");
    TCase *keys = tcase_create("generations");

    tcase_add_checked_fixture(alerts, open_stage, close_stage);
    tcase_add_test(alerts,
                   a_start_says_where_it_is_then_asks_for_keys_and_everything);
    tcase_add_test(alerts, an_alert_for_us_is_shown_and_answered);
    tcase_add_test(alerts, an_alert_for_others_is_neither_shown_nor_answered);
    tcase_add_test(alerts,
                   the_same_alert_by_three_ways_is_shown_and_answered_once);
    tcase_add_test(alerts, a_push_is_answered_even_when_it_was_answered_before);
    tcase_add_test(alerts,
                   a_push_is_answered_even_when_it_is_not_for_this_node);
    tcase_add_test(alerts,
                   a_newer_revision_replaces_and_an_older_one_never_comes_back);
    tcase_add_test(alerts, a_broker_that_begins_its_pages_anew_is_heard_out);
    tcase_add_test(alerts, a_withdrawal_takes_the_alert_off_and_is_answered);
    tcase_add_test(alerts, a_withdrawal_overtakes_the_alert_that_it_withdraws);
    tcase_add_test(alerts,
                   a_revision_that_is_no_longer_for_us_ends_it_and_is_answered);
    tcase_add_test(alerts, an_alert_expires_by_our_own_clock);
    tcase_add_test(alerts,
                   the_broker_alone_cannot_expire_an_alert_before_its_time);
    tcase_add_test(
        alerts, a_fast_broker_expires_an_alert_a_little_before_our_clock_does);
    suite_add_tcase(suite, alerts);

    tcase_add_checked_fixture(forged, open_stage, close_stage);
    tcase_add_test(forged,
                   a_forged_alert_is_neither_shown_nor_stored_nor_answered);
    tcase_add_test(
        forged, an_exercise_signed_with_the_key_for_actual_alerts_is_refused);
    tcase_add_test(forged,
                   an_exercise_cannot_take_an_actual_alert_off_the_screen);
    tcase_add_test(forged, an_exercise_travels_on_its_own_topic_and_is_marked);
    tcase_add_test(forged, a_message_moved_to_another_topic_opens_nothing);
    suite_add_tcase(suite, forged);

    tcase_add_checked_fixture(complete, open_stage, close_stage);
    tcase_add_test(complete,
                   a_beacon_that_agrees_makes_the_picture_complete_now);
    tcase_add_test(complete, a_gap_in_the_chain_is_healed_by_a_sync);
    tcase_add_test(
        complete,
        a_lost_message_that_nothing_followed_is_seen_by_the_next_beacon);
    tcase_add_test(
        complete, another_digest_though_nothing_is_missing_asks_from_the_start);
    tcase_add_test(complete,
                   a_broker_that_never_agrees_is_not_asked_without_end);
    tcase_add_test(complete,
                   an_alert_that_a_sync_from_the_start_does_not_name_is_gone);
    tcase_add_test(complete, a_sync_of_what_is_new_removes_nothing);
    tcase_add_test(complete, pages_of_a_sync_are_taken_one_after_the_other);
    tcase_add_test(complete,
                   what_another_journal_lacks_is_handed_back_and_stays);
    tcase_add_test(complete,
                   what_is_handed_back_stands_where_the_new_journal_has_it);
    tcase_add_test(complete,
                   what_another_journal_does_not_take_back_is_removed);
    tcase_add_test(complete,
                   a_crash_between_losing_and_handing_back_loses_nothing);
    tcase_add_test(complete,
                   what_is_new_after_a_broker_has_turned_back_is_shown_at_once);
    tcase_add_test(complete,
                   a_message_that_a_sync_has_overtaken_brings_nothing_back);
    tcase_add_loop_test(
        complete,
        another_epoch_is_asked_for_everything_even_if_all_looks_the_same, 0, 2);
    tcase_add_test(
        complete,
        what_the_feed_named_during_a_sync_is_gone_if_the_pages_know_it_ended);
    tcase_add_test(complete,
                   silence_of_the_beacons_is_said_and_the_desk_is_asked);
    tcase_add_test(complete,
                   a_broker_restored_from_an_older_copy_is_followed_back);
    suite_add_tcase(suite, complete);

    tcase_add_checked_fixture(keys, open_stage, close_stage);
    tcase_add_test(keys, what_cannot_be_opened_yet_is_kept_until_the_keys_come);
    tcase_add_test(keys, messages_of_the_generation_before_still_open);
    tcase_add_test(
        keys,
        a_beacon_of_a_newer_generation_asks_for_keys_within_three_seconds);
    tcase_add_test(keys,
                   who_was_revoked_for_a_moment_syncs_from_the_start_once);
    tcase_add_test(keys, only_the_newest_64_unopened_messages_are_kept);
    suite_add_tcase(suite, keys);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(suite_of_feed());
    int failed;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
