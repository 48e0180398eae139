/* Which pictures are swept out of a home. */
#define _GNU_SOURCE
#include "tocsind/sweep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "base/clock.h"
#include "base/file.h"
#include "domain/apply_parts.h"

#define DAY_MS (24LL * 3600 * 1000)

static const char id[] = "01AAAAAAAAAAAAAAAAAAAAAAAA";
static char folder[40];
static struct book *book;
static struct testimony testimony;

/* A picture of the alert whose hash is all this byte. */
static char *path_of(uint8_t byte)
{
    static char path[200];
    char hex[65];
    uint8_t hash[32];

    memset(hash, byte, sizeof hash);
    snprintf(path, sizeof path, "%s/%s-%s", folder, id,
             hex_encode(hex, hash, sizeof hash));
    return path;
}

static void set_up(void)
{
    struct alert *alert;

    strcpy(folder, "/tmp/tocsin-sweep-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    book = book_new(NULL);
    alert = apply_add_alert(book, id, "440305-2026-000001");
    alert->has_picture = true;
    memset(alert->picture, 1, sizeof alert->picture);
    testimony.has_picture = true;
    memset(testimony.picture, 2, sizeof testimony.picture);
    alert->answers = &testimony;
    alert->answer_count = 1;
    for (uint8_t byte = 1; byte <= 3; byte++)
        ck_assert_int_eq(file_write(path_of(byte), 0600, "x", 1, NULL), 0);
}

static void tear_down(void)
{
    book->alerts[0]->answers = NULL;
    book->alerts[0]->answer_count = 0;
    book_free(book);
    file_clear(folder);
}

START_TEST(what_an_alert_or_a_sighting_shows_stays)
{
    ck_assert_uint_eq(
        sweep_pictures(folder, book, clock_wall_ms() + 2 * DAY_MS), 1);
    ck_assert_int_eq(access(path_of(1), F_OK), 0);
    ck_assert_int_eq(access(path_of(2), F_OK), 0);
    ck_assert_int_ne(access(path_of(3), F_OK), 0);
}
END_TEST

START_TEST(what_is_put_before_its_report_stays_for_a_day)
{
    ck_assert_uint_eq(
        sweep_pictures(folder, book, clock_wall_ms() + DAY_MS / 2), 0);
    ck_assert_int_eq(access(path_of(3), F_OK), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sweep");
    TCase *tests = tcase_create("sweep");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, what_an_alert_or_a_sighting_shows_stays);
    tcase_add_test(tests, what_is_put_before_its_report_stays_for_a_day);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
