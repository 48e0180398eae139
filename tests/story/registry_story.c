/* Matches of samples: what the lead makes of them, what a registry office is
 * told, and what is left when the case is forgotten (see kit/story.h). */
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

/* The child's kit is C-1, the match is 24. */
static void lab_reports_a_match(void)
{
    mother_is_in_the_library();
    story_tell(s, "lab receives C-1");
    story_tell(s, "lab matches C-1 with K-1");
    story_skip(s);
}

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

START_TEST(an_older_journal_lets_no_matched_child_go)
{
    lab_reports_a_match();
    story_tell(s, "lead-1 decides match 24 of A1 accepted");
    a1_is_sealed();
    story_tell(s, "the broker is restored to 25");
    story_tell(s, "office inquires C-1");
    ck_assert_ptr_nonnull(strstr(story_heard(s), " HOLD\n"));
    ck_assert_uint_eq(broker_book(story_broker(s))->alerts[0]->sample_count, 0);
    ck_assert(
        sample_is_spent(book_sample(broker_book(story_broker(s)), "K-1")));
    story_skip(s);
    story_tell(s, "office inquires C-1");
    ck_assert_ptr_nonnull(strstr(story_heard(s), " HOLD\n"));
}
END_TEST

START_TEST(what_is_filed_away_keeps_its_kits_from_reuse)
{
    lab_reports_a_match();
    story_tell(s, "lead-1 decides match 24 of A1 rejected");
    story_tell(s, "sz withdraws A1");
    story_tell(s, "lead-1 solves A1 as rescued");
    story_tell(s, "90 d pass");
    ck_assert_uint_eq(broker_book(story_broker(s))->alert_count, 0);
    story_tell(s, "the broker restarts");
    story_tell(s, "sz reports A2 within 30");
    story_skip(s);
    story_tell(s, "sz notes K-1 of A2 mother taken");
    story_expect(s, "sz <- CONFLICT order.note_sample.kit\n");
    story_tell(s, "office inquires K-1");
    ck_assert_ptr_nonnull(strstr(story_heard(s), " NO_SAMPLE\n"));
    story_skip(s);
    story_tell(s, "office inquires C-1");
    ck_assert_ptr_nonnull(strstr(story_heard(s), " CLEAR\n"));
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
    story_book(s, before);
    story_tell(s, "the broker restarts");
    story_book(s, after);
    ck_assert_mem_eq(before, after, 32);
    story_tell(s, "the book is written down");
    story_tell(s, "the broker starts from what was written");
    story_book(s, after);
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
    story_book(s, before);
    story_tell(s, "the broker restarts");
    story_book(s, after);
    ck_assert_mem_eq(before, after, 32);
    story_tell(s, "the book is written down");
    story_tell(s, "the broker starts from what was written");
    story_book(s, after);
    ck_assert_mem_eq(before, after, 32);
}
END_TEST

static void add_match_tests(TCase *t)
{
    tcase_add_test(t, a_match_waits_for_the_lead);
    tcase_add_test(t, only_samples_in_the_library_are_compared);
    tcase_add_test(t,
                   a_match_is_of_one_case_and_of_a_child_that_is_nobodys_kin);
    tcase_add_test(t, the_same_match_is_reported_once);
    tcase_add_test(t, what_is_to_be_compared_again_is_reported_again);
    tcase_add_test(t, a_match_solves_nothing_by_itself);
    tcase_add_test(t, a_match_that_nobody_decides_is_noted);
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

static void add_end_tests(TCase *t)
{
    tcase_add_test(t, a_case_is_not_sealed_while_a_match_waits);
    tcase_add_test(t,
                   a_sealed_case_leaves_digests_that_keep_its_kits_from_reuse);
    tcase_add_test(t,
                   a_child_that_was_matched_is_never_clear_by_being_forgotten);
    tcase_add_test(t, an_older_journal_lets_no_matched_child_go);
    tcase_add_test(t, what_is_filed_away_keeps_its_kits_from_reuse);
    tcase_add_test(t, a_rebuilt_book_knows_the_same_samples);
    tcase_add_test(t, a_sealed_book_is_the_same_when_its_key_is_gone);
}

int main(void)
{
    Suite *suite = suite_create("registry");
    TCase *t = tcase_create("stories");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(t, open_story, close_story);
    tcase_set_timeout(t, 120);
    add_match_tests(t);
    add_registry_tests(t);
    add_end_tests(t);
    suite_add_tcase(suite, t);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
