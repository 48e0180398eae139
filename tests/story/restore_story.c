/* A broker out of a backup gets back what its terminals hold. */
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

START_TEST(a_report_that_was_lost_comes_back_from_a_terminal)
{
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "the broker is restored to 11");
    ck_assert_uint_eq(book()->alert_count, 0);
    story_skip(s);
    story_tell(s, "gate-1 hands back A1");
    story_expect(s, "feed a/4403/ A1 r1 13 after 0\n"
                    "gate-1 <- RECORDED 13 2 nodes\n");
    ck_assert_str_eq(book()->alerts[0]->case_number, "440305-2026-000001");
    story_tell(s, "gate-1 hands back A1");
    story_tell(s, "gate-2 hands back A1");
    story_expect(s, "gate-1 <- OK\n"
                    "gate-2 <- OK\n");
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "sz revises A1 within 100");
    story_expect(s, "gate-1 <- RECORDED 14\n"
                    "feed a/44/ A1 r2 15 after 0\n"
                    "sz <- RECORDED 15 3 nodes\n");
}
END_TEST

START_TEST(a_withdrawal_that_was_lost_comes_back_and_stays)
{
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "sz revises A1 within 100");
    story_tell(s, "sz withdraws A1");
    story_tell(s, "the broker is restored to 12");
    story_skip(s);
    story_tell(s, "gate-4 hands back A1 withdrawn");
    story_expect(s, "feed a/4403/ A1 r3 withdrawn 14 after 12\n"
                    "gate-4 <- RECORDED 14 2 nodes\n");
    story_tell(s, "gate-1 hands back A1 of revision 2");
    story_expect(s, "gate-1 <- OK\n");
    story_tell(s, "the broker restarts");
    ck_assert_uint_eq(book()->alerts[0]->revision, 3);
}
END_TEST

/* The child was seen again in another county; the case stays whose it was. */
START_TEST(a_lost_revision_of_another_centre_comes_back_too)
{
    story_tell(s, "administrator enrols nanshan centre in 440305");
    story_tell(s, "nanshan reports A1 within 30");
    story_tell(s, "sz revises A1 in 440306 within 100");
    story_tell(s, "nanshan revises A1 in 440306 within 100");
    story_tell(s, "the broker is restored to 12");
    story_skip(s);
    story_tell(s, "gate-1 hands back A1 of revision 2 in 440306");
    story_expect(s, "feed a/4403/ A1 r2 14 after 0\n"
                    "gate-1 <- RECORDED 14 2 nodes\n");
    ck_assert_str_eq(book()->alerts[0]->division, "440305");
    ck_assert_str_eq(book()->alerts[0]->case_number, "440305-2026-000001");
    story_tell(s, "gate-2 hands back A1 of revision 3 in 440306 by nanshan");
    story_expect(s, "feed a/4403/ A1 r3 15 after 14\n"
                    "gate-2 <- RECORDED 15 2 nodes\n");
    story_tell(s, "gate-2 hands back A1 of revision 4 withdrawn by nanshan");
    story_expect(s, "feed a/4403/ A1 r4 withdrawn 16 after 15\n"
                    "gate-2 <- RECORDED 16 2 nodes\n");
    story_tell(s, "the broker restarts");
    ck_assert_uint_eq(book()->alerts[0]->revision, 4);
}
END_TEST

START_TEST(a_lost_revision_comes_back_to_its_centre_when_the_child_has_left_it)
{
    story_tell(s, "administrator enrols nanshan centre in 440305");
    story_tell(s, "nanshan reports A1 within 30");
    story_tell(s, "nanshan revises A1 in 440306 within 100");
    story_tell(s, "the broker is restored to 12");
    story_tell(s, "gate-1 hands back A1 of revision 2 in 440306 by nanshan");
    ck_assert_uint_eq(book()->alert_count, 1);
    ck_assert_str_eq(book()->alerts[0]->division, "440305");
}
END_TEST

/* Its number is no division of the centre's, or none at all. */
START_TEST(a_lost_revision_whose_number_says_nothing_is_its_centres)
{
    static const char *const numbers[] = {"110101-2026-000001",
                                          "440399-2026-000001", "-"};
    char sentence[100];

    story_tell(s, "administrator enrols nanshan centre in 440305");
    for (int i = 1; i <= 3; i++) {
        snprintf(sentence, sizeof sentence, "nanshan reports A%d within 30", i);
        story_tell(s, sentence);
    }
    story_tell(s, "the broker is restored to 12");
    for (int i = 1; i <= 3; i++) {
        snprintf(sentence, sizeof sentence,
                 "gate-1 hands back A%d of revision 2 in 440306 by nanshan"
                 " numbered %s",
                 i, numbers[i - 1]);
        story_tell(s, sentence);
        ck_assert_str_eq(book()->alerts[i - 1]->division, "440305");
    }
    story_skip(s);
    story_tell(s, "gate-1 hands back A1 of revision 3 by bj");
    story_expect(s, "gate-1 <- DENIED alert.alert_id\n");
}
END_TEST

/* A report is filed where the child is, whatever number is brought with it. */
START_TEST(a_lost_report_comes_back_only_where_it_could_be_filed)
{
    story_tell(s, "administrator enrols nanshan centre in 440305");
    story_tell(s, "nanshan reports A1 within 30");
    story_tell(s, "the broker is restored to 12");
    story_skip(s);
    story_tell(s, "gate-1 hands back A1 in 440306 by nanshan");
    story_expect(s, "gate-1 <- DENIED alert.last_seen.place\n");
}
END_TEST

/* A revision may end sooner than the one before it. */
START_TEST(a_revision_that_is_over_comes_back_where_an_older_one_is_live)
{
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "the broker is restored to 12");
    story_tell(s, "sz reports A2 within 30");
    story_skip(s);
    story_tell(s, "the centres' clocks jump -120 s");
    story_tell(s, "gate-1 hands back A1 of revision 2 expiring 1");
    story_expect(s, "feed a/4403/ A1 r2 15 after 14\n"
                    "gate-1 <- RECORDED 15 2 nodes\n");
    story_tell(s, "1 s pass");
    story_expect(s, "feed a/4403/ A1 r2 expired 16 after 15\n");
    story_tell(s, "gate-1 hands back A1 of revision 3 expiring 1");
    story_expect(s, "gate-1 <- OK\n");
}
END_TEST

START_TEST(a_report_that_is_over_does_not_come_back)
{
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "the broker is restored to 11");
    story_tell(s, "sz reports A2 within 30"); /* its clock is right */
    story_skip(s);
    story_tell(s, "the centres' clocks jump -120 s");
    story_tell(s, "gate-1 hands back A1 expiring 1");
    story_expect(s, "gate-1 <- OK\n");
}
END_TEST

/* Its clock is days ahead, and no centre has said so yet. */
START_TEST(what_is_over_only_by_a_clock_that_may_be_wrong_comes_back)
{
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "sz revises A1 within 100");
    story_tell(s, _i == 0 ? "the broker is restored to 11"
                          : "the broker is restored to 12");
    story_tell(s, "the clock jumps 172800 s");
    story_tell(s, "the centres' clocks jump -172800 s");
    story_tell(s, "the broker restarts");
    story_tell(s, "1 s pass");
    story_skip(s);
    story_tell(s, "gate-1 hands back A1");
    story_expect(s, _i == 0 ? "feed a/4403/ A1 r2 13 after 0\n"
                              "gate-1 <- RECORDED 13 2 nodes\n"
                            : "feed a/4403/ A1 r2 14 after 12\n"
                              "gate-1 <- RECORDED 14 2 nodes\n");
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "10 s pass");
    story_tell(s, "the clock jumps -172800 s");
    story_tell(s, "the centres' clocks jump 172800 s");
    story_tell(s, "sz reports A2 within 30"); /* now it is right */
    story_tell(s, "10 s pass");
    ck_assert_int_eq(book()->alerts[0]->state,
                     TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE);
    story_skip(s);
}
END_TEST

/* The same, but by a clock that was right. */
START_TEST(what_came_back_by_a_doubted_clock_expires_when_it_is_believed)
{
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "the broker is restored to 11");
    story_skip(s);
    story_tell(s, "the centres' clocks jump -120 s");
    story_tell(s, "gate-1 hands back A1 expiring 1");
    story_expect(s, "feed a/4403/ A1 r1 13 after 0\n"
                    "gate-1 <- RECORDED 13 2 nodes\n");
    story_tell(s, "the centres' clocks jump 120 s");
    story_tell(s, "sz reports A2 within 30");
    story_tell(s, "1 s pass");
    story_expect(s, "feed a/4403/ A2 r1 14 after 13\n"
                    "sz <- RECORDED 14 2 nodes\n"
                    "feed a/4403/ A1 r1 expired 15 after 14\n");
}
END_TEST

/* Nor does it by one that is behind. */
START_TEST(what_is_lost_comes_back_to_a_clock_that_was_never_set)
{
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "the broker is restored to 11");
    story_tell(s, "the clock says 1970-01-01T00:00:00Z");
    story_tell(s, "the broker restarts");
    story_skip(s);
    story_tell(s, "the centres' clocks jump 1780000000 s");
    story_tell(s, "gate-1 hands back A1");
    story_expect(s, "feed a/4403/ A1 r1 13 after 0\n"
                    "gate-1 <- RECORDED 13 2 nodes\n");
}
END_TEST

/* After it the case could never be revised or withdrawn. */
START_TEST(the_last_revision_that_there_is_is_not_handed_back)
{
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "the broker is restored to 12");
    story_skip(s);
    story_tell(s, "gate-1 hands back A1 of revision 4294967295");
    story_tell(s, "gate-1 hands back A1 of revision 10002");
    story_tell(s, "gate-1 hands back A1 of revision 10001");
    story_expect(s, "gate-1 <- INVALID alert.revision\n"
                    "gate-1 <- INVALID alert.revision\n"
                    "feed a/4403/ A1 r10001 14 after 12\n"
                    "gate-1 <- RECORDED 14 2 nodes\n");
}
END_TEST

/* A gateway cannot hand back, and may be here first. */
START_TEST(an_officers_word_of_a_lost_report_waits_until_it_is_back)
{
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "gate-2 sights A1 through van");
    story_tell(s, "gate-3 sights A1");
    story_tell(s, "the broker is restored to 11");
    story_skip(s);
    story_tell(s, "gate-2 sights A1 through van");
    story_tell(s, "gate-3 sights A1");
    story_tell(s, "gate-2 holds A1");
    story_expect(s, "van <- BUSY\n"
                    "gate-3 <- BUSY\n"
                    "gate-2 <- NOT_FOUND answer.alert_id\n");
    story_tell(s, "gate-1 hands back A1");
    story_skip(s);
    story_tell(s, "gate-2 sights A1 through van");
    story_tell(s, "gate-3 sights A1");
    story_expect(s, "van <- RECORDED 14\n"
                    "gate-3 <- RECORDED 15\n");
}
END_TEST

/* At a gateway; a checkpoint hands back first. */
START_TEST(a_look_at_a_lost_report_waits_until_it_is_back)
{
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "the broker is restored to 11");
    story_skip(s);
    story_tell(s, "van views A1");
    story_tell(s, "gate-1 views A1");
    story_expect(s, "van <- BUSY\n"
                    "gate-1 <- NOT_FOUND alert_id\n");
    story_tell(s, "gate-1 hands back A1");
    story_skip(s);
    story_tell(s, "van views A1");
    story_expect(s, "van <- RECORDED 14\n");
}
END_TEST

/* How far it went is not in a withdrawal. */
START_TEST(a_look_at_a_lost_alert_is_recorded_when_only_its_end_comes_back)
{
    story_tell(s, "administrator enrols ferry gateway in 441302 at "
                  "23.08,114.38");
    story_tell(s, "sz reports A1 within 100");
    story_tell(s, "sz withdraws A1");
    story_tell(s, "the broker is restored to 12");
    story_skip(s);
    story_tell(s, "ferry views A1");
    story_tell(s, "gate-1 hands back A1");
    story_tell(s, "ferry views A1");
    story_tell(s, "sz lists looks of A1");
    story_expect(s, "ferry <- BUSY\n"
                    "feed a/4403/ A1 r2 14 after 0\n"
                    "gate-1 <- RECORDED 14 2 nodes\n"
                    "ferry <- RECORDED 15\n"
                    "sz <- OK 1 of ferry from outside, 1 in all\n");
}
END_TEST

/* The report is in the backup, its newest revision is not. */
START_TEST(an_officers_word_of_a_lost_revision_waits_until_it_is_back)
{
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "sz revises A1 within 100");
    story_tell(s, "the broker is restored to 12");
    story_skip(s);
    story_tell(s, "gate-2 sights A1 through van");
    story_tell(s, "gate-1 sights A1");
    story_expect(s, "van <- BUSY\n"
                    "gate-1 <- BUSY\n");
    story_tell(s, "gate-1 hands back A1");
    story_skip(s);
    story_tell(s, "gate-2 sights A1 through van");
    story_tell(s, "gate-1 sights A1");
    story_expect(s, "van <- RECORDED 15\n"
                    "gate-1 <- RECORDED 16\n");
}
END_TEST

/* Its first revision is told again, by who has recorded it; but the second one
 * has waited, and comes first. */
START_TEST(the_next_word_of_a_lost_found_child_waits_until_it_is_back)
{
    story_tell(s, "gate-1 registers F1");
    story_tell(s, "the broker is restored to 11");
    story_skip(s);
    story_tell(s, "gate-1 registers F1 as revision 2");
    story_expect(s, "gate-1 <- BUSY\n");
}
END_TEST

START_TEST(a_word_of_what_nobody_hands_back_is_refused_in_the_end)
{
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "the broker is restored to 11");
    story_tell(s, "600 s pass");
    story_skip(s);
    story_tell(s, "gate-3 sights A1");
    story_tell(s, "gate-3 views A1");
    story_expect(s, "gate-3 <- NOT_FOUND answer.alert_id\n"
                    "gate-3 <- NOT_FOUND alert_id\n");
}
END_TEST

/* What it heard last is of a journal that is no more. */
START_TEST(who_follows_from_beyond_the_end_is_told_that_it_misses_something)
{
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "the broker is restored to 11");
    story_skip(s);
    story_tell(s, "sup follows after 12");
    story_tell(s, "10 s pass");
    story_expect(s, "sup <- OK\n");
    story_tell(s, "sup follows after 13");
    story_tell(s, "10 s pass");
    story_expect(s, "sup <- OK missed some\n");
}
END_TEST

/* Its place is before the end, but in another journal. */
START_TEST(who_names_a_lost_journal_hears_all_of_the_one_in_its_place)
{
    story_tell(s, "gate-1 registers F1");
    story_tell(s, "gate-1 registers F2");
    story_tell(s, "gate-1 registers F3");
    story_tell(s, "the broker is restored to 12");
    story_skip(s);
    story_tell(s, "sup follows after 14 of the lost journal");
    story_expect(s, "sup <- OK missed some\n");
    story_tell(s, "gate-1 registers F4");
    story_tell(s, "gate-1 registers F5");
    if (_i == 1)
        story_tell(s, "the broker restarts");
    story_skip(s);
    story_tell(s, "sup follows after 14 of the lost journal");
    story_expect(s, "sup <- OK found F4 found F5 missed some\n");
    story_tell(s, "sup follows after 14 of this journal");
    story_expect(s, "sup <- OK found F5\n");
    story_tell(s, "sup follows after 14"); /* of an earlier version */
    story_expect(s, "sup <- OK found F5\n");
    story_tell(s, "sup follows after 15 of this journal");
    story_expect(s, "");
    story_tell(s, "10 s pass");
    story_expect(s, "sup <- OK\n");
}
END_TEST

/* The book was written down after the restore: only what came since is there
 * to be told. */
START_TEST(who_names_a_lost_journal_is_told_so_after_the_next_start_too)
{
    story_tell(s, "gate-1 registers F1");
    story_tell(s, "the broker is restored to 11");
    story_tell(s, "gate-1 registers F2");
    story_tell(s, "the book is written down");
    story_tell(s, "gate-1 registers F3");
    story_tell(s, "the broker starts from what was written");
    story_skip(s);
    story_tell(s, "sup follows after 12 of the lost journal");
    story_expect(s, "sup <- OK found F3 missed some\n");
    story_tell(s, "sup follows of the lost journal");
    story_expect(s, ""); /* from now: whatever was */
}
END_TEST

START_TEST(nothing_is_taken_back_by_a_broker_that_lost_nothing)
{
    story_tell(s, "sz reports A1 within 30");
    story_skip(s);
    story_tell(s, "gate-1 hands back A1");
    story_expect(s, "gate-1 <- OK\n");
}
END_TEST

/* An older copy was put back by hand: no fact says that anything was lost, nor
 * how many revisions. */
START_TEST(what_was_lost_without_a_restore_is_taken_back_too)
{
    story_tell(s, "sz reports A1 within 30");
    story_skip(s);
    story_tell(s, "gate-1 hands back A1 of revision 2");
    story_expect(s, "feed a/4403/ A1 r2 13 after 12\n"
                    "gate-1 <- RECORDED 13 2 nodes\n");
    story_tell(s, "gate-1 hands back A1 of revision 5");
    story_expect(s, "feed a/4403/ A1 r5 14 after 13\n"
                    "gate-1 <- RECORDED 14 2 nodes\n");
    story_tell(s, "the broker restarts");
    ck_assert_uint_eq(book()->alerts[0]->revision, 5);
}
END_TEST

/* A node has heard the lost journal up to fact 13, and comes when the older
 * copy has gone on as far with other facts. */
static void put_back(void)
{
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "sz reports A2 within 30");
    story_tell(s, "gate-1 syncs from 0");
    story_tell(s, "the home is put back to 12");
    story_tell(s, "sz reports A3 within 30");
    story_tell(s, "sz reports A4 within 30");
    story_skip(s);
}

START_TEST(
    who_has_heard_what_an_older_copy_lacks_is_told_that_it_has_turned_back)
{
    put_back();
    story_tell(s, "gate-1 syncs from 13 marked");
    story_expect(s, "log: older node=gate-1 sequence=13 head=14\n"
                    "gate-1 <- OK page from the start, turned back [A1 r1] "
                    "[A3 r1] [A4 r1] head 14\n");
    story_tell(s, "gate-2 syncs from 0");
    story_tell(s, "gate-2 syncs from 14 marked");
    story_expect(s, "gate-2 <- OK page from the start [A1 r1] [A3 r1] [A4 r1] "
                    "head 14\n"
                    "gate-2 <- OK page head 14\n");
}
END_TEST

START_TEST(who_follows_an_older_copy_is_told_that_some_are_missing)
{
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "sz reports A2 within 30");
    story_tell(s, "sup follows after 11");
    story_tell(s, "the home is put back to 12");
    story_tell(s, "sz reports A3 within 30");
    story_tell(s, "sz reports A4 within 30");
    story_skip(s);
    story_tell(s, "the journal is slow");
    story_tell(s, "sup follows after 14 of this journal marked");
    story_tell(s, "11 s pass");
    story_expect(s, "sup <- OK\n");
    story_tell(s, "the journal is fast");
    story_tell(s, "sup follows after 13 of this journal marked");
    story_expect(s, "log: older node=sup sequence=13 head=14\n"
                    "sup <- OK missed some\n");
    story_tell(s, "sup follows after 14 of this journal marked");
    story_tell(s, "11 s pass");
    story_expect(s, "sup <- OK\n");
}
END_TEST

/* The key of one may be in other hands, and its mark made up. */
START_TEST(that_the_journal_turned_back_is_no_error_before_two_nodes_say_so)
{
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "gate-1 syncs from 0");
    story_skip(s);
    story_tell(s, "gate-1 syncs from 12 marked falsely");
    story_expect(s, "log: older node=gate-1 sequence=12 head=12\n"
                    "gate-1 <- OK page from the start, turned back [A1 r1] "
                    "head 12\n");
    story_tell(s, "gate-1 syncs from 12 marked falsely");
    story_expect(s, "gate-1 <- OK page from the start, turned back [A1 r1] "
                    "head 12\n");
    story_tell(s, "gate-2 syncs from 12 marked falsely");
    story_expect(s, "log: error, older node=gate-2 sequence=12 head=12\n"
                    "gate-2 <- OK page from the start, turned back [A1 r1] "
                    "head 12\n");
    story_tell(s, "gate-1 syncs from 12 marked falsely");
    story_expect(s, "gate-1 <- OK page from the start, turned back [A1 r1] "
                    "head 12\n");
}
END_TEST

START_TEST(words_about_what_an_older_copy_lacks_wait_until_it_is_back)
{
    put_back();
    story_tell(s, "gate-1 sights A2");
    story_tell(s, "gate-1 sights A1 of revision 2");
    story_expect(s, "gate-1 <- NOT_FOUND answer.alert_id\n"
                    "gate-1 <- INVALID answer.revision\n");
    story_tell(s, "gate-1 syncs from 13 marked");
    story_skip(s);
    story_tell(s, "gate-1 sights A2");
    story_tell(s, "gate-1 sights A1 of revision 2");
    story_expect(s, "gate-1 <- BUSY\n"
                    "gate-1 <- BUSY\n");
    story_tell(s, "gate-1 hands back A2");
    story_skip(s);
    story_tell(s, "gate-1 sights A2");
    story_expect(s, "gate-1 <- RECORDED 16\n");
    story_tell(s, "601 s pass");
    story_skip(s);
    story_tell(s, "gate-1 sights A1 of revision 2");
    story_expect(s, "gate-1 <- INVALID answer.revision\n");
}
END_TEST

/* For all that a restart, a slow disk and an archive have to do with it. */
START_TEST(nobody_is_told_so_where_nothing_was_lost)
{
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "gate-1 syncs from 0");
    story_tell(s, "sz reports A2 within 30");
    story_tell(s, "the broker restarts");
    story_skip(s);
    story_tell(s, "gate-1 syncs from 12 marked");
    story_expect(s, "gate-1 <- OK page [A2 r1] head 13\n");
    story_tell(s, "sz reports A3 within 30");
    story_tell(s, "the journal is slow");
    story_skip(s);
    story_tell(s, "gate-1 syncs from 13 marked");
    story_expect(s, "gate-1 <- BUSY\n");
    story_tell(s, "the journal is fast");
    story_tell(s, "gate-1 syncs from 13 marked");
    story_expect(s, "gate-1 <- OK page [A3 r1] head 14\n");
    story_tell(s, "the journal cannot be read");
    story_tell(s, "gate-1 syncs from 13 marked");
    story_expect(s, "gate-1 <- OK page [A3 r1] head 14\n");
}
END_TEST

START_TEST(a_mark_of_another_epoch_says_nothing)
{
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "gate-1 syncs from 0");
    story_tell(s, "the broker is restored to 11");
    story_skip(s);
    story_tell(s, "gate-1 syncs from 12 marked of the lost journal");
    story_expect(s, "gate-1 <- OK page from the start head 12\n");
}
END_TEST

START_TEST(what_is_handed_back_must_be_signed_by_its_centre)
{
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "the broker is restored to 11");
    story_skip(s);
    story_tell(s, "gate-1 hands back A1 forged");
    story_tell(s, "sz hands back A1");
    story_tell(s, "van hands back A1");
    story_tell(s, "gate-1 hands back A1 exercise");
    story_tell(s, "gate-1 hands back A1 of revision 2 withdrawn");
    story_expect(s, "gate-1 <- DENIED alert.signature\n"
                    "sz <- DENIED role\n"
                    "van <- DENIED role\n"
                    "gate-1 <- INVALID alert.exercise\n"
                    "gate-1 <- NOT_FOUND alert.alert_id\n");
    ck_assert_uint_eq(book()->alert_count, 0);
}
END_TEST

START_TEST(what_a_revoked_centre_signed_is_not_taken_back)
{
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "the broker is restored to 11");
    story_tell(s, "administrator revokes sz");
    story_skip(s);
    story_tell(s, "gate-1 hands back A1");
    story_expect(s, "gate-1 <- DENIED certificate\n");
}
END_TEST

START_TEST(what_a_lost_centre_signed_waits_until_it_is_enrolled_again)
{
    story_tell(s, "administrator enrols sz-2 centre in 440300");
    story_tell(s, "sz-2 reports A1 within 30");
    story_tell(s, "the broker is restored to 11");
    story_skip(s);
    story_tell(s, "gate-1 hands back A1 by sz-2");
    story_expect(s, "gate-1 <- BUSY\n");
    story_tell(s, "administrator readmits sz-2");
    story_skip(s);
    story_tell(s, "gate-1 hands back A1 by sz-2");
    story_expect(s, "feed a/4403/ A1 r1 14 after 0\n"
                    "gate-1 <- RECORDED 14 2 nodes\n");
}
END_TEST

START_TEST(what_a_lost_centre_signed_does_not_wait_for_ever)
{
    story_tell(s, "administrator enrols sz-2 centre in 440300");
    story_tell(s, "sz-2 reports A1 within 30");
    story_tell(s, "the broker is restored to 11");
    story_tell(s, "600 s pass");
    story_skip(s);
    story_tell(s, "gate-1 hands back A1 by sz-2");
    story_expect(s, "gate-1 <- NOT_FOUND certificate\n");
}
END_TEST

START_TEST(numbers_that_the_lost_time_may_have_used_are_not_used_again)
{
    story_tell(s, "the broker is restored to 11");
    story_tell(s, "sz reports A1 within 30");
    ck_assert_str_eq(book()->alerts[0]->case_number, "440305-2026-001001");
    ck_assert_uint_gt(book()->generation, 1000);
}
END_TEST

START_TEST(the_number_that_officers_know_is_kept_only_as_a_broker_writes_it)
{
    static const struct {
        const char *brought;
        const char *kept;
    } numbers[] = {
        {"440305-2026-000017", "440305-2026-000017"},
        {"440305-2026-1000017", "440305-2026-1000017"},
        {"440305-2026-0000018", "440305-2026-2000011"},
        {"440305-2026-18", "440305-2026-2000012"},
        {"440306-2026-000018", "440305-2026-2000013"},
        {"440305-2026-000017", "440305-2026-2000014"},
        {"440305-2026-2000099", "440305-2026-2000015"},
        {"440305-2026-99999999999999999999", "440305-2026-2000016"},
        {"440305--026-000018", "440305-2026-2000017"},
        {"440305-2026-", "440305-2026-2000018"},
    };
    size_t count = sizeof numbers / sizeof numbers[0];
    char sentence[100];

    for (size_t i = 0; i < count; i++) {
        snprintf(sentence, sizeof sentence, "sz reports A%zu within 30", i + 1);
        story_tell(s, sentence);
    }
    story_tell(s, "the broker is restored to 11 skipping 2000000");
    for (size_t i = 0; i < count; i++) {
        snprintf(sentence, sizeof sentence,
                 "gate-1 hands back A%zu numbered %s", i + 1,
                 numbers[i].brought);
        story_tell(s, sentence);
        ck_assert_str_eq(book()->alerts[i]->case_number, numbers[i].kept);
    }
}
END_TEST

static void replay_it(void)
{
    story_tell(s, "the broker restarts");
    ck_assert_uint_eq(book()->alert_count, 2);
    ck_assert_str_ne(book()->alerts[0]->case_number,
                     book()->alerts[1]->case_number);
}

/* A journal with the same number twice could not be replayed. */
START_TEST(two_that_are_handed_back_at_once_do_not_get_one_number)
{
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "sz reports A2 within 30");
    story_tell(s, "the broker is restored to 11");
    story_tell(s, "the disk pauses");
    story_tell(s, "gate-1 hands back A1 numbered 440305-2026-000017");
    story_tell(s, "gate-2 hands back A2 numbered 440305-2026-000017");
    story_tell(s, "the disk resumes");
    replay_it();
}
END_TEST

/* Of one backup restored twice: the first time gave the same numbers. */
START_TEST(what_is_handed_back_does_not_get_the_number_of_a_report_under_way)
{
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "the broker is restored to 11");
    story_tell(s, "the disk pauses");
    story_tell(s, "sz reports A2 within 30");
    story_tell(s, "gate-1 hands back A1 numbered 440305-2026-001002");
    story_tell(s, "the disk resumes");
    replay_it();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("restore stories");
    TCase *t = tcase_create("restore");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(t, open_story, close_story);
    tcase_add_test(t, a_report_that_was_lost_comes_back_from_a_terminal);
    tcase_add_test(t, a_withdrawal_that_was_lost_comes_back_and_stays);
    tcase_add_test(t, a_lost_revision_of_another_centre_comes_back_too);
    tcase_add_test(
        t, a_lost_revision_comes_back_to_its_centre_when_the_child_has_left_it);
    tcase_add_test(t, a_lost_revision_whose_number_says_nothing_is_its_centres);
    tcase_add_test(t, a_lost_report_comes_back_only_where_it_could_be_filed);
    tcase_add_test(
        t, a_revision_that_is_over_comes_back_where_an_older_one_is_live);
    tcase_add_test(t, a_report_that_is_over_does_not_come_back);
    tcase_add_loop_test(
        t, what_is_over_only_by_a_clock_that_may_be_wrong_comes_back, 0, 2);
    tcase_add_test(
        t, what_came_back_by_a_doubted_clock_expires_when_it_is_believed);
    tcase_add_test(t, what_is_lost_comes_back_to_a_clock_that_was_never_set);
    tcase_add_test(t, an_officers_word_of_a_lost_report_waits_until_it_is_back);
    tcase_add_test(t, the_last_revision_that_there_is_is_not_handed_back);
    tcase_add_test(t, a_look_at_a_lost_report_waits_until_it_is_back);
    tcase_add_test(
        t, a_look_at_a_lost_alert_is_recorded_when_only_its_end_comes_back);
    tcase_add_test(t,
                   an_officers_word_of_a_lost_revision_waits_until_it_is_back);
    tcase_add_test(t,
                   the_next_word_of_a_lost_found_child_waits_until_it_is_back);
    tcase_add_test(t, a_word_of_what_nobody_hands_back_is_refused_in_the_end);
    tcase_add_test(
        t, who_follows_from_beyond_the_end_is_told_that_it_misses_something);
    tcase_add_loop_test(
        t, who_names_a_lost_journal_hears_all_of_the_one_in_its_place, 0, 2);
    tcase_add_test(
        t, who_names_a_lost_journal_is_told_so_after_the_next_start_too);
    tcase_add_test(t, nothing_is_taken_back_by_a_broker_that_lost_nothing);
    tcase_add_test(t, what_was_lost_without_a_restore_is_taken_back_too);
    tcase_add_test(
        t,
        who_has_heard_what_an_older_copy_lacks_is_told_that_it_has_turned_back);
    tcase_add_test(t,
                   words_about_what_an_older_copy_lacks_wait_until_it_is_back);
    tcase_add_test(t, who_follows_an_older_copy_is_told_that_some_are_missing);
    tcase_add_test(
        t, that_the_journal_turned_back_is_no_error_before_two_nodes_say_so);
    tcase_add_test(t, nobody_is_told_so_where_nothing_was_lost);
    tcase_add_test(t, a_mark_of_another_epoch_says_nothing);
    tcase_add_test(t, what_is_handed_back_must_be_signed_by_its_centre);
    tcase_add_test(t, what_a_revoked_centre_signed_is_not_taken_back);
    tcase_add_test(t,
                   what_a_lost_centre_signed_waits_until_it_is_enrolled_again);
    tcase_add_test(t, what_a_lost_centre_signed_does_not_wait_for_ever);
    tcase_add_test(t,
                   numbers_that_the_lost_time_may_have_used_are_not_used_again);
    tcase_add_test(
        t, the_number_that_officers_know_is_kept_only_as_a_broker_writes_it);
    tcase_add_test(t, two_that_are_handed_back_at_once_do_not_get_one_number);
    tcase_add_test(
        t, what_is_handed_back_does_not_get_the_number_of_a_report_under_way);
    suite_add_tcase(suite, t);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
