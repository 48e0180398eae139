/* A checkpoint before a broker out of a backup: what that lacks goes back, and
 * then the two have the same picture, whatever was lost. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "stage.h"

static struct stage *s;

static void open_stage(void)
{
    s = stage_new();
    stage_tell(s, "the line stands");
    stage_tell(s, "the desk answers");
    stage_skip(s);
}

static void close_stage(void)
{
    stage_free(s);
}

static void issue(const char *how)
{
    stage_tell(s, how);
    stage_tell(s, "the desk answers");
    stage_tell(s, "10 ms pass");
    stage_skip(s);
}

/* Each with a second revision. */
static void revised(const char *first, const char *second)
{
    issue(first);
    issue(second);
}

/* It was away, so that its line has broken; its first words are asked. */
static void restored(void)
{
    stage_tell(s, "a new journal begins");
    stage_tell(s, "the line breaks");
    stage_tell(s, "the line stands");
    stage_tell(s, "2 s pass");
    stage_expect_begins(s, "-> heartbeat\n");
    stage_skip(s);
}

static bool has_the_picture(void)
{
    struct terminal_standing standing;

    stage_tell(s, "the desk answers");
    stage_tell(s, "2 s pass");
    stage_tell(s, "the desk answers");
    stage_skip(s);
    stage_tell(s, "a beacon comes");
    stage_expect(s, "");
    stage_standing(s, &standing);
    return standing.complete;
}

START_TEST(a_revision_that_another_journal_lacks_is_handed_back)
{
    revised("A1 is issued", "A1 is revised");
    stage_tell(s, "A1 is known as first issued");
    restored();
    stage_tell(s, "the desk answers");
    stage_expect(s, "-> A1 r2 handed back\n"
                    "-> sync from the start\n");
    ck_assert(has_the_picture());
}
END_TEST

/* Put back by hand: the epoch is the one that we know, its head is not. */
START_TEST(what_an_older_copy_of_the_same_journal_lacks_goes_back_too)
{
    stage_tell(s, "the broker knows no marks");
    issue("A1 is issued");
    stage_tell(s, "a beacon comes");
    stage_tell(s, "A1 is forgotten");
    stage_tell(s, "the broker turns back to 10");
    stage_tell(s, "the line breaks");
    stage_tell(s, "the line stands");
    stage_tell(s, "2 s pass");
    stage_expect(s, "-> heartbeat\n"
                    "-> keys\n"
                    "-> sync after 12\n");
    stage_tell(s, "the desk answers once");
    stage_expect(s, "-> sync from the start\n");
    stage_tell(s, "the desk answers once");
    stage_expect(s, "-> A1 r1 handed back\n");
    ck_assert(has_the_picture());
    ck_assert_ptr_nonnull(
        terminal_holding(stage_terminal(s), stage_alert_id("A1")));
}
END_TEST

/* The same; it was away until the broker had gone on to where it was. */
static void put_back_while_away(void)
{
    stage_tell(s, "the line breaks");
    stage_tell(s, "the broker turns back to 10 and goes on to 20");
    stage_tell(s, "the line stands");
    stage_tell(s, "2 s pass");
}

START_TEST(what_an_older_copy_lacks_goes_back_from_who_was_away_too)
{
    issue("A1 is issued");
    stage_tell(s, "a beacon comes");
    stage_tell(s, "A1 is forgotten");
    put_back_while_away();
    stage_expect(s, "-> heartbeat\n"
                    "-> keys\n"
                    "-> sync after 12\n");
    stage_tell(s, "the desk answers once");
    stage_expect(s, "-> A1 r1 handed back\n");
    stage_tell(s, "the desk answers");
    stage_expect(s, "-> sync from the start\n");
    ck_assert(has_the_picture());
    ck_assert_ptr_nonnull(
        terminal_holding(stage_terminal(s), stage_alert_id("A1")));
}
END_TEST

/* A word of an officer, say. */
START_TEST(what_was_said_goes_again_though_the_alerts_are_the_same)
{
    issue("A1 is issued");
    stage_tell(s, "an officer reports A1");
    stage_tell(s, "the desk answers");
    stage_skip(s);
    stage_tell(s, "a beacon comes");
    stage_tell(s, "the line breaks");
    stage_tell(s, "the broker turns back to 12 and goes on to 20");
    stage_tell(s, "the line stands");
    stage_tell(s, "2 s pass");
    stage_expect_begins(s, "-> heartbeat\n");
    stage_skip(s);
    stage_tell(s, "the desk answers");
    stage_expect(s, "-> SIGHTING A1 r1 again\n");
    ck_assert(has_the_picture());
}
END_TEST

/* Its feed may be back before its desk. */
START_TEST(a_beacon_that_comes_before_the_desk_does_not_hide_what_was_lost)
{
    issue("A1 is issued");
    stage_tell(s, "an officer reports A1");
    stage_tell(s, "the desk answers");
    stage_skip(s);
    stage_tell(s, "a beacon comes");
    stage_tell(s, "the line breaks");
    stage_tell(s, "the broker turns back to 12 and goes on to 20");
    stage_tell(s, "a beacon comes");
    stage_tell(s, "the line stands");
    stage_tell(s, "2 s pass");
    stage_expect(s, "-> heartbeat\n"
                    "-> keys\n"
                    "-> sync after 20\n");
    stage_tell(s, "the desk answers");
    stage_expect(s, "-> SIGHTING A1 r1 again\n");
    ck_assert(has_the_picture());
}
END_TEST

/* What a node has heard before it says nothing of the page in between. */
START_TEST(an_older_copy_that_comes_between_two_pages_is_noticed)
{
    stage_tell(s, "the feed is deaf");
    for (int i = 1; i <= 4; i++) {
        char sentence[32];

        snprintf(sentence, sizeof sentence, "A%d is issued", i);
        stage_tell(s, sentence);
    }
    stage_tell(s, "the feed works");
    stage_tell(s, "a beacon comes");
    stage_tell(s, "the desk answers once"); /* a page of three */
    stage_tell(s, "A2 is forgotten");
    stage_tell(s, "the desk is quiet");
    stage_tell(s, "the line breaks");
    stage_tell(s, "the broker turns back to 11 and goes on to 20");
    stage_skip(s);
    stage_tell(s, "the line stands");
    stage_tell(s, "2 s pass");
    ck_assert_ptr_nonnull(strstr(stage_heard(s), "-> sync after 13\n"));
    stage_tell(s, "the desk answers");
    ck_assert_ptr_nonnull(strstr(stage_heard(s), "-> A2 r1 handed back\n"));
    ck_assert(has_the_picture());
}
END_TEST

START_TEST(what_it_knows_of_the_line_survives_a_restart)
{
    issue("A1 is issued");
    stage_tell(s, "a beacon comes");
    stage_tell(s, "A1 is forgotten");
    stage_tell(s, "the terminal restarts");
    put_back_while_away();
    stage_skip(s);
    stage_tell(s, "the desk answers");
    ck_assert_ptr_nonnull(strstr(stage_heard(s), "-> A1 r1 handed back\n"));
    ck_assert(has_the_picture());
}
END_TEST

/* Beacons may come before its sync, and have it ask for everything. */
START_TEST(who_asks_from_the_start_names_the_line_that_it_knows_too)
{
    issue("A1 is issued");
    stage_tell(s, "a beacon comes");
    stage_tell(s, "A1 is forgotten");
    stage_tell(s, "the broker turns back to 11 and goes on to 12");
    stage_tell(s, "a beacon comes");
    stage_tell(s, "2 s pass");
    stage_expect_begins(s, "-> sync from the start\n");
    stage_skip(s);
    stage_tell(s, "the desk answers");
    ck_assert_ptr_nonnull(strstr(stage_heard(s), "-> A1 r1 handed back\n"));
    ck_assert(has_the_picture());
}
END_TEST

/* The feed of the lost journal names it by the epoch that this one has too. */
START_TEST(a_withdrawal_that_the_feed_told_goes_back_to_an_older_copy)
{
    issue("A1 is issued");
    stage_tell(s, "A1 is withdrawn");
    stage_tell(s, "the desk answers");
    stage_tell(s, "a beacon comes");
    stage_tell(s, "A1 is known as first issued");
    put_back_while_away();
    stage_skip(s);
    stage_tell(s, "the desk answers");
    ck_assert_ptr_nonnull(
        strstr(stage_heard(s), "-> A1 r2 handed back withdrawn\n"));
    ck_assert(has_the_picture());
}
END_TEST

START_TEST(a_broker_of_a_version_without_marks_is_followed_as_before)
{
    stage_tell(s, "the broker knows no marks");
    issue("A1 is issued");
    stage_tell(s, "a beacon comes");
    stage_tell(s, "the line breaks");
    stage_tell(s, "the line stands");
    stage_tell(s, "2 s pass");
    stage_expect(s, "-> heartbeat\n"
                    "-> keys\n"
                    "-> sync after 12\n");
    stage_tell(s, "the desk answers");
    stage_expect(s, "");
    stage_tell(s, "the broker knows marks");
    stage_tell(s, "a beacon comes");
    ck_assert(has_the_picture());
}
END_TEST

/* The wrong backup was restored at first, or the right one twice. */
START_TEST(what_went_back_to_a_journal_that_is_lost_too_goes_back_once_more)
{
    revised("A1 is issued", "A1 is revised");
    stage_tell(s, "A1 is known as first issued");
    restored();
    stage_tell(s, "the desk answers once");
    stage_tell(s, "the desk answers once");
    stage_expect(s, "-> A1 r2 handed back\n"
                    "-> sync from the start\n");
    stage_tell(s, "A1 is known as first issued");
    restored();
    stage_tell(s, "the desk answers");
    stage_expect(s, "-> A1 r2 handed back\n"
                    "-> sync from the start\n");
    ck_assert(has_the_picture());
}
END_TEST

/* The broker, which has had no HELD from it, sends the older one meanwhile. */
START_TEST(what_is_pushed_meanwhile_does_not_keep_it_from_going_back)
{
    revised("A1 is issued", "A1 is revised");
    stage_tell(s, "A1 is known as first issued");
    restored();
    stage_tell(s, "A1 is pushed");
    stage_tell(s, "the desk answers once");
    stage_expect(s, "-> A1 r2 handed back\n");
    stage_tell(s, "the terminal restarts");
    stage_tell(s, "the desk is quiet");
    stage_tell(s, "the line stands");
    stage_tell(s, "A1 is pushed");
    stage_tell(s, "the desk answers");
    ck_assert_ptr_nonnull(strstr(stage_heard(s), "-> A1 r2 handed back\n"));
    ck_assert(has_the_picture());
}
END_TEST

/* It came by the feed while a question to the old broker was open, which the
 * new one answers. */
START_TEST(what_came_while_a_sync_was_under_way_goes_back_too)
{
    issue("A1 is issued");
    stage_tell(s, "the line breaks");
    stage_tell(s, "the line stands");
    stage_tell(s, "2 s pass");
    stage_tell(s, "A2 is issued");
    stage_tell(s, "the desk is quiet");
    stage_tell(s, "A2 is forgotten");
    restored();
    stage_tell(s, "30 s pass");
    stage_skip(s);
    stage_tell(s, "the desk answers");
    ck_assert_ptr_nonnull(strstr(stage_heard(s), "-> A2 r1 handed back\n"));
    ck_assert(has_the_picture());
    ck_assert_ptr_nonnull(
        terminal_holding(stage_terminal(s), stage_alert_id("A2")));
}
END_TEST

/* Its withdrawal is here, and the broker knew nothing of it at first. */
START_TEST(what_another_one_brings_meanwhile_is_withdrawn_again)
{
    revised("A1 is issued", "A1 is withdrawn");
    issue("A2 is issued");
    stage_tell(s, "A1 is forgotten");
    stage_tell(s, "A2 is forgotten");
    restored();
    stage_tell(s, "the desk answers once");
    stage_expect(s, "-> A2 r1 handed back\n");
    stage_tell(s, "A1 is known as first issued");
    stage_tell(s, "the desk answers");
    stage_expect(s, "-> sync from the start\n"
                    "-> A1 r2 handed back withdrawn\n"
                    "-> sync from the start\n");
    ck_assert(has_the_picture());
}
END_TEST

/* It could not be opened before the keys came, which the new one gives. */
START_TEST(what_waited_for_keys_goes_back_too)
{
    issue("A1 is issued");
    stage_tell(s, "the keys change");
    stage_tell(s, "A1 is withdrawn");
    stage_tell(s, "2 s pass");
    stage_tell(s, "the desk is quiet");
    stage_tell(s, "A1 is known as first issued");
    stage_skip(s);
    restored();
    stage_tell(s, "the desk answers");
    ck_assert_ptr_nonnull(
        strstr(stage_heard(s), "-> A1 r2 handed back withdrawn\n"));
    ck_assert(has_the_picture());
}
END_TEST

/* A new one, which had not had the whole picture yet. */
START_TEST(what_came_before_the_first_sync_goes_back_too)
{
    stage_free(s);
    s = stage_new();
    stage_tell(s, "the line stands");
    stage_tell(s, "the feed is deaf");
    stage_tell(s, "A1 is issued");
    stage_tell(s, "A1 is pushed");
    stage_tell(s, "the feed works");
    stage_tell(s, "the desk is quiet");
    stage_tell(s, "A1 is forgotten");
    stage_skip(s);
    restored();
    stage_tell(s, "30 s pass");
    stage_skip(s);
    stage_tell(s, "the desk answers");
    ck_assert_ptr_nonnull(strstr(stage_heard(s), "-> A1 r1 handed back\n"));
    ck_assert(has_the_picture());
}
END_TEST

/* It holds nothing and knows no journal: what its officer saw was recorded by
 * one that is lost. */
START_TEST(what_was_said_before_the_first_sync_is_said_again)
{
    stage_free(s);
    s = stage_new();
    stage_tell(s, "the line stands");
    stage_tell(s, "the desk is quiet"); /* to its sync nobody answers */
    stage_tell(s, "an officer reports A1 with a photograph");
    stage_tell(s, "the desk answers once");
    stage_skip(s);
    restored();
    if (_i == 1) {
        stage_tell(s, "the terminal restarts");
        stage_tell(s, "the desk is quiet");
        stage_tell(s, "the line stands");
    }
    stage_tell(s, "the desk answers");
    ck_assert_ptr_nonnull(strstr(stage_heard(s), "-> SIGHTING A1 r1"));
    ck_assert_ptr_nonnull(
        strstr(stage_heard(s), "-> photograph of A1 from 32768\n"));
    stage_skip(s);
    stage_tell(s, "the line breaks");
    stage_tell(s, "the line stands");
    stage_tell(s, "2 s pass");
    stage_tell(s, "the desk answers");
    ck_assert_ptr_null(strstr(stage_heard(s), "-> SIGHTING A1 r1"));
    stage_skip(s);
}
END_TEST

/* Who has looked at a child's photograph is on record, in the journal that is
 * there too: also what was told before its alert had gone back. */
START_TEST(a_look_is_told_again_to_another_journal)
{
    struct terminal_store port;
    const char *after;

    issue("A1 is issued with a picture");
    stage_tell(s, "an officer looks at A1");
    stage_expect(s, "-> look at A1\n");
    stage_tell(s, "the desk answers");
    stage_tell(s, "an officer looks at A1");
    stage_skip(s);
    stage_tell(s, "the desk is quiet");
    if (_i == 1)
        stage_tell(s, "the terminal restarts");
    stage_tell(s, "A1 is forgotten");
    restored();
    stage_tell(s, "the desk answers once");
    stage_tell(s, "the desk answers");
    ck_assert_ptr_nonnull(strstr(stage_heard(s), "A1 r1 handed back"));
    after = strstr(stage_heard(s), "A1 r1 handed back");
    ck_assert_ptr_nonnull(strstr(after, "-> look at A1"));
    ck_assert_ptr_nonnull(
        strstr(strstr(after, "-> look at A1") + 1, "-> look at A1"));
    ck_assert(has_the_picture());
    stage_tell(s, "A1 is withdrawn");
    stage_tell(s, "the desk answers");
    stage_tell(s, "25 h pass"); /* and it is stripped */
    stage_tell(s, "the desk answers");
    stage_skip(s);
    store_port(stage_store(s), &port);
    port.say_again(port.arg);
    ck_assert_int_eq(port.commit(port.arg, NULL), STATUS_OK);
    stage_tell(s, "the terminal restarts");
    stage_tell(s, "the line stands");
    stage_tell(s, "the desk answers");
    ck_assert_ptr_null(strstr(stage_heard(s), "-> look"));
    stage_skip(s);
}
END_TEST

START_TEST(of_many_looks_the_newest_are_told_again)
{
    struct terminal_store port;
    unsigned count = 0;

    issue("A1 is issued with a picture");
    for (int i = 0; i < 205; i++) {
        stage_tell(s, "an officer looks at A1");
        stage_tell(s, "the desk answers");
        stage_tell(s, "the desk is quiet");
        stage_skip(s);
    }
    store_port(stage_store(s), &port);
    port.say_again(port.arg);
    ck_assert_int_eq(port.commit(port.arg, NULL), STATUS_OK);
    stage_tell(s, "the terminal restarts");
    stage_tell(s, "the line stands");
    stage_tell(s, "the desk answers");
    for (const char *at = stage_heard(s);
         (at = strstr(at, "-> look at A1")) != NULL; at++)
        count++;
    ck_assert_uint_eq(count, 200);
    stage_skip(s);
}
END_TEST

START_TEST(of_two_the_second_goes_back_too_when_it_is_pushed_meanwhile)
{
    const char *first;

    revised("A1 is issued", "A1 is revised");
    revised("A2 is issued", "A2 is revised");
    stage_tell(s, "A1 is known as first issued");
    stage_tell(s, "A2 is known as first issued");
    restored();
    stage_tell(s, "the desk answers once");
    first = strstr(stage_heard(s), "A1") != NULL ? "A1" : "A2";
    stage_skip(s);
    stage_tell(s, first[1] == '1' ? "A2 is pushed" : "A1 is pushed");
    stage_tell(s, "the desk answers");
    stage_expect_begins(s, first[1] == '1' ? "-> A2 r2 handed back\n"
                                           : "-> A1 r2 handed back\n");
    ck_assert(has_the_picture());
}
END_TEST

static void lost(int count)
{
    char sentence[40];

    for (int i = 1; i <= count; i++) {
        snprintf(sentence, sizeof sentence, "A%d is issued", i);
        issue(sentence);
        snprintf(sentence, sizeof sentence, "A%d is forgotten", i);
        stage_tell(s, sentence);
    }
    restored();
    stage_tell(s, "the desk answers once");
}

/* Of which one, and no other, is handed back now; "": none. */
static void handed_back(char name[8])
{
    const char *heard = stage_heard(s);
    const char *line = strstr(heard, " r1 handed back");
    const char *start = line;

    name[0] = '\0';
    if (line != NULL) {
        ck_assert_ptr_null(strstr(line + 5, " handed back"));
        while (*start != 'A')
            start--;
        snprintf(name, 8, "%.*s", (int)(line - start), start);
    }
    stage_skip(s);
}

/* Its centre is not enrolled again; that of the others is. */
START_TEST(what_the_broker_puts_off_holds_no_other_up)
{
    char first[8];
    char second[8];
    char other[8];

    lost(4);
    handed_back(first);
    stage_tell(s, "the desk answers BUSY: in 3 s");
    handed_back(second);
    stage_tell(s, "the desk answers BUSY: in 3 s");
    for (int i = 0; i < 2; i++) {
        handed_back(other);
        ck_assert_str_ne(other, "");
        ck_assert_str_ne(other, first);
        ck_assert_str_ne(other, second);
        stage_tell(s, "the desk answers once");
    }
    stage_tell(s, "5 s pass"); /* two wait twice as long as one */
    handed_back(other);
    ck_assert_str_eq(other, "");
    stage_tell(s, "3 s pass");
    handed_back(other);
    ck_assert_str_ne(other, "");
    ck_assert(strcmp(other, first) == 0 || strcmp(other, second) == 0);
    ck_assert(has_the_picture());
}
END_TEST

START_TEST(of_many_that_are_put_off_none_waits_longer_than_a_minute)
{
    char name[8];

    lost(40);
    for (int i = 0; i < 40; i++) {
        handed_back(name);
        ck_assert_str_ne(name, "");
        stage_tell(s, "the desk answers BUSY: in 3 s");
    }
    stage_tell(s, "59 s pass");
    handed_back(name);
    ck_assert_str_eq(name, "");
    stage_tell(s, "1 s pass");
    handed_back(name);
    ck_assert_str_ne(name, "");
    ck_assert(has_the_picture());
}
END_TEST

START_TEST(what_is_put_off_keeps_no_answer_from_being_said_again)
{
    char name[8];

    issue("A2 is issued");
    issue("an officer reports A2");
    lost(1);
    handed_back(name);
    ck_assert_str_eq(name, "A1");
    stage_tell(s, "the desk answers BUSY: in 3 s");
    stage_expect(s, "-> SIGHTING A2 r1 again\n");
    stage_tell(s, "the desk answers once");
    stage_tell(s, "4 s pass");
    handed_back(name);
    ck_assert_str_eq(name, "A1");
    stage_tell(s, "the desk answers BUSY: in 3 s");
    stage_tell(s, "1 s pass");
    stage_expect(s, "");
    stage_tell(s, "4 s pass");
    stage_skip(s);
    ck_assert(has_the_picture());
}
END_TEST

/* The beacon does not agree with what is held here. */
START_TEST(what_is_put_off_holds_no_photograph_up)
{
    char name[8];

    issue("A2 is issued");
    lost(1);
    handed_back(name);
    ck_assert_str_eq(name, "A1");
    stage_tell(s, "the desk answers BUSY: in 3 s");
    if (_i == 1)
        stage_tell(s, "a beacon comes");
    stage_tell(s, "an officer reports A2 with a photograph");
    stage_expect(s, "-> SIGHTING A2 r1\n");
    stage_tell(s, "the desk answers once");
    stage_expect(s, "-> photograph of A2 from 0\n");
}
END_TEST

/* It is the broker that has no time, whatever is handed back. */
START_TEST(who_meets_a_crowd_hands_nothing_else_back_meanwhile)
{
    char first[8];
    char again[8];

    lost(2);
    handed_back(first);
    stage_tell(s, _i == 0 ? "the desk answers BUSY"
                          : "the desk answers UNAVAILABLE");
    stage_expect(s, "");
    stage_tell(s, "3 s pass");
    handed_back(again);
    ck_assert_str_eq(again, first);
    ck_assert(has_the_picture());
}
END_TEST

/* An exercise is not handed back; and what is refused is not there either. */
START_TEST(what_another_journal_does_not_take_back_is_taken_as_it_has_it)
{
    bool exercise = _i == 0;

    revised(exercise ? "A1 is issued exercise" : "A1 is issued",
            "A1 is revised");
    stage_tell(s, "A1 is known as first issued");
    restored();
    if (!exercise) {
        stage_tell(s, "the desk answers once");
        stage_expect(s, "-> A1 r2 handed back\n");
        stage_tell(s, "the desk answers DENIED");
        stage_expect(s, "-> sync from the start\n");
    }
    stage_tell(s, "the desk answers");
    stage_expect(s, "screen REVISED A1 r1\n"
                    "-> HELD A1 r1\n");
    ck_assert(has_the_picture());
    stage_tell(s, "the terminal restarts");
    ck_assert_uint_eq(
        terminal_holding(stage_terminal(s), stage_alert_id("A1"))->revision, 1);
}
END_TEST

/* Its centre has revised what was left, while this node was away. */
START_TEST(other_words_under_the_same_number_take_the_place_of_what_was_lost)
{
    revised("A1 is issued", "A1 is revised");
    stage_tell(s, "A1 is known as first issued");
    stage_tell(s, "the feed is deaf");
    stage_tell(s, _i == 0 ? "A1 is revised" : "A1 is revised elsewhere");
    stage_tell(s, "the feed works");
    restored();
    stage_tell(s, "the desk answers");
    stage_expect(s, _i == 0 ? "screen REVISED A1 r2\n"
                              "-> HELD A1 r2\n"
                            : "screen ENDED A1 r2\n"
                              "-> HELD A1 r2\n");
    ck_assert(has_the_picture());
}
END_TEST

/* Another checkpoint hands back the alert, and has not heard of its end. */
START_TEST(a_withdrawal_goes_back_when_its_alert_is_there_again)
{
    revised("A1 is issued", "A1 is withdrawn");
    stage_tell(s, "A1 is forgotten");
    restored();
    ck_assert(has_the_picture());
    stage_tell(s, "A1 is known as first issued");
    stage_tell(s, "a beacon comes");
    stage_expect(s, "-> sync from the start\n");
    stage_tell(s, "the desk answers");
    stage_expect(s, "-> A1 r2 handed back withdrawn\n"
                    "-> sync from the start\n");
    ck_assert(has_the_picture());
}
END_TEST

START_TEST(what_another_journal_has_not_seen_expire_is_live_again)
{
    issue("A1 is issued");
    issue("A1 is expired");
    stage_tell(s, "A1 is known as first issued");
    restored();
    stage_tell(s, "the desk answers");
    ck_assert(has_the_picture());
}
END_TEST

/* Another node brings it back while the page without it is on its way here. */
START_TEST(what_is_brought_back_meanwhile_and_has_not_expired_there_is_live)
{
    issue("A1 is issued");
    issue("10 d pass");
    issue("A1 is expired");
    restored();
    stage_tell(s, "the pages are on their way");
    stage_tell(s, "A1 is known as first issued");
    stage_tell(s, "A1 comes again");
    stage_tell(s, "the desk answers");
    ck_assert(has_the_picture());
}
END_TEST

/* Its case was sealed in the home that was lost. Of the withdrawal before that
 * this node never heard: it forgot the very revision that there is. */
START_TEST(what_was_purged_is_live_again_in_a_journal_that_has_not_sealed_it)
{
    issue("A1 is issued");
    stage_skip(s);
    stage_tell(s, "A1 is sealed");
    stage_expect(s, "screen ENDED A1 r1\n");
    stage_tell(s, "A1 is known as first issued");
    restored();
    stage_tell(s, "the desk answers");
    stage_expect(s, "screen NEW A1 r1\n"
                    "-> HELD A1 r1\n");
    ck_assert(has_the_picture());
}
END_TEST

/* Sent directly before a page says that this is another journal. */
START_TEST(what_was_purged_and_is_pushed_by_such_a_journal_is_live_again)
{
    issue("A1 is issued");
    stage_skip(s);
    stage_tell(s, "A1 is sealed");
    stage_expect(s, "screen ENDED A1 r1\n");
    stage_tell(s, "A1 is known as first issued");
    restored();
    stage_tell(s, "A1 is pushed");
    stage_expect(s, "");
    stage_tell(s, "the desk answers");
    stage_expect(s, "screen NEW A1 r1\n"
                    "-> HELD A1 r1\n");
    ck_assert(has_the_picture());
}
END_TEST

/* It would be confirmed of an alert that is on the screen. */
START_TEST(a_purge_that_only_a_lost_journal_asked_for_is_over)
{
    issue("A1 is issued");
    stage_tell(s, "somebody reads the store");
    stage_tell(s, "A1 is sealed");
    stage_skip(s);
    if (_i == 0) {
        stage_tell(s, "A1 is known as first issued");
        restored();
    }
    stage_tell(s, "the desk answers");
    stage_skip(s);
    stage_tell(s, "nobody reads the store");
    stage_tell(s, "2 s pass");
    stage_expect(s, _i == 0 ? "" : "alert.purged\n");
}
END_TEST

START_TEST(nobody_claims_the_picture_while_it_goes_back)
{
    struct terminal_standing standing;

    issue("A1 is issued");
    stage_tell(s, "a beacon comes");
    stage_standing(s, &standing);
    ck_assert(standing.complete);
    stage_tell(s, "A1 is forgotten");
    restored();
    stage_tell(s, "the desk answers once");
    stage_expect(s, "-> A1 r1 handed back\n");
    stage_standing(s, &standing);
    ck_assert(!standing.complete);
}
END_TEST

/* With a new key it syncs from the start, and not as if it had never known a
 * journal. */
START_TEST(who_has_got_another_key_hands_back_and_says_again_all_the_same)
{
    issue("A1 is issued");
    issue("an officer reports A1");
    stage_tell(s, "A1 is forgotten");
    stage_tell(s, "a new journal begins");
    stage_tell(s, "the terminal gets another key");
    stage_tell(s, "the line stands");
    stage_skip(s);
    stage_tell(s, "the desk answers");
    stage_expect(s, "-> A1 r1 handed back\n"
                    "-> sync from the start\n"
                    "-> SIGHTING A1 r1\n");
    ck_assert(has_the_picture());
}
END_TEST

/* An officer has come from elsewhere: of what he said nothing is held here. */
START_TEST(who_holds_nothing_and_has_got_another_key_says_again_all_the_same)
{
    issue("an officer reports A2");
    stage_tell(s, "a new journal begins");
    stage_tell(s, "the terminal gets another key");
    stage_tell(s, "the line stands");
    stage_skip(s);
    stage_tell(s, "the desk answers");
    stage_expect(s, "-> SIGHTING A2 r1\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("terminal: a restored broker");
    TCase *t = tcase_create("restored");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(t, open_stage, close_stage);
    tcase_add_test(t, a_revision_that_another_journal_lacks_is_handed_back);
    tcase_add_test(t,
                   what_an_older_copy_of_the_same_journal_lacks_goes_back_too);
    tcase_add_test(t, what_an_older_copy_lacks_goes_back_from_who_was_away_too);
    tcase_add_test(t, what_was_said_goes_again_though_the_alerts_are_the_same);
    tcase_add_test(
        t, a_beacon_that_comes_before_the_desk_does_not_hide_what_was_lost);
    tcase_add_test(t, an_older_copy_that_comes_between_two_pages_is_noticed);
    tcase_add_test(t, what_it_knows_of_the_line_survives_a_restart);
    tcase_add_test(t, who_asks_from_the_start_names_the_line_that_it_knows_too);
    tcase_add_test(t,
                   a_withdrawal_that_the_feed_told_goes_back_to_an_older_copy);
    tcase_add_test(t,
                   a_broker_of_a_version_without_marks_is_followed_as_before);
    tcase_add_test(t, what_the_broker_puts_off_holds_no_other_up);
    tcase_add_test(t, of_many_that_are_put_off_none_waits_longer_than_a_minute);
    tcase_add_test(t, what_is_put_off_keeps_no_answer_from_being_said_again);
    tcase_add_loop_test(t, what_is_put_off_holds_no_photograph_up, 0, 2);
    tcase_add_loop_test(t, who_meets_a_crowd_hands_nothing_else_back_meanwhile,
                        0, 2);
    tcase_add_test(
        t, what_went_back_to_a_journal_that_is_lost_too_goes_back_once_more);
    tcase_add_test(t,
                   what_is_pushed_meanwhile_does_not_keep_it_from_going_back);
    tcase_add_test(t, what_came_while_a_sync_was_under_way_goes_back_too);
    tcase_add_test(t, what_another_one_brings_meanwhile_is_withdrawn_again);
    tcase_add_test(t, what_waited_for_keys_goes_back_too);
    tcase_add_test(t, what_came_before_the_first_sync_goes_back_too);
    tcase_add_test(
        t, what_was_purged_and_is_pushed_by_such_a_journal_is_live_again);
    tcase_add_loop_test(t, a_purge_that_only_a_lost_journal_asked_for_is_over,
                        0, 2);
    tcase_add_loop_test(t, a_look_is_told_again_to_another_journal, 0, 2);
    tcase_add_test(t, of_many_looks_the_newest_are_told_again);
    tcase_add_loop_test(t, what_was_said_before_the_first_sync_is_said_again, 0,
                        2);
    tcase_add_test(t,
                   of_two_the_second_goes_back_too_when_it_is_pushed_meanwhile);
    tcase_add_loop_test(
        t, what_another_journal_does_not_take_back_is_taken_as_it_has_it, 0, 2);
    tcase_add_loop_test(
        t, other_words_under_the_same_number_take_the_place_of_what_was_lost, 0,
        2);
    tcase_add_test(t, a_withdrawal_goes_back_when_its_alert_is_there_again);
    tcase_add_test(t, what_another_journal_has_not_seen_expire_is_live_again);
    tcase_add_test(
        t, what_is_brought_back_meanwhile_and_has_not_expired_there_is_live);
    tcase_add_test(
        t, what_was_purged_is_live_again_in_a_journal_that_has_not_sealed_it);
    tcase_add_loop_test(t, a_purge_that_only_a_lost_journal_asked_for_is_over,
                        0, 2);
    tcase_add_test(t, nobody_claims_the_picture_while_it_goes_back);
    tcase_add_test(
        t, who_has_got_another_key_hands_back_and_says_again_all_the_same);
    tcase_add_test(
        t, who_holds_nothing_and_has_got_another_key_says_again_all_the_same);
    suite_add_tcase(suite, t);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
