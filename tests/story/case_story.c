/* Who answers for a child until it is found (see kit/story.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "story_inside.h"

static struct story *s;

/* Officers: lead-1 and lead-2 of the city, station-1 of a police station in it,
 * province-1 above them, far-1 of another province. sz has reported A1. */
static void open_story(void)
{
    s = story_new();
    story_tell(s, "administrator enrols lead-1 officer in 440300 rank 3");
    story_tell(s, "administrator enrols lead-2 officer in 440000 rank 3");
    story_tell(s, "administrator enrols station-1 officer in 440305 rank 1");
    story_tell(s, "administrator enrols province-1 officer in 440000 rank 4");
    story_tell(s, "administrator enrols far-1 officer in 110000 rank 3");
    story_tell(s, "sz reports A1 within 30");
    story_skip(s);
}

static void close_story(void)
{
    story_free(s);
}

static void lead_1_leads(void)
{
    story_tell(s, "sz offers A1 to lead-1");
    story_tell(s, "lead-1 accepts A1");
    story_skip(s);
}

static void a1_is_withdrawn(void)
{
    lead_1_leads();
    story_tell(s, "sz withdraws A1");
    story_skip(s);
}

/* ---- the lead ------------------------------------------------------------ */

START_TEST(a_case_has_a_lead_once_the_officer_has_accepted)
{
    story_tell(s, "sz offers A1 to lead-1");
    story_tell(s, "lead-1 accepts A1");
    story_expect(s, "sz <- RECORDED 18 open, led by nobody, offered to lead-1\n"
                    "lead-1 <- RECORDED 19 open, led by lead-1\n");
}
END_TEST

START_TEST(a_lead_is_of_county_rank_or_above_and_of_that_place)
{
    story_tell(s, "sz offers A1 to station-1");
    story_tell(s, "sz offers A1 to far-1");
    story_tell(s, "sz offers A1 to sup");
    story_tell(s, "sz offers A1 to nobody");
    story_expect(s, "sz <- INVALID order.offer_lead.officer\n"
                    "sz <- INVALID order.offer_lead.officer\n"
                    "sz <- INVALID order.offer_lead.officer\n"
                    "sz <- NOT_FOUND order.offer_lead.officer\n");
}
END_TEST

START_TEST(only_who_was_offered_the_lead_takes_it)
{
    story_tell(s, "lead-1 accepts A1");
    story_tell(s, "sz offers A1 to lead-1");
    story_tell(s, "lead-2 accepts A1");
    story_expect(s, "lead-1 <- CONFLICT order.step\n"
                    "sz <- RECORDED 18 open, led by nobody, offered to "
                    "lead-1\n"
                    "lead-2 <- DENIED order.step\n");
}
END_TEST

START_TEST(a_case_is_handed_over_only_when_the_next_lead_accepts)
{
    lead_1_leads();
    story_tell(s, "lead-1 offers A1 to lead-2");
    story_tell(s, "lead-2 declines A1");
    story_tell(s, "lead-1 offers A1 to lead-2");
    story_tell(s, "lead-2 accepts A1");
    story_expect(
        s, "lead-1 <- RECORDED 20 open, led by lead-1, offered to lead-2\n"
           "lead-2 <- RECORDED 21 open, led by lead-1\n"
           "lead-1 <- RECORDED 22 open, led by lead-1, offered to lead-2\n"
           "lead-2 <- RECORDED 23 open, led by lead-2\n");
}
END_TEST

START_TEST(no_one_takes_a_case_from_its_lead_but_who_stands_above)
{
    lead_1_leads();
    story_tell(s, "sz offers A1 to lead-2");
    story_tell(s, "lead-2 offers A1 to lead-2");
    story_tell(s, "far-1 offers A1 to lead-2");
    story_tell(s, "province-1 offers A1 to lead-2");
    story_tell(s, "sup offers A1 to province-1");
    story_expect(
        s, "sz <- DENIED order.step\n"
           "lead-2 <- DENIED order.step\n"
           "far-1 <- NOT_FOUND order.alert_id\n"
           "province-1 <- RECORDED 20 open, led by lead-1, offered to lead-2\n"
           "sup <- RECORDED 21 open, led by lead-1, offered to province-1\n");
}
END_TEST

START_TEST(a_lead_who_is_revoked_answers_for_nothing_and_the_centre_names_one)
{
    lead_1_leads();
    story_tell(s, "administrator revokes lead-1");
    story_skip(s);
    story_tell(s, "sz offers A1 to lead-2");
    story_tell(s, "lead-2 accepts A1");
    story_expect(s, "sz <- RECORDED 21 open, led by lead-1, offered to lead-2\n"
                    "lead-2 <- RECORDED 22 open, led by lead-2\n");
}
END_TEST

START_TEST(an_order_is_signed_by_who_gives_it)
{
    story_tell(s, "sz offers A1 to lead-1 forged");
    story_expect(s, "sz <- DENIED order.signature\n");
}
END_TEST

START_TEST(an_order_given_twice_is_one_step)
{
    story_tell(s, "sz offers A1 to lead-1");
    story_skip(s);
    story_tell(s, "again");
    story_expect(s, "sz <- DUPLICATE 18\n");
    story_tell(s, "the broker restarts");
    story_tell(s, "again");
    story_expect(s, "sz <- DUPLICATE 18\n");
    ck_assert_uint_eq(story_facts(s), 18);
}
END_TEST

START_TEST(checkpoints_laboratories_and_administrators_give_no_orders)
{
    story_tell(s, "gate-1 accepts A1");
    story_tell(s, "lab accepts A1");
    story_tell(s, "administrator offers A1 to lead-1");
    story_expect(s, "gate-1 <- DENIED role\n"
                    "lab <- DENIED role\n"
                    "administrator <- DENIED role\n");
}
END_TEST

START_TEST(orders_of_one_case_wait_in_line)
{
    story_tell(s, "the disk pauses");
    story_tell(s, "sz offers A1 to lead-1");
    story_tell(s, "lead-1 accepts A1");
    story_tell(s, "lead-1 offers A1 to lead-2");
    story_expect(s, "");
    story_tell(s, "the disk resumes");
    story_expect(
        s, "sz <- RECORDED 18 open, led by nobody, offered to lead-1\n"
           "lead-1 <- RECORDED 19 open, led by lead-1\n"
           "lead-1 <- RECORDED 20 open, led by lead-1, offered to lead-2\n");
}
END_TEST

/* ---- duties -------------------------------------------------------------- */

START_TEST(each_duty_is_the_leads_until_somebody_is_named)
{
    lead_1_leads();
    story_tell(s, "lead-1 logs comfort of A1");
    story_tell(s, "station-1 logs comfort of A1");
    story_tell(s, "lead-1 assigns comfort of A1 to station-1");
    story_tell(s, "station-1 logs comfort of A1");
    story_tell(s, "station-1 logs rescue of A1");
    story_expect(s, "lead-1 <- RECORDED 20 open, led by lead-1\n"
                    "station-1 <- DENIED order.step\n"
                    "lead-1 <- RECORDED 21 open, led by lead-1\n"
                    "station-1 <- RECORDED 22 open, led by lead-1\n"
                    "station-1 <- DENIED order.step\n");
}
END_TEST

START_TEST(only_the_lead_assigns_duties_and_to_whom_the_place_belongs)
{
    lead_1_leads();
    story_tell(s, "sz assigns rescue of A1 to station-1");
    story_tell(s, "lead-1 assigns rescue of A1 to far-1");
    story_tell(s, "lead-1 assigns rescue of A1 to gate-1");
    story_tell(s, "lead-1 assigns nothing of A1 to station-1");
    story_expect(s, "sz <- DENIED order.step\n"
                    "lead-1 <- INVALID order.assign_duty.owner\n"
                    "lead-1 <- INVALID order.assign_duty.owner\n"
                    "lead-1 <- INVALID order.assign_duty.duty\n");
}
END_TEST

/* ---- until it is solved -------------------------------------------------- */

START_TEST(an_alert_that_ends_does_not_end_its_case)
{
    const struct case_file *file;

    story_tell(s, "400 d pass");
    file = &broker_book(story_broker(s))->alerts[0]->file;
    ck_assert_int_eq(file->state, TOCSIN__V1__CASE_STATE__CASE_STATE_OPEN);
}
END_TEST

START_TEST(only_the_lead_solves_a_case_and_only_off_the_screens)
{
    lead_1_leads();
    story_tell(s, "lead-1 solves A1 as returned");
    story_tell(s, "sz withdraws A1");
    story_skip(s);
    story_tell(s, "sz solves A1 as returned");
    story_tell(s, "province-1 solves A1 as returned");
    story_tell(s, "lead-1 solves A1 as returned");
    story_expect(s, "sz <- DENIED order.step\n"
                    "province-1 <- DENIED order.step\n"
                    "lead-1 <- RECORDED 21 solved, led by lead-1\n");
}
END_TEST

START_TEST(a_case_that_is_solved_names_who_has_the_child)
{
    a1_is_withdrawn();
    story_tell(s, "lead-1 solves A1 as rescued nameless");
    story_tell(s, "lead-1 solves A1 as civil-affairs paperless");
    story_tell(s, "lead-1 solves A1 as sold");
    story_tell(s, "lead-1 solves A1 as civil-affairs");
    story_expect(s, "lead-1 <- INVALID order.solve.receiver\n"
                    "lead-1 <- INVALID order.solve.papers\n"
                    "lead-1 <- INVALID order.solve.outcome\n"
                    "lead-1 <- RECORDED 21 solved, led by lead-1\n");
}
END_TEST

START_TEST(a_death_is_believed_only_when_a_second_person_says_so)
{
    a1_is_withdrawn();
    story_tell(s, "lead-1 solves A1 as death nameless");
    story_tell(s, "lead-1 confirms A1 as death");
    story_tell(s, "station-1 confirms A1 as death");
    story_tell(s, "far-1 confirms A1 as death");
    story_tell(s, "sup confirms A1 as false");
    story_tell(s, "sup confirms A1 as death");
    story_expect(
        s, "lead-1 <- RECORDED 21 open, led by lead-1, waiting for a second\n"
           "lead-1 <- DENIED order.step\n"
           "station-1 <- DENIED order.step\n"
           "far-1 <- NOT_FOUND order.alert_id\n"
           "sup <- CONFLICT order.step\n"
           "sup <- RECORDED 22 solved, led by lead-1\n");
}
END_TEST

START_TEST(a_false_report_too_and_what_waits_can_be_replaced)
{
    a1_is_withdrawn();
    story_tell(s, "lead-1 solves A1 as false nameless");
    story_tell(s, "lead-1 solves A1 as lost");
    story_tell(s, "sz confirms A1 as false");
    story_expect(
        s, "lead-1 <- RECORDED 21 open, led by lead-1, waiting for a second\n"
           "lead-1 <- RECORDED 22 solved, led by lead-1\n"
           "sz <- CONFLICT order.step\n");
}
END_TEST

START_TEST(what_waits_for_a_second_is_void_when_the_search_goes_on)
{
    lead_1_leads();
    story_tell(s, "2 d pass");
    story_tell(s, "lead-1 solves A1 as death nameless");
    story_tell(s, "sz revises A1 within 40");
    story_tell(s, "2 d pass");
    story_skip(s);
    story_tell(s, "sup confirms A1 as death");
    story_tell(s, "lead-1 solves A1 as death nameless");
    story_tell(s, "lead-1 offers A1 to lead-2");
    story_tell(s, "lead-2 accepts A1");
    story_skip(s);
    story_tell(s, "lead-1 confirms A1 as death");
    story_tell(s, "sup confirms A1 as death");
    story_expect(s, "lead-1 <- CONFLICT order.step\n"
                    "sup <- CONFLICT order.step\n");
}
END_TEST

START_TEST(a_solved_case_does_not_go_out_again)
{
    lead_1_leads();
    story_tell(s, "2 d pass");
    story_tell(s, "lead-1 solves A1 as returned");
    story_skip(s);
    story_tell(s, "sz revises A1 within 40");
    story_expect(s, "sz <- CONFLICT alert.alert_id\n");
}
END_TEST

START_TEST(a_case_can_be_quiet_and_keeps_its_lead)
{
    lead_1_leads();
    story_tell(s, "lead-1 stands A1");
    story_tell(s, "sz withdraws A1");
    story_skip(s);
    story_tell(s, "sz stands A1");
    story_tell(s, "lead-1 stands A1");
    story_tell(s, "lead-1 logs rescue of A1");
    story_tell(s, "lead-1 stands A1");
    story_tell(s, "lead-1 reopens A1");
    story_expect(s, "sz <- DENIED order.step\n"
                    "lead-1 <- RECORDED 21 standing, led by lead-1\n"
                    "lead-1 <- RECORDED 22 standing, led by lead-1\n"
                    "lead-1 <- CONFLICT order.step\n"
                    "lead-1 <- RECORDED 23 open, led by lead-1\n");
}
END_TEST

START_TEST(a_standing_case_is_open_again_when_its_alert_is_out_again)
{
    lead_1_leads();
    story_tell(s, "2 d pass");
    story_tell(s, "lead-1 stands A1");
    story_tell(s, "sz revises A1 within 40");
    ck_assert_int_eq(broker_book(story_broker(s))->alerts[0]->file.state,
                     TOCSIN__V1__CASE_STATE__CASE_STATE_OPEN);
}
END_TEST

START_TEST(a_solved_case_is_opened_again_by_its_lead_or_from_above)
{
    a1_is_withdrawn();
    story_tell(s, "lead-1 solves A1 as returned");
    story_skip(s);
    story_tell(s, "sz reopens A1");
    story_tell(s, "lead-1 assigns comfort of A1 to station-1");
    story_tell(s, "station-1 logs comfort of A1");
    story_tell(s, "province-1 reopens A1");
    story_expect(s, "sz <- DENIED order.step\n"
                    "lead-1 <- RECORDED 22 solved, led by lead-1\n"
                    "station-1 <- RECORDED 23 solved, led by lead-1\n"
                    "province-1 <- RECORDED 24 open, led by lead-1\n");
}
END_TEST

START_TEST(a_rebuilt_book_has_the_same_cases)
{
    uint8_t before[32];
    uint8_t after[32];

    lead_1_leads();
    story_tell(s, "lead-1 assigns comfort of A1 to station-1");
    story_tell(s, "station-1 logs comfort of A1");
    story_tell(s, "gate-1 sights A1");
    story_tell(s, "lead-1 checks sighting 22 of A1");
    story_tell(s, "sz withdraws A1");
    story_tell(s, "lead-1 solves A1 as death nameless");
    story_tell(s, "lead-1 offers A1 to lead-2");
    story_book(s, before);
    story_tell(s, "the broker restarts");
    story_book(s, after);
    ck_assert_mem_eq(before, after, sizeof before);
    story_tell(s, "the book is written down");
    story_tell(s, "the broker starts from what was written");
    story_book(s, after);
    ck_assert_mem_eq(before, after, sizeof before);
}
END_TEST

/* ---- sightings ----------------------------------------------------------- */

static const struct testimony *sighting(uint64_t sequence)
{
    const struct testimony *testimony =
        alert_testimony(broker_book(story_broker(s))->alerts[0], sequence);

    ck_assert_ptr_nonnull(testimony);
    return testimony;
}

START_TEST(a_sighting_changes_nothing_until_an_officer_has_looked)
{
    lead_1_leads();
    story_tell(s, "gate-1 sights A1");
    story_tell(s, "gate-2 sights A1");
    story_tell(s, "gate-1 searches A1");
    story_skip(s);
    ck_assert_uint_eq(alert_unanswered(broker_book(story_broker(s))->alerts[0]),
                      2);
    story_tell(s, "far-1 checks sighting 20 of A1");
    story_tell(s, "station-1 checks sighting 20 of A1");
    story_tell(s, "sz checks sighting 20 of A1");
    story_tell(s, "lead-1 dismisses sighting 20 of A1");
    story_tell(s, "lead-1 dismisses sighting 21 of A1 doubles 20");
    story_tell(s, "lead-1 dismisses sighting 22 of A1");
    story_tell(s, "lead-1 dismisses sighting 21 of A1 doubles 22");
    story_expect(s, "far-1 <- NOT_FOUND order.alert_id\n"
                    "station-1 <- DENIED order.step\n"
                    "gate-1 <- word A1: checking by officer 000042\n"
                    "sz <- RECORDED 23 open, led by lead-1\n"
                    "gate-1 <- word A1: dismissed by officer 000042\n"
                    "lead-1 <- RECORDED 24 open, led by lead-1\n"
                    "gate-2 <- word A1: duplicate by officer 000042\n"
                    "lead-1 <- RECORDED 25 open, led by lead-1\n"
                    "lead-1 <- NOT_FOUND order.triage.sighting\n"
                    "lead-1 <- NOT_FOUND order.triage.duplicate_of\n");
    ck_assert_int_eq(sighting(20)->verdict,
                     TOCSIN__V1__VERDICT__VERDICT_DISMISSED);
    ck_assert_uint_eq(sighting(21)->duplicate_of, 20);
    ck_assert_uint_eq(alert_unanswered(broker_book(story_broker(s))->alerts[0]),
                      0);
}
END_TEST

START_TEST(a_confirmed_sighting_starts_the_search_from_there_in_one_revision)
{
    story_tell(s, "gate-1 sights A1");
    story_skip(s);
    story_tell(s, "sz confirms sighting 18 of A1");
    story_expect(s, "sz <- INVALID order.triage.verdict\n");
    story_tell(s, "sz revises A1 within 40 as revision 2 confirming 17");
    story_tell(s, "sz revises A1 within 40 as revision 2 confirming 18 "
                  "doubtfully");
    story_expect(s, "sz <- NOT_FOUND order.triage.sighting\n"
                    "sz <- INVALID confirms\n");
    story_tell(s, "sz revises A1 within 40 as revision 2 confirming 18");
    story_expect(s, "feed a/4403/ A1 r2 19 after 17\n"
                    "gate-1 <- word A1: confirmed by officer 000042\n"
                    "sz <- RECORDED 19 2 nodes\n");
    ck_assert_int_eq(sighting(18)->verdict,
                     TOCSIN__V1__VERDICT__VERDICT_CONFIRMED);
    ck_assert_uint_eq(sighting(18)->triaged_seq, 19);
}
END_TEST

START_TEST(a_confirmation_that_another_has_signed_changes_nothing)
{
    story_tell(s, "gate-1 sights A1");
    story_skip(s);
    story_tell(s, "sz revises A1 within 40 as revision 2 confirming 18 forged");
    story_expect(s, "sz <- DENIED order.signature\n");
    ck_assert_uint_eq(broker_book(story_broker(s))->alerts[0]->revision, 1);
}
END_TEST

START_TEST(who_sent_a_sighting_hears_who_is_on_it)
{
    story_tell(s, "gate-1 beats");
    story_tell(s, "gate-1 sights A1");
    story_skip(s);
    story_tell(s, "sz checks sighting 18 of A1");
    story_expect(s, "gate-1 <- word A1: checking by officer 000042\n"
                    "sz <- RECORDED 19 open, led by nobody\n");
}
END_TEST

START_TEST(who_was_away_hears_of_its_sighting_with_its_sync)
{
    story_tell(s, "gate-1 sights A1");
    story_tell(s, "sz checks sighting 18 of A1");
    story_skip(s);
    story_tell(s, "gate-1 syncs from 18");
    story_tell(s, "gate-1 syncs from 19");
    story_tell(s, "gate-2 syncs from 18");
    story_expect(s, "gate-1 <- OK page word of A1 head 19\n"
                    "gate-1 <- OK page head 19\n"
                    "gate-2 <- OK page head 19\n");
}
END_TEST

static size_t told(const char *words)
{
    size_t count = 0;

    for (const char *at = story_heard(s); (at = strstr(at, words)) != NULL;
         at++)
        count++;
    return count;
}

/* More than one page holds, and alerts between them: each once. */
START_TEST(who_was_away_for_long_hears_of_all_its_sightings)
{
    char sentence[60];
    uint64_t from = story_facts(s);

    s->config.giving_rate = 60000;
    story_tell(s, "the broker restarts");
    for (int i = 0; i < 250; i++) {
        story_tell(s, "gate-1 sights A1");
        story_tell(s, "1 s pass");
    }
    for (int i = 0; i < 250; i++) {
        snprintf(sentence, sizeof sentence, "sz checks sighting %d of A1",
                 (int)from + 1 + i);
        story_tell(s, sentence);
        if (i == 120)
            story_tell(s, "sz reports A2 within 30");
    }
    story_skip(s);
    for (int pages = 0; told(" head ") == 0; pages++) {
        ck_assert_int_lt(pages, 4);
        snprintf(sentence, sizeof sentence, "gate-1 syncs from %d",
                 pages == 0 ? (int)from : (int)s->page_next);
        story_tell(s, sentence);
    }
    ck_assert_uint_eq(told(" word of A1"), 250);
    ck_assert_uint_eq(told("[A2"), 1);
}
END_TEST

/* The child was last seen a minute before the report, at 22.54, 113.94. */
START_TEST(a_sighting_that_nobody_could_have_reached_is_flagged_not_dropped)
{
    story_tell(s, "gate-1 sights A1 at 22.60,114.00");
    story_tell(s, "gate-1 sights A1 at 39.90,116.40");
    story_tell(s, "7200 s pass");
    story_tell(s, "gate-1 sights A1 at 39.90,116.40");
    story_tell(s, "10800 s pass");
    story_tell(s, "gate-1 sights A1 at 39.90,116.40");
    ck_assert(!sighting(18)->unreachable);
    ck_assert(sighting(19)->unreachable);
    ck_assert(sighting(20)->unreachable); /* 1,940 km in two hours */
    ck_assert(!sighting(21)->unreachable);
    ck_assert_uint_eq(broker_book(story_broker(s))->alerts[0]->sightings, 4);
}
END_TEST

START_TEST(sightings_of_one_place_and_time_stand_together)
{
    story_tell(s, "gate-1 sights A1 at 22.60,114.00");
    story_tell(s, "gate-2 sights A1 at 22.61,114.01");
    story_tell(s, "gate-2 sights A1 at 22.70,114.20");
    story_tell(s, "gate-1 sights A1 at 22.60,114.00 45 minutes ago");
    story_tell(s, "gate-2 sights A1 at 22.60,114.00");
    ck_assert_uint_eq(sighting(18)->cluster, 0);
    ck_assert_uint_eq(sighting(19)->cluster, 18);
    ck_assert_uint_eq(sighting(20)->cluster, 0);
    ck_assert_uint_eq(sighting(21)->cluster, 0);
    ck_assert_uint_eq(sighting(22)->cluster, 18);
}
END_TEST

START_TEST(what_was_dismissed_draws_no_other_sighting_to_it)
{
    story_tell(s, "gate-1 sights A1 at 22.60,114.00");
    story_tell(s, "sz dismisses sighting 18 of A1");
    story_tell(s, "gate-2 sights A1 at 22.60,114.00");
    ck_assert_uint_eq(sighting(20)->cluster, 0);
}
END_TEST

START_TEST(who_had_a_duty_and_was_moved_away_speaks_of_the_case_no_more)
{
    lead_1_leads();
    story_tell(s, "lead-1 assigns rescue of A1 to station-1");
    story_tell(s, "gate-1 sights A1");
    story_tell(s, "sz revises A1 within 3000");
    story_tell(s, "administrator readmits station-1 in 110000 rank 1");
    story_skip(s);
    story_tell(s, "station-1 logs rescue of A1");
    story_tell(s, "station-1 dismisses sighting 21 of A1");
    story_expect(s, "station-1 <- DENIED order.step\n"
                    "station-1 <- DENIED order.step\n");
}
END_TEST

START_TEST(who_led_a_case_and_was_moved_away_sees_no_more_than_others_there)
{
    lead_1_leads();
    story_tell(s, "sz revises A1 within 3000");
    story_skip(s);
    story_tell(s, "far-1 reads the file of A1");
    story_expect(s, "far-1 <- NOT_FOUND alert\n");
    story_tell(s, "administrator readmits lead-1 in 110000 rank 3");
    story_skip(s);
    story_tell(s, "lead-1 reads the file of A1");
    story_expect(s, "lead-1 <- NOT_FOUND alert\n");
}
END_TEST

/* ---- forgetting ---------------------------------------------------------- */

/* gate-1 has held and sighted A1, which is solved. */
static void a1_is_solved(void)
{
    lead_1_leads();
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "gate-1 sights A1");
    story_tell(s, "sz withdraws A1");
    story_tell(s, "lead-1 solves A1 as returned");
    story_skip(s);
}

static const struct alert *a1(void)
{
    return broker_book(story_broker(s))->alerts[0];
}

START_TEST(only_a_solved_case_is_sealed_and_by_its_lead_or_a_supervisor)
{
    lead_1_leads();
    story_tell(s, "lead-1 seals A1");
    story_tell(s, "sz withdraws A1");
    story_tell(s, "lead-1 seals A1");
    story_tell(s, "lead-1 solves A1 as returned");
    story_skip(s);
    story_tell(s, "sz seals A1");
    story_tell(s, "province-1 seals A1");
    story_tell(s, "sup seals A1");
    story_tell(s, "lead-1 reopens A1");
    story_expect(s, "sz <- DENIED order.step\n"
                    "province-1 <- DENIED order.step\n"
                    "sup <- RECORDED 22 sealed, led by lead-1, purged by 0 of "
                    "3\n"
                    "lead-1 <- CONFLICT order.step\n");
}
END_TEST

START_TEST(a_sealed_case_is_empty_now_and_after_every_start)
{
    for (int start = 0; start < 3; start++) {
        if (start == 0) {
            a1_is_solved();
            story_tell(s, "the book is written down");
            story_tell(s, "lead-1 seals A1");
        } else if (start == 1) {
            story_tell(s, "the broker restarts");
        } else { /* from what was written down before the sealing */
            story_tell(s, "the broker starts from what was written");
        }
        ck_assert_int_eq(a1()->file.state,
                         TOCSIN__V1__CASE_STATE__CASE_STATE_SEALED);
        ck_assert_ptr_null(a1()->document);
        ck_assert_ptr_null(a1()->last_alert);
        ck_assert_ptr_null(a1()->answers[0].document);
        for (size_t i = 0; i < a1()->file.entry_count; i++)
            ck_assert_ptr_null(a1()->file.entries[i].document);
    }
}
END_TEST

/* The kit's disk has room for 240 ends of keys. */
START_TEST(what_has_ended_is_not_ended_again_at_every_start)
{
    a1_is_solved();
    story_tell(s, "lead-1 seals A1");
    for (int start = 0; start < 150; start++) {
        story_tell(s, "the broker restarts");
        story_tell(s, "1 s pass");
    }
    ck_assert_int_eq(a1()->file.state,
                     TOCSIN__V1__CASE_STATE__CASE_STATE_SEALED);
}
END_TEST

START_TEST(nothing_is_taken_about_a_sealed_case)
{
    a1_is_solved();
    story_tell(s, "lead-1 seals A1");
    story_skip(s);
    story_tell(s, "gate-2 sights A1");
    story_tell(s, "sz revises A1 within 30 as revision 3");
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "lead-1 logs comfort of A1");
    story_expect(s, "gate-2 <- CONFLICT answer.alert_id\n"
                    "sz <- CONFLICT alert.alert_id\n"
                    "sz <- CONFLICT alert.alert_id\n"
                    "lead-1 <- CONFLICT order.step\n");
}
END_TEST

START_TEST(an_answer_on_its_way_while_a_case_is_sealed_leaves_nothing_behind)
{
    a1_is_solved();
    story_tell(s, "the disk pauses");
    story_tell(s, "lead-1 seals A1");
    story_tell(s, "gate-2 sights A1");
    story_tell(s, "the disk resumes");
    ck_assert_uint_eq(a1()->answer_count, 2);
    ck_assert_ptr_null(a1()->answers[1].document);
    story_tell(s, "the broker restarts");
    ck_assert_ptr_null(a1()->answers[1].document);
}
END_TEST

START_TEST(every_node_is_asked_to_purge_until_it_has_said_so)
{
    a1_is_solved();
    story_tell(s, "gate-2 beats");
    story_tell(s, "lead-1 seals A1");
    story_skip(s);
    story_tell(s, "1 s pass");
    ck_assert_ptr_nonnull(strstr(story_heard(s), "gate-1 <- purge A1\n"));
    ck_assert_ptr_nonnull(strstr(story_heard(s), "gate-2 <- purge A1\n"));
    story_skip(s);
    story_tell(s, "gate-1 purges A1 forged");
    story_tell(s, "gate-1 purges A1 as gate-2");
    story_tell(s, "gate-1 purges A1");
    story_tell(s, "gate-1 purges A1");
    story_expect(s, "gate-1 <- DENIED purge.signature\n"
                    "gate-1 <- DENIED purge.node\n"
                    "gate-1 <- RECORDED 25\n"
                    "gate-1 <- DUPLICATE 25\n");
    story_tell(s, "20 s pass");
    ck_assert_ptr_null(strstr(story_heard(s), "gate-1 <- purge A1\n"));
    ck_assert_ptr_nonnull(strstr(story_heard(s), "gate-2 <- purge A1\n"));
}
END_TEST

static void is_reported_and_sealed(int alert)
{
    static const char *const steps[][2] = {
        {"sz reports", " within 30"},  {"sz offers", " to lead-1"},
        {"lead-1 accepts", ""},        {"sz withdraws", ""},
        {"lead-1 solves", " as lost"}, {"lead-1 seals", ""}};
    char sentence[80];

    for (size_t i = alert == 1; i < sizeof steps / sizeof *steps; i++) {
        snprintf(sentence, sizeof sentence, "%s A%d%s", steps[i][0], alert,
                 steps[i][1]);
        story_tell(s, sentence);
    }
}

/* More are silent than are asked at a time: fourteen nodes beside gate-1,
 * gate-2 and van, of 32 cases each. */
START_TEST(who_does_not_purge_keeps_nobody_from_being_asked)
{
    char sentence[80];

    for (int i = 10; i < 24; i++) {
        snprintf(sentence, sizeof sentence,
                 "administrator enrols gate-%d bus in 440305", i);
        story_tell(s, sentence);
        snprintf(sentence, sizeof sentence, "gate-%d beats", i);
        story_tell(s, sentence);
    }
    story_tell(s, "gate-1 beats");
    story_tell(s, "gate-2 beats");
    story_tell(s, "van beats");
    for (int i = 1; i <= 32; i++)
        is_reported_and_sealed(i);
    story_skip(s);
    story_tell(s, "25 s pass");
    ck_assert_ptr_nonnull(strstr(story_heard(s), "gate-1 <- purge A1\n"));
    ck_assert_ptr_nonnull(strstr(story_heard(s), "gate-1 <- purge A32\n"));
    ck_assert_ptr_nonnull(strstr(story_heard(s), "gate-23 <- purge A32\n"));
}
END_TEST

/* It is asked when it comes back. */
START_TEST(who_is_gone_is_not_asked_to_purge)
{
    a1_is_solved();
    story_tell(s, "150 s pass");
    story_tell(s, "gate-2 beats");
    story_tell(s, "lead-1 seals A1");
    story_skip(s);
    story_tell(s, "11 s pass");
    ck_assert_ptr_null(strstr(story_heard(s), "gate-1 <- purge A1\n"));
    ck_assert_ptr_nonnull(strstr(story_heard(s), "gate-2 <- purge A1\n"));
    story_tell(s, "gate-1 beats");
    story_skip(s);
    story_tell(s, "11 s pass");
    ck_assert_ptr_nonnull(strstr(story_heard(s), "gate-1 <- purge A1\n"));
}
END_TEST

START_TEST(who_brought_a_word_from_outside_is_asked_to_purge_as_well)
{
    a1_is_solved();
    story_tell(s, "administrator enrols van-9 gateway in 110101 at 39.9,116.4");
    story_tell(s, "gate-4 sights A1");
    story_tell(s, "gate-3 sights A1 through van-9");
    story_tell(s, "gate-3 beats");
    story_tell(s, "van-9 beats");
    story_tell(s, "lead-1 seals A1");
    story_skip(s);
    story_tell(s, "1 s pass");
    ck_assert_ptr_nonnull(strstr(story_heard(s), "gate-3 <- purge A1\n"));
    ck_assert_ptr_nonnull(strstr(story_heard(s), "van-9 <- purge A1\n"));
}
END_TEST

START_TEST(a_word_from_outside_on_its_way_while_a_case_is_sealed_is_purged_too)
{
    a1_is_solved();
    story_tell(s, "gate-3 beats");
    story_tell(s, "the disk pauses");
    story_tell(s, "lead-1 seals A1");
    story_tell(s, "gate-3 sights A1");
    story_tell(s, "the disk resumes");
    story_skip(s);
    story_tell(s, "1 s pass");
    ck_assert_ptr_nonnull(strstr(story_heard(s), "gate-3 <- purge A1\n"));
}
END_TEST

START_TEST(who_was_revoked_meanwhile_is_asked_to_purge_when_it_comes_back)
{
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "gate-2 holds A1");
    story_tell(s, "administrator revokes gate-2");
    story_tell(s, "sz withdraws A1");
    story_tell(s, "sz offers A1 to lead-1");
    story_tell(s, "lead-1 accepts A1");
    story_tell(s, "lead-1 solves A1 as returned");
    story_tell(s, "lead-1 seals A1");
    story_tell(s, "administrator readmits gate-2 at 22.64,113.81");
    story_tell(s, "the broker restarts");
    story_skip(s);
    story_tell(s, "gate-2 syncs from 0");
    ck_assert_ptr_nonnull(strstr(story_heard(s), "purge A1"));
}
END_TEST

START_TEST(who_only_heard_its_topic_is_asked_to_purge_as_well)
{
    story_tell(s, "administrator enrols gate-9 bus in 440305 at 22.9,114.4");
    a1_is_solved();
    ck_assert_ptr_null(alert_cover(
        a1(), book_principal(broker_book(story_broker(s)), "gate-9")->number));
    story_tell(s, "lead-1 seals A1");
    story_skip(s);
    story_tell(s, "gate-9 syncs from 25");
    story_tell(s, "gate-9 purges A1");
    story_expect(s, "gate-9 <- OK page purge A1 head 25\n"
                    "gate-9 <- RECORDED 26\n");
    story_tell(s, "the broker restarts");
    ck_assert(
        alert_cover(
            a1(),
            book_principal(broker_book(story_broker(s)), "gate-9")->number)
            ->purged);
}
END_TEST

START_TEST(a_sealed_child_does_not_come_back_with_a_late_message)
{
    a1_is_solved();
    story_tell(s, "lead-1 seals A1");
    story_tell(s, "the broker is restored to 16");
    ck_assert_uint_eq(broker_book(story_broker(s))->alert_count, 0);
    story_skip(s);
    story_tell(s, "gate-1 hands back A1 of revision 1");
    story_expect(s, "gate-1 <- CONFLICT alert.alert_id\n"
                    "gate-1 <- purge A1\n");
    story_tell(s, "the broker restarts");
    ck_assert_uint_eq(broker_book(story_broker(s))->alert_count, 0);
}
END_TEST

/* Nobody waits for somebody who hands it back: at a gateway that would keep it
 * for so long, and what else its handheld has said. */
START_TEST(a_word_of_a_sealed_child_is_refused_at_once_by_an_older_journal_too)
{
    a1_is_solved();
    story_tell(s, "lead-1 seals A1");
    story_tell(s, "the broker is restored to 16");
    story_skip(s);
    story_tell(s, "gate-2 sights A1 with picture 1 through van");
    story_tell(s, "gate-1 sights A1");
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "gate-1 brings picture 1 of A1");
    story_expect(s, "van <- CONFLICT answer.alert_id\n"
                    "van <- purge A1\n"
                    "gate-1 <- CONFLICT answer.alert_id\n"
                    "gate-1 <- purge A1\n"
                    "gate-1 <- CONFLICT answer.alert_id\n"
                    "gate-1 <- purge A1\n"
                    "gate-1 <- CONFLICT alert_id\n" /* in two pieces */
                    "gate-1 <- CONFLICT alert_id\n");
    story_tell(s, "gate-1 purges A1");
    story_expect(s, "gate-1 <- NOT_FOUND purge.alert_id\n");
}
END_TEST

START_TEST(an_older_journal_has_the_case_sealed_again)
{
    a1_is_solved();
    story_tell(s, "lead-1 seals A1");
    story_tell(s, "the broker is restored to 17");
    ck_assert_ptr_null(a1()->document);
    story_skip(s);
    story_tell(s, "sz revises A1 within 40");
    ck_assert_ptr_nonnull(strstr(story_heard(s), "sz <- CONFLICT"));
    for (int start = 0; start < 2; start++) {
        ck_assert_int_eq(a1()->file.state,
                         TOCSIN__V1__CASE_STATE__CASE_STATE_SEALED);
        ck_assert_int_eq(a1()->state,
                         TOCSIN__V1__ALERT_STATE__ALERT_STATE_EXPIRED);
        story_tell(s, "the broker restarts");
    }
}
END_TEST

/* What a clock brings, silence here, does not come before it. */
START_TEST(nothing_is_recorded_of_it_before_it_is_sealed_again)
{
    story_tell(s, "the broker minds silence");
    a1_is_solved();
    story_tell(s, "lead-1 seals A1");
    story_tell(s, "61 s pass");
    story_tell(s, "the broker is restored to 17");
    story_tell(s, "the disk pauses");
    story_tell(s, "1 s pass");
    story_skip(s);
    story_tell(s, "sz revises A1 within 40 as revision 2");
    story_tell(s, "the disk resumes");
    ck_assert_ptr_nonnull(strstr(story_heard(s), "sz <- CONFLICT"));
    ck_assert_int_eq(a1()->file.state,
                     TOCSIN__V1__CASE_STATE__CASE_STATE_SEALED);
    ck_assert_uint_eq(a1()->revision, 1);
}
END_TEST

START_TEST(who_was_away_is_asked_with_its_sync)
{
    a1_is_solved();
    story_tell(s, "lead-1 seals A1");
    story_skip(s);
    story_tell(s, "gate-2 syncs from 24");
    story_tell(s, "gate-2 purges A1");
    story_tell(s, "gate-2 syncs from 24");
    story_expect(s, "gate-2 <- OK page purge A1 head 24\n"
                    "gate-2 <- RECORDED 25\n"
                    "gate-2 <- OK page head 25\n");
}
END_TEST

START_TEST(a_sealed_case_stays_named_until_every_node_has_purged_it)
{
    a1_is_solved();
    story_tell(s, "lead-1 seals A1");
    story_tell(s, "gate-1 purges A1");
    story_tell(s, "60 d pass");
    ck_assert_uint_eq(broker_book(story_broker(s))->alert_count, 1);
    story_tell(s, "gate-2 purges A1");
    story_tell(s, "60 d pass");
    ck_assert_uint_eq(broker_book(story_broker(s))->alert_count, 1);
    story_tell(s, "van purges A1");
    story_tell(s, "2 d pass");
    ck_assert_uint_eq(broker_book(story_broker(s))->alert_count, 0);
}
END_TEST

static void both_beat(int minutes)
{
    for (int i = 0; i < 2 * minutes; i++) {
        story_tell(s, "gate-1 beats");
        story_tell(s, "gate-1 beats elsewhere");
        story_tell(s, "30 s pass");
    }
}

/* Whoever asks: sup, of 440000. */
static void expect_file(const char *purged, const char *doubled)
{
    char line[200];

    story_skip(s);
    story_tell(s, "sup reads the file of A1");
    snprintf(line, sizeof line, "sup <- OK sealed, led by lead-1, %s%s\n",
             purged, doubled);
    story_expect(s, line);
}

START_TEST(the_word_of_one_of_two_machines_with_one_key_purges_no_case)
{
    a1_is_solved();
    story_skip(s);
    both_beat(2);
    ck_assert_ptr_nonnull(strstr(story_heard(s), "log: doubled node=gate-1\n"));
    story_tell(s, "lead-1 seals A1");
    story_skip(s);
    both_beat(1);
    ck_assert_ptr_nonnull(strstr(story_heard(s), "gate-1 <- purge A1\n"));
    ck_assert_ptr_nonnull(strstr(story_heard(s), "gate-1' <- purge A1\n"));
    story_skip(s);
    story_tell(s, "gate-1 purges A1");
    story_tell(s, "gate-1 purges A1 elsewhere");
    story_expect(s, "gate-1 <- CONFLICT purge.node\n"
                    "gate-1' <- CONFLICT purge.node\n");
    expect_file("purged by 0 of 3", ", doubled: gate-1");
    story_tell(s, "administrator rekeys gate-1");
    story_skip(s);
    story_tell(s, "gate-1 purges A1");
    expect_file("purged by 1 of 3", "");
}
END_TEST

/* A program beside the checkpoint's own, with the same bundle. */
START_TEST(who_only_asks_over_another_connection_is_not_another_machine)
{
    for (int i = 0; i < 8; i++) {
        story_tell(s, "gate-1 beats");
        story_tell(s, "gate-1 keys elsewhere");
        story_tell(s, "30 s pass");
    }
    ck_assert_ptr_null(strstr(story_heard(s), "doubled"));
}
END_TEST

START_TEST(a_line_that_is_made_anew_is_not_another_machine)
{
    a1_is_solved();
    story_skip(s);
    story_tell(s, "gate-1 beats");
    story_tell(s, "gate-1 beats elsewhere");
    story_tell(s, "60 s pass");
    story_tell(s, "gate-1 beats"); /* it was long on its way */
    story_tell(s, "60 s pass");
    story_tell(s, "gate-1 beats elsewhere");
    ck_assert_ptr_null(strstr(story_heard(s), "doubled"));
    story_tell(s, "lead-1 seals A1");
    story_skip(s);
    story_tell(s, "gate-1 purges A1 elsewhere");
    expect_file("purged by 1 of 3", "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("case stories");
    TCase *t = tcase_create("case");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(t, open_story, close_story);
    tcase_add_test(t, a_case_has_a_lead_once_the_officer_has_accepted);
    tcase_add_test(t, a_lead_is_of_county_rank_or_above_and_of_that_place);
    tcase_add_test(t, only_who_was_offered_the_lead_takes_it);
    tcase_add_test(t, a_case_is_handed_over_only_when_the_next_lead_accepts);
    tcase_add_test(t, no_one_takes_a_case_from_its_lead_but_who_stands_above);
    tcase_add_test(
        t, a_lead_who_is_revoked_answers_for_nothing_and_the_centre_names_one);
    tcase_add_test(t, an_order_is_signed_by_who_gives_it);
    tcase_add_test(t, an_order_given_twice_is_one_step);
    tcase_add_test(t,
                   checkpoints_laboratories_and_administrators_give_no_orders);
    tcase_add_test(t, orders_of_one_case_wait_in_line);
    tcase_add_test(t, each_duty_is_the_leads_until_somebody_is_named);
    tcase_add_test(t,
                   only_the_lead_assigns_duties_and_to_whom_the_place_belongs);
    tcase_add_test(t, an_alert_that_ends_does_not_end_its_case);
    tcase_add_test(t, only_the_lead_solves_a_case_and_only_off_the_screens);
    tcase_add_test(t, a_case_that_is_solved_names_who_has_the_child);
    tcase_add_test(t, a_death_is_believed_only_when_a_second_person_says_so);
    tcase_add_test(t, a_false_report_too_and_what_waits_can_be_replaced);
    tcase_add_test(t, what_waits_for_a_second_is_void_when_the_search_goes_on);
    tcase_add_test(t, a_solved_case_does_not_go_out_again);
    tcase_add_test(t, a_case_can_be_quiet_and_keeps_its_lead);
    tcase_add_test(t,
                   a_standing_case_is_open_again_when_its_alert_is_out_again);
    tcase_add_test(t, a_solved_case_is_opened_again_by_its_lead_or_from_above);
    tcase_add_test(t, a_rebuilt_book_has_the_same_cases);
    tcase_add_test(t, a_sighting_changes_nothing_until_an_officer_has_looked);
    tcase_add_test(
        t, a_confirmed_sighting_starts_the_search_from_there_in_one_revision);
    tcase_add_test(t, a_confirmation_that_another_has_signed_changes_nothing);
    tcase_add_test(t, who_sent_a_sighting_hears_who_is_on_it);
    tcase_add_test(t, who_was_away_hears_of_its_sighting_with_its_sync);
    tcase_add_test(t, who_was_away_for_long_hears_of_all_its_sightings);
    tcase_add_test(
        t, a_sighting_that_nobody_could_have_reached_is_flagged_not_dropped);
    tcase_add_test(t, sightings_of_one_place_and_time_stand_together);
    tcase_add_test(t, what_was_dismissed_draws_no_other_sighting_to_it);
    tcase_add_test(
        t, only_a_solved_case_is_sealed_and_by_its_lead_or_a_supervisor);
    tcase_add_test(t, a_sealed_case_is_empty_now_and_after_every_start);
    tcase_add_test(t, what_has_ended_is_not_ended_again_at_every_start);
    tcase_add_test(t, nothing_is_taken_about_a_sealed_case);
    tcase_add_test(
        t, an_answer_on_its_way_while_a_case_is_sealed_leaves_nothing_behind);
    tcase_add_test(
        t, who_had_a_duty_and_was_moved_away_speaks_of_the_case_no_more);
    tcase_add_test(
        t, who_led_a_case_and_was_moved_away_sees_no_more_than_others_there);
    tcase_add_test(t, every_node_is_asked_to_purge_until_it_has_said_so);
    tcase_add_test(t, who_does_not_purge_keeps_nobody_from_being_asked);
    tcase_add_test(t, who_is_gone_is_not_asked_to_purge);
    tcase_add_test(t,
                   who_brought_a_word_from_outside_is_asked_to_purge_as_well);
    tcase_add_test(
        t, a_word_from_outside_on_its_way_while_a_case_is_sealed_is_purged_too);
    tcase_add_test(
        t, who_was_revoked_meanwhile_is_asked_to_purge_when_it_comes_back);
    tcase_add_test(t, who_only_heard_its_topic_is_asked_to_purge_as_well);
    tcase_add_test(t, a_sealed_child_does_not_come_back_with_a_late_message);
    tcase_add_test(
        t, a_word_of_a_sealed_child_is_refused_at_once_by_an_older_journal_too);
    tcase_add_test(t, an_older_journal_has_the_case_sealed_again);
    tcase_add_test(t, nothing_is_recorded_of_it_before_it_is_sealed_again);
    tcase_add_test(t, who_was_away_is_asked_with_its_sync);
    tcase_add_test(t, a_sealed_case_stays_named_until_every_node_has_purged_it);
    tcase_add_test(t,
                   the_word_of_one_of_two_machines_with_one_key_purges_no_case);
    tcase_add_test(
        t, who_only_asks_over_another_connection_is_not_another_machine);
    tcase_add_test(t, a_line_that_is_made_anew_is_not_another_machine);
    suite_add_tcase(suite, t);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
