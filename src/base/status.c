#include "base/status.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *status_text(enum status status)
{
    switch (status) {
#define X(name, text)                                                          \
    case STATUS_##name:                                                        \
        return text;
        STATUS_MAP(X)
#undef X
    }
    return "unknown status";
}

enum status diag_set(struct diag *why, enum status status, const char *format,
                     ...)
{
    va_list args;

    if (why == NULL)
        return status;
    why->status = status;
    va_start(args, format);
    vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
    return status;
}

/* Joins two texts into why, cutting what does not fit. */
static void join(struct diag *why, const char *front, const char *back)
{
    size_t used = strlen(front);
    size_t room = sizeof why->text - 1;

    used = used < room ? used : room;
    memmove(why->text, front, used);
    for (const char *part = ": "; *part != '\0' && used < room; part++)
        why->text[used++] = *part;
    while (*back != '\0' && used < room)
        why->text[used++] = *back++;
    why->text[used] = '\0';
}

enum status diag_wrap(struct diag *why, enum status status, const char *format,
                      ...)
{
    char front[DIAG_TEXT_MAX];
    char back[DIAG_TEXT_MAX];
    va_list args;

    if (why == NULL)
        return status;
    memcpy(back, why->text, sizeof back);
    va_start(args, format);
    vsnprintf(front, sizeof front, format, args);
    va_end(args);
    join(why, front, back[0] != '\0' ? back : status_text(status));
    why->status = status;
    return status;
}

enum status diag_errno(struct diag *why, enum status status, const char *format,
                       ...)
{
    int saved = errno;
    char front[DIAG_TEXT_MAX];
    va_list args;

    if (why == NULL)
        return status;
    va_start(args, format);
    vsnprintf(front, sizeof front, format, args);
    va_end(args);
    join(why, front, strerror(saved));
    why->status = status;
    return status;
}

_Noreturn void broken_promise(const char *claim, const char *file, int line)
{
    fprintf(stderr, "broken promise: %s (%s:%d)\n", claim, file, line);
    abort();
}

void *must_calloc(size_t count, size_t size)
{
    void *fresh = calloc(count, size);

    REQUIRE(fresh != NULL || count == 0 || size == 0);
    return fresh;
}

void *must_realloc(void *old, size_t count, size_t size)
{
    void *fresh;

    REQUIRE(size == 0 || count <= SIZE_MAX / size);
    fresh = realloc(old, count * size);
    REQUIRE(fresh != NULL || count * size == 0);
    return fresh;
}

void *must_memdup(const void *bytes, size_t size)
{
    void *copy = must_calloc(1, size + 1);

    if (size > 0)
        memcpy(copy, bytes, size);
    return copy;
}

char *must_strdup(const char *text)
{
    return must_memdup(text, strlen(text));
}
