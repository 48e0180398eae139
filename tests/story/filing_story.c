/* What is long over leaves the book, and is still known (see kit/story.h). */
#include <inttypes.h>
#include <stdio.h>
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

/* After a start nobody has confirmed the broker's clock yet. */
START_TEST(what_left_the_book_is_not_taken_back_from_who_has_kept_it)
{
    a1_is_solved();
    story_tell(s, "35 d pass");
    story_tell(s, "the broker restarts");
    story_tell(s, "the centres' clocks jump -120 s");
    story_skip(s);
    story_tell(s, "gate-1 hands back A1 expiring 1");
    story_expect(s, "gate-1 <- CONFLICT alert.alert_id\n");
    ck_assert_uint_eq(book()->alert_count, 0);
}
END_TEST

/* Who is named by a match is held until the lead has decided: a case that left
 * before would hold the child for ever. */
START_TEST(a_solved_case_stays_until_its_lead_has_decided_on_each_match)
{
    char decides[64];

    story_tell(s, "administrator enrols office registry in 441302");
    story_tell(s, "administrator enrols lead-1 officer in 440300 rank 3");
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "sz offers A1 to lead-1");
    story_tell(s, "lead-1 accepts A1");
    story_tell(s, "lead-1 notes K-1 of A1 mother taken");
    story_tell(s, "lab receives K-1");
    story_tell(s, "lab receives C-1");
    story_tell(s, "lab matches C-1 with K-1");
    story_tell(s, "sz withdraws A1");
    story_tell(s, "lead-1 solves A1 as returned");
    story_tell(s, "90 d pass");
    ck_assert_uint_eq(book()->alert_count, 1);
    snprintf(decides, sizeof decides,
             "lead-1 decides match %" PRIu64 " of A1 rejected",
             book()->alerts[0]->matches[0].sequence);
    story_tell(s, decides);
    story_tell(s, "60 s pass");
    ck_assert_uint_eq(book()->alert_count, 0);
    story_skip(s);
    story_tell(s, "office inquires C-1");
    ck_assert_ptr_null(strstr(story_heard(s), "HOLD"));
}
END_TEST

START_TEST(a_case_that_is_being_filed_is_not_put_under_supervision)
{
    a1_is_solved();
    story_tell(s, "30 d pass");
    ck_assert_uint_eq(book()->alert_count, 1);
    story_tell(s, "the disk pauses");
    story_tell(s, "4 d pass");
    story_skip(s);
    story_tell(s, "sup supervises A1");
    story_tell(s, "the disk resumes");
    ck_assert_uint_eq(book()->alert_count, 0);
    ck_assert_uint_eq(book()->supervision_count, 0);
    story_expect(s, "sup <- NOT_FOUND subject\n");
}
END_TEST

START_TEST(a_case_under_supervision_stays_until_somebody_lifts_it)
{
    a1_is_solved();
    story_tell(s, "sup supervises A1");
    story_tell(s, "90 d pass");
    ck_assert_uint_eq(book()->alert_count, 1);
    story_tell(s, "sup lifts A1");
    story_tell(s, "60 s pass");
    ck_assert_uint_eq(book()->alert_count, 0);
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

START_TEST(what_is_late_waits_while_the_journal_cannot_be_read)
{
    a1_is_solved();
    story_tell(s, "40 d pass");
    story_skip(s);
    story_tell(s, "the journal cannot be read");
    story_tell(s, "gate-1 sights A1");
    story_tell(s, "sz revises A1 within 40");
    story_expect(s, "gate-1 <- UNAVAILABLE\n"
                    "sz <- UNAVAILABLE\n");
    story_tell(s, "sz reports A2 within 30"); /* nothing keeps this one */
    ck_assert_uint_eq(book()->alert_count, 1);
    story_skip(s);
    story_tell(s, "the journal can be read again");
    story_tell(s, "sz reports A1 within 30");
    story_expect(s, "sz <- CONFLICT alert.alert_id\n");
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

/* ---- found children -------------------------------------------------------
 */

/* By whose report the clock is believed; it is searched for to the end. */
static void a2_is_missing(void)
{
    story_tell(s, "sz reports A2 within 30");
}

/* F1 was registered, corrected and closed: nobody misses it. */
static void f1_is_closed(void)
{
    a2_is_missing();
    story_tell(s, "gate-1 registers F1 kit C-1");
    story_tell(s, "gate-1 registers F1 kit C-1");
    story_tell(s, "sz closes F1");
}

static void f1_is_identified(void)
{
    story_tell(s, "administrator enrols lead-1 officer in 440300 rank 3");
    a1_is_over();
    story_tell(s, "sz offers A1 to lead-1");
    story_tell(s, "lead-1 accepts A1");
    story_tell(s, "gate-1 registers F1");
    story_tell(s, "lead-1 identifies F1 as A1");
}

START_TEST(a_found_child_that_is_long_closed_leaves_the_book)
{
    f1_is_closed();
    story_tell(s, "20 d pass");
    ck_assert_uint_eq(book()->found_count, 1);
    story_tell(s, "15 d pass");
    ck_assert_uint_eq(book()->found_count, 0);
    ck_assert_uint_eq(map_count(book()->by_found), 0);
    ck_assert_uint_eq(map_count(book()->seen), 11); /* 10 enrolments, A2 */
    story_skip(s);
    story_tell(s, "sz lists all found");
    story_tell(s, "sz looks at F1");
    story_expect(s, "sz <- OK\n"
                    "sz <- NOT_FOUND found\n");
}
END_TEST

START_TEST(one_that_is_looked_for_or_spoken_of_again_stays)
{
    a2_is_missing();
    story_tell(s, "gate-1 registers F1");
    story_tell(s, "gate-1 registers F2");
    story_tell(s, "sz closes F2");
    story_tell(s, "20 d pass");
    story_tell(s, "gate-1 registers F2");
    story_tell(s, "15 d pass");
    ck_assert_uint_eq(book()->found_count, 2);
    story_tell(s, "400 d pass");
    ck_assert_uint_eq(book()->found_count, 1);
    ck_assert_int_eq(book()->found[0]->state,
                     TOCSIN__V1__FOUND_STATE__FOUND_STATE_REGISTERED);
}
END_TEST

START_TEST(an_identified_one_stays_as_long_as_its_case)
{
    f1_is_identified();
    story_tell(s, "400 d pass");
    ck_assert_uint_eq(book()->found_count, 1);
    story_tell(s, "lead-1 solves A1 as returned");
    story_tell(s, "20 d pass");
    ck_assert_uint_eq(book()->alert_count, 1);
    ck_assert_uint_eq(book()->found_count, 1);
    story_tell(s, "15 d pass");
    ck_assert_uint_eq(book()->alert_count, 0);
    ck_assert_uint_eq(book()->found_count, 0);
    story_tell(s, "the broker restarts");
    ck_assert_uint_eq(book()->found_count, 0);
}
END_TEST

START_TEST(one_that_was_sealed_with_its_case_goes_too)
{
    f1_is_identified();
    story_tell(s, "lead-1 solves A1 as returned");
    story_tell(s, "lead-1 seals A1"); /* nobody says that it is purged */
    story_tell(s, "35 d pass");
    ck_assert_uint_eq(book()->alert_count, 1);
    ck_assert_uint_eq(book()->found_count, 0);
    story_skip(s);
    story_tell(s, "the broker restarts");
    story_tell(s, "gate-1 registers F1 again");
    story_tell(s, "gate-1 registers F1");
    story_expect(s, "gate-1 <- DUPLICATE 19\n"
                    "gate-1 <- CONFLICT found.found_id\n");
    ck_assert_uint_eq(book()->found_count, 0);
}
END_TEST

START_TEST(a_late_registration_or_order_gets_the_same_answer)
{
    size_t facts;

    a2_is_missing();
    story_tell(s, "gate-1 registers F1");
    story_tell(s, "sz closes F1");
    story_tell(s, "sz seals F1");
    story_skip(s);
    story_tell(s, "again");
    story_expect(s, "sz <- DUPLICATE 15\n");
    story_tell(s, "35 d pass");
    ck_assert_uint_eq(book()->found_count, 0);
    facts = story_facts(s);
    story_skip(s);
    story_tell(s, "again");
    story_tell(s, "gate-1 registers F1 again");
    story_tell(s, "gate-1 registers F1 again through van");
    story_tell(s, "gate-1 registers F1 again differently");
    story_expect(s, "sz <- DUPLICATE 15\n"
                    "gate-1 <- DUPLICATE 13\n"
                    "van <- DUPLICATE 13\n"
                    "gate-1 <- CONFLICT found.found_id\n");
    story_tell(s, "the book is written down");
    story_tell(s, "the broker starts from what was written");
    story_skip(s);
    story_tell(s, "gate-1 registers F1 again");
    story_expect(s, "gate-1 <- DUPLICATE 13\n");
    ck_assert_uint_eq(story_facts(s), facts);
}
END_TEST

static void nothing_new_is_said_of_f1(void)
{
    size_t facts = story_facts(s);

    story_skip(s);
    story_tell(s, "gate-1 registers F1");
    story_tell(s, "gate-2 registers F1 as revision 1");
    story_tell(s, "sz reopens F1");
    story_tell(s, "sz seals F1");
    story_tell(s, "bj seals F1"); /* elsewhere there is no such child */
    story_expect(s, "gate-1 <- CONFLICT found.found_id\n"
                    "gate-2 <- CONFLICT found.found_id\n"
                    "sz <- CONFLICT order.found_id\n"
                    "sz <- CONFLICT order.found_id\n"
                    "bj <- NOT_FOUND order.found_id\n");
    ck_assert_uint_eq(story_facts(s), facts);
}

START_TEST(nothing_is_recorded_of_a_found_child_that_is_filed)
{
    f1_is_closed();
    story_tell(s, "35 d pass");
    nothing_new_is_said_of_f1();
    story_tell(s, "the broker restarts");
    nothing_new_is_said_of_f1();
    story_tell(s, "the book is written down");
    story_tell(s, "the broker starts from what was written");
    nothing_new_is_said_of_f1();
}
END_TEST

START_TEST(nothing_of_a_found_child_comes_behind_its_filing)
{
    f1_is_closed();
    story_tell(s, "30 d pass");
    story_tell(s, "the disk pauses");
    story_tell(s, "5 d pass");
    story_skip(s);
    story_tell(s, "gate-1 registers F1");
    story_tell(s, "sz reopens F1");
    story_tell(s, "gate-1 registers F2 kit C-1");
    story_tell(s, "the disk resumes");
    story_expect(s, "gate-1 <- CONFLICT found.kit\n"
                    "gate-1 <- CONFLICT found.found_id\n"
                    "sz <- CONFLICT order.found_id\n");
    ck_assert_uint_eq(book()->found_count, 0);
    story_tell(s, "the broker restarts");
    ck_assert_uint_eq(book()->found_count, 0);
}
END_TEST

START_TEST(the_kit_of_a_filed_one_stays_used_and_what_it_says)
{
    story_tell(s, "administrator enrols lab-1 laboratory in 000000");
    story_tell(s, "administrator enrols office-1 registry in 110000");
    f1_is_closed();
    story_tell(s, "lab-1 receives C-1");
    story_tell(s, "35 d pass");
    ck_assert_uint_eq(book()->found_count, 0);
    story_tell(s, "the book is written down");
    story_tell(s, "the broker starts from what was written");
    story_skip(s);
    story_tell(s, "gate-1 registers F2 kit c-1");
    story_expect(s, "gate-1 <- CONFLICT found.kit\n");
    story_tell(s, "office-1 inquires C-1");
    ck_assert_ptr_nonnull(strstr(story_heard(s), " CLEAR\n"));
}
END_TEST

START_TEST(a_laboratory_lets_no_filed_one_go_that_none_has_spoken_of)
{
    story_tell(s, "administrator enrols lab-bj laboratory in 110000");
    story_tell(s, "administrator enrols office-1 registry in 110000");
    f1_is_closed();
    story_tell(s, "35 d pass");
    ck_assert_uint_eq(book()->found_count, 0);
    story_skip(s);
    story_tell(s, "lab-bj receives C-1");
    story_expect(s, "lab-bj <- NOT_FOUND word.received.kit\n");
    story_tell(s, "office-1 inquires C-1");
    ck_assert_ptr_nonnull(strstr(story_heard(s), " HOLD\n"));
}
END_TEST

START_TEST(a_rebuilt_book_has_filed_the_same_found_children)
{
    uint8_t before[32];
    uint8_t after[32];

    f1_is_closed();
    story_tell(s, "sz registers F2");
    story_tell(s, "35 d pass");
    ck_assert_uint_eq(book()->found_count, 1);
    story_tell(s, "sz registers F3");
    story_tell(s, "sz closes F3");
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

START_TEST(
    who_has_not_heard_of_a_filed_found_child_is_told_that_some_is_missing)
{
    f1_is_closed();
    story_tell(s, "40 d pass");
    story_skip(s);
    story_tell(s, "sup follows after 14");
    story_tell(s, "10 s pass");
    story_expect(s, "sup <- OK missed some\n");
}
END_TEST

static void add_found_tests(TCase *t)
{
    tcase_add_test(t, a_found_child_that_is_long_closed_leaves_the_book);
    tcase_add_test(t, one_that_is_looked_for_or_spoken_of_again_stays);
    tcase_add_test(t, an_identified_one_stays_as_long_as_its_case);
    tcase_add_test(t, one_that_was_sealed_with_its_case_goes_too);
    tcase_add_test(t, a_late_registration_or_order_gets_the_same_answer);
    tcase_add_test(t, nothing_is_recorded_of_a_found_child_that_is_filed);
    tcase_add_test(t, nothing_of_a_found_child_comes_behind_its_filing);
    tcase_add_test(t, the_kit_of_a_filed_one_stays_used_and_what_it_says);
    tcase_add_test(t,
                   a_laboratory_lets_no_filed_one_go_that_none_has_spoken_of);
    tcase_add_test(t, a_rebuilt_book_has_filed_the_same_found_children);
    tcase_add_test(
        t,
        who_has_not_heard_of_a_filed_found_child_is_told_that_some_is_missing);
}

int main(void)
{
    Suite *suite = suite_create("filing stories");
    TCase *t = tcase_create("filing");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(t, open_story, close_story);
    tcase_add_test(t, what_is_solved_and_long_over_leaves_the_book);
    tcase_add_test(t,
                   what_left_the_book_is_not_taken_back_from_who_has_kept_it);
    tcase_add_test(
        t, a_solved_case_stays_until_its_lead_has_decided_on_each_match);
    tcase_add_test(t, a_case_that_is_being_filed_is_not_put_under_supervision);
    tcase_add_test(t, a_case_under_supervision_stays_until_somebody_lifts_it);
    tcase_add_test(t, what_is_withdrawn_but_not_solved_is_never_filed_away);
    tcase_add_test(t, a_child_who_is_not_found_is_never_filed_away);
    tcase_add_test(t, a_clock_that_is_wrong_for_a_while_files_nothing_away);
    tcase_add_test(t, an_exercise_is_filed_away_when_it_has_expired);
    tcase_add_test(t, a_late_repetition_still_gets_the_same_answer);
    tcase_add_test(t, a_late_repetition_of_a_sighting_is_recorded_once);
    tcase_add_test(t, what_comes_too_late_is_told_that_the_case_is_filed);
    tcase_add_test(t, what_is_late_waits_while_the_journal_cannot_be_read);
    tcase_add_test(t, an_id_that_was_filed_is_never_reported_again);
    tcase_add_test(t, a_purge_never_comes_behind_the_filing_of_its_case);
    tcase_add_test(t, an_answer_never_comes_behind_the_filing_of_its_alert);
    tcase_add_test(t, a_rebuilt_book_has_filed_the_same);
    tcase_add_test(
        t, who_has_not_heard_of_what_was_filed_is_told_that_some_is_missing);
    tcase_add_test(t, who_follows_hears_of_other_alerts_after_one_was_filed);
    add_found_tests(t);
    suite_add_tcase(suite, t);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
