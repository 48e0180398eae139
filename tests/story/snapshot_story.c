#define _GNU_SOURCE
/* A start from what was written down is a start from all facts. */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "broker/snapshot.h"
#include "domain/keep.h"
#include "story_inside.h"

static struct story *s;

static void open_story(void)
{
    s = story_new();
}

static void close_story(void)
{
    story_free(s);
}

/* Something of everything that a book can hold. */
static void a_busy_week(void)
{
    static const char *const lines[] = {"sz reports A1 within 30",
                                        "gate-1 holds A1",
                                        "gate-1 shows A1",
                                        "gate-2 reads A1",
                                        "gate-2 sights A1",
                                        "gate-2 sights A1",
                                        "gate-1 searches A1 through van",
                                        "sz revises A1 within 100",
                                        "gate-4 holds A1",
                                        "gate-3 holds A1",
                                        "bj reports A2 exercise near Beijing",
                                        "gate-3 intercepts A2",
                                        "sz reports A3 expiring 60",
                                        "administrator enrols gate-9 in 440305",
                                        "gate-9 holds A1",
                                        "administrator rekeys gate-1",
                                        "administrator revokes gate-2",
                                        "7300 s pass",
                                        "sz reports A4 within 30",
                                        "sz withdraws A1"};

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        story_tell(s, lines[i]);
    story_skip(s);
}

START_TEST(a_book_out_of_its_snapshot_is_the_same_book)
{
    uint8_t before[32];
    uint8_t after[32];

    a_busy_week();
    story_tell(s, "the book is written down");
    story_book(s, before);
    story_tell(s, "the broker starts from what was written");
    story_book(s, after);
    ck_assert_mem_eq(before, after, 32);
}
END_TEST

/* Written down after each single fact, and the rest replayed. */
START_TEST(wherever_it_was_written_the_rest_leads_to_the_same_book)
{
    uint8_t before[32];
    uint8_t after[32];
    size_t facts;

    a_busy_week();
    story_book(s, before);
    facts = story_facts(s);
    for (size_t at = 1; at <= facts; at++) {
        broker_free(s->broker);
        s->durable = at;
        story_start_broker(s);
        story_write_down(s);
        s->durable = facts;
        broker_free(s->broker);
        story_resume_broker(s);
        story_book(s, after);
        ck_assert_msg(memcmp(before, after, 32) == 0,
                      "written after fact %zu of %zu", at, facts);
    }
}
END_TEST

START_TEST(who_was_answered_before_the_snapshot_gets_the_same_answer_after_it)
{
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "the book is written down");
    story_skip(s);
    story_tell(s, "the broker starts from what was written");
    story_tell(s, "again");
    story_expect(s, "sz <- DUPLICATE 12 2 nodes\n");
    story_tell(s, "gate-1 holds A1");
    story_tell(s, "gate-3 syncs from 0");
    story_tell(s, "gate-1 syncs from 0");
    story_expect(s, "gate-1 <- RECORDED 13\n"
                    "gate-3 <- OK page from the start head 13\n"
                    "gate-1 <- OK page from the start [A1 r1] head 13\n");
}
END_TEST

START_TEST(silent_nodes_are_sent_to_directly_after_such_a_start)
{
    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "the book is written down");
    story_tell(s, "the broker starts from what was written");
    story_tell(s, "gate-1 beats");
    story_skip(s);
    story_tell(s, "4 s pass");
    ck_assert_ptr_nonnull(strstr(story_heard(s), "gate-1 <- push A1 r1\n"));
}
END_TEST

START_TEST(a_case_key_in_use_is_no_spare_after_such_a_start)
{
    size_t spares;

    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "the book is written down");
    spares = vault_spares(s->vault);
    story_tell(s, "the broker starts from what was written");
    ck_assert_uint_eq(vault_spares(s->vault), spares);
}
END_TEST

START_TEST(personal_data_is_sealed_in_a_snapshot)
{
    const struct book *book = broker_book(story_broker(s));

    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "gate-1 sights A1");
    story_tell(s, "the book is written down");
    ck_assert_uint_gt(book->alerts[0]->document_size, 40);
    ck_assert_ptr_null(memmem(s->snapshot, s->snapshot_size,
                              book->alerts[0]->document + 8, 32));
    ck_assert_ptr_null(memmem(s->snapshot, s->snapshot_size,
                              book->alerts[0]->answers[0].document + 8, 32));
}
END_TEST

static enum status take(const uint8_t *bytes, size_t size)
{
    struct book *book = book_new(s->divisions);
    enum status status = snapshot_take(book, s->vault, bytes, size, NULL);

    book_free(book);
    return status;
}

START_TEST(a_damaged_snapshot_is_known_wherever_it_is_damaged)
{
    a_busy_week();
    story_tell(s, "the book is written down");
    for (size_t at = 0; at < s->snapshot_size; at += 7) {
        s->snapshot[at] ^= 0x40;
        ck_assert(take(s->snapshot, s->snapshot_size) == STATUS_CORRUPT);
        s->snapshot[at] ^= 0x40;
    }
    for (size_t size = 0; size < s->snapshot_size; size += 97)
        ck_assert(take(s->snapshot, size) == STATUS_CORRUPT);
    ck_assert(take(s->snapshot, s->snapshot_size) == STATUS_OK);
}
END_TEST

struct copy {
    struct book *book;
    void (*spoil)(Tocsin__V1__BookEntry *entry);
    enum status status;
};

static void copy_entry(void *arg, Tocsin__V1__BookEntry *entry)
{
    struct copy *copy = arg;

    copy->spoil(entry);
    if (copy->status == STATUS_OK)
        copy->status = book_take(copy->book, entry, NULL);
}

static enum status take_spoilt(void (*spoil)(Tocsin__V1__BookEntry *entry))
{
    const uint8_t chain[CHAIN_SIZE] = {7};
    struct copy copy = {book_new(s->divisions), spoil, STATUS_OK};

    book_keep(broker_book(s->broker), chain, sizeof chain, copy_entry, &copy);
    book_free(copy.book);
    return copy.status;
}

static void nothing(Tocsin__V1__BookEntry *entry)
{
    (void)entry;
}

static void far_future(Tocsin__V1__BookEntry *entry)
{
    if (entry->kind_case == TOCSIN__V1__BOOK_ENTRY__KIND_ALERT)
        entry->alert->recorded_ms = INT64_MAX - 1;
}

static void no_generation(Tocsin__V1__BookEntry *entry)
{
    if (entry->kind_case == TOCSIN__V1__BOOK_ENTRY__KIND_HEAD)
        entry->head->generation = 0;
}

static void in_clear(Tocsin__V1__BookEntry *entry)
{
    if (entry->kind_case == TOCSIN__V1__BOOK_ENTRY__KIND_SAMPLE)
        entry->sample->relation = TOCSIN__V1__RELATION__RELATION_MOTHER;
}

/* Reckoned with, the first would overflow; the last would be sealed with a key
 * that a sealed case has no more. */
START_TEST(what_no_fact_leads_to_is_not_taken)
{
    a_busy_week();
    story_tell(s, "administrator enrols lead-1 officer in 440300 rank 3");
    story_tell(s, "sz offers A3 to lead-1");
    story_tell(s, "lead-1 accepts A3");
    story_tell(s, "lead-1 notes K-1 of A3 mother taken");
    ck_assert(take_spoilt(nothing) == STATUS_OK);
    ck_assert(take_spoilt(far_future) == STATUS_CORRUPT);
    ck_assert(take_spoilt(no_generation) == STATUS_CORRUPT);
    ck_assert(take_spoilt(in_clear) == STATUS_CORRUPT);
}
END_TEST

START_TEST(without_its_keys_a_snapshot_is_useless)
{
    struct book *book = book_new(s->divisions);
    struct vault *empty = vault_new();

    story_tell(s, "sz reports A1 within 30");
    story_tell(s, "the book is written down");
    ck_assert(snapshot_take(book, empty, s->snapshot, s->snapshot_size, NULL) ==
              STATUS_CORRUPT);
    book_free(book);
    vault_free(empty);
}
END_TEST

/* It would be counted on its topics, and sent to nobody. */
START_TEST(an_alert_that_lost_what_it_says_is_not_started_from)
{
    const struct book *book = broker_book(story_broker(s));

    story_tell(s, "sz reports A1 within 30");
    book->alerts[0]->document_size = 0;
    story_tell(s, "the book is written down");
    ck_assert(take(s->snapshot, s->snapshot_size) == STATUS_CORRUPT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("snapshot stories");
    TCase *t = tcase_create("snapshots");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(t, open_story, close_story);
    tcase_add_test(t, a_book_out_of_its_snapshot_is_the_same_book);
    tcase_add_test(t, wherever_it_was_written_the_rest_leads_to_the_same_book);
    tcase_add_test(
        t, who_was_answered_before_the_snapshot_gets_the_same_answer_after_it);
    tcase_add_test(t, silent_nodes_are_sent_to_directly_after_such_a_start);
    tcase_add_test(t, a_case_key_in_use_is_no_spare_after_such_a_start);
    tcase_add_test(t, personal_data_is_sealed_in_a_snapshot);
    tcase_add_test(t, a_damaged_snapshot_is_known_wherever_it_is_damaged);
    tcase_add_test(t, what_no_fact_leads_to_is_not_taken);
    tcase_add_test(t, without_its_keys_a_snapshot_is_useless);
    tcase_add_test(t, an_alert_that_lost_what_it_says_is_not_started_from);
    suite_add_tcase(suite, t);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
