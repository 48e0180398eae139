/* The photograph of a sighting (see kit/story.h). */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "domain/keep.h"
#include "story_inside.h"

static struct story *s;

/* sz has reported A1 (facts up to 12); lead-1 leads the case. */
static void open_story(void)
{
    s = story_new();
    story_tell(s, "administrator enrols lead-1 officer in 440300 rank 3");
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "sz offers A1 to lead-1");
    story_tell(s, "lead-1 accepts A1");
    story_skip(s);
}

static void close_story(void)
{
    story_free(s);
}

START_TEST(an_answer_does_not_wait_for_its_picture)
{
    story_tell(s, "gate-1 sights A1 with picture 1");
    story_tell(s, "sz lists sightings of A1");
    story_tell(s, "sz fetches picture 1 of A1");
    story_expect(s, "gate-1 <- RECORDED 16\n"
                    "sz <- OK sighting 16\n"
                    "sz <- NOT_FOUND hash\n");
}
END_TEST

START_TEST(a_picture_follows_and_is_for_those_who_answer_for_the_child)
{
    story_tell(s, "gate-1 sights A1 with picture 1");
    story_skip(s);
    story_tell(s, "gate-1 brings picture 1 of A1");
    story_tell(s, "sz lists sightings of A1");
    story_tell(s, "sz fetches picture 1 of A1");
    story_tell(s, "lead-1 fetches picture 1 of A1");
    story_tell(s, "gate-1 fetches picture 1 of A1");
    story_tell(s, "van fetches picture 1 of A1");
    story_tell(s, "bj fetches picture 1 of A1");
    story_expect(s, "gate-1 <- OK 600 bytes here\n"
                    "gate-1 <- RECORDED 17 1000 bytes here\n"
                    "sz <- OK sighting 16 pictured\n"
                    "sz <- OK picture of 1000 bytes\n"
                    "lead-1 <- OK picture of 1000 bytes\n"
                    "gate-1 <- NOT_FOUND hash\n"
                    "van <- NOT_FOUND hash\n"
                    "bj <- NOT_FOUND hash\n");
}
END_TEST

START_TEST(who_leaves_the_first_piece_out_has_looked_all_the_same)
{
    story_tell(s, "gate-1 sights A1 with picture 1");
    story_tell(s, "gate-1 brings picture 1 of A1");
    story_skip(s);
    story_tell(s, "sz fetches picture 1 of A1 from 1");
    ck_assert_uint_eq(story_facts(s), 18);
    story_tell(s, "sz fetches picture 1 of A1 from 600");
    ck_assert_uint_eq(story_facts(s), 18);
    story_tell(s, "lead-1 fetches picture 1 of A1 from 600");
    ck_assert_uint_eq(story_facts(s), 19);
    story_tell(s, "sz fetches picture 1 of A1 from 1000");
    story_expect(s, "sz <- OK picture of 1000 bytes\n"
                    "sz <- OK picture of 1000 bytes\n"
                    "lead-1 <- OK picture of 1000 bytes\n"
                    "sz <- NOT_FOUND offset\n");
}
END_TEST

START_TEST(a_picture_is_recorded_once_however_often_it_is_brought)
{
    story_tell(s, "gate-1 sights A1 with picture 1");
    story_tell(s, "gate-1 brings picture 1 of A1");
    story_skip(s);
    story_tell(s, "again");
    story_tell(s, "gate-1 brings picture 1 of A1");
    story_expect(s, "gate-1 <- DUPLICATE 17 1000 bytes here\n"
                    "gate-1 <- DUPLICATE 17 1000 bytes here\n"
                    "gate-1 <- DUPLICATE 17 1000 bytes here\n");
}
END_TEST

START_TEST(nothing_is_told_before_the_disk_has_it)
{
    story_tell(s, "gate-1 sights A1 with picture 1");
    story_skip(s);
    story_tell(s, "the disk pauses");
    story_tell(s, "gate-1 brings picture 1 of A1");
    story_tell(s, "again");
    story_expect(s, "gate-1 <- OK 600 bytes here\n");
    story_tell(s, "the disk resumes");
    story_expect(s, "gate-1 <- RECORDED 17 1000 bytes here\n");
}
END_TEST

START_TEST(a_crash_on_the_way_leaves_it_to_be_brought_again)
{
    story_tell(s, "gate-1 sights A1 with picture 1");
    story_tell(s, "gate-1 brings picture 1 of A1 half");
    story_tell(s, "the disk crashes");
    story_skip(s);
    story_tell(s, "gate-1 brings picture 1 of A1");
    story_tell(s, "the broker restarts");
    story_tell(s, "sz fetches picture 1 of A1");
    story_expect(s, "gate-1 <- OK 600 bytes here\n"
                    "gate-1 <- RECORDED 17 1000 bytes here\n"
                    "sz <- OK picture of 1000 bytes\n");
}
END_TEST

START_TEST(only_who_gave_or_brought_the_answer_brings_its_picture)
{
    story_tell(s, "gate-1 sights A1 through van with picture 1");
    story_skip(s);
    story_tell(s, "gate-2 brings picture 1 of A1 half");
    story_tell(s, "gate-1 brings picture 2 of A1 half");
    story_tell(s, "van brings picture 1 of A1");
    story_expect(s, "gate-2 <- NOT_FOUND picture.hash\n"
                    "gate-1 <- NOT_FOUND picture.hash\n"
                    "van <- OK 600 bytes here\n"
                    "van <- RECORDED 17 1000 bytes here\n");
}
END_TEST

START_TEST(other_bytes_than_the_signed_ones_are_refused)
{
    story_tell(s, "gate-1 sights A1 with picture 1");
    story_skip(s);
    story_tell(s, "gate-1 brings picture 1 of A1 damaged");
    story_tell(s, "gate-1 brings picture 1 of A1");
    story_expect(s, "gate-1 <- OK 600 bytes here\n"
                    "gate-1 <- INVALID picture.hash\n"
                    "gate-1 <- OK 600 bytes here\n"
                    "gate-1 <- RECORDED 17 1000 bytes here\n");
}
END_TEST

START_TEST(only_a_sighting_names_a_picture)
{
    story_tell(s, "gate-1 reads A1 with picture 1");
    story_tell(s, "gate-1 intercepts A1 with picture 1");
    story_expect(s, "gate-1 <- INVALID answer.picture\n"
                    "gate-1 <- RECORDED 16\n");
}
END_TEST

START_TEST(the_same_picture_of_a_second_sighting_is_not_sent_twice)
{
    story_tell(s, "gate-1 sights A1 with picture 1");
    story_tell(s, "gate-1 brings picture 1 of A1");
    story_tell(s, "gate-1 sights A1 with picture 1");
    story_skip(s);
    story_tell(s, "gate-1 brings picture 1 of A1 half");
    story_tell(s, "sz lists sightings of A1");
    story_expect(s, "gate-1 <- RECORDED 19 1000 bytes here\n"
                    "sz <- OK sighting 18 pictured, sighting 16 pictured\n");
}
END_TEST

START_TEST(a_node_has_few_uploads_at_once_and_centres_keep_theirs)
{
    story_tell(s, "gate-1 sights A1 with picture 1");
    story_tell(s, "gate-1 sights A1 with picture 2");
    story_tell(s, "gate-1 sights A1 with picture 3");
    story_skip(s);
    story_tell(s, "gate-1 brings picture 1 of A1 half");
    story_tell(s, "gate-1 brings picture 2 of A1 half");
    story_tell(s, "gate-1 brings picture 3 of A1 half");
    story_tell(s, "sz brings picture 4 of A1");
    story_tell(s, "130 s pass");
    story_tell(s, "gate-1 brings picture 3 of A1 half");
    story_expect(s, "gate-1 <- OK 600 bytes here\n"
                    "gate-1 <- OK 600 bytes here\n"
                    "gate-1 <- BUSY\n"
                    "sz <- OK 600 bytes here\n"
                    "sz <- OK 1000 bytes here\n"
                    "gate-1 <- OK 600 bytes here\n");
}
END_TEST

/* On a slow disk, say: the desk does nothing else meanwhile. */
START_TEST(who_asks_for_what_takes_long_waits_longer)
{
    story_tell(s, "gate-1 sights A1 with picture 1");
    story_tell(s, "gate-1 brings picture 1 of A1");
    story_tell(s, "gate-1 sights A1 with picture 2");
    story_tell(s, "gate-1 brings picture 2 of A1");
    story_skip(s);
    story_tell(s, "pictures take 200 ms");
    story_tell(s, "sz fetches picture 1 of A1");
    story_tell(s, "sz fetches picture 2 of A1");
    story_tell(s, "lead-1 fetches picture 2 of A1");
    story_expect(s, "sz <- OK picture of 1000 bytes\n"
                    "sz <- BUSY\n"
                    "lead-1 <- OK picture of 1000 bytes\n");
}
END_TEST

START_TEST(its_coming_is_told_to_who_follows)
{
    story_tell(s, "gate-1 sights A1 with picture 1");
    story_skip(s);
    story_tell(s, "sz follows");
    story_tell(s, "gate-1 brings picture 1 of A1");
    story_tell(s, "1 s pass");
    story_expect(s, "gate-1 <- OK 600 bytes here\n"
                    "gate-1 <- RECORDED 17 1000 bytes here\n"
                    "sz <- OK pictured sighting 16 of A1 by gate-1\n");
}
END_TEST

START_TEST(it_outlives_the_alert_and_ends_with_the_case)
{
    story_tell(s, "gate-1 sights A1 with picture 1");
    story_tell(s, "gate-1 sights A1 with picture 2");
    story_tell(s, "gate-1 brings picture 1 of A1");
    story_tell(s, "gate-1 brings picture 2 of A1 half");
    story_tell(s, "sz withdraws A1");
    story_skip(s);
    story_tell(s, "sz fetches picture 1 of A1");
    story_tell(s, "lead-1 solves A1 as returned");
    story_tell(s, "lead-1 seals A1");
    story_skip(s);
    story_tell(s, "sz fetches picture 1 of A1");
    story_tell(s, "gate-1 brings picture 2 of A1");
    story_tell(s, "the broker restarts");
    story_tell(s, "sz fetches picture 1 of A1");
    story_expect(s, "sz <- NOT_FOUND hash\n"
                    "gate-1 <- CONFLICT alert_id\n"
                    "gate-1 <- CONFLICT alert_id\n"
                    "sz <- NOT_FOUND hash\n");
}
END_TEST

START_TEST(a_start_from_a_snapshot_knows_what_is_still_to_come)
{
    story_tell(s, "gate-1 sights A1 with picture 1");
    story_tell(s, "gate-1 sights A1 with picture 2");
    story_tell(s, "gate-1 brings picture 1 of A1");
    story_tell(s, "the book is written down");
    story_tell(s, "the broker starts from what was written");
    story_skip(s);
    story_tell(s, "sz lists sightings of A1");
    story_tell(s, "gate-1 brings picture 1 of A1 half");
    story_tell(s, "gate-1 brings picture 2 of A1");
    story_expect(s, "sz <- OK sighting 17, sighting 16 pictured\n"
                    "gate-1 <- DUPLICATE 18 1000 bytes here\n"
                    "gate-1 <- OK 600 bytes here\n"
                    "gate-1 <- RECORDED 19 1000 bytes here\n");
}
END_TEST

START_TEST(a_look_from_where_the_alert_did_not_go_is_recorded_and_marked)
{
    story_tell(s, "gate-1 views A1");
    story_tell(s, "gate-3 views A1");
    story_tell(s, "the book is written down");
    story_tell(s, "the broker starts from what was written");
    story_tell(s, "sz lists looks of A1");
    story_expect(s, "gate-1 <- RECORDED 16\n"
                    "gate-3 <- RECORDED 17\n"
                    "sz <- OK 1 of gate-3 from outside, 1 of gate-1, "
                    "2 in all\n");
}
END_TEST

/* All stay in the journal, and in their number. */
START_TEST(looks_from_outside_push_out_no_others)
{
    for (int i = 0; i < 40; i++) {
        story_tell(s, "gate-1 views A1");
        story_tell(s, "15 s pass");
    }
    for (int i = 0; i < 40; i++) {
        story_tell(s, "gate-3 views A1");
        story_tell(s, "15 s pass");
    }
    story_skip(s);
    story_tell(s, "sz lists looks of A1");
    story_tell(s, "gate-1 views A1");
    story_tell(s, "sz lists looks of A1");
    story_expect(s, "sz <- OK 32 of gate-3 from outside, 32 of gate-1, "
                    "80 in all\n"
                    "gate-1 <- RECORDED 96\n"
                    "sz <- OK 1 of gate-1, 32 of gate-3 from outside, "
                    "31 of gate-1, 81 in all\n");
}
END_TEST

static void a2_is_sealed(void)
{
    story_tell(s, "sz offers A2 to lead-1");
    story_tell(s, "lead-1 accepts A2");
    story_tell(s, "sz withdraws A2");
    story_tell(s, "lead-1 solves A2 as returned");
    story_tell(s, "lead-1 seals A2");
}

static bool is_replaced(size_t at)
{
    for (size_t i = at + 1; i < s->file_count; i++) {
        if (strcmp(s->files[i].name, s->files[at].name) == 0)
            return true;
    }
    return false;
}

/* With any key that is left. */
static size_t count_readable(void)
{
    size_t count = 0;

    for (size_t i = 0; i < s->file_count; i++) {
        const struct paper_file *file = &s->files[i];
        uint8_t *plain = must_calloc(1, file->size);

        count += !is_replaced(i) &&
                 vault_open(s->vault, file->bytes, file->bytes + KEY_ID_SIZE,
                            file->size - KEY_ID_SIZE, plain);
        free(plain);
    }
    return count;
}

START_TEST(each_picture_of_an_alert_ends_with_its_case)
{
    story_tell(s, "sz brings picture 1 of A2");
    story_tell(s, "sz brings picture 2 of A2");
    story_tell(s, "sz reports A2 within 30 with picture 1");
    story_skip(s);
    story_tell(s, "sz revises A2 within 30 with picture 2");
    story_expect(s, "sz <- INVALID alert.picture\n");
    story_tell(s, "sz brings picture 2 of A2");
    story_skip(s);
    story_tell(s, "sz revises A2 within 30 revision 2 with picture 2");
    ck_assert_ptr_nonnull(strstr(story_heard(s), "sz <- RECORDED"));
    ck_assert_uint_eq(count_readable(), 2);
    a2_is_sealed();
    ck_assert_uint_eq(count_readable(), 0);
}
END_TEST

/* Put before the report, with a key of its own. */
START_TEST(a_picture_that_nobody_named_ends_with_its_case)
{
    story_tell(s, "sz brings picture 1 of A2");
    story_tell(s, "sz brings picture 2 of A2");
    story_tell(s, "sz reports A2 within 30 with picture 1");
    ck_assert_uint_eq(count_readable(), 2);
    a2_is_sealed();
    ck_assert_uint_eq(count_readable(), 0);
}
END_TEST

/* A restore has lost its alert; its centre does not know yet that it is sealed.
 */
START_TEST(no_picture_of_a_sealed_case_is_put_again)
{
    story_tell(s, "sz withdraws A1");
    story_tell(s, "lead-1 solves A1 as returned");
    story_tell(s, "lead-1 seals A1");
    story_tell(s, "the journal is restored to 12");
    story_skip(s);
    story_tell(s, "sz brings picture 1 of A1");
    story_expect(s, "sz <- INVALID alert_id\n"
                    "sz <- INVALID alert_id\n");
    ck_assert_uint_eq(count_readable(), 0);
}
END_TEST

START_TEST(a_picture_put_while_its_alert_was_on_its_way_to_the_disk_does_too)
{
    story_tell(s, "the disk pauses");
    story_tell(s, "sz reports A2 within 30");
    story_tell(s, "sz brings picture 2 of A2");
    story_tell(s, "the disk resumes");
    story_tell(s, "sz brings picture 2 of A2");
    story_tell(s, "sz revises A2 within 30 with picture 2");
    ck_assert_uint_eq(count_readable(), 1);
    a2_is_sealed();
    ck_assert_uint_eq(count_readable(), 0);
}
END_TEST

START_TEST(a_picture_that_was_damaged_on_the_disk_is_put_again)
{
    story_tell(s, "sz brings picture 1 of A2");
    s->files[0].bytes[s->files[0].size - 1] ^= 1;
    story_skip(s);
    story_tell(s, "sz reports A2 within 30 with picture 1");
    story_expect(s, "sz <- INVALID alert.picture\n");
    story_tell(s, "sz brings picture 1 of A2");
    story_skip(s);
    story_tell(s, "sz reports A2 within 30 with picture 1");
    ck_assert_ptr_nonnull(strstr(story_heard(s), "sz <- RECORDED"));
}
END_TEST

/* Its node was not told before it got another key. */
START_TEST(an_answer_that_is_recorded_stays_so_under_another_key)
{
    const uint8_t *last;
    uint8_t *bytes;
    size_t size;

    story_tell(s, "gate-1 sights A1 with picture 1");
    last = story_last_request(s, &size);
    bytes = must_memdup(last, size);
    story_tell(s, "administrator rekeys gate-1");
    story_skip(s);
    story_throw(s, "gate-1", bytes, size);
    story_tell(s, "gate-1 brings picture 1 of A1");
    story_expect(s, "gate-1 <- DUPLICATE 16\n"
                    "gate-1 <- OK 600 bytes here\n"
                    "gate-1 <- RECORDED 18 1000 bytes here\n");
    free(bytes);
}
END_TEST

/* Its node was not told before the case was sealed. */
START_TEST(an_answer_that_is_recorded_stays_so_when_its_case_is_sealed)
{
    const uint8_t *last;
    uint8_t *bytes;
    size_t size;

    story_tell(s, "gate-1 sights A1");
    last = story_last_request(s, &size);
    bytes = must_memdup(last, size);
    story_tell(s, "sz withdraws A1");
    story_tell(s, "lead-1 solves A1 as returned");
    story_tell(s, "lead-1 seals A1");
    story_skip(s);
    story_throw(s, "gate-1", bytes, size);
    story_tell(s, "gate-1 sights A1");
    story_expect(s, "gate-1 <- DUPLICATE 16\n"
                    "gate-1 <- CONFLICT answer.alert_id\n");
    free(bytes);
}
END_TEST

START_TEST(an_answer_on_its_way_to_the_disk_is_awaited_under_another_key)
{
    struct keypair *key = &story_actor(s, "gate-1")->bundle.key;
    struct keypair before = *key;
    struct keypair after;
    const uint8_t *last;
    uint8_t *bytes;
    size_t size;

    story_tell(s, "the disk pauses");
    story_tell(s, "administrator rekeys gate-1");
    after = *key;
    *key = before;
    story_tell(s, "gate-1 sights A1 with picture 1");
    last = story_last_request(s, &size);
    bytes = must_memdup(last, size);
    *key = after;
    story_tell(s, "the disk commits one");
    story_skip(s);
    story_throw(s, "gate-1", bytes, size);
    story_expect(s, "");
    story_tell(s, "the disk resumes");
    story_expect(s, "gate-1 <- RECORDED 17\n"
                    "gate-1 <- RECORDED 17\n");
    free(bytes);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pictures of sightings");
    TCase *pictures = tcase_create("pictures");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(pictures, open_story, close_story);
    tcase_add_test(pictures, an_answer_does_not_wait_for_its_picture);
    tcase_add_test(pictures,
                   a_picture_follows_and_is_for_those_who_answer_for_the_child);
    tcase_add_test(pictures,
                   a_picture_is_recorded_once_however_often_it_is_brought);
    tcase_add_test(pictures,
                   who_leaves_the_first_piece_out_has_looked_all_the_same);
    tcase_add_test(pictures, nothing_is_told_before_the_disk_has_it);
    tcase_add_test(pictures, a_crash_on_the_way_leaves_it_to_be_brought_again);
    tcase_add_test(pictures,
                   only_who_gave_or_brought_the_answer_brings_its_picture);
    tcase_add_test(pictures, other_bytes_than_the_signed_ones_are_refused);
    tcase_add_test(pictures, only_a_sighting_names_a_picture);
    tcase_add_test(pictures,
                   the_same_picture_of_a_second_sighting_is_not_sent_twice);
    tcase_add_test(pictures,
                   a_node_has_few_uploads_at_once_and_centres_keep_theirs);
    tcase_add_test(pictures, who_asks_for_what_takes_long_waits_longer);
    tcase_add_test(pictures, its_coming_is_told_to_who_follows);
    tcase_add_test(pictures, it_outlives_the_alert_and_ends_with_the_case);
    tcase_add_test(pictures,
                   a_start_from_a_snapshot_knows_what_is_still_to_come);
    tcase_add_test(
        pictures,
        a_look_from_where_the_alert_did_not_go_is_recorded_and_marked);
    tcase_add_test(pictures, looks_from_outside_push_out_no_others);
    tcase_add_test(pictures, each_picture_of_an_alert_ends_with_its_case);
    tcase_add_test(pictures, a_picture_that_nobody_named_ends_with_its_case);
    tcase_add_test(pictures, no_picture_of_a_sealed_case_is_put_again);
    tcase_add_test(
        pictures,
        a_picture_put_while_its_alert_was_on_its_way_to_the_disk_does_too);
    tcase_add_test(pictures,
                   a_picture_that_was_damaged_on_the_disk_is_put_again);
    tcase_add_test(pictures,
                   an_answer_that_is_recorded_stays_so_under_another_key);
    tcase_add_test(
        pictures,
        an_answer_on_its_way_to_the_disk_is_awaited_under_another_key);
    tcase_add_test(pictures,
                   an_answer_that_is_recorded_stays_so_when_its_case_is_sealed);
    suite_add_tcase(suite, pictures);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
