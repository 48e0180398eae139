/* Which logs of SQLite's are whole. Those here are written by SQLite, and then
 * hurt as power cuts and disks hurt them. */
#include "sqlite/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>
#include <sqlite3.h>

#include "base/file.h"

#define HEAD 32
#define FRAME (24 + 4096)
#define LARGE 20000 /* bytes of a row on several pages */
#define SMALL 6000  /* on two, and one more for its table */

static char folder[40];
static char path[60];
static char log_path[64];
static sqlite3 *db;

static void run(const char *sql)
{
    ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, "%s",
                  sqlite3_errmsg(db));
}

/* As the journal is opened; what is in the log stays there. */
static void reopen(void)
{
    (void)sqlite3_close(db);
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(
        sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL),
        SQLITE_OK);
    run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
        "PRAGMA wal_autocheckpoint = 0;"
        "CREATE TABLE IF NOT EXISTS t(a BLOB)");
}

static long log_size(void)
{
    struct stat about;

    ck_assert_int_eq(stat(log_path, &about), 0);
    return about.st_size;
}

/* Gives where its first frame is. */
static long commit(int size)
{
    long at = log_size();
    char sql[80];

    snprintf(sql, sizeof sql, "INSERT INTO t VALUES(randomblob(%d))", size);
    run(sql);
    return at;
}

static void hurt(long at)
{
    FILE *file = fopen(log_path, "r+b");

    ck_assert_ptr_nonnull(file);
    for (long i = at; i < at + 200; i++) {
        int byte;

        ck_assert_int_eq(fseek(file, i, SEEK_SET), 0);
        byte = fgetc(file);
        ck_assert_int_eq(fseek(file, i, SEEK_SET), 0);
        ck_assert_int_ne(fputc(byte ^ 0x55, file), EOF);
    }
    ck_assert_int_eq(fclose(file), 0);
}

static void set_up(void)
{
    strcpy(folder, "/tmp/tocsin-log-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a.db", folder);
    snprintf(log_path, sizeof log_path, "%s-wal", path);
    db = NULL;
    reopen();
    for (int i = 0; i < 5; i++)
        (void)commit(SMALL);
}

static void tear_down(void)
{
    (void)sqlite3_close(db);
    file_clear(folder);
}

static enum status look(void)
{
    struct diag why = {0};
    enum status status;

    (void)sqlite3_close(db);
    db = NULL;
    status = sqlite_log_whole(path, &why);
    if (status != STATUS_OK)
        ck_assert_ptr_nonnull(strstr(why.text, log_path));
    return status;
}

START_TEST(what_nothing_has_hurt_is_whole)
{
    ck_assert_int_eq(look(), STATUS_OK);
    reopen();
    run("PRAGMA wal_checkpoint(FULL)");
    (void)commit(SMALL); /* over the older frames */
    ck_assert_int_eq(look(), STATUS_OK);
}
END_TEST

START_TEST(a_torn_last_commit_was_never_confirmed)
{
    hurt(commit(LARGE));
    ck_assert_int_eq(look(), STATUS_OK);
}
END_TEST

/* The second time before the log was begun anew: behind the shorter one lies
 * the rest of the longer one, with its commit. */
START_TEST(two_power_cuts_in_a_row_are_no_damage)
{
    long at = commit(LARGE);

    (void)sqlite3_close(db);
    db = NULL;
    hurt(at);
    reopen();
    run("INSERT INTO t VALUES(randomblob(6000))"); /* where the other was */
    (void)sqlite3_close(db);
    db = NULL;
    ck_assert_int_eq(look(), STATUS_OK);
    hurt(at);
    ck_assert_int_eq(look(), STATUS_OK);
    reopen();
    run("PRAGMA wal_checkpoint(FULL)");
    (void)sqlite3_close(db);
    db = NULL;
    hurt(0); /* it was to be begun anew */
    ck_assert_int_eq(look(), STATUS_OK);
}
END_TEST

START_TEST(confirmed_commits_behind_a_damaged_page_are_missed)
{
    long at = commit(SMALL);

    (void)commit(SMALL);
    (void)commit(SMALL);
    (void)sqlite3_close(db);
    db = NULL;
    hurt(at + 100);
    ck_assert_int_eq(look(), STATUS_CORRUPT);
}
END_TEST

START_TEST(of_a_damaged_commit_the_next_one_tells)
{
    long at = commit(SMALL);

    at = commit(SMALL);
    (void)sqlite3_close(db);
    db = NULL;
    hurt(at - FRAME + 100); /* the page of the last one that was confirmed */
    ck_assert_int_eq(look(), STATUS_CORRUPT);
}
END_TEST

START_TEST(a_lost_beginning_is_damage_until_all_has_moved)
{
    (void)sqlite3_close(db);
    db = NULL;
    hurt(0);
    ck_assert_int_eq(look(), STATUS_CORRUPT);
    hurt(0); /* as it was */
    ck_assert_int_eq(look(), STATUS_OK);
    reopen();
    run("PRAGMA wal_checkpoint(FULL)");
    (void)sqlite3_close(db);
    db = NULL;
    hurt(0);
    ck_assert_int_eq(look(), STATUS_OK);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("log");
    TCase *tests = tcase_create("log");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, what_nothing_has_hurt_is_whole);
    tcase_add_test(tests, a_torn_last_commit_was_never_confirmed);
    tcase_add_test(tests, two_power_cuts_in_a_row_are_no_damage);
    tcase_add_test(tests, confirmed_commits_behind_a_damaged_page_are_missed);
    tcase_add_test(tests, of_a_damaged_commit_the_next_one_tells);
    tcase_add_test(tests, a_lost_beginning_is_damage_until_all_has_moved);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
