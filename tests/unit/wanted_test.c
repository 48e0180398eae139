/* Plates and documents in a store of five thousand alerts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "base/clock.h"
#include "terminal/store_inside.h"
#include "wire/decode.h"

#define ALERTS 5000
#define QUERIES 200

static struct store *store;
static struct terminal_store port;

static void open_store(void)
{
    static const struct store_owner owner = {.node = "N-1",
                                             .division = "440305"};
    char folder[300];

    snprintf(folder, sizeof folder, "%s/%d", getenv("TEST_FOLDER"),
             (int)getpid());
    ck_assert(store_open(&store, folder, &owner, NULL) == STATUS_OK);
    ck_assert(store_lock(store, NULL) == STATUS_OK);
    store_port(store, &port);
}

static void close_store(void)
{
    store_close(store);
}

static void name_alert(char id[ULID_SIZE + 1], int number)
{
    uint8_t random[10] = {0};

    memcpy(random, &number, sizeof number);
    ulid_make(id, 1800000000000 + number, random);
}

/* An alert that seeks one plate and one document. */
static void keep(int number, uint32_t revision, const char *plate,
                 const char *document)
{
    Tocsin__V1__SignedAlert sealed = TOCSIN__V1__SIGNED_ALERT__INIT;
    Tocsin__V1__AlertDocument content = TOCSIN__V1__ALERT_DOCUMENT__INIT;
    Tocsin__V1__Alert alert = TOCSIN__V1__ALERT__INIT;
    Tocsin__V1__Vehicle vehicle = TOCSIN__V1__VEHICLE__INIT;
    Tocsin__V1__Companion other = TOCSIN__V1__COMPANION__INIT;
    Tocsin__V1__Vehicle *vehicles[] = {&vehicle};
    Tocsin__V1__Companion *others[] = {&other};
    struct holding holding = {.revision = revision, .for_us = true};
    struct blob packed;
    uint8_t *bytes;

    name_alert(holding.alert_id, number);
    vehicle.plate = (char *)(uintptr_t)plate;
    other.document = (char *)(uintptr_t)document;
    alert.n_vehicles = alert.n_companions = 1;
    alert.vehicles = vehicles;
    alert.companions = others;
    content.kind_case = TOCSIN__V1__ALERT_DOCUMENT__KIND_ALERT;
    content.alert = &alert;
    sealed.content.data = encode(&content.base, &sealed.content.len);
    bytes = encode(&sealed.base, &packed.size);
    packed.data = bytes;
    port.keep(port.arg, &holding, packed);
    free(sealed.content.data);
    free(bytes);
}

static bool count(void *arg, const struct stored *stored)
{
    (void)stored;
    ++*(int *)arg;
    return true;
}

static int found(const char *number)
{
    int times = 0;

    ck_assert(store_wanted(store, number, count, &times, NULL) == STATUS_OK);
    return times;
}

START_TEST(a_number_is_found_however_it_is_written)
{
    keep(1, 1, "\u7ca4B\u00b712345", "44030519900101001x");
    ck_assert(port.commit(port.arg, NULL) == STATUS_OK);
    ck_assert_int_eq(found("\u7ca4b 12345"), 1);
    ck_assert_int_eq(found("\u7ca4B-123.45"), 1);
    ck_assert_int_eq(found("440305 19900101 001X"), 1);
    ck_assert_int_eq(found("\u7ca4B1234"), 0);
    ck_assert_int_eq(found(""), 0);
}
END_TEST

/* Written in Hong Kong, read in Shenzhen, and the other way round: a plate with
 * two of them, and every sign alone. */
START_TEST(a_number_is_found_in_whatever_form_its_signs_are_written)
{
    static const char *const forms[][2] = {
        {"\u6eec", "\u6caa"}, {"\u96f2", "\u4e91"}, {"\u907c", "\u8fbd"},
        {"\u9b6f", "\u9c81"}, {"\u8607", "\u82cf"}, {"\u8d1b", "\u8d63"},
        {"\u965d", "\u9655"}, {"\u95a9", "\u95fd"}, {"\u8cb4", "\u8d35"},
        {"\u7cb5", "\u7ca4"}, {"\u5be7", "\u5b81"}, {"\u5bdc", "\u5b81"},
        {"\u74ca", "\u743c"}, {"\u6649", "\u664b"}, {"\u9ed2", "\u9ed1"},
        {"\u9751", "\u9752"}, {"\u5b78", "\u5b66"}, {"\u9818", "\u9886"},
        {"\u639b", "\u6302"}, {"\u8a66", "\u8bd5"}, {"\u61c9", "\u5e94"},
        {"\u81e8", "\u4e34"}, {"\u8fb2", "\u519c"}, {"\u96fb", "\u7535"},
        {"\u8ecd", "\u519b"}, {"\u5ee3", "\u5e7f"}, {"\u6fdf", "\u6d4e"},
        {"\u862d", "\u5170"}, {"\u700b", "\u6c88"},
    };

    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        char plate[40];

        snprintf(plate, sizeof plate, "%sA%05zu", forms[i][i % 2], i);
        keep((int)i, 1, plate, "");
    }
    keep(100, 1, "\u7cb5Z1234\u6e2f", "");
    ck_assert(port.commit(port.arg, NULL) == STATUS_OK);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        for (int form = 0; form < 2; form++) {
            char plate[40];

            snprintf(plate, sizeof plate, "%s A\u00b7%05zu", forms[i][form], i);
            ck_assert_msg(found(plate) == 1, "%s", plate);
        }
    }
    ck_assert_int_eq(found("\u7ca4z 1234\u6e2f"), 1);
    ck_assert_int_eq(found("\u7ca4Z1234\u6fb3"), 0); /* Macau's is another */
    ck_assert_int_eq(found("\u9647A00000"), 0);
}
END_TEST

/* Full-width as an input method for Chinese writes them, the other dots and
 * hyphens, and plates from across the border. */
START_TEST(a_number_is_found_on_whatever_keyboard_it_is_typed)
{
    keep(1, 1, "\u7ca4B\u00b712345", "44030519900101001x");
    keep(2, 1, "\u0410123\u0412\u0421 25", "X2");
    ck_assert(port.commit(port.arg, NULL) == STATUS_OK);
    ck_assert_int_eq(found("\u7ca4\uff22\uff11\uff12\uff13\uff14\uff15"), 1);
    ck_assert_int_eq(found("\u7ca4\uff42\u300012345"), 1);
    ck_assert_int_eq(found("\u7ca4B\u2022"
                           "12345"),
                     1);
    ck_assert_int_eq(found("\u7ca4B\u30fb"
                           "12345"),
                     1);
    ck_assert_int_eq(found("\u7ca4B\uff0d"
                           "12345"),
                     1);
    ck_assert_int_eq(found("44030519900101001\uff38"), 1);
    ck_assert_int_eq(found("\u0430123\u0432\u0441"
                           "25"),
                     1);
}
END_TEST

START_TEST(what_is_not_sought_any_more_is_not_found)
{
    char id[ULID_SIZE + 1];

    keep(1, 1, "AB 1", "X1");
    keep(2, 1, "AB 1", "X2");
    ck_assert(port.commit(port.arg, NULL) == STATUS_OK);
    ck_assert_int_eq(found("AB1"), 2);
    keep(1, 2, "AB 2", "X1");
    ck_assert(port.commit(port.arg, NULL) == STATUS_OK);
    ck_assert_int_eq(found("AB1"), 1);
    ck_assert_int_eq(found("AB2"), 1);
    name_alert(id, 1);
    port.strip(port.arg, id);
    name_alert(id, 2);
    port.drop(port.arg, id);
    ck_assert(port.commit(port.arg, NULL) == STATUS_OK);
    ck_assert_int_eq(found("AB1") + found("AB2") + found("X1"), 0);
}
END_TEST

START_TEST(a_store_of_an_earlier_version_comes_to_know_what_it_holds)
{
    keep(1, 1, "AB 1", "X1");
    ck_assert(port.commit(port.arg, NULL) == STATUS_OK);
    ck_assert(sqlite_run(store->db,
                         "DELETE FROM wanted;"
                         "DELETE FROM about WHERE key = 'wanted'",
                         NULL) == STATUS_OK);
    ck_assert_int_eq(found("AB1"), 0);
    close_store();
    open_store();
    ck_assert_int_eq(found("AB1"), 1);
}
END_TEST

/* It has what was typed full-width as it was typed. */
START_TEST(a_store_of_an_earlier_version_is_written_as_todays)
{
    keep(1, 1, "\uff22\uff11", "X1");
    ck_assert(port.commit(port.arg, NULL) == STATUS_OK);
    ck_assert(sqlite_run(store->db,
                         "UPDATE wanted SET value = '\uff22\uff11'"
                         " WHERE value = 'B1';"
                         "UPDATE about SET value = '1' WHERE key = 'wanted'",
                         NULL) == STATUS_OK);
    ck_assert_int_eq(found("B1"), 0);
    close_store();
    open_store();
    ck_assert_int_eq(found("B1"), 1);
}
END_TEST

/* No text at all, and more than fits. */
START_TEST(any_bytes_can_be_asked_for)
{
    char text[WANTED_MAX * 4];

    ck_assert_int_eq(found("\xe7"), 0);
    ck_assert_int_eq(found("\xff\xfe\xc0"), 0);
    for (size_t i = 0; i + 3 < sizeof text; i += 3)
        memcpy(text + i, "\u7ca4", 4);
    ck_assert_int_eq(found(text), 0);
}
END_TEST

START_TEST(among_five_thousand_alerts_a_question_takes_less_than_50_ms)
{
    char text[40];
    int64_t began_ms;
    int64_t took_ms;

    for (int i = 0; i < ALERTS; i++) {
        snprintf(text, sizeof text, "P%05d", i);
        keep(i, 1, text, text + 1);
    }
    ck_assert(port.commit(port.arg, NULL) == STATUS_OK);
    began_ms = clock_monotonic_ms();
    for (int i = 0; i < QUERIES; i++) {
        snprintf(text, sizeof text, "p-%05d", i * (ALERTS / QUERIES));
        if (found(text) != 1)
            ck_abort_msg("%s is not found", text);
    }
    took_ms = clock_monotonic_ms() - began_ms;
    printf("%d questions among %d alerts: %lld ms\n", QUERIES, ALERTS,
           (long long)took_ms);
    ck_assert_int_lt(took_ms / QUERIES, 50);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wanted");
    TCase *t = tcase_create("numbers");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(t, open_store, close_store);
    tcase_add_test(t, a_number_is_found_however_it_is_written);
    tcase_add_test(t, a_number_is_found_on_whatever_keyboard_it_is_typed);
    tcase_add_test(t, a_number_is_found_in_whatever_form_its_signs_are_written);
    tcase_add_test(t, what_is_not_sought_any_more_is_not_found);
    tcase_add_test(t,
                   a_store_of_an_earlier_version_comes_to_know_what_it_holds);
    tcase_add_test(t, a_store_of_an_earlier_version_is_written_as_todays);
    tcase_add_test(t, any_bytes_can_be_asked_for);
    tcase_add_test(t,
                   among_five_thousand_alerts_a_question_takes_less_than_50_ms);
    suite_add_tcase(suite, t);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
