/* The broker's promises, told as stories (tests/kit/story.h has the cast). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "story.h"
#include "wire/check.h"

static struct story *s;

static void open_story(void)
{
    s = story_new();
}

static void close_story(void)
{
    story_free(s);
}

/* sz reports A1 around the border; gate-1 and gate-2 are 11 km away. */
static void a1_is_out(void)
{
    story_tell(s, "sz reports A1 within 30");
    story_skip(s);
}

START_TEST(a_report_goes_out_on_the_smallest_set_of_topics_after_its_commit)
{
    story_tell(s, "the disk pauses");
    story_tell(s, "sz reports A1 within 30");
    story_expect(s, "");
    story_tell(s, "the disk resumes");
    story_expect(s, "feed a/4403/ A1 r1 12 after 0\n"
                    "sz <- RECORDED 12 2 nodes\n");
}
END_TEST

START_TEST(what_nobody_knows_in_a_report_does_not_keep_it_off_the_feed)
{
    story_tell(s, "sz reports A1 within 30 padded");
    story_expect(s, "feed a/4403/ A1 r1 12 after 0\n"
                    "sz <- RECORDED 12 2 nodes\n");
    ck_assert_uint_lt(book_alert(broker_book(story_broker(s)),
                                 broker_book(story_broker(s))->alerts[0]->id)
                          ->document_size,
                      6000);
}
END_TEST

START_TEST(a_division_that_no_table_knows_is_named_and_the_rest_is_told)
{
    story_tell(s, "sz reports A1 within 1 naming 440399");
    story_tell(s, "again");
    story_expect(s, "feed a/440306/ A1 r1 12 after 0\n"
                    "sz <- RECORDED 12 1 nodes, unknown 440399\n"
                    "sz <- DUPLICATE 12 1 nodes, unknown 440399\n");
    story_tell(s, "sz revises A1 within 1 naming 440300");
    story_expect(s, "feed a/4403/ A1 r2 13 after 0\n"
                    "sz <- RECORDED 13 2 nodes\n");
}
END_TEST

START_TEST(a_wider_revision_reaches_old_and_new_nodes_and_chains_on)
{
    a1_is_out();
    story_tell(s, "sz revises A1 within 100");
    story_expect(s, "feed a/44/ A1 r2 13 after 0\n"
                    "sz <- RECORDED 13 3 nodes\n");
}
END_TEST

START_TEST(a_narrower_revision_still_reaches_who_had_the_wider_one)
{
    story_tell(s, "sz reports A1 within 100");
    story_skip(s);
    story_tell(s, "sz revises A1 within 1");
    story_expect(s, "feed a/44/ A1 r2 13 after 12\n"
                    "sz <- RECORDED 13 3 nodes\n");
}
END_TEST

START_TEST(a_withdrawal_reaches_everyone_who_was_ever_sent_the_alert)
{
    story_tell(s, "sz reports A1 within 100");
    story_skip(s);
    story_tell(s, "sz withdraws A1");
    story_expect(s, "feed a/44/ A1 r2 withdrawn 13 after 12\n"
                    "sz <- RECORDED 13 3 nodes\n");
    story_tell(s, "sz withdraws A1");
    story_expect(s, "sz <- CONFLICT alert.alert_id\n");
}
END_TEST

START_TEST(a_revision_must_be_the_next_one)
{
    a1_is_out();
    story_tell(s, "sz revises A1 as revision 3");
    story_expect(s, "sz <- CONFLICT alert.revision\n");
    story_tell(s, "sz revises A1 as revision 1");
    story_expect(s, "sz <- CONFLICT alert.revision\n");
}
END_TEST

START_TEST(the_same_request_is_recorded_once_and_answered_alike)
{
    story_tell(s, "sz reports A1 within 30");
    story_skip(s);
    story_tell(s, "again");
    story_expect(s, "sz <- DUPLICATE 12 2 nodes\n");
    story_tell(s, "the broker restarts");
    story_tell(s, "again");
    story_expect(s, "sz <- DUPLICATE 12 2 nodes\n");
    ck_assert_uint_eq(story_facts(s), 12);
}
END_TEST

START_TEST(the_same_request_twice_before_the_commit_is_one_fact)
{
    story_tell(s, "the disk pauses");
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "again");
    story_tell(s, "the disk resumes");
    story_expect(s, "feed a/4403/ A1 r1 12 after 0\n"
                    "sz <- RECORDED 12 2 nodes\n"
                    "sz <- RECORDED 12 2 nodes\n");
}
END_TEST

START_TEST(the_same_id_with_another_body_is_a_conflict)
{
    story_tell(s, "administrator revokes gate-3");
    story_skip(s);
    story_tell(s, "twisted");
    story_expect(s, "administrator <- CONFLICT request_id\n");
    story_tell(s, "the disk pauses");
    story_tell(s, "administrator revokes gate-4");
    story_tell(s, "twisted");
    story_expect(s, "administrator <- CONFLICT request_id\n");
}
END_TEST

START_TEST(what_the_disk_lost_was_never_confirmed_and_can_be_said_again)
{
    story_tell(s, "the disk pauses");
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "the disk crashes");
    story_expect(s, "");
    story_tell(s, "again");
    story_expect(s, "feed a/4403/ A1 r1 12 after 0\n"
                    "sz <- RECORDED 12 2 nodes\n");
}
END_TEST

START_TEST(what_a_full_disk_did_not_keep_is_refused_and_can_be_said_again)
{
    story_tell(s, "the disk pauses");
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "sz revises A1 within 100");
    story_expect(s, "");
    story_tell(s, "the disk is full");
    story_expect(s, "sz <- UNAVAILABLE\n"
                    "sz <- UNAVAILABLE\n");
    story_tell(s, "sz reports A1 within 30");
    story_expect(s, "sz <- UNAVAILABLE\n");
    story_tell(s, "there is room again");
    story_tell(s, "again");
    story_expect(s, "feed a/4403/ A1 r1 12 after 0\n"
                    "sz <- RECORDED 12 2 nodes\n");
}
END_TEST

START_TEST(a_full_disk_refuses_only_what_needs_it)
{
    a1_is_out();
    story_tell(s, "the disk is full");
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "sz revises A1 within 20");
    story_tell(s, "gate-1 syncs from 0");
    story_tell(s, "gate-1 beats");
    story_expect(s, "gate-1 <- UNAVAILABLE\n"
                    "sz <- UNAVAILABLE\n"
                    "gate-1 <- OK page from the start [A1 r1] head 12\n"
                    "gate-1 <- OK head 12\n");
}
END_TEST

START_TEST(what_was_recorded_before_is_a_duplicate_on_a_full_disk_too)
{
    story_tell(s, "sz reports A1 within 30");
    story_skip(s);
    story_tell(s, "the disk is full");
    story_tell(s, "again");
    story_expect(s, "sz <- DUPLICATE 12 2 nodes\n");
}
END_TEST

START_TEST(an_alert_whose_time_is_over_waits_for_room_to_expire)
{
    a1_is_out();
    story_tell(s, "the disk is full");
    story_tell(s, "100000 seconds pass");
    story_skip(s);
    story_tell(s, "there is room again");
    story_tell(s, "1 seconds pass");
    story_expect(s, "feed a/4403/ A1 r1 expired 13 after 12\n");
}
END_TEST

START_TEST(commands_of_one_case_wait_for_each_other)
{
    a1_is_out();
    story_tell(s, "the disk pauses");
    story_tell(s, "sz revises A1 within 20");
    story_tell(s, "sz withdraws A1");
    story_expect(s, "");
    story_tell(s, "the disk resumes");
    story_expect(s, "feed a/4403/ A1 r2 13 after 12\n"
                    "sz <- RECORDED 13 2 nodes\n"
                    "feed a/4403/ A1 r3 withdrawn 14 after 13\n"
                    "sz <- RECORDED 14 2 nodes\n");
}
END_TEST

START_TEST(a_centre_files_only_in_its_own_division)
{
    story_tell(s, "sz reports A1 seen in 110101");
    story_expect(s, "sz <- DENIED alert.last_seen.place\n");
    story_tell(s, "bj reports A2 seen in 110101");
    story_expect(s, "feed a/11/ A2 r1 12 after 0\n"
                    "bj <- RECORDED 12 1 nodes\n");
}
END_TEST

START_TEST(a_province_is_named_only_for_a_place_in_or_near_it)
{
    story_tell(s, "administrator enrols gd centre in 440000");
    story_skip(s);
    story_tell(s, "gd reports A1 within 30 seen in 440000");
    story_expect(s, "feed a/4403/ A1 r1 13 after 0\n"
                    "gd <- RECORDED 13 2 nodes\n");
    /* the place is Beijing, whatever division is named */
    story_tell(s, "gd reports A2 within 30 near Beijing seen in 440000");
    story_expect(s, "gd <- INVALID alert.last_seen.place\n");
}
END_TEST

START_TEST(a_centre_changes_only_what_is_its_own_or_below_it)
{
    a1_is_out();
    story_tell(s, "bj withdraws A1 as revision 2");
    story_expect(s, "bj <- DENIED alert.alert_id\n");
    story_tell(s, "administrator enrols gd centre in 440000");
    story_skip(s);
    story_tell(s, "gd withdraws A1 as revision 2");
    story_expect(s, "feed a/4403/ A1 r2 withdrawn 14 after 12\n"
                    "gd <- RECORDED 14 2 nodes\n");
}
END_TEST

START_TEST(a_forged_alert_is_refused)
{
    story_tell(s, "sz reports A1 within 30 forged");
    story_expect(s, "sz <- DENIED alert.signature\n");
    ck_assert_uint_eq(story_facts(s), 11);
}
END_TEST

START_TEST(nobody_asks_what_is_not_for_its_role)
{
    story_tell(s, "gate-1 files A1 within 30");
    story_expect(s, "gate-1 <- DENIED role\n");
    story_tell(s, "sup syncs from 0");
    story_expect(s, "sup <- DENIED role\n");
    story_tell(s, "sz revokes gate-1");
    story_expect(s, "sz <- DENIED role\n");
    story_tell(s, "lab beats");
    story_expect(s, "lab <- OK head 11\n");
}
END_TEST

START_TEST(an_exercise_has_topics_and_keys_of_its_own)
{
    story_tell(s, "sz reports A1 within 30 exercise");
    story_expect(s, "feed x/4403/ A1 r1 exercise 12 after 0\n"
                    "sz <- RECORDED 12 2 nodes\n");
    story_tell(s, "sz revises A1 within 30");
    story_expect(s, "sz <- INVALID alert.exercise\n");
}
END_TEST

/* ---- answers ------------------------------------------------------------- */

START_TEST(an_answer_is_confirmed_after_its_commit_and_counted_once)
{
    a1_is_out();
    story_tell(s, "gate-1 holds A1");
    story_expect(s, "gate-1 <- RECORDED 13\n");
    story_tell(s, "gate-1 holds A1");
    story_expect(s, "gate-1 <- DUPLICATE 13\n");
    story_tell(s, "the disk pauses");
    story_tell(s, "gate-2 holds A1");
    story_tell(s, "again");
    story_expect(s, "");
    story_tell(s, "the disk resumes");
    story_expect(s, "gate-2 <- RECORDED 14\n"
                    "gate-2 <- RECORDED 14\n");
}
END_TEST

START_TEST(a_higher_rung_implies_the_lower_ones_and_order_does_not_matter)
{
    const struct alert *alert;

    a1_is_out();
    story_tell(s, "gate-1 sights A1");
    story_expect(s, "gate-1 <- RECORDED 13\n");
    story_tell(s, "gate-1 holds A1");
    story_expect(s, "gate-1 <- DUPLICATE 13\n");
    alert = broker_book(story_broker(s))->alerts[0];
    ck_assert_uint_eq(alert->reached[1], 1);
    ck_assert_uint_eq(alert->reached[3], 1);
    ck_assert_uint_eq(alert->said[5], 1);
    ck_assert_int_eq(alert->to_ms[0], 0);
    ck_assert_int_eq(alert->to_ms[2], -1);
}
END_TEST

START_TEST(two_sightings_of_one_node_are_two_and_the_same_one_is_one)
{
    a1_is_out();
    story_tell(s, "gate-1 sights A1");
    story_tell(s, "again");
    story_tell(s, "gate-1 sights A1");
    story_expect(s, "gate-1 <- RECORDED 13\n"
                    "gate-1 <- DUPLICATE 13\n"
                    "gate-1 <- RECORDED 14\n");
    ck_assert_uint_eq(broker_book(story_broker(s))->alerts[0]->sightings, 2);
}
END_TEST

START_TEST(nobody_answers_for_another_node)
{
    a1_is_out();
    story_tell(s, "gate-1 holds A1 as gate-2");
    story_expect(s, "gate-1 <- DENIED answer.node\n");
    story_tell(s, "gate-1 reads A1 as gate-2");
    story_expect(s, "gate-1 <- DENIED answer.node\n");
    story_tell(s, "gate-1 reads A1 forged");
    story_expect(s, "gate-1 <- DENIED answer.signature\n");
    story_tell(s, "gate-1 holds A1 through van");
    story_expect(s, "van <- DENIED answer.node\n");
}
END_TEST

START_TEST(a_gateway_relays_what_a_node_signed_and_nothing_else)
{
    a1_is_out();
    story_tell(s, "gate-1 sights A1 through van");
    story_expect(s, "van <- RECORDED 13\n");
    story_tell(s, "gate-1 sights A1 through van forged");
    story_expect(s, "van <- DENIED answer.signature\n");
    ck_assert_str_eq(
        broker_book(story_broker(s))->alerts[0]->answers[0].relayed_by, "van");
}
END_TEST

START_TEST(answers_to_older_revisions_are_kept_but_do_not_count_for_the_newest)
{
    a1_is_out();
    story_tell(s, "sz revises A1 within 30");
    story_skip(s);
    story_tell(s, "gate-1 holds A1 of revision 1");
    story_expect(s, "gate-1 <- OK\n");
    story_tell(s, "gate-1 sights A1 of revision 1");
    story_expect(s, "gate-1 <- RECORDED 14\n");
    story_tell(s, "gate-1 holds A1 of revision 3");
    story_expect(s, "gate-1 <- INVALID answer.revision\n");
    ck_assert_uint_eq(broker_book(story_broker(s))->alerts[0]->reached[1], 0);
}
END_TEST

START_TEST(who_was_never_sent_an_alert_neither_holds_nor_has_read_it)
{
    a1_is_out();
    story_tell(s, "gate-3 holds A1");
    story_tell(s, "gate-3 reads A1");
    story_expect(s, "gate-3 <- NOT_FOUND answer.alert_id\n"
                    "gate-3 <- NOT_FOUND answer.alert_id\n");
}
END_TEST

/* The child is on a train, and so is an officer who was told of it. */
START_TEST(what_an_officer_saw_outside_of_the_target_is_recorded_and_flagged)
{
    const struct alert *alert;

    a1_is_out();
    story_tell(s, "gate-3 sights A1");
    story_tell(s, "gate-1 sights A1 through van");
    story_expect(s, "gate-3 <- RECORDED 13\n"
                    "van <- RECORDED 14\n");
    alert = broker_book(story_broker(s))->alerts[0];
    ck_assert_uint_eq(alert->sightings, 2);
    ck_assert(alert->answers[0].outside);
    ck_assert(!alert->answers[1].outside);
}
END_TEST

START_TEST(a_node_cannot_bury_a_case_that_does_not_concern_it)
{
    a1_is_out();
    for (int i = 0; i < 50; i++)
        story_tell(s, "gate-3 sights A1");
    story_skip(s);
    story_tell(s, "gate-3 sights A1");
    story_tell(s, "gate-4 sights A1");
    story_expect(s, "gate-3 <- CONFLICT answer\n"
                    "gate-4 <- RECORDED 63\n");
}
END_TEST

START_TEST(who_speaks_from_outside_is_sent_nothing_for_it)
{
    a1_is_out();
    story_tell(s, "gate-3 sights A1");
    story_tell(s, "gate-3 holds A1");
    story_tell(s, "gate-3 syncs from 0");
    story_expect(s, "gate-3 <- RECORDED 13\n"
                    "gate-3 <- NOT_FOUND answer.alert_id\n"
                    "gate-3 <- OK page from the start head 13\n");
}
END_TEST

START_TEST(a_node_whose_enrolment_was_under_way_has_the_report_after_it)
{
    story_tell(s, "the disk pauses");
    story_tell(s, "administrator enrols gate-9 bus in 441302 at 22.6,113.94");
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "the disk resumes");
    story_skip(s);
    story_tell(s, "gate-9 syncs from 0");
    story_expect(s, "gate-9 <- OK page from the start [A1 r1] head 13\n");
}
END_TEST

/* It was decided without the node, which would otherwise be told of the
 * revision before it, or of nothing, and never hear of this one. */
START_TEST(a_new_node_syncs_only_after_what_was_decided_without_it)
{
    story_tell(s, "the disk pauses");
    story_tell(s, "administrator enrols gate-9 bus in 440305 at 22.53,113.93");
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "the disk commits one");
    story_expect(s, "administrator <- RECORDED 12\n");
    story_tell(s, "gate-9 syncs from 0");
    story_tell(s, "gate-1 syncs from 0");
    story_expect(s, "gate-9 <- BUSY\n"
                    "gate-1 <- OK page from the start head 12\n");
    story_tell(s, "the disk resumes");
    story_skip(s);
    story_tell(s, "gate-9 syncs from 0");
    story_expect(s, "gate-9 <- OK page from the start [A1 r1] head 13\n");
}
END_TEST

START_TEST(nobody_takes_all_the_places_of_those_who_follow)
{
    for (int i = 0; i < 32; i++)
        story_tell(s, "sup follows");
    story_expect(s, "");
    story_tell(s, "sup follows");
    ck_assert_ptr_nonnull(strstr(story_heard(s), "sup <- BUSY"));
    story_skip(s);
    story_tell(s, "sz follows");
    story_expect(s, "");
}
END_TEST

START_TEST(software_has_a_short_name)
{
    story_tell(s,
               "gate-1 beats as "
               "a-name-of-sixty-two-bytes-and-then-a-letter-of-three-bytes-666"
               "\xe4\xb8\xad");
    story_expect(s, "gate-1 <- INVALID software\n");
}
END_TEST

/* ---- becoming whole ------------------------------------------------------ */

START_TEST(who_was_away_learns_the_newest_revision_and_the_withdrawals)
{
    a1_is_out();
    story_tell(s, "sz revises A1 within 30");
    story_tell(s, "sz reports A2 within 30");
    story_tell(s, "sz withdraws A2");
    story_skip(s);
    story_tell(s, "gate-1 syncs from 11");
    story_expect(s, "gate-1 <- OK page [A1 r2] [A2 r2 withdrawn] head 15\n");
    story_tell(s, "gate-1 syncs from 14");
    story_expect(s, "gate-1 <- OK page [A2 r2 withdrawn] head 15\n");
    story_tell(s, "gate-3 syncs from 0");
    story_expect(s, "gate-3 <- OK page from the start head 15\n");
}
END_TEST

START_TEST(who_is_enrolled_later_in_the_target_has_it_and_is_told_of_the_end)
{
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "administrator enrols gate-9 bus in 441302 at 22.60,114.10");
    story_skip(s);
    story_tell(s, "gate-9 syncs from 0");
    story_tell(s, "gate-4 syncs from 0");
    story_tell(s, "gate-9 holds A1");
    story_expect(s, "gate-9 <- OK page from the start [A1 r1] head 13\n"
                    "gate-4 <- OK page from the start head 13\n"
                    "gate-9 <- RECORDED 14\n");
    story_tell(s, "sz withdraws A1");
    story_expect(s, "feed a/4403/ A1 r2 withdrawn 15 after 12\n"
                    "feed a/441302/ A1 r2 withdrawn 15 after 0\n"
                    "sz <- RECORDED 15 3 nodes\n");
}
END_TEST

START_TEST(a_silent_node_is_sent_the_revision_directly_until_it_holds_it)
{
    story_tell(s, "gate-1 beats");
    a1_is_out();
    story_tell(s, "2 s pass");
    story_expect(s, "");
    story_tell(s, "2 s pass");
    story_expect(s, "gate-1 <- push A1 r1\n");
    story_tell(s, "gate-2 beats");
    story_tell(s, "7 s pass");
    story_expect(s, "gate-2 <- OK head 12\n"
                    "gate-1 <- push A1 r1\n"
                    "gate-2 <- push A1 r1\n");
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "gate-2 holds A1");
    story_skip(s);
    story_tell(s, "60 s pass");
    story_expect(s, "");
}
END_TEST

START_TEST(an_alert_expires_by_itself_and_can_be_revived)
{
    story_tell(s, "sz reports A1 within 30 expiring 1");
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "gate-2 holds A1");
    story_skip(s);
    story_tell(s, "61 s pass");
    story_expect(s, "feed a/4403/ A1 r1 expired 15 after 12\n");
    story_tell(s, "sz revises A1 within 30");
    story_expect(s, "feed a/4403/ A1 r2 16 after 15\n"
                    "sz <- RECORDED 16 2 nodes\n");
}
END_TEST

/* ---- who belongs --------------------------------------------------------- */

START_TEST(a_revoked_node_is_refused_at_once_and_the_generation_rises)
{
    story_tell(s, "gate-1 keys");
    story_tell(s, "administrator revokes gate-1");
    story_tell(s, "gate-1 beats");
    story_tell(s, "gate-2 keys");
    story_expect(s, "gate-1 <- OK keys of generation 1\n"
                    "administrator <- RECORDED 12\n"
                    "gate-1 <- DENIED principal\n"
                    "gate-2 <- OK keys of generation 2\n");
}
END_TEST

START_TEST(a_revoked_node_is_not_in_the_coverage_of_what_comes_later)
{
    a1_is_out();
    story_tell(s, "administrator revokes gate-1");
    story_skip(s);
    story_tell(s, "sz revises A1 within 30");
    story_expect(s, "feed a/4403/ A1 r2 14 after 12\n"
                    "sz <- RECORDED 14 1 nodes\n");
}
END_TEST

START_TEST(two_revocations_at_once_raise_the_generation_twice)
{
    story_tell(s, "the disk pauses");
    story_tell(s, "administrator revokes gate-1");
    story_tell(s, "administrator revokes gate-2");
    story_tell(s, "the disk resumes");
    story_skip(s);
    story_tell(s, "gate-3 keys");
    story_expect(s, "gate-3 <- OK keys of generation 3\n");
}
END_TEST

START_TEST(an_administrator_works_only_inside_its_jurisdiction)
{
    story_tell(s, "admin-bj revokes gate-1");
    story_expect(s, "admin-bj <- DENIED division\n");
    story_tell(s, "admin-bj enrols gate-9 bus in 440305 at 22.5,113.9");
    story_expect(s, "admin-bj <- DENIED division\n");
    story_tell(s, "admin-bj revokes gate-3");
    story_expect(s, "admin-bj <- RECORDED 12\n");
    story_tell(s, "administrator revokes administrator");
    story_expect(s, "administrator <- CONFLICT id\n");
}
END_TEST

START_TEST(a_new_key_ends_the_old_one)
{
    story_tell(s, "administrator rekeys gate-1");
    story_expect(s, "administrator <- RECORDED 12\n");
    story_tell(s, "gate-1 keys");
    story_expect(s, "gate-1 <- OK keys of generation 2\n");
    story_tell(s, "the broker restarts");
    story_tell(s, "gate-1 keys");
    story_expect(s, "gate-1 <- OK keys of generation 2\n");
}
END_TEST

static size_t notices_in(const char *transcript)
{
    size_t count = 0;

    while ((transcript = strchr(transcript, '[')) != NULL) {
        transcript++;
        count++;
    }
    return count;
}

/* More than a page. */
static void a_crowd_of_alerts(void)
{
    for (int i = 1; i <= 210; i++) {
        char report[64];

        snprintf(report, sizeof report, "sz reports A%d within 30", i);
        story_tell(s, report);
        story_skip(s);
    }
}

/* Their pages look like those of a sync that began before the enrolment. */
START_TEST(who_is_readmitted_gets_every_page_once)
{
    const char *page;
    size_t told = 0;

    a_crowd_of_alerts();
    story_tell(s, "administrator revokes gate-1");
    story_tell(s, "administrator readmits gate-1 at 22.53,113.93");
    story_skip(s);
    story_tell(s, "gate-1 syncs from 20");
    page = story_heard(s);
    ck_assert_ptr_nonnull(strstr(page, "page from the start [A1 r1]"));
    ck_assert_ptr_nonnull(strstr(page, " more"));
    told = notices_in(page);
    story_skip(s);
    story_tell(s, "gate-1 syncs on");
    page = story_heard(s);
    ck_assert_ptr_null(strstr(page, "from the start"));
    ck_assert_ptr_nonnull(strstr(page, "[A210 r1] head 223"));
    ck_assert_uint_eq(told + notices_in(page), 210);
    told = notices_in(page);
    story_skip(s);
    story_tell(s, "again"); /* its reply was lost, or slow */
    page = story_heard(s);
    ck_assert_ptr_null(strstr(page, "from the start"));
    ck_assert_uint_eq(notices_in(page), told);
    story_skip(s);
    story_tell(s, "gate-1 syncs from 20");
    ck_assert_ptr_nonnull(strstr(story_heard(s), "from the start"));
    story_skip(s);
}
END_TEST

START_TEST(who_is_readmitted_between_two_pages_begins_anew)
{
    a_crowd_of_alerts();
    story_tell(s, "administrator revokes gate-1");
    story_tell(s, "administrator readmits gate-1 at 22.53,113.93");
    story_skip(s);
    story_tell(s, "gate-1 syncs from 0");
    ck_assert_ptr_nonnull(strstr(story_heard(s), " more"));
    story_tell(s, "administrator revokes gate-1");
    story_tell(s, "administrator readmits gate-1 at 22.53,113.93");
    story_skip(s);
    story_tell(s, "gate-1 syncs on");
    ck_assert_ptr_nonnull(
        strstr(story_heard(s), "page from the start [A1 r1]"));
    story_skip(s);
}
END_TEST

START_TEST(nothing_is_sent_directly_over_a_connection_of_the_old_key)
{
    story_tell(s, "gate-1 beats");
    a1_is_out();
    story_tell(s, "administrator rekeys gate-1");
    story_skip(s);
    story_tell(s, "30 s pass");
    story_expect(s, "");
    story_tell(s, "gate-1 beats");
    story_skip(s);
    story_tell(s, "60 s pass");
    story_expect(s, "gate-1 <- push A1 r1\n");
}
END_TEST

START_TEST(who_follows_hears_nothing_once_revoked)
{
    story_tell(s, "sup follows");
    story_tell(s, "the disk pauses");
    story_tell(s, "administrator revokes sup");
    story_tell(s, "sz reports A1 within 30");
    story_expect(s, "");
    story_tell(s, "the disk resumes");
    story_expect(s, "administrator <- RECORDED 12\n"
                    "feed a/4403/ A1 r1 13 after 0\n"
                    "sz <- RECORDED 13 2 nodes\n");
    story_tell(s, "1 s pass"); /* followers are told a few times a second */
    story_expect(s, "sup <- DENIED\n");
}
END_TEST

START_TEST(an_id_or_a_key_is_enrolled_once)
{
    story_tell(s, "administrator enrols gate-1 border in 440305");
    story_expect(s, "administrator <- CONFLICT id\n");
    story_tell(s, "administrator enrols gate-8 border in 999999");
    story_expect(s, "administrator <- INVALID division\n");
}
END_TEST

/* ---- bounds -------------------------------------------------------------- */

START_TEST(a_full_queue_says_busy_and_records_nothing)
{
    a1_is_out();
    story_tell(s, "the disk pauses");
    for (int i = 0; i < 20; i++)
        story_tell(s, "gate-1 reads A1");
    story_expect(s, "");
    story_tell(s, "gate-1 reads A1");
    story_expect(s, "gate-1 <- BUSY\n");
    story_tell(s, "gate-2 holds A1");
    story_expect(s, "");
}
END_TEST

START_TEST(bytes_that_mean_nothing_are_refused_and_do_no_harm)
{
    uint8_t junk[300];
    size_t size;
    const uint8_t *last;

    story_tell(s, "sz reports A1 within 30");
    last = story_last_request(s, &size);
    ck_assert_uint_le(size, 1000);
    srand(7);
    for (int round = 0; round < 20000; round++) {
        uint8_t copy[1000];
        size_t length = size;

        memcpy(copy, last, size);
        if (round % 2 == 0) {
            length = (size_t)rand() % sizeof junk;
            for (size_t i = 0; i < length; i++)
                copy[i] = (uint8_t)rand();
        } else {
            for (int flips = rand() % 4; flips >= 0; flips--)
                copy[(size_t)rand() % size] ^= (uint8_t)(1 << rand() % 8);
            copy[17] ^= 0x55; /* another request id: no cheap duplicates */
        }
        if (round % 30 == 0) /* none of it is dropped for its mass */
            story_tell(s, "1 s pass");
        story_throw(s, round % 3 == 0 ? "gate-1" : "sz", copy, length);
        story_skip(s);
    }
    ck_assert_uint_eq(story_facts(s), 12);
    story_tell(s, "gate-1 holds A1");
    story_expect(s, "gate-1 <- RECORDED 13\n");
}
END_TEST

static TCase *make_case(const char *name)
{
    TCase *tcase = tcase_create(name);

    tcase_add_checked_fixture(tcase, open_story, close_story);
    return tcase;
}

static TCase *alerts(void)
{
    TCase *t = make_case("alerts");

    tcase_add_test(
        t, a_report_goes_out_on_the_smallest_set_of_topics_after_its_commit);
    tcase_add_test(t,
                   what_nobody_knows_in_a_report_does_not_keep_it_off_the_feed);
    tcase_add_test(
        t, a_division_that_no_table_knows_is_named_and_the_rest_is_told);
    tcase_add_test(t, a_wider_revision_reaches_old_and_new_nodes_and_chains_on);
    tcase_add_test(t, a_narrower_revision_still_reaches_who_had_the_wider_one);
    tcase_add_test(t,
                   a_withdrawal_reaches_everyone_who_was_ever_sent_the_alert);
    tcase_add_test(t, a_revision_must_be_the_next_one);
    tcase_add_test(t, the_same_request_is_recorded_once_and_answered_alike);
    tcase_add_test(t, the_same_request_twice_before_the_commit_is_one_fact);
    tcase_add_test(t, the_same_id_with_another_body_is_a_conflict);
    tcase_add_test(
        t, what_the_disk_lost_was_never_confirmed_and_can_be_said_again);
    tcase_add_test(
        t, what_a_full_disk_did_not_keep_is_refused_and_can_be_said_again);
    tcase_add_test(t, a_full_disk_refuses_only_what_needs_it);
    tcase_add_test(t,
                   what_was_recorded_before_is_a_duplicate_on_a_full_disk_too);
    tcase_add_test(t, an_alert_whose_time_is_over_waits_for_room_to_expire);
    tcase_add_test(t, commands_of_one_case_wait_for_each_other);
    tcase_add_test(t, a_centre_files_only_in_its_own_division);
    tcase_add_test(t, a_province_is_named_only_for_a_place_in_or_near_it);
    tcase_add_test(t, a_centre_changes_only_what_is_its_own_or_below_it);
    tcase_add_test(t, a_forged_alert_is_refused);
    tcase_add_test(t, nobody_asks_what_is_not_for_its_role);
    tcase_add_test(t, an_exercise_has_topics_and_keys_of_its_own);
    return t;
}

static TCase *answers(void)
{
    TCase *t = make_case("answers");

    tcase_add_test(t, an_answer_is_confirmed_after_its_commit_and_counted_once);
    tcase_add_test(
        t, a_higher_rung_implies_the_lower_ones_and_order_does_not_matter);
    tcase_add_test(t,
                   two_sightings_of_one_node_are_two_and_the_same_one_is_one);
    tcase_add_test(t, nobody_answers_for_another_node);
    tcase_add_test(t, a_gateway_relays_what_a_node_signed_and_nothing_else);
    tcase_add_test(
        t, answers_to_older_revisions_are_kept_but_do_not_count_for_the_newest);
    tcase_add_test(t,
                   who_was_never_sent_an_alert_neither_holds_nor_has_read_it);
    tcase_add_test(
        t, what_an_officer_saw_outside_of_the_target_is_recorded_and_flagged);
    tcase_add_test(t, a_node_cannot_bury_a_case_that_does_not_concern_it);
    tcase_add_test(t, who_speaks_from_outside_is_sent_nothing_for_it);
    tcase_add_test(t,
                   who_was_away_learns_the_newest_revision_and_the_withdrawals);
    tcase_add_test(
        t, who_is_enrolled_later_in_the_target_has_it_and_is_told_of_the_end);
    tcase_add_test(
        t, a_silent_node_is_sent_the_revision_directly_until_it_holds_it);
    tcase_add_test(t, an_alert_expires_by_itself_and_can_be_revived);
    return t;
}

static TCase *people(void)
{
    TCase *t = make_case("people and bounds");

    tcase_add_test(t,
                   a_revoked_node_is_refused_at_once_and_the_generation_rises);
    tcase_add_test(t,
                   a_revoked_node_is_not_in_the_coverage_of_what_comes_later);
    tcase_add_test(t, two_revocations_at_once_raise_the_generation_twice);
    tcase_add_test(t, an_administrator_works_only_inside_its_jurisdiction);
    tcase_add_test(t, a_new_key_ends_the_old_one);
    tcase_add_test(t, who_is_readmitted_gets_every_page_once);
    tcase_add_test(t, who_is_readmitted_between_two_pages_begins_anew);
    tcase_add_test(t,
                   nothing_is_sent_directly_over_a_connection_of_the_old_key);
    tcase_add_test(t, who_follows_hears_nothing_once_revoked);
    tcase_add_test(
        t, a_node_whose_enrolment_was_under_way_has_the_report_after_it);
    tcase_add_test(t, a_new_node_syncs_only_after_what_was_decided_without_it);
    tcase_add_test(t, nobody_takes_all_the_places_of_those_who_follow);
    tcase_add_test(t, software_has_a_short_name);
    tcase_add_test(t, an_id_or_a_key_is_enrolled_once);
    tcase_add_test(t, a_full_queue_says_busy_and_records_nothing);
    tcase_add_test(t, bytes_that_mean_nothing_are_refused_and_do_no_harm);
    return t;
}

int main(void)
{
    Suite *suite = suite_create("broker stories");
    SRunner *runner;
    int failed;

    suite_add_tcase(suite, alerts());
    suite_add_tcase(suite, answers());
    suite_add_tcase(suite, people());
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
