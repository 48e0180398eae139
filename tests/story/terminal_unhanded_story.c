/* A checkpoint that hands back, and is held up: by its own disk, by its line,
 * by a key that is taken away for a while. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <sqlite3.h>

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

/* It is here, and the journal that begins does not know it. */
static void lose(const char *name)
{
    char sentence[40];

    snprintf(sentence, sizeof sentence, "%s is issued", name);
    stage_tell(s, sentence);
    stage_tell(s, "the desk answers");
    snprintf(sentence, sizeof sentence, "%s is forgotten", name);
    stage_tell(s, sentence);
    stage_skip(s);
}

static void restore(void)
{
    stage_tell(s, "a new journal begins");
    stage_tell(s, "the line breaks");
    stage_tell(s, "the line stands");
    stage_tell(s, "2 s pass");
    stage_skip(s);
    stage_tell(s, "the desk answers once");
}

static void ask_sql(const char *sql)
{
    char path[600];
    sqlite3 *db;

    snprintf(path, sizeof path, "%s/store.db", stage_folder(s));
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    (void)sqlite3_busy_timeout(db, 5000);
    ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void damage(const char *name)
{
    char sql[200];

    snprintf(sql, sizeof sql,
             "CREATE TABLE whole AS SELECT alert FROM alerts"
             "  WHERE alert_id = '%s';"
             "UPDATE alerts SET alert = x'ff' WHERE alert_id = '%s'",
             stage_alert_id(name), stage_alert_id(name));
    ask_sql(sql);
}

static void heal(const char *name)
{
    char sql[200];

    snprintf(sql, sizeof sql,
             "UPDATE alerts SET alert = (SELECT alert FROM whole)"
             "  WHERE alert_id = '%s'",
             stage_alert_id(name));
    ask_sql(sql);
}

static bool is_held(const char *name)
{
    return terminal_holding(stage_terminal(s), stage_alert_id(name)) != NULL;
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

START_TEST(what_the_disk_does_not_give_for_a_while_goes_back_when_it_does)
{
    struct terminal_standing standing;

    lose("A1");
    lose("A2");
    damage("A1");
    restore();
    stage_expect(s, "-> A2 r1 handed back\n");
    stage_standing(s, &standing);
    ck_assert_uint_le(standing.rejected, 1);
    stage_tell(s, "the desk answers once");
    stage_standing(s, &standing);
    ck_assert_uint_eq(standing.rejected, 1);
    stage_skip(s);
    stage_tell(s, "9 s pass");
    ck_assert_ptr_null(strstr(stage_heard(s), "handed back"));
    heal("A1");
    stage_tell(s, "3 s pass");
    ck_assert_ptr_nonnull(strstr(stage_heard(s), "-> A1 r1 handed back\n"));
    ck_assert(has_the_picture());
    ck_assert(is_held("A1"));
}
END_TEST

START_TEST(what_the_disk_does_not_give_at_all_holds_the_picture_up_for_seconds)
{
    struct terminal_standing standing;

    lose("A1");
    damage("A1");
    restore();
    stage_expect(s, "");
    stage_tell(s, "31 s pass");
    ck_assert_ptr_null(strstr(stage_heard(s), "handed back"));
    ck_assert_ptr_nonnull(strstr(stage_heard(s), "-> sync from the start\n"));
    ck_assert(has_the_picture());
    stage_standing(s, &standing);
    ck_assert_uint_eq(standing.rejected, 1);
}
END_TEST

/* The feed does not bring it, and the broker sends it directly only after up to
 * a minute. */
START_TEST(what_was_missed_without_a_line_does_not_wait_for_what_is_put_off)
{
    lose("A1");
    restore();
    stage_expect(s, "-> A1 r1 handed back\n");
    stage_tell(s, "the desk answers BUSY: in 3 s");
    stage_tell(s, "the line breaks");
    stage_tell(s, "the feed is deaf");
    stage_tell(s, "A2 is issued");
    stage_tell(s, "the feed works");
    stage_skip(s);
    stage_tell(s, "the line stands");
    stage_tell(s, "2 s pass");
    stage_tell(s, "the desk answers once");
    ck_assert_ptr_nonnull(strstr(stage_heard(s), "screen NEW A2 r1\n"));
    ck_assert_ptr_nonnull(strstr(stage_heard(s), "-> A1 r1 handed back\n"));
    stage_skip(s);
    ck_assert(has_the_picture());
    ck_assert(is_held("A1"));
}
END_TEST

START_TEST(what_was_said_again_while_one_is_put_off_is_not_with_each_line)
{
    stage_tell(s, "A2 is issued");
    stage_tell(s, "the desk answers");
    stage_tell(s, "an officer reports A2");
    stage_tell(s, "the desk answers");
    lose("A1");
    restore();
    stage_tell(s, "the desk answers BUSY: in 3 s");
    ck_assert_ptr_nonnull(strstr(stage_heard(s), "-> SIGHTING A2 r1 again\n"));
    stage_tell(s, "the desk answers once");
    stage_tell(s, "the line breaks");
    stage_tell(s, "the line stands");
    stage_tell(s, "2 s pass");
    stage_skip(s);
    stage_tell(s, "the desk answers once");
    ck_assert_ptr_nonnull(strstr(stage_heard(s), "-> A1 r1 handed back"));
    stage_tell(s, "the desk answers BUSY: in 3 s");
    ck_assert_ptr_null(strstr(stage_heard(s), "SIGHTING"));
    stage_tell(s, "4 s pass");
    stage_skip(s);
    ck_assert(has_the_picture());
}
END_TEST

START_TEST(what_was_under_way_when_the_key_was_taken_away_goes_back_afterwards)
{
    lose("A1");
    restore();
    stage_expect(s, "-> A1 r1 handed back\n");
    stage_tell(s, "the desk denies everything");
    stage_tell(s, "the desk is quiet");
    stage_skip(s);
    stage_tell(s, "the node is enrolled anew");
    stage_tell(s, "40 s pass");
    stage_tell(s, "the desk answers");
    ck_assert_ptr_nonnull(strstr(stage_heard(s), "-> A1 r1 handed back\n"));
    stage_skip(s);
    ck_assert(has_the_picture());
    ck_assert(is_held("A1"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("terminal: handing back, held up");
    TCase *t = tcase_create("held up");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(t, open_stage, close_stage);
    tcase_add_test(
        t, what_the_disk_does_not_give_for_a_while_goes_back_when_it_does);
    tcase_add_test(
        t, what_the_disk_does_not_give_at_all_holds_the_picture_up_for_seconds);
    tcase_add_test(
        t, what_was_missed_without_a_line_does_not_wait_for_what_is_put_off);
    tcase_add_test(
        t, what_was_said_again_while_one_is_put_off_is_not_with_each_line);
    tcase_add_test(
        t, what_was_under_way_when_the_key_was_taken_away_goes_back_afterwards);
    suite_add_tcase(suite, t);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
