/* Handhelds that are invited with a code: who may use it, until when, and what
 * ends it (see kit/story.h). */
#include <stdlib.h>

#include <check.h>

#include "story.h"

static struct story *s;

static void open_story(void)
{
    s = story_new();
    story_tell(s, "administrator enrols far gateway in 110101");
    story_skip(s);
}

static void close_story(void)
{
    story_free(s);
}

START_TEST(a_code_is_good_once_and_the_newest_alone)
{
    story_tell(s, "administrator invites h-1 to van with code 1");
    story_tell(s, "administrator invites h-1 to van with code 2");
    story_tell(s, "van claims h-1 with code 1");
    story_tell(s, "van claims h-1 with code 2");
    story_tell(s, "van claims h-1 with code 2");
    story_tell(s, "van claims h-1 with code 2 anew");
    story_expect(s, "administrator <- RECORDED 13\n"
                    "administrator <- RECORDED 14\n"
                    "van <- DENIED claim\n"
                    "van <- RECORDED 15\n"
                    "van <- DUPLICATE 15\n"
                    "van <- DENIED claim\n");
}
END_TEST

START_TEST(a_code_ends_with_its_time)
{
    story_tell(s, "administrator invites h-1 to van for 60");
    story_tell(s, "61 s pass");
    story_skip(s);
    story_tell(s, "van claims h-1");
    story_tell(s, "administrator revokes h-1");
    story_expect(s, "van <- DENIED claim\n"
                    "administrator <- NOT_FOUND id\n");
}
END_TEST

/* Lost or photographed on its way to the officer. */
START_TEST(a_code_that_was_not_used_can_be_withdrawn)
{
    story_tell(s, "administrator invites h-1 to van with code 1");
    story_tell(s, "administrator invites h-2 to van with code 2");
    story_tell(s, "administrator revokes h-1");
    story_tell(s, "van claims h-1 with code 1");
    story_tell(s, "administrator revokes h-1");
    story_tell(s, "van claims h-2 with code 2");
    story_expect(s, "administrator <- RECORDED 13\n"
                    "administrator <- RECORDED 14\n"
                    "administrator <- RECORDED 15\n"
                    "van <- DENIED claim\n"
                    "administrator <- NOT_FOUND id\n"
                    "van <- RECORDED 16\n");
    story_tell(s, "administrator invites h-1 to van with code 3");
    story_tell(s, "van claims h-1 with code 3");
    story_expect(s, "administrator <- RECORDED 17\n"
                    "van <- RECORDED 18\n");
}
END_TEST

START_TEST(the_new_code_of_one_that_is_revoked_can_be_withdrawn)
{
    story_tell(s, "administrator invites h-1 to van with code 1");
    story_tell(s, "van claims h-1 with code 1");
    story_tell(s, "administrator revokes h-1");
    story_tell(s, "administrator revokes h-1");
    story_tell(s, "administrator invites h-1 to van with code 2 anew");
    story_tell(s, "administrator revokes h-1");
    story_tell(s, "van claims h-1 with code 2 anew");
    story_expect(s, "administrator <- RECORDED 13\n"
                    "van <- RECORDED 14\n"
                    "administrator <- RECORDED 15\n"
                    "administrator <- CONFLICT id\n"
                    "administrator <- RECORDED 16\n"
                    "administrator <- RECORDED 17\n"
                    "van <- DENIED claim\n");
}
END_TEST

START_TEST(what_was_withdrawn_stays_so_through_restarts_and_snapshots)
{
    story_tell(s, "administrator invites h-1 to van with code 1");
    story_tell(s, "administrator revokes h-1");
    story_tell(s, "the broker restarts");
    story_skip(s);
    story_tell(s, "van claims h-1 with code 1");
    story_expect(s, "van <- DENIED claim\n");
    story_tell(s, "the book is written down");
    story_tell(s, "the broker starts from what was written");
    story_skip(s);
    story_tell(s, "van claims h-1 with code 1");
    story_expect(s, "van <- DENIED claim\n");
}
END_TEST

START_TEST(what_was_withdrawn_stays_so_when_the_clock_jumps_back)
{
    story_tell(s, "administrator invites h-1 to van with code 1");
    story_tell(s, "administrator revokes h-1");
    story_tell(s, "the clock jumps -1800 s");
    story_skip(s);
    story_tell(s, "van claims h-1 with code 1");
    story_expect(s, "van <- DENIED claim\n");
}
END_TEST

/* It was to have another key, and is stolen: who finds the code in its mail
 * must not come in with it. */
START_TEST(who_is_revoked_does_not_come_back_with_an_earlier_code)
{
    story_tell(s, "administrator invites h-1 to van with code 1");
    story_tell(s, "van claims h-1 with code 1");
    story_tell(s, "administrator invites h-1 to van with code 2 anew");
    story_tell(s, "administrator revokes h-1");
    story_skip(s);
    story_tell(s, "van claims h-1 with code 2 anew");
    story_tell(s, "administrator invites h-1 to van with code 3 anew");
    story_tell(s, "van claims h-1 with code 3 anew");
    story_expect(s, "van <- DENIED claim\n"
                    "administrator <- RECORDED 17\n"
                    "van <- RECORDED 18\n");
}
END_TEST

/* h-1 waits at a gateway of another province. */
START_TEST(nobody_ends_or_replaces_a_code_of_another_jurisdiction)
{
    story_tell(s, "administrator invites h-1 to van with code 1");
    story_skip(s);
    story_tell(s, "admin-bj invites h-1 to far with code 2");
    story_tell(s, "admin-bj revokes h-1");
    story_tell(s, "van claims h-1 with code 1");
    story_expect(s, "admin-bj <- DENIED device\n"
                    "admin-bj <- DENIED device\n"
                    "van <- RECORDED 14\n");
}
END_TEST

START_TEST(a_claim_under_way_and_the_end_of_its_code_come_one_after_the_other)
{
    story_tell(s, "administrator invites h-1 to van with code 1");
    story_skip(s);
    story_tell(s, "the disk pauses");
    story_tell(s, "van claims h-1 with code 1");
    story_tell(s, "administrator revokes h-1");
    story_expect(s, "");
    story_tell(s, "the disk resumes");
    story_tell(s, "van claims h-1 with code 1");
    story_expect(s, "van <- RECORDED 14\n"
                    "administrator <- RECORDED 15\n"
                    "van <- DENIED claim\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("invited");
    TCase *tests = tcase_create("codes");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tests, open_story, close_story);
    tcase_add_test(tests, a_code_is_good_once_and_the_newest_alone);
    tcase_add_test(tests, a_code_ends_with_its_time);
    tcase_add_test(tests, a_code_that_was_not_used_can_be_withdrawn);
    tcase_add_test(tests, the_new_code_of_one_that_is_revoked_can_be_withdrawn);
    tcase_add_test(tests,
                   what_was_withdrawn_stays_so_through_restarts_and_snapshots);
    tcase_add_test(tests,
                   what_was_withdrawn_stays_so_when_the_clock_jumps_back);
    tcase_add_test(tests,
                   who_is_revoked_does_not_come_back_with_an_earlier_code);
    tcase_add_test(tests,
                   nobody_ends_or_replaces_a_code_of_another_jurisdiction);
    tcase_add_test(
        tests,
        a_claim_under_way_and_the_end_of_its_code_come_one_after_the_other);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
