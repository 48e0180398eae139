/* Children of unknown origin (see kit/story.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "story.h"

static struct story *s;

/* Officers: lead-1 of the city, station-1 of a police station in it, far-1 of
 * another province. sz has reported A1, a girl of five. 17 facts so far. */
static void open_story(void)
{
    s = story_new();
    story_tell(s, "administrator enrols lead-1 officer in 440300 rank 3");
    story_tell(s, "administrator enrols station-1 officer in 440305 rank 1");
    story_tell(s, "administrator enrols far-1 officer in 110000 rank 3");
    story_tell(s, "administrator enrols far-sup supervisor in 110000");
    story_tell(s, "administrator enrols gate-7 railway in 110101");
    story_tell(s, "sz reports A1 within 30");
    story_skip(s);
}

static void close_story(void)
{
    story_free(s);
}

static void a1_has_a_lead(void)
{
    story_tell(s, "sz offers A1 to lead-1");
    story_tell(s, "lead-1 accepts A1");
    story_skip(s);
}

static void a1_is_solved(void)
{
    a1_has_a_lead();
    story_tell(s, "sz withdraws A1");
    story_tell(s, "lead-1 solves A1 as returned");
    story_skip(s);
}

/* ---- registering --------------------------------------------------------- */

/* Its node was not told before it got another key. */
START_TEST(a_registration_that_is_recorded_stays_so_under_another_key)
{
    const uint8_t *last;
    uint8_t *bytes;
    size_t size;

    story_tell(s, "gate-1 registers F1");
    last = story_last_request(s, &size);
    bytes = must_memdup(last, size);
    story_tell(s, "administrator rekeys gate-1");
    story_skip(s);
    story_throw(s, "gate-1", bytes, size);
    story_expect(s, "gate-1 <- DUPLICATE 18\n");
    free(bytes);
}
END_TEST

START_TEST(a_checkpoint_registers_a_found_child_and_its_place_sees_it)
{
    story_tell(s, "gate-1 registers F1");
    story_tell(s, "sz lists found");
    story_tell(s, "sup looks at F1");
    story_expect(s, "gate-1 <- RECORDED 18\n"
                    "sz <- OK F1 r1 registered in 440305 by gate-1\n"
                    "sup <- OK F1 r1 registered in 440305 by gate-1 [A1 "
                    "71]\n");
}
END_TEST

START_TEST(centres_and_officers_register_too_and_nobody_else)
{
    story_tell(s, "sz registers F1");
    story_tell(s, "station-1 registers F2");
    story_tell(s, "sup registers F3");
    story_tell(s, "administrator registers F4");
    story_tell(s, "lab registers F5");
    story_expect(s, "sz <- RECORDED 18\n"
                    "station-1 <- RECORDED 19\n"
                    "sup <- DENIED role\n"
                    "administrator <- DENIED role\n"
                    "lab <- DENIED role\n");
}
END_TEST

START_TEST(a_gateway_brings_what_others_signed_and_is_named)
{
    story_tell(s, "gate-1 registers F1 through van");
    story_tell(s, "sz looks at F1");
    story_tell(s, "gate-1 registers F2 as gate-2");
    story_tell(s, "gate-1 registers F3 through van forged");
    story_tell(s, "gate-1 registers F4 through gate-2");
    story_expect(s, "van <- RECORDED 18\n"
                    "sz <- OK F1 r1 registered in 440305 by gate-1 through van "
                    "[A1 71]\n"
                    "gate-1 <- DENIED found.node\n"
                    "van <- DENIED found.signature\n"
                    "gate-2 <- DENIED found.node\n");
}
END_TEST

START_TEST(registrations_that_are_large_in_memory_are_listed_like_others)
{
    char sentence[40];

    for (int i = 1; i <= 13; i++) {
        snprintf(sentence, sizeof sentence, "gate-%d registers F%d stuffed",
                 1 + i % 3, i);
        story_tell(s, sentence);
    }
    story_skip(s);
    story_tell(s, "station-1 lists found");
    ck_assert_ptr_nonnull(strstr(story_heard(s), "station-1 <- OK F13 r1"));
    ck_assert_ptr_nonnull(strstr(story_heard(s), " F1 r1"));
    ck_assert_ptr_null(strstr(story_heard(s), "nothing else"));
}
END_TEST

START_TEST(registrations_that_are_large_in_memory_are_compared_like_others)
{
    char sentence[48];

    for (int i = 1; i <= 13; i++) {
        snprintf(sentence, sizeof sentence,
                 "gate-%d registers F%d stuffed aged %d", 1 + i % 3, i,
                 i < 13 ? 60 : 72);
        story_tell(s, sentence);
    }
    story_skip(s);
    story_tell(s, "sz lists likely A1");
    ck_assert_ptr_nonnull(strstr(story_heard(s), "[F12 71] [F13 70] of 13"));
}
END_TEST

START_TEST(no_more_are_registered_than_can_be_compared)
{
    story_tell(s, "the broker compares slowly");
    story_tell(s, "gate-1 registers F1");
    story_tell(s, "gate-1 registers F2");
    story_tell(s, "gate-1 registers F1 again");
    story_tell(s, "1 s pass");
    story_tell(s, "gate-1 registers F2 again");
    story_expect(s, "gate-1 <- RECORDED 18\n"
                    "gate-1 <- BUSY\n"
                    "gate-1 <- DUPLICATE 18\n"
                    "gate-1 <- RECORDED 19\n");
}
END_TEST

START_TEST(no_child_is_registered_without_the_institution_that_has_it)
{
    story_tell(s, "gate-1 registers F1 keeperless");
    story_expect(s, "gate-1 <- INVALID found.keeper\n");
}
END_TEST

START_TEST(the_same_registration_is_recorded_once_whichever_way_it_comes)
{
    story_tell(s, "gate-1 registers F1");
    story_tell(s, "again");
    story_tell(s, "gate-1 registers F1 again");
    story_tell(s, "gate-1 registers F1 again through van");
    story_tell(s, "gate-1 registers F1 again differently");
    story_tell(s, "the broker restarts");
    story_tell(s, "gate-1 registers F1 again");
    story_expect(s, "gate-1 <- RECORDED 18\n"
                    "gate-1 <- DUPLICATE 18\n"
                    "gate-1 <- DUPLICATE 18\n"
                    "van <- DUPLICATE 18\n"
                    "gate-1 <- CONFLICT found.revision\n"
                    "gate-1 <- DUPLICATE 18\n");
    ck_assert_uint_eq(story_facts(s), 18);
}
END_TEST

START_TEST(two_that_are_under_way_at_once_are_one)
{
    story_tell(s, "the disk pauses");
    story_tell(s, "gate-1 registers F1");
    story_tell(s, "gate-1 registers F1 again through van");
    story_tell(s, "gate-1 registers F1 again differently");
    story_expect(s, "");
    story_tell(s, "the disk resumes");
    story_expect(s, "gate-1 <- RECORDED 18\n"
                    "van <- DUPLICATE 18\n"
                    "gate-1 <- CONFLICT found.revision\n");
}
END_TEST

START_TEST(it_is_corrected_by_who_registered_it_or_who_answers_for_the_place)
{
    story_tell(s, "gate-1 registers F1");
    story_tell(s, "gate-1 registers F1");
    story_tell(s, "gate-2 registers F1 as revision 3");
    story_tell(s, "far-1 registers F1 as revision 3");
    story_tell(s, "station-1 registers F1 as revision 3");
    story_tell(s, "sz registers F1 as revision 9");
    story_tell(s, "sz looks at F1");
    story_expect(s, "gate-1 <- RECORDED 18\n"
                    "gate-1 <- RECORDED 19\n"
                    "gate-2 <- DENIED found.node\n"
                    "far-1 <- DENIED found.node\n"
                    "station-1 <- RECORDED 20\n"
                    "sz <- CONFLICT found.revision\n"
                    "sz <- OK F1 r3 registered in 440305 by gate-1 [A1 "
                    "71]\n");
}
END_TEST

START_TEST(who_is_elsewhere_does_not_see_it)
{
    story_tell(s, "gate-1 registers F1");
    story_tell(s, "far-1 looks at F1");
    story_tell(s, "far-sup lists found");
    story_tell(s, "gate-1 looks at F1");
    story_tell(s, "administrator looks at F1");
    story_expect(s, "gate-1 <- RECORDED 18\n"
                    "far-1 <- NOT_FOUND found\n"
                    "far-sup <- OK\n"
                    "gate-1 <- DENIED role\n"
                    "administrator <- DENIED role\n");
}
END_TEST

START_TEST(a_place_that_nobody_knows_is_refused_in_words)
{
    story_tell(s, "gate-1 registers F1 in 990000");
    story_expect(s, "gate-1 <- INVALID found.place.division\n");
}
END_TEST

START_TEST(it_goes_to_where_it_was_found_not_to_where_the_node_is)
{
    story_tell(s, "gate-1 registers F1 near Beijing");
    story_tell(s, "far-1 lists found");
    story_tell(s, "sz lists found");
    story_expect(s, "gate-1 <- RECORDED 18\n"
                    "far-1 <- OK F1 r1 registered in 110101 by gate-1\n"
                    "sz <- OK\n");
}
END_TEST

/* ---- who it may be ------------------------------------------------------- */

START_TEST(a_found_child_is_compared_with_the_cases_that_are_searched_for)
{
    story_tell(s, "sz reports A2 within 30 exercise");
    story_skip(s);
    story_tell(s, "gate-1 registers F1");
    story_tell(s, "gate-1 registers F2 boy");
    story_tell(s, "gate-1 registers F3 aged 72");
    story_tell(s, "sz lists likely A1");
    story_tell(s, "sz reads the file of A1");
    story_tell(s, "sz lists likely A2");
    story_expect(s, "gate-1 <- RECORDED 19\n"
                    "gate-1 <- RECORDED 20\n"
                    "gate-1 <- RECORDED 21\n"
                    "sz <- OK [F1 71] [F3 70] of 3\n"
                    "sz <- OK 2 likely, open, led by nobody\n"
                    "sz <- OK of 0\n");
}
END_TEST

START_TEST(from_the_childs_side_only_cases_that_the_asker_may_see_are_named)
{
    story_tell(s, "bj reports A2 near Beijing");
    story_tell(s, "gate-1 registers F1");
    story_skip(s);
    story_tell(s, "sz looks at F1");
    story_expect(s, "sz <- OK F1 r1 registered in 440305 by gate-1 [A1 71]\n");
    story_tell(s, "gate-1 registers F2 near Beijing");
    story_skip(s);
    story_tell(s, "far-1 looks at F2");
    story_expect(s,
                 "far-1 <- OK F2 r1 registered in 110101 by gate-1 [A2 71]\n");
}
END_TEST

START_TEST(who_searches_elsewhere_sees_the_child_that_is_likely_theirs)
{
    story_tell(s, "gate-4 registers F1 in 441302");
    story_tell(s, "lead-1 looks at F1");
    story_tell(s, "lead-1 lists found"); /* but it is not of its place */
    /* a thousand miles off at the same time: it is hardly this one */
    story_tell(s, "gate-7 registers F2 near Beijing");
    story_tell(s, "lead-1 looks at F2");
    story_expect(s, "gate-4 <- RECORDED 18\n"
                    "lead-1 <- OK F1 r1 registered in 441302 by gate-4 [A1 "
                    "71]\n"
                    "lead-1 <- OK\n"
                    "gate-7 <- RECORDED 19\n"
                    "lead-1 <- NOT_FOUND found\n");
}
END_TEST

START_TEST(a_case_that_is_solved_is_compared_no_more)
{
    story_tell(s, "gate-1 registers F1");
    a1_is_solved();
    story_tell(s, "sz looks at F1");
    story_tell(s, "lead-1 reopens A1");
    story_skip(s);
    story_tell(s, "sz looks at F1");
    story_expect(s, "sz <- OK F1 r1 registered in 440305 by gate-1 [A1 71]\n");
}
END_TEST

START_TEST(an_expired_alert_is_still_a_case_and_compared)
{
    story_tell(s, "sz reports A2 expiring 1");
    story_skip(s);
    story_tell(s, "120 s pass");
    story_tell(s, "sz withdraws A1");
    story_skip(s);
    story_tell(s, "gate-1 registers F1");
    story_tell(s, "sz looks at F1");
    story_expect(s, "gate-1 <- RECORDED 21\n"
                    "sz <- OK F1 r1 registered in 440305 by gate-1 [A1 71] "
                    "[A2 71]\n");
}
END_TEST

START_TEST(the_centre_and_the_lead_hear_that_a_child_is_likely_theirs)
{
    a1_has_a_lead();
    story_tell(s, "sz follows");
    story_tell(s, "lead-1 follows");
    story_tell(s, "sup follows");
    story_tell(s, "far-sup follows");
    story_tell(s, "station-1 follows");
    story_tell(s, "gate-1 registers F1");
    story_tell(s, "1 s pass");
    story_expect(s, "gate-1 <- RECORDED 20\n"
                    "station-1 <- OK found F1\n"
                    "sup <- OK found F1\n"
                    "lead-1 <- OK found F1 likely F1 is A1\n"
                    "sz <- OK found F1 likely F1 is A1\n");
}
END_TEST

START_TEST(a_report_that_fits_a_child_found_before_is_told_of_it)
{
    story_tell(s, "gate-1 registers F1");
    story_tell(s, "sz follows");
    story_skip(s);
    story_tell(s, "sz reports A2");
    story_skip(s);
    story_tell(s, "1 s pass");
    story_expect(s, "sz <- OK likely F1 is A2\n");
}
END_TEST

/* Found while the wrong child was taken for it. */
START_TEST(a_case_that_is_opened_again_is_told_of_a_child_found_meanwhile)
{
    a1_has_a_lead();
    story_tell(s, "sz withdraws A1");
    story_tell(s, "lead-1 solves A1 as returned");
    story_tell(s, "gate-1 registers F1");
    story_tell(s, "lead-1 follows");
    story_skip(s);
    story_tell(s, "lead-1 reopens A1");
    story_tell(s, "1 s pass");
    ck_assert_msg(strstr(story_heard(s), "likely F1 is A1") != NULL, "%s",
                  story_heard(s));
}
END_TEST

/* ---- what becomes of it -------------------------------------------------- */

START_TEST(only_who_answers_for_the_case_says_that_it_is_its_child)
{
    a1_has_a_lead();
    story_tell(s, "gate-1 registers F1");
    story_tell(s, "station-1 identifies F1 as A1");
    story_tell(s, "far-1 identifies F1 as A1");
    story_tell(s, "lead-1 identifies F1 as A1 forged");
    story_tell(s, "lead-1 identifies F1 as A1");
    story_tell(s, "again");
    story_tell(s, "lead-1 looks at F1");
    story_expect(s, "gate-1 <- RECORDED 20\n"
                    "station-1 <- DENIED order.identify.alert_id\n"
                    "far-1 <- NOT_FOUND order.identify.alert_id\n"
                    "lead-1 <- DENIED order.signature\n"
                    "lead-1 <- RECORDED 21\n"
                    "lead-1 <- DUPLICATE 21\n"
                    "lead-1 <- OK F1 r1 identified in 440305 by gate-1 as "
                    "A1\n");
}
END_TEST

START_TEST(a_child_that_was_found_far_away_is_identified_by_its_own_case)
{
    a1_has_a_lead();
    story_tell(s, "gate-7 registers F1 near Beijing");
    story_tell(s, "lead-1 identifies F1 as A1");
    story_tell(s, "lead-1 looks at F1");
    story_tell(s, "far-1 looks at F1");
    story_expect(s, "gate-7 <- RECORDED 20\n"
                    "lead-1 <- RECORDED 21\n"
                    "lead-1 <- OK F1 r1 identified in 110101 by gate-7 as A1\n"
                    /* whose case it is, far-1 may not see */
                    "far-1 <- OK F1 r1 identified in 110101 by gate-7\n");
}
END_TEST

START_TEST(an_exercise_is_nobodys_child)
{
    story_tell(s, "sz reports A2 within 30 exercise");
    story_tell(s, "gate-1 registers F1");
    story_skip(s);
    story_tell(s, "sz identifies F1 as A2");
    story_expect(s, "sz <- INVALID order.identify.alert_id\n");
}
END_TEST

START_TEST(it_is_closed_and_reopened_by_rank_and_place)
{
    story_tell(s, "gate-1 registers F1");
    story_tell(s, "station-1 closes F1");
    story_tell(s, "far-1 closes F1");
    story_tell(s, "lead-1 closes F1");
    story_tell(s, "lead-1 closes F1");
    story_tell(s, "sz identifies F1 as A1");
    story_tell(s, "sz lists found");
    story_tell(s, "sz lists all found");
    story_tell(s, "sz reopens F1");
    story_expect(s, "gate-1 <- RECORDED 18\n"
                    "station-1 <- DENIED order.step\n"
                    "far-1 <- NOT_FOUND order.found_id\n"
                    "lead-1 <- RECORDED 19\n"
                    "lead-1 <- CONFLICT order.step\n"
                    "sz <- CONFLICT order.step\n"
                    "sz <- OK\n"
                    "sz <- OK F1 r1 closed in 440305 by gate-1\n"
                    "sz <- RECORDED 20\n");
}
END_TEST

/* ---- samples ------------------------------------------------------------- */

START_TEST(a_kit_is_good_once)
{
    a1_has_a_lead();
    story_tell(s, "lead-1 notes K-1 of A1 mother taken");
    story_skip(s);
    story_tell(s, "gate-1 registers F1 kit K-1");
    story_tell(s, "gate-1 registers F2 kit K-2");
    story_tell(s, "gate-1 registers F3 kit k-2");
    story_tell(s, "gate-1 registers F2 kit K-2");
    story_tell(s, "lead-1 notes K-2 of A1 father taken");
    story_expect(s, "gate-1 <- CONFLICT found.kit\n"
                    "gate-1 <- RECORDED 21\n"
                    "gate-1 <- CONFLICT found.kit\n"
                    "gate-1 <- RECORDED 22\n"
                    "lead-1 <- CONFLICT order.note_sample.kit\n");
}
END_TEST

START_TEST(two_that_name_one_kit_at_once_do_not_both_get_it)
{
    story_tell(s, "the disk pauses");
    story_tell(s, "gate-1 registers F1 kit K-7");
    story_tell(s, "gate-2 registers F2 kit k-7");
    story_tell(s, "the disk resumes");
    story_expect(s, "gate-1 <- RECORDED 18\n"
                    "gate-2 <- CONFLICT found.kit\n");
}
END_TEST

START_TEST(a_laboratory_elsewhere_does_not_let_a_found_child_go)
{
    story_tell(s, "administrator enrols lab-bj laboratory in 110000");
    story_tell(s, "administrator enrols lab-sz laboratory in 440300");
    story_tell(s, "administrator enrols office registry in 441302");
    story_skip(s);
    story_tell(s, "gate-1 registers F1 kit C-1");
    story_tell(s, "lab-bj fails C-1");
    story_tell(s, "lab-bj receives C-1");
    story_tell(s, "office inquires C-1");
    story_tell(s, "lab-sz receives C-1");
    story_tell(s, "lab-bj fails C-1");
    story_expect(s, "gate-1 <- RECORDED 21\n"
                    "lab-bj <- NOT_FOUND word.failed.kit\n"
                    "lab-bj <- NOT_FOUND word.received.kit\n"
                    "office <- RECORDED 22 HOLD\n"
                    "lab-sz <- RECORDED 23\n"
                    "lab-bj <- NOT_FOUND word.failed.kit\n");
}
END_TEST

START_TEST(what_a_laboratory_had_before_it_was_registered_stays_its_own)
{
    story_tell(s, "administrator enrols lab-bj laboratory in 110000");
    story_skip(s);
    story_tell(s, "lab-bj receives C-1");
    story_tell(s, "gate-1 registers F1 kit C-1");
    story_tell(s, "lab-bj fails C-1");
    story_expect(s, "lab-bj <- RECORDED 19\n"
                    "gate-1 <- RECORDED 20\n"
                    "lab-bj <- RECORDED 21\n");
}
END_TEST

START_TEST(a_match_of_its_kit_is_told_on_both_sides)
{
    a1_has_a_lead();
    story_tell(s, "lead-1 notes K-1 of A1 mother taken");
    story_tell(s, "gate-7 registers F1 near Beijing kit C-1");
    story_tell(s, "administrator enrols lab-1 laboratory in 000000");
    story_tell(s, "lab-1 receives K-1");
    story_tell(s, "lab-1 receives C-1");
    story_skip(s);
    story_tell(s, "far-1 looks at F1");
    story_tell(s, "lab-1 matches C-1 with K-1");
    story_tell(s, "lead-1 reads the file of A1");
    story_tell(s, "far-1 looks at F1");
    story_tell(s, "lead-1 identifies F1 as A1");
    story_tell(s, "lead-1 looks at F1");
    story_tell(s, "the book is written down");
    story_tell(s, "the broker starts from what was written");
    story_tell(s, "lead-1 looks at F1");
    story_expect(
        s, "far-1 <- OK F1 r1 registered in 110101 by gate-7 sample 4\n"
           "lab-1 <- RECORDED 25\n"
           "lead-1 <- OK match of F1, open, led by lead-1; mother K-1 in "
           "library; match 25 waits\n"
           "far-1 <- OK F1 r1 registered in 110101 by gate-7 sample 4 matched "
           "elsewhere\n"
           "lead-1 <- RECORDED 26\n"
           "lead-1 <- OK F1 r1 identified in 110101 by gate-7 as A1 sample 4 "
           "matched A1\n"
           "lead-1 <- OK F1 r1 identified in 110101 by gate-7 as A1 sample 4 "
           "matched A1\n");
}
END_TEST

/* ---- forgetting ---------------------------------------------------------- */

START_TEST(nobody_seals_a_child_that_is_still_looked_for)
{
    a1_has_a_lead();
    story_tell(s, "gate-1 registers F1");
    story_tell(s, "sz seals F1");
    story_tell(s, "sz identifies F1 as A1");
    story_tell(s, "sz seals F1");
    story_expect(s, "gate-1 <- RECORDED 20\n"
                    "sz <- CONFLICT order.step\n"
                    "sz <- RECORDED 21\n"
                    "sz <- CONFLICT order.step\n");
}
END_TEST

static void f1_is_sealed(void)
{
    story_tell(s, "gate-1 registers F1");
    story_tell(s, "sz closes F1");
    story_tell(s, "sz seals F1");
    story_skip(s);
}

START_TEST(a_sealed_one_is_a_tombstone_and_stays_one)
{
    f1_is_sealed();
    story_tell(s, "sz looks at F1");
    story_tell(s, "sz reopens F1");
    story_tell(s, "gate-1 registers F1");
    story_tell(s, "gate-1 registers F1 as revision 1");
    story_tell(s, "the broker restarts");
    story_tell(s, "sz looks at F1");
    story_expect(s, "sz <- OK F1 r1 sealed in 440305 by gate-1, nothing else\n"
                    "sz <- CONFLICT order.step\n"
                    "gate-1 <- CONFLICT found.found_id\n"
                    /* a minute later it would be other content: the same one */
                    "gate-1 <- DUPLICATE 18\n"
                    "sz <- OK F1 r1 sealed in 440305 by gate-1, nothing "
                    "else\n");
}
END_TEST

START_TEST(sealing_a_case_seals_the_child_that_was_identified_with_it)
{
    a1_is_solved();
    story_tell(s, "gate-1 registers F1");
    story_tell(s, "gate-1 registers F2");
    story_tell(s, "lead-1 identifies F1 as A1");
    story_skip(s);
    story_tell(s, "lead-1 seals A1");
    story_skip(s);
    story_tell(s, "sz lists all found");
    story_expect(s, "sz <- OK F2 r1 registered in 440305 by gate-1, F1 r1 "
                    "sealed in 440305 by gate-1, nothing else\n");
    story_tell(s, "the broker restarts");
    story_tell(s, "sz looks at F1");
    story_expect(s, "sz <- OK F1 r1 sealed in 440305 by gate-1, nothing "
                    "else\n");
}
END_TEST

START_TEST(a_crash_between_the_sealing_and_the_end_of_its_key_changes_nothing)
{
    story_tell(s, "gate-1 registers F1");
    story_tell(s, "sz closes F1");
    story_tell(s, "the disk pauses");
    story_tell(s, "sz seals F1");
    story_skip(s);
    story_tell(s, "the disk crashes");
    story_tell(s, "sz looks at F1");
    story_expect(s, "sz <- OK F1 r1 closed in 440305 by gate-1\n");
    story_tell(s, "sz seals F1");
    story_skip(s);
    story_tell(s, "the broker restarts");
    story_tell(s, "sz looks at F1");
    story_expect(s, "sz <- OK F1 r1 sealed in 440305 by gate-1, nothing "
                    "else\n");
}
END_TEST

START_TEST(
    a_kill_between_the_sealing_and_the_end_of_its_key_ends_it_all_the_same)
{
    story_tell(s, "gate-1 registers F1");
    story_tell(s, "sz closes F1");
    story_tell(s, "the disk pauses");
    story_tell(s, "sz seals F1");
    story_tell(s, "the disk commits unseen");
    story_tell(s, "the disk crashes");
    story_tell(s, "gate-1 beats"); /* whatever comes first */
    story_skip(s);
    /* its key is gone: not even the facts before it tell of the child */
    story_tell(s, "the broker is restored to 18");
    story_tell(s, "gate-1 beats");
    story_skip(s);
    story_tell(s, "sz looks at F1");
    story_expect(s, "sz <- OK F1 r1 sealed in 440305 by gate-1, nothing "
                    "else\n");
}
END_TEST

START_TEST(a_restore_from_before_the_sealing_does_not_bring_it_back)
{
    f1_is_sealed();
    story_tell(s, "the broker is restored to 18");
    story_tell(s, "gate-1 beats"); /* whatever comes first */
    story_skip(s);
    story_tell(s, "sz looks at F1");
    story_expect(s, "sz <- OK F1 r1 sealed in 440305 by gate-1, nothing "
                    "else\n");
}
END_TEST

START_TEST(a_restore_from_before_it_was_registered_knows_that_it_was_sealed)
{
    f1_is_sealed();
    story_tell(s, "the broker is restored to 17");
    story_tell(s, "gate-1 registers F1 as revision 1");
    story_expect(s, "gate-1 <- CONFLICT found.found_id\n");
}
END_TEST

START_TEST(a_case_that_is_forgotten_takes_its_found_child_with_it)
{
    a1_is_solved();
    story_tell(s, "gate-1 registers F1");
    story_tell(s, "lead-1 identifies F1 as A1");
    story_tell(s, "lead-1 seals A1");
    story_skip(s);
    story_tell(s, "the broker is restored to 23");
    story_tell(s, "gate-1 beats");
    story_skip(s);
    story_tell(s, "sz looks at F1");
    story_expect(s, "sz <- OK F1 r1 sealed in 440305 by gate-1, nothing "
                    "else\n");
}
END_TEST

START_TEST(an_order_and_the_sealing_of_its_case_wait_for_each_other)
{
    a1_is_solved();
    story_tell(s, "gate-1 registers F1");
    story_skip(s);
    story_tell(s, "the disk pauses");
    story_tell(s, "lead-1 identifies F1 as A1");
    story_tell(s, "lead-1 seals A1");
    story_tell(s, "gate-1 registers F1");
    story_expect(s, "");
    story_tell(s, "the disk resumes");
    story_expect(s, "lead-1 <- RECORDED 23\n"
                    "lead-1 <- RECORDED 24 sealed, led by lead-1, purged by 0 "
                    "of 3\n"
                    "gate-1 <- CONFLICT found.found_id\n");
    story_tell(s, "sz looks at F1");
    story_expect(s, "sz <- OK F1 r1 sealed in 440305 by gate-1, nothing "
                    "else\n");
}
END_TEST

/* ---- kept ---------------------------------------------------------------- */

START_TEST(what_was_written_down_is_what_the_facts_add_up_to)
{
    uint8_t before[32];
    uint8_t after[32];

    a1_is_solved();
    story_tell(s, "gate-1 registers F1");
    story_tell(s, "gate-1 registers F1 through van");
    story_tell(s, "lead-1 identifies F1 as A1");
    story_tell(s, "sz registers F2");
    story_tell(s, "sz closes F2");
    story_tell(s, "sz seals F2");
    story_tell(s, "sz registers F3");
    story_book(s, before);
    story_tell(s, "the book is written down");
    story_tell(s, "the broker starts from what was written");
    story_book(s, after);
    ck_assert_mem_eq(before, after, sizeof before);
    story_skip(s);
    story_tell(s, "sz registers F3 again");
    story_tell(s, "sz lists all found");
    story_expect(s, "sz <- DUPLICATE 28\n"
                    "sz <- OK F3 r1 registered in 440305 by sz, F2 r1 sealed "
                    "in 440305 by sz, nothing else, F1 r2 identified in "
                    "440305 by gate-1 through van as A1\n");
}
END_TEST

START_TEST(an_order_is_known_again_after_a_start_from_what_was_written)
{
    story_tell(s, "gate-1 registers F1");
    story_tell(s, "sz closes F1");
    story_skip(s);
    story_tell(s, "the book is written down");
    story_tell(s, "the broker starts from what was written");
    story_tell(s, "again");
    story_expect(s, "sz <- DUPLICATE 19\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("found children");
    TCase *registering = tcase_create("registering");
    TCase *likeness = tcase_create("likeness");
    TCase *resolving = tcase_create("resolving");
    TCase *samples = tcase_create("samples");
    TCase *forgetting = tcase_create("forgetting");
    TCase *kept = tcase_create("kept");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(registering, open_story, close_story);
    tcase_add_test(registering,
                   a_registration_that_is_recorded_stays_so_under_another_key);
    tcase_add_test(registering,
                   a_checkpoint_registers_a_found_child_and_its_place_sees_it);
    tcase_add_test(registering,
                   centres_and_officers_register_too_and_nobody_else);
    tcase_add_test(registering,
                   a_gateway_brings_what_others_signed_and_is_named);
    tcase_add_test(
        registering,
        registrations_that_are_large_in_memory_are_listed_like_others);
    tcase_add_test(
        registering,
        registrations_that_are_large_in_memory_are_compared_like_others);
    tcase_add_test(registering, no_more_are_registered_than_can_be_compared);
    tcase_add_test(registering,
                   no_child_is_registered_without_the_institution_that_has_it);
    tcase_add_test(
        registering,
        the_same_registration_is_recorded_once_whichever_way_it_comes);
    tcase_add_test(registering, two_that_are_under_way_at_once_are_one);
    tcase_add_test(
        registering,
        it_is_corrected_by_who_registered_it_or_who_answers_for_the_place);
    tcase_add_test(registering, who_is_elsewhere_does_not_see_it);
    tcase_add_test(registering, a_place_that_nobody_knows_is_refused_in_words);
    tcase_add_test(registering,
                   it_goes_to_where_it_was_found_not_to_where_the_node_is);
    suite_add_tcase(suite, registering);

    tcase_add_checked_fixture(likeness, open_story, close_story);
    tcase_add_test(
        likeness,
        a_found_child_is_compared_with_the_cases_that_are_searched_for);
    tcase_add_test(
        likeness,
        from_the_childs_side_only_cases_that_the_asker_may_see_are_named);
    tcase_add_test(likeness,
                   who_searches_elsewhere_sees_the_child_that_is_likely_theirs);
    tcase_add_test(likeness, a_case_that_is_solved_is_compared_no_more);
    tcase_add_test(likeness, an_expired_alert_is_still_a_case_and_compared);
    tcase_add_test(likeness,
                   the_centre_and_the_lead_hear_that_a_child_is_likely_theirs);
    tcase_add_test(
        likeness,
        a_case_that_is_opened_again_is_told_of_a_child_found_meanwhile);
    tcase_add_test(likeness,
                   a_report_that_fits_a_child_found_before_is_told_of_it);
    suite_add_tcase(suite, likeness);

    tcase_add_checked_fixture(resolving, open_story, close_story);
    tcase_add_test(resolving,
                   only_who_answers_for_the_case_says_that_it_is_its_child);
    tcase_add_test(
        resolving,
        a_child_that_was_found_far_away_is_identified_by_its_own_case);
    tcase_add_test(resolving, an_exercise_is_nobodys_child);
    tcase_add_test(resolving, it_is_closed_and_reopened_by_rank_and_place);
    suite_add_tcase(suite, resolving);

    tcase_add_checked_fixture(samples, open_story, close_story);
    tcase_add_test(samples, a_kit_is_good_once);
    tcase_add_test(samples, two_that_name_one_kit_at_once_do_not_both_get_it);
    tcase_add_test(samples,
                   a_laboratory_elsewhere_does_not_let_a_found_child_go);
    tcase_add_test(
        samples, what_a_laboratory_had_before_it_was_registered_stays_its_own);
    tcase_add_test(samples, a_match_of_its_kit_is_told_on_both_sides);
    suite_add_tcase(suite, samples);

    tcase_add_checked_fixture(forgetting, open_story, close_story);
    tcase_add_test(forgetting, nobody_seals_a_child_that_is_still_looked_for);
    tcase_add_test(forgetting, a_sealed_one_is_a_tombstone_and_stays_one);
    tcase_add_test(forgetting,
                   sealing_a_case_seals_the_child_that_was_identified_with_it);
    tcase_add_test(
        forgetting,
        a_crash_between_the_sealing_and_the_end_of_its_key_changes_nothing);
    tcase_add_test(
        forgetting,
        a_kill_between_the_sealing_and_the_end_of_its_key_ends_it_all_the_same);
    tcase_add_test(forgetting,
                   a_restore_from_before_the_sealing_does_not_bring_it_back);
    tcase_add_test(
        forgetting,
        a_restore_from_before_it_was_registered_knows_that_it_was_sealed);
    tcase_add_test(forgetting,
                   a_case_that_is_forgotten_takes_its_found_child_with_it);
    tcase_add_test(forgetting,
                   an_order_and_the_sealing_of_its_case_wait_for_each_other);
    suite_add_tcase(suite, forgetting);

    tcase_add_checked_fixture(kept, open_story, close_story);
    tcase_add_test(kept, what_was_written_down_is_what_the_facts_add_up_to);
    tcase_add_test(kept,
                   an_order_is_known_again_after_a_start_from_what_was_written);
    suite_add_tcase(suite, kept);

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
