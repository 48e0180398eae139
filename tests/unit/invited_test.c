/* As many invitations as there may be: those that are over make room. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "domain/apply_parts.h"
#include "domain/decide.h"

#define DAY_MS 86400000

static struct book *book;
static struct arena arena;

static void take(Tocsin__V1__Fact *fact)
{
    (void)book_apply(book, book->head + 1, fact);
}

static Tocsin__V1__Principal somebody(const char *id, Tocsin__V1__Role role)
{
    static uint8_t keys[2][KEY_SIZE] = {{9}, {10}};
    Tocsin__V1__Principal who = TOCSIN__V1__PRINCIPAL__INIT;

    who.id = who.name = (char *)(uintptr_t)id;
    who.role = role;
    who.division = (char *)(uintptr_t) "000000";
    who.public_key =
        (ProtobufCBinaryData){KEY_SIZE, keys[book->principal_count]};
    return who;
}

static void set_up(void)
{
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__Founded founded = TOCSIN__V1__FOUNDED__INIT;
    Tocsin__V1__Enrolled enrolled = TOCSIN__V1__ENROLLED__INIT;
    Tocsin__V1__Principal who;
    uint8_t bytes[KEY_SIZE] = {9};

    book = book_new(NULL);
    arena_init(&arena, 1 << 16);
    who = somebody("admin", TOCSIN__V1__ROLE__ROLE_ADMINISTRATOR);
    founded.epoch = (ProtobufCBinaryData){EPOCH_SIZE, bytes};
    founded.authority = founded.broker_key =
        (ProtobufCBinaryData){KEY_SIZE, bytes};
    founded.administrator = &who;
    fact.body_case = TOCSIN__V1__FACT__BODY_FOUNDED;
    fact.founded = &founded;
    take(&fact);
    who = somebody("van", TOCSIN__V1__ROLE__ROLE_GATEWAY);
    enrolled.principal = &who;
    fact.body_case = TOCSIN__V1__FACT__BODY_ENROLLED;
    fact.enrolled = &enrolled;
    take(&fact);
}

static void tear_down(void)
{
    arena_done(&arena);
    book_free(book);
}

static Tocsin__V1__Status invite(int number, int64_t now_ms)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Invite body = TOCSIN__V1__INVITE__INIT;
    struct order order = {.actor = book_principal(book, "admin"),
                          .request = &request,
                          .now_ms = now_ms,
                          .arena = &arena};
    struct verdict verdict;
    uint8_t key[KEY_SIZE] = {1};
    char id[20];

    snprintf(id, sizeof id, "h-%d", number);
    body.device = id;
    body.gateway = (char *)(uintptr_t) "van";
    body.name = (char *)(uintptr_t) "a handheld";
    body.secret_key = (ProtobufCBinaryData){sizeof key, key};
    body.expires_ms = now_ms + DAY_MS;
    request.body_case = TOCSIN__V1__REQUEST__BODY_INVITE;
    request.invite = &body;
    arena_reset(&arena);
    decide(&verdict, book, &order);
    if (verdict.fact != NULL) {
        verdict.fact->time_ms = now_ms;
        take(verdict.fact);
    }
    return verdict.status;
}

/* h-0 and on, good until then. */
static void fill(int64_t expires_ms)
{
    Tocsin__V1__Invited invited = TOCSIN__V1__INVITED__INIT;
    uint8_t key[KEY_SIZE] = {1};
    char id[20];

    invited.device = id;
    invited.gateway = (char *)(uintptr_t) "van";
    invited.secret_key = (ProtobufCBinaryData){sizeof key, key};
    invited.expires_ms = expires_ms;
    for (int i = 0; i < INVITATIONS_MAX; i++) {
        snprintf(id, sizeof id, "h-%d", i);
        apply_add_invitation(book, &invited);
    }
}

START_TEST(only_those_that_are_still_good_take_room)
{
    fill(1000 + DAY_MS);
    ck_assert_int_eq(invite(INVITATIONS_MAX, 1000),
                     TOCSIN__V1__STATUS__STATUS_CONFLICT);
    ck_assert_int_eq(invite(7, 1000), TOCSIN__V1__STATUS__STATUS_RECORDED);
    ck_assert_uint_eq(book->invitation_count, INVITATIONS_MAX);
    ck_assert_int_eq(invite(INVITATIONS_MAX, 1001 + DAY_MS),
                     TOCSIN__V1__STATUS__STATUS_RECORDED);
    ck_assert_uint_eq(book->invitation_count, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("invited");
    TCase *tests = tcase_create("room");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, only_those_that_are_still_good_take_room);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
