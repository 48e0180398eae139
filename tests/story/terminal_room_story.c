/* A checkpoint's store on a disk with little room, or none. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <check.h>

#include "base/file.h"
#include "hurt_disk.h"
#include "stage.h"

#define SMALL 50000   /* room for any commit, not for a picture */
#define LARGE 1000000 /* for everything */

static struct stage *s;
static struct control *disk;

static void open_disk(void)
{
    static const struct control none;
    const char *folder = getenv("TEST_FOLDER");
    char path[600];
    int fd;

    ck_assert_ptr_nonnull(folder);
    snprintf(path, sizeof path, "%.500s/control", folder);
    ck_assert_int_eq(setenv("TOCSIN_DISK_CONTROL", path, 1), 0);
    ck_assert_int_eq(file_write_quick(path, 0600, &none, sizeof none, NULL),
                     STATUS_OK);
    fd = open(path, O_RDWR | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    disk = mmap(NULL, sizeof none, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ck_assert(disk != MAP_FAILED);
    (void)close(fd);
    /* from here on it is asked */
    ck_assert_int_eq(setenv("TOCSIN_DISK_FOLDER", folder, 1), 0);
}

static void make_room(uint64_t bytes)
{
    disk->hits = HIT_GROWTH;
    disk->error = ENOSPC;
    disk->lasting = 1;
    disk->over = bytes;
    disk->fail_at = 1;
}

static void open_stage(void)
{
    open_disk();
    s = stage_new();
    stage_tell(s, "the line stands");
    stage_tell(s, "the desk answers");
    stage_skip(s);
}

static void close_stage(void)
{
    stage_free(s);
}

static bool heard(const char *words)
{
    return strstr(stage_heard(s), words) != NULL;
}

START_TEST(a_photograph_that_does_not_fit_comes_ten_minutes_later)
{
    make_room(SMALL);
    stage_tell(s, "A1 is issued with a picture");
    stage_tell(s, "the desk answers");
    stage_expect(s, "screen NEW A1 r1\n"
                    "-> HELD A1 r1\n"
                    "-> picture from 0\n"
                    "-> picture from 49152\n"
                    "-> picture from 98304\n");
    ck_assert(!terminal_holding(stage_terminal(s), stage_alert_id("A1"))
                   ->picture_here);
    make_room(LARGE);
    stage_tell(s, "599 s pass");
    stage_tell(s, "the desk answers");
    ck_assert(!heard("-> picture"));
    stage_tell(s, "2 s pass");
    stage_tell(s, "the desk answers");
    ck_assert(heard("-> picture from 0\n"));
    ck_assert(heard("screen PICTURE A1 r1\n"));
    ck_assert(terminal_holding(stage_terminal(s), stage_alert_id("A1"))
                  ->picture_here);
}
END_TEST

START_TEST(a_store_in_memory_stays_there_while_there_is_little_room)
{
    struct store *store = stage_store(s);

    ck_assert_int_eq(store_to_memory(store, NULL), STATUS_OK);
    make_room(SMALL);
    ck_assert(!store_disk_changed(store));
    ck_assert_int_eq(store_to_disk(store, NULL), STATUS_FULL);
    ck_assert(store_in_memory(store));
    make_room(LARGE);
    ck_assert_int_eq(store_to_disk(store, NULL), STATUS_OK);
    ck_assert(!store_in_memory(store));
}
END_TEST

START_TEST(what_an_officer_keeps_beside_a_store_in_memory_takes_it_back)
{
    struct store *store = stage_store(s);

    stage_tell(s, "A1 is issued");
    stage_tell(s, "the desk answers");
    stage_skip(s);
    ck_assert_int_eq(store_to_memory(store, NULL), STATUS_OK);
    make_room(SMALL);
    stage_tell(s, "an officer reports A1");
    stage_expect(s, "");
    ck_assert(store_disk_changed(store));
    ck_assert_int_eq(store_to_disk(store, NULL), STATUS_OK);
    ck_assert(!store_disk_changed(store));
    stage_tell(s, "100 ms pass");
    stage_expect(s, "-> SIGHTING A1 r1\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("terminal: room");
    TCase *t = tcase_create("room");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(t, open_stage, close_stage);
    tcase_add_test(t, a_photograph_that_does_not_fit_comes_ten_minutes_later);
    tcase_add_test(t, a_store_in_memory_stays_there_while_there_is_little_room);
    tcase_add_test(
        t, what_an_officer_keeps_beside_a_store_in_memory_takes_it_back);
    suite_add_tcase(suite, t);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
