/* What the chain was is told without waiting for the disk, and never wrongly.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <sodium.h>

#include "journal/chains.h"

#define FACTS 20

static char folder[64];
static char path[96];
static uint8_t expected[FACTS + 1][CHAIN_SIZE];
static struct journal *journal;
static struct chains *chains;

static void append(uint64_t sequence)
{
    const struct record record = {.sequence = sequence,
                                  .principal = "sz",
                                  .body = (const uint8_t *)"what happened",
                                  .body_size = 13};

    ck_assert_int_eq(journal_append(journal, &record, 1, NULL), STATUS_OK);
    journal_chain(journal, expected[sequence]);
}

static void open_all(void)
{
    ck_assert(sodium_init() >= 0);
    strcpy(folder, "/tmp/tocsin-chains.XXXXXX");
    ck_assert(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/journal.db", folder);
    ck_assert_int_eq(journal_open(&journal, path, true, NULL), STATUS_OK);
    for (uint64_t i = 1; i < FACTS; i++)
        append(i);
    ck_assert_int_eq(chains_start(&chains, path, NULL), STATUS_OK);
}

static void close_all(void)
{
    char command[100];

    chains_stop(chains);
    journal_close(journal);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
}

/* As a node asks that is told to come again, but all at one time. */
static enum status told_at(uint64_t sequence, uint8_t chain[CHAIN_SIZE])
{
    enum status status;

    while ((status = chains_at(chains, sequence, 0, chain)) == STATUS_BUSY)
        (void)sched_yield();
    return status;
}

START_TEST(the_newest_is_known_at_once)
{
    uint8_t chain[CHAIN_SIZE];

    ck_assert_int_eq(chains_at(chains, FACTS - 1, 0, chain), STATUS_OK);
    ck_assert_mem_eq(chain, expected[FACTS - 1], CHAIN_SIZE);
    append(FACTS);
    chains_note(chains, FACTS, expected[FACTS]);
    ck_assert_int_eq(chains_at(chains, FACTS, 0, chain), STATUS_OK);
    ck_assert_mem_eq(chain, expected[FACTS], CHAIN_SIZE);
    ck_assert_int_eq(chains_at(chains, FACTS - 1, 0, chain), STATUS_OK);
}
END_TEST

START_TEST(what_came_before_is_looked_up_and_known_from_then_on)
{
    uint8_t chain[CHAIN_SIZE];

    for (uint64_t i = 1; i < FACTS - 1; i++)
        ck_assert_int_eq(chains_at(chains, i, 0, chain), STATUS_BUSY);
    for (uint64_t i = 1; i < FACTS - 1; i++) {
        ck_assert_int_eq(told_at(i, chain), STATUS_OK);
        ck_assert_mem_eq(chain, expected[i], CHAIN_SIZE);
        ck_assert_int_eq(chains_at(chains, i, 0, chain), STATUS_OK);
    }
}
END_TEST

START_TEST(what_is_archived_cannot_be_told_but_for_where_it_ends)
{
    uint8_t chain[CHAIN_SIZE];
    unsigned removed;

    ck_assert_int_eq(journal_rebase(journal, 10, NULL, 0, NULL), STATUS_OK);
    ck_assert_int_eq(journal_trim(journal, 100, &removed, NULL), STATUS_OK);
    ck_assert_uint_eq(removed, 10);
    ck_assert_int_eq(told_at(9, chain), STATUS_MISSING);
    ck_assert_int_eq(told_at(10, chain), STATUS_OK);
    ck_assert_mem_eq(chain, expected[10], CHAIN_SIZE);
    ck_assert_int_eq(told_at(11, chain), STATUS_OK);
    ck_assert_mem_eq(chain, expected[11], CHAIN_SIZE);
}
END_TEST

START_TEST(whoever_names_ever_others_is_told_too)
{
    uint8_t chain[CHAIN_SIZE];

    for (uint64_t i = FACTS; i < 40000; i++) /* none of these is there */
        ck_assert_int_ne(chains_at(chains, i, 0, chain), STATUS_OK);
    ck_assert_int_eq(told_at(5, chain), STATUS_OK);
    ck_assert_mem_eq(chain, expected[5], CHAIN_SIZE);
}
END_TEST

START_TEST(a_disk_that_does_not_answer_holds_nobody_up_for_long)
{
    uint8_t chain[CHAIN_SIZE];
    enum status status;

    ck_assert_int_eq(chains_at(chains, 5, 0, chain), STATUS_BUSY);
    status = chains_at(chains, 5, CHAINS_PATIENCE_MS, chain);
    ck_assert(status == STATUS_MISSING || status == STATUS_OK);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chains");
    TCase *t = tcase_create("chains");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_test(t, the_newest_is_known_at_once);
    tcase_add_test(t, what_came_before_is_looked_up_and_known_from_then_on);
    tcase_add_test(t, what_is_archived_cannot_be_told_but_for_where_it_ends);
    tcase_add_test(t, whoever_names_ever_others_is_told_too);
    tcase_add_test(t, a_disk_that_does_not_answer_holds_nobody_up_for_long);
    suite_add_tcase(suite, t);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
