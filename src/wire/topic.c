#include "wire/topic.h"

#include <stdio.h>
#include <string.h>

static bool digits(const char *text, size_t count)
{
    return strlen(text) == count && strspn(text, "0123456789") == count;
}

bool division_valid(const char *code)
{
    return digits(code, DIVISION_SIZE);
}

size_t division_prefix(const char *code)
{
    size_t size = DIVISION_SIZE;

    while (size > 0 && code[size - 1] == '0' && code[size - 2] == '0')
        size -= 2;
    return size;
}

bool division_contains(const char *outer, const char *inner)
{
    return strncmp(outer, inner, division_prefix(outer)) == 0;
}

bool prefix_valid(const char *prefix)
{
    size_t size = strlen(prefix);

    return size <= DIVISION_SIZE && size % 2 == 0 && digits(prefix, size);
}

bool prefix_contains(const char *outer, const char *inner)
{
    return strncmp(outer, inner, strlen(outer)) == 0;
}

void topic_make(char out[TOPIC_MAX], bool exercise, const char *prefix)
{
    snprintf(out, TOPIC_MAX, "%c/%.6s/", exercise ? 'x' : 'a', prefix);
}

void topics_of(char out[OWN_TOPICS][TOPIC_MAX], const char *division)
{
    for (int i = 0; i < 4; i++) {
        char prefix[DIVISION_SIZE + 1];

        snprintf(prefix, sizeof prefix, "%.*s", DIVISION_SIZE - 2 * i,
                 division);
        topic_make(out[i], false, prefix);
        topic_make(out[i + 4], true, prefix);
    }
    snprintf(out[8], TOPIC_MAX, "%s", BEACON_TOPIC);
}
