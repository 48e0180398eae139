/* The memory of decoded messages: its budget to the byte, what is given up. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "wire/arena.h"

#define BUDGET (1024 * 1024)

static uint8_t *take(struct arena *arena, size_t size)
{
    uint8_t *bytes = arena->allocator.alloc(arena, size);

    if (bytes != NULL && size <= BUDGET)
        memset(bytes, 0xa5, size);
    return bytes;
}

START_TEST(the_whole_budget_can_be_taken_and_not_a_byte_more)
{
    static const size_t sizes[] = {16, 4096, 16 * 1024, 100000, BUDGET};
    struct arena arena;

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t padded = (sizes[i] + 15) / 16 * 16;

        arena_init(&arena, BUDGET);
        for (size_t left = BUDGET; left >= padded; left -= padded)
            ck_assert_ptr_nonnull(take(&arena, sizes[i]));
        while (arena.used < BUDGET)
            ck_assert_ptr_nonnull(take(&arena, 1));
        ck_assert_ptr_null(take(&arena, 1));
        ck_assert_ptr_null(take(&arena, SIZE_MAX));
        arena_reset(&arena);
        ck_assert_ptr_nonnull(take(&arena, BUDGET));
        arena_done(&arena);
    }
}
END_TEST

/* Whatever is taken and given up, in any order, what is held stays as it was
 * written, at addresses that any type may have. */
START_TEST(what_is_held_stays_untouched_by_what_is_given_up)
{
    enum { HELD_MAX = 64 };
    struct {
        uint8_t *bytes;
        size_t size;
        size_t before; /* what was used */
    } held[HELD_MAX];
    size_t count = 0;
    uint32_t draw = 1;
    struct arena arena;

    arena_init(&arena, BUDGET);
    for (int turn = 0; turn < 4000; turn++) {
        draw = draw * 1664525u + 1013904223u;
        if (count == HELD_MAX || (draw >> 16) % 5 == 0) {
            count = count == 0 ? 0 : (draw >> 20) % count;
            arena.used = count == 0 ? 0 : held[count].before;
        }
        held[count].before = arena.used;
        held[count].size = (size_t)1 << (draw >> 8) % 18;
        held[count].bytes = take(&arena, held[count].size);
        if (held[count].bytes == NULL) {
            ck_assert_uint_eq(arena.used, held[count].before);
            continue;
        }
        ck_assert_uint_eq((uintptr_t)held[count].bytes % 16, 0);
        memset(held[count].bytes, (int)count, held[count].size);
        count++;
        for (size_t i = 0; i < count; i++) {
            ck_assert_uint_eq(held[i].bytes[0], i);
            ck_assert_uint_eq(held[i].bytes[held[i].size - 1], i);
        }
    }
    arena_done(&arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("arena");
    TCase *tests = tcase_create("arena");
    SRunner *runner;
    int failed;

    tcase_add_test(tests, the_whole_budget_can_be_taken_and_not_a_byte_more);
    tcase_add_test(tests, what_is_held_stays_untouched_by_what_is_given_up);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
