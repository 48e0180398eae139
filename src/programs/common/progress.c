#include "common/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "common/numbers.h"

#define BAR_COLUMNS 30
#define REDRAW_MS 100
#define LINE_EVERY 1000

void progress_begin(struct progress *progress, const char *what, size_t total)
{
    *progress = (struct progress){.what = what, .total = total};
    progress->terminal = isatty(STDERR_FILENO) == 1;
    progress->began_ms = time_steady_ms();
}

static void draw(struct progress *progress)
{
    size_t total = progress->total == 0 ? 1 : progress->total;
    size_t full = progress->done * BAR_COLUMNS / total;
    char bar[BAR_COLUMNS + 1];

    for (size_t i = 0; i < BAR_COLUMNS; i++)
        bar[i] = i < full ? '#' : '.';
    bar[BAR_COLUMNS] = '\0';
    (void)fprintf(stderr, "\r%s [%s] %zu of %zu, %.1f s ", progress->what, bar,
                  progress->done, progress->total,
                  (double)(time_steady_ms() - progress->began_ms) / 1000);
    (void)fflush(stderr);
    progress->drawn_ms = time_steady_ms();
}

static void tell(const struct progress *progress)
{
    (void)fprintf(stderr, "%s %zu of %zu, %.1f s\n", progress->what,
                  progress->done, progress->total,
                  (double)(time_steady_ms() - progress->began_ms) / 1000);
}

void progress_step(struct progress *progress)
{
    progress->done++;
    if (!progress->terminal) {
        if (progress->done % LINE_EVERY == 0)
            tell(progress);
        return;
    }
    if (time_steady_ms() - progress->drawn_ms >= REDRAW_MS)
        draw(progress);
}

void progress_end(struct progress *progress)
{
    if (progress->terminal) {
        draw(progress);
        (void)fputc('\n', stderr);
    } else if (progress->done % LINE_EVERY != 0) {
        tell(progress);
    }
}
