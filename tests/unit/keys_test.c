/* The key that CURVE knows a principal by, made from the one that it signs
 * with, from either half. */
#include <stdint.h>
#include <stdlib.h>

#include <check.h>
#include <sodium.h>

#include "wire/keys.h"

#define PAIRS 600

static void check_agree(const struct keypair *pair)
{
    uint8_t secret[KEY_SIZE];
    uint8_t from_secret[KEY_SIZE];
    uint8_t from_public[KEY_SIZE];

    keypair_curve_secret(pair, secret);
    ck_assert_int_eq(crypto_scalarmult_base(from_secret, secret), 0);
    ck_assert(key_curve_public(pair->public_key, from_public));
    ck_assert_mem_eq(from_public, from_secret, KEY_SIZE);
}

START_TEST(both_halves_lead_to_one_key_however_often_and_in_any_order)
{
    static struct keypair pairs[PAIRS];

    for (size_t i = 0; i < PAIRS; i++) {
        keypair_make(&pairs[i]);
        check_agree(&pairs[i]);
        check_agree(&pairs[i / 2]);
        check_agree(&pairs[i]);
    }
    for (size_t i = PAIRS; i-- > 0;)
        check_agree(&pairs[i]);
}
END_TEST

/* Each differs from a good key in its last byte alone. */
START_TEST(what_is_no_point_stays_refused_beside_a_key_that_is_one)
{
    uint8_t curve[KEY_SIZE];
    unsigned refused = 0;

    for (size_t i = 0; i < PAIRS; i++) {
        struct keypair pair;
        uint8_t forged[KEY_SIZE];

        keypair_make(&pair);
        check_agree(&pair);
        for (size_t byte = 0; byte < KEY_SIZE; byte++)
            forged[byte] = pair.public_key[byte];
        forged[KEY_SIZE - 1] ^= 1;
        if (!key_curve_public(forged, curve)) {
            refused++;
            ck_assert(!key_curve_public(forged, curve));
        }
        check_agree(&pair);
    }
    ck_assert_uint_gt(refused, PAIRS / 4);
}
END_TEST

START_TEST(keys_of_small_order_are_refused)
{
    uint8_t zero[KEY_SIZE] = {0};
    uint8_t one[KEY_SIZE] = {1};
    uint8_t curve[KEY_SIZE];

    for (int i = 0; i < 2; i++) {
        ck_assert(!key_curve_public(zero, curve));
        ck_assert(!key_curve_public(one, curve));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("keys");
    TCase *tests = tcase_create("curve");
    SRunner *runner;
    int failed;

    keys_start();
    tcase_add_test(tests,
                   both_halves_lead_to_one_key_however_often_and_in_any_order);
    tcase_add_test(tests,
                   what_is_no_point_stays_refused_beside_a_key_that_is_one);
    tcase_add_test(tests, keys_of_small_order_are_refused);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
