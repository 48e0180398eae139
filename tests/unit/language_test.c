/* Which text a reader gets. */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "wire/language.h"

#define TEXTS 10

static const char *const tags[TEXTS] = {"zh-Hans", "zh-Hant", "en", "bo", "ug",
                                        "mn-Mong", "kk",      "ko", "za", "ii"};

/* Of an alert in ten languages; each text is its tag. */
static const char *chosen(const char *languages, bool *fell_back)
{
    static Tocsin__V1__Text list[TEXTS];
    Tocsin__V1__Text *texts[TEXTS];

    for (int i = 0; i < TEXTS; i++) {
        tocsin__v1__text__init(&list[i]);
        list[i].language = (char *)(uintptr_t)tags[i];
        list[i].text = (char *)(uintptr_t)tags[i];
        texts[i] = &list[i];
    }
    return language_choose(texts, TEXTS, languages, fell_back)->text;
}

START_TEST(each_of_the_ten_languages_is_found)
{
    for (int i = 0; i < TEXTS; i++) {
        bool fell_back = true;

        ck_assert_str_eq(chosen(tags[i], &fell_back), tags[i]);
        ck_assert(!fell_back);
    }
}
END_TEST

START_TEST(a_tag_is_shortened_until_a_text_fits)
{
    ck_assert_str_eq(chosen("zh-Hant-HK", NULL), "zh-Hant");
    ck_assert_str_eq(chosen("en-GB-oed", NULL), "en");
    ck_assert_str_eq(chosen("ko-KR-x-seoul", NULL), "ko");
    ck_assert_str_eq(chosen("UG-arab-cn", NULL), "ug");
}
END_TEST

START_TEST(a_language_without_a_script_takes_what_begins_so)
{
    ck_assert_str_eq(chosen("zh", NULL), "zh-Hans");
    ck_assert_str_eq(chosen("mn-Cyrl", NULL), "mn-Mong");
    ck_assert_str_eq(chosen("z", NULL), "zh-Hans"); /* fell back to the first */
}
END_TEST

START_TEST(the_next_language_of_the_list_comes_before_any_other)
{
    bool fell_back = true;

    ck_assert_str_eq(chosen("fr, bo ,en", &fell_back), "bo");
    ck_assert(!fell_back);
}
END_TEST

START_TEST(falling_back_is_said)
{
    bool fell_back = false;

    ck_assert_str_eq(chosen("fr,de", &fell_back), "zh-Hans");
    ck_assert(fell_back);
    fell_back = false;
    ck_assert_str_eq(chosen("", &fell_back), "zh-Hans");
    ck_assert(fell_back);
    ck_assert_ptr_null(language_choose(NULL, 0, "en", &fell_back));
    ck_assert(!fell_back);
}
END_TEST

START_TEST(a_locale_becomes_a_tag_with_its_script)
{
    static const char *const cases[][2] = {{"zh_TW.UTF-8", "zh-Hant-TW"},
                                           {"zh_CN", "zh-Hans-CN"},
                                           {"en_GB.UTF-8@euro", "en-GB"},
                                           {"bo", "bo"},
                                           {"C.UTF-8", ""},
                                           {"POSIX", ""},
                                           {"", ""}};
    char tag[40];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        language_of_locale(tag, sizeof tag, cases[i][0]);
        ck_assert_str_eq(tag, cases[i][1]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("language");
    TCase *t = tcase_create("choice");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(t, each_of_the_ten_languages_is_found);
    tcase_add_test(t, a_tag_is_shortened_until_a_text_fits);
    tcase_add_test(t, a_language_without_a_script_takes_what_begins_so);
    tcase_add_test(t, the_next_language_of_the_list_comes_before_any_other);
    tcase_add_test(t, falling_back_is_said);
    tcase_add_test(t, a_locale_becomes_a_tag_with_its_script);
    suite_add_tcase(suite, t);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
