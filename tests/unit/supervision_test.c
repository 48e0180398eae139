/* What the rules put under supervision where thousands are silent at once. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "domain/apply.h"
#include "domain/book.h"
#include "domain/supervision.h"
#include "wire/arena.h"

#define NODES 20000
#define COUNTIES 200
#define IN_COUNTY (NODES / COUNTIES)

static struct book *book;
static struct divisions *table;

static void apply(Tocsin__V1__Fact *fact)
{
    (void)book_apply(book, book->head + 1, fact);
}

static void county_of(char out[DIVISION_SIZE + 1], int county)
{
    char digits[3 * 12];

    snprintf(digits, sizeof digits, "44%02d%02d", 1 + county / 50,
             1 + county % 50);
    memcpy(out, digits, DIVISION_SIZE + 1);
}

static void enrol(const char *id, Tocsin__V1__Role role, int county)
{
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__Enrolled enrolled = TOCSIN__V1__ENROLLED__INIT;
    Tocsin__V1__Principal principal = TOCSIN__V1__PRINCIPAL__INIT;
    char division[DIVISION_SIZE + 1];
    uint8_t key[KEY_SIZE] = {0};

    county_of(division, county);
    principal.id = (char *)(uintptr_t)id;
    principal.role = role;
    principal.kind = TOCSIN__V1__NODE_KIND__NODE_KIND_BUS_STATION;
    principal.division = division;
    principal.public_key = (ProtobufCBinaryData){sizeof key, key};
    enrolled.principal = &principal;
    fact.body_case = TOCSIN__V1__FACT__BODY_ENROLLED;
    fact.enrolled = &enrolled;
    apply(&fact);
}

static char alert_id[] = "01HZZZZZZZZZZZZZZZZZZZZZZ1";

/* To all nodes, whose numbers are 1 to NODES. */
static void report(void)
{
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__AlertIssued issued = TOCSIN__V1__ALERT_ISSUED__INIT;
    uint32_t *coverage = must_calloc(NODES, sizeof *coverage);
    uint8_t key_id[16] = {0};
    char prefix[] = "44";
    char *prefixes[] = {prefix};
    char division[] = "440101";
    char number[] = "440101-2026-000001";
    char centre[] = "centre";

    for (int i = 0; i < NODES; i++)
        coverage[i] = 1;
    issued.alert_id = alert_id;
    issued.revision = 1;
    issued.case_number = number;
    issued.division = division;
    issued.key_id = (ProtobufCBinaryData){sizeof key_id, key_id};
    issued.n_prefixes = 1;
    issued.prefixes = prefixes;
    issued.n_coverage = NODES;
    issued.coverage = coverage;
    fact.principal = centre;
    fact.time_ms = 1;
    fact.body_case = TOCSIN__V1__FACT__BODY_ALERT_ISSUED;
    fact.alert_issued = &issued;
    apply(&fact);
    free(coverage);
}

/* The first so many of each county. */
static void fall_silent(int of_each)
{
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__FellSilent silent = TOCSIN__V1__FELL_SILENT__INIT;
    uint32_t *nodes = must_calloc(NODES, sizeof *nodes);
    uint32_t before = 0;

    for (uint32_t i = 0; i < NODES; i++) {
        if (i % IN_COUNTY >= (uint32_t)of_each)
            continue;
        nodes[silent.n_nodes++] = i + 1 - before;
        before = i + 1;
    }
    silent.alert_id = alert_id;
    silent.revision = 1;
    silent.nodes = nodes;
    fact.time_ms = 60001;
    fact.body_case = TOCSIN__V1__FACT__BODY_FELL_SILENT;
    fact.fell_silent = &silent;
    apply(&fact);
    free(nodes);
}

static void open_book(void)
{
    char id[16];

    keys_start();
    ck_assert(divisions_parse(&table, "h\n", 2, NULL) == STATUS_OK);
    book = book_new(table);
    book->founded = true;
    for (int i = 0; i < NODES; i++) {
        snprintf(id, sizeof id, "n%d", i);
        enrol(id, TOCSIN__V1__ROLE__ROLE_CHECKPOINT, i / IN_COUNTY);
    }
    enrol("centre", TOCSIN__V1__ROLE__ROLE_CENTRE, 0);
    report();
}

static void close_book(void)
{
    book_free(book);
    divisions_free(table);
}

/* NULL: nothing more. */
static const Tocsin__V1__PutUnderSupervision *put(struct arena *arena)
{
    static const struct silence_policy policy = {.node_ms = 60000};
    static const struct silence_clocks clocks = {60002, 60002};
    Tocsin__V1__Fact *fact;

    arena_reset(arena);
    fact = decide_supervision(book, book_alert(book, alert_id), &policy,
                              &clocks, arena);
    if (fact == NULL)
        return NULL;
    apply(fact);
    return fact->put_under_supervision;
}

START_TEST(every_county_half_of_which_is_silent_is_put_and_no_other)
{
    const Tocsin__V1__PutUnderSupervision *made;
    struct arena arena;
    char division[DIVISION_SIZE + 1];
    int count = 0;

    fall_silent(IN_COUNTY / 2 - (_i == 0));
    arena_init(&arena, 1 << 18);
    for (; (made = put(&arena)) != NULL; count++) {
        county_of(division, count);
        ck_assert_int_eq(made->kind,
                         TOCSIN__V1__SUPERVISED__SUPERVISED_DIVISION);
        ck_assert_str_eq(made->subject, division);
    }
    ck_assert_int_eq(count, _i == 0 ? 0 : COUNTIES);
    arena_done(&arena);
}
END_TEST

/* At every tick while an alert is out, on the desk's own thread. The bound is
 * for a build with sanitizers, which takes some 13 ms for the ten. */
START_TEST(ten_thousand_silent_nodes_are_looked_through_in_a_moment)
{
    struct arena arena;
    clock_t began;
    double spent_ms;

    fall_silent(IN_COUNTY / 2 - 1);
    arena_init(&arena, 1 << 18);
    began = clock();
    for (int i = 0; i < 10; i++)
        ck_assert_ptr_null(put(&arena));
    spent_ms = (double)(clock() - began) * 1000 / CLOCKS_PER_SEC;
    printf("9,800 silent nodes looked through ten times in %.1f ms\n",
           spent_ms);
    ck_assert(spent_ms < 1000);
    arena_done(&arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("supervision");
    TCase *t = tcase_create("supervision");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(t, open_book, close_book);
    tcase_add_loop_test(
        t, every_county_half_of_which_is_silent_is_put_and_no_other, 0, 2);
    tcase_add_test(t, ten_thousand_silent_nodes_are_looked_through_in_a_moment);
    tcase_set_timeout(t, 120);
    suite_add_tcase(suite, t);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
