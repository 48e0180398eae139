/* A gateway's spool and its picture cache whose disk has damaged them. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>
#include <sodium.h>

#include "base/file.h"
#include "spool/cache.h"
#include "spool/inside.h"
#include "sqlite/sqlite.h"
#include "wire/seal.h"

#define ALERT "01ARZ3NDEKTSV4RRFFQ69G5FAV"
#define PAGE 4096
#define MANY 200
#define WORDS 400
#define PICTURE (5 * PAGE)
#define WAITING TOCSIN__V1__FATE_STATE__FATE_STATE_WAITING
#define EXPECTED TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_EXPECTED
#define PICTURED TOCSIN__V1__PICTURE_STATE__PICTURE_STATE_WAITING

static const uint8_t secret[KEY_SIZE] = {9};
static const uint8_t later[1][KEY_SIZE] = {{8}};
static char folder[300];
static char path[320];
static struct spool *sqlite;
static struct gateway_spool spool;
static struct spool_mended mended;

static enum status try_open(const struct spool_owner *owner)
{
    struct diag why = {0};
    enum status status =
        spool_open_mending(&sqlite, path, owner, &mended, &why);

    if (status == STATUS_OK)
        spool_port(sqlite, &spool);
    return status;
}

static void open_it(void)
{
    const struct spool_owner owner = {"GW-1", secret, NULL, 0};

    ck_assert_int_eq(try_open(&owner), STATUS_OK);
}

static void close_it(void)
{
    spool_close(sqlite);
    sqlite = NULL;
}

static void setup(void)
{
    ck_assert_int_ge(sodium_init(), 0);
    snprintf(folder, sizeof folder, "%s/mend-XXXXXX", getenv("TEST_FOLDER"));
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/spool.db", folder);
    open_it();
    ck_assert(!mended.mended && mended.reason[0] == '\0');
}

static void teardown(void)
{
    close_it();
    file_clear(folder);
}

static void commit(void)
{
    ck_assert_int_eq(spool.commit(spool.arg, NULL), STATUS_OK);
}

static struct fate put(uint8_t id, bool pictured)
{
    static uint8_t content[WORDS];
    struct fate fate = {.revision = 1,
                        .rung = TOCSIN__V1__RUNG__RUNG_SIGHTING,
                        .state = WAITING,
                        .taken_ms = 1000 + id};
    Tocsin__V1__SignedAnswer answer = TOCSIN__V1__SIGNED_ANSWER__INIT;
    static uint8_t bytes[PICTURE];

    strcpy(fate.device, "H-1");
    strcpy(fate.alert_id, ALERT);
    fate.answer_id[15] = id;
    content[0] = id;
    hash_bytes(fate.digest, content, sizeof content);
    if (pictured) {
        memset(bytes, 'A' + id % 26, sizeof bytes);
        fate.picture.state = EXPECTED;
        fate.picture.size = sizeof bytes;
        hash_bytes(fate.picture.hash, bytes, sizeof bytes);
    }
    answer.content = (ProtobufCBinaryData){sizeof content, content};
    spool.put(spool.arg, &fate, &answer);
    if (pictured)
        spool.keep_picture(spool.arg, &fate, bytes);
    commit();
    return fate;
}

static int64_t one_number(const char *sql)
{
    sqlite3_stmt *query = NULL;
    int64_t number;

    ck_assert_int_eq(sqlite_prepare(sqlite->db, sql, &query, NULL), STATUS_OK);
    ck_assert_int_eq(sqlite3_step(query), SQLITE_ROW);
    number = sqlite3_column_int64(query, 0);
    sqlite3_finalize(query);
    return number;
}

static void damage(const char *name, int64_t page)
{
    static const char bytes[PAGE] = {1};
    FILE *file = fopen(name, "r+");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, (long)((page - 1) * PAGE), SEEK_SET), 0);
    ck_assert_uint_eq(fwrite(bytes, PAGE, 1, file), 1);
    ck_assert_int_eq(fclose(file), 0);
}

/* These of its pages, all at once. */
static void damage_pages(const int64_t *pages, int count)
{
    close_it(); /* its log goes into it */
    for (int i = 0; i < count; i++)
        damage(path, pages[i]);
}

static unsigned readable(void)
{
    Tocsin__V1__SignedAnswer answer;
    struct fate fate;
    unsigned count = 0;

    for (int64_t row = 1; row <= MANY; row++) {
        if (spool.read(spool.arg, row, &fate, &answer)) {
            ck_assert_uint_eq(answer.content.len, WORDS);
            ck_assert_uint_eq(answer.content.data[0], fate.answer_id[15]);
            count++;
        }
    }
    return count;
}

#define LEAVES " FROM dbstat WHERE name = 'answers' AND pagetype = 'leaf'"

START_TEST(of_a_damaged_one_all_is_taken_over_that_can_be_read)
{
    int64_t pages[3];
    struct fate fate;

    for (int i = 1; i <= MANY; i++)
        (void)put((uint8_t)i, false);
    pages[0] =
        one_number("SELECT pageno" LEAVES " ORDER BY path LIMIT 1 OFFSET 3");
    pages[1] =
        one_number("SELECT pageno" LEAVES " ORDER BY path LIMIT 1 OFFSET 12");
    pages[2] = one_number("SELECT pageno" LEAVES " ORDER BY path DESC LIMIT 1");
    damage_pages(pages, 3);
    open_it();
    ck_assert(mended.mended);
    ck_assert_int_eq(access(mended.aside, F_OK), 0);
    /* each page has had seven rows or eight */
    ck_assert_uint_ge(mended.waiting, MANY - 3 * 8);
    ck_assert_uint_lt(mended.waiting, MANY);
    ck_assert_uint_eq(readable(), mended.waiting);
    fate = put(250, false);
    ck_assert_int_eq(fate.row, MANY + 1); /* none is given twice */
    close_it();
    open_it();
    ck_assert(!mended.mended);
}
END_TEST

/* Its handheld has it still. */
START_TEST(a_picture_that_cannot_be_read_is_expected_again)
{
    struct fate fate;
    uint8_t *bytes;
    int64_t page;

    for (int i = 1; i <= 5; i++)
        (void)put((uint8_t)i, true);
    page = one_number("SELECT pageno FROM dbstat WHERE name = 'pictures' AND"
                      " pagetype = 'overflow' ORDER BY path LIMIT 1 OFFSET 7");
    damage_pages(&page, 1);
    open_it();
    ck_assert_uint_eq(mended.answers, 5);
    for (uint8_t id = 1; id <= 5; id++) {
        uint8_t answer_id[16] = {0};

        answer_id[15] = id;
        ck_assert(spool.find(spool.arg, "H-1", answer_id, &fate));
        if (fate.picture.state == EXPECTED)
            continue;
        ck_assert(spool.read_picture(spool.arg, &fate, &bytes));
        ck_assert_int_eq(bytes[PICTURE - 1], 'A' + id % 26);
        free(bytes);
    }
    ck_assert_int_eq(one_number("SELECT count(*) FROM answers"
                                " WHERE picture = 1"),
                     5 - mended.pictures);
}
END_TEST

START_TEST(one_that_was_sealed_with_a_former_key_is_mended_too)
{
    const struct spool_owner owner = {"GW-1", later[0], &secret, 1};
    const struct spool_owner other = {"GW-2", secret, NULL, 0};
    int64_t page;

    for (int i = 1; i <= MANY; i++)
        (void)put((uint8_t)i, false);
    page = one_number("SELECT pageno" LEAVES " ORDER BY path DESC LIMIT 1");
    damage_pages(&page, 1);
    ck_assert_int_eq(try_open(&other), STATUS_REFUSED);
    ck_assert_int_eq(try_open(&owner), STATUS_OK);
    ck_assert(mended.mended);
    ck_assert_uint_eq(readable(), mended.waiting);
    ck_assert_uint_ge(mended.waiting, MANY - 8);
}
END_TEST

#define ABOUT " FROM dbstat WHERE pagetype = 'leaf' AND name = 'about'"
#define ROOT " FROM dbstat WHERE name = 'answers' AND path = '/'"

/* _i: what is lost; what was sealed with a former key is found to be so. */
START_TEST(what_is_behind_a_lost_beginning_is_taken_over_when_it_can_be_proved)
{
    const struct spool_owner owner = {"GW-1", later[0], &secret, 1};
    const struct spool_owner stranger = {"GW-1", later[0], NULL, 0};
    struct spooled_device device = {.own = true};
    int64_t pages[] = {1, 1};
    struct fate fate;

    strcpy(device.id, "H-1");
    spool.keep_device(spool.arg, &device);
    spool.put_look(spool.arg, &(struct spooled_look){.at_ms = 1});
    for (int i = 1; i <= MANY; i++)
        (void)put((uint8_t)i, i % 50 == 0);
    if (_i > 0)
        pages[0] = pages[1] = one_number("SELECT pageno" ROOT);
    if (_i > 1)
        pages[1] = one_number("SELECT pageno" ABOUT);
    damage_pages(pages, 2);
    ck_assert_int_eq(try_open(&stranger), STATUS_OK);
    ck_assert_uint_eq(mended.answers, 0);
    close_it();
    ck_assert_int_eq(rename(mended.aside, path), 0);
    ck_assert_int_eq(try_open(&owner), STATUS_OK);
    ck_assert_uint_eq(mended.waiting, MANY);
    ck_assert_uint_eq(mended.pictures, MANY / 50);
    ck_assert_uint_eq(readable(), MANY);
    ck_assert_int_eq(one_number("SELECT count(*) FROM devices"), 1);
    ck_assert_int_eq(one_number("SELECT count(*) FROM looks"), 1);
    fate = put(250, false);
    ck_assert_int_eq(fate.row, MANY + 1);
}
END_TEST

#define CHAINED 4092 /* of a record, in a page behind its leaf */
#define LOCAL 489    /* of it, in its leaf */

#define HOSTILE 20 /* pages, and one more that is followed by itself */

/* Each of its cells is a record of sixteen megabytes, all in that one. */
static void write_hostile_leaf(FILE *file)
{
    const uint32_t size = LOCAL + CHAINED * 4000U;
    uint8_t page[4096] = {13, 0, 0, 7, 0};
    size_t cell = sizeof page - LOCAL - 9;

    for (size_t at = 8; at + 2 <= 8 + 2 * 0x700; at += 2) {
        page[at] = (uint8_t)(cell >> 8);
        page[at + 1] = (uint8_t)cell;
    }
    page[cell] = (uint8_t)(0x80 | size >> 21);
    page[cell + 1] = (uint8_t)(0x80 | (size >> 14 & 0x7f));
    page[cell + 2] = (uint8_t)(0x80 | (size >> 7 & 0x7f));
    page[cell + 3] = (uint8_t)(size & 0x7f);
    page[cell + 4] = 1;
    page[sizeof page - 1] = HOSTILE + 1;
    ck_assert_uint_eq(fwrite(page, 1, sizeof page, file), sizeof page);
}

START_TEST(a_file_that_goes_round_in_circles_ends_no_start)
{
    const uint8_t round[4096] = {0, 0, 0, HOSTILE + 1};
    FILE *file;

    close_it();
    file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    for (int i = 0; i < HOSTILE; i++)
        write_hostile_leaf(file);
    ck_assert_uint_eq(fwrite(round, 1, sizeof round, file), sizeof round);
    ck_assert_int_eq(fclose(file), 0);
    open_it();
    ck_assert(mended.mended);
    ck_assert_uint_eq(mended.answers, 0);
}
END_TEST

/* ---- the picture cache ---- */

static const uint8_t hash[32] = {1};

static struct cache *open_cache(char file[400])
{
    struct cache *cache;

    snprintf(file, 400, "%s/cache.db", folder);
    ck_assert_int_eq(cache_open(&cache, file, secret, 100000, NULL), STATUS_OK);
    return cache;
}

static void keep_and_load(struct cache *cache)
{
    static const uint8_t picture[6000] = {7};
    uint8_t *bytes;
    size_t size;

    cache_keep(cache, hash, ALERT, picture, sizeof picture);
    ck_assert(cache_load(cache, hash, &bytes, &size));
    free(bytes);
}

/* _i: the page, of its tables and indexes. It is found when it is opened, or
 * when something is asked. */
START_TEST(a_damaged_cache_is_begun_anew)
{
    struct diag how;
    char file[400];
    struct cache *cache = open_cache(file);

    keep_and_load(cache);
    cache_close(cache);
    damage(file, _i);
    cache = open_cache(file);
    ck_assert(cache_drop(cache, ALERT)); /* no sealed case waits for it */
    keep_and_load(cache);
    ck_assert(cache_was_damaged(cache, &how));
    ck_assert(!cache_was_damaged(cache, &how));
    ck_assert(cache_drop(cache, ALERT));
    cache_close(cache);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spool that is damaged");
    TCase *t = tcase_create("damaged");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, of_a_damaged_one_all_is_taken_over_that_can_be_read);
    tcase_add_test(t, a_picture_that_cannot_be_read_is_expected_again);
    tcase_add_test(t, one_that_was_sealed_with_a_former_key_is_mended_too);
    tcase_add_loop_test(
        t, what_is_behind_a_lost_beginning_is_taken_over_when_it_can_be_proved,
        0, 3);
    tcase_add_test(t, a_file_that_goes_round_in_circles_ends_no_start);
    tcase_add_loop_test(t, a_damaged_cache_is_begun_anew, 1, 6);
    suite_add_tcase(suite, t);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
