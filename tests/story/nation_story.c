/* Many alerts that are wide: no turn of a timer goes through all of them, each
 * of them has its turn. Counted in what leaves the broker, not in seconds. */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "broker/core.h"
#include "broker/fact_codec.h"

#define NODES 5000
#define ALERTS 40
#define BEGIN_MS 1800000000000LL
#define FIRST 3 /* number of the first node */
#define LAST (FIRST + NODES - 1)
/* of the lines that a turn looks at, twice as many for direct sending */
#define WIDE_PER_TURN 10
#define ENDED_PER_TURN 20
#define SENDS_PER_TURN 400
#define ROUNDS 7 /* the pauses of the last ones do not grow any more */
#define TURNS_PER_BEAT 120

static struct broker *broker;
static const struct book *book;
static struct vault *vault;
static struct divisions *table;
static struct case_key key;
static struct moment now;
static uint64_t appended;
static unsigned sends;
static unsigned sends_of[ALERTS];

static char *text(const char *words)
{
    return (char *)(uintptr_t)words;
}

/* ---- ports --------------------------------------------------------------- */

#define CASE_NUMBERS "440305-2026-0000" /* and two digits */

/* Of whichever alert it tells. */
static void count_send(const uint8_t *bytes, size_t size)
{
    const char *number =
        memmem(bytes, size, CASE_NUMBERS, sizeof CASE_NUMBERS - 1);

    sends++;
    if (number != NULL)
        sends_of[atoi(number + sizeof CASE_NUMBERS - 1)]++;
}

static enum sent on_send(void *arg, enum gate gate, const struct route *route,
                         const uint8_t *bytes, size_t size)
{
    (void)arg;
    (void)gate;
    (void)route;
    count_send(bytes, size);
    return SENT;
}

static void on_publish(void *arg, const char *topic, const uint8_t *bytes,
                       size_t size)
{
    (void)arg;
    (void)topic;
    (void)bytes;
    (void)size;
}

static void on_append(void *arg, const struct record *record)
{
    (void)arg;
    appended = record->sequence;
}

static void on_want_keys(void *arg)
{
    (void)arg;
}

static void on_random(void *arg, void *bytes, size_t size)
{
    (void)arg;
    randombytes_buf(bytes, size);
}

static void on_say(void *arg, enum log_level level, const char *event,
                   const char *words)
{
    (void)arg;
    (void)level;
    (void)event;
    (void)words;
}

static void on_destroy_key(void *arg, const uint8_t id[KEY_ID_SIZE])
{
    (void)arg;
    (void)id;
}

/* ---- what the journal has ------------------------------------------------ */

static void replay(Tocsin__V1__Fact *fact)
{
    struct record record = {.sequence = book->head + 1};
    struct diag why = {0};
    uint8_t *body;

    fact->time_ms = BEGIN_MS;
    body = fact_for_disk(fact, book, vault, &record.body_size);
    ck_assert_ptr_nonnull(body);
    record.principal = fact->principal;
    record.time_ms = fact->time_ms;
    record.body = body;
    ck_assert_msg(broker_replay(broker, &record, &why) == STATUS_OK, "%s",
                  why.text);
    free(body);
}

static void found_it(void)
{
    struct bundle administrator = {.id = "administrator",
                                   .role = TOCSIN__V1__ROLE__ROLE_ADMINISTRATOR,
                                   .name = "Administrator",
                                   .division = "000000"};
    uint8_t epoch[EPOCH_SIZE] = {1};
    struct record record = {.sequence = 1, .principal = ""};
    uint8_t *body;

    keypair_make(&administrator.key);
    body = broker_founding(&administrator, epoch, BEGIN_MS, &record.body_size);
    record.body = body;
    ck_assert(broker_replay(broker, &record, NULL) == STATUS_OK);
    free(body);
}

static void enrol(const char *id, Tocsin__V1__Role role)
{
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__Enrolled enrolled = TOCSIN__V1__ENROLLED__INIT;
    Tocsin__V1__Principal principal = TOCSIN__V1__PRINCIPAL__INIT;
    struct keypair pair;

    keypair_make(&pair);
    principal.id = text(id);
    principal.role = role;
    principal.kind = TOCSIN__V1__NODE_KIND__NODE_KIND_BUS_STATION;
    principal.name = text(id);
    principal.division = text("440305");
    principal.public_key = (ProtobufCBinaryData){KEY_SIZE, pair.public_key};
    enrolled.principal = &principal;
    fact.principal = text("administrator");
    fact.body_case = TOCSIN__V1__FACT__BODY_ENROLLED;
    fact.enrolled = &enrolled;
    replay(&fact);
}

static void alert_id(char id[ULID_SIZE + 1], int number)
{
    snprintf(id, ULID_SIZE + 1, "01HZZZZZZZZZZZZZZZZZZZZZ%02d", number);
}

/* For all nodes, none of which has said anything. */
static void report(int number, int64_t expires_ms)
{
    static uint8_t content[] = {1};
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__AlertIssued issued = TOCSIN__V1__ALERT_ISSUED__INIT;
    Tocsin__V1__SignedAlert document = TOCSIN__V1__SIGNED_ALERT__INIT;
    static uint32_t coverage[NODES];
    uint8_t packed[64];
    char *prefixes[] = {text("440305")};
    char id[ULID_SIZE + 1];
    char case_number[CASE_NUMBER_MAX];

    for (int i = 0; i < NODES; i++)
        coverage[i] = i == 0 ? FIRST : 1;
    alert_id(id, number);
    snprintf(case_number, sizeof case_number, "440305-2026-%06d", number);
    document.content = (ProtobufCBinaryData){sizeof content, content};
    issued.alert_id = id;
    issued.revision = 1;
    issued.case_number = case_number;
    issued.division = text("440305");
    issued.document = (ProtobufCBinaryData){
        protobuf_c_message_pack(&document.base, packed), packed};
    issued.n_prefixes = 1;
    issued.prefixes = prefixes;
    issued.n_coverage = NODES;
    issued.coverage = coverage;
    issued.key_id = (ProtobufCBinaryData){KEY_ID_SIZE, key.id};
    issued.expires_ms = expires_ms;
    fact.principal = text("centre");
    fact.body_case = TOCSIN__V1__FACT__BODY_ALERT_ISSUED;
    fact.alert_issued = &issued;
    replay(&fact);
}

static void step(int number, Tocsin__V1__CaseStep which)
{
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__CaseChanged changed = TOCSIN__V1__CASE_CHANGED__INIT;
    char id[ULID_SIZE + 1];

    alert_id(id, number);
    changed.alert_id = id;
    changed.step = which;
    changed.outcome = TOCSIN__V1__OUTCOME__OUTCOME_RESCUED;
    fact.principal = text("centre");
    fact.body_case = TOCSIN__V1__FACT__BODY_CASE_CHANGED;
    fact.case_changed = &changed;
    replay(&fact);
}

/* ---- the stage ----------------------------------------------------------- */

static void open_nation(void)
{
    const struct broker_config config = {.beacon_ms = 1000,
                                         .direct_ms = 3000,
                                         .journal_queue_max = 1000,
                                         .case_queue_max = 10,
                                         .syncs_per_second = 100,
                                         .peer_requests_max = 100,
                                         .keep_ended_ms = 86400000,
                                         .silence = {.node_ms = 60000},
                                         .node_rate = 1000,
                                         .peer_rate = 1000,
                                         .giving_rate = 60,
                                         .compare_us = 100};
    const struct broker_ports ports = {.send = on_send,
                                       .publish = on_publish,
                                       .append = on_append,
                                       .want_keys = on_want_keys,
                                       .random = on_random,
                                       .say = on_say,
                                       .destroy_key = on_destroy_key};
    char id[16];

    keys_start();
    ck_assert(divisions_parse(&table, "h\n", 2, NULL) == STATUS_OK);
    vault = vault_new();
    randombytes_buf(&key, sizeof key);
    vault_add(vault, &key);
    broker = broker_new(&config, &ports, table, vault);
    book = broker_book(broker);
    found_it();
    enrol("centre", TOCSIN__V1__ROLE__ROLE_CENTRE);
    for (int i = 0; i < NODES; i++) {
        snprintf(id, sizeof id, "n%05d", i);
        enrol(id, TOCSIN__V1__ROLE__ROLE_CHECKPOINT);
    }
    now = (struct moment){1000000, BEGIN_MS + 1000};
}

static void close_nation(void)
{
    broker_free(broker);
    vault_free(vault);
    divisions_free(table);
}

static void begin(void)
{
    ck_assert(broker_begin(broker, now, NULL) == STATUS_OK);
    appended = book->head;
}

static void pass(int64_t ms)
{
    now.monotonic_ms += ms;
    now.wall_ms += ms;
}

static void beat_of(uint32_t node)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Heartbeat heartbeat = TOCSIN__V1__HEARTBEAT__INIT;
    const struct route route = {.size = 1};
    uint8_t id[16];
    uint8_t bytes[64];

    randombytes_buf(id, sizeof id);
    request.request_id = (ProtobufCBinaryData){sizeof id, id};
    request.body_case = TOCSIN__V1__REQUEST__BODY_HEARTBEAT;
    request.heartbeat = &heartbeat;
    broker_request(broker, GATE_FIELD, book_number(book, node)->curve, &route,
                   bytes, tocsin__v1__request__pack(&request, bytes), now);
    sends = 0;
}

/* The last node alone is connected. */
static void beat(void)
{
    beat_of(LAST);
}

static void beat_all(void)
{
    for (uint32_t node = FIRST; node <= LAST; node++)
        beat_of(node);
}

/* What a turn gives, until all together is so much: never more than most. */
static void turns_give(unsigned (*turn)(void), unsigned all, unsigned most)
{
    unsigned given = 0;

    for (int turns = 0; given < all; turns++) {
        unsigned one = turn();

        ck_assert_uint_le(one, most);
        ck_assert_int_lt(turns, 100);
        given += one;
    }
}

static unsigned sent_in_a_turn(void)
{
    sends = 0;
    broker_tick(broker, now);
    return sends;
}

static unsigned recorded_in_a_turn(void)
{
    uint64_t before = appended;

    broker_tick(broker, now);
    broker_durable(broker, appended, now);
    return (unsigned)(appended - before);
}

/* ---- the promises -------------------------------------------------------- */

START_TEST(one_turn_sends_directly_for_as_many_wide_alerts_as_it_bears)
{
    for (int i = 0; i < ALERTS; i++)
        report(i, BEGIN_MS + 86400000);
    begin();
    beat();
    pass(3001);
    turns_give(sent_in_a_turn, ALERTS, 2 * WIDE_PER_TURN);
}
END_TEST

/* Nodes that are there and say nothing: those of some alerts could take all
 * that is sent in a turn, from one of their pauses to the next. */
START_TEST(no_wide_alert_waits_while_another_has_two_rounds)
{
    for (int i = 0; i < ALERTS; i++)
        report(i, BEGIN_MS + 86400000);
    begin();
    pass(3001);
    for (unsigned rounds = 1; rounds <= ROUNDS; rounds++) {
        for (int i = 0; i < NODES * ALERTS / SENDS_PER_TURN; i++) {
            if (i % TURNS_PER_BEAT == 0)
                beat_all();
            broker_tick(broker, now);
            pass(BROKER_TICK_MS);
        }
        for (int i = 0; i < ALERTS; i++)
            ck_assert_uint_eq(sends_of[i], rounds * NODES);
    }
}
END_TEST

START_TEST(one_turn_hears_the_silence_of_as_many_wide_alerts_as_it_bears)
{
    for (int i = 0; i < ALERTS; i++)
        report(i, BEGIN_MS + 86400000);
    begin();
    pass(60000);
    /* 2,000 nodes to a fact: three of each */
    turns_give(recorded_in_a_turn, 3 * ALERTS, WIDE_PER_TURN);
}
END_TEST

START_TEST(one_turn_asks_to_purge_as_many_wide_cases_as_it_bears)
{
    for (int i = 0; i < ALERTS; i++) {
        report(i, BEGIN_MS + 86400000);
        step(i, TOCSIN__V1__CASE_STEP__CASE_STEP_OFFER_LEAD);
        step(i, TOCSIN__V1__CASE_STEP__CASE_STEP_ACCEPT_LEAD);
        step(i, TOCSIN__V1__CASE_STEP__CASE_STEP_SOLVE);
        step(i, TOCSIN__V1__CASE_STEP__CASE_STEP_SEAL);
    }
    begin();
    beat();
    turns_give(sent_in_a_turn, ALERTS, WIDE_PER_TURN);
    ck_assert_uint_eq(sent_in_a_turn(), 0); /* the round is over */
    pass(10000);
    turns_give(sent_in_a_turn, ALERTS, WIDE_PER_TURN);
}
END_TEST

START_TEST(alerts_whose_time_is_over_together_end_some_at_a_time)
{
    for (int i = 0; i < ALERTS; i++)
        report(i, BEGIN_MS + 2000);
    begin();
    while (!broker_believes_its_clock(broker)) {
        broker_durable(broker, appended, now);
        pass(1000);
        broker_tick(broker, now);
        ck_assert_int_lt(now.wall_ms, BEGIN_MS + 2 * 3600000);
    }
    for (int i = 0; i < ALERTS; i++)
        ck_assert_int_eq(book->alerts[i]->state,
                         TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE);
    broker_durable(broker, appended, now);
    for (int turns = 1; turns <= 2; turns++) {
        int ended = 0;

        for (int i = 0; i < ALERTS; i++)
            ended += book->alerts[i]->state ==
                     TOCSIN__V1__ALERT_STATE__ALERT_STATE_EXPIRED;
        ck_assert_int_eq(ended, ENDED_PER_TURN * turns);
        broker_tick(broker, now);
        broker_durable(broker, appended, now);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nation");
    TCase *wide = tcase_create("wide");
    SRunner *runner;
    int failed;

    tcase_set_timeout(wide, 120);
    tcase_add_checked_fixture(wide, open_nation, close_nation);
    tcase_add_test(wide,
                   one_turn_sends_directly_for_as_many_wide_alerts_as_it_bears);
    tcase_add_test(wide, no_wide_alert_waits_while_another_has_two_rounds);
    tcase_add_test(
        wide, one_turn_hears_the_silence_of_as_many_wide_alerts_as_it_bears);
    tcase_add_test(wide, one_turn_asks_to_purge_as_many_wide_cases_as_it_bears);
    tcase_add_test(wide, alerts_whose_time_is_over_together_end_some_at_a_time);
    suite_add_tcase(suite, wide);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
