#include "base/screen.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* The bytes of the control character that text begins with; 0: of none. */
static size_t control_size(const unsigned char *text)
{
    unsigned char second = text[0] == '\0' ? 0 : text[1];
    unsigned char third = second == 0 ? 0 : text[2];

    if (text[0] < 0x20 || text[0] == 0x7f)
        return 1;
    if (text[0] == 0xc2 && second >= 0x80 && second < 0xa0)
        return 2;
    if (text[0] == 0xd8 && second == 0x9c)
        return 2;
    if (text[0] == 0xe2 && second == 0x80 &&
        (third == 0x8e || third == 0x8f || (third >= 0xa8 && third <= 0xae)))
        return 3;
    if (text[0] == 0xe2 && second == 0x81 && third >= 0xa6 && third <= 0xa9)
        return 3;
    return text[0] == 0xef && second == 0xbb && third == 0xbf ? 3 : 0;
}

static void put(FILE *out, const char *text, bool in_quotes)
{
    const unsigned char *at = (const unsigned char *)text;

    while (*at != '\0') {
        size_t size = control_size(at);

        if (in_quotes && *at == '"')
            (void)fputc('"', out);
        (void)fputc(size > 0 ? ' ' : *at, out);
        at += size > 0 ? size : 1;
    }
}

void screen_text(FILE *out, const char *text)
{
    put(out, text, false);
}

/* As spreadsheets know one, with the wide signs too. */
static bool is_formula(const char *text)
{
    static const char *const signs[] = {"=",      "+",      "-",      "@",
                                        "\uff1d", "\uff0b", "\uff0d", "\uff20"};

    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        if (strncmp(text, signs[i], strlen(signs[i])) == 0)
            return true;
    }
    return false;
}

void screen_cell(FILE *out, const char *text)
{
    (void)fputs(is_formula(text) ? "\"'" : "\"", out);
    put(out, text, true);
    (void)fputc('"', out);
}

void screen_json(FILE *out, const char *json)
{
    const unsigned char *at = (const unsigned char *)json;

    while (*at != '\0') {
        size_t size = control_size(at);

        if (size <= 1 && *at != 0x7f)
            (void)fputc(*at, out); /* C0: jansson's own line ends */
        else if (size == 1)
            (void)fputs("\\u007f", out);
        else if (size == 2)
            (void)fprintf(out, "\\u%04x", (at[0] & 0x1f) << 6 | (at[1] & 0x3f));
        else
            (void)fprintf(out, "\\u%04x",
                          (at[0] & 0x0f) << 12 | (at[1] & 0x3f) << 6 |
                              (at[2] & 0x3f));
        at += size > 0 ? size : 1;
    }
    (void)fputc('\n', out);
}
