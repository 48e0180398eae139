#define _GNU_SOURCE
#include "common/say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Decodes one character; returns its bytes, 0 when they are broken. */
static size_t take_character(const char *text, uint32_t *character)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)text[0];
    size_t size = first < 0x80   ? 1
                  : first < 0xc0 ? 0
                  : first < 0xe0 ? 2
                  : first < 0xf0 ? 3
                  : first < 0xf8 ? 4
                                 : 0;

    if (size <= 1) {
        *character = first;
        return size;
    }
    *character = first & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        if (((unsigned char)text[i] & 0xc0) != 0x80)
            return 0;
        *character = *character << 6 | ((unsigned char)text[i] & 0x3f);
    }
    return *character >= least[size] && *character <= 0x10ffff ? size : 0;
}

static bool is_control(uint32_t character)
{
    return character < 0x20 || (character >= 0x7f && character < 0xa0) ||
           character == 0x61c || character == 0x200e || character == 0x200f ||
           (character >= 0x2028 && character <= 0x202e) ||
           (character >= 0x2066 && character <= 0x2069) ||
           character == 0xfeff || (character >= 0xd800 && character <= 0xdfff);
}

void clean(char *text)
{
    char *to = text;

    while (*text != '\0') {
        uint32_t character;
        size_t size = take_character(text, &character);

        if (size == 0 || is_control(character)) {
            *to++ = size == 0 ? '?' : ' ';
            text += size == 0 ? 1 : size;
            continue;
        }
        memmove(to, text, size);
        to += size;
        text += size;
    }
    *to = '\0';
}

/* JSON has controls only within its texts, where an escape means the same;
 * jansson itself lets DEL, C1 and the direction marks through. */
void say_json(FILE *out, const char *json)
{
    while (*json != '\0') {
        uint32_t character;
        size_t size = take_character(json, &character);

        if (size == 0)
            (void)fputc('?', out);
        else if (is_control(character) && character >= 0x7f)
            (void)fprintf(out, "\\u%04x", character);
        else
            (void)fwrite(json, 1, size, out);
        json += size == 0 ? 1 : size;
    }
    (void)fputc('\n', out);
}

/* East Asian Wide and Fullwidth, by blocks: enough for columns to line up. */
static size_t columns_of(uint32_t character)
{
    static const struct {
        uint32_t first, last;
    } wide[] = {{0x1100, 0x115f},  {0x2e80, 0x303e}, {0x3041, 0xa4cf},
                {0xac00, 0xd7a3},  {0xf900, 0xfaff}, {0xfe30, 0xfe6f},
                {0xff01, 0xff60},  {0xffe0, 0xffe6}, {0x1f300, 0x1faff},
                {0x20000, 0x3fffd}};

    if ((character >= 0x300 && character <= 0x36f) || character == 0x200b ||
        character == 0x200c || character == 0x200d ||
        (character >= 0xfe00 && character <= 0xfe0f))
        return 0;
    for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++) {
        if (character >= wide[i].first && character <= wide[i].last)
            return 2;
    }
    return 1;
}

size_t width_of(const char *text)
{
    size_t columns = 0;

    while (*text != '\0') {
        uint32_t character;
        size_t size = take_character(text, &character);

        columns += size == 0 ? 1 : columns_of(character);
        text += size == 0 ? 1 : size;
    }
    return columns;
}

void width_cut(char *text, size_t columns)
{
    while (*text != '\0') {
        uint32_t character;
        size_t size = take_character(text, &character);
        size_t more = size == 0 ? 1 : columns_of(character);

        if (more > columns) {
            *text = '\0';
            return;
        }
        columns -= more;
        text += size == 0 ? 1 : size;
    }
}

static void put_line(FILE *out, const char *front, const char *format,
                     va_list args) SAY_PRINTF(3, 0);

static void put_line(FILE *out, const char *front, const char *format,
                     va_list args)
{
    char *line = NULL;

    if (vasprintf(&line, format, args) < 0)
        return;
    clean(line);
    (void)fprintf(out, "%s%s\n", front, line);
    free(line);
}

void say_to(FILE *out, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    put_line(out, "", format, args);
    va_end(args);
}

void say(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    put_line(stdout, "", format, args);
    va_end(args);
}

void complain(const char *format, ...)
{
    char front[64];
    va_list args;

    (void)fflush(stdout);
    snprintf(front, sizeof front, "%.60s: ", program_invocation_short_name);
    va_start(args, format);
    put_line(stderr, front, format, args);
    va_end(args);
}
