/* Samples for DNA: of the child's kin, of children of unknown origin; matches,
 * and what a registry office is told (see kit/story.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "broker/snapshot.h"
#include "domain/keep.h"
#include "domain/samples.h"
#include "story.h"

static struct story *s;

/* lead-1 leads A1 of the city, team-1 comforts its family; far-1 is an officer
 * of another province. lab is the nation's laboratory, lab-bj that of another
 * province; office is a registry office. */
static void open_story(void)
{
    s = story_new();
    story_tell(s, "administrator enrols lead-1 officer in 440300 rank 3");
    story_tell(s, "administrator enrols team-1 officer in 440305 rank 1");
    story_tell(s, "administrator enrols far-1 officer in 110000 rank 3");
    story_tell(s, "administrator enrols lab-bj laboratory in 110000");
    story_tell(s, "administrator enrols office registry in 441302");
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "sz offers A1 to lead-1");
    story_tell(s, "lead-1 accepts A1");
    story_tell(s, "lead-1 assigns comfort of A1 to team-1");
    story_skip(s);
}

static void close_story(void)
{
    story_free(s);
}

/* Sequence 21 and on. */
static void mother_is_in_the_library(void)
{
    story_tell(s, "team-1 notes K-1 of A1 mother taken");
    story_tell(s, "lab receives K-1");
    story_skip(s);
}

/* The child's kit is C-1, the match is 24. */
static void lab_reports_a_match(void)
{
    mother_is_in_the_library();
    story_tell(s, "lab receives C-1");
    story_tell(s, "lab matches C-1 with K-1");
    story_skip(s);
}

/* ---- the parents' samples -------------------------------------------------
 */

START_TEST(a_parents_sample_goes_from_due_to_the_library)
{
    story_tell(s, "team-1 notes K-1 of A1 mother due");
    story_tell(s, "team-1 notes K-1 of A1 mother taken");
    story_tell(s, "sz notes K-1 of A1 mother sent");
    story_tell(s, "lab receives K-1");
    story_tell(s, "lead-1 reads the file of A1");
    story_expect(s,
                 "team-1 <- RECORDED 21 open, led by lead-1; mother K-1 due\n"
                 "team-1 <- RECORDED 22 open, led by lead-1; mother K-1 "
                 "taken\n"
                 "sz <- RECORDED 23 open, led by lead-1; mother K-1 sent\n"
                 "lab <- RECORDED 24\n"
                 "lead-1 <- OK open, led by lead-1; mother K-1 in library\n");
}
END_TEST

START_TEST(a_sample_goes_no_way_back)
{
    story_tell(s, "team-1 notes K-1 of A1 mother sent");
    story_skip(s);
    story_tell(s, "team-1 notes K-1 of A1 mother taken");
    story_tell(s, "team-1 notes K-1 of A1 mother due");
    story_tell(s, "team-1 notes K-1 of A1 mother impossible");
    story_tell(s, "team-1 notes K-1 of A1 father sent");
    story_expect(s, "team-1 <- CONFLICT order.note_sample.state\n"
                    "team-1 <- CONFLICT order.note_sample.state\n"
                    "team-1 <- CONFLICT order.note_sample.state\n"
                    "team-1 <- CONFLICT order.note_sample.relation\n");
}
END_TEST

START_TEST(only_a_laboratory_says_that_a_sample_is_in_the_library)
{
    story_tell(s, "team-1 notes K-1 of A1 mother in library");
    story_tell(s, "team-1 notes K-1 of A1 mother taken");
    story_skip(s);
    story_tell(s, "team-1 notes K-1 of A1 mother in library");
    story_expect(s, "team-1 <- INVALID order.note_sample.state\n");
}
END_TEST

START_TEST(a_sample_is_noted_by_who_answers_for_the_case)
{
    story_tell(s, "lead-1 notes K-1 of A1 mother due");
    story_tell(s, "team-1 notes K-2 of A1 father due");
    story_tell(s, "sz notes K-3 of A1 sibling due");
    story_skip(s);
    story_tell(s, "sup notes K-4 of A1 kin due");
    story_tell(s, "far-1 notes K-4 of A1 kin due");
    story_tell(s, "lab notes K-4 of A1 kin due");
    story_tell(s, "team-1 notes K-4 of A1 kin due forged");
    story_expect(s, "sup <- DENIED order.step\n"
                    "far-1 <- NOT_FOUND order.alert_id\n"
                    "lab <- DENIED role\n"
                    "team-1 <- DENIED order.signature\n");
}
END_TEST

START_TEST(a_kit_number_is_good_once_however_it_is_written)
{
    story_tell(s, "bj reports A2 within 30 near Beijing");
    story_tell(s, "team-1 notes ab-12 of A1 mother taken");
    story_skip(s);
    story_tell(s, "bj notes AB-12 of A2 mother taken");
    story_tell(s, "team-1 notes Ab-12 of A1 mother sent");
    story_expect(s, "bj <- CONFLICT order.note_sample.kit\n"
                    "team-1 <- RECORDED 23 open, led by lead-1; mother AB-12 "
                    "sent\n");
}
END_TEST

START_TEST(two_cases_cannot_take_one_kit_at_once)
{
    story_tell(s, "bj reports A2 within 30 near Beijing");
    story_skip(s);
    story_tell(s, "the disk pauses");
    story_tell(s, "team-1 notes K-1 of A1 mother taken");
    story_tell(s, "bj notes K-1 of A2 father taken");
    story_tell(s, "the disk resumes");
    story_expect(s, "team-1 <- RECORDED 22 open, led by lead-1; mother K-1 "
                    "taken\n"
                    "bj <- CONFLICT order.note_sample.kit\n");
}
END_TEST

START_TEST(a_parent_who_cannot_give_a_sample_is_noted_with_the_reason)
{
    story_tell(s, "team-1 notes - of A1 father impossible speechless");
    story_tell(s, "team-1 notes - of A1 father impossible");
    story_tell(s, "team-1 notes - of A1 mother due");
    story_expect(s, "team-1 <- INVALID order.note_sample.reason\n"
                    "team-1 <- RECORDED 21 open, led by lead-1; father - "
                    "impossible\n"
                    "team-1 <- INVALID order.note_sample.kit\n");
}
END_TEST

START_TEST(when_the_father_is_found_his_kit_takes_the_place_of_the_reason)
{
    story_tell(s, "team-1 notes - of A1 father impossible");
    story_tell(s, "team-1 notes - of A1 mother impossible");
    story_skip(s);
    story_tell(s, "team-1 notes K-2 of A1 father taken");
    story_expect(s, "team-1 <- RECORDED 23 open, led by lead-1; mother - "
                    "impossible; father K-2 taken\n");
}
END_TEST

START_TEST(a_sample_that_failed_is_taken_again)
{
    mother_is_in_the_library();
    story_tell(s, "lab fails K-1");
    story_tell(s, "team-1 notes K-1 of A1 mother taken");
    story_tell(s, "lab receives K-1");
    story_expect(s, "lab <- RECORDED 23\n"
                    "team-1 <- RECORDED 24 open, led by lead-1; mother K-1 "
                    "taken\n"
                    "lab <- RECORDED 25\n");
}
END_TEST

START_TEST(a_case_has_so_many_samples_and_no_more)
{
    char line[80];

    for (int i = 0; i < SAMPLES_PER_CASE; i++) {
        snprintf(line, sizeof line, "team-1 notes K-%d of A1 kin taken", i);
        story_tell(s, line);
    }
    story_skip(s);
    story_tell(s, "team-1 notes K-99 of A1 kin taken");
    story_expect(s, "team-1 <- CONFLICT order.note_sample.kit\n");
}
END_TEST

/* ---- laboratories ---------------------------------------------------------
 */

START_TEST(a_laboratory_speaks_of_the_cases_of_its_jurisdiction_alone)
{
    story_tell(s, "team-1 notes K-1 of A1 mother sent");
    story_skip(s);
    story_tell(s, "lab-bj receives K-1");
    story_tell(s, "lab-bj looks at K-1");
    story_tell(s, "lab receives K-1");
    story_tell(s, "lab looks at K-1");
    story_tell(s, "lab-bj looks at K-1");
    story_expect(s, "lab-bj <- NOT_FOUND word.received.kit\n"
                    "lab-bj <- NOT_FOUND kit\n"
                    "lab <- RECORDED 22\n"
                    "lab <- OK in library\n"
                    "lab-bj <- NOT_FOUND kit\n");
}
END_TEST

START_TEST(a_laboratorys_word_is_signed_timely_and_carries_nothing_else)
{
    story_tell(s, "team-1 notes K-1 of A1 mother sent");
    story_skip(s);
    story_tell(s, "lab receives K-1 forged");
    story_tell(s, "lab receives K-1 late");
    story_tell(s, "lab receives K-1 stuffed");
    story_tell(s, "lab receives K_1");
    story_tell(s, "sz receives K-1");
    story_tell(s, "office receives K-1");
    story_expect(s, "lab <- DENIED word.signature\n"
                    "lab <- INVALID word.at_ms\n"
                    "lab <- INVALID word.word\n"
                    "lab <- INVALID word.received.kit\n"
                    "sz <- DENIED role\n"
                    "office <- DENIED role\n");
}
END_TEST

START_TEST(a_laboratory_asks_nothing_else)
{
    story_tell(s, "lab lists the overdue");
    story_tell(s, "lab follows");
    story_tell(s, "lab reads the file of A1");
    story_tell(s, "lab inquires K-1");
    story_tell(s, "lab beats");
    story_expect(s, "lab <- DENIED role\n"
                    "lab <- DENIED role\n"
                    "lab <- DENIED role\n"
                    "lab <- DENIED role\n"
                    "lab <- OK head 20\n");
}
END_TEST

START_TEST(what_is_said_twice_is_recorded_once)
{
    mother_is_in_the_library();
    story_tell(s, "lab receives K-1");
    story_tell(s, "lab receives C-1");
    story_tell(s, "again");
    story_tell(s, "lab receives C-1");
    story_expect(s, "lab <- DUPLICATE 22\n"
                    "lab <- RECORDED 23\n"
                    "lab <- DUPLICATE 23\n"
                    "lab <- DUPLICATE 23\n");
}
END_TEST

START_TEST(a_kit_that_came_before_its_papers_is_hung_on_its_case_later)
{
    story_tell(s, "lab receives K-1");
    story_skip(s);
    story_tell(s, "team-1 notes K-1 of A1 mother due");
    story_tell(s, "team-1 notes K-1 of A1 mother sent");
    story_tell(s, "lab looks at K-1");
    story_expect(s, "team-1 <- CONFLICT order.note_sample.state\n"
                    "team-1 <- RECORDED 22 open, led by lead-1; mother K-1 in "
                    "library\n"
                    "lab <- OK in library\n");
}
END_TEST

START_TEST(what_a_laboratory_says_is_told_to_who_follows)
{
    story_tell(s, "team-1 notes K-1 of A1 mother sent");
    story_skip(s);
    story_tell(s, "sup follows");
    story_tell(s, "lab receives K-1");
    story_tell(s, "1 s pass");
    ck_assert_ptr_nonnull(
        strstr(story_heard(s), "sup <- OK sample of A1 by lab"));
    story_tell(s, "lab receives C-1");
    story_skip(s);
    story_tell(s, "sup follows");
    story_tell(s, "lab matches C-1 with K-1");
    story_tell(s, "1 s pass");
    ck_assert_ptr_nonnull(
        strstr(story_heard(s), "sup <- OK match in A1 by lab"));
}
END_TEST

/* ---- matches --------------------------------------------------------------
 */

START_TEST(a_match_waits_for_the_lead)
{
    lab_reports_a_match();
    story_tell(s, "team-1 decides match 24 of A1 accepted");
    story_tell(s, "lead-1 decides match 24 of A1 accepted speechless");
    story_tell(s, "lead-1 decides match 23 of A1 accepted");
    story_tell(s, "lead-1 decides match 24 of A1 accepted");
    story_tell(s, "lead-1 decides match 24 of A1 accepted");
    story_expect(s, "team-1 <- DENIED order.step\n"
                    "lead-1 <- INVALID order.decide_match.reason\n"
                    "lead-1 <- NOT_FOUND order.decide_match.match\n"
                    "lead-1 <- RECORDED 25 open, led by lead-1; mother K-1 in "
                    "library; match 24 accepted\n"
                    "lead-1 <- CONFLICT order.step\n");
}
END_TEST

START_TEST(only_samples_in_the_library_are_compared)
{
    story_tell(s, "team-1 notes K-1 of A1 mother taken");
    story_tell(s, "team-1 notes K-2 of A1 father taken");
    story_tell(s, "lab receives K-1");
    story_skip(s);
    story_tell(s, "lab matches C-1 with K-1");
    story_tell(s, "lab matches C-1 with K-9");
    story_tell(s, "lab matches C-1 with K-1 and K-2");
    story_tell(s, "lab matches C-1 with C-1");
    story_tell(s, "lab matches C-1 with K-1 nameless");
    story_tell(s, "lab-bj matches C-1 with K-1");
    story_expect(s, "lab <- NOT_FOUND word.match.child_kit\n"
                    "lab <- NOT_FOUND word.match.kin_kits\n"
                    "lab <- CONFLICT word.match.kin_kits\n"
                    "lab <- INVALID word.match.kin_kits\n"
                    "lab <- INVALID word.report\n"
                    "lab-bj <- NOT_FOUND word.match.kin_kits\n");
}
END_TEST

START_TEST(a_match_is_of_one_case_and_of_a_child_that_is_nobodys_kin)
{
    story_tell(s, "sz reports A2 within 30");
    story_tell(s, "sz notes K-7 of A2 mother taken");
    story_tell(s, "lab receives K-7");
    mother_is_in_the_library();
    story_tell(s, "lab receives C-1");
    story_skip(s);
    story_tell(s, "lab matches C-1 with K-1 and K-7");
    story_tell(s, "lab matches K-7 with K-1");
    story_tell(s, "lab matches K-1 with C-1");
    story_expect(s, "lab <- INVALID word.match.kin_kits\n"
                    "lab <- INVALID word.match.child_kit\n"
                    "lab <- INVALID word.match.kin_kits\n");
}
END_TEST

START_TEST(the_same_match_is_reported_once)
{
    lab_reports_a_match();
    story_tell(s, "lab matches C-1 with K-1");
    story_tell(s, "lead-1 decides match 24 of A1 rejected");
    story_tell(s, "lab matches c-1 with k-1");
    story_expect(s, "lab <- DUPLICATE 24\n"
                    "lead-1 <- RECORDED 25 open, led by lead-1; mother K-1 in "
                    "library; match 24 rejected\n"
                    "lab <- CONFLICT word.match\n");
}
END_TEST

START_TEST(what_is_to_be_compared_again_is_reported_again)
{
    lab_reports_a_match();
    story_tell(s, "lead-1 decides match 24 of A1 again");
    story_tell(s, "lab looks at C-1");
    story_tell(s, "lab matches C-1 with K-1");
    story_expect(s, "lead-1 <- RECORDED 25 open, led by lead-1; mother K-1 in "
                    "library; match 24 again\n"
                    "lab <- OK in library, match 24 again\n"
                    "lab <- RECORDED 26\n");
}
END_TEST

START_TEST(a_match_solves_nothing_by_itself)
{
    lab_reports_a_match();
    story_tell(s, "lead-1 decides match 24 of A1 accepted");
    story_tell(s, "sz withdraws A1");
    story_skip(s);
    story_tell(s, "lead-1 reads the file of A1");
    story_tell(s, "lead-1 solves A1 as rescued");
    story_expect(s, "lead-1 <- OK open, led by lead-1; mother K-1 in library; "
                    "match 24 accepted\n"
                    "lead-1 <- RECORDED 27 solved, led by lead-1; mother K-1 "
                    "in library; match 24 accepted\n");
}
END_TEST

/* ---- registry offices -----------------------------------------------------
 */

START_TEST(a_registry_office_hears_clear_hold_or_no_sample)
{
    story_tell(s, "office inquires C-1");
    lab_reports_a_match();
    story_tell(s, "lab receives C-2");
    story_tell(s, "team-1 notes K-2 of A1 father due");
    story_skip(s);
    story_tell(s, "office inquires C-1");
    story_tell(s, "office inquires C-2");
    story_tell(s, "office inquires K-2");
    story_tell(s, "lead-1 decides match 25 of A1 rejected");
    story_skip(s);
    story_tell(s, "office inquires c-1");
    story_tell(s, "lab fails C-1");
    story_tell(s, "office inquires C-1");
    story_tell(s, "office inquires C_1");
    story_expect(s, "office <- RECORDED 32 CLEAR\n"
                    "lab <- RECORDED 33\n"
                    "office <- RECORDED 34 NO_SAMPLE\n"
                    "office <- INVALID kit\n");
}
END_TEST

START_TEST(a_match_holds_a_registration_until_it_is_rejected)
{
    lab_reports_a_match();
    story_tell(s, "office inquires C-1");
    story_tell(s, "lead-1 decides match 24 of A1 again");
    story_tell(s, "office inquires C-1");
    story_tell(s, "lead-1 decides match 24 of A1 accepted");
    story_tell(s, "office inquires C-1");
    story_tell(s, "office inquires K-1");
    story_tell(s, "lead-1 decides match 24 of A1 rejected");
    story_tell(s, "office inquires C-1");
    story_expect(
        s, "office <- RECORDED 25 HOLD\n"
           "lead-1 <- RECORDED 26 open, led by lead-1; mother K-1 in library; "
           "match 24 again\n"
           "office <- RECORDED 27 HOLD\n"
           "lead-1 <- RECORDED 28 open, led by lead-1; mother K-1 in library; "
           "match 24 accepted\n"
           "office <- RECORDED 29 HOLD\n"
           "office <- RECORDED 30 HOLD\n"
           "lead-1 <- RECORDED 31 open, led by lead-1; mother K-1 in library; "
           "match 24 rejected\n"
           "office <- RECORDED 32 CLEAR\n");
}
END_TEST

START_TEST(a_registry_office_asks_nothing_else_and_nobody_else_asks_that)
{
    story_tell(s, "office reads the file of A1");
    story_tell(s, "office lists the overdue");
    story_tell(s, "office looks at K-1");
    story_tell(s, "office notes K-1 of A1 mother due");
    story_tell(s, "office beats");
    story_tell(s, "sz inquires K-1");
    story_tell(s, "administrator inquires K-1");
    story_expect(s, "office <- DENIED role\n"
                    "office <- DENIED role\n"
                    "office <- DENIED role\n"
                    "office <- DENIED role\n"
                    "office <- OK head 20\n"
                    "sz <- DENIED role\n"
                    "administrator <- DENIED role\n");
}
END_TEST

START_TEST(a_question_asked_again_gets_the_same_answer)
{
    story_tell(s, "lab receives C-1");
    story_tell(s, "office inquires C-1");
    story_tell(s, "the broker restarts");
    story_skip(s);
    story_tell(s, "again");
    story_expect(s, "office <- DUPLICATE 22 CLEAR\n");
}
END_TEST

START_TEST(a_question_never_overtakes_a_match_that_is_being_recorded)
{
    mother_is_in_the_library();
    story_tell(s, "lab receives C-1");
    story_skip(s);
    story_tell(s, "the disk pauses");
    story_tell(s, "lab matches C-1 with K-1");
    story_tell(s, "office inquires C-1");
    story_tell(s, "office inquires K-1");
    story_tell(s, "the disk resumes");
    story_expect(s, "lab <- RECORDED 24\n"
                    "office <- RECORDED 25 HOLD\n"
                    "office <- RECORDED 26 HOLD\n");
}
END_TEST

/* ---- silence --------------------------------------------------------------
 */

static void silently_passes(const char *time)
{
    story_skip(s);
    story_tell(s, "sup follows");
    story_tell(s, time);
    story_skip(s);
}

START_TEST(parents_of_whom_nobody_has_taken_a_sample_in_72_hours_are_noted)
{
    story_tell(s, "the broker minds samples");
    silently_passes("71 h pass");
    story_tell(s, "sup lists the overdue");
    story_expect(s, "sup <- OK\n");
    silently_passes("2 h pass");
    story_tell(s, "sup lists the overdue");
    story_expect(s, "sup <- OK sample lead-1\n");
    story_tell(s, "team-1 notes K-1 of A1 mother taken");
    story_skip(s);
    story_tell(s, "sup lists the overdue");
    story_expect(s, "sup <- OK\n");
}
END_TEST

START_TEST(a_parent_who_cannot_give_one_is_no_silence)
{
    story_tell(s, "the broker minds samples");
    story_tell(s, "team-1 notes - of A1 mother impossible");
    silently_passes("80 h pass");
    story_tell(s, "sup lists the overdue");
    story_expect(s, "sup <- OK\n");
}
END_TEST

START_TEST(a_sample_that_stands_due_or_failed_for_72_hours_is_noted)
{
    story_tell(s, "the broker minds samples");
    mother_is_in_the_library();
    story_tell(s, "team-1 notes K-2 of A1 father due");
    story_tell(s, "lab fails K-1");
    silently_passes("73 h pass");
    story_tell(s, "sup lists the overdue");
    story_expect(s, "sup <- OK sample lead-1, sample lead-1\n");
    story_tell(s, "team-1 notes K-2 of A1 father taken");
    story_tell(s, "team-1 notes K-3 of A1 mother taken");
    story_skip(s);
    story_tell(s, "sup lists the overdue");
    story_expect(s, "sup <- OK\n");
}
END_TEST

START_TEST(a_match_that_nobody_decides_is_noted)
{
    story_tell(s, "the broker minds samples");
    lab_reports_a_match();
    silently_passes("25 h pass");
    story_tell(s, "sup lists the overdue");
    story_tell(s, "lead-1 decides match 24 of A1 again");
    story_skip(s);
    story_tell(s, "sup lists the overdue");
    story_expect(s, "sup <- OK\n");
}
END_TEST

START_TEST(a_drill_has_no_samples_to_wait_for)
{
    story_tell(s, "the broker minds samples");
    story_tell(s, "team-1 notes K-1 of A1 mother taken");
    story_tell(s, "sz reports A2 within 30 exercise");
    silently_passes("80 h pass");
    story_tell(s, "sup lists the overdue");
    story_expect(s, "sup <- OK\n");
}
END_TEST

/* ---- forgetting -----------------------------------------------------------
 */

static void a1_is_sealed(void)
{
    story_tell(s, "sz withdraws A1");
    story_tell(s, "lead-1 solves A1 as rescued");
    story_tell(s, "lead-1 seals A1");
    story_skip(s);
}

START_TEST(a_case_is_not_sealed_while_a_match_waits)
{
    lab_reports_a_match();
    story_tell(s, "sz withdraws A1");
    story_tell(s, "lead-1 solves A1 as rescued");
    story_skip(s);
    story_tell(s, "lead-1 seals A1");
    story_tell(s, "lead-1 decides match 24 of A1 accepted");
    story_skip(s);
    story_tell(s, "lead-1 seals A1");
    story_expect(s, "lead-1 <- RECORDED 28 sealed, led by lead-1, purged by 0 "
                    "of 3\n");
}
END_TEST

START_TEST(a_sealed_case_leaves_digests_that_keep_its_kits_from_reuse)
{
    const struct book *book;
    const struct sample *sample;

    lab_reports_a_match();
    story_tell(s, "lead-1 decides match 24 of A1 accepted");
    story_tell(s, "team-1 notes K-2 of A1 father taken");
    story_tell(s, "team-1 notes - of A1 sibling impossible");
    a1_is_sealed();
    book = broker_book(story_broker(s));
    ck_assert_uint_eq(map_count(book->samples), 3); /* K-1, K-2, C-1 */
    sample = book_sample(book, "K-1");
    ck_assert_ptr_nonnull(sample);
    ck_assert(sample_is_spent(sample));
    ck_assert_str_eq(sample->kit, "");
    ck_assert_ptr_null(sample->reason);
    ck_assert_int_eq(sample->relation, 0);
    story_tell(s, "sz reports A2 within 30");
    story_skip(s);
    story_tell(s, "sz notes K-1 of A2 mother taken");
    story_tell(s, "sz notes K-2 of A2 mother taken");
    story_tell(s, "lab receives K-2");
    story_tell(s, "lab looks at K-1");
    story_expect(s, "sz <- CONFLICT order.note_sample.kit\n"
                    "sz <- CONFLICT order.note_sample.kit\n"
                    "lab <- NOT_FOUND word.received.kit\n"
                    "lab <- NOT_FOUND kit\n");
}
END_TEST

START_TEST(a_child_that_was_matched_is_never_clear_by_being_forgotten)
{
    lab_reports_a_match();
    story_tell(s, "lead-1 decides match 24 of A1 accepted");
    a1_is_sealed();
    story_tell(s, "office inquires C-1");
    story_tell(s, "office inquires K-1");
    story_tell(s, "the broker restarts");
    story_tell(s, "office inquires C-1");
    story_expect(s, "office <- RECORDED 29 HOLD\n"
                    "office <- RECORDED 30 HOLD\n"
                    "office <- RECORDED 31 HOLD\n");
}
END_TEST

/* ---- the book -------------------------------------------------------------
 */

static void everything_is_said(void)
{
    lab_reports_a_match();
    story_tell(s, "team-1 notes k-2 of A1 father due");
    story_tell(s, "team-1 notes - of A1 sibling impossible");
    story_tell(s, "lab receives C-2");
    story_tell(s, "lab fails C-2");
    story_tell(s, "lead-1 decides match 24 of A1 again");
    story_tell(s, "lab matches C-1 with K-1");
    story_tell(s, "office inquires C-1");
    story_skip(s);
}

START_TEST(a_rebuilt_book_knows_the_same_samples)
{
    uint8_t before[32];
    uint8_t after[32];

    story_tell(s, "the broker minds samples");
    everything_is_said();
    silently_passes("80 h pass");
    book_digest(broker_book(story_broker(s)), before);
    story_tell(s, "the broker restarts");
    book_digest(broker_book(story_broker(s)), after);
    ck_assert_mem_eq(before, after, 32);
    story_tell(s, "the book is written down");
    story_tell(s, "the broker starts from what was written");
    book_digest(broker_book(story_broker(s)), after);
    ck_assert_mem_eq(before, after, 32);
    story_skip(s);
    story_tell(s, "lead-1 reads the file of A1");
    story_expect(s, "lead-1 <- OK open, led by lead-1; mother K-1 in library; "
                    "father K-2 due; sibling - impossible; match 24 again; "
                    "match 30 waits\n");
    story_tell(s, "office inquires C-1");
    ck_assert_ptr_nonnull(strstr(story_heard(s), " HOLD\n"));
}
END_TEST

START_TEST(a_sealed_book_is_the_same_when_its_key_is_gone)
{
    uint8_t before[32];
    uint8_t after[32];

    everything_is_said();
    story_tell(s, "lead-1 decides match 30 of A1 accepted");
    a1_is_sealed();
    book_digest(broker_book(story_broker(s)), before);
    story_tell(s, "the broker restarts");
    book_digest(broker_book(story_broker(s)), after);
    ck_assert_mem_eq(before, after, 32);
    story_tell(s, "the book is written down");
    story_tell(s, "the broker starts from what was written");
    book_digest(broker_book(story_broker(s)), after);
    ck_assert_mem_eq(before, after, 32);
}
END_TEST

static void add_sample_tests(TCase *t)
{
    tcase_add_test(t, a_parents_sample_goes_from_due_to_the_library);
    tcase_add_test(t, a_sample_goes_no_way_back);
    tcase_add_test(t, only_a_laboratory_says_that_a_sample_is_in_the_library);
    tcase_add_test(t, a_sample_is_noted_by_who_answers_for_the_case);
    tcase_add_test(t, a_kit_number_is_good_once_however_it_is_written);
    tcase_add_test(t, two_cases_cannot_take_one_kit_at_once);
    tcase_add_test(t,
                   a_parent_who_cannot_give_a_sample_is_noted_with_the_reason);
    tcase_add_test(
        t, when_the_father_is_found_his_kit_takes_the_place_of_the_reason);
    tcase_add_test(t, a_sample_that_failed_is_taken_again);
    tcase_add_test(t, a_case_has_so_many_samples_and_no_more);
}

static void add_laboratory_tests(TCase *t)
{
    tcase_add_test(t,
                   a_laboratory_speaks_of_the_cases_of_its_jurisdiction_alone);
    tcase_add_test(
        t, a_laboratorys_word_is_signed_timely_and_carries_nothing_else);
    tcase_add_test(t, a_laboratory_asks_nothing_else);
    tcase_add_test(t, what_is_said_twice_is_recorded_once);
    tcase_add_test(t,
                   a_kit_that_came_before_its_papers_is_hung_on_its_case_later);
    tcase_add_test(t, what_a_laboratory_says_is_told_to_who_follows);
    tcase_add_test(t, a_match_waits_for_the_lead);
    tcase_add_test(t, only_samples_in_the_library_are_compared);
    tcase_add_test(t,
                   a_match_is_of_one_case_and_of_a_child_that_is_nobodys_kin);
    tcase_add_test(t, the_same_match_is_reported_once);
    tcase_add_test(t, what_is_to_be_compared_again_is_reported_again);
    tcase_add_test(t, a_match_solves_nothing_by_itself);
}

static void add_registry_tests(TCase *t)
{
    tcase_add_test(t, a_registry_office_hears_clear_hold_or_no_sample);
    tcase_add_test(t, a_match_holds_a_registration_until_it_is_rejected);
    tcase_add_test(
        t, a_registry_office_asks_nothing_else_and_nobody_else_asks_that);
    tcase_add_test(t, a_question_asked_again_gets_the_same_answer);
    tcase_add_test(t,
                   a_question_never_overtakes_a_match_that_is_being_recorded);
}

static void add_later_tests(TCase *t)
{
    tcase_add_test(
        t, parents_of_whom_nobody_has_taken_a_sample_in_72_hours_are_noted);
    tcase_add_test(t, a_parent_who_cannot_give_one_is_no_silence);
    tcase_add_test(t, a_sample_that_stands_due_or_failed_for_72_hours_is_noted);
    tcase_add_test(t, a_match_that_nobody_decides_is_noted);
    tcase_add_test(t, a_drill_has_no_samples_to_wait_for);
    tcase_add_test(t, a_case_is_not_sealed_while_a_match_waits);
    tcase_add_test(t,
                   a_sealed_case_leaves_digests_that_keep_its_kits_from_reuse);
    tcase_add_test(t,
                   a_child_that_was_matched_is_never_clear_by_being_forgotten);
    tcase_add_test(t, a_rebuilt_book_knows_the_same_samples);
    tcase_add_test(t, a_sealed_book_is_the_same_when_its_key_is_gone);
}

int main(void)
{
    Suite *suite = suite_create("identity");
    TCase *t = tcase_create("stories");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(t, open_story, close_story);
    tcase_set_timeout(t, 120);
    add_sample_tests(t);
    add_laboratory_tests(t);
    add_registry_tests(t);
    add_later_tests(t);
    suite_add_tcase(suite, t);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
