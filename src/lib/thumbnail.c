/* A small picture for the feed. The JPEG comes from anywhere: its size is
 * looked at before anything is allocated for it. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <tocsin/centre.h>

#include "lib/common.h"

#define SIDE_MAX 160
#define SOURCE_SIDE_MAX 12000
#define QUALITY_BEST 80
#define QUALITY_WORST 10
#define QUALITY_STEP 10

/* A progressive file can ask for passes without end over few bytes. */
#define SCANS_MAX 100
#define DECODER_MEMORY_MAX (256 << 20)

struct trouble {
    struct jpeg_error_mgr manager;
    jmp_buf back;
    char text[JMSG_LENGTH_MAX];
};

_Noreturn static void give_up(j_common_ptr codec)
{
    struct trouble *trouble = (struct trouble *)codec->err;

    trouble->manager.format_message(codec, trouble->text);
    longjmp(trouble->back, 1);
}

static void be_silent(j_common_ptr codec)
{
    (void)codec;
}

static void count_scans(j_common_ptr codec)
{
    struct jpeg_decompress_struct *decoder =
        (struct jpeg_decompress_struct *)codec;
    struct trouble *trouble = (struct trouble *)codec->err;

    if (decoder->input_scan_number <= SCANS_MAX)
        return;
    snprintf(trouble->text, sizeof trouble->text, "has too many scans");
    longjmp(trouble->back, 1);
}

static struct jpeg_error_mgr *prepare(struct trouble *trouble)
{
    jpeg_std_error(&trouble->manager);
    trouble->manager.error_exit = give_up;
    trouble->manager.output_message = be_silent;
    return &trouble->manager;
}

/* Grey or RGB, as many components as it has. */
struct raster {
    uint8_t *pixels;
    unsigned width;
    unsigned height;
    int components;
};

/* ---- decoding, scaled down by a power of two while it is decoded ------------
 */

struct decoding {
    struct jpeg_decompress_struct codec;
    struct jpeg_progress_mgr progress;
    struct trouble trouble;
    struct raster *raster;
};

static unsigned longer(unsigned one, unsigned two)
{
    return one > two ? one : two;
}

static void choose_scale(struct jpeg_decompress_struct *codec)
{
    unsigned side = longer(codec->image_width, codec->image_height);

    codec->scale_num = 1;
    codec->scale_denom = 1;
    while (codec->scale_denom < 8 && side / codec->scale_denom >= 2 * SIDE_MAX)
        codec->scale_denom *= 2;
    codec->out_color_space =
        codec->num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
    codec->dct_method = JDCT_ISLOW;
}

static void read_lines(struct decoding *decoding)
{
    struct jpeg_decompress_struct *codec = &decoding->codec;
    struct raster *raster = decoding->raster;

    raster->width = codec->output_width;
    raster->height = codec->output_height;
    raster->components = codec->output_components;
    raster->pixels = must_calloc((size_t)raster->width * raster->height,
                                 (size_t)raster->components);
    while (codec->output_scanline < codec->output_height) {
        JSAMPROW row = raster->pixels + (size_t)codec->output_scanline *
                                            raster->width *
                                            (size_t)raster->components;

        (void)jpeg_read_scanlines(codec, &row, 1);
    }
}

static void start_decoding(struct decoding *decoding, const uint8_t *jpeg,
                           size_t size)
{
    struct jpeg_decompress_struct *codec = &decoding->codec;

    jpeg_create_decompress(codec);
    codec->mem->max_memory_to_use = DECODER_MEMORY_MAX;
    decoding->progress.progress_monitor = count_scans;
    codec->progress = &decoding->progress;
    jpeg_mem_src(codec, jpeg, size);
    (void)jpeg_read_header(codec, TRUE);
    if (longer(codec->image_width, codec->image_height) <= SOURCE_SIDE_MAX)
        return;
    snprintf(decoding->trouble.text, sizeof decoding->trouble.text,
             "the picture is larger than %d pixels a side", SOURCE_SIDE_MAX);
    longjmp(decoding->trouble.back, 1);
}

static enum tocsin_status decode_jpeg(struct raster *raster,
                                      const uint8_t *jpeg, size_t size,
                                      struct tocsin_diag *why)
{
    struct decoding *decoding = must_calloc(1, sizeof *decoding);
    enum tocsin_status status = TOCSIN_OK;

    decoding->raster = raster;
    decoding->codec.err = prepare(&decoding->trouble);
    if (setjmp(decoding->trouble.back) != 0) {
        status = lib_fail(why, TOCSIN_USAGE, "thumbnail: %s",
                          decoding->trouble.text);
    } else {
        start_decoding(decoding, jpeg, size);
        choose_scale(&decoding->codec);
        (void)jpeg_start_decompress(&decoding->codec);
        read_lines(decoding);
        (void)jpeg_finish_decompress(&decoding->codec);
    }
    jpeg_destroy_decompress(&decoding->codec);
    free(decoding);
    return status;
}

/* ---- the rest of the way: the mean of the pixels that fall into one ---- */

static uint8_t mean(const struct raster *from, unsigned x[2], unsigned y[2],
                    int component)
{
    unsigned long sum = 0;
    unsigned long count = 0;

    for (unsigned row = y[0]; row < y[1]; row++) {
        for (unsigned column = x[0]; column < x[1]; column++, count++)
            sum += from->pixels[((size_t)row * from->width + column) *
                                    (size_t)from->components +
                                (size_t)component];
    }
    return (uint8_t)(sum / count);
}

static void shrink(struct raster *to, const struct raster *from)
{
    unsigned side = longer(from->width, from->height);
    size_t at = 0;

    to->components = from->components;
    to->width = longer(from->width * SIDE_MAX / side, 1);
    to->height = longer(from->height * SIDE_MAX / side, 1);
    if (side <= SIDE_MAX) {
        to->width = from->width;
        to->height = from->height;
    }
    to->pixels =
        must_calloc((size_t)to->width * to->height, (size_t)to->components);
    for (unsigned row = 0; row < to->height; row++) {
        unsigned y[2] = {row * from->height / to->height,
                         (row + 1) * from->height / to->height};

        for (unsigned column = 0; column < to->width; column++) {
            unsigned x[2] = {column * from->width / to->width,
                             (column + 1) * from->width / to->width};

            for (int i = 0; i < to->components; i++)
                to->pixels[at++] = mean(from, x, y, i);
        }
    }
}

/* ---- encoding ---- */

struct encoding {
    struct jpeg_compress_struct codec;
    struct trouble trouble;
    unsigned char *bytes;
    unsigned long size;
};

static void write_lines(struct encoding *encoding, const struct raster *raster,
                        int quality)
{
    struct jpeg_compress_struct *codec = &encoding->codec;

    codec->image_width = raster->width;
    codec->image_height = raster->height;
    codec->input_components = raster->components;
    codec->in_color_space = raster->components == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(codec);
    jpeg_set_quality(codec, quality, TRUE);
    codec->optimize_coding = TRUE;
    jpeg_start_compress(codec, TRUE);
    while (codec->next_scanline < codec->image_height) {
        JSAMPROW row = raster->pixels + (size_t)codec->next_scanline *
                                            raster->width *
                                            (size_t)raster->components;

        (void)jpeg_write_scanlines(codec, &row, 1);
    }
    jpeg_finish_compress(codec);
}

static bool encode_jpeg(struct encoding *encoding, const struct raster *raster,
                        int quality)
{
    bool good;

    encoding->bytes = NULL;
    encoding->size = 0;
    encoding->codec.err = prepare(&encoding->trouble);
    good = setjmp(encoding->trouble.back) == 0;
    if (good) {
        jpeg_create_compress(&encoding->codec);
        jpeg_mem_dest(&encoding->codec, &encoding->bytes, &encoding->size);
        write_lines(encoding, raster, quality);
    }
    jpeg_destroy_compress(&encoding->codec);
    if (!good)
        encoding->bytes = NULL; /* libjpeg may have freed it: rather leak */
    return good;
}

static enum tocsin_status encode_within(const struct raster *raster, size_t max,
                                        uint8_t **out, size_t *out_size)
{
    struct encoding *encoding = must_calloc(1, sizeof *encoding);
    bool fits = false;

    for (int quality = QUALITY_BEST; !fits && quality >= QUALITY_WORST;
         quality -= QUALITY_STEP) {
        fits = encode_jpeg(encoding, raster, quality) && encoding->size <= max;
        if (fits) {
            *out = must_memdup(encoding->bytes, encoding->size);
            *out_size = encoding->size;
        }
        free(encoding->bytes);
    }
    free(encoding);
    return fits ? TOCSIN_OK : TOCSIN_USAGE;
}

enum tocsin_status tocsin_thumbnail(const uint8_t *jpeg, size_t size,
                                    size_t max, uint8_t **out, size_t *out_size,
                                    struct tocsin_diag *why)
{
    struct raster whole = {0};
    struct raster small = {0};
    enum tocsin_status status = decode_jpeg(&whole, jpeg, size, why);

    if (status == TOCSIN_OK) {
        shrink(&small, &whole);
        status = encode_within(&small, max, out, out_size);
        if (status != TOCSIN_OK)
            (void)lib_fail(why, status,
                           "thumbnail: does not fit into %zu bytes", max);
    }
    free(whole.pixels);
    free(small.pixels);
    return status;
}
