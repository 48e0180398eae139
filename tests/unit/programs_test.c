/* The manners of the command line: numbers, times, lines, tables, options. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/numbers.h"
#include "common/options.h"
#include "common/say.h"
#include "common/table.h"
#include "tocsin/node_rows.h"

/* ---- numbers and times -----------------------------------------------------
 */

START_TEST(only_whole_finite_numbers_are_numbers)
{
    static const char *const bad[] = {"",    " 1",  "1 ",    "0x10", "inf",
                                      "nan", "1,2", "1e999", "--1",  "e5"};
    double value = 42;

    ck_assert(number_real("-113.25", &value) && value == -113.25);
    ck_assert(number_real("1e2", &value) && value == 100);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!number_real(bad[i], &value), "%s", bad[i]);
    ck_assert(value == 100);
}
END_TEST

START_TEST(a_list_has_exactly_so_many_numbers)
{
    double parts[3];

    ck_assert(number_list("22.5,114.1,100", parts, 3));
    ck_assert(parts[0] == 22.5 && parts[1] == 114.1 && parts[2] == 100);
    ck_assert(!number_list("22.5,114.1", parts, 3));
    ck_assert(!number_list("22.5,114.1,1,2", parts, 3));
    ck_assert(!number_list("22.5;114.1,1", parts, 3));
    ck_assert(!number_list("22.5,114.1,", parts, 3));
}
END_TEST

#define NOON 1772366400000LL /* 2026-03-01T12:00:00Z */

static const struct {
    const char *text;
    int64_t ms;
} times[] = {
    {"2026-03-01T12:00:00Z", NOON},      {"2026-03-01T12:00Z", NOON},
    {"2026-03-01 20:00:00+08:00", NOON}, {"2026-03-01T12:00:00.75Z", NOON},
    {"2026-03-01T06:30-05:30", NOON},    {"now", NOON},
    {"-20m", NOON - 20 * 60000},         {"-1h30m", NOON - 90 * 60000},
    {"+2d", NOON + 48 * 3600000LL},
};

START_TEST(a_time_is_read_as_people_write_it)
{
    int64_t ms = 0;

    ck_assert_msg(time_parse(times[_i].text, NOON, &ms), "%s", times[_i].text);
    ck_assert_msg(ms == times[_i].ms, "%s", times[_i].text);
}
END_TEST

START_TEST(a_time_without_a_zone_is_local)
{
    int64_t ms = 0;

    setenv("TZ", "CST-8", 1);
    ck_assert(time_parse("2026-03-01T20:00", NOON, &ms));
    ck_assert_int_eq(ms, NOON);
}
END_TEST

START_TEST(what_is_no_time_is_refused)
{
    static const char *const bad[] = {"",
                                      "25",
                                      "20m",
                                      "2026-03-01",
                                      "2026-02-30T12:00Z",
                                      "2026-03-01T12:00:00Zulu",
                                      "-20",
                                      "-m",
                                      "2026-03-01T12",
                                      "-20m ",
                                      "2026-13-01T12:00Z",
                                      "2026-03-01T25:00Z"};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t ms = 5;

        ck_assert_msg(!time_parse(bad[i], NOON, &ms), "%s", bad[i]);
        ck_assert_int_eq(ms, 5);
    }
}
END_TEST

/* ---- lines ------------------------------------------------------------------
 */

static char *said(const char *text)
{
    char *line = NULL;
    size_t size;
    FILE *out = open_memstream(&line, &size);

    say_to(out, "%s", text);
    fclose(out);
    return line;
}

static const struct {
    const char *text;
    const char *line;
} lines[] = {
    {"plain", "plain\n"},
    {"two\nlines\r", "two lines \n"},
    {"\033[2Jred", " [2Jred\n"},
    {"csi \xc2\x9b"
     "31m",
     "csi  31m\n"},
    {"turned \xe2\x80\xae back", "turned   back\n"},
    {"isolate \xe2\x81\xa6.", "isolate  .\n"},
    {"arabic mark \xd8\x9c.", "arabic mark  .\n"},
    {"broken \xff \xe6\xb7", "broken ? ??\n"},
    {"overlong \xc0\x9b", "overlong ??\n"},
    {"\xe6\xb7\xb1\xe5\x9c\xb3", "\xe6\xb7\xb1\xe5\x9c\xb3\n"},
};

START_TEST(no_text_of_a_peer_can_steer_a_terminal)
{
    char *line = said(lines[_i].text);

    ck_assert_str_eq(line, lines[_i].line);
    free(line);
}
END_TEST

START_TEST(json_is_escaped_where_it_could_steer_a_terminal)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    say_json(out, "{\"a\":\"x\xc2\x9by\xe2\x80\xae\xe6\xb7\xb1\"}");
    fclose(out);
    ck_assert_str_eq(text, "{\"a\":\"x\\u009by\\u202e\xe6\xb7\xb1\"}\n");
    free(text);
}
END_TEST

START_TEST(columns_line_up_under_wide_letters)
{
    static const char *const heads[] = {"NAME", ">N"};
    struct table *table = table_new(heads, 2);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    table_cell(table, "\xe6\xb7\xb1\xe5\x9c\xb3");
    table_cell(table, "%d", 7);
    table_cell(table, "a");
    table_cell(table, "%d", 12);
    table_print(table, out);
    table_free(table);
    fclose(out);
    ck_assert_str_eq(text, "NAME   N\n"
                           "\xe6\xb7\xb1\xe5\x9c\xb3   7\n"
                           "a     12\n");
    free(text);
}
END_TEST

/* ---- options ----------------------------------------------------------------
 */

struct choices {
    bool all;
    const char *text;
    struct texts kinds;
};

static enum parsed parse(struct choices *choices, struct command_line *line,
                         int argc, const char **argv)
{
    const struct option_row rows[] = {
        {.name = "all", .flag = &choices->all, .help = ""},
        {.name = "text", .value = "T", .text = &choices->text, .help = ""},
        {.name = "kind", .value = "K", .list = &choices->kinds, .help = ""}};

    *line = (struct command_line){.usage = "test WORD",
                                  .own = OPTION_TABLE(rows),
                                  .word_min = 1,
                                  .word_max = 2};
    return options_parse(line, argc, (char **)(uintptr_t)argv);
}

START_TEST(options_and_words_may_stand_in_any_order)
{
    const char *argv[] = {"test",   "word", "--kind", "a",        "--all",
                          "--text", "-20m", "more",   "--kind=b", NULL};
    struct choices choices = {0};
    struct command_line line;

    ck_assert_int_eq(parse(&choices, &line, 9, argv), PARSED_GO);
    ck_assert(choices.all);
    ck_assert_str_eq(choices.text, "-20m");
    ck_assert_uint_eq(choices.kinds.count, 2);
    ck_assert_str_eq(choices.kinds.at[1], "b");
    ck_assert_uint_eq(line.word_count, 2);
    ck_assert_str_eq(line.words[1], "more");
}
END_TEST

START_TEST(wrong_command_lines_are_wrong_usage)
{
    static const char *const lists[][5] = {{"test", NULL},
                                           {"test", "a", "b", "c", NULL},
                                           {"test", "a", "--nope", NULL},
                                           {"test", "a", "--text", NULL},
                                           {"test", "a", "--all=1", NULL}};

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        struct choices choices = {0};
        struct command_line line;
        const char *argv[5];
        int argc = 0;

        memcpy(argv, lists[i], sizeof argv);
        while (argv[argc] != NULL)
            argc++;
        ck_assert_msg(parse(&choices, &line, argc, argv) == PARSED_WRONG,
                      "list %zu", i);
    }
}
END_TEST

/* ---- tables of nodes ---- */

static const char table_text[] =
    "\xef\xbb\xbf"
    "note,id,kind,name_en,name_zh,lat,lon,division_code\r\n"
    "x,A-1,railway,\"One, \"\"first\"\"\",N,22.5,114.1,440303\r\n"
    "x,A-2,castle,E,N,22.5,114.1,440303\n"
    "\n"
    "x,A-3,bus,E,,22.5,114.1,440303\n"
    "x,A-4,bus,E,N,95,114.1,440303\n"
    "x,A-5,bus,E,N,22.5,1x,440303\n"
    "x,A-6,bus,E,N,22.5,114.1,4403\n"
    "x,A-1,bus,E,N,22.5,114.1,440303\n"
    "x,-A,bus,E,N,22.5,114.1,440303\n"
    "x,A-7,bus\n"
    "x,A-8,bus,\"E,N,22.5,114.1,440303\n"
    "x,A-9,port,,N,-22.5,-114.1,440303";

static const struct {
    size_t line;
    const char *field;
} expected[] = {{2, NULL},   {3, "kind"},          {5, "name_zh"}, {6, "lat"},
                {7, "lon"},  {8, "division_code"}, {9, "id"},      {10, "id"},
                {11, "row"}, {12, "row"},          {13, NULL}};

static void write_table(const char *text)
{
    FILE *out = fopen("nodes.csv", "w");

    ck_assert_ptr_nonnull(out);
    ck_assert_int_ge(fputs(text, out), 0);
    ck_assert_int_eq(fclose(out), 0);
}

START_TEST(every_bad_row_is_named_with_its_line_and_field)
{
    struct node_table table;

    write_table(table_text);
    ck_assert_int_eq(node_table_load(&table, "nodes.csv"), OUTCOME_DONE);
    ck_assert_uint_eq(table.count, sizeof expected / sizeof expected[0]);
    for (size_t i = 0; i < table.count; i++) {
        ck_assert_uint_eq(table.rows[i].line, expected[i].line);
        if (expected[i].field == NULL)
            ck_assert_ptr_null(table.rows[i].bad_field);
        else
            ck_assert_str_eq(table.rows[i].bad_field, expected[i].field);
    }
    ck_assert_uint_eq(table.bad, 9);
    ck_assert_str_eq(table.rows[0].name_en, "One, \"first\"");
    ck_assert(table.rows[10].latitude == -22.5);
    node_table_done(&table);
}
END_TEST

START_TEST(a_table_without_a_needed_column_is_refused)
{
    struct node_table table;

    write_table("id,kind,name_zh,name_en,lat,division_code\n");
    ck_assert_int_eq(node_table_load(&table, "nodes.csv"), OUTCOME_USAGE);
    write_table("");
    ck_assert_int_eq(node_table_load(&table, "nodes.csv"), OUTCOME_USAGE);
    ck_assert_int_eq(node_table_load(&table, "none.csv"), OUTCOME_LOCAL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("programs");
    TCase *all = tcase_create("manners");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, all);
    tcase_add_test(all, only_whole_finite_numbers_are_numbers);
    tcase_add_test(all, a_list_has_exactly_so_many_numbers);
    tcase_add_loop_test(all, a_time_is_read_as_people_write_it, 0,
                        (int)(sizeof times / sizeof times[0]));
    tcase_add_test(all, a_time_without_a_zone_is_local);
    tcase_add_test(all, what_is_no_time_is_refused);
    tcase_add_loop_test(all, no_text_of_a_peer_can_steer_a_terminal, 0,
                        (int)(sizeof lines / sizeof lines[0]));
    tcase_add_test(all, json_is_escaped_where_it_could_steer_a_terminal);
    tcase_add_test(all, columns_line_up_under_wide_letters);
    tcase_add_test(all, options_and_words_may_stand_in_any_order);
    tcase_add_test(all, wrong_command_lines_are_wrong_usage);
    tcase_add_test(all, every_bad_row_is_named_with_its_line_and_field);
    tcase_add_test(all, a_table_without_a_needed_column_is_refused);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
