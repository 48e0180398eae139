/* Small pictures, made from whatever calls itself a JPEG. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <jpeglib.h>

#include <tocsin/centre.h>

#define MAX 7000
#define SIDE_MAX 160
#define MUTANTS 600

struct jpeg {
    unsigned char *bytes;
    unsigned long size;
};

enum drawing { SMOOTH, NOISE };

/* A generator of its own, so that every run draws the same noise. */
static unsigned next_random(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

struct sketch {
    unsigned width;
    unsigned height;
    int components; /* 1 grey, 3 colour, 4 ink */
    enum drawing drawing;
    int progressive;
};

static struct jpeg draw(const struct sketch *sketch)
{
    struct jpeg_compress_struct codec;
    struct jpeg_error_mgr errors;
    struct jpeg jpeg = {NULL, 0};
    unsigned state = 7;
    size_t line = (size_t)sketch->width * (size_t)sketch->components;
    JSAMPROW row = malloc(line);

    codec.err = jpeg_std_error(&errors);
    jpeg_create_compress(&codec);
    jpeg_mem_dest(&codec, &jpeg.bytes, &jpeg.size);
    codec.image_width = sketch->width;
    codec.image_height = sketch->height;
    codec.input_components = sketch->components;
    codec.in_color_space = sketch->components == 1   ? JCS_GRAYSCALE
                           : sketch->components == 3 ? JCS_RGB
                                                     : JCS_CMYK;
    jpeg_set_defaults(&codec);
    jpeg_set_quality(&codec, 90, TRUE);
    if (sketch->progressive)
        jpeg_simple_progression(&codec);
    jpeg_start_compress(&codec, TRUE);
    while (codec.next_scanline < codec.image_height) {
        for (size_t i = 0; i < line; i++)
            row[i] = (JSAMPLE)(sketch->drawing == NOISE
                                   ? next_random(&state)
                                   : (i + codec.next_scanline) / 16);
        jpeg_write_scanlines(&codec, &row, 1);
    }
    jpeg_finish_compress(&codec);
    jpeg_destroy_compress(&codec);
    free(row);
    return jpeg;
}

static void measure(const uint8_t *bytes, size_t size, unsigned *width,
                    unsigned *height)
{
    struct jpeg_decompress_struct codec;
    struct jpeg_error_mgr errors;

    codec.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&codec);
    jpeg_mem_src(&codec, bytes, size);
    ck_assert_int_eq(jpeg_read_header(&codec, TRUE), JPEG_HEADER_OK);
    *width = codec.image_width;
    *height = codec.image_height;
    jpeg_destroy_decompress(&codec);
}

static const struct {
    struct sketch sketch;
    unsigned width;
    unsigned height;
} good[] = {
    {{1600, 1200, 3, SMOOTH, 0}, 160, 120},
    {{1600, 1200, 3, NOISE, 0}, 160, 120},
    {{1600, 1200, 3, SMOOTH, 1}, 160, 120},
    {{999, 1777, 1, NOISE, 0}, 89, 160},
    {{40, 30, 3, SMOOTH, 0}, 40, 30},
    {{1, 1, 3, SMOOTH, 0}, 1, 1},
    {{1, 2000, 3, SMOOTH, 0}, 1, 160},
    {{3001, 2, 1, SMOOTH, 0}, 160, 1},
};

START_TEST(a_photograph_becomes_small_enough_for_the_feed)
{
    struct jpeg jpeg = draw(&good[_i].sketch);
    struct tocsin_diag why = {0};
    uint8_t *small;
    size_t size;
    unsigned width;
    unsigned height;

    ck_assert_msg(tocsin_thumbnail(jpeg.bytes, jpeg.size, MAX, &small, &size,
                                   &why) == TOCSIN_OK,
                  "%s", why.text);
    ck_assert_uint_le(size, MAX);
    measure(small, size, &width, &height);
    ck_assert_uint_eq(width, good[_i].width);
    ck_assert_uint_eq(height, good[_i].height);
    free(small);
    free(jpeg.bytes);
}
END_TEST

static void expect_refused(const uint8_t *bytes, size_t size, size_t max,
                           const char *words)
{
    struct tocsin_diag why = {0};
    uint8_t *small = NULL;
    size_t small_size;

    ck_assert_int_eq(
        tocsin_thumbnail(bytes, size, max, &small, &small_size, &why),
        TOCSIN_USAGE);
    ck_assert_ptr_nonnull(strstr(why.text, words));
}

START_TEST(what_is_no_jpeg_is_refused_in_words)
{
    static const uint8_t text[] = "this is not a picture";
    static const uint8_t start[] = {0xff, 0xd8, 0xff};

    expect_refused(text, sizeof text, MAX, "thumbnail");
    expect_refused(start, sizeof start, MAX, "thumbnail");
    expect_refused(text, 0, MAX, "thumbnail");
}
END_TEST

/* The frame header holds the height and the width behind its mark. */
static uint8_t *frame_header(struct jpeg *jpeg)
{
    for (unsigned long i = 0; i + 9 < jpeg->size; i++) {
        if (jpeg->bytes[i] == 0xff && jpeg->bytes[i + 1] == 0xc0)
            return jpeg->bytes + i;
    }
    ck_abort_msg("no frame header");
}

START_TEST(a_picture_that_claims_to_be_huge_is_refused_before_it_is_decoded)
{
    struct jpeg jpeg = draw(&good[4].sketch);
    uint8_t *header = frame_header(&jpeg);

    header[5] = header[6] = header[7] = header[8] = 0xfe;
    expect_refused(jpeg.bytes, jpeg.size, MAX, "larger than 12000");
    free(jpeg.bytes);
}
END_TEST

START_TEST(what_cannot_fit_is_refused)
{
    struct jpeg jpeg = draw(&good[1].sketch);

    expect_refused(jpeg.bytes, jpeg.size, 200, "does not fit");
    free(jpeg.bytes);
}
END_TEST

START_TEST(a_damaged_picture_does_no_harm)
{
    const struct sketch sketch = {100, 70, 3, NOISE, _i};
    struct jpeg jpeg = draw(&sketch);
    uint8_t *mutant = malloc(jpeg.size);
    unsigned state = 11;

    for (int i = 0; i < MUTANTS; i++) {
        size_t size = next_random(&state) % jpeg.size;
        uint8_t *small;
        size_t small_size;

        memcpy(mutant, jpeg.bytes, jpeg.size);
        for (unsigned j = next_random(&state) % 8; j > 0; j--)
            mutant[next_random(&state) % (j % 2 == 0 ? jpeg.size : 700)] =
                (uint8_t)next_random(&state);
        if (i % 3 != 0)
            size = jpeg.size;
        if (tocsin_thumbnail(mutant, size, MAX, &small, &small_size, NULL) ==
            TOCSIN_OK) {
            ck_assert_uint_le(small_size, MAX);
            free(small);
        }
    }
    free(mutant);
    free(jpeg.bytes);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("thumbnail");
    TCase *all = tcase_create("thumbnail");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, all);
    tcase_add_loop_test(all, a_photograph_becomes_small_enough_for_the_feed, 0,
                        (int)(sizeof good / sizeof good[0]));
    tcase_add_test(all, what_is_no_jpeg_is_refused_in_words);
    tcase_add_test(
        all, a_picture_that_claims_to_be_huge_is_refused_before_it_is_decoded);
    tcase_add_test(all, what_cannot_fit_is_refused);
    tcase_add_loop_test(all, a_damaged_picture_does_no_harm, 0, 2);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
