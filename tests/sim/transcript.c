#include "transcript.h"

#include <inttypes.h>
#include <stdarg.h>
#include <unistd.h>

#include "world.h"

void tell(struct world *world, const char *who, const char *format, ...)
{
    va_list args;

    if (world->transcript == NULL)
        return;
    fprintf(world->transcript, "%9.3f  %-14s ",
            (double)(world->now_ms - BEGIN_MONOTONIC_MS) / 1000, who);
    va_start(args, format);
    vfprintf(world->transcript, format, args);
    va_end(args);
    fputc('\n', world->transcript);
}

void broken(struct world *world, const char *promise, const char *format, ...)
{
    FILE *out = world->transcript != NULL ? world->transcript : stderr;
    va_list args;

    fprintf(out, "%9.3f  BROKEN         %s\n%26s",
            (double)(world->now_ms - BEGIN_MONOTONIC_MS) / 1000, promise, "");
    va_start(args, format);
    vfprintf(out, format, args);
    va_end(args);
    fprintf(out, "\nseed %" PRIu64 ": broken: %s\n", world->seed, promise);
    (void)fflush(NULL);
    _exit(BROKEN_EXIT);
}
