/* Rings widen by themselves: who is told when, and who is not woken again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "story_inside.h"

/* gate-1 lies 1.5 km from the place last seen, gate-2 (an airport) and gate-5
 * 16.7 km, gate-4 75 km, gate-3 in Beijing. */
#define RINGS "ringed 10@0,30@600s,100@1200s"

static struct story *s;

static void open_story(void)
{
    s = story_new();
}

static void close_story(void)
{
    story_free(s);
}

static const struct alert *a1(void)
{
    return book_alert(broker_book(story_broker(s)), s->alert_ids[1]);
}

static void a1_is_out(void)
{
    story_tell(s, "sz reports A1 " RINGS " ago 0");
    story_skip(s);
}

/* ---- when ---------------------------------------------------------------- */

START_TEST(each_ring_is_told_when_its_time_comes_and_not_before)
{
    story_tell(s, "sz reports A1 " RINGS " ago 0");
    story_expect(s, "feed a/440305/ A1 r1 ring 1 12 after 0\n"
                    "sz <- RECORDED 12 1 nodes\n");
    story_tell(s, "599 s pass");
    story_expect(s, "");
    story_tell(s, "2 s pass");
    story_expect(s, "feed a/4403/ A1 r1 ring 2 13 after 0\n");
    story_tell(s, "598 s pass");
    story_expect(s, "");
    story_tell(s, "2 s pass");
    story_expect(s, "feed a/44/ A1 r1 ring 3 14 after 0\n");
    ck_assert_uint_eq(a1()->nodes, 3);
    ck_assert(!alert_widens(a1()));
    story_tell(s, "4000 s pass");
    story_expect(s, "");
}
END_TEST

START_TEST(a_report_that_comes_late_starts_at_the_ring_of_its_age)
{
    static const char *const reports[] = {"sz reports A1 " RINGS " ago 599",
                                          "sz reports A1 " RINGS " ago 600",
                                          "sz reports A1 " RINGS " ago 1300",
                                          "sz reports A1 " RINGS " ago 90000"};
    static const unsigned nodes[] = {1, 2, 3, 3};
    static const unsigned steps[] = {1, 2, 3, 3};

    story_tell(s, reports[_i]);
    ck_assert_uint_eq(a1()->nodes, nodes[_i]);
    ck_assert_uint_eq(a1()->ring.step, steps[_i]);
}
END_TEST

START_TEST(a_child_seen_a_little_in_the_future_has_its_first_ring_at_once)
{
    story_tell(s, "sz reports A1 " RINGS " ago -240");
    story_expect(s, "feed a/440305/ A1 r1 ring 1 12 after 0\n"
                    "sz <- RECORDED 12 1 nodes\n");
    story_tell(s, "830 s pass");
    story_expect(s, "");
    story_tell(s, "12 s pass");
    story_expect(s, "feed a/4403/ A1 r1 ring 2 13 after 0\n");
}
END_TEST

/* 16.7 km at 120 km/h: 501 s. */
START_TEST(an_airport_is_reached_sooner_by_air_and_nobody_else_is)
{
    story_tell(s, "administrator enrols gate-5 bus in 440306 at 22.63,113.81");
    story_tell(s, "sz reports A1 ringed 10@0,100@3600s,air=120 ago 0");
    story_skip(s);
    story_tell(s, "499 s pass");
    story_expect(s, "");
    story_tell(s, "5 s pass");
    story_expect(s, "feed a/440306/ A1 r1 ring 1 14 after 0\n");
    ck_assert_uint_eq(a1()->nodes, 2);
    ck_assert_ptr_nonnull(alert_cover(a1(), 9)); /* gate-2 */
    story_tell(s, "3100 s pass");
    ck_assert_uint_eq(a1()->nodes, 4);
}
END_TEST

START_TEST(no_speed_reaches_beyond_the_last_ring)
{
    story_tell(s, "sz reports A1 ringed 10@0,50@3600s,air=2000,road=2000 "
                  "ago 3599");
    ck_assert_uint_eq(a1()->nodes, 2); /* gate-4 is 75 km away */
    story_skip(s);
    story_tell(s, "3600 s pass");
    ck_assert_uint_eq(a1()->nodes, 2);
}
END_TEST

START_TEST(a_step_that_reaches_nobody_is_recorded_and_wakes_nobody)
{
    story_tell(s, "sz reports A1 ringed 10@0,12@60s,30@1200s ago 0");
    story_skip(s);
    story_tell(s, "62 s pass");
    story_expect(s, "");
    ck_assert_uint_eq(a1()->ring.step, 2);
    ck_assert_uint_eq(story_facts(s), 13);
    ck_assert_int_eq(a1()->ring.widened_ms, 0);
}
END_TEST

START_TEST(what_is_over_widens_no_more)
{
    story_tell(s, _i == 0 ? "sz reports A1 " RINGS " ago 0 expiring 5"
                          : "sz reports A1 " RINGS " ago 0");
    if (_i == 1)
        story_tell(s, "sz withdraws A1");
    story_tell(s, "400 s pass");
    story_skip(s);
    story_tell(s, "2000 s pass");
    story_expect(s, "");
    ck_assert_uint_eq(a1()->nodes, 1);
}
END_TEST

/* ---- restarts, disks, clocks --------------------------------------------- */

START_TEST(what_came_due_while_the_broker_was_down_is_told_at_its_start)
{
    a1_is_out();
    story_tell(s, "the clock jumps 700 s");
    story_tell(s, "the broker restarts");
    story_tell(s, "1 s pass");
    story_expect(s, "feed a/4403/ A1 r1 ring 2 13 after 0\n");
    story_tell(s, "the clock jumps 7000 s");
    story_tell(s, "the broker restarts");
    story_tell(s, "1 s pass");
    story_expect(s, "feed a/44/ A1 r1 ring 3 14 after 0\n");
}
END_TEST

START_TEST(a_restart_between_two_rings_tells_nobody_twice)
{
    a1_is_out();
    story_tell(s, "610 s pass");
    story_skip(s);
    story_tell(s, "the broker restarts");
    story_tell(s, "10 s pass");
    story_expect(s, "");
    story_tell(s, "600 s pass");
    story_expect(s, "feed a/44/ A1 r1 ring 3 14 after 0\n");
}
END_TEST

START_TEST(nothing_is_told_of_a_ring_before_it_is_recorded)
{
    a1_is_out();
    story_tell(s, "the disk pauses");
    story_tell(s, "610 s pass");
    story_expect(s, "");
    ck_assert_uint_eq(a1()->nodes, 1);
    story_tell(s, "the disk resumes");
    story_expect(s, "feed a/4403/ A1 r1 ring 2 13 after 0\n");
}
END_TEST

START_TEST(a_ring_that_was_lost_in_a_crash_comes_after_it)
{
    a1_is_out();
    story_tell(s, "the disk pauses");
    story_tell(s, "610 s pass");
    story_tell(s, "the disk crashes");
    ck_assert_uint_eq(a1()->nodes, 1);
    story_tell(s, "1 s pass");
    story_expect(s, "feed a/4403/ A1 r1 ring 2 13 after 0\n");
}
END_TEST

START_TEST(a_full_disk_delays_a_ring_until_there_is_room)
{
    a1_is_out();
    story_tell(s, "the disk pauses");
    story_tell(s, "605 s pass");
    story_tell(s, "the disk is full");
    story_tell(s, "10 s pass");
    story_expect(s, "");
    story_tell(s, "there is room again");
    story_tell(s, "1 s pass");
    story_expect(s, "feed a/4403/ A1 r1 ring 2 13 after 0\n");
}
END_TEST

static const char *const jumps[] = {"the clock jumps 86000 s",
                                    "the clock jumps -86000 s",
                                    "the clock says 1970-01-01T01:00:00Z",
                                    "the clock says 2038-02-01T00:00:00Z"};

START_TEST(a_clock_that_jumps_moves_no_ring)
{
    a1_is_out();
    story_tell(s, "300 s pass");
    story_tell(s, jumps[_i]);
    story_tell(s, "295 s pass");
    story_expect(s, "");
    story_tell(s, "6 s pass");
    story_expect(s, "feed a/4403/ A1 r1 ring 2 13 after 0\n");
}
END_TEST

/* What it said for a minute is not what the broker starts from. */
START_TEST(a_ring_that_came_under_a_wrong_clock_brings_no_other_one_at_a_start)
{
    a1_is_out();
    story_tell(s, "595 s pass");
    story_tell(s, "the clock jumps 90000000 s");
    story_tell(s, "10 s pass");
    story_expect(s, "feed a/4403/ A1 r1 ring 2 13 after 0\n");
    story_tell(s, "the clock jumps -90000000 s");
    story_tell(s, "the broker restarts");
    story_tell(s, "590 s pass");
    story_expect(s, "");
    story_tell(s, "10 s pass");
    story_expect(s, "feed a/44/ A1 r1 ring 3 14 after 0\n");
}
END_TEST

/* How long it was down nobody knows then. */
START_TEST(after_a_start_with_a_clock_that_is_proved_wrong_rings_go_on)
{
    a1_is_out();
    story_tell(s, "300 s pass");
    story_tell(s, jumps[1 + _i]);
    story_tell(s, "the broker restarts");
    story_tell(s, "590 s pass");
    story_expect(s, "");
    story_tell(s, "15 s pass");
    story_expect(s, "feed a/4403/ A1 r1 ring 2 13 after 0\n");
}
END_TEST

START_TEST(when_a_centre_agrees_with_the_clock_rings_catch_up)
{
    a1_is_out();
    story_tell(s, "the clock says 1970-01-01T01:00:00Z");
    story_tell(s, "the broker restarts");
    story_tell(s, "10 s pass");
    story_tell(s, "the clock says 2026-09-21T15:00:00Z");
    story_skip(s);
    story_tell(s, "sz reports A2 within 1");
    story_tell(s, "1 s pass");
    ck_assert_uint_gt(a1()->nodes, 1);
}
END_TEST

START_TEST(a_book_amid_its_rings_is_the_same_out_of_its_snapshot)
{
    uint8_t before[32];
    uint8_t after[32];

    a1_is_out();
    story_tell(s, "gate-2 holds A1");
    story_tell(s, "610 s pass");
    story_tell(s, "gate-2 holds A1");
    story_tell(s, "the book is written down");
    story_book(s, before);
    story_tell(s, "the broker starts from what was written");
    story_book(s, after);
    ck_assert_mem_eq(before, after, sizeof after);
    story_tell(s, "the broker restarts");
    story_book(s, after);
    ck_assert_mem_eq(before, after, sizeof after);
    story_skip(s);
    story_tell(s, "600 s pass");
    story_expect(s, "feed a/44/ A1 r1 ring 3 15 after 0\n");
}
END_TEST

/* ---- who ----------------------------------------------------------------- */

START_TEST(who_is_newly_in_range_is_chased_and_the_others_are_left_in_peace)
{
    a1_is_out();
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "601 s pass");
    story_tell(s, "gate-1 beats");
    story_tell(s, "gate-2 beats");
    story_skip(s);
    story_tell(s, "10 s pass");
    story_expect(s, "gate-2 <- push A1 r1 ring 2 come\n"
                    "gate-2 <- push A1 r1 ring 2 come\n");
}
END_TEST

START_TEST(who_stayed_silent_goes_on_being_chased_beside_the_new_ones)
{
    a1_is_out();
    story_tell(s, "601 s pass");
    story_tell(s, "gate-1 beats");
    story_skip(s);
    story_tell(s, "4 s pass");
    story_expect(s, "gate-1 <- push A1 r1 ring 2 come\n");
}
END_TEST

/* gate-5 is in gate-1's county, so the feed brings it the alert at once. */
START_TEST(who_held_it_before_its_ring_came_counts_from_then_on)
{
    story_tell(s, "administrator enrols gate-5 bus in 440305 at 22.63,113.81");
    a1_is_out();
    story_tell(s, "gate-5 holds A1");
    story_tell(s, "gate-1 holds A1");
    ck_assert_uint_eq(a1()->nodes, 1);
    ck_assert_uint_eq(a1()->reached[1], 1);
    ck_assert_int_ge(a1()->to_ms[2], 0);
    story_tell(s, "gate-5 beats");
    story_tell(s, "gate-1 beats");
    story_skip(s);
    story_tell(s, "601 s pass");
    story_expect(s, "feed a/4403/ A1 r1 ring 2 16 after 0\n");
    ck_assert_uint_eq(a1()->nodes, 3);
    ck_assert_uint_eq(a1()->reached[1], 2);
    ck_assert_int_eq(a1()->to_ms[2], -1); /* gate-2 has it not */
    story_tell(s, "gate-2 beats");
    story_tell(s, "gate-2 holds A1");
    ck_assert_int_ge(a1()->to_ms[2], 0);
    ck_assert_int_lt(a1()->to_ms[2], 5000); /* from its ring on */
    ck_assert_uint_lt(alert_cover(a1(), 9)->held_ms, 5000);
    story_skip(s);
    story_tell(s, "60 s pass");
    story_expect(s, "");
}
END_TEST

START_TEST(a_sync_tells_each_node_whether_its_ring_has_come)
{
    story_tell(s, "administrator enrols gate-5 bus in 440305 at 22.63,113.81");
    a1_is_out();
    story_tell(s, "gate-1 syncs from 0");
    story_expect(s, "gate-1 <- OK page from the start [A1 r1 ring 1 come] "
                    "head 13\n");
    story_tell(s, "gate-5 syncs from 0");
    story_expect(s,
                 "gate-5 <- OK page from the start [A1 r1 ring 1] head 13\n");
    story_tell(s, "gate-4 syncs from 0");
    story_expect(s, "gate-4 <- OK page from the start head 13\n");
    story_tell(s, "601 s pass");
    story_skip(s);
    story_tell(s, "gate-5 syncs from 13");
    story_expect(s, "gate-5 <- OK page [A1 r1 ring 2 come] head 14\n");
}
END_TEST

START_TEST(a_sync_brings_a_widening_only_where_it_was_told)
{
    story_tell(s, "administrator enrols gate-5 bus in 440306 at 22.63,113.81");
    story_tell(s, "sz reports A1 ringed 10@0,100@3600s,air=120 ago 0");
    story_tell(s, "gate-1 holds A1");
    story_skip(s);
    story_tell(s, "504 s pass");
    story_expect(s, "feed a/440306/ A1 r1 ring 1 15 after 0\n");
    story_tell(s, "gate-1 syncs from 14");
    story_expect(s, "gate-1 <- OK page head 15\n");
    story_tell(s, "gate-1 syncs from 0");
    story_expect(s, "gate-1 <- OK page from the start [A1 r1 ring 1 come] "
                    "head 15\n");
    story_tell(s, "gate-2 syncs from 14");
    story_expect(s, "gate-2 <- OK page [A1 r1 ring 1 come] head 15\n");
}
END_TEST

START_TEST(who_is_enrolled_later_is_told_when_the_rings_have_come_so_far)
{
    a1_is_out();
    story_tell(s, "administrator enrols gate-5 bus in 441302 at 22.54,113.95");
    story_tell(s, "administrator enrols gate-6 bus in 441302 at 22.63,113.81");
    story_skip(s);
    story_tell(s, "gate-5 syncs from 0");
    story_expect(s,
                 "gate-5 <- OK page from the start [A1 r1 ring 1] head 14\n");
    story_tell(s, "gate-6 syncs from 0");
    story_expect(s, "gate-6 <- OK page from the start head 14\n");
    story_tell(s, "5 s pass");
    story_skip(s);
    story_tell(s, "600 s pass");
    ck_assert_ptr_nonnull(alert_cover(a1(), 12));
    ck_assert_ptr_nonnull(alert_cover(a1(), 13));
}
END_TEST

/* The last ring was decided without it, and on its topic nobody is new. */
START_TEST(a_new_node_syncs_only_after_a_ring_that_was_decided_without_it)
{
    story_tell(s, "sz reports A1 ringed 10@0,30@600s ago 0");
    story_tell(s, "599 s pass");
    story_skip(s);
    story_tell(s, "the disk pauses");
    story_tell(s, "administrator enrols gate-5 bus in 440305 at 22.63,113.81");
    story_tell(s, "2 s pass");
    story_tell(s, "the disk commits one");
    story_expect(s, "administrator <- RECORDED 13\n");
    story_tell(s, "gate-5 syncs from 0");
    story_expect(s, "gate-5 <- BUSY\n");
    story_tell(s, "the disk resumes");
    story_skip(s);
    story_tell(s, "gate-5 syncs from 0");
    story_expect(s,
                 "gate-5 <- OK page from the start [A1 r1 ring 2] head 14\n");
}
END_TEST

/* It never heard that it was revoked: it asks for what came after its head, and
 * the ring that reached it meanwhile was told on no topic of its. */
START_TEST(who_is_readmitted_with_its_key_is_told_from_the_start)
{
    story_tell(s, "administrator enrols gate-5 bus in 440305 at 22.63,113.81");
    story_tell(s, "sz reports A1 ringed 10@0,30@600s ago 0");
    story_skip(s);
    story_tell(s, "gate-5 syncs from 0");
    story_expect(s,
                 "gate-5 <- OK page from the start [A1 r1 ring 1] head 13\n");
    story_tell(s, "administrator revokes gate-5");
    story_tell(s, "601 s pass");
    story_tell(s, "administrator readmits gate-5 at 22.63,113.81");
    story_skip(s);
    story_tell(s, "gate-5 syncs from 13");
    story_expect(s,
                 "gate-5 <- OK page from the start [A1 r1 ring 2] head 16\n");
    story_tell(s, "gate-5 syncs from 16");
    story_expect(s, "gate-5 <- OK page head 16\n");
}
END_TEST

START_TEST(an_enrolment_does_not_delay_the_ring_of_anybody)
{
    story_tell(s, "sz reports A1 ringed 10@0,100@3600s,air=120 ago 0");
    story_tell(s, "100 s pass");
    story_tell(s, "administrator enrols gate-5 airport in 440306 at "
                  "22.60,113.85");
    story_skip(s);
    story_tell(s, "290 s pass"); /* 11.4 km: 342 s */
    ck_assert(alert_covers(a1(), 12));
    ck_assert(!alert_covers(a1(), 9));
}
END_TEST

/* A second apart. */
static void forty_are_out(const char *rings)
{
    char sentence[100];

    for (int i = 1; i <= 40; i++) {
        snprintf(sentence, sizeof sentence, "sz reports A%d ringed %s ago 0", i,
                 rings);
        story_tell(s, sentence);
        story_tell(s, "1 s pass");
    }
}

/* As in the hours in which the nodes of a province get their keys. */
static void keys_are_given_for(int seconds)
{
    for (int i = 0; i < seconds; i++) {
        story_tell(s, "administrator rekeys gate-3");
        story_tell(s, "1 s pass");
    }
}

START_TEST(enrolments_without_end_delay_no_ring_of_any_alert)
{
    const struct book *book = broker_book(story_broker(s));

    forty_are_out("10@0,30@60s,100@3600s");
    keys_are_given_for(62);
    for (size_t i = 0; i < book->alert_count; i++)
        ck_assert_msg(book->alerts[i]->ring.step == 2,
                      "the ring of A%zu stands", i + 1);
}
END_TEST

START_TEST(who_is_enrolled_amid_many_is_reached_by_the_rings_of_every_alert)
{
    const struct book *book = broker_book(story_broker(s));

    forty_are_out("10@0,100@3600s,air=1200");
    story_tell(s, "administrator enrols gate-5 airport in 440306 at "
                  "22.60,113.85"); /* 11.4 km: 34 s */
    keys_are_given_for(40);
    for (size_t i = 0; i < book->alert_count; i++)
        ck_assert_msg(alert_covers(book->alerts[i], 12),
                      "A%zu did not reach it", i + 1);
}
END_TEST

/* ---- revisions ----------------------------------------------------------- */

START_TEST(a_revision_that_leaves_last_seen_goes_on_in_the_ring_it_had)
{
    a1_is_out();
    story_tell(s, "700 s pass");
    story_skip(s);
    story_tell(s, "sz revises A1 " RINGS " ago 700");
    story_expect(s, "feed a/4403/ A1 r2 ring 2 14 after 13\n"
                    "sz <- RECORDED 14 2 nodes\n");
    story_tell(s, "499 s pass");
    story_expect(s, "");
    story_tell(s, "2 s pass");
    story_expect(s, "feed a/44/ A1 r2 ring 3 15 after 0\n");
}
END_TEST

START_TEST(a_child_seen_anew_starts_the_rings_again_and_nobody_is_forgotten)
{
    a1_is_out();
    story_tell(s, "1300 s pass");
    story_skip(s);
    story_tell(s, "sz revises A1 near Beijing " RINGS " ago 0");
    ck_assert_uint_eq(a1()->revision, 2);
    ck_assert_uint_eq(a1()->ring.step, 1);
    ck_assert_uint_eq(a1()->nodes, 4); /* gate-3, and the three from before */
    ck_assert(alert_widens(a1()));
}
END_TEST

/* It may have missed the revision that reached it first. */
START_TEST(who_was_reached_by_an_earlier_revision_hears_when_its_ring_comes)
{
    story_tell(s, "sz reports A1 within 100");
    story_tell(s, "sz revises A1 " RINGS " ago 0");
    story_skip(s);
    story_tell(s, "601 s pass");
    story_expect(s, "feed a/44/ A1 r2 ring 2 14 after 13\n");
    ck_assert_uint_eq(a1()->nodes, 3);
}
END_TEST

START_TEST(who_only_waited_for_its_ring_waits_in_the_next_revision_too)
{
    story_tell(s, "administrator enrols gate-5 bus in 440305 at 22.63,113.81");
    a1_is_out();
    story_tell(s, "gate-5 holds A1");
    story_tell(s, "100 s pass");
    story_skip(s);
    story_tell(s, "sz revises A1 " RINGS " ago 100");
    story_expect(s, "feed a/440305/ A1 r2 ring 1 15 after 13\n"
                    "sz <- RECORDED 15 1 nodes\n");
    ck_assert(!alert_covers(a1(), 12));
}
END_TEST

START_TEST(who_showed_it_before_its_ring_came_is_told_of_the_next_revision)
{
    story_tell(s, "administrator enrols gate-5 bus in 440305 at 22.63,113.81");
    a1_is_out();
    story_tell(s, "gate-5 shows A1"); /* an earlier version does */
    story_skip(s);
    story_tell(s, "sz revises A1 " RINGS " ago 0");
    ck_assert(alert_covers(a1(), 12));
}
END_TEST

START_TEST(a_revision_without_rings_reaches_its_whole_target_at_once)
{
    a1_is_out();
    story_tell(s, "sz revises A1 within 100");
    ck_assert_uint_eq(a1()->nodes, 3);
    ck_assert(!alert_widens(a1()));
    story_skip(s);
    story_tell(s, "2000 s pass");
    story_expect(s, "");
}
END_TEST

START_TEST(what_is_handed_back_after_a_restore_starts_at_the_ring_of_its_age)
{
    story_tell(s, "gate-1 beats");
    a1_is_out();
    story_tell(s, "the broker is restored to 11");
    story_tell(s, "gate-1 hands back A1 " RINGS " ago 650");
    ck_assert_uint_eq(a1()->ring.step, 2);
    ck_assert_uint_eq(a1()->nodes, 2);
    story_skip(s);
    story_tell(s, "560 s pass");
    ck_assert_uint_eq(a1()->nodes, 3);
}
END_TEST

START_TEST(a_restored_broker_that_lost_a_ring_widens_to_it_again)
{
    a1_is_out();
    story_tell(s, "650 s pass");
    ck_assert_uint_eq(a1()->nodes, 2);
    story_tell(s, "the broker is restored to 12");
    ck_assert_uint_eq(a1()->nodes, 1);
    story_tell(s, "1 s pass");
    ck_assert_uint_eq(a1()->nodes, 2);
}
END_TEST

/* ---- who watches --------------------------------------------------------- */

START_TEST(who_follows_is_told_of_each_ring)
{
    a1_is_out();
    story_tell(s, "595 s pass");
    story_tell(s, "sup follows after 12");
    story_tell(s, "7 s pass");
    story_expect(s, "feed a/4403/ A1 r1 ring 2 13 after 0\n"
                    "sup <- OK widened A1 2 nodes\n");
}
END_TEST

START_TEST(rings_that_make_no_sense_are_refused_by_name)
{
    static const char *const wrong[][2] = {
        {"ringed 10@60s", "alert.rings.steps"},
        {"ringed 10@0,30@0", "alert.rings.steps"},
        {"ringed 30@0,30@600s", "alert.rings.steps"},
        {"ringed 30@0,10@600s", "alert.rings.steps"},
        {"ringed air=10", "alert.rings.steps"},
        {"ringed 10@0,air=2001", "alert.rings.air_kmh"},
        {"ringed 10@0,rail=2001", "alert.rings.rail_kmh"},
        {"ringed 10@0,road=2001", "alert.rings.road_kmh"},
        {"ringed 10@0,water=2001", "alert.rings.water_kmh"},
        {"askew ringed 10@0,20@1h", "alert.rings"}};
    char sentence[120];
    char expected[120];

    snprintf(sentence, sizeof sentence, "sz reports A1 %s", wrong[_i][0]);
    snprintf(expected, sizeof expected, "sz <- INVALID %s\n", wrong[_i][1]);
    story_tell(s, sentence);
    story_expect(s, expected);
}
END_TEST

/* ---- the suite ----------------------------------------------------------- */

static void add_times(TCase *tests)
{
    tcase_add_test(tests, each_ring_is_told_when_its_time_comes_and_not_before);
    tcase_add_loop_test(
        tests, a_report_that_comes_late_starts_at_the_ring_of_its_age, 0, 4);
    tcase_add_test(
        tests, a_child_seen_a_little_in_the_future_has_its_first_ring_at_once);
    tcase_add_test(tests,
                   an_airport_is_reached_sooner_by_air_and_nobody_else_is);
    tcase_add_test(tests, no_speed_reaches_beyond_the_last_ring);
    tcase_add_test(tests,
                   a_step_that_reaches_nobody_is_recorded_and_wakes_nobody);
    tcase_add_loop_test(tests, what_is_over_widens_no_more, 0, 2);
    tcase_add_test(
        tests, what_came_due_while_the_broker_was_down_is_told_at_its_start);
    tcase_add_test(tests, a_restart_between_two_rings_tells_nobody_twice);
    tcase_add_test(tests, nothing_is_told_of_a_ring_before_it_is_recorded);
    tcase_add_test(tests, a_ring_that_was_lost_in_a_crash_comes_after_it);
    tcase_add_test(tests, a_full_disk_delays_a_ring_until_there_is_room);
    tcase_add_loop_test(tests, a_clock_that_jumps_moves_no_ring, 0, 4);
    tcase_add_test(
        tests,
        a_ring_that_came_under_a_wrong_clock_brings_no_other_one_at_a_start);
    tcase_add_loop_test(
        tests, after_a_start_with_a_clock_that_is_proved_wrong_rings_go_on, 0,
        3);
    tcase_add_test(tests, when_a_centre_agrees_with_the_clock_rings_catch_up);
    tcase_add_test(tests,
                   a_book_amid_its_rings_is_the_same_out_of_its_snapshot);
}

static void add_nodes(TCase *tests)
{
    tcase_add_test(
        tests,
        who_is_newly_in_range_is_chased_and_the_others_are_left_in_peace);
    tcase_add_test(tests,
                   who_stayed_silent_goes_on_being_chased_beside_the_new_ones);
    tcase_add_test(tests, who_held_it_before_its_ring_came_counts_from_then_on);
    tcase_add_test(tests, a_sync_tells_each_node_whether_its_ring_has_come);
    tcase_add_test(tests, a_sync_brings_a_widening_only_where_it_was_told);
    tcase_add_test(
        tests, who_is_enrolled_later_is_told_when_the_rings_have_come_so_far);
    tcase_add_test(
        tests, a_new_node_syncs_only_after_a_ring_that_was_decided_without_it);
    tcase_add_test(tests,
                   who_is_readmitted_with_its_key_is_told_from_the_start);
    tcase_add_test(tests, an_enrolment_does_not_delay_the_ring_of_anybody);
    tcase_add_test(tests, enrolments_without_end_delay_no_ring_of_any_alert);
    tcase_add_test(
        tests,
        who_is_enrolled_amid_many_is_reached_by_the_rings_of_every_alert);
    tcase_add_test(tests,
                   a_revision_that_leaves_last_seen_goes_on_in_the_ring_it_had);
    tcase_add_test(
        tests,
        a_child_seen_anew_starts_the_rings_again_and_nobody_is_forgotten);
    tcase_add_test(
        tests,
        who_was_reached_by_an_earlier_revision_hears_when_its_ring_comes);
    tcase_add_test(tests,
                   who_only_waited_for_its_ring_waits_in_the_next_revision_too);
    tcase_add_test(
        tests, who_showed_it_before_its_ring_came_is_told_of_the_next_revision);
    tcase_add_test(tests,
                   a_revision_without_rings_reaches_its_whole_target_at_once);
    tcase_add_test(
        tests,
        what_is_handed_back_after_a_restore_starts_at_the_ring_of_its_age);
    tcase_add_test(tests,
                   a_restored_broker_that_lost_a_ring_widens_to_it_again);
    tcase_add_test(tests, who_follows_is_told_of_each_ring);
    tcase_add_loop_test(tests, rings_that_make_no_sense_are_refused_by_name, 0,
                        10);
}

int main(void)
{
    Suite *suite = suite_create("rings");
    TCase *tests = tcase_create("stories");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, open_story, close_story);
    add_times(tests);
    add_nodes(tests);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
