#define _GNU_SOURCE
#include "tocsind/snapshots.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/thread.h"
#include "broker/snapshot.h"
#include "tocsind/shadow.h"

#define NICE 10

struct snapshots {
    const struct home *home;
    uint64_t every;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t due;
    /* under the lock: */
    uint64_t head;
    uint64_t last;
    bool stopping;
};

/* ---- one snapshot -------------------------------------------------------- */

struct going {
    struct shadow *shadow;
    bool (*stop)(void *arg);
    void *arg;
};

static enum status go_on(void *arg, const struct record *record,
                         struct diag *why)
{
    struct going *going = arg;

    if (going->stop != NULL && going->stop(going->arg))
        return diag_set(why, STATUS_BUSY, "ended before it was whole");
    return shadow_take(going->shadow, record, NULL, why);
}

static enum status write_down(struct shadow *shadow, struct diag *why)
{
    uint8_t chain[CHAIN_SIZE];
    char path[PATH_MAX];
    uint8_t *bytes;
    size_t size;
    enum status status =
        journal_chain_at(shadow->journal, shadow->book->head, chain, why);

    if (status != STATUS_OK)
        return status;
    bytes = snapshot_make(shadow->book, shadow->vault, chain, &size);
    status = file_write(home_file(shadow->home, SNAPSHOT_NAME, path), 0600,
                        bytes, size, why);
    free(bytes);
    return status;
}

enum status snapshot_write(const struct home *home, bool (*stop)(void *),
                           void *arg, uint64_t *sequence, struct diag *why)
{
    struct shadow shadow;
    struct going going = {&shadow, stop, arg};
    enum status status = shadow_open(&shadow, home, SHADOW_NEWEST, why);

    if (status == STATUS_OK)
        status = journal_read(shadow.journal, shadow.book->head + 1, go_on,
                              &going, why);
    if (status == STATUS_OK)
        status = write_down(&shadow, why);
    *sequence = shadow.book != NULL ? shadow.book->head : 0;
    shadow_close(&shadow);
    return status;
}

/* ---- the thread ---------------------------------------------------------- */

static bool is_stopping(void *arg)
{
    struct snapshots *snapshots = arg;
    bool stopping;

    pthread_mutex_lock(&snapshots->lock);
    stopping = snapshots->stopping;
    pthread_mutex_unlock(&snapshots->lock);
    return stopping;
}

static void write_one(struct snapshots *snapshots)
{
    int64_t began = clock_monotonic_ms();
    uint64_t sequence;
    struct diag why = {0};
    enum status status = snapshot_write(snapshots->home, is_stopping, snapshots,
                                        &sequence, &why);

    if (status == STATUS_OK)
        log_info("snapshot.written", "sequence=%" PRIu64 " ms=%" PRId64,
                 sequence, clock_monotonic_ms() - began);
    else if (status != STATUS_BUSY)
        log_warn("snapshot.failed", "reason=\"%s\"", why.text);
    (void)malloc_trim(0);
}

/* false: stop. */
static bool wait_until_due(struct snapshots *snapshots)
{
    bool going;

    pthread_mutex_lock(&snapshots->lock);
    while (!snapshots->stopping &&
           snapshots->head < snapshots->last + snapshots->every)
        pthread_cond_wait(&snapshots->due, &snapshots->lock);
    /* also after a failure the next one comes only when it is due again */
    snapshots->last = snapshots->head;
    going = !snapshots->stopping;
    pthread_mutex_unlock(&snapshots->lock);
    return going;
}

static void *snapshot_on(void *arg)
{
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
    while (wait_until_due(arg))
        write_one(arg);
    return NULL;
}

enum status snapshots_start(struct snapshots **out, const struct home *home,
                            uint64_t every, uint64_t last, struct diag *why)
{
    struct snapshots *snapshots = must_calloc(1, sizeof *snapshots);
    enum status status;

    *out = NULL;
    snapshots->home = home;
    snapshots->every = every;
    snapshots->last = last;
    pthread_mutex_init(&snapshots->lock, NULL);
    pthread_cond_init(&snapshots->due, NULL);
    status = thread_start(&snapshots->thread, snapshot_on, snapshots,
                          "snapshot thread", why);
    if (status == STATUS_OK)
        *out = snapshots;
    else
        free(snapshots);
    return status;
}

void snapshots_stop(struct snapshots *snapshots)
{
    if (snapshots == NULL)
        return;
    pthread_mutex_lock(&snapshots->lock);
    snapshots->stopping = true;
    pthread_cond_signal(&snapshots->due);
    pthread_mutex_unlock(&snapshots->lock);
    (void)pthread_join(snapshots->thread, NULL);
    pthread_mutex_destroy(&snapshots->lock);
    pthread_cond_destroy(&snapshots->due);
    free(snapshots);
}

void snapshots_note(struct snapshots *snapshots, uint64_t head)
{
    pthread_mutex_lock(&snapshots->lock);
    snapshots->head = head;
    if (head >= snapshots->last + snapshots->every)
        pthread_cond_signal(&snapshots->due);
    pthread_mutex_unlock(&snapshots->lock);
}
