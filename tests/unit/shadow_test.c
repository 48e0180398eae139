/* A book rebuilt beside a broker that goes on working is whole. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <sodium.h>

#include "base/clock.h"
#include "broker/core.h"
#include "broker/fact_codec.h"
#include "domain/apply.h"
#include "domain/keep.h"
#include "tocsind/shadow.h"

#define ALERT "01ARZ3NDEKTSV4RRFFQ69G5FAV"

static struct home home;
static struct journal *journal;
static struct keyring *keyring;
static struct vault *vault; /* the broker's */
static struct book *book;   /* the broker's */

static void append(uint8_t *body, size_t size)
{
    struct record record = {.sequence = book->head + 1,
                            .time_ms = 1,
                            .principal = "",
                            .body = body,
                            .body_size = size};

    ck_assert_ptr_nonnull(body);
    ck_assert(journal_append(journal, &record, 1, NULL) == STATUS_OK);
    free(body);
}

static void happen(Tocsin__V1__Fact *fact)
{
    size_t size;
    uint8_t *body = fact_for_disk(fact, book, vault, &size);

    append(body, size);
    (void)book_apply(book, book->head + 1, fact);
}

static void found_a_broker(void)
{
    struct bundle administrator = {.id = "administrator",
                                   .role = TOCSIN__V1__ROLE__ROLE_ADMINISTRATOR,
                                   .name = "Administrator",
                                   .division = "000000"};
    const uint8_t epoch[EPOCH_SIZE] = {1};
    struct arena arena;
    size_t size;
    uint8_t *body;

    keypair_make(&administrator.key);
    body = broker_founding(&administrator, epoch, 1, &size);
    arena_init(&arena, 1 << 16);
    append(body, size);
    body = broker_founding(&administrator, epoch, 1, &size);
    (void)book_apply(
        book, 1,
        decode(&arena, &tocsin__v1__fact__descriptor, body, size, NULL));
    free(body);
    arena_done(&arena);
}

static void enrol_a_centre(void)
{
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__Enrolled enrolled = TOCSIN__V1__ENROLLED__INIT;
    Tocsin__V1__Principal principal = TOCSIN__V1__PRINCIPAL__INIT;
    struct keypair key;

    keypair_make(&key);
    principal.id = (char *)(uintptr_t) "sz";
    principal.role = TOCSIN__V1__ROLE__ROLE_CENTRE;
    principal.name = (char *)(uintptr_t) "Test centre";
    principal.division = (char *)(uintptr_t) "440300";
    principal.public_key = (ProtobufCBinaryData){KEY_SIZE, key.public_key};
    enrolled.principal = &principal;
    fact.principal = (char *)(uintptr_t) "administrator";
    fact.body_case = TOCSIN__V1__FACT__BODY_ENROLLED;
    fact.enrolled = &enrolled;
    happen(&fact);
}

static void report_with_a_new_key(uint8_t key_id[KEY_ID_SIZE])
{
    static uint8_t document[] = "what the centre signed";
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__AlertIssued issued = TOCSIN__V1__ALERT_ISSUED__INIT;
    struct case_key key;

    ck_assert(keyring_make(keyring, &key, 1, NULL) == STATUS_OK);
    vault_add(vault, &key);
    ck_assert(vault_take(vault, key_id));
    issued.alert_id = (char *)(uintptr_t)ALERT;
    issued.revision = 1;
    issued.case_number = (char *)(uintptr_t) "440300-2026-000001";
    issued.division = (char *)(uintptr_t) "440300";
    issued.document = (ProtobufCBinaryData){sizeof document, document};
    issued.key_id = (ProtobufCBinaryData){KEY_ID_SIZE, key_id};
    issued.expires_ms = 86400000;
    fact.principal = (char *)(uintptr_t) "sz";
    fact.body_case = TOCSIN__V1__FACT__BODY_ALERT_ISSUED;
    fact.alert_issued = &issued;
    happen(&fact);
}

static void open_home(void)
{
    char path[PATH_MAX];

    ck_assert(sodium_init() >= 0);
    strcpy(home.path, "/tmp/tocsin-shadow.XXXXXX");
    ck_assert(mkdtemp(home.path) != NULL);
    ck_assert(journal_open(&journal, home_file(&home, "journal.db", path), true,
                           NULL) == STATUS_OK);
    ck_assert(keyring_open(&keyring, home_file(&home, "keyring.db", path), true,
                           NULL) == STATUS_OK);
    vault = vault_new();
    book = book_new(NULL);
    found_a_broker();
    enrol_a_centre();
}

static void close_home(void)
{
    char command[PATH_MAX];

    book_free(book);
    vault_free(vault);
    keyring_close(keyring);
    journal_close(journal);
    snprintf(command, sizeof command, "rm -rf '%s'", home.path);
    ck_assert_int_eq(system(command), 0);
}

static enum status take(void *arg, const struct record *record,
                        struct diag *why)
{
    return shadow_take(arg, record, NULL, why);
}

static enum status catch_up(struct shadow *shadow, struct diag *why)
{
    return journal_read(shadow->journal, shadow->book->head + 1, take, shadow,
                        why);
}

static void digests(const struct shadow *shadow, uint8_t both[2][32])
{
    book_digest(book, both[0]);
    book_digest(shadow->book, both[1]);
}

START_TEST(a_key_that_was_made_meanwhile_opens_what_it_sealed)
{
    uint8_t key_id[KEY_ID_SIZE];
    uint8_t both[2][32];
    struct shadow shadow;
    struct diag why = {0};

    ck_assert(shadow_open(&shadow, &home, SHADOW_NEWEST, NULL) == STATUS_OK);
    report_with_a_new_key(key_id);
    ck_assert_msg(catch_up(&shadow, &why) == STATUS_OK, "%s", why.text);
    ck_assert_uint_gt(book_alert(shadow.book, ALERT)->document_size, 0);
    digests(&shadow, both);
    ck_assert_mem_eq(both[0], both[1], 32);
    shadow_close(&shadow);
}
END_TEST

START_TEST(a_key_that_was_made_and_destroyed_meanwhile_leaves_only_the_name)
{
    uint8_t key_id[KEY_ID_SIZE];
    struct shadow shadow;
    struct diag why = {0};

    ck_assert(shadow_open(&shadow, &home, SHADOW_NEWEST, NULL) == STATUS_OK);
    report_with_a_new_key(key_id);
    ck_assert(keyring_destroy(keyring, key_id, NULL) == STATUS_OK);
    ck_assert_msg(catch_up(&shadow, &why) == STATUS_OK, "%s", why.text);
    ck_assert_uint_eq(book_alert(shadow.book, ALERT)->document_size, 0);
    shadow_close(&shadow);
}
END_TEST

/* As with a keyring that was put back from an older copy. */
START_TEST(a_key_that_is_nowhere_is_no_reason_to_go_on_without_a_case)
{
    struct shadow shadow;
    struct diag why = {0};
    uint8_t key_id[KEY_ID_SIZE];
    char path[PATH_MAX];

    report_with_a_new_key(key_id);
    keyring_close(keyring);
    ck_assert_int_eq(remove(home_file(&home, "keyring.db", path)), 0);
    ck_assert(keyring_open(&keyring, path, true, NULL) == STATUS_OK);
    ck_assert(shadow_open(&shadow, &home, SHADOW_NEWEST, NULL) == STATUS_OK);
    ck_assert(catch_up(&shadow, &why) == STATUS_CORRUPT);
    ck_assert_ptr_nonnull(strstr(why.text, "record 3 does not open"));
    shadow_close(&shadow);
}
END_TEST

static void enrol_and_revoke_a_handheld(void)
{
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__Enrolled enrolled = TOCSIN__V1__ENROLLED__INIT;
    Tocsin__V1__Principal principal = TOCSIN__V1__PRINCIPAL__INIT;
    Tocsin__V1__Revoked revoked = TOCSIN__V1__REVOKED__INIT;
    struct keypair key;

    keypair_make(&key);
    principal.id = revoked.id = (char *)(uintptr_t) "H-1";
    principal.role = TOCSIN__V1__ROLE__ROLE_DEVICE;
    principal.name = principal.gateway = (char *)(uintptr_t) "GW";
    principal.division = (char *)(uintptr_t) "440300";
    principal.public_key = (ProtobufCBinaryData){KEY_SIZE, key.public_key};
    enrolled.principal = &principal;
    fact.principal = (char *)(uintptr_t) "administrator";
    fact.body_case = TOCSIN__V1__FACT__BODY_ENROLLED;
    fact.enrolled = &enrolled;
    happen(&fact);
    fact.body_case = TOCSIN__V1__FACT__BODY_REVOKED;
    fact.revoked = &revoked;
    happen(&fact);
}

static void take_entry(void *arg, Tocsin__V1__BookEntry *entry)
{
    ck_assert(book_take(arg, entry, NULL) == STATUS_OK);
}

static void take_entry_of_an_earlier_version(void *arg,
                                             Tocsin__V1__BookEntry *entry)
{
    if (entry->kind_case == TOCSIN__V1__BOOK_ENTRY__KIND_HEAD)
        entry->head->ends_invitations = false;
    take_entry(arg, entry);
}

static void take_invitation(struct book *state, const char *device)
{
    uint8_t key[KEY_SIZE] = {9};
    Tocsin__V1__Invited invited = TOCSIN__V1__INVITED__INIT;
    Tocsin__V1__BookEntry entry = TOCSIN__V1__BOOK_ENTRY__INIT;

    invited.device = (char *)(uintptr_t)device;
    invited.gateway = invited.name = (char *)(uintptr_t) "GW";
    invited.secret_key = (ProtobufCBinaryData){KEY_SIZE, key};
    invited.expires_ms = 86400000;
    entry.kind_case = TOCSIN__V1__BOOK_ENTRY__KIND_INVITATION;
    entry.invitation = &invited;
    take_entry(state, &entry);
}

/* Earlier versions did not end the invitation of whom they revoked. */
START_TEST(a_state_of_an_earlier_version_is_what_the_facts_add_up_to)
{
    const uint8_t chain[CHAIN_SIZE] = {1};
    struct book *state = book_new(NULL);
    uint8_t both[2][32];

    enrol_and_revoke_a_handheld();
    book_keep(book, chain, sizeof chain, take_entry, state);
    book_digest(book, both[0]);
    take_invitation(state, "H-1");
    book_digest(state, both[1]);
    ck_assert_mem_eq(both[0], both[1], 32);
    take_invitation(state, "H-2");
    book_digest(state, both[1]);
    ck_assert_mem_ne(both[0], both[1], 32);
    book_free(state);
}
END_TEST

START_TEST(a_code_that_an_earlier_version_left_to_a_revoked_one_is_over)
{
    const uint8_t chain[CHAIN_SIZE] = {1};
    struct book *state = book_new(NULL);
    struct book *later = book_new(NULL);

    enrol_and_revoke_a_handheld();
    book_keep(book, chain, sizeof chain, take_entry_of_an_earlier_version,
              state);
    take_invitation(state, "H-1");
    take_invitation(state, "H-2");
    ck_assert_ptr_null(book_invitation(state, "H-1"));
    ck_assert_ptr_nonnull(book_invitation(state, "H-2"));
    take_invitation(book, "H-1"); /* given since, by this version */
    book_keep(book, chain, sizeof chain, take_entry, later);
    ck_assert_ptr_nonnull(book_invitation(later, "H-1"));
    book_free(state);
    book_free(later);
}
END_TEST

static void expect_no_use(const char *words)
{
    struct shadow shadow;
    struct diag why = {0};

    ck_assert(shadow_open(&shadow, &home, SHADOW_NEWEST, NULL) == STATUS_OK);
    ck_assert(catch_up(&shadow, &why) == STATUS_CORRUPT);
    ck_assert_msg(strstr(why.text, words) != NULL, "%s", why.text);
    ck_assert_uint_eq(shadow.book->head, book->head);
    shadow_close(&shadow);
}

static void append_encoded(Tocsin__V1__Fact *fact)
{
    size_t size;
    uint8_t *body = fact_for_disk(fact, book, vault, &size);

    append(body, size);
}

/* Its body is a field that nobody knows here. */
START_TEST(a_fact_of_a_later_version_is_called_so)
{
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;

    fact.principal = (char *)(uintptr_t) "sz";
    append_encoded(&fact);
    expect_no_use("record 3: body is missing or of a later version");
}
END_TEST

START_TEST(a_fact_that_a_broker_would_not_start_with_is_not_called_good)
{
    Tocsin__V1__Fact fact = TOCSIN__V1__FACT__INIT;
    Tocsin__V1__Answered answered = TOCSIN__V1__ANSWERED__INIT;
    uint8_t key_id[KEY_ID_SIZE];

    report_with_a_new_key(key_id);
    answered.alert_id = (char *)(uintptr_t)ALERT;
    answered.revision = 1;
    answered.node = 1;
    answered.rung = 77;
    fact.principal = (char *)(uintptr_t) "sz";
    fact.body_case = TOCSIN__V1__FACT__BODY_ANSWERED;
    fact.answered = &answered;
    append_encoded(&fact);
    expect_no_use("record 4: rung is not one of the ladder");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("shadow");
    TCase *t = tcase_create("beside a broker");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(t, open_home, close_home);
    tcase_add_test(t, a_key_that_was_made_meanwhile_opens_what_it_sealed);
    tcase_add_test(
        t, a_key_that_was_made_and_destroyed_meanwhile_leaves_only_the_name);
    tcase_add_test(t,
                   a_key_that_is_nowhere_is_no_reason_to_go_on_without_a_case);
    tcase_add_test(t,
                   a_state_of_an_earlier_version_is_what_the_facts_add_up_to);
    tcase_add_test(
        t, a_code_that_an_earlier_version_left_to_a_revoked_one_is_over);
    tcase_add_test(t, a_fact_of_a_later_version_is_called_so);
    tcase_add_test(
        t, a_fact_that_a_broker_would_not_start_with_is_not_called_good);
    suite_add_tcase(suite, t);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
