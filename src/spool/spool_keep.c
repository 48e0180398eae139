/* What does not wait in the spool, and how long and how much of it stays. */
#include "spool/inside.h"

static void purge(void *arg, int64_t before_ms)
{
    static const enum sentence sentences[] = {PURGE, FADE_PICTURES, FADE,
                                              FADE_LOOKS};
    struct spool *spool = arg;

    for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++) {
        sqlite3_stmt *row = spool_stage(arg, sentences[i]);

        (void)sqlite3_bind_int64(row, 1, before_ms);
        spool_done(arg, row);
        spool->truncate = spool->truncate || sqlite3_changes(spool->db) > 0;
    }
}

static void strip(void *arg, const char *alert_id)
{
    spool_run_on(arg, STRIP, alert_id);
    spool_run_on(arg, STRIP_PICTURES, alert_id);
    spool_run_on(arg, STRIP_LOOKS, alert_id);
}

struct cut {
    enum sentence sentence;
    size_t most;
};

static void cut(void *arg, const char *device,
                const struct spool_measure *measure)
{
    const struct cut cuts[] = {{CUT_FATES, measure->fates},
                               {CUT_WORDS, measure->refused},
                               {CUT_PICTURES, 0},
                               {CUT_BYTES, measure->picture_bytes}};

    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        sqlite3_stmt *row = spool_stage(arg, cuts[i].sentence);

        spool_bind_text(row, 1, device);
        if (cuts[i].sentence != CUT_PICTURES)
            (void)sqlite3_bind_int64(row, 2, (int64_t)cuts[i].most);
        spool_done(arg, row);
    }
}

void keep_port(struct gateway_spool *port)
{
    port->purge = purge;
    port->strip = strip;
    port->cut = cut;
}
