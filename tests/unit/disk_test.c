/* Each call to the disk fails in turn: what was said to be kept is kept, what
 * was refused for want of space is not, and both can go on afterwards. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <check.h>
#include <sodium.h>

#include "base/file.h"
#include "journal/writer.h"
#include "kit/hurt_disk.h"

#define BATCHES 4
#define BATCH 3

static struct control *disk;
static char folder[PATH_MAX / 2];

static const struct trial {
    const char *name;
    int error;
    unsigned hits;
    bool lasting;
} trials[] = {{"no space once", ENOSPC, HIT_NAMES | HIT_WRITES, false},
              {"no space any more", ENOSPC, HIT_NAMES | HIT_WRITES, true},
              {"no space for a sync", ENOSPC, HIT_SYNCS, false},
              {"a write error", EIO, HIT_NAMES | HIT_WRITES, false},
              {"a sync error", EIO, HIT_SYNCS, false}};

#define TRIALS ((int)(sizeof trials / sizeof *trials))

static const char *in_folder(const char *name)
{
    static char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void heal(void)
{
    disk->fail_at = 0;
}

static void hurt(const struct trial *trial, uint64_t number)
{
    disk->count = 0;
    disk->failed = 0;
    disk->error = (uint64_t)trial->error;
    disk->lasting = trial->lasting;
    disk->hits = trial->hits;
    disk->fail_at = number;
}

static void fresh_folder(void)
{
    heal();
    file_clear(folder);
    ck_assert(file_mkdir(folder, NULL) == STATUS_OK);
}

/* Only a write that finds no space is "full": a sync that fails leaves in doubt
 * what it was to keep. */
static void right_kind(const struct trial *trial, enum status status)
{
    bool full = trial->error == ENOSPC && trial->hits != HIT_SYNCS;

    ck_assert_msg(status == (full ? STATUS_FULL : STATUS_DISK), "%s gives: %s",
                  trial->name, status_text(status));
}

/* ---- the journal --------------------------------------------------------- */

static enum status append(struct journal *journal)
{
    struct record records[BATCH];
    struct diag why;

    for (int i = 0; i < BATCH; i++)
        records[i] =
            (struct record){.sequence = journal_head(journal) + 1 + (uint64_t)i,
                            .principal = "sz",
                            .request_id = (const uint8_t *)"0123456789abcdef",
                            .request_size = 16,
                            .body = (const uint8_t *)"what happened",
                            .body_size = 13};
    return journal_append(journal, records, BATCH, &why);
}

static enum status count_one(void *arg, const struct record *record,
                             struct diag *why)
{
    (void)record;
    (void)why;
    ++*(uint64_t *)arg;
    return STATUS_OK;
}

static uint64_t what_is_there(void)
{
    struct journal *journal;
    uint64_t count = 0;

    ck_assert(journal_open(&journal, in_folder("journal.db"), false, NULL) ==
              STATUS_OK);
    ck_assert(journal_read(journal, 1, count_one, &count, NULL) == STATUS_OK);
    ck_assert_uint_eq(count, journal_head(journal));
    journal_close(journal);
    return count;
}

/* Gives false when the failure was beyond the end. */
static bool append_with(const struct trial *trial, uint64_t number)
{
    struct journal *journal;
    enum status status = STATUS_OK;
    uint64_t kept;
    uint64_t there;

    fresh_folder();
    ck_assert(journal_open(&journal, in_folder("journal.db"), true, NULL) ==
              STATUS_OK);
    hurt(trial, number);
    for (int i = 0; status == STATUS_OK && i < BATCHES; i++)
        status = append(journal);
    heal();
    kept = journal_head(journal);
    if (status == STATUS_FULL) {
        ck_assert(append(journal) == STATUS_OK);
        kept += BATCH;
    }
    if (status != STATUS_OK)
        right_kind(trial, status);
    journal_close(journal);
    there = what_is_there();
    if (status == STATUS_DISK) /* the last batch may be there, or none of it */
        ck_assert(there == kept || there == kept - kept % BATCH ||
                  there == kept - BATCH);
    else
        ck_assert_uint_eq(there, kept);
    return disk->failed > 0;
}

START_TEST(an_append_that_fails_keeps_all_before_it_and_nothing_half)
{
    uint64_t number = 1;

    while (append_with(&trials[_i], number))
        number++;
    printf("journal, %s: %" PRIu64 " places, 0 facts lost\n", trials[_i].name,
           number - 1);
    ck_assert_uint_gt(number, BATCHES);
}
END_TEST

START_TEST(a_journal_that_could_not_be_made_is_made_the_next_time)
{
    uint64_t number = 0;
    enum status status;

    do {
        struct journal *journal;

        fresh_folder();
        hurt(&trials[_i], ++number);
        status = journal_open(&journal, in_folder("journal.db"), true, NULL);
        heal();
        journal_close(journal);
        ck_assert(journal_open(&journal, in_folder("journal.db"), true, NULL) ==
                  STATUS_OK);
        ck_assert(append(journal) == STATUS_OK);
        journal_close(journal);
    } while (status != STATUS_OK || disk->failed > 0);
    printf("making a journal, %s: %" PRIu64 " places\n", trials[_i].name,
           number - 1);
}
END_TEST

/* ---- keys and files ------------------------------------------------------ */

static void count_key(void *arg, const struct case_key *key)
{
    (void)key;
    ++*(uint64_t *)arg;
}

static bool make_keys_with(const struct trial *trial, uint64_t number)
{
    struct keyring *keyring;
    struct case_key keys[50];
    uint64_t there = 0;
    uint64_t made = 0;
    enum status status = STATUS_OK;

    fresh_folder();
    ck_assert(keyring_open(&keyring, in_folder("keyring.db"), true, NULL) ==
              STATUS_OK);
    hurt(trial, number);
    for (int i = 0; status == STATUS_OK && i < 3; i++) {
        status = keyring_make(keyring, keys, 50, NULL);
        made += status == STATUS_OK ? 50 : 0;
    }
    heal();
    if (status == STATUS_FULL) {
        ck_assert(keyring_make(keyring, keys, 50, NULL) == STATUS_OK);
        made += 50;
    }
    if (status != STATUS_OK)
        right_kind(trial, status);
    keyring_close(keyring);
    ck_assert(keyring_open(&keyring, in_folder("keyring.db"), false, NULL) ==
              STATUS_OK);
    ck_assert(keyring_read(keyring, count_key, &there, NULL) == STATUS_OK);
    keyring_close(keyring);
    ck_assert(there == made || (status == STATUS_DISK && there == made + 50));
    return disk->failed > 0;
}

START_TEST(keys_are_made_all_or_none)
{
    uint64_t number = 1;

    while (make_keys_with(&trials[_i], number))
        number++;
    printf("keyring, %s: %" PRIu64 " places, 0 keys lost\n", trials[_i].name,
           number - 1);
}
END_TEST

static bool write_with(const struct trial *trial, uint64_t number)
{
    const char *path = in_folder("file");
    char after[] = "after";
    enum status status;
    uint8_t *bytes;
    size_t size;

    fresh_folder();
    path = in_folder("file");
    ck_assert(file_write(path, 0600, "before", 6, NULL) == STATUS_OK);
    hurt(trial, number);
    status = file_write(path, 0600, after, 5, NULL);
    heal();
    ck_assert(file_read(path, 100, &bytes, &size, NULL) == STATUS_OK);
    if (status == STATUS_OK)
        ck_assert_str_eq((const char *)bytes, "after");
    else if (status == STATUS_FULL || strcmp((const char *)bytes, after) != 0)
        ck_assert_str_eq((const char *)bytes, "before");
    free(bytes);
    ck_assert(status == STATUS_OK || status == STATUS_FULL ||
              status == STATUS_DISK);
    return disk->failed > 0;
}

START_TEST(a_file_is_written_whole_or_not_at_all)
{
    uint64_t number = 1;

    while (write_with(&trials[_i], number))
        number++;
    printf("file, %s: %" PRIu64 " places\n", trials[_i].name, number - 1);
    ck_assert_uint_gt(number, 1);
}
END_TEST

/* ---- the writer ---------------------------------------------------------- */

static void collect(struct writer *writer, struct progress *progress)
{
    struct pollfd pollfd = {writer_fd(writer), POLLIN, 0};
    uint64_t keys = 0;

    ck_assert_int_eq(poll(&pollfd, 1, 20000), 1);
    ck_assert(writer_collect(writer, progress, count_key, &keys, NULL) ==
              STATUS_OK);
}

static void hand_over(struct writer *writer, uint64_t sequence)
{
    struct record record = {.sequence = sequence,
                            .principal = "sz",
                            .body = (const uint8_t *)"what happened",
                            .body_size = 13};

    writer_append(writer, &record);
}

static struct writer *start_writer(void)
{
    struct writer_setup setup = {.batch_max = 2};
    struct writer *writer;

    fresh_folder();
    ck_assert(journal_open(&setup.journal, in_folder("journal.db"), true,
                           NULL) == STATUS_OK);
    ck_assert(keyring_open(&setup.keyring, in_folder("keyring.db"), true,
                           NULL) == STATUS_OK);
    setup.path = in_folder("journal.db");
    ck_assert(writer_start(&writer, &setup, NULL) == STATUS_OK);
    return writer;
}

START_TEST(a_writer_without_space_drops_what_waits_and_goes_on_when_there_is)
{
    const struct trial full = trials[1];
    struct progress progress = {0};
    struct writer *writer = start_writer();

    hurt(&full, 1);
    for (uint64_t i = 1; i <= 9; i++)
        hand_over(writer, i);
    while (!progress.full)
        collect(writer, &progress);
    ck_assert_uint_eq(progress.sequence, 0);
    ck_assert(strstr(progress.reason, "no space left") != NULL);
    heal();
    while (progress.full)
        collect(writer, &progress);
    hand_over(writer, 1);
    while (progress.sequence < 1)
        collect(writer, &progress);
    writer_stop(writer);
    ck_assert_uint_eq(what_is_there(), 1);
}
END_TEST

#define ENDS 6

struct ended {
    uint8_t ids[ENDS][KEY_ID_SIZE];
    size_t count;
};

static void note_ended(void *arg, const uint8_t id[KEY_ID_SIZE])
{
    struct ended *ended = arg;

    ck_assert_uint_lt(ended->count, ENDS);
    memcpy(ended->ids[ended->count++], id, KEY_ID_SIZE);
}

static void read_ended(struct ended *ended)
{
    struct keyring *keyring;

    ended->count = 0;
    ck_assert(keyring_open(&keyring, in_folder("keyring.db"), false, NULL) ==
              STATUS_OK);
    ck_assert(keyring_read_destroyed(keyring, note_ended, ended, NULL) ==
              STATUS_OK);
    keyring_close(keyring);
}

static void end_some(struct writer *writer, uint8_t first)
{
    for (uint8_t i = 0; i < ENDS / 2; i++) {
        uint8_t id[KEY_ID_SIZE] = {(uint8_t)(first + i)};

        writer_destroy_key(writer, id);
    }
}

/* Nobody gives the order again: it was not refused. */
START_TEST(what_is_to_be_forgotten_waits_for_space_and_is_forgotten_then)
{
    const struct trial full = trials[1];
    struct progress progress = {0};
    struct writer *writer = start_writer();
    struct ended ended;

    hurt(&full, 1);
    end_some(writer, 1);
    while (!progress.full)
        collect(writer, &progress);
    end_some(writer, 1 + ENDS / 2);
    heal();
    while (progress.full)
        collect(writer, &progress);
    writer_stop(writer);
    read_ended(&ended);
    ck_assert_uint_eq(ended.count, ENDS);
}
END_TEST

START_TEST(a_writer_that_is_stopped_without_space_ends)
{
    const struct trial full = trials[1];
    struct progress progress = {0};
    struct writer *writer = start_writer();
    struct ended ended;

    hurt(&full, 1);
    end_some(writer, 1);
    while (!progress.full)
        collect(writer, &progress);
    writer_stop(writer);
    heal();
    read_ended(&ended);
    ck_assert_uint_eq(ended.count, 0);
}
END_TEST

static void open_disk(void)
{
    static const struct control none;
    const char *control = getenv("TEST_FOLDER");
    char path[PATH_MAX];
    int fd;

    ck_assert(control != NULL && sodium_init() >= 0);
    snprintf(folder, sizeof folder, "%.1000s/disk", control);
    snprintf(path, sizeof path, "%.1000s/control", control);
    ck_assert(setenv("TOCSIN_DISK_CONTROL", path, 1) == 0);
    ck_assert(file_write_quick(path, 0600, &none, sizeof none, NULL) ==
              STATUS_OK);
    fd = open(path, O_RDWR | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    disk = mmap(NULL, sizeof none, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ck_assert(disk != MAP_FAILED);
    (void)close(fd);
    /* from here on it is asked */
    ck_assert(setenv("TOCSIN_DISK_FOLDER", folder, 1) == 0);
}

int main(void)
{
    Suite *suite = suite_create("disk");
    TCase *t = tcase_create("disk");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(t, open_disk, NULL);
    tcase_add_loop_test(
        t, an_append_that_fails_keeps_all_before_it_and_nothing_half, 0,
        TRIALS);
    tcase_add_loop_test(
        t, a_journal_that_could_not_be_made_is_made_the_next_time, 0, TRIALS);
    tcase_add_loop_test(t, keys_are_made_all_or_none, 0, TRIALS);
    tcase_add_loop_test(t, a_file_is_written_whole_or_not_at_all, 0, TRIALS);
    tcase_add_test(
        t, a_writer_without_space_drops_what_waits_and_goes_on_when_there_is);
    tcase_add_test(
        t, what_is_to_be_forgotten_waits_for_space_and_is_forgotten_then);
    tcase_add_test(t, a_writer_that_is_stopped_without_space_ends);
    suite_add_tcase(suite, t);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
