/* Silence is an event (see kit/story.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "story.h"

static struct story *s;

/* A1 reaches gate-1 and gate-2; nobody leads it. */
static void open_story(void)
{
    s = story_new();
    story_tell(s, "the broker minds silence");
    story_tell(s, "administrator enrols lead-1 officer in 440300 rank 3");
    story_tell(s, "administrator enrols watch-bj supervisor in 110000");
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

static void hears(const char *who, const char *what)
{
    char line[200];

    snprintf(line, sizeof line, "%s <- OK%s\n", who, what);
    if (strstr(story_heard(s), line) == NULL)
        ck_abort_msg("%s did not hear:%s", who, what);
    story_skip(s);
}

START_TEST(a_node_that_does_not_hold_it_is_told_to_its_supervisor_and_listed)
{
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "sup follows");
    story_tell(s, "59 s pass");
    ck_assert_ptr_null(strstr(story_heard(s), "silent"));
    story_tell(s, "sup follows");
    story_tell(s, "2 s pass");
    hears("sup", " silent: 1 nodes");
    story_tell(s, "sup lists the overdue");
    story_tell(s, "watch-bj lists the overdue");
    story_expect(s, "sup <- OK node gate-2\n"
                    "watch-bj <- OK\n");
}
END_TEST

START_TEST(it_ends_by_itself_when_the_node_holds_it)
{
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "61 s pass");
    story_tell(s, "gate-2 holds A1");
    story_skip(s);
    story_tell(s, "sup lists the overdue");
    story_expect(s, "sup <- OK\n");
}
END_TEST

START_TEST(silence_is_noted_once)
{
    size_t facts;

    story_tell(s, "61 s pass");
    facts = story_facts(s);
    story_tell(s, "600 s pass");
    ck_assert_uint_eq(story_facts(s), facts);
}
END_TEST

START_TEST(a_revision_begins_the_time_anew)
{
    story_tell(s, "61 s pass");
    story_tell(s, "sz revises A1 within 30");
    story_skip(s);
    story_tell(s, "sup lists the overdue");
    story_expect(s, "sup <- OK\n");
    story_tell(s, "61 s pass");
    story_skip(s);
    story_tell(s, "sup lists the overdue");
    story_expect(s, "sup <- OK node gate-1, node gate-2\n");
}
END_TEST

START_TEST(a_case_without_a_lead_is_told_until_there_is_one)
{
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "gate-2 holds A1");
    story_tell(s, "1801 s pass");
    story_skip(s);
    story_tell(s, "sup lists the overdue");
    story_expect(s, "sup <- OK lead sz\n");
    lead_1_leads();
    story_tell(s, "sup lists the overdue");
    story_expect(s, "sup <- OK\n");
}
END_TEST

START_TEST(a_lead_who_is_revoked_leaves_the_case_without_one)
{
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "gate-2 holds A1");
    lead_1_leads();
    story_tell(s, "administrator revokes lead-1");
    story_tell(s, "1801 s pass");
    story_skip(s);
    story_tell(s, "sup lists the overdue");
    story_expect(s, "sup <- OK lead sz\n");
}
END_TEST

/* Not who was revoked: the lead for an owner, the centre for a lead. */
START_TEST(the_list_names_who_answers_now)
{
    story_tell(s, "administrator enrols team-1 officer in 440305 rank 1");
    story_tell(s, "gate-1 sights A1");
    story_tell(s, "gate-2 holds A1");
    lead_1_leads();
    story_tell(s, "lead-1 assigns rescue of A1 to team-1");
    story_tell(s, "administrator revokes team-1");
    story_tell(s, "1.1 d pass");
    story_tell(s, "lead-1 logs investigation of A1");
    story_tell(s, "lead-1 logs comfort of A1");
    story_skip(s);
    story_tell(s, "sup lists the overdue");
    story_expect(s, "sup <- OK duty lead-1, sighting lead-1\n");
    story_tell(s, "administrator revokes lead-1");
    story_skip(s);
    story_tell(s, "sup lists the overdue");
    story_expect(s, "sup <- OK duty sz, sighting sz\n");
}
END_TEST

START_TEST(a_duty_without_an_entry_is_told_to_end_with_the_entry)
{
    lead_1_leads();
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "gate-2 holds A1");
    story_tell(s, "lead-1 logs rescue of A1");
    story_tell(s, "0.5 d pass");
    story_tell(s, "lead-1 logs comfort of A1");
    story_tell(s, "0.6 d pass");
    story_skip(s);
    story_tell(s, "sup lists the overdue");
    story_expect(s, "sup <- OK duty lead-1, duty lead-1\n");
    story_tell(s, "lead-1 logs rescue of A1");
    story_tell(s, "lead-1 logs investigation of A1");
    story_skip(s);
    story_tell(s, "sup lists the overdue");
    story_expect(s, "sup <- OK\n");
}
END_TEST

START_TEST(a_sighting_that_nobody_looks_at_is_told)
{
    lead_1_leads();
    story_tell(s, "gate-1 sights A1");
    story_tell(s, "gate-2 holds A1");
    story_tell(s, "lead-1 follows");
    story_tell(s, "601 s pass");
    story_tell(s, "lead-1 lists the overdue");
    hears("lead-1", " sighting lead-1");
    story_tell(s, "lead-1 checks sighting 17 of A1");
    story_skip(s);
    story_tell(s, "lead-1 lists the overdue");
    story_expect(s, "lead-1 <- OK\n");
}
END_TEST

START_TEST(nothing_is_silent_about_what_is_over)
{
    lead_1_leads();
    story_tell(s, "gate-1 sights A1");
    story_tell(s, "sz withdraws A1");
    story_tell(s, "lead-1 solves A1 as returned");
    story_tell(s, "2 d pass");
    story_skip(s);
    story_tell(s, "sup lists the overdue");
    story_expect(s, "sup <- OK\n");
}
END_TEST

START_TEST(nobody_waits_for_a_node_that_is_revoked)
{
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "administrator revokes gate-2");
    story_tell(s, "61 s pass");
    story_skip(s);
    story_tell(s, "sup lists the overdue");
    story_expect(s, "sup <- OK\n");
}
END_TEST

/* A standing case asks for no entries: the time that it stood is nobody's
 * silence. */
START_TEST(a_case_that_stood_for_long_is_silent_a_day_after_it_is_opened_again)
{
    lead_1_leads();
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "gate-2 holds A1");
    story_tell(s, "sz withdraws A1");
    story_tell(s, "lead-1 stands A1");
    story_tell(s, "30 d pass");
    story_skip(s);
    story_tell(s, "sup lists the overdue");
    story_expect(s, "sup <- OK\n");
    story_tell(s, "lead-1 reopens A1");
    story_tell(s, "60 s pass");
    story_skip(s);
    story_tell(s, "sup lists the overdue");
    story_expect(s, "sup <- OK\n");
    story_tell(s, "1.1 d pass");
    story_skip(s);
    story_tell(s, "sup lists the overdue");
    story_expect(s, "sup <- OK duty lead-1, duty lead-1, duty lead-1\n");
}
END_TEST

/* It was solved for a month, until a minute ago. */
static void a1_is_opened_again(void)
{
    lead_1_leads();
    story_tell(s, "sz withdraws A1");
    story_tell(s, "lead-1 solves A1 as returned");
    story_tell(s, "30 d pass");
    story_tell(s, "lead-1 reopens A1");
    story_tell(s, "60 s pass");
    story_skip(s);
    story_tell(s, "sup lists the overdue");
}

/* Nor the time that it was solved. */
START_TEST(a_case_that_was_solved_is_silent_a_day_after_it_is_opened_again)
{
    a1_is_opened_again();
    story_expect(s, "sup <- OK\n");
}
END_TEST

START_TEST(
    a_case_that_was_solved_has_its_days_for_a_sample_when_it_is_open_again)
{
    story_tell(s, "the broker minds samples");
    a1_is_opened_again();
    story_expect(s, "sup <- OK\n");
}
END_TEST

/* The centre has half an hour from then on to find another; _i: whatever the
 * broker was started from meanwhile. */
START_TEST(a_lead_who_is_revoked_late_is_missed_from_then_on)
{
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "gate-2 holds A1");
    lead_1_leads();
    story_tell(s, "3600 s pass");
    story_tell(s, "administrator revokes lead-1");
    if (_i == 1) {
        story_tell(s, "the book is written down");
        story_tell(s, "the broker starts from what was written");
    }
    story_tell(s, "60 s pass");
    story_skip(s);
    story_tell(s, "sup lists the overdue");
    story_expect(s, "sup <- OK\n");
    story_tell(s, "1801 s pass");
    story_skip(s);
    story_tell(s, "sup lists the overdue");
    story_expect(s, "sup <- OK lead sz\n");
}
END_TEST

START_TEST(a_clock_that_is_doubted_makes_nobody_silent)
{
    size_t facts = story_facts(s);

    story_tell(s, "the clock jumps 86400 s");
    story_tell(s, "30 s pass");
    ck_assert_uint_eq(story_facts(s), facts);
}
END_TEST

START_TEST(a_lead_who_is_admitted_again_is_missed_and_watched_no_more)
{
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "gate-2 holds A1");
    lead_1_leads();
    story_tell(s, "administrator revokes lead-1");
    story_tell(s, "1801 s pass");
    story_skip(s);
    story_tell(s, "sup lists the overdue");
    story_expect(s, "sup <- OK lead sz\n");
    story_tell(s, "administrator rekeys lead-1 rank 3");
    story_skip(s);
    story_tell(s, "sup lists the overdue");
    story_expect(s, "sup <- OK\n");
    story_tell(s, "3601 s pass");
    story_skip(s);
    story_tell(s, "sup lists the overdue");
    story_tell(s, "sup lists the supervised");
    story_expect(s, "sup <- OK\n"
                    "sup <- OK\n");
}
END_TEST

/* As long again as the first time: that was over in between. */
START_TEST(a_lead_who_is_revoked_again_is_missed_again)
{
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "gate-2 holds A1");
    lead_1_leads();
    story_tell(s, "administrator revokes lead-1");
    story_tell(s, "1801 s pass");
    story_tell(s, "administrator rekeys lead-1 rank 3");
    story_tell(s, "3601 s pass");
    story_tell(s, "administrator revokes lead-1");
    story_tell(s, "1795 s pass");
    story_skip(s);
    story_tell(s, "sup lists the overdue");
    story_expect(s, "sup <- OK\n");
    story_tell(s, "sup follows");
    story_tell(s, "6 s pass");
    hears("sup", " silent: lead");
    story_tell(s, "sup lists the overdue");
    story_tell(s, "sup lists the supervised");
    story_expect(s, "sup <- OK lead sz\n"
                    "sup <- OK\n");
    story_tell(s, "1801 s pass");
    story_skip(s);
    story_tell(s, "sup lists the supervised");
    story_expect(s, "sup <- OK A1 by rule\n");
}
END_TEST

#define AHEAD "the clock jumps 90000000 s"
#define BACK "the clock jumps -90000000 s"

START_TEST(a_sighting_that_came_under_a_wrong_clock_is_not_forgotten)
{
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "gate-2 holds A1");
    story_tell(s, AHEAD);
    story_tell(s, "gate-1 sights A1");
    story_tell(s, "10 s pass");
    story_skip(s);
    story_tell(s, "sup lists the overdue");
    story_expect(s, "sup <- OK\n");
    story_tell(s, BACK);
    story_tell(s, "601 s pass");
    story_skip(s);
    story_tell(s, "sup lists the overdue");
    story_expect(s, "sup <- OK sighting sz\n");
}
END_TEST

START_TEST(a_case_whose_lead_was_missed_under_a_wrong_clock_is_watched_in_time)
{
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "gate-2 holds A1");
    story_tell(s, "1795 s pass");
    story_tell(s, AHEAD);
    story_tell(s, "10 s pass");
    story_tell(s, BACK);
    story_tell(s, "10 s pass");
    story_skip(s);
    story_tell(s, "sup lists the overdue");
    story_tell(s, "sup lists the supervised");
    story_expect(s, "sup <- OK lead sz\n"
                    "sup <- OK\n");
    story_tell(s, "1801 s pass");
    story_skip(s);
    story_tell(s, "sup lists the supervised");
    story_expect(s, "sup <- OK A1 by rule\n");
}
END_TEST

/* Who was revoked then is missed as soon as the clock is right. */
START_TEST(a_lead_who_was_revoked_under_a_wrong_clock_is_missed)
{
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "gate-2 holds A1");
    lead_1_leads();
    story_tell(s, AHEAD);
    story_tell(s, "administrator revokes lead-1");
    story_tell(s, "10 s pass");
    story_tell(s, BACK);
    story_tell(s, "1801 s pass");
    story_skip(s);
    story_tell(s, "sup lists the overdue");
    story_expect(s, "sup <- OK lead sz\n");
}
END_TEST

START_TEST(a_rebuilt_book_is_silent_about_the_same)
{
    uint8_t before[32];
    uint8_t after[32];

    story_tell(s, "gate-1 sights A1");
    story_tell(s, "1801 s pass");
    story_book(s, before);
    story_tell(s, "the broker restarts");
    story_book(s, after);
    ck_assert_mem_eq(before, after, sizeof before);
    story_tell(s, "the book is written down");
    story_tell(s, "the broker starts from what was written");
    story_book(s, after);
    ck_assert_mem_eq(before, after, sizeof before);
    story_skip(s);
    story_tell(s, "sup lists the overdue");
    story_expect(s, "sup <- OK node gate-2, lead sz, sighting sz\n");
}
END_TEST

/* ---- supervision --------------------------------------------------------- */

START_TEST(a_case_that_stays_without_a_lead_comes_under_supervision)
{
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "gate-2 holds A1");
    story_tell(s, "1801 s pass");
    story_skip(s);
    story_tell(s, "sup lists the supervised");
    story_expect(s, "sup <- OK\n");
    story_tell(s, "1801 s pass");
    story_skip(s);
    story_tell(s, "sup lists the supervised");
    story_tell(s, "watch-bj lists the supervised");
    story_expect(s, "sup <- OK A1 by rule\n"
                    "watch-bj <- OK\n");
    lead_1_leads();
    story_tell(s, "sup lists the supervised");
    story_expect(s, "sup <- OK A1 by rule\n"); /* only a person lifts it */
}
END_TEST

START_TEST(what_a_person_has_lifted_the_rules_put_again_only_for_something_new)
{
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "gate-2 holds A1");
    story_tell(s, "3602 s pass");
    story_tell(s, "sup lifts A1");
    story_tell(s, "600 s pass");
    story_skip(s);
    story_tell(s, "sup lists the supervised");
    story_expect(s, "sup <- OK\n");
    story_tell(s, "3602 s pass");
    story_skip(s);
    story_tell(s, "sup lists the supervised");
    story_expect(s, "sup <- OK A1 by rule\n");
}
END_TEST

START_TEST(a_node_that_is_silent_three_times_comes_under_supervision)
{
    story_tell(s, "gate-2 holds A1");
    story_tell(s, "61 s pass");
    story_tell(s, "sz reports A2 within 30");
    story_tell(s, "gate-2 holds A2");
    story_tell(s, "61 s pass");
    story_tell(s, "sz reports A3 within 30");
    story_tell(s, "gate-2 holds A3");
    story_skip(s);
    story_tell(s, "sup lists the supervised");
    story_tell(s, "61 s pass");
    story_tell(s, "sup lists the supervised");
    ck_assert_ptr_nonnull(strstr(story_heard(s), "sup <- OK\n"));
    ck_assert_ptr_nonnull(strstr(story_heard(s), "sup <- OK gate-1 by rule\n"));
}
END_TEST

/* Correcting an alert does not make three of it. */
START_TEST(three_revisions_of_one_alert_are_one_silence)
{
    story_tell(s, "gate-2 holds A1");
    story_tell(s, "61 s pass");
    for (int i = 0; i < 3; i++) {
        story_tell(s, "sz revises A1 within 30");
        story_tell(s, "gate-2 holds A1");
        story_tell(s, "61 s pass");
    }
    story_tell(s, "sz reports A2 within 30");
    story_tell(s, "gate-2 holds A2");
    story_tell(s, "61 s pass");
    story_skip(s);
    story_tell(s, "sup lists the supervised");
    story_expect(s, "sup <- OK\n");
    story_tell(s, "sz revises A1 within 30");
    story_tell(s, "gate-2 holds A1");
    story_tell(s, "sz reports A3 within 30");
    story_tell(s, "gate-2 holds A3");
    story_tell(s, "61 s pass");
    story_skip(s);
    story_tell(s, "sup lists the supervised");
    story_expect(s, "sup <- OK gate-1 by rule\n");
}
END_TEST

START_TEST(silence_in_a_drill_puts_nobody_under_supervision)
{
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "gate-2 holds A1");
    story_tell(s, "lead-1 follows");
    lead_1_leads();
    for (int i = 2; i < 6; i++) {
        char sentence[60];

        snprintf(sentence, sizeof sentence, "sz reports A%d within 30 exercise",
                 i);
        story_tell(s, sentence);
        story_tell(s, "61 s pass");
    }
    story_skip(s);
    story_tell(s, "sup lists the supervised");
    story_expect(s, "sup <- OK\n");
}
END_TEST

START_TEST(a_county_half_of_which_is_silent_comes_under_supervision)
{
    story_tell(s, "administrator enrols gate-5 bus in 440305 at 22.54,113.94");
    story_tell(s, "administrator enrols gate-6 bus in 440305 at 22.54,113.95");
    story_tell(s, "sz revises A1 within 30");
    story_tell(s, "61 s pass");
    story_skip(s);
    story_tell(s, "sup lists the supervised");
    story_expect(s, "sup <- OK 440305 by rule\n");
}
END_TEST

/* gate-7 to gate-11, each in a sentence. */
static void of_five_more(const char *before, const char *after)
{
    char sentence[100];

    for (int i = 7; i < 12; i++) {
        snprintf(sentence, sizeof sentence, "%sgate-%d%s", before, i, after);
        story_tell(s, sentence);
    }
}

/* _i: those that do not count stand outside the target, or are revoked since.
 */
START_TEST(of_a_county_only_those_count_that_must_have_the_alert)
{
    story_tell(s, "administrator enrols gate-5 bus in 440305 at 22.54,113.94");
    story_tell(s, "administrator enrols gate-6 bus in 440305 at 22.54,113.95");
    of_five_more("administrator enrols ",
                 _i == 0 ? " bus in 440305 at 24.00,113.95"
                         : " bus in 440305 at 22.54,113.95");
    story_tell(s, "sz revises A1 within 30");
    of_five_more(_i == 0 ? "" : "administrator revokes ",
                 _i == 0 ? " sights A1" : "");
    story_tell(s, "61 s pass");
    story_skip(s);
    story_tell(s, "sup lists the supervised");
    story_expect(s, "sup <- OK 440305 by rule\n");
}
END_TEST

START_TEST(who_is_revoked_is_not_put_under_supervision)
{
    story_tell(s, "gate-2 holds A1");
    story_tell(s, "61 s pass");
    story_tell(s, "sz reports A2 within 30");
    story_tell(s, "gate-2 holds A2");
    story_tell(s, "61 s pass");
    story_tell(s, "sz reports A3 within 30");
    story_tell(s, "gate-2 holds A3");
    story_tell(s, "60 s pass");
    story_tell(s, "administrator revokes gate-1");
    story_tell(s, "61 s pass");
    story_skip(s);
    story_tell(s, "sup lists the supervised");
    story_expect(s, "sup <- OK\n");
}
END_TEST

START_TEST(a_person_puts_under_supervision_and_only_a_person_lifts_it)
{
    story_tell(s, "sz supervises A1");
    story_tell(s, "sup supervises A1 speechless");
    story_tell(s, "sup supervises A9");
    story_tell(s, "watch-bj supervises gate-1");
    story_tell(s, "sup supervises A1");
    story_tell(s, "sup supervises A1");
    story_tell(s, "sup supervises 440305");
    story_tell(s, "lead-1 lifts 440305");
    story_tell(s, "sup lists the supervised");
    story_expect(s, "sz <- DENIED role\n"
                    "sup <- INVALID reason\n"
                    "sup <- NOT_FOUND subject\n"
                    "watch-bj <- DENIED subject\n"
                    "sup <- RECORDED 15\n"
                    "sup <- CONFLICT subject\n"
                    "sup <- RECORDED 16\n"
                    "lead-1 <- RECORDED 17\n"
                    "sup <- OK A1 by sup\n");
}
END_TEST

START_TEST(the_lead_of_a_case_does_not_lift_what_watches_it)
{
    lead_1_leads();
    story_tell(s, "sup supervises A1");
    story_skip(s);
    story_tell(s, "lead-1 lifts A1");
    story_tell(s, "sup lifts A1 speechless");
    story_tell(s, "sup lifts A1");
    story_tell(s, "again");
    story_expect(s, "lead-1 <- DENIED subject\n"
                    "sup <- INVALID reason\n"
                    "sup <- RECORDED 18\n"
                    "sup <- DUPLICATE 18\n");
}
END_TEST

START_TEST(a_rebuilt_book_watches_the_same)
{
    uint8_t before[32];
    uint8_t after[32];

    story_tell(s, "sup supervises gate-2");
    story_tell(s, "3700 s pass");
    story_book(s, before);
    story_tell(s, "the broker restarts");
    story_book(s, after);
    ck_assert_mem_eq(before, after, sizeof before);
    story_tell(s, "the book is written down");
    story_tell(s, "the broker starts from what was written");
    story_book(s, after);
    ck_assert_mem_eq(before, after, sizeof before);
    story_skip(s);
    story_tell(s, "sup lists the supervised");
    story_expect(s, "sup <- OK gate-2 by sup, A1 by rule\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("silence stories");
    TCase *t = tcase_create("silence");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(t, open_story, close_story);
    tcase_add_test(
        t, a_node_that_does_not_hold_it_is_told_to_its_supervisor_and_listed);
    tcase_add_test(t, it_ends_by_itself_when_the_node_holds_it);
    tcase_add_test(t, silence_is_noted_once);
    tcase_add_test(t, a_revision_begins_the_time_anew);
    tcase_add_test(t, a_case_without_a_lead_is_told_until_there_is_one);
    tcase_add_test(t, a_lead_who_is_revoked_leaves_the_case_without_one);
    tcase_add_test(t, the_list_names_who_answers_now);
    tcase_add_test(t, a_duty_without_an_entry_is_told_to_end_with_the_entry);
    tcase_add_test(t, a_sighting_that_nobody_looks_at_is_told);
    tcase_add_test(t, nothing_is_silent_about_what_is_over);
    tcase_add_test(
        t, a_case_that_stood_for_long_is_silent_a_day_after_it_is_opened_again);
    tcase_add_test(
        t, a_case_that_was_solved_is_silent_a_day_after_it_is_opened_again);
    tcase_add_test(
        t,
        a_case_that_was_solved_has_its_days_for_a_sample_when_it_is_open_again);
    tcase_add_loop_test(t, a_lead_who_is_revoked_late_is_missed_from_then_on, 0,
                        2);
    tcase_add_test(t, nobody_waits_for_a_node_that_is_revoked);
    tcase_add_test(t,
                   a_lead_who_is_admitted_again_is_missed_and_watched_no_more);
    tcase_add_test(t, a_lead_who_is_revoked_again_is_missed_again);
    tcase_add_test(t, a_clock_that_is_doubted_makes_nobody_silent);
    tcase_add_test(t,
                   a_sighting_that_came_under_a_wrong_clock_is_not_forgotten);
    tcase_add_test(
        t, a_case_whose_lead_was_missed_under_a_wrong_clock_is_watched_in_time);
    tcase_add_test(t, a_lead_who_was_revoked_under_a_wrong_clock_is_missed);
    tcase_add_test(t, a_rebuilt_book_is_silent_about_the_same);
    tcase_add_test(t, a_case_that_stays_without_a_lead_comes_under_supervision);
    tcase_add_test(
        t, what_a_person_has_lifted_the_rules_put_again_only_for_something_new);
    tcase_add_test(t,
                   a_node_that_is_silent_three_times_comes_under_supervision);
    tcase_add_test(t, three_revisions_of_one_alert_are_one_silence);
    tcase_add_test(t, silence_in_a_drill_puts_nobody_under_supervision);
    tcase_add_test(t, a_county_half_of_which_is_silent_comes_under_supervision);
    tcase_add_loop_test(
        t, of_a_county_only_those_count_that_must_have_the_alert, 0, 2);
    tcase_add_test(t, who_is_revoked_is_not_put_under_supervision);
    tcase_add_test(t,
                   a_person_puts_under_supervision_and_only_a_person_lifts_it);
    tcase_add_test(t, the_lead_of_a_case_does_not_lift_what_watches_it);
    tcase_add_test(t, a_rebuilt_book_watches_the_same);
    suite_add_tcase(suite, t);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
