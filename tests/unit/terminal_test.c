/* The terminal's small parts: what is held, the chain, the verdicts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "terminal/chain.h"
#include "wire/keys.h"

static struct held held;
static struct chain chain;
static uint8_t epoch[EPOCH_SIZE] = {1};

static void begin(void)
{
    keys_start();
    held_init(&held);
    chain_init(&chain, "440305");
    memcpy(chain.epoch, epoch, sizeof epoch);
    chain.has_epoch = true;
    chain.head = 100;
    chain.last[1] = 90;
}

static void end(void)
{
    held_done(&held);
}

static struct holding *add(int number)
{
    struct holding *holding;
    char id[32];

    snprintf(id, sizeof id, "01M84XZFE8NGTMRYDNRV%06d", number);
    holding = held_add(&held, id);
    if (holding != NULL) {
        holding->revision = 1;
        holding->topics = 2;
    }
    return holding;
}

/* ---- what is held ----------------------------------------------------------
 */

START_TEST(a_tally_ends_where_it_began_whatever_came_and_went)
{
    static const struct tally nothing;
    struct holding *holding = add(1);

    held_count(&held, holding);
    ck_assert_uint_eq(held.tallies[1].count, 1);
    held_count(&held, holding);
    ck_assert_uint_eq(held.tallies[1].count, 1);
    held_uncount(&held, holding);
    holding->revision = 2;
    holding->topics = 6;
    held_count(&held, holding);
    held_uncount(&held, holding);
    held_uncount(&held, holding);
    ck_assert_mem_eq(&held.tallies[1], &nothing, sizeof nothing);
    ck_assert_mem_eq(&held.tallies[2], &nothing, sizeof nothing);
}
END_TEST

START_TEST(what_has_ended_is_not_counted)
{
    struct holding *holding = add(1);

    holding->withdrawn = true;
    held_count(&held, holding);
    holding->withdrawn = false;
    holding->expired = true;
    held_count(&held, holding);
    holding->expired = false;
    holding->gone = true;
    held_count(&held, holding);
    ck_assert_uint_eq(held.tallies[1].count, 0);
}
END_TEST

START_TEST(a_full_terminal_gives_up_its_oldest_tombstone_and_never_an_alert)
{
    struct holding *holding;

    for (int i = 0; i < HELD_MAX; i++)
        ck_assert_ptr_nonnull(add(i));
    ck_assert_ptr_null(add(HELD_MAX));
    for (int i = 3; i <= 5; i++) {
        char id[32];

        snprintf(id, sizeof id, "01M84XZFE8NGTMRYDNRV%06d", i);
        holding = held_find(&held, id);
        holding->bare = true;
        holding->ended_ms = 10 - i;
    }
    ck_assert_ptr_nonnull(add(HELD_MAX));
    ck_assert_ptr_null(held_find(&held, "01M84XZFE8NGTMRYDNRV000005"));
    ck_assert_ptr_nonnull(held_find(&held, "01M84XZFE8NGTMRYDNRV000004"));
    ck_assert_uint_eq(map_count(held.alerts), HELD_MAX);
}
END_TEST

/* ---- the chain -------------------------------------------------------------
 */

static enum link take(uint64_t sequence, uint64_t previous)
{
    Tocsin__V1__FeedMessage message = TOCSIN__V1__FEED_MESSAGE__INIT;

    message.epoch = (ProtobufCBinaryData){sizeof epoch, epoch};
    message.sequence = sequence;
    message.previous = previous;
    return chain_take(&chain, 1, &message);
}

START_TEST(a_chain_knows_the_next_the_old_and_the_gap)
{
    ck_assert_int_eq(take(95, 90), LINK_NEXT);
    ck_assert_int_eq(take(95, 90), LINK_OLD);
    ck_assert_int_eq(take(94, 0), LINK_OLD);
    ck_assert_uint_eq(chain.missing, 0);
    ck_assert_int_eq(take(120, 110), LINK_GAP);
    ck_assert_uint_eq(chain.missing, 110);
    ck_assert_int_eq(take(121, 120), LINK_NEXT);
    chain.epoch[0] = 2;
    ck_assert_int_eq(take(130, 121), LINK_EPOCH);
    ck_assert_uint_eq(chain.last[1], 121);
}
END_TEST

struct told {
    uint64_t head;
    uint64_t since;
    uint64_t last;
    uint32_t count;
    enum verdict verdict;
};

static const struct told told[] = {
    {100, 95, 90, 0, VERDICT_SAME},
    {150, 100, 90, 0, VERDICT_SAME},   /* since is what we are complete to */
    {150, 101, 90, 0, VERDICT_BEHIND}, /* something in between */
    {150, 95, 140, 0, VERDICT_BEHIND}, /* on our own topic */
    {150, 95, 90, 1, VERDICT_DIFFERS},
    {150, 101, 90, 1, VERDICT_BEHIND}, /* what is missing may be it */
    {99, 95, 90, 0, VERDICT_STALE},
    {99, 95, 140, 1, VERDICT_STALE}, /* whatever it says */
    {100, 95, 89, 1, VERDICT_STALE},
};

START_TEST(a_beacon_is_judged_by_what_it_tells)
{
    const struct told *row = &told[_i];
    Tocsin__V1__TopicState state = TOCSIN__V1__TOPIC_STATE__INIT;
    Tocsin__V1__TopicState *list[] = {&state};
    struct stand stand = {
        {sizeof epoch, epoch}, row->head, row->since, list, 1, {0, NULL}};

    state.topic = chain.topics[1];
    state.last = row->last;
    state.count = row->count;
    ck_assert_int_eq(chain_compare(&chain, &held, &stand), row->verdict);
}
END_TEST

START_TEST(a_stand_of_another_epoch_always_differs)
{
    uint8_t other[EPOCH_SIZE] = {9};
    struct stand stand = {{sizeof other, other}, 1, 0, NULL, 0, {0, NULL}};

    ck_assert_int_eq(chain_compare(&chain, &held, &stand), VERDICT_DIFFERS);
}
END_TEST

START_TEST(a_sync_never_goes_back_within_one_epoch_but_does_with_another)
{
    uint8_t other[EPOCH_SIZE] = {9};
    struct stand stand = {{sizeof epoch, epoch}, 50, 0, NULL, 0, {0, NULL}};

    chain_synced(&chain, &stand);
    ck_assert_uint_eq(chain.head, 100);
    stand.epoch.data = other;
    chain_synced(&chain, &stand);
    ck_assert_uint_eq(chain.head, 50);
    ck_assert_uint_eq(chain.last[1], 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("terminal: parts");
    TCase *parts = tcase_create("parts");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(parts, begin, end);
    tcase_add_test(parts, a_tally_ends_where_it_began_whatever_came_and_went);
    tcase_add_test(parts, what_has_ended_is_not_counted);
    tcase_add_test(
        parts,
        a_full_terminal_gives_up_its_oldest_tombstone_and_never_an_alert);
    tcase_add_test(parts, a_chain_knows_the_next_the_old_and_the_gap);
    tcase_add_loop_test(parts, a_beacon_is_judged_by_what_it_tells, 0,
                        (int)(sizeof told / sizeof told[0]));
    tcase_add_test(parts, a_stand_of_another_epoch_always_differs);
    tcase_add_test(
        parts, a_sync_never_goes_back_within_one_epoch_but_does_with_another);
    suite_add_tcase(suite, parts);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
