/* The command on alerts: what it is told, in which order, and once more. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#include "terminal/hook.h"

#define ALERT "01KBADCAFE0000000000000001"
#define A_MINUTE_MS 60000

static struct hook *hook;
static char folder[300];
static char command[700];
static char told[400]; /* what was run, and how it ended */
static int64_t now_ms;
static int runs;

static void note_done(void *arg, const struct hook_job *job, int status,
                      bool killed)
{
    char line[60];

    (void)arg;
    ck_assert(!killed && WIFEXITED(status));
    snprintf(line, sizeof line, "%s %u%s\n", hook_word(job->change),
             job->revision, WEXITSTATUS(status) == 0 ? "" : " failed");
    strcat(told, line);
    runs++;
}

static void note_failed(void *arg, const struct hook_job *job, const char *why)
{
    (void)arg;
    (void)job;
    ck_abort_msg("%s", why);
}

static void note_given_up(void *arg, const struct hook_job *job)
{
    (void)arg;
    strcat(told, hook_word(job->change));
    strcat(told, " given up\n");
}

static void set_up(void)
{
    static const struct hook_events events = {note_done, note_failed,
                                              note_given_up, NULL};

    snprintf(folder, sizeof folder, "%s/%d", getenv("TEST_FOLDER"),
             (int)getpid());
    snprintf(command, sizeof command, "cat > /dev/null; test ! -e %s", folder);
    hook = hook_new(command, &events);
    told[0] = '\0';
    runs = 0;
    now_ms = 1000;
}

static void tear_down(void)
{
    hook_free(hook);
}

/* The command fails as long as there is a file. */
static void break_command(bool broken)
{
    FILE *file;

    (void)unlink(folder);
    if (!broken)
        return;
    file = fopen(folder, "w");
    ck_assert(file != NULL);
    (void)fclose(file);
}

static void add(enum tocsin_change change, uint32_t revision)
{
    struct hook_job job = {.change = change, .revision = revision};

    snprintf(job.alert_id, sizeof job.alert_id, "%s", ALERT);
    hook_add(hook, &job, json_pack("{ss}", "alertId", ALERT));
}

static void run(int more)
{
    int until = runs + more;

    while (runs < until)
        hook_turn(hook, now_ms);
}

START_TEST(what_failed_is_run_again_with_longer_and_longer_pauses)
{
    break_command(true);
    add(TOCSIN_ALERT_NEW, 1);
    run(1);
    for (int64_t pause_ms = 1000; pause_ms <= 4000; pause_ms *= 2) {
        now_ms += pause_ms - 1;
        hook_turn(hook, now_ms);
        ck_assert_str_eq(strrchr(told, 'f'), "failed\n");
        now_ms += 1;
        run(1);
    }
    ck_assert_int_eq(runs, 4);
    break_command(false);
    now_ms += 8000;
    run(1);
    ck_assert_str_eq(told, "NEW 1 failed\nNEW 1 failed\nNEW 1 failed\n"
                           "NEW 1 failed\nNEW 1\n");
}
END_TEST

START_TEST(an_alert_that_nobody_was_told_of_and_has_ended_is_not_told)
{
    add(TOCSIN_ALERT_NEW, 1);
    add(TOCSIN_ALERT_REVISED, 2);
    add(TOCSIN_ALERT_ENDED, 2);
    hook_turn(hook, now_ms);
    add(TOCSIN_ALERT_NEW, 3);
    run(1);
    ck_assert_str_eq(told, "NEW 3\n");
}
END_TEST

START_TEST(the_end_of_what_may_be_half_shown_is_told)
{
    break_command(true);
    add(TOCSIN_ALERT_NEW, 1);
    run(1);
    add(TOCSIN_ALERT_REVISED, 2);
    add(TOCSIN_ALERT_ENDED, 2);
    break_command(false);
    run(1);
    ck_assert_str_eq(told, "NEW 1 failed\nENDED 2\n");
}
END_TEST

/* It was off the screen for a moment, which the command was not told. */
START_TEST(the_end_of_what_is_shown_is_told_though_it_came_back_meanwhile)
{
    add(TOCSIN_ALERT_NEW, 1);
    run(1);
    add(TOCSIN_ALERT_ENDED, 1);
    add(TOCSIN_ALERT_NEW, 1);
    add(TOCSIN_ALERT_ENDED, 1);
    run(1);
    ck_assert_str_eq(told, "NEW 1\nENDED 1\n");
}
END_TEST

START_TEST(an_end_that_the_command_refuses_is_given_up_after_an_hour)
{
    int tries = 0;

    break_command(true);
    add(TOCSIN_ALERT_ENDED, 1);
    while (strstr(told, "given up") == NULL) {
        told[0] = '\0';
        run(1);
        now_ms += A_MINUTE_MS;
        tries++;
    }
    ck_assert_int_ge(tries, 60);
    ck_assert_int_le(tries, 70);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hook");
    TCase *t = tcase_create("command");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, what_failed_is_run_again_with_longer_and_longer_pauses);
    tcase_add_test(t,
                   an_alert_that_nobody_was_told_of_and_has_ended_is_not_told);
    tcase_add_test(t, the_end_of_what_may_be_half_shown_is_told);
    tcase_add_test(
        t, the_end_of_what_is_shown_is_told_though_it_came_back_meanwhile);
    tcase_add_test(t,
                   an_end_that_the_command_refuses_is_given_up_after_an_hour);
    suite_add_tcase(suite, t);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
