/* The photograph of a sighting on its way from a checkpoint (see kit/stage.h).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "stage_inside.h"

static struct stage *s;

static void open_stage(void)
{
    s = stage_new();
    stage_tell(s, "the line stands");
    stage_tell(s, "the desk answers");
    stage_tell(s, "A1 is issued");
    stage_tell(s, "the desk answers");
    stage_skip(s);
}

static void close_stage(void)
{
    stage_free(s);
}

static enum photograph_state photograph(void)
{
    struct store_counts counts;

    ck_assert_int_eq(
        store_count(stage_store(s), stage_now(s).wall_ms, &counts, NULL),
        STATUS_OK);
    return counts.photographs > 0 ? PHOTOGRAPH_WAITS : PHOTOGRAPH_NONE;
}

START_TEST(a_photograph_follows_its_answer_in_pieces)
{
    stage_tell(s, "an officer reports A1 with a photograph");
    stage_expect(s, "-> SIGHTING A1 r1\n");
    stage_tell(s, "the desk answers once");
    stage_expect(s, "-> photograph of A1 from 0\n");
    stage_tell(s, "the desk answers");
    stage_expect(s, "-> photograph of A1 from 16384\n"
                    "-> photograph of A1 from 32768\n");
    ck_assert_int_eq(photograph(), PHOTOGRAPH_NONE);
}
END_TEST

START_TEST(an_answer_that_is_given_meanwhile_goes_before_the_next_piece)
{
    stage_tell(s, "an officer reports A1 with a photograph");
    stage_tell(s, "the desk answers once");
    stage_skip(s);
    stage_tell(s, "an officer reports A1 as intercepted");
    stage_expect(s, "-> INTERCEPTED A1 r1\n");
    stage_tell(s, "the desk answers once");
    stage_expect(s, "-> photograph of A1 from 16384\n");
}
END_TEST

/* As a restored broker does for ten minutes with what is about an alert that
 * may come back yet, and an earlier one with what it does not know. */
START_TEST(an_answer_that_is_put_off_holds_up_no_photograph)
{
    stage_tell(s, "an officer has read A1");
    stage_tell(s, _i == 0 ? "the desk answers BUSY: in 3 s"
                          : "the desk answers EARLIER");
    stage_skip(s);
    stage_tell(s, "an officer reports A1 with a photograph");
    stage_tell(s, "the desk answers");
    stage_expect(s, "-> SIGHTING A1 r1\n"
                    "-> photograph of A1 from 0\n"
                    "-> photograph of A1 from 16384\n"
                    "-> photograph of A1 from 32768\n");
    ck_assert_int_eq(photograph(), PHOTOGRAPH_NONE);
    stage_tell(s, _i == 0 ? "3 s pass" : "60 s pass");
    ck_assert_ptr_nonnull(strstr(stage_heard(s), "-> READ A1 r1 again\n"));
}
END_TEST

START_TEST(it_goes_on_where_it_was_when_the_line_is_back)
{
    stage_tell(s, "an officer reports A1 with a photograph");
    stage_tell(s, "the desk answers once");
    stage_tell(s, "the desk answers once");
    stage_tell(s, "the line breaks");
    stage_tell(s, "the line stands");
    stage_tell(s, "the desk answers once");
    stage_tell(s, "2 s pass");
    stage_skip(s);
    stage_tell(s, "the desk answers");
    stage_expect_begins(s, "-> photograph of A1 from 32768\n");
    ck_assert_int_eq(photograph(), PHOTOGRAPH_NONE);
}
END_TEST

START_TEST(it_begins_again_where_the_broker_has_nothing_of_it)
{
    stage_tell(s, "an officer reports A1 with a photograph");
    stage_tell(s, "the desk answers once");
    stage_tell(s, "the desk answers once");
    stage_tell(s, "the photograph is forgotten");
    stage_skip(s);
    stage_tell(s, "the desk answers once");
    stage_expect(s, "");
    stage_tell(s, "5 s pass");
    stage_expect_begins(s, "");
    stage_tell(s, "the desk answers");
    ck_assert_int_eq(photograph(), PHOTOGRAPH_NONE);
}
END_TEST

START_TEST(a_death_on_the_way_loses_nothing)
{
    stage_tell(s, "an officer reports A1 with a photograph");
    stage_tell(s, "the desk answers once");
    stage_tell(s, "the terminal restarts");
    stage_skip(s);
    stage_tell(s, "the line stands");
    stage_tell(s, "the desk answers");
    ck_assert_int_eq(photograph(), PHOTOGRAPH_NONE);
}
END_TEST

START_TEST(it_waits_while_the_broker_is_of_a_version_that_takes_none)
{
    stage_tell(s, "an officer reports A1 with a photograph");
    stage_tell(s, "the desk answers once");
    stage_tell(s, "the desk answers DENIED role");
    stage_skip(s);
    ck_assert_int_eq(photograph(), PHOTOGRAPH_WAITS);
    stage_tell(s, "30 s pass");
    stage_skip(s);
    stage_tell(s, "31 s pass");
    stage_tell(s, "the desk answers");
    ck_assert_int_eq(photograph(), PHOTOGRAPH_NONE);
    stage_skip(s);
}
END_TEST

START_TEST(what_is_refused_is_said_so_and_gone)
{
    stage_tell(s, "an officer reports A1 with a photograph");
    stage_tell(s, "the desk answers once");
    stage_tell(s, "the desk answers DENIED");
    stage_expect_begins(s, "-> SIGHTING A1 r1\n"
                           "-> photograph of A1 from 0\n"
                           "photograph.refused: ");
    ck_assert_int_eq(photograph(), PHOTOGRAPH_NONE);
}
END_TEST

/* Its key was replaced, and the one before is not at hand, or the disk is full.
 */
START_TEST(what_does_not_open_is_kept_until_its_key_is_here)
{
    struct keypair before = s->node.key;

    stage_tell(s, "the line breaks");
    stage_tell(s, "an officer reports A1 with a photograph");
    stage_tell(s, "the terminal gets another key");
    stage_tell(s, "an officer reports A1 with a photograph");
    stage_skip(s);
    stage_tell(s, "the line stands");
    stage_tell(s, "the desk answers");
    stage_tell(s, "1 s pass");
    stage_tell(s, "the desk answers");
    ck_assert_ptr_nonnull(strstr(stage_heard(s), "photograph of A1 from 0"));
    ck_assert_int_eq(photograph(), PHOTOGRAPH_WAITS); /* the first one */
    stage_skip(s);
    ck_assert_int_eq(store_reseal(stage_store(s), before.seed, NULL),
                     STATUS_OK);
    stage_tell(s, "the terminal restarts");
    stage_tell(s, "the line stands");
    stage_tell(s, "the desk answers");
    ck_assert_int_eq(photograph(), PHOTOGRAPH_NONE);
    stage_skip(s);
}
END_TEST

START_TEST(the_photograph_of_a_refused_answer_does_not_go)
{
    stage_tell(s, "an officer reports A1 with a photograph");
    stage_tell(s, "the desk answers DENIED");
    stage_expect(s, "-> SIGHTING A1 r1\n");
    stage_tell(s, "the desk answers");
    ck_assert_int_eq(photograph(), PHOTOGRAPH_NONE);
}
END_TEST

START_TEST(a_busy_broker_is_asked_again_later)
{
    stage_tell(s, "an officer reports A1 with a photograph");
    stage_tell(s, "the desk answers once");
    stage_tell(s, "the desk answers BUSY");
    stage_skip(s);
    stage_tell(s, "2 s pass");
    stage_expect(s, "-> photograph of A1 from 0 again\n");
}
END_TEST

START_TEST(with_its_case_what_waits_is_gone_as_well)
{
    stage_tell(s, "the line breaks");
    stage_tell(s, "an officer reports A1 with a photograph");
    ck_assert_int_eq(photograph(), PHOTOGRAPH_WAITS);
    stage_tell(s, "A1 is sealed");
    ck_assert_int_eq(photograph(), PHOTOGRAPH_NONE);
}
END_TEST

/* On a slow feed, or it had waited for keys. */
START_TEST(what_comes_after_its_case_was_sealed_is_not_taken)
{
    const struct holding *holding;

    stage_tell(s, "A1 is sealed");
    stage_skip(s);
    stage_tell(s, "A1 is revised");
    stage_tell(s, "A1 is withdrawn");
    stage_expect(s, "");
    holding = terminal_holding(s->terminal, stage_alert_id("A1"));
    ck_assert(holding->bare);
    stage_tell(s, "A2 is sealed");
    stage_tell(s, "A2 is issued");
    stage_expect(s, "");
}
END_TEST

START_TEST(a_sealed_child_goes_however_many_purges_cannot_be_confirmed_yet)
{
    char sentence[40];

    stage_tell(s, "somebody reads the store");
    for (int i = 2; i <= 80; i++) {
        snprintf(sentence, sizeof sentence, "A%d is sealed", i);
        stage_tell(s, sentence);
    }
    stage_tell(s, "A1 is sealed");
    ck_assert(terminal_holding(s->terminal, stage_alert_id("A1"))->bare);
    stage_tell(s, "nobody reads the store");
    stage_skip(s);
}
END_TEST

/* Its withdrawal had not come: that it is over is known by its sealing alone.
 */
START_TEST(a_sealed_case_is_over_after_a_restart_too)
{
    const struct holding *holding;

    stage_tell(s, "A1 is sealed");
    stage_tell(s, "the terminal restarts");
    holding = terminal_holding(s->terminal, stage_alert_id("A1"));
    ck_assert(holding->bare);
    ck_assert(holding->withdrawn);
    ck_assert_uint_eq(holding->announced, 0);
    stage_skip(s);
}
END_TEST

/* Would it be sent once more to a broker that was restored? */
static enum photograph_state kept_for_again(void)
{
    struct terminal_store port;

    store_port(stage_store(s), &port);
    port.say_again(port.arg);
    ck_assert_int_eq(port.commit(port.arg, NULL), STATUS_OK);
    return photograph();
}

START_TEST(one_of_an_alert_that_the_broker_does_not_know_is_kept_for_a_restore)
{
    stage_tell(s, "an officer reports A1 with a photograph");
    stage_tell(s, "the desk answers once");
    stage_tell(s, "the desk answers NOT_FOUND");
    stage_skip(s);
    ck_assert_int_eq(photograph(), PHOTOGRAPH_NONE);
    ck_assert_int_eq(kept_for_again(), PHOTOGRAPH_WAITS);
}
END_TEST

static void restored(void)
{
    stage_tell(s, "a new journal begins");
    stage_tell(s, "the line breaks");
    stage_tell(s, "the line stands");
    stage_tell(s, "2 s pass");
}

/* A piece of it is asked of a broker that has lost its answer, which says so
 * after that was put in the row again, or before. */
START_TEST(one_under_way_to_another_journal_follows_its_answer_once_more)
{
    stage_tell(s, "an officer reports A1 with a photograph");
    stage_tell(s, "the desk answers once");
    if (_i == 0)
        stage_tell(s, "the desk is quiet");
    restored();
    stage_skip(s);
    stage_tell(s, "the desk answers once");
    ck_assert_int_eq(strstr(stage_heard(s), "refused") != NULL, _i == 1);
    stage_skip(s);
    stage_tell(s, "the desk answers");
    stage_expect(s, "-> photograph of A1 from 0\n"
                    "-> photograph of A1 from 16384\n"
                    "-> photograph of A1 from 32768\n");
    ck_assert_int_eq(photograph(), PHOTOGRAPH_NONE);
}
END_TEST

/* Not even its answer was recorded yet. */
START_TEST(one_that_waits_for_its_answer_follows_it_to_another_journal)
{
    stage_tell(s, "an officer reports A1 with a photograph");
    restored();
    stage_skip(s);
    stage_tell(s, "the desk answers");
    stage_expect(s, "-> SIGHTING A1 r1 again\n"
                    "-> photograph of A1 from 0\n"
                    "-> photograph of A1 from 16384\n"
                    "-> photograph of A1 from 32768\n");
    ck_assert_int_eq(photograph(), PHOTOGRAPH_NONE);
}
END_TEST

START_TEST(one_that_comes_after_its_alert_was_stripped_is_not_kept)
{
    stage_tell(s, "an officer reports A1 with a photograph");
    stage_tell(s, "the desk answers once");
    stage_tell(s, "A1 is withdrawn");
    stage_tell(s, "25 h pass");
    stage_tell(s, "the desk answers NOT_FOUND");
    stage_skip(s);
    ck_assert(terminal_holding(s->terminal, stage_alert_id("A1"))->bare);
    ck_assert_int_eq(photograph(), PHOTOGRAPH_NONE);
    ck_assert_int_eq(kept_for_again(), PHOTOGRAPH_NONE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("photographs of a checkpoint");
    TCase *t = tcase_create("photographs");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(t, open_stage, close_stage);
    tcase_add_test(t, a_photograph_follows_its_answer_in_pieces);
    tcase_add_test(
        t, an_answer_that_is_given_meanwhile_goes_before_the_next_piece);
    tcase_add_loop_test(t, an_answer_that_is_put_off_holds_up_no_photograph, 0,
                        2);
    tcase_add_test(t, it_goes_on_where_it_was_when_the_line_is_back);
    tcase_add_test(t, it_begins_again_where_the_broker_has_nothing_of_it);
    tcase_add_test(t, a_death_on_the_way_loses_nothing);
    tcase_add_test(t,
                   it_waits_while_the_broker_is_of_a_version_that_takes_none);
    tcase_add_test(t, what_is_refused_is_said_so_and_gone);
    tcase_add_test(t, what_does_not_open_is_kept_until_its_key_is_here);
    tcase_add_test(t, the_photograph_of_a_refused_answer_does_not_go);
    tcase_add_test(t, a_busy_broker_is_asked_again_later);
    tcase_add_test(t, with_its_case_what_waits_is_gone_as_well);
    tcase_add_test(
        t, one_of_an_alert_that_the_broker_does_not_know_is_kept_for_a_restore);
    tcase_add_test(t, one_that_comes_after_its_alert_was_stripped_is_not_kept);
    tcase_add_test(t, a_sealed_case_is_over_after_a_restart_too);
    tcase_add_test(
        t, a_sealed_child_goes_however_many_purges_cannot_be_confirmed_yet);
    tcase_add_test(t, what_comes_after_its_case_was_sealed_is_not_taken);
    tcase_add_loop_test(
        t, one_under_way_to_another_journal_follows_its_answer_once_more, 0, 2);
    tcase_add_test(t,
                   one_that_waits_for_its_answer_follows_it_to_another_journal);
    suite_add_tcase(suite, t);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
