/* Who asks without end: told to wait, then not told at all; the others notice
 * nothing. And what runs low is asked for. The story's checkpoints may ask 20 a
 * second, 100 at once, and give 4 sightings a minute, 60 at once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "story_inside.h"

#define BURST 100
#define GIVEN 60

static struct story *s;

static void open_story(void)
{
    s = story_new();
}

static void close_story(void)
{
    story_free(s);
}

static size_t heard(const char *words)
{
    size_t count = 0;

    for (const char *at = story_heard(s); (at = strstr(at, words)) != NULL;
         at++)
        count++;
    return count;
}

static void ask(const char *sentence, size_t times)
{
    story_skip(s);
    for (size_t i = 0; i < times; i++)
        story_tell(s, sentence);
}

START_TEST(a_checkpoint_that_asks_without_end_is_told_to_wait_then_nothing)
{
    ask("gate-1 beats", 5 * BURST);
    ck_assert_uint_eq(heard("gate-1 <- OK"), BURST);
    ck_assert_uint_eq(heard("gate-1 <- BUSY"), BURST);
    ck_assert_uint_eq(heard("gate-1 <-"), 2 * BURST);
}
END_TEST

START_TEST(what_does_not_decode_counts_as_well)
{
    const uint8_t junk[] = {0xff};

    story_skip(s);
    for (size_t i = 0; i < 5 * BURST; i++)
        story_throw(s, "gate-1", junk, sizeof junk);
    ck_assert_uint_eq(heard("gate-1 <- INVALID request"), BURST);
    ck_assert_uint_eq(heard("gate-1 <-"), 2 * BURST);
}
END_TEST

START_TEST(the_others_are_served_as_ever)
{
    ask("gate-1 beats", 5 * BURST);
    ask("gate-2 beats", BURST);
    ck_assert_uint_eq(heard("gate-2 <- OK"), BURST);
    ask("sz reports A1 within 30", 1);
    ck_assert_uint_eq(heard("sz <- RECORDED"), 1);
}
END_TEST

START_TEST(a_revoked_checkpoint_has_no_more_than_another)
{
    story_tell(s, "administrator revokes gate-1");
    ask("gate-1 beats", 5 * BURST);
    ck_assert_uint_eq(heard("gate-1 <- DENIED"), BURST);
    ck_assert_uint_eq(heard("gate-1 <-"), 2 * BURST);
}
END_TEST

START_TEST(who_pauses_is_served_again_at_its_rate)
{
    ask("gate-1 beats", 5 * BURST);
    story_tell(s, "2 s pass");
    ask("gate-1 beats", 5 * BURST);
    ck_assert_uint_eq(heard("gate-1 <- OK"), 40);
    story_tell(s, "10 s pass");
    ask("gate-1 beats", 5 * BURST);
    ck_assert_uint_eq(heard("gate-1 <- OK"), BURST);
}
END_TEST

/* Were they ever used up before the next look, and never asked for again, every
 * report would be told BUSY for good. */
START_TEST(case_keys_that_are_used_up_at_once_are_asked_for_again)
{
    uint8_t id[KEY_ID_SIZE];

    for (unsigned round = 1; round <= 3; round++) {
        struct case_key key = {{(uint8_t)round}, {0}};

        while (vault_spares(s->vault) > 0)
            ck_assert(vault_take(s->vault, id));
        story_tell(s, "1 s pass");
        ck_assert_uint_ge(s->keys_wanted, round);
        vault_add(s->vault, &key);
    }
    ck_assert_uint_eq(s->keys_wanted, 3);
    story_tell(s, "sz reports A1 within 30");
    ck_assert_uint_eq(heard("sz <- RECORDED"), 1);
    ck_assert_uint_eq(s->keys_wanted, 4);
}
END_TEST

/* Everybody comes back at once. Fifty full pages a second are some hundreds of
 * small ones, in bursts of a tenth of a second. */
START_TEST(small_pages_of_a_sync_cost_less_than_large_ones)
{
    size_t small;

    ask("gate-1 syncs from 0", BURST);
    small = heard("gate-1 <- OK page");
    ck_assert_uint_ge(small, 40);
    ck_assert_uint_eq(heard("gate-1 <- BUSY"), BURST - small);
    story_tell(s, "10 s pass");
    for (int i = 1; i <= 30; i++) {
        char report[40];

        snprintf(report, sizeof report, "sz reports A%d within 30", i);
        ask(report, 1);
    }
    story_tell(s, "10 s pass");
    story_skip(s);
    ask("gate-2 syncs from 0", BURST);
    ck_assert_uint_ge(heard("gate-2 <- OK page"), 1);
    ck_assert_uint_lt(heard("gate-2 <- OK page"), small);
}
END_TEST

static void slow_syncs(void)
{
    s->config.syncs_per_second = 1;
    for (int i = 5; i <= 12; i++) {
        char enrol[80];

        snprintf(enrol, sizeof enrol,
                 "administrator enrols gate-%d bus in 440305 at 22.5,113.9", i);
        story_tell(s, enrol);
    }
    story_tell(s, "the broker restarts");
    story_tell(s, "1 s pass");
}

START_TEST(who_has_to_wait_for_a_sync_is_told_by_how_many_wait)
{
    uint32_t first_ms;

    slow_syncs();
    ask("gate-1 syncs from 0", 20);
    ask("gate-2 syncs from 0", 1);
    ck_assert_uint_eq(heard("gate-2 <- BUSY"), 1);
    first_ms = s->retry_ms;
    ask("gate-2 syncs from 0", 10); /* counted once */
    for (int i = 5; i <= 12; i++) {
        char sync[40];

        snprintf(sync, sizeof sync, "gate-%d syncs from 0", i);
        ask(sync, 1);
    }
    ck_assert_uint_lt(first_ms, 2 * (100 + 2 * 60));
    ck_assert_uint_ge(s->retry_ms, 100 + 9 * 40);
    ck_assert_uint_lt(s->retry_ms, 2 * (100 + 10 * 60));
}
END_TEST

START_TEST(nobody_takes_the_turn_of_those_who_wait_for_a_sync)
{
    ask("gate-1 syncs from 0", BURST);
    ask("gate-2 syncs from 0", 1);
    ck_assert_uint_eq(heard("gate-2 <- BUSY"), 1);
    s->monotonic_ms += 50;
    ask("gate-1 syncs from 0", 10);
    ck_assert_uint_eq(heard("gate-1 <- BUSY"), 10);
    ask("gate-2 syncs from 0", 1);
    ck_assert_uint_eq(heard("gate-2 <- OK page"), 1);
}
END_TEST

START_TEST(who_waits_for_his_turn_is_not_named_and_who_asks_too_much_is)
{
    ask("gate-1 syncs from 0", BURST);
    story_tell(s, "1 s pass");
    ck_assert_ptr_nonnull(strstr(s->refused, "principal=- reason=BUSY"));
    ck_assert_ptr_null(strstr(s->refused, "principal=gate"));
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "the disk pauses");
    ask("gate-2 sights A1", 30);
    s->refused[0] = '\0';
    story_tell(s, "1 s pass");
    ck_assert_ptr_nonnull(strstr(s->refused, "principal=gate-2 reason=BUSY"));
    story_tell(s, "the disk resumes");
    story_skip(s);
}
END_TEST

/* ---- what is given ---- */

static void a1_is_out(void)
{
    story_tell(s, "sz reports A1 within 30");
    story_skip(s);
}

START_TEST(who_sights_without_end_is_told_to_wait_and_named)
{
    a1_is_out();
    ask("gate-1 sights A1", GIVEN + 10);
    ck_assert_uint_eq(heard("gate-1 <- RECORDED"), GIVEN);
    ck_assert_uint_eq(heard("gate-1 <- BUSY"), 10);
    ck_assert_uint_ge(s->retry_ms, 15000);
    s->refused[0] = '\0';
    story_tell(s, "2 s pass");
    ck_assert_ptr_nonnull(strstr(s->refused, "principal=gate-1 reason=GIVEN"));
    story_tell(s, "13 s pass");
    ask("gate-1 sights A1", 2);
    ck_assert_uint_eq(heard("gate-1 <- RECORDED"), 1);
    ck_assert_uint_eq(heard("gate-1 <- BUSY"), 1);
    story_tell(s, "15 s pass");
    ask("again", 1); /* what had to wait */
    ck_assert_uint_eq(heard("gate-1 <- RECORDED"), 1);
    ask("again", 20); /* its reply was lost: known is not given */
    ck_assert_uint_eq(heard("gate-1 <- DUPLICATE"), 20);
}
END_TEST

START_TEST(what_is_urgent_does_not_wait_behind_what_is_not)
{
    a1_is_out();
    ask("gate-1 reads A1", GIVEN + 1);
    ck_assert_uint_eq(heard("gate-1 <- BUSY"), 1);
    story_skip(s);
    story_tell(s, "gate-1 sights A1");
    story_tell(s, "gate-1 registers F1");
    story_tell(s, "gate-2 reads A1");
    ck_assert_uint_eq(heard("<- RECORDED"), 3);
}
END_TEST

START_TEST(who_registers_found_children_without_end_is_told_to_wait)
{
    a1_is_out();
    for (int i = 1; i <= GIVEN / 10 + 1; i++) {
        char registers[40];

        snprintf(registers, sizeof registers, "gate-1 registers F%d", i);
        story_tell(s, registers);
    }
    ck_assert_uint_eq(heard("gate-1 <- RECORDED"), GIVEN / 10);
    ck_assert_uint_eq(heard("gate-1 <- BUSY"), 1);
    story_tell(s, "150 s pass");
    ask("again", 1);
    ck_assert_uint_eq(heard("gate-1 <- RECORDED"), 1);
}
END_TEST

START_TEST(who_brings_what_others_say_cannot_use_up_what_they_may)
{
    a1_is_out();
    ask("gate-1 sights A1 forged through van", GIVEN + 10);
    ck_assert_uint_eq(heard("van <- DENIED"), GIVEN + 10);
    ask("gate-1 sights A1 through van", GIVEN + 1);
    ck_assert_uint_eq(heard("van <- RECORDED"), GIVEN);
    ask("gate-2 sights A1 through van", 1); /* it is not the gateway's bound */
    ck_assert_uint_eq(heard("van <- RECORDED"), 1);
}
END_TEST

START_TEST(who_looks_without_end_is_told_to_wait)
{
    a1_is_out();
    ask("gate-1 views A1", GIVEN + 1);
    ck_assert_uint_eq(heard("gate-1 <- RECORDED"), GIVEN);
    ck_assert_uint_eq(heard("gate-1 <- BUSY"), 1);
    ask("gate-1 sights A1", 1);
    ck_assert_uint_eq(heard("gate-1 <- RECORDED"), 1);
}
END_TEST

START_TEST(which_handheld_looks_without_end_its_gateway_is_told)
{
    a1_is_out();
    story_tell(s, "administrator enrols hand-1 handheld in 440305 under van");
    story_tell(s, "administrator enrols hand-2 handheld in 440305 under van");
    ask("hand-1 views A1 through van", GIVEN + 1);
    ck_assert_uint_eq(heard("van <- RECORDED"), GIVEN);
    ck_assert_uint_eq(heard("van <- BUSY device"), 1);
    s->refused[0] = '\0';
    ask("hand-2 views A1 through van", 1);
    ck_assert_uint_eq(heard("van <- RECORDED"), 1);
    story_tell(s, "2 s pass");
    ck_assert_ptr_nonnull(strstr(s->refused, "principal=hand-1 reason=GIVEN"));
}
END_TEST

static void bounds_of_what_is_given(Suite *suite)
{
    TCase *tcase = tcase_create("given");

    tcase_add_checked_fixture(tcase, open_story, close_story);
    tcase_add_test(tcase, who_sights_without_end_is_told_to_wait_and_named);
    tcase_add_test(tcase, what_is_urgent_does_not_wait_behind_what_is_not);
    tcase_add_test(tcase,
                   who_registers_found_children_without_end_is_told_to_wait);
    tcase_add_test(tcase,
                   who_brings_what_others_say_cannot_use_up_what_they_may);
    tcase_add_test(tcase, who_looks_without_end_is_told_to_wait);
    tcase_add_test(tcase, which_handheld_looks_without_end_its_gateway_is_told);
    suite_add_tcase(suite, tcase);
}

int main(void)
{
    Suite *suite = suite_create("broker_rate_story");
    TCase *tcase = tcase_create("rate");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, open_story, close_story);
    tcase_add_test(
        tcase, a_checkpoint_that_asks_without_end_is_told_to_wait_then_nothing);
    tcase_add_test(tcase, what_does_not_decode_counts_as_well);
    tcase_add_test(tcase, the_others_are_served_as_ever);
    tcase_add_test(tcase, a_revoked_checkpoint_has_no_more_than_another);
    tcase_add_test(tcase, who_pauses_is_served_again_at_its_rate);
    tcase_add_test(tcase,
                   case_keys_that_are_used_up_at_once_are_asked_for_again);
    tcase_add_test(tcase, small_pages_of_a_sync_cost_less_than_large_ones);
    tcase_add_test(tcase, who_has_to_wait_for_a_sync_is_told_by_how_many_wait);
    tcase_add_test(tcase, nobody_takes_the_turn_of_those_who_wait_for_a_sync);
    tcase_add_test(
        tcase, who_waits_for_his_turn_is_not_named_and_who_asks_too_much_is);
    suite_add_tcase(suite, tcase);
    bounds_of_what_is_given(suite);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
