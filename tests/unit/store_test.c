/* A checkpoint's store while somebody else has it: who writes, who reads. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#include "base/file.h"
#include "terminal/store_inside.h"

#define ALERT "01KBADCAFE0000000000000001"
#define OTHER "01KBADCAFE0000000000000002"

static const struct store_owner owner = {.node = "N-1", .division = "440305"};
static struct store *store;
static struct terminal_store port;
static struct store *program;
static char folder[300];

static struct store *open_one(void)
{
    struct store *opened;

    ck_assert(store_open(&opened, folder, &owner, NULL) == STATUS_OK);
    return opened;
}

static void open_both(void)
{
    snprintf(folder, sizeof folder, "%s/%d", getenv("TEST_FOLDER"),
             (int)getpid());
    store = open_one();
    ck_assert(store_lock(store, NULL) == STATUS_OK);
    store_port(store, &port);
    program = open_one();
}

static void close_both(void)
{
    store_close(program);
    store_close(store);
}

static void run(const char *sentence)
{
    ck_assert(sqlite_run(program->db, sentence, NULL) == STATUS_OK);
}

static void keep(const char *alert_id, uint32_t revision)
{
    struct holding holding = {.revision = revision, .for_us = true};

    snprintf(holding.alert_id, sizeof holding.alert_id, "%s", alert_id);
    snprintf(holding.case_number, sizeof holding.case_number, "it's %s",
             alert_id);
    port.keep(port.arg, &holding, (struct blob){NULL, 0});
}

static bool take(void *arg, const struct stored *stored)
{
    *(struct holding *)arg = stored->holding;
    return false;
}

static uint32_t kept(const char *alert_id)
{
    struct holding holding = {.revision = 0};
    struct store_query query = {.alert_id = alert_id};

    ck_assert(store_each(program, &query, take, &holding, NULL) == STATUS_OK);
    return holding.revision;
}

START_TEST(what_is_staged_while_a_program_writes_is_kept_when_it_has_written)
{
    struct diag why;

    run("BEGIN IMMEDIATE");
    keep(ALERT, 1);
    keep(OTHER, 1);
    ck_assert(port.commit(port.arg, &why) == STATUS_BUSY);
    keep(ALERT, 2);
    ck_assert(port.commit(port.arg, &why) == STATUS_BUSY);
    ck_assert_uint_eq(kept(ALERT), 0);
    run("COMMIT");
    ck_assert(port.commit(port.arg, &why) == STATUS_OK);
    ck_assert_uint_eq(kept(ALERT), 2);
    ck_assert_uint_eq(kept(OTHER), 1);
}
END_TEST

/* Or an officer who is told to say it again has said it twice. */
START_TEST(an_answer_that_was_not_taken_does_not_stay_behind)
{
    static const uint8_t id[16] = {1};
    struct new_answer answer = {.alert_id = ALERT,
                                .revision = 1,
                                .rung = TOCSIN__V1__RUNG__RUNG_READ,
                                .personal = true,
                                .answer_id = id,
                                .request_id = id,
                                .request = {id, sizeof id}};
    struct stored_fate fate;

    run("BEGIN IMMEDIATE");
    ck_assert(store_answer(store, &answer, NULL) == STATUS_BUSY);
    run("COMMIT");
    ck_assert(port.commit(port.arg, NULL) == STATUS_OK);
    ck_assert(store_fate(store, id, &fate, NULL) == STATUS_MISSING);
    ck_assert(store_answer(store, &answer, NULL) == STATUS_OK);
    ck_assert(store_fate(store, id, &fate, NULL) == STATUS_OK);
}
END_TEST

START_TEST(who_only_reads_opens_it_while_another_one_writes)
{
    struct store *reader;

    keep(ALERT, 1);
    ck_assert(port.commit(port.arg, NULL) == STATUS_OK);
    run("BEGIN IMMEDIATE");
    reader = open_one();
    store_close(reader);
    run("COMMIT");
}
END_TEST

#define OPENERS 4

static pid_t open_apart(const int gun[2])
{
    pid_t child = fork();
    char shot;

    ck_assert(child >= 0);
    if (child > 0)
        return child;
    (void)close(gun[1]);
    if (read(gun[0], &shot, 1) != 0)
        _exit(2);
    store_close(open_one());
    _exit(0);
}

/* A daemon that starts for the first time, and officers who cannot wait. */
START_TEST(a_new_one_is_opened_by_many_at_once)
{
    pid_t openers[OPENERS];
    int gun[2];
    int code;

    for (int round = 0; round < 20; round++) {
        snprintf(folder, sizeof folder, "%s/%d-%d", getenv("TEST_FOLDER"),
                 (int)getpid(), round);
        ck_assert_int_eq(pipe(gun), 0);
        for (int i = 0; i < OPENERS; i++)
            openers[i] = open_apart(gun);
        (void)close(gun[0]);
        (void)close(gun[1]);
        for (int i = 0; i < OPENERS; i++) {
            ck_assert_int_eq(waitpid(openers[i], &code, 0), openers[i]);
            ck_assert_int_eq(code, 0);
        }
    }
}
END_TEST

START_TEST(what_somebody_still_reads_is_not_called_forgotten)
{
    keep(ALERT, 1);
    ck_assert(port.commit(port.arg, NULL) == STATUS_OK);
    ck_assert(store_forgotten(store));
    run("BEGIN");
    ck_assert_uint_eq(kept(ALERT), 1);
    port.strip(port.arg, ALERT);
    ck_assert(!store_forgotten(store));
    ck_assert(port.commit(port.arg, NULL) == STATUS_OK);
    ck_assert(!store_forgotten(store));
    run("COMMIT");
    ck_assert(port.commit(port.arg, NULL) == STATUS_OK);
    ck_assert(store_forgotten(store));
}
END_TEST

static void note_untold(void *arg, const struct untold *untold)
{
    char line[80];

    snprintf(line, sizeof line, "%c %u of %u%s\n",
             untold->alert_id[ULID_SIZE - 1], untold->told, untold->revision,
             untold->on_screen ? "" : " ended");
    strcat(arg, line);
}

static const char *untold(void)
{
    static char text[400];

    text[0] = '\0';
    ck_assert(store_untold(program, note_untold, text, NULL) == STATUS_OK);
    return text;
}

/* As the core has announced it; 0: off the screen. */
static void announce(const char *alert_id, uint32_t revision,
                     uint32_t announced)
{
    struct holding holding = {.revision = revision, .announced = announced};

    snprintf(holding.alert_id, sizeof holding.alert_id, "%s", alert_id);
    port.keep(port.arg, &holding, (struct blob){NULL, 0});
    ck_assert(port.commit(port.arg, NULL) == STATUS_OK);
}

static void tell(const char *alert_id, uint32_t revision)
{
    ck_assert(store_told(store, alert_id, revision, NULL) == STATUS_OK);
}

START_TEST(what_a_screen_was_not_told_is_known_also_of_what_is_gone)
{
    announce(ALERT, 1, 1);
    ck_assert_str_eq(untold(), "1 0 of 1\n");
    tell(ALERT, 1);
    ck_assert_str_eq(untold(), "");
    announce(ALERT, 2, 2);
    ck_assert_str_eq(untold(), "1 1 of 2\n");
    announce(ALERT, 3, 0);
    ck_assert_str_eq(untold(), "1 1 of 3 ended\n");
    tell(ALERT, 0);
    ck_assert_str_eq(untold(), "");
    announce(OTHER, 1, 1);
    tell(OTHER, 1);
    port.strip(port.arg, OTHER);
    ck_assert(port.commit(port.arg, NULL) == STATUS_OK);
    ck_assert_str_eq(untold(), "2 1 of 1 ended\n");
    port.drop(port.arg, OTHER);
    ck_assert(port.commit(port.arg, NULL) == STATUS_OK);
    ck_assert_str_eq(untold(), "2 1 of 1 ended\n");
}
END_TEST

START_TEST(in_a_store_of_an_earlier_version_what_was_shown_was_told)
{
    announce(ALERT, 2, 2);
    announce(OTHER, 1, 0);
    run("UPDATE alerts SET rung = 2;"
        "DROP TABLE told;"
        "DELETE FROM about WHERE key IN ('told', 'tables')");
    store_close(program);
    program = open_one();
    ck_assert_str_eq(untold(), "2 1 of 1 ended\n");
    tell(OTHER, 0);
    store_close(program);
    program = open_one();
    ck_assert_str_eq(untold(), "");
}
END_TEST

#define MANY 40

static void say_read(struct store *by, uint8_t number, enum status expected)
{
    uint8_t id[16] = {number};
    uint8_t request[1000] = {number};
    struct new_answer answer = {.alert_id = ALERT,
                                .revision = 1,
                                .rung = TOCSIN__V1__RUNG__RUNG_READ,
                                .personal = true,
                                .answer_id = id,
                                .request_id = id,
                                .request = {request, sizeof request}};

    ck_assert_int_eq(store_answer(by, &answer, NULL), expected);
}

#define PAGE 4096

/* One page of it: from the beginning, or from the end. By another process: its
 * closing the file would take our locks along. */
static void damage(int page)
{
    static const char bytes[PAGE] = {1};
    char path[400];
    int status;
    pid_t child;

    run("PRAGMA wal_checkpoint(TRUNCATE)");
    child = fork();
    if (child == 0) {
        FILE *file;

        snprintf(path, sizeof path, "%s/store.db", folder);
        file = fopen(path, "r+");
        _exit(file == NULL ||
              fseek(file, page * (long)PAGE, page < 0 ? SEEK_END : SEEK_SET) !=
                  0 ||
              fwrite(bytes, PAGE, 1, file) != 1 || fclose(file) != 0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}

static void mend(struct store_mended *mended)
{
    struct diag why = {0};

    ck_assert_msg(store_mend(store, &owner, mended, &why) == STATUS_OK, "%s",
                  why.text);
    ck_assert(mended->mended && store_has_damaged(store));
}

static unsigned waiting_answers(struct store *by)
{
    struct store_counts counts;

    ck_assert_int_eq(store_count(by, 0, &counts, NULL), STATUS_OK);
    return counts.waiting;
}

START_TEST(what_can_be_read_of_a_damaged_one_is_in_the_one_that_is_begun)
{
    struct store_query all = {.everything = true};
    struct store_mended mended;
    struct holding holding;
    struct diag why = {0};

    for (int i = 1; i <= MANY; i++)
        say_read(store, (uint8_t)i, STATUS_OK);
    ck_assert_int_eq(store_mend(store, &owner, &mended, &why), STATUS_OK);
    ck_assert(!mended.mended && !store_has_damaged(store));
    damage(-3); /* in the middle of what officers said */
    mend(&mended);
    ck_assert_uint_ge(mended.answers, MANY / 2);
    ck_assert_uint_lt(mended.answers, MANY);
    ck_assert_uint_eq(waiting_answers(store), mended.answers);
    say_read(store, MANY + 1, STATUS_OK);
    /* who has had it open for long is not told of the past */
    say_read(program, MANY + 2, STATUS_DISK);
    ck_assert_int_eq(store_each(program, &all, take, &holding, &why),
                     STATUS_DISK);
    store_close(program);
    program = open_one();
    say_read(program, MANY + 3, STATUS_OK);
    ck_assert_uint_eq(waiting_answers(program), mended.answers + 2);
}
END_TEST

static void open_again(void)
{
    close_both();
    open_both();
}

static bool no_answer(void *arg, const struct stored_answer *answer)
{
    (void)arg;
    (void)answer;
    return true;
}

START_TEST(of_one_whose_beginning_is_damaged_another_is_begun)
{
    static const uint8_t id[16] = {1};
    struct store_query all = {.everything = true};
    struct store_mended mended;
    struct stored_fate fate;
    struct holding holding;

    say_read(store, 1, STATUS_OK);
    damage(0);
    open_again();
    /* nobody takes it for an empty one */
    ck_assert_int_eq(store_each(program, &all, take, &holding, NULL),
                     STATUS_CORRUPT);
    say_read(program, 2, STATUS_CORRUPT);
    ck_assert_int_eq(store_fate(program, id, &fate, NULL), STATUS_CORRUPT);
    ck_assert_int_eq(store_answers(program, ALERT, no_answer, NULL, NULL),
                     STATUS_CORRUPT);
    mend(&mended);
    say_read(store, 3, STATUS_OK);
    say_read(program, 4, STATUS_DISK);
    open_again();
    ck_assert_uint_eq(waiting_answers(program), 1);
    ck_assert_int_eq(store_mend(store, &owner, &mended, NULL), STATUS_OK);
    ck_assert(!mended.mended);
}
END_TEST

/* What the one in memory does not name the one on the disk may. */
START_TEST(no_picture_is_swept_as_long_as_the_store_is_not_open)
{
    struct store_mended mended;
    char path[400];

    snprintf(path, sizeof path, "%s/pictures/%064d.sealed", folder, 7);
    ck_assert_int_eq(file_write(path, 0600, "", 1, NULL), STATUS_OK);
    damage(0);
    open_again();
    pictures_sweep(store);
    ck_assert_int_eq(access(path, F_OK), 0);
    mend(&mended);
    pictures_sweep(store);
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(whose_store_it_is_may_be_what_is_damaged)
{
    struct store_mended mended;

    for (int i = 1; i <= MANY; i++)
        say_read(store, (uint8_t)i, STATUS_OK);
    damage(1);
    open_again();
    mend(&mended);
    ck_assert_uint_eq(mended.answers, MANY);
    ck_assert_uint_eq(waiting_answers(store), MANY);
}
END_TEST

/* Somebody has it open, so that it keeps its log; and the daemon is killed when
 * that has its other name already, and the new one has not come yet. */
START_TEST(what_was_said_is_not_lost_when_a_mending_is_cut_short)
{
    struct store_mended mended;
    char command[1000];

    say_read(store, 1, STATUS_OK);
    damage(-1);
    say_read(program, 2, STATUS_OK);
    mend(&mended);
    ck_assert_uint_eq(mended.answers, 2);
    snprintf(command, sizeof command,
             "cd %s && test -s store.db.damaged-1-wal &&"
             " cp store.db.damaged-1 killed",
             folder);
    ck_assert_int_eq(system(command), 0);
    close_both();
    snprintf(command, sizeof command,
             "cd %s && rm -f store.db store.db-* && mv killed store.db",
             folder);
    ck_assert_int_eq(system(command), 0);
    open_both();
    mend(&mended);
    ck_assert_uint_eq(mended.answers, 2);
}
END_TEST

/* A disk that dies: nobody has deleted one of them. */
START_TEST(one_that_is_damaged_again_and_again_is_begun_again)
{
    struct store_mended mended;
    char path[400];

    for (int i = 1; i <= 12; i++) {
        damage(-1);
        mend(&mended);
        snprintf(path, sizeof path, "%s/store.db.damaged-%d", folder, i);
        ck_assert_str_eq(mended.aside, path);
        open_again();
    }
    for (int i = 1; i <= 12; i++) {
        ck_assert(store_has_damaged(store));
        snprintf(path, sizeof path, "%s/store.db.damaged-%d", folder, i);
        ck_assert_int_eq(unlink(path), 0);
        strcat(path, "-wal"); /* has children's data like the file */
        ck_assert(access(path, F_OK) != 0 || store_has_damaged(store));
        (void)unlink(path);
    }
    ck_assert(!store_has_damaged(store));
}
END_TEST

static bool add_sequence(void *arg, const struct stored *stored)
{
    char *text = arg;
    size_t size = strlen(text);

    snprintf(text + size, 100 - size, "%" PRIu64 " ", stored->holding.sequence);
    return true;
}

static const char *sequences_below(uint64_t below)
{
    struct store_query query = {.by_sequence = true, .below = below};
    static char text[100];

    text[0] = '\0';
    ck_assert_int_eq(store_each(program, &query, add_sequence, text, NULL),
                     STATUS_OK);
    return text;
}

START_TEST(a_page_goes_on_below_a_sequence)
{
    for (unsigned i = 1; i <= 4; i++) {
        struct holding holding = {.revision = 1, .sequence = 10 * i};

        snprintf(holding.alert_id, sizeof holding.alert_id, "%.25s%u", ALERT,
                 i);
        port.keep(port.arg, &holding, (struct blob){NULL, 0});
    }
    ck_assert_int_eq(port.commit(port.arg, NULL), STATUS_OK);
    ck_assert_str_eq(sequences_below(0), "40 30 20 10 ");
    ck_assert_str_eq(sequences_below(30), "20 10 ");
    ck_assert_str_eq(sequences_below(UINT64_MAX), "40 30 20 10 ");
    ck_assert_str_eq(sequences_below(10), "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store");
    TCase *t = tcase_create("at once");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(t, open_both, close_both);
    tcase_add_test(
        t, what_is_staged_while_a_program_writes_is_kept_when_it_has_written);
    tcase_add_test(t, an_answer_that_was_not_taken_does_not_stay_behind);
    tcase_add_test(t, who_only_reads_opens_it_while_another_one_writes);
    tcase_add_test(t, what_a_screen_was_not_told_is_known_also_of_what_is_gone);
    tcase_add_test(t, in_a_store_of_an_earlier_version_what_was_shown_was_told);
    tcase_add_test(t, a_new_one_is_opened_by_many_at_once);
    tcase_add_test(t, what_somebody_still_reads_is_not_called_forgotten);
    tcase_add_test(
        t, what_can_be_read_of_a_damaged_one_is_in_the_one_that_is_begun);
    tcase_add_test(t, of_one_whose_beginning_is_damaged_another_is_begun);
    tcase_add_test(t, no_picture_is_swept_as_long_as_the_store_is_not_open);
    tcase_add_test(t, whose_store_it_is_may_be_what_is_damaged);
    tcase_add_test(t, what_was_said_is_not_lost_when_a_mending_is_cut_short);
    tcase_add_test(t, one_that_is_damaged_again_and_again_is_begun_again);
    tcase_add_test(t, a_page_goes_on_below_a_sequence);
    suite_add_tcase(suite, t);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
