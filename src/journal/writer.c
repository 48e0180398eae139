#define _GNU_SOURCE
#include "journal/writer.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "base/file.h"
#include "base/thread.h"
#include "journal/checkpointer.h"
#include "journal/queue.h"

#define KEYS_AT_ONCE 128
#define SECOND_NS 1000000000
#define SCRUB_AGAIN_NS SECOND_NS
#define GATHER_NS (500 * 1000)
#define GATHER_TURNS 4
#define CHECKPOINT_EVERY 4000   /* records: about 1 MB of log */
#define ROOM_BYTES (256 * 1024) /* as much must be free to go on */
#define LOOK_MIN_MS 500
#define LOOK_MAX_MS 15000

struct writer {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct checkpointer *checkpointer;
    int fd;
    char *path;
    struct journal *journal; /* writer thread only */
    struct keyring *keyring; /* writer thread only */
    size_t batch_max;
    bool unclean; /* writer thread only: keyring_scrub is to be tried again */
    /* under the lock: */
    struct queue queue;
    bool stopping;
    bool want_keys;
    struct progress progress;
    bool told;       /* that it is full */
    int64_t look_ms; /* pause before the next look for space */
    struct case_key keys[KEYS_AT_ONCE];
    size_t key_count;
    enum status status;
    struct diag why;
};

static void ring(const struct writer *writer)
{
    uint64_t one = 1;

    (void)!write(writer->fd, &one, sizeof one);
}

static enum status write_file(struct writer *writer, struct queued **items,
                              struct diag *why)
{
    const struct queued *item = *items;
    enum status status = file_write(item->path, 0600, item->record.body,
                                    item->record.body_size, why);

    *items = item->next;
    pthread_mutex_lock(&writer->lock);
    writer->progress.files += status == STATUS_OK;
    pthread_mutex_unlock(&writer->lock);
    ring(writer);
    return status;
}

static void note_commit(struct writer *writer, uint64_t first, uint64_t last)
{
    pthread_mutex_lock(&writer->lock);
    writer->progress.sequence = last;
    journal_chain(writer->journal, writer->progress.chain);
    writer->look_ms = LOOK_MIN_MS;
    pthread_mutex_unlock(&writer->lock);
    ring(writer);
    if (last / CHECKPOINT_EVERY != (first - 1) / CHECKPOINT_EVERY)
        checkpointer_want(writer->checkpointer);
}

static enum status commit_batch(struct writer *writer, struct queued **items,
                                struct record *room, struct diag *why)
{
    size_t count = 0;
    enum status status;

    for (; *items != NULL && (*items)->path == NULL && !(*items)->ends_key &&
           count < writer->batch_max;
         count++, *items = (*items)->next)
        room[count] = (*items)->record;
    status = journal_append(writer->journal, room, count, why);
    if (status == STATUS_OK)
        note_commit(writer, room[0].sequence, room[count - 1].sequence);
    return status;
}

static enum status destroy_key(struct writer *writer, struct queued **items,
                               struct diag *why)
{
    enum status status =
        keyring_destroy(writer->keyring, (*items)->record.body, why);

    writer->unclean = writer->unclean || status == STATUS_BUSY;
    if (status != STATUS_OK && status != STATUS_BUSY)
        return status;
    *items = (*items)->next;
    return STATUS_OK;
}

static void scrub(struct writer *writer)
{
    if (writer->unclean)
        writer->unclean = keyring_scrub(writer->keyring) == STATUS_BUSY;
}

static void free_until(struct queued *first, const struct queued *end)
{
    while (first != end) {
        struct queued *next = first->next;

        free(first);
        first = next;
    }
}

/* What is left of them when it fails may hold keys that are still to end. */
static enum status commit_all(struct writer *writer, struct queued **items,
                              struct record *room, struct diag *why)
{
    struct queued *all = *items;
    enum status status = STATUS_OK;

    while (status == STATUS_OK && *items != NULL)
        status = (*items)->ends_key ? destroy_key(writer, items, why)
                 : (*items)->path != NULL
                     ? write_file(writer, items, why)
                     : commit_batch(writer, items, room, why);
    free_until(all, *items);
    return status;
}

static enum status make_keys(struct writer *writer, struct diag *why)
{
    struct case_key keys[KEYS_AT_ONCE];
    enum status status = keyring_make(writer->keyring, keys, KEYS_AT_ONCE, why);

    if (status == STATUS_OK) {
        pthread_mutex_lock(&writer->lock);
        memcpy(writer->keys, keys, sizeof keys);
        writer->key_count = KEYS_AT_ONCE;
        pthread_mutex_unlock(&writer->lock);
        ring(writer);
    }
    sodium_memzero(keys, sizeof keys);
    return status;
}

static void die(struct writer *writer, enum status status,
                const struct diag *why)
{
    pthread_mutex_lock(&writer->lock);
    writer->status = status;
    writer->why = *why;
    pthread_mutex_unlock(&writer->lock);
    ring(writer);
}

/* Nothing of what waits will be kept: whoever handed it over is told so. Only
 * the keys that are to end wait on, in their order: nobody is told of those,
 * and the last of a case says that all of them have ended. Takes the items. */
static void fill(struct writer *writer, struct queued *items,
                 const struct diag *why)
{
    struct queued *later;

    pthread_mutex_lock(&writer->lock);
    later = writer->queue.first;
    queue_init(&writer->queue);
    if (writer->stopping) {
        queued_free(items);
        queued_free(later);
    } else {
        queue_put_ends(&writer->queue, items);
        queue_put_ends(&writer->queue, later);
    }
    writer->want_keys = false;
    writer->told = false;
    writer->progress.full = true;
    snprintf(writer->progress.reason, sizeof writer->progress.reason, "%.199s",
             why->text);
    pthread_mutex_unlock(&writer->lock);
    ring(writer);
}

/* Is there space? Tried with a file beside the journal. */
static enum status look_for_room(const struct writer *writer, struct diag *why)
{
    uint8_t *bytes = must_calloc(1, ROOM_BYTES);
    char path[PATH_MAX];
    enum status status;

    snprintf(path, sizeof path, "%s.room", writer->path);
    status = file_write(path, 0600, bytes, ROOM_BYTES, why);
    (void)unlink(path);
    free(bytes);
    return status;
}

static struct timespec from_now(int64_t ns)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    ns += until.tv_nsec;
    until.tv_sec += ns / SECOND_NS;
    until.tv_nsec = ns % SECOND_NS;
    return until;
}

/* Pauses under the lock; false: it is time to stop. */
static bool pause_full(struct writer *writer)
{
    struct timespec until = from_now(writer->look_ms * 1000000);

    if (writer->look_ms < LOOK_MAX_MS)
        writer->look_ms *= 2;
    while (!writer->stopping &&
           pthread_cond_timedwait(&writer->work, &writer->lock, &until) == 0)
        continue;
    while (!writer->stopping && !writer->told)
        pthread_cond_wait(&writer->work, &writer->lock);
    return !writer->stopping;
}

/* From full to there being room again. */
static enum status wait_for_room(struct writer *writer, struct diag *why)
{
    enum status status = STATUS_FULL;
    bool going;

    while (status == STATUS_FULL) {
        pthread_mutex_lock(&writer->lock);
        going = pause_full(writer);
        pthread_mutex_unlock(&writer->lock);
        if (!going)
            return STATUS_OK;
        status = look_for_room(writer, why);
    }
    if (status == STATUS_OK) {
        pthread_mutex_lock(&writer->lock);
        writer->progress.full = false;
        pthread_mutex_unlock(&writer->lock);
        ring(writer);
    }
    return status;
}

static bool is_urged(const struct writer *writer)
{
    return writer->queue.hurry || writer->stopping || writer->want_keys ||
           writer->queue.patient >= writer->batch_max;
}

/* What only machines wait for gathers for as long as more of it comes, 2 ms at
 * most, so that a storm of it takes a few commits instead of hundreds; anything
 * else is committed at once, and takes along what has gathered. */
static void gather(struct writer *writer)
{
    size_t before = 0;

    for (int i = 0; i < GATHER_TURNS && writer->queue.patient > before &&
                    !is_urged(writer);
         i++) {
        struct timespec until = from_now(GATHER_NS);

        before = writer->queue.patient;
        while (!is_urged(writer) &&
               pthread_cond_timedwait(&writer->work, &writer->lock, &until) ==
                   0)
            continue;
    }
}

/* false: it is time to scrub. */
static bool wait_for_work(struct writer *writer)
{
    struct timespec until = from_now(SCRUB_AGAIN_NS);

    if (writer->unclean)
        return pthread_cond_timedwait(&writer->work, &writer->lock, &until) ==
               0;
    pthread_cond_wait(&writer->work, &writer->lock);
    return true;
}

/* Waits for work; false: nothing left to do, stop. */
static bool take_work(struct writer *writer, struct queued **items,
                      bool *want_keys)
{
    bool going;

    pthread_mutex_lock(&writer->lock);
    while (writer->queue.first == NULL && !writer->want_keys &&
           !writer->stopping && wait_for_work(writer))
        continue;
    if (writer->queue.first != NULL)
        gather(writer);
    *items = writer->queue.first;
    *want_keys = writer->want_keys && writer->key_count == 0;
    queue_init(&writer->queue);
    writer->want_keys = false;
    going = *items != NULL || *want_keys || !writer->stopping;
    pthread_mutex_unlock(&writer->lock);
    return going;
}

static void *write_on(void *arg)
{
    struct writer *writer = arg;
    struct record *room = must_calloc(writer->batch_max, sizeof *room);
    struct queued *items = NULL;
    struct diag why = {0};
    bool want_keys;
    enum status status = STATUS_OK;

    while (status == STATUS_OK && take_work(writer, &items, &want_keys)) {
        status = commit_all(writer, &items, room, &why);
        if (status == STATUS_OK && want_keys)
            status = make_keys(writer, &why);
        scrub(writer);
        if (status == STATUS_FULL) {
            fill(writer, items, &why);
            items = NULL;
            status = wait_for_room(writer, &why);
        }
    }
    queued_free(items);
    if (status != STATUS_OK)
        die(writer, status, &why);
    free(room);
    return NULL;
}

static void free_writer(struct writer *writer)
{
    checkpointer_stop(writer->checkpointer);
    journal_close(writer->journal);
    keyring_close(writer->keyring);
    queued_free(writer->queue.first);
    if (writer->fd >= 0)
        (void)close(writer->fd);
    sodium_memzero(writer->keys, sizeof writer->keys);
    free(writer->path);
    free(writer);
}

enum status writer_start(struct writer **out, const struct writer_setup *setup,
                         struct diag *why)
{
    struct writer *writer = must_calloc(1, sizeof *writer);
    pthread_condattr_t monotonic;
    enum status status;

    *out = NULL;
    writer->look_ms = LOOK_MIN_MS;
    writer->journal = setup->journal;
    writer->keyring = setup->keyring;
    writer->batch_max = setup->batch_max;
    writer->path = must_strdup(setup->path);
    queue_init(&writer->queue);
    writer->progress.sequence = journal_head(setup->journal);
    journal_chain(setup->journal, writer->progress.chain);
    pthread_mutex_init(&writer->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&writer->work, &monotonic);
    pthread_condattr_destroy(&monotonic);
    writer->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    status = writer->fd < 0
                 ? diag_errno(why, STATUS_SYSTEM, "journal bell")
                 : checkpointer_start(&writer->checkpointer, setup->path, why);
    if (status == STATUS_OK)
        status = thread_start(&writer->thread, write_on, writer,
                              "journal thread", why);
    if (status == STATUS_OK)
        *out = writer;
    else
        free_writer(writer);
    return status;
}

void writer_stop(struct writer *writer)
{
    if (writer == NULL)
        return;
    pthread_mutex_lock(&writer->lock);
    writer->stopping = true;
    pthread_cond_signal(&writer->work);
    pthread_mutex_unlock(&writer->lock);
    (void)pthread_join(writer->thread, NULL);
    pthread_mutex_destroy(&writer->lock);
    pthread_cond_destroy(&writer->work);
    free_writer(writer);
}

int writer_fd(const struct writer *writer)
{
    return writer->fd;
}

static void enqueue(struct writer *writer, struct queued *item)
{
    bool wakes = false;
    bool taken;

    pthread_mutex_lock(&writer->lock);
    taken = !writer->progress.full || item->ends_key;
    if (taken) {
        queue_put(&writer->queue, item);
        wakes = writer->queue.hurry || writer->queue.patient == 1 ||
                writer->queue.patient >= writer->batch_max;
    }
    pthread_mutex_unlock(&writer->lock);
    if (wakes) /* not under the lock, at which it would only sleep again */
        pthread_cond_signal(&writer->work);
    if (!taken)
        free(item);
}

void writer_append(struct writer *writer, const struct record *record)
{
    enqueue(writer, queued_record(record));
}

void writer_store(struct writer *writer, const char *path, const uint8_t *bytes,
                  size_t size)
{
    enqueue(writer, queued_file(path, bytes, size));
}

void writer_want_keys(struct writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    writer->want_keys = true;
    pthread_cond_signal(&writer->work);
    pthread_mutex_unlock(&writer->lock);
}

void writer_destroy_key(struct writer *writer, const uint8_t id[KEY_ID_SIZE])
{
    enqueue(writer, queued_key(id));
}

enum status writer_collect(struct writer *writer, struct progress *progress,
                           void (*key)(void *arg, const struct case_key *key),
                           void *arg, struct diag *why)
{
    uint64_t rung;
    enum status status;

    (void)!read(writer->fd, &rung, sizeof rung);
    pthread_mutex_lock(&writer->lock);
    *progress = writer->progress;
    if (progress->full && !writer->told) {
        writer->told = true;
        pthread_cond_signal(&writer->work);
    }
    for (size_t i = 0; i < writer->key_count; i++)
        key(arg, &writer->keys[i]);
    sodium_memzero(writer->keys, sizeof writer->keys);
    writer->key_count = 0;
    status = writer->status;
    if (status != STATUS_OK && why != NULL)
        *why = writer->why;
    pthread_mutex_unlock(&writer->lock);
    return status;
}
