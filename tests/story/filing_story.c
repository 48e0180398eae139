/* What is long over leaves the book, and is still known (see kit/story.h). */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "story.h"

static struct story *s;

static void open_story(void)
{
    s = story_new();
}

static void close_story(void)
{
    story_free(s);
}

static const struct book *book(void)
{
    return broker_book(story_broker(s));
}

/* A1 was reported, sighted and withdrawn. */
static void a1_is_over(void)
{
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "gate-1 sights A1");
    story_tell(s, "sz withdraws A1");
}

/* And its lead says what became of the child. */
static void a1_is_solved(void)
{
    a1_is_over();
    story_tell(s, "administrator enrols lead-1 officer in 440300");
    story_tell(s, "sz offers A1 to lead-1");
    story_tell(s, "lead-1 accepts A1");
    story_tell(s, "lead-1 solves A1 as returned");
}

START_TEST(what_is_solved_and_long_over_leaves_the_book)
{
    a1_is_solved();
    story_tell(s, "20 d pass");
    ck_assert_uint_eq(book()->alert_count, 1);
    story_tell(s, "15 d pass");
    ck_assert_uint_eq(book()->alert_count, 0);
    ck_assert_uint_eq(map_count(book()->seen), 11); /* the cast's enrolments */
}
END_TEST

START_TEST(what_is_withdrawn_but_not_solved_is_never_filed_away)
{
    a1_is_over();
    story_tell(s, "400 d pass");
    ck_assert_uint_eq(book()->alert_count, 1);
}
END_TEST

START_TEST(a_child_who_is_not_found_is_never_filed_away)
{
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "400 d pass");
    ck_assert_uint_eq(book()->alert_count, 1);
    ck_assert_int_eq(book()->alerts[0]->state,
                     TOCSIN__V1__ALERT_STATE__ALERT_STATE_EXPIRED);
}
END_TEST

START_TEST(a_clock_that_is_wrong_for_a_while_files_nothing_away)
{
    a1_is_solved();
    story_tell(s, "the clock jumps 400000000 s");
    story_tell(s, "600 s pass");
    story_tell(s, "the clock jumps -400000000 s");
    story_tell(s, "4000 s pass");
    ck_assert_uint_eq(book()->alert_count, 1);
}
END_TEST

START_TEST(an_exercise_is_filed_away_when_it_has_expired)
{
    story_tell(s, "sz reports A1 within 30 exercise");
    story_tell(s, "40 d pass");
    ck_assert_uint_eq(book()->alert_count, 0);
}
END_TEST

START_TEST(a_late_repetition_still_gets_the_same_answer)
{
    a1_is_solved();
    story_skip(s);
    story_tell(s, "again");
    story_expect(s, "lead-1 <- DUPLICATE 19\n");
    story_tell(s, "40 d pass");
    story_skip(s);
    story_tell(s, "again");
    story_expect(s, "lead-1 <- DUPLICATE 19\n");
}
END_TEST

START_TEST(a_late_repetition_of_a_sighting_is_recorded_once)
{
    size_t facts;

    a1_is_solved();
    story_tell(s, "gate-2 sights A1");
    story_tell(s, "40 d pass");
    story_skip(s);
    facts = story_facts(s);
    story_tell(s, "again");
    story_expect(s, "gate-2 <- DUPLICATE 20\n");
    ck_assert_uint_eq(story_facts(s), facts);
}
END_TEST

START_TEST(what_comes_too_late_is_told_that_the_case_is_filed)
{
    a1_is_solved();
    story_tell(s, "40 d pass");
    story_skip(s);
    story_tell(s, "gate-1 sights A1");
    story_tell(s, "sz revises A1 within 40");
    story_expect(s, "gate-1 <- CONFLICT alert.alert_id\n"
                    "sz <- CONFLICT alert.alert_id\n");
}
END_TEST

START_TEST(an_id_that_was_filed_is_never_reported_again)
{
    a1_is_solved();
    story_tell(s, "40 d pass");
    story_skip(s);
    story_tell(s, "sz reports A1 within 30");
    story_expect(s, "sz <- CONFLICT alert.alert_id\n");
}
END_TEST

START_TEST(a_purge_never_comes_behind_the_filing_of_its_case)
{
    a1_is_solved();
    story_tell(s, "lead-1 seals A1");
    story_tell(s, "gate-1 purges A1");
    story_tell(s, "gate-2 purges A1");
    story_tell(s, "van purges A1");
    story_tell(s, "30 d pass");
    story_tell(s, "administrator enrols gate-9 bus in 440305 at 22.53,113.93");
    ck_assert_uint_eq(book()->alert_count, 1);
    story_tell(s, "the disk pauses");
    story_tell(s, "5 d pass");
    story_skip(s);
    story_tell(s, "gate-9 purges A1");
    story_tell(s, "the disk resumes");
    ck_assert_uint_eq(book()->alert_count, 0);
    ck_assert_ptr_nonnull(strstr(story_heard(s), "gate-9 <- BUSY"));
    story_tell(s, "the broker restarts");
    ck_assert_uint_eq(book()->alert_count, 0);
}
END_TEST

START_TEST(an_answer_never_comes_behind_the_filing_of_its_alert)
{
    a1_is_solved();
    story_tell(s, "30 d pass");
    story_tell(s, "the disk pauses");
    story_tell(s, "5 d pass");
    story_skip(s);
    story_tell(s, "gate-2 sights A1");
    story_expect(s, "gate-2 <- BUSY\n");
    story_tell(s, "the disk resumes");
    ck_assert_uint_eq(book()->alert_count, 0);
    story_tell(s, "the broker restarts");
    ck_assert_uint_eq(book()->alert_count, 0);
}
END_TEST

START_TEST(a_rebuilt_book_has_filed_the_same)
{
    a1_is_solved();
    story_tell(s, "sz reports A2 within 30");
    story_tell(s, "40 d pass");
    ck_assert_uint_eq(book()->alert_count, 1);
    story_tell(s, "the broker restarts");
    ck_assert_uint_eq(book()->alert_count, 1);
    story_skip(s);
    story_tell(s, "gate-1 sights A1");
    story_expect(s, "gate-1 <- CONFLICT alert.alert_id\n");
}
END_TEST

START_TEST(who_follows_hears_of_other_alerts_after_one_was_filed)
{
    a1_is_solved();
    story_tell(s, "sz reports A2 within 30");
    story_tell(s, "40 d pass");
    ck_assert_uint_eq(book()->alert_count, 1);
    story_skip(s);
    story_tell(s, "sup follows");
    story_tell(s, "gate-1 reads A2");
    story_tell(s, "1 s pass");
    ck_assert_ptr_nonnull(strstr(story_heard(s), "sup <- OK"));
}
END_TEST

START_TEST(who_has_not_heard_of_what_was_filed_is_told_that_some_is_missing)
{
    a1_is_solved();
    story_tell(s, "40 d pass");
    story_skip(s);
    story_tell(s, "sup follows after 12"); /* before A1 was sighted */
    story_tell(s, "10 s pass");
    story_expect(s, "sup <- OK missed some\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("filing stories");
    TCase *t = tcase_create("filing");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(t, open_story, close_story);
    tcase_add_test(t, what_is_solved_and_long_over_leaves_the_book);
    tcase_add_test(t, what_is_withdrawn_but_not_solved_is_never_filed_away);
    tcase_add_test(t, a_child_who_is_not_found_is_never_filed_away);
    tcase_add_test(t, a_clock_that_is_wrong_for_a_while_files_nothing_away);
    tcase_add_test(t, an_exercise_is_filed_away_when_it_has_expired);
    tcase_add_test(t, a_late_repetition_still_gets_the_same_answer);
    tcase_add_test(t, a_late_repetition_of_a_sighting_is_recorded_once);
    tcase_add_test(t, what_comes_too_late_is_told_that_the_case_is_filed);
    tcase_add_test(t, an_id_that_was_filed_is_never_reported_again);
    tcase_add_test(t, a_purge_never_comes_behind_the_filing_of_its_case);
    tcase_add_test(t, an_answer_never_comes_behind_the_filing_of_its_alert);
    tcase_add_test(t, a_rebuilt_book_has_filed_the_same);
    tcase_add_test(
        t, who_has_not_heard_of_what_was_filed_is_told_that_some_is_missing);
    tcase_add_test(t, who_follows_hears_of_other_alerts_after_one_was_filed);
    suite_add_tcase(suite, t);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
