/* The small picture of a child, which goes out after its alert. */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "story_inside.h"

static struct story *s;

static void open_story(void)
{
    s = story_new();
    story_tell(s, "sz brings picture 1 of A1");
    story_tell(s, "sz reports A1 with picture 1 within 30 showing 7");
}

static void close_story(void)
{
    story_free(s);
}

START_TEST(a_thumbnail_follows_its_alert_and_stays_with_its_picture)
{
    story_tell(s, "sz brings picture 2 of A1");
    story_skip(s);
    story_tell(s, "sz revises A1 with picture 1 within 30");
    story_tell(s, "sz revises A1 with picture 1 within 30 showing 8");
    story_tell(s, "sz revises A1 with picture 2 within 30");
    story_tell(s, "sz revises A1 with picture 2 within 30 showing 9");
    story_tell(s, "sz revises A1 within 30");
    story_expect(s, "feed a/4403/ A1 r2 13 after 12\n"
                    "feed a/4403/ A1 shows 7 of picture 1\n"
                    "sz <- RECORDED 13 2 nodes\n"
                    "feed a/4403/ A1 r3 14 after 13\n"
                    "feed a/4403/ A1 shows 8 of picture 1\n"
                    "sz <- RECORDED 14 2 nodes\n"
                    "feed a/4403/ A1 r4 15 after 14\n"
                    "sz <- RECORDED 15 2 nodes\n"
                    "feed a/4403/ A1 r5 16 after 15\n"
                    "feed a/4403/ A1 shows 9 of picture 2\n"
                    "sz <- RECORDED 16 2 nodes\n"
                    "feed a/4403/ A1 r6 17 after 16\n"
                    "sz <- RECORDED 17 2 nodes\n");
}
END_TEST

/* Until it is put again that is the only face that anybody is shown. */
START_TEST(a_thumbnail_comes_back_also_where_its_picture_is_lost)
{
    story_tell(s, "the broker is restored to 11");
    s->files[0].bytes[s->files[0].size - 1] ^= 1;
    story_skip(s);
    story_tell(s, "gate-1 hands back A1 with picture 1 showing 7");
    story_tell(s, "sz revises A1 with picture 1 within 30");
    story_expect(s, "feed a/4403/ A1 r1 13 after 0\n"
                    "feed a/4403/ A1 shows 7 of picture 1\n"
                    "gate-1 <- RECORDED 13 2 nodes\n"
                    "sz <- INVALID alert.picture\n");
    story_tell(s, "sz brings picture 1 of A1");
    story_skip(s);
    story_tell(s, "sz revises A1 as revision 2 with picture 1 within 30");
    story_expect(s, "feed a/4403/ A1 r2 14 after 13\n"
                    "feed a/4403/ A1 shows 7 of picture 1\n"
                    "sz <- RECORDED 14 2 nodes\n");
}
END_TEST

/* Who hands back may have missed it. */
START_TEST(what_is_handed_back_without_one_keeps_that_of_its_picture)
{
    story_tell(s, "sz revises A1 with picture 1 within 30");
    story_tell(s, "the broker is restored to 12");
    story_skip(s);
    story_tell(s, "gate-1 hands back A1 with picture 1");
    story_expect(s, "feed a/4403/ A1 r2 14 after 12\n"
                    "feed a/4403/ A1 shows 7 of picture 1\n"
                    "gate-1 <- RECORDED 14 2 nodes\n");
}
END_TEST

/* The key of a report without it was chosen before it came: under another one
 * it would not be there, whatever its receipt says. */
START_TEST(a_picture_that_comes_while_its_alert_is_written_is_there)
{
    story_tell(s, "the disk pauses");
    story_tell(s, "sz reports A2 within 30");
    story_skip(s);
    story_tell(s, "sz brings picture 1 of A2");
    story_tell(s, "the disk resumes");
    story_expect(s, "sz <- OK 600 bytes here\n"
                    "sz <- BUSY\n"
                    "feed a/4403/ A2 r1 13 after 12\n"
                    "sz <- RECORDED 13 2 nodes\n");
    story_tell(s, "sz brings picture 1 of A2");
    story_skip(s);
    story_tell(s, "sz revises A2 with picture 1 within 30");
    story_expect(s, "feed a/4403/ A2 r2 14 after 13\n"
                    "sz <- RECORDED 14 2 nodes\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("thumbnails");
    TCase *tcase = tcase_create("thumbnails");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, open_story, close_story);
    tcase_add_test(tcase,
                   a_thumbnail_follows_its_alert_and_stays_with_its_picture);
    tcase_add_test(tcase,
                   a_thumbnail_comes_back_also_where_its_picture_is_lost);
    tcase_add_test(tcase,
                   what_is_handed_back_without_one_keeps_that_of_its_picture);
    tcase_add_test(tcase,
                   a_picture_that_comes_while_its_alert_is_written_is_there);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
