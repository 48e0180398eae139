/* Samples for DNA: of the child's kin, of children of unknown origin, and what
 * laboratories say of them (see kit/story.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

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

START_TEST(a_reason_on_one_case_is_no_word_on_another_whatever_its_id)
{
    story_tell(s, "bj reports A2 within 30 near Beijing");
    story_skip(s);
    story_tell(s, "team-1 notes - of A1 father impossible");
    story_tell(s, "bj notes - of A2 mother impossible reusing");
    story_tell(s, "lead-1 reads the file of A1");
    story_expect(s, "team-1 <- RECORDED 22 open, led by lead-1; father - "
                    "impossible\n"
                    "bj <- RECORDED 23 open, led by nobody; mother - "
                    "impossible\n"
                    "lead-1 <- OK open, led by lead-1; father - impossible\n");
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
    story_tell(s, "lab receives K-1 hiding");
    story_tell(s, "lab receives K_1");
    story_tell(s, "sz receives K-1");
    story_tell(s, "office receives K-1");
    story_expect(s, "lab <- DENIED word.signature\n"
                    "lab <- INVALID word.at_ms\n"
                    "lab <- INVALID word.word\n"
                    "lab <- INVALID word.content\n"
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

START_TEST(that_an_officer_has_said_so_before_is_no_second_word)
{
    story_tell(s, "team-1 notes K-1 of A1 mother sent");
    story_tell(s, "team-1 notes K-1 of A1 mother failed");
    story_skip(s);
    story_tell(s, "lab fails K-1");
    story_expect(s, "lab <- DUPLICATE 22\n");
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
    tcase_add_test(t,
                   a_reason_on_one_case_is_no_word_on_another_whatever_its_id);
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
    tcase_add_test(t, that_an_officer_has_said_so_before_is_no_second_word);
    tcase_add_test(t,
                   a_kit_that_came_before_its_papers_is_hung_on_its_case_later);
    tcase_add_test(t, what_a_laboratory_says_is_told_to_who_follows);
}

static void add_silence_tests(TCase *t)
{
    tcase_add_test(
        t, parents_of_whom_nobody_has_taken_a_sample_in_72_hours_are_noted);
    tcase_add_test(t, a_parent_who_cannot_give_one_is_no_silence);
    tcase_add_test(t, a_sample_that_stands_due_or_failed_for_72_hours_is_noted);
    tcase_add_test(t, a_drill_has_no_samples_to_wait_for);
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
    add_silence_tests(t);
    suite_add_tcase(suite, t);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
