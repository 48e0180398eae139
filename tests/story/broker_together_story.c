/* What machines say at the same time, and what is made ready while the disk
 * works: neither may be seen from outside, but for the time that it saves. */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "story.h"
#include "tocsin/v1/fact.pb-c.h"
#include "wire/decode.h"

#define HELD TOCSIN__V1__RUNG__RUNG_HELD
#define READ TOCSIN__V1__RUNG__RUNG_READ

static struct story *s;

static void open_story(void)
{
    s = story_new();
}

static void close_story(void)
{
    story_free(s);
}

static void a1_is_out(void)
{
    story_tell(s, "sz reports A1 within 30");
    story_skip(s);
}

/* ---- answers together ---------------------------------------------------- */

START_TEST(what_machines_say_at_once_is_one_fact_and_each_is_told_it)
{
    a1_is_out();
    story_tell(s, "requests keep coming");
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "gate-2 holds A1");
    story_tell(s, "gate-1 shows A1");
    story_expect(s, "");
    story_tell(s, "requests pause");
    story_expect(s, "gate-1 <- RECORDED 13\n"
                    "gate-2 <- RECORDED 13\n"
                    "gate-1 <- RECORDED 13\n");
    ck_assert_uint_eq(story_facts(s), 13);
}
END_TEST

START_TEST(each_of_them_is_a_duplicate_afterwards_also_after_a_restart)
{
    a1_is_out();
    story_tell(s, "requests keep coming");
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "gate-2 shows A1");
    story_tell(s, "requests pause");
    story_skip(s);
    for (int i = 0; i < 2; i++) {
        story_tell(s, "gate-1 holds A1");
        story_tell(s, "gate-2 holds A1");
        story_tell(s, "gate-2 shows A1");
        story_expect(s, "gate-1 <- DUPLICATE 13\n"
                        "gate-2 <- DUPLICATE 13\n"
                        "gate-2 <- DUPLICATE 13\n");
        story_tell(s, "the broker restarts");
    }
    ck_assert_uint_eq(story_facts(s), 13);
}
END_TEST

START_TEST(nobody_is_told_before_the_commit_and_a_crash_loses_only_the_unsaid)
{
    a1_is_out();
    story_tell(s, "the disk pauses");
    story_tell(s, "requests keep coming");
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "gate-2 holds A1");
    story_tell(s, "requests pause");
    story_expect(s, "");
    story_tell(s, "the disk crashes");
    story_expect(s, "");
    story_tell(s, "gate-2 holds A1");
    story_expect(s, "gate-2 <- RECORDED 13\n");
}
END_TEST

START_TEST(the_same_answer_twice_in_one_turn_is_recorded_once)
{
    a1_is_out();
    story_tell(s, "requests keep coming");
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "again");
    story_tell(s, "gate-2 holds A1");
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "requests pause");
    story_expect(s, "gate-1 <- RECORDED 13\n"
                    "gate-1 <- RECORDED 13\n"
                    "gate-2 <- RECORDED 13\n"
                    "gate-1 <- RECORDED 13\n");
    ck_assert_uint_eq(story_facts(s), 13);
}
END_TEST

START_TEST(a_command_is_recorded_behind_what_was_said_before_it)
{
    a1_is_out();
    story_tell(s, "requests keep coming");
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "gate-2 holds A1");
    story_tell(s, "sz revises A1 within 20");
    story_tell(s, "gate-1 shows A1 of revision 1");
    story_tell(s, "requests pause");
    story_expect(s, "gate-1 <- RECORDED 13\n"
                    "gate-2 <- RECORDED 13\n"
                    "feed a/4403/ A1 r2 14 after 12\n"
                    "sz <- RECORDED 14 2 nodes\n"
                    "gate-1 <- OK\n");
    story_tell(s, "gate-1 holds A1");
    story_expect(s, "gate-1 <- RECORDED 15\n");
}
END_TEST

START_TEST(what_is_said_of_a_revision_counts_for_no_later_one)
{
    a1_is_out();
    story_tell(s, "the disk pauses");
    story_tell(s, "sz revises A1 within 20");
    story_tell(s, "requests keep coming");
    story_tell(s, "gate-1 holds A1 of revision 1");
    story_tell(s, "gate-2 holds A1 of revision 1");
    story_tell(s, "requests pause");
    story_tell(s, "the disk resumes");
    story_expect(s, "feed a/4403/ A1 r2 13 after 12\n"
                    "sz <- RECORDED 13 2 nodes\n"
                    "gate-1 <- RECORDED 14\n"
                    "gate-2 <- RECORDED 14\n");
    story_tell(s, "gate-1 holds A1");
    story_expect(s, "gate-1 <- RECORDED 15\n");
}
END_TEST

START_TEST(answers_to_different_alerts_gather_apart)
{
    a1_is_out();
    story_tell(s, "sz reports A2 within 30");
    story_skip(s);
    story_tell(s, "requests keep coming");
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "gate-1 holds A2");
    story_tell(s, "gate-2 holds A2");
    story_tell(s, "gate-2 holds A1");
    story_tell(s, "requests pause");
    story_expect(s, "gate-1 <- RECORDED 14\n"
                    "gate-2 <- RECORDED 14\n"
                    "gate-1 <- RECORDED 15\n"
                    "gate-2 <- RECORDED 15\n");
}
END_TEST

START_TEST(a_full_disk_refuses_all_that_has_gathered)
{
    a1_is_out();
    story_tell(s, "the disk pauses");
    story_tell(s, "requests keep coming");
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "gate-2 holds A1");
    story_tell(s, "the disk is full");
    story_expect(s, "gate-1 <- UNAVAILABLE\n"
                    "gate-2 <- UNAVAILABLE\n");
    story_tell(s, "requests pause");
    story_tell(s, "there is room again");
    story_tell(s, "gate-2 holds A1");
    story_tell(s, "gate-1 holds A1");
    story_expect(s, "gate-2 <- RECORDED 13\n"
                    "gate-1 <- RECORDED 14\n");
}
END_TEST

START_TEST(a_tick_hands_over_what_has_gathered)
{
    a1_is_out();
    story_tell(s, "requests keep coming");
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "1 s pass");
    story_expect(s, "gate-1 <- RECORDED 13\n");
}
END_TEST

/* After fact 11: a report, then a revision and four answers together, again and
 * again: the hundredth event is the last but one of its fact. */
START_TEST(a_page_of_events_ends_between_two_facts)
{
    a1_is_out();
    for (int i = 0; i < 24; i++) {
        story_tell(s, "sz revises A1 within 30");
        story_tell(s, "requests keep coming");
        story_tell(s, "gate-1 holds A1");
        story_tell(s, "gate-2 holds A1");
        story_tell(s, "gate-1 shows A1");
        story_tell(s, "gate-2 shows A1");
        story_tell(s, "requests pause");
    }
    story_skip(s);
    story_tell(s, "sup follows after 11");
    story_expect(s, "sup <- OK 97 events up to 51\n");
}
END_TEST

/* A record as a disk might hold it after fact 12. */
static enum status replay(uint32_t *nodes, size_t node_count,
                          Tocsin__V1__Rung *rungs, size_t rung_count)
{
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__AnsweredTogether together = TOCSIN__V1__ANSWERED_TOGETHER__INIT;
    struct record record = {.sequence = 13, .principal = ""};
    int64_t at_ms[3] = {0};
    struct diag why;
    enum status status;
    uint8_t *body;

    together.alert_id = broker_book(story_broker(s))->alerts[0]->id;
    together.revision = 1;
    together.nodes = nodes;
    together.n_nodes = together.n_at_ms = node_count;
    together.rungs = rungs;
    together.n_rungs = rung_count;
    together.at_ms = at_ms;
    fact.body_case = TOCSIN__V1__FACT__BODY_ANSWERED_TOGETHER;
    fact.answered_together = &together;
    body = encode(&fact.base, &record.body_size);
    record.body = body;
    status = broker_replay(story_broker(s), &record, &why);
    free(body);
    return status;
}

START_TEST(a_record_whose_columns_do_not_match_is_not_read)
{
    uint32_t nodes[] = {3, 4};
    uint32_t strangers[] = {3, 4000};
    Tocsin__V1__Rung held[] = {HELD, HELD};
    Tocsin__V1__Rung by_a_person[] = {HELD, READ};

    a1_is_out();
    ck_assert_int_eq(replay(nodes, 0, held, 0), STATUS_CORRUPT);
    ck_assert_int_eq(replay(nodes, 2, held, 1), STATUS_CORRUPT);
    ck_assert_int_eq(replay(nodes, 2, by_a_person, 2), STATUS_CORRUPT);
    ck_assert_int_eq(replay(strangers, 2, held, 2), STATUS_CORRUPT);
    ck_assert_int_eq(replay(nodes, 2, held, 2), STATUS_OK);
}
END_TEST

/* ---- messages made ready while the disk works ---------------------------- */

START_TEST(what_another_alert_has_put_between_is_sealed_anew)
{
    story_tell(s, "the disk pauses");
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "sz reports A2 within 30");
    story_tell(s, "the disk commits one");
    story_tell(s, "sz reports A3 within 30");
    story_tell(s, "the disk resumes");
    story_expect(s, "feed a/4403/ A1 r1 12 after 0\n"
                    "sz <- RECORDED 12 2 nodes\n"
                    "feed a/4403/ A2 r1 13 after 12\n"
                    "sz <- RECORDED 13 2 nodes\n"
                    "feed a/4403/ A3 r1 14 after 13\n"
                    "sz <- RECORDED 14 2 nodes\n");
}
END_TEST

START_TEST(what_a_full_disk_did_not_keep_is_not_told_in_place_of_another)
{
    story_tell(s, "the disk pauses");
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "the disk is full");
    story_tell(s, "there is room again");
    story_skip(s);
    story_tell(s, "sz reports A2 within 30");
    story_expect(s, "feed a/4403/ A2 r1 12 after 0\n"
                    "sz <- RECORDED 12 2 nodes\n");
}
END_TEST

START_TEST(what_is_ready_under_older_keys_is_sealed_anew)
{
    story_tell(s, "the disk pauses");
    story_tell(s, "administrator revokes gate-3");
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "the disk resumes");
    story_expect(s, "administrator <- RECORDED 12\n"
                    "feed a/4403/ A1 r1 13 after 0\n"
                    "sz <- RECORDED 13 2 nodes\n");
    ck_assert_uint_eq(story_feed_generation(s), 2);
}
END_TEST

static TCase *together(void)
{
    TCase *t = tcase_create("together");

    tcase_add_checked_fixture(t, open_story, close_story);
    tcase_add_test(t,
                   what_machines_say_at_once_is_one_fact_and_each_is_told_it);
    tcase_add_test(t,
                   each_of_them_is_a_duplicate_afterwards_also_after_a_restart);
    tcase_add_test(
        t, nobody_is_told_before_the_commit_and_a_crash_loses_only_the_unsaid);
    tcase_add_test(t, the_same_answer_twice_in_one_turn_is_recorded_once);
    tcase_add_test(t, a_command_is_recorded_behind_what_was_said_before_it);
    tcase_add_test(t, what_is_said_of_a_revision_counts_for_no_later_one);
    tcase_add_test(t, answers_to_different_alerts_gather_apart);
    tcase_add_test(t, a_full_disk_refuses_all_that_has_gathered);
    tcase_add_test(t, a_tick_hands_over_what_has_gathered);
    tcase_add_test(t, a_page_of_events_ends_between_two_facts);
    tcase_add_test(t, a_record_whose_columns_do_not_match_is_not_read);
    return t;
}

static TCase *ahead(void)
{
    TCase *t = tcase_create("ahead");

    tcase_add_checked_fixture(t, open_story, close_story);
    tcase_add_test(t, what_another_alert_has_put_between_is_sealed_anew);
    tcase_add_test(
        t, what_a_full_disk_did_not_keep_is_not_told_in_place_of_another);
    tcase_add_test(t, what_is_ready_under_older_keys_is_sealed_anew);
    return t;
}

int main(void)
{
    Suite *suite = suite_create("broker, together");
    SRunner *runner;
    int failed;

    suite_add_tcase(suite, together());
    suite_add_tcase(suite, ahead());
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
