/* The journal keeps what it confirmed and notices what was touched. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>
#include <poll.h>
#include <sodium.h>
#include <sqlite3.h>

#include "journal/journal.h"
#include "journal/keyring.h"
#include "journal/recall.h"
#include "journal/writer.h"

static char folder[64];
static char path[96];
static char keys_path[96];

static void open_folder(void)
{
    ck_assert(sodium_init() >= 0);
    strcpy(folder, "/tmp/tocsin-journal.XXXXXX");
    ck_assert(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/journal.db", folder);
    snprintf(keys_path, sizeof keys_path, "%s/keyring.db", folder);
}

static void close_folder(void)
{
    char command[100];

    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
}

static struct record make_record(uint64_t sequence)
{
    return (struct record){.sequence = sequence,
                           .time_ms = 1000 + (int64_t)sequence,
                           .principal = "sz",
                           .request_id = (const uint8_t *)"0123456789abcdef",
                           .request_size = 16,
                           .body = (const uint8_t *)"what happened",
                           .body_size = 13};
}

static struct journal *write_some(uint64_t count)
{
    struct journal *journal;

    ck_assert(journal_open(&journal, path, true, NULL) == STATUS_OK);
    for (uint64_t i = 1; i <= count; i++) {
        struct record record = make_record(i);

        ck_assert(journal_append(journal, &record, 1, NULL) == STATUS_OK);
    }
    return journal;
}

static enum status count_record(void *arg, const struct record *record,
                                struct diag *why)
{
    (void)why;
    ck_assert_str_eq(record->principal, "sz");
    ck_assert_uint_eq(record->body_size, 13);
    ++*(uint64_t *)arg;
    return STATUS_OK;
}

static enum status read_all(uint64_t from, uint64_t *count, struct diag *why)
{
    struct journal *journal;
    enum status status = journal_open_reading(&journal, path, why);

    *count = 0;
    if (status == STATUS_OK)
        status = journal_read(journal, from, count_record, count, why);
    journal_close(journal);
    return status;
}

static void tamper(const char *sql)
{
    sqlite3 *db;

    ck_assert(sqlite3_open(path, &db) == SQLITE_OK);
    ck_assert(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
    ck_assert(sqlite3_close(db) == SQLITE_OK);
}

struct slow_reading {
    uint64_t last;
    uint64_t archive_to; /* when the first record comes; 0: never */
};

static void archive_to(uint64_t sequence)
{
    struct journal *journal;
    unsigned removed = 1;

    ck_assert(journal_open(&journal, path, false, NULL) == STATUS_OK);
    ck_assert(journal_rebase(journal, sequence, NULL, 0, NULL) == STATUS_OK);
    while (removed > 0)
        ck_assert(journal_trim(journal, 1000, &removed, NULL) == STATUS_OK);
    journal_close(journal);
}

static enum status read_slowly(void *arg, const struct record *record,
                               struct diag *why)
{
    struct slow_reading *reading = arg;

    (void)why;
    ck_assert_uint_eq(record->sequence, reading->last + 1);
    if (reading->last++ == 0 && reading->archive_to > 0)
        archive_to(reading->archive_to);
    return STATUS_OK;
}

/* It has each record once and in order, and is told where it has to look for
 * the next one. */
START_TEST(who_reads_slowly_holds_up_no_archiving_and_misses_nothing_unsaid)
{
    struct journal *journal = write_some(1000);
    struct slow_reading reading = {0, 700};
    struct diag why = {0};

    journal_close(journal);
    ck_assert(journal_open_reading(&journal, path, NULL) == STATUS_OK);
    ck_assert(journal_read_slowly(journal, 1, read_slowly, &reading, &why) ==
              STATUS_MISSING);
    ck_assert(reading.last > 0 && reading.last < 700);
    ck_assert_uint_eq(journal_base(journal), 700);
    ck_assert(strstr(why.text, "was archived") != NULL);
    reading = (struct slow_reading){700, 0};
    ck_assert(journal_read_slowly(journal, 701, read_slowly, &reading, NULL) ==
              STATUS_OK);
    ck_assert_uint_eq(reading.last, 1000);
    journal_close(journal);
}
END_TEST

START_TEST(who_reads_slowly_is_told_of_a_record_that_was_changed)
{
    struct slow_reading reading = {0, 0};
    struct journal *journal = write_some(600);

    journal_close(journal);
    tamper("UPDATE journal SET body = x'00' WHERE sequence = 590");
    ck_assert(journal_open_reading(&journal, path, NULL) == STATUS_OK);
    ck_assert(journal_read_slowly(journal, 1, read_slowly, &reading, NULL) ==
              STATUS_CORRUPT);
    ck_assert_uint_eq(reading.last, 589);
    journal_close(journal);
    tamper("DELETE FROM journal WHERE sequence = 300");
    reading.last = 0;
    ck_assert(journal_open_reading(&journal, path, NULL) == STATUS_OK);
    ck_assert(journal_read_slowly(journal, 1, read_slowly, &reading, NULL) ==
              STATUS_CORRUPT);
    ck_assert_uint_eq(reading.last, 299);
    journal_close(journal);
}
END_TEST

START_TEST(what_was_appended_is_read_back_in_order_after_a_reopen)
{
    struct journal *journal = write_some(5);
    uint64_t count;

    journal_close(journal);
    ck_assert(read_all(1, &count, NULL) == STATUS_OK);
    ck_assert_uint_eq(count, 5);
    ck_assert(read_all(4, &count, NULL) == STATUS_OK);
    ck_assert_uint_eq(count, 2);
    ck_assert(journal_open(&journal, path, false, NULL) == STATUS_OK);
    ck_assert_uint_eq(journal_head(journal), 5);
    journal_close(journal);
}
END_TEST

static off_t log_size(void)
{
    char log[100];
    struct stat facts;

    snprintf(log, sizeof log, "%s-wal", path);
    ck_assert_int_eq(stat(log, &facts), 0);
    return facts.st_size;
}

/* Else it grows until the disk is full: nothing else empties it. */
START_TEST(after_a_checkpoint_the_log_begins_anew)
{
    struct journal *journal = write_some(200);
    off_t before = log_size();

    ck_assert(journal_checkpoint(path, NULL) == STATUS_OK);
    for (uint64_t i = 201; i <= 400; i++) {
        struct record record = make_record(i);

        ck_assert(journal_append(journal, &record, 1, NULL) == STATUS_OK);
    }
    ck_assert_int_lt(log_size(), before + before / 2);
    journal_close(journal);
}
END_TEST

START_TEST(only_its_owner_can_read_the_file)
{
    struct stat facts;

    journal_close(write_some(1));
    ck_assert_int_eq(stat(path, &facts), 0);
    ck_assert_uint_eq(facts.st_mode & 0777, 0600);
}
END_TEST

static const char *const tamperings[] = {
    "UPDATE journal SET body = x'00' WHERE sequence = 3",
    "UPDATE journal SET time_ms = 7 WHERE sequence = 3",
    "UPDATE journal SET principal = 'xx' WHERE sequence = 3",
    "UPDATE journal SET request_id = x'01' WHERE sequence = 3",
    "UPDATE journal SET chain = x'00' WHERE sequence = 3",
    "DELETE FROM journal WHERE sequence = 3",
    "UPDATE journal SET sequence = 99 WHERE sequence = 3",
};

START_TEST(every_change_to_a_record_breaks_the_chain)
{
    struct diag why = {0};
    uint64_t count;

    journal_close(write_some(5));
    tamper(tamperings[_i]);
    ck_assert(read_all(1, &count, &why) == STATUS_CORRUPT);
    ck_assert_uint_eq(count, 2);
    ck_assert_msg(strstr(why.text, "3") != NULL, "%s", why.text);
}
END_TEST

START_TEST(a_file_that_is_no_journal_is_refused_and_left_alone)
{
    struct journal *journal;
    FILE *file = fopen(path, "w");
    struct diag why = {0};

    ck_assert(file != NULL);
    fputs("this is no database, and longer than a header of one is, surely; "
          "it goes on and on until a hundred bytes are there",
          file);
    fclose(file);
    ck_assert(journal_open(&journal, path, false, &why) != STATUS_OK);
    ck_assert(journal == NULL);
    ck_assert(journal_open(&journal, "/nonexistent/x", false, &why) ==
              STATUS_MISSING);
}
END_TEST

static void ignore_key(void *arg, const struct case_key *key)
{
    (void)key;
    ++*(unsigned *)arg;
}

static struct writer *start_writer(size_t batch)
{
    struct writer_setup setup = {.path = path, .batch_max = batch};
    struct writer *writer;

    ck_assert(journal_open(&setup.journal, path, true, NULL) == STATUS_OK);
    ck_assert(keyring_open(&setup.keyring, keys_path, true, NULL) == STATUS_OK);
    ck_assert(writer_start(&writer, &setup, NULL) == STATUS_OK);
    return writer;
}

static void await(struct writer *writer, uint64_t sequence, uint64_t files,
                  unsigned want_keys)
{
    struct progress progress = {0};
    struct pollfd pollfd = {writer_fd(writer), POLLIN, 0};
    unsigned keys = 0;

    while (progress.sequence < sequence || progress.files < files ||
           keys < want_keys) {
        ck_assert_int_eq(poll(&pollfd, 1, 20000), 1);
        ck_assert(writer_collect(writer, &progress, ignore_key, &keys, NULL) ==
                  STATUS_OK);
    }
}

START_TEST(the_writer_confirms_everything_it_was_handed)
{
    struct writer *writer = start_writer(7);
    uint64_t count;

    for (uint64_t i = 1; i <= 1000; i++) {
        struct record record = make_record(i);

        writer_append(writer, &record);
    }
    await(writer, 1000, 0, 0);
    writer_stop(writer);
    ck_assert(read_all(1, &count, NULL) == STATUS_OK);
    ck_assert_uint_eq(count, 1000);
}
END_TEST

/* Round after round, with pauses in which the writer sleeps: nobody comes to
 * hurry on those for whom no person waits. */
START_TEST(what_only_machines_wait_for_comes_without_others)
{
    struct writer *writer = start_writer(500);

    for (uint64_t round = 0; round < 20; round++) {
        for (uint64_t i = 1; i <= 3; i++) {
            struct record record = make_record(3 * round + i);

            record.patient = true;
            writer_append(writer, &record);
        }
        await(writer, 3 * round + 3, 0, 0);
    }
    writer_stop(writer);
}
END_TEST

START_TEST(stopping_commits_what_is_queued)
{
    struct writer *writer = start_writer(500);
    uint64_t count;

    for (uint64_t i = 1; i <= 3000; i++) {
        struct record record = make_record(i);

        writer_append(writer, &record);
    }
    writer_stop(writer);
    ck_assert(read_all(1, &count, NULL) == STATUS_OK);
    ck_assert_uint_eq(count, 3000);
}
END_TEST

START_TEST(files_and_spare_keys_come_back_durable)
{
    struct writer *writer = start_writer(10);
    struct keyring *keyring;
    unsigned keys = 0;
    char file[120];

    snprintf(file, sizeof file, "%s/picture", folder);
    writer_store(writer, file, (const uint8_t *)"abc", 3);
    writer_want_keys(writer);
    await(writer, 0, 1, 100);
    writer_stop(writer);
    ck_assert_int_eq(access(file, R_OK), 0);
    ck_assert(keyring_open(&keyring, keys_path, false, NULL) == STATUS_OK);
    ck_assert(keyring_read(keyring, ignore_key, &keys, NULL) == STATUS_OK);
    ck_assert_uint_ge(keys, 100);
    keyring_close(keyring);
}
END_TEST

START_TEST(a_failing_disk_is_said_and_nothing_is_confirmed_after_it)
{
    struct writer *writer = start_writer(10);
    struct progress progress = {0};
    struct pollfd pollfd = {writer_fd(writer), POLLIN, 0};
    struct record record = make_record(1);
    unsigned keys = 0;
    struct diag why = {0};
    enum status status = STATUS_OK;

    writer_append(writer, &record);
    await(writer, 1, 0, 0);
    /* another writer in the way for longer than SQLite's patience would be a
     * lock; a table that is gone is a plain failure */
    tamper("ALTER TABLE journal RENAME TO elsewhere");
    record = make_record(2);
    writer_append(writer, &record);
    while (status == STATUS_OK) {
        ck_assert_int_eq(poll(&pollfd, 1, 20000), 1);
        status = writer_collect(writer, &progress, ignore_key, &keys, &why);
    }
    ck_assert(why.text[0] != '\0');
    ck_assert_uint_eq(progress.sequence, 1);
    writer_stop(writer);
}
END_TEST

static struct record mark_next(const struct journal *journal, struct mark *mark,
                               const char *name)
{
    struct record record = make_record(journal_head(journal) + 1);

    memcpy(mark->name, name, strlen(name));
    mark->name_size = strlen(name);
    mark->value_size = 0;
    record.marks = mark;
    record.mark_count = 1;
    return record;
}

static void append_marked(struct journal *journal, struct recall *recall,
                          const char *name)
{
    struct mark mark = {0};
    struct record record = mark_next(journal, &mark, name);

    if (recall != NULL)
        recall_expect(recall, &record);
    ck_assert(journal_append(journal, &record, 1, NULL) == STATUS_OK);
}

static uint64_t look_up(struct recall *recall, const char *name)
{
    struct found found = {0};

    enum status status = recall_find(recall, name, strlen(name), &found, NULL);

    ck_assert(status == STATUS_OK || status == STATUS_MISSING);
    return status == STATUS_OK ? found.sequence : 0;
}

START_TEST(what_was_marked_is_found_and_nothing_newer_is_looked_for)
{
    struct journal *journal = write_some(1);
    struct journal *reading;
    struct recall *recall;

    append_marked(journal, NULL, "a5");
    append_marked(journal, NULL, "b9");
    ck_assert(journal_open_reading(&reading, path, NULL) == STATUS_OK);
    recall = recall_new(reading);
    append_marked(journal, recall, "a3"); /* before it was asked anything */
    ck_assert_uint_eq(look_up(recall, "a5"), 2);
    ck_assert_uint_eq(look_up(recall, "a3"), 4);
    ck_assert_uint_eq(look_up(recall, "a4"), 0);
    ck_assert_uint_eq(look_up(recall, "a6"), 0);
    ck_assert_uint_eq(look_up(recall, "b9"), 3);
    append_marked(journal, NULL, "a6"); /* it was not told: it does not look */
    ck_assert_uint_eq(look_up(recall, "a6"), 0);
    append_marked(journal, recall, "a55");
    append_marked(journal, recall, "c1");
    ck_assert_uint_eq(look_up(recall, "a55"), 6);
    ck_assert_uint_eq(look_up(recall, "a56"), 0);
    ck_assert_uint_eq(look_up(recall, "a6"), 0);
    append_marked(journal, recall, "a7");
    ck_assert_uint_eq(look_up(recall, "a6"), 5);
    ck_assert_uint_eq(look_up(recall, "c1"), 7);
    ck_assert_uint_eq(look_up(recall, "a"), 0);
    ck_assert_uint_eq(look_up(recall, "\xff"), 0);
    append_marked(journal, recall, "\xff\xff");
    ck_assert_uint_eq(look_up(recall, "\xff\xff"), 9);
    recall_free(recall);
    journal_close(reading);
    journal_close(journal);
}
END_TEST

START_TEST(what_was_marked_is_found_by_who_comes_later)
{
    static const char *const names[] = {"a1", "\xff\xff", "a9x", "a9"};
    struct journal *journal = write_some(0);
    struct journal *reading;
    struct recall *recall;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        append_marked(journal, NULL, names[i]);
    ck_assert(journal_open_reading(&reading, path, NULL) == STATUS_OK);
    recall = recall_new(reading);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ck_assert_uint_eq(look_up(recall, names[i]), i + 1);
    recall_free(recall);
    journal_close(reading);
    journal_close(journal);
}
END_TEST

static void spoil_file(void)
{
    FILE *file = fopen(path, "r+b");
    long size;

    ck_assert(file != NULL && fseek(file, 0, SEEK_END) == 0);
    size = ftell(file);
    ck_assert(size > 4096 && fseek(file, 4096, SEEK_SET) == 0);
    for (long at = 4096; at < size; at++)
        ck_assert(fputc(0xaa, file) == 0xaa);
    ck_assert(fclose(file) == 0);
}

START_TEST(what_cannot_be_read_is_not_taken_for_what_never_was)
{
    struct journal *journal = write_some(0);
    struct journal *reading;
    struct recall *recall;
    struct found found;
    struct diag why = {0};

    append_marked(journal, NULL, "a5");
    journal_close(journal);
    ck_assert(journal_open_reading(&reading, path, NULL) == STATUS_OK);
    recall = recall_new(reading);
    spoil_file();
    for (int again = 0; again < 2; again++) {
        ck_assert(recall_find(recall, "a9", 2, &found, &why) == STATUS_CORRUPT);
        ck_assert(recall_find(recall, "a5", 2, &found, &why) == STATUS_CORRUPT);
        ck_assert(strlen(why.text) > 0);
    }
    recall_free(recall);
    journal_close(reading);
}
END_TEST

static bool file_has(const char *name, const uint8_t *bytes, size_t size)
{
    static char text[1 << 20];
    FILE *file = fopen(name, "r");
    size_t got = file != NULL ? fread(text, 1, sizeof text, file) : 0;

    if (file != NULL)
        fclose(file);
    return memmem(text, got, bytes, size) != NULL;
}

/* Of that another one reads the keyring, a backup to a slow disk, the broker
 * hears nothing: what it calls destroyed must be so, or be again. */
START_TEST(a_key_that_is_called_destroyed_is_nowhere)
{
    struct keyring *keyring;
    struct case_key key;
    sqlite3 *backup;
    char log[110];
    enum status status;

    snprintf(log, sizeof log, "%s-wal", keys_path);
    ck_assert(keyring_open(&keyring, keys_path, true, NULL) == STATUS_OK);
    ck_assert(keyring_make(keyring, &key, 1, NULL) == STATUS_OK);
    ck_assert(sqlite3_open(keys_path, &backup) == SQLITE_OK);
    ck_assert(sqlite3_exec(backup, "BEGIN; SELECT count(*) FROM keys", NULL,
                           NULL, NULL) == SQLITE_OK);
    status = keyring_destroy(keyring, key.id, NULL);
    ck_assert(sqlite3_close(backup) == SQLITE_OK);
    if (status == STATUS_OK) {
        ck_assert(!file_has(keys_path, key.key, sizeof key.key));
        ck_assert(!file_has(log, key.key, sizeof key.key));
    }
    keyring_close(keyring);
}
END_TEST

START_TEST(what_is_sealed_opens_only_with_its_own_key)
{
    struct vault *vault = vault_new();
    struct vault *other = vault_new();
    struct case_key key;
    uint8_t id[KEY_ID_SIZE];
    uint8_t sealed[5 + VAULT_OVERHEAD];
    uint8_t plain[5];

    randombytes_buf(&key, sizeof key);
    vault_add(vault, &key);
    vault_add(vault, &key);
    ck_assert_uint_eq(vault_spares(vault), 1);
    ck_assert(vault_take(vault, id));
    ck_assert(!vault_take(vault, id));
    ck_assert(vault_seal(vault, id, (const uint8_t *)"child", 5, sealed));
    ck_assert(vault_open(vault, id, sealed, sizeof sealed, plain));
    ck_assert(memcmp(plain, "child", 5) == 0);
    ck_assert(!vault_open(other, id, sealed, sizeof sealed, plain));
    sealed[30] ^= 1;
    ck_assert(!vault_open(vault, id, sealed, sizeof sealed, plain));
    vault_free(vault);
    vault_free(other);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("journal");
    TCase *t = tcase_create("journal");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(t, open_folder, close_folder);
    tcase_add_test(
        t, who_reads_slowly_holds_up_no_archiving_and_misses_nothing_unsaid);
    tcase_add_test(t, who_reads_slowly_is_told_of_a_record_that_was_changed);
    tcase_add_test(t, what_was_appended_is_read_back_in_order_after_a_reopen);
    tcase_add_test(t, after_a_checkpoint_the_log_begins_anew);
    tcase_add_test(t, only_its_owner_can_read_the_file);
    tcase_add_loop_test(t, every_change_to_a_record_breaks_the_chain, 0,
                        (int)(sizeof tamperings / sizeof *tamperings));
    tcase_add_test(t, a_file_that_is_no_journal_is_refused_and_left_alone);
    tcase_add_test(t, the_writer_confirms_everything_it_was_handed);
    tcase_add_test(t, what_only_machines_wait_for_comes_without_others);
    tcase_add_test(t, stopping_commits_what_is_queued);
    tcase_add_test(t, files_and_spare_keys_come_back_durable);
    tcase_add_test(t, a_failing_disk_is_said_and_nothing_is_confirmed_after_it);
    tcase_add_test(t, what_was_marked_is_found_and_nothing_newer_is_looked_for);
    tcase_add_test(t, what_was_marked_is_found_by_who_comes_later);
    tcase_add_test(t, what_cannot_be_read_is_not_taken_for_what_never_was);
    tcase_add_test(t, a_key_that_is_called_destroyed_is_nowhere);
    tcase_add_test(t, what_is_sealed_opens_only_with_its_own_key);
    suite_add_tcase(suite, t);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
