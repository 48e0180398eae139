#include "base/log.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#define LINE_MAX_BYTES 1500

static enum log_level threshold = LEVEL_INFO;
static atomic_uint dropped;

static const char *const level_names[] = {"debug", "info", "warn", "error"};

void log_threshold(enum log_level level)
{
    threshold = level;
}

int log_level_parse(const char *text, enum log_level *level)
{
    for (size_t i = 0; i < sizeof level_names / sizeof *level_names; i++) {
        if (strcmp(text, level_names[i]) == 0) {
            *level = (enum log_level)i;
            return 1;
        }
    }
    return 0;
}

/* Peers choose some of the values: no control byte may forge a second line. */
static void defuse(char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = '?';
    }
}

/* A pipe or a terminal that nobody reads takes no more: it must hold up nobody
 * who serves. */
static bool is_read(void)
{
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};

    return poll(&out, 1, 0) != 0;
}

static void put(const char *line, size_t size)
{
    char before[100];
    unsigned missing;
    int written;

    if (!is_read()) {
        atomic_fetch_add(&dropped, 1);
        return;
    }
    missing = atomic_exchange(&dropped, 0);
    if (missing > 0) {
        written =
            snprintf(before, sizeof before, "%.*s warn log.dropped lines=%u\n",
                     (int)strcspn(line, " "), line, missing);
        (void)!write(STDERR_FILENO, before, (size_t)written);
    }
    (void)!write(STDERR_FILENO, line, size);
}

void log_line(enum log_level level, const char *event, const char *format, ...)
{
    char line[LINE_MAX_BYTES];
    char when[CLOCK_TEXT_MAX];
    size_t used;
    int written;
    va_list args;

    if (level < threshold)
        return;
    clock_text(clock_wall_ms(), when);
    written = snprintf(line, sizeof line, "%s %s %s ", when, level_names[level],
                       event);
    used = (size_t)written;
    va_start(args, format);
    written = vsnprintf(line + used, sizeof line - used - 1, format, args);
    va_end(args);
    if (written > 0)
        used += (size_t)written < sizeof line - used - 1
                    ? (size_t)written
                    : sizeof line - used - 2;
    line[used] = '\0';
    defuse(line);
    line[used++] = '\n';
    put(line, used);
}
