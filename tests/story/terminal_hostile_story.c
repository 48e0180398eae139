/* Bytes of any kind on either line: nothing breaks, nothing unsigned shows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "base/status.h"
#include "stage.h"

#define ROUNDS 10000
#define FRAME_MAX 9000

static struct stage *s;
static uint32_t chance;

static uint32_t draw(uint32_t bound)
{
    chance = chance * 1664525 + 1013904223;
    return (chance >> 8) % bound;
}

static void open_stage(void)
{
    const char *seed = getenv("TOCSIN_SEED");

    chance = seed == NULL ? 1 : (uint32_t)strtoul(seed, NULL, 10);
    s = stage_new();
    stage_tell(s, "the line stands");
    stage_tell(s, "the desk answers");
    stage_tell(s, "A1 is issued");
    stage_tell(s, "the desk answers");
    stage_tell(s, "the desk is quiet");
    stage_skip(s);
}

static void close_stage(void)
{
    stage_free(s);
}

/* Only A1 was ever signed, and only its first revision. */
static void expect_nothing_unsigned(void)
{
    const struct holding *a1 =
        terminal_holding(stage_terminal(s), stage_alert_id("A1"));
    char name[16];

    if (a1 != NULL)
        ck_assert_uint_eq(a1->revision, 1);
    for (int i = 2; i < 80; i++) {
        snprintf(name, sizeof name, "A%d", i);
        ck_assert_ptr_null(
            terminal_holding(stage_terminal(s), stage_alert_id(name)));
    }
}

static void expect_a1_alone(void)
{
    expect_nothing_unsigned();
    ck_assert(holding_on_screen(
        terminal_holding(stage_terminal(s), stage_alert_id("A1")),
        stage_now(s).wall_ms));
}

static size_t fill(uint8_t *bytes)
{
    size_t size = draw(FRAME_MAX);

    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)draw(256);
    return size;
}

static size_t mutate(uint8_t *bytes, struct blob original)
{
    size_t size = original.size;

    ck_assert_uint_le(size, FRAME_MAX);
    memcpy(bytes, original.data, size);
    for (uint32_t i = 0; i <= draw(4); i++)
        bytes[draw((uint32_t)size)] = (uint8_t)draw(256);
    if (draw(4) == 0)
        size = draw((uint32_t)size);
    return size;
}

START_TEST(random_frames_on_the_feed_change_nothing)
{
    static const char *const topics[] = {"a/4403/", "b/", "x//", "a/440305/"};
    uint8_t bytes[FRAME_MAX];

    for (int i = 0; i < ROUNDS; i++)
        stage_throw_feed(s, topics[draw(4)], (struct blob){bytes, fill(bytes)});
    expect_a1_alone();
}
END_TEST

START_TEST(mutated_frames_on_the_feed_change_nothing)
{
    uint8_t original[FRAME_MAX];
    uint8_t bytes[FRAME_MAX];
    struct blob blob;

    stage_tell(s, "the feed is deaf");
    stage_tell(s, "A2 is issued");
    blob = stage_last_feed(s);
    memcpy(original, blob.data, blob.size);
    blob.data = original;
    for (int i = 0; i < ROUNDS; i++) {
        size_t size = mutate(bytes, blob);

        if (size != blob.size || memcmp(bytes, original, size) != 0)
            stage_throw_feed(s, "a/4403/", (struct blob){bytes, size});
    }
    expect_a1_alone();
}
END_TEST

START_TEST(random_replies_change_nothing)
{
    uint8_t bytes[FRAME_MAX];

    for (int i = 0; i < ROUNDS; i++) {
        stage_throw_reply(s, (struct blob){bytes, fill(bytes)});
        stage_skip(s);
    }
    expect_a1_alone();
}
END_TEST

/* A push carries the whole signed document: whatever is changed in it either
 * does not matter to the signature or it is refused. */
START_TEST(mutated_pushes_never_show_what_was_not_signed)
{
    uint8_t original[FRAME_MAX];
    uint8_t bytes[FRAME_MAX];
    struct blob blob;

    stage_tell(s, "A1 is pushed");
    blob = stage_last_reply(s);
    memcpy(original, blob.data, blob.size);
    blob.data = original;
    for (int i = 0; i < ROUNDS; i++) {
        stage_throw_reply(s, (struct blob){bytes, mutate(bytes, blob)});
        stage_tell(s, "the desk is quiet");
        stage_skip(s);
    }
    expect_a1_alone();
    ck_assert_uint_eq(
        terminal_holding(stage_terminal(s), stage_alert_id("A1"))->revision, 1);
}
END_TEST

/* A broker may leave an alert out of its pages, and then it is gone; but it
 * cannot put one in. */
START_TEST(mutated_pages_of_a_sync_never_show_what_was_not_signed)
{
    uint8_t original[FRAME_MAX];
    uint8_t bytes[FRAME_MAX];
    struct blob blob;

    stage_tell(s, "a false beacon comes");
    stage_tell(s, "the desk answers");
    blob = stage_last_reply(s);
    memcpy(original, blob.data, blob.size);
    blob.data = original;
    for (int i = 0; i < ROUNDS / 10; i++) {
        size_t size;

        stage_tell(s, "the line breaks");
        stage_tell(s, "the line stands");
        stage_tell(s, "2 s pass");
        size = mutate(bytes, blob);
        stage_graft_request_id(s, bytes, size);
        stage_throw_reply(s, (struct blob){bytes, size});
        stage_tell(s, "the desk is quiet");
        stage_skip(s);
    }
    ck_assert_uint_eq(
        terminal_holding(stage_terminal(s), stage_alert_id("A1"))->revision, 1);
    expect_a1_alone();
}
END_TEST

static Suite *suite_of_hostile(void)
{
    Suite *suite = suite_create("terminal: hostile");
    TCase *frames = tcase_create("frames");

    tcase_set_timeout(frames, 120);
    tcase_add_checked_fixture(frames, open_stage, close_stage);
    tcase_add_test(frames, random_frames_on_the_feed_change_nothing);
    tcase_add_test(frames, mutated_frames_on_the_feed_change_nothing);
    tcase_add_test(frames, random_replies_change_nothing);
    tcase_add_test(frames, mutated_pushes_never_show_what_was_not_signed);
    tcase_add_test(frames,
                   mutated_pages_of_a_sync_never_show_what_was_not_signed);
    suite_add_tcase(suite, frames);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(suite_of_hostile());
    int failed;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
