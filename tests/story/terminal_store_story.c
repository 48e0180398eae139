/* What a checkpoint's store keeps, from whom, and what it forgets. */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>
#include <sqlite3.h>

#include "base/file.h"
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

static void a1_is_here(void)
{
    stage_tell(s, "A1 is issued with a picture");
    stage_tell(s, "the desk answers");
    stage_skip(s);
}

static void path_in_store(char out[600], const char *name)
{
    snprintf(out, 600, "%s/%s", stage_folder(s), name);
}

static mode_t mode_of(const char *name)
{
    char path[600];
    struct stat facts;

    path_in_store(path, name);
    ck_assert_int_eq(stat(path, &facts), 0);
    return facts.st_mode & 0777;
}

/* ---- whose it is ---- */

START_TEST(nobody_else_on_the_machine_can_read_it)
{
    a1_is_here();
    ck_assert_int_eq(mode_of("."), 0700);
    ck_assert_int_eq(mode_of("store.db"), 0600);
    ck_assert_int_eq(mode_of("store.db-wal"), 0600);
    ck_assert_int_eq(mode_of("daemon"), 0600);
    ck_assert_int_eq(mode_of("pictures"), 0700);
}
END_TEST

START_TEST(the_store_of_another_node_is_refused)
{
    struct store_owner stranger = {"gate-2", "440305", NULL, NULL};
    struct store *store;
    struct diag why = {0};

    ck_assert_int_eq(store_open(&store, stage_folder(s), &stranger, &why),
                     STATUS_REFUSED);
    ck_assert_ptr_null(store);
    ck_assert_ptr_nonnull(strstr(why.text, "store of gate-1, not of gate-2"));
}
END_TEST

START_TEST(two_daemons_cannot_have_the_same_store)
{
    struct store_owner owner = {"gate-1", "440305", NULL, NULL};
    struct store *store;

    ck_assert_int_eq(store_open(&store, stage_folder(s), &owner, NULL),
                     STATUS_OK);
    ck_assert(store_running(store));
    ck_assert_int_eq(store_lock(store, NULL), STATUS_REFUSED);
    store_close(store);
}
END_TEST

/* ---- what it keeps ---- */

START_TEST(an_alert_survives_the_daemon_and_is_not_told_again)
{
    a1_is_here();
    stage_tell(s, "the terminal restarts");
    stage_expect(s, "");
    ck_assert(holding_on_screen(
        terminal_holding(stage_terminal(s), stage_alert_id("A1")),
        stage_now(s).wall_ms));
}
END_TEST

static void ask_sql(const char *sql)
{
    char path[600];
    sqlite3 *db;

    path_in_store(path, "store.db");
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    (void)sqlite3_busy_timeout(db, 5000);
    ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

START_TEST(an_alert_stored_before_a_crash_but_not_told_is_told_at_the_start)
{
    a1_is_here();
    ask_sql("UPDATE alerts SET announced = 0");
    stage_tell(s, "the terminal restarts");
    stage_expect(s, "screen NEW A1 r1\n");
}
END_TEST

START_TEST(an_alert_that_ended_while_no_daemon_ran_is_taken_off_at_the_start)
{
    a1_is_here();
    ask_sql("UPDATE alerts SET expires_ms = 1");
    stage_tell(s, "the terminal restarts");
    stage_expect(s, "screen ENDED A1 r1\n");
}
END_TEST

START_TEST(a_document_damaged_in_the_store_is_not_shown_and_comes_anew)
{
    a1_is_here();
    stage_tell(s, "a beacon comes");
    ask_sql("UPDATE alerts SET alert = substr(alert, 1, 40) ||"
            " x'00' || substr(alert, 42)");
    stage_tell(s, "the terminal restarts");
    stage_expect_begins(s, "document.refused: ");
    ck_assert_ptr_null(
        terminal_holding(stage_terminal(s), stage_alert_id("A1")));
    stage_tell(s, "the line stands");
    stage_tell(s, "the desk answers");
    stage_expect_begins(s, "-> heartbeat\n"
                           "-> keys\n"
                           "-> sync from the start\n"
                           "screen NEW A1 r1\n");
}
END_TEST

/* Its state ends before the mark of the journal's line. */
START_TEST(a_store_of_a_version_without_marks_keeps_its_place)
{
    a1_is_here();
    stage_tell(s, "a beacon comes");
    stage_tell(s, "60 s pass");
    ask_sql("UPDATE state SET bytes = substr(bytes, 1, length(bytes) - 16)");
    stage_tell(s, "the terminal restarts");
    stage_tell(s, "the desk is quiet");
    stage_skip(s);
    stage_tell(s, "the line stands");
    stage_expect_begins(s, "-> heartbeat\n"
                           "-> keys\n"
                           "-> sync after 12\n");
}
END_TEST

START_TEST(an_older_revision_stays_off_after_a_restart)
{
    a1_is_here();
    stage_tell(s, "A1 is withdrawn");
    stage_tell(s, "the desk answers");
    stage_tell(s, "the terminal restarts");
    stage_tell(s, "the line stands");
    stage_tell(s, "the desk answers");
    stage_skip(s);
    stage_tell(s, "A1 comes again as first issued");
    stage_expect(s, "");
}
END_TEST

/* The disk is full: whatever cannot be written must not be answered. */
START_TEST(what_cannot_be_stored_is_neither_told_nor_answered)
{
    struct rlimit no_room = {4096, 4096};
    struct diag why = {0};
    struct feed_frames frames;

    stage_tell(s, "the feed is deaf");
    stage_tell(s, "A1 is issued");
    stage_skip(s);
    frames.topic = (struct blob){(const uint8_t *)"a/4403/", 7};
    frames.body = stage_last_feed(s);
    (void)signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &no_room), 0);
    terminal_feed(stage_terminal(s), &frames, stage_now(s));
    ck_assert_int_eq(terminal_settle(stage_terminal(s), stage_now(s), &why),
                     STATUS_DISK);
    stage_expect(s, "");
    ck_assert_int_eq(terminal_settle(stage_terminal(s), stage_now(s), &why),
                     STATUS_DISK);
    stage_expect(s, "");
}
END_TEST

/* ---- what it forgets ---- */

static bool file_holds(const char *name, const char *words)
{
    char path[600];
    uint8_t *bytes;
    size_t size;
    bool found = false;

    path_in_store(path, name);
    if (file_read(path, 64 << 20, &bytes, &size, NULL) != STATUS_OK)
        return false;
    for (size_t i = 0; i + strlen(words) <= size && !found; i++)
        found = memcmp(bytes + i, words, strlen(words)) == 0;
    free(bytes);
    return found;
}

static unsigned pictures(void)
{
    char path[600];
    unsigned count = 0;
    DIR *folder;

    path_in_store(path, "pictures");
    folder = opendir(path);
    ck_assert_ptr_nonnull(folder);
    while (readdir(folder) != NULL)
        count++;
    (void)closedir(folder);
    return count - 2;
}

START_TEST(a_day_after_the_end_no_word_and_no_picture_of_the_child_is_left)
{
    a1_is_here();
    ck_assert(file_holds("store.db-wal", "Lele"));
    ck_assert_uint_eq(pictures(), 1);
    stage_tell(s, "A1 is withdrawn");
    stage_tell(s, "23 h pass");
    ck_assert(file_holds("store.db-wal", "Lele") ||
              file_holds("store.db", "Lele"));
    stage_tell(s, "2 h pass");
    ck_assert(!file_holds("store.db", "Lele"));
    ck_assert(!file_holds("store.db-wal", "Lele"));
    ck_assert_uint_eq(pictures(), 0);
    stage_skip(s);
    stage_tell(s, "A1 comes again as first issued");
    stage_expect(s, "");
}
END_TEST

START_TEST(a_picture_that_no_alert_shows_any_more_is_removed)
{
    char path[600];

    a1_is_here();
    ck_assert_uint_eq(pictures(), 1);
    stage_tell(s, "A1 is revised without a picture");
    ck_assert_uint_eq(pictures(), 0);
    path_in_store(path, "pictures/left-by-a-crash.jpg.AbCdEf");
    ck_assert_int_eq(file_write(path, 0600, "x", 1, NULL), STATUS_OK);
    stage_tell(s, "the terminal restarts");
    ck_assert_uint_eq(pictures(), 0);
}
END_TEST

START_TEST(a_tombstone_is_kept_for_forty_days)
{
    a1_is_here();
    stage_tell(s, "A1 is withdrawn");
    stage_tell(s, "2 d pass");
    stage_tell(s, "the terminal restarts");
    stage_tell(s, "37 d pass");
    ck_assert_ptr_nonnull(
        terminal_holding(stage_terminal(s), stage_alert_id("A1")));
    stage_tell(s, "2 d pass");
    ck_assert_ptr_null(
        terminal_holding(stage_terminal(s), stage_alert_id("A1")));
}
END_TEST

START_TEST(a_leap_of_our_clock_alone_strips_nothing_within_a_week)
{
    const struct holding *holding;

    a1_is_here();
    stage_tell(s, "16 d pass"); /* it lived for ten */
    holding = terminal_holding(stage_terminal(s), stage_alert_id("A1"));
    ck_assert(!holding->bare);
    stage_tell(s, "7 d pass");
    ck_assert(holding->bare);
}
END_TEST

/* By its own clock it had ended; the broker, which may not name any more what
 * is over, did not say so. */
START_TEST(what_is_stripped_by_our_clock_alone_is_over_when_nobody_names_it)
{
    struct terminal_standing standing;

    a1_is_here();
    stage_tell(s, "16 d pass"); /* it lived for ten */
    stage_tell(s, "7 d pass");
    ck_assert(terminal_holding(stage_terminal(s), stage_alert_id("A1"))->bare);
    stage_tell(s, "A1 is forgotten");
    stage_tell(s, "the node is enrolled anew");
    stage_tell(s, "the line breaks");
    stage_tell(s, "the line stands");
    stage_tell(s, "the desk answers");
    stage_tell(s, "a beacon comes");
    stage_standing(s, &standing);
    ck_assert(standing.complete);
    ck_assert_ptr_null(
        terminal_holding(stage_terminal(s), stage_alert_id("A1")));
}
END_TEST

/* ---- how it stands ---- */

START_TEST(a_pulse_tells_others_how_fresh_the_picture_is)
{
    struct store_owner owner = {"gate-1", "440305", NULL, NULL};
    struct pulse pulse = {.started_ms = 1, .beat_ms = 2};
    struct pulse heard;
    struct store *store;

    stage_standing(s, &pulse.standing);
    ck_assert_int_eq(store_open(&store, stage_folder(s), &owner, NULL),
                     STATUS_OK);
    ck_assert_int_eq(store_last_pulse(store, &heard), PULSE_NONE);
    store_pulse(stage_store(s), &pulse);
    ck_assert_int_eq(store_last_pulse(store, &heard), PULSE_READ);
    ck_assert_int_eq(heard.beat_ms, 2);
    ck_assert_uint_eq(heard.standing.head, 10);
    store_close(store);
}
END_TEST

/* _i: all of it, or shorter than today's. */
START_TEST(the_pulse_of_another_version_is_told_from_none)
{
    static const uint8_t magic[] = "oes2lup"; /* with its eighth byte, 0 */
    struct pulse pulse = {.beat_ms = 2};
    char path[600];
    FILE *file;

    store_pulse(stage_store(s), &pulse);
    ck_assert_int_eq(store_last_pulse(stage_store(s), &pulse), PULSE_READ);
    path_in_store(path, "daemon");
    if (_i == 1)
        ck_assert_int_eq(truncate(path, 40), 0);
    file = fopen(path, "r+b");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(magic, 1, 8, file), 8);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(store_last_pulse(stage_store(s), &pulse),
                     PULSE_OF_ANOTHER);
}
END_TEST

START_TEST(nobody_signs_with_another_key_what_a_daemon_has_in_hand)
{
    struct keypair older;
    struct store_owner owner = {"gate-1", "440305", older.public_key,
                                older.seed};
    struct diag why = {0};
    struct store *store;

    keypair_make(&older);
    ck_assert_int_eq(store_open(&store, stage_folder(s), &owner, &why),
                     STATUS_REFUSED);
    ck_assert_ptr_nonnull(strstr(why.text, "daemon with another key"));
    stage_tell(s, "the terminal restarts"); /* it is as it was */
    stage_skip(s);
}
END_TEST

/* While the old key was revoked the broker did not count the node. */
START_TEST(a_node_with_another_key_asks_for_everything)
{
    stage_tell(s, "A1 is issued");
    stage_tell(s, "the line stands");
    stage_tell(s, "the desk answers");
    stage_tell(s, "the terminal gets another key");
    stage_skip(s);
    stage_tell(s, "the line stands");
    stage_tell(s, "the desk answers");
    stage_expect(s, "-> heartbeat\n"
                    "-> keys\n"
                    "-> sync from the start\n");
    stage_tell(s, "the terminal restarts");
    stage_skip(s);
    stage_tell(s, "the line stands");
    stage_tell(s, "the desk answers");
    stage_expect(s, "-> heartbeat\n"
                    "-> keys\n"
                    "-> sync after 13\n");
}
END_TEST

START_TEST(a_node_moved_to_another_division_asks_for_everything)
{
    struct store_owner moved = {"gate-1", "440306", NULL, NULL};
    struct store *store;

    a1_is_here();
    stage_tell(s, "a beacon comes");
    ck_assert_int_eq(store_open(&store, stage_folder(s), &moved, NULL),
                     STATUS_OK);
    store_close(store);
    stage_tell(s, "the terminal restarts");
    stage_tell(s, "the line stands");
    stage_expect(s, "-> heartbeat\n"
                    "-> keys\n"
                    "-> sync from the start\n");
}
END_TEST

static Suite *suite_of_store(void)
{
    Suite *suite = suite_create("terminal: store");
    TCase *owner = tcase_create("whose it is");
    TCase *keeps = tcase_create("what it keeps");
    TCase *forgets = tcase_create("what it forgets");

    tcase_add_checked_fixture(owner, open_stage, close_stage);
    tcase_add_test(owner, nobody_else_on_the_machine_can_read_it);
    tcase_add_test(owner, the_store_of_another_node_is_refused);
    tcase_add_test(owner, two_daemons_cannot_have_the_same_store);
    tcase_add_test(owner, a_pulse_tells_others_how_fresh_the_picture_is);
    tcase_add_loop_test(owner, the_pulse_of_another_version_is_told_from_none,
                        0, 2);
    tcase_add_test(owner,
                   nobody_signs_with_another_key_what_a_daemon_has_in_hand);
    tcase_add_test(owner, a_node_with_another_key_asks_for_everything);
    tcase_add_test(owner, a_node_moved_to_another_division_asks_for_everything);
    suite_add_tcase(suite, owner);

    tcase_add_checked_fixture(keeps, open_stage, close_stage);
    tcase_add_test(keeps, an_alert_survives_the_daemon_and_is_not_told_again);
    tcase_add_test(
        keeps,
        an_alert_stored_before_a_crash_but_not_told_is_told_at_the_start);
    tcase_add_test(
        keeps,
        an_alert_that_ended_while_no_daemon_ran_is_taken_off_at_the_start);
    tcase_add_test(keeps,
                   a_document_damaged_in_the_store_is_not_shown_and_comes_anew);
    tcase_add_test(keeps, a_store_of_a_version_without_marks_keeps_its_place);
    tcase_add_test(keeps, an_older_revision_stays_off_after_a_restart);
    tcase_add_test(keeps, what_cannot_be_stored_is_neither_told_nor_answered);
    suite_add_tcase(suite, keeps);

    tcase_add_checked_fixture(forgets, open_stage, close_stage);
    tcase_add_test(
        forgets,
        a_day_after_the_end_no_word_and_no_picture_of_the_child_is_left);
    tcase_add_test(forgets, a_picture_that_no_alert_shows_any_more_is_removed);
    tcase_add_test(forgets, a_tombstone_is_kept_for_forty_days);
    tcase_add_test(forgets,
                   a_leap_of_our_clock_alone_strips_nothing_within_a_week);
    tcase_add_test(
        forgets,
        what_is_stripped_by_our_clock_alone_is_over_when_nobody_names_it);
    suite_add_tcase(suite, forgets);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(suite_of_store());
    int failed;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
