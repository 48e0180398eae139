/* tocsin journal archive: what is old moves into a file that goes on verifying
 * as the beginning of the chain. The broker may be running; whatever moment
 * this is ended at, nothing is lost and it can be said again. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "broker/snapshot.h"
#include "tocsind/chronicle.h"
#include "tocsind/commands.h"
#include "tocsind/shadow.h"

#define BATCH 500
#define TRIM_STEP_MAX 1000
#define TRIM_STEP_MS 500 /* what a commit of the broker may wait for it */
#define DAY_MS (24LL * 3600 * 1000)
#define KEEP_DAYS_LEAST 0
#define KEEP_DAYS_NORMAL 365

struct archiving {
    struct home home;
    long keep_days;
    int64_t before_ms;
    struct shadow shadow;
    struct journal *out;
    int folder; /* locked: one at a time */
    char beside[PATH_MAX];
    struct record batch[BATCH];
    size_t batched;
    uint64_t first;
    uint64_t last;
    bool young; /* met one that stays */
};

/* ---- copying ------------------------------------------------------------- */

static void drop_batch(struct archiving *archiving)
{
    for (size_t i = 0; i < archiving->batched; i++) {
        free((void *)(uintptr_t)archiving->batch[i].principal);
        free((void *)(uintptr_t)archiving->batch[i].request_id);
        free((void *)(uintptr_t)archiving->batch[i].body);
    }
    archiving->batched = 0;
}

static enum status flush(struct archiving *archiving, struct diag *why)
{
    enum status status = STATUS_OK;

    if (archiving->batched > 0)
        status = journal_append(archiving->out, archiving->batch,
                                archiving->batched, why);
    drop_batch(archiving);
    return status;
}

static enum status take_record(void *arg, const struct record *record,
                               struct diag *why)
{
    struct archiving *archiving = arg;
    struct record *copy = &archiving->batch[archiving->batched];
    enum status status;

    if (record->time_ms >= archiving->before_ms) {
        archiving->young = true;
        return STATUS_BUSY; /* ends the reading */
    }
    status = shadow_take(&archiving->shadow, record, NULL, why);
    if (status != STATUS_OK)
        return status;
    *copy = *record;
    copy->principal = must_strdup(record->principal);
    copy->request_id = must_memdup(record->request_id, record->request_size);
    copy->body = must_memdup(record->body, record->body_size);
    archiving->batched++;
    archiving->last = record->sequence;
    if ((archiving->last - archiving->first) % 100000 == 99999)
        fprintf(stderr, "archived up to %" PRIu64 "\n", archiving->last);
    return archiving->batched == BATCH ? flush(archiving, why) : STATUS_OK;
}

static enum status copy_old(struct archiving *archiving, struct diag *why)
{
    struct journal *journal = archiving->shadow.journal;
    uint64_t base = journal_base(journal);
    uint8_t chain[CHAIN_SIZE];
    enum status status = journal_chain_at(journal, base, chain, why);

    archiving->first = base + 1;
    archiving->last = base;
    if (status == STATUS_OK)
        status = journal_found(archiving->out, base, chain, why);
    if (status == STATUS_OK)
        status = journal_read(journal, base + 1, take_record, archiving, why);
    if (status == STATUS_BUSY && archiving->young)
        status = STATUS_OK;
    if (status == STATUS_OK)
        status = flush(archiving, why);
    drop_batch(archiving);
    return status;
}

/* ---- moving the border --------------------------------------------------- */

static enum status check_copy(const struct archiving *archiving,
                              uint8_t chain[CHAIN_SIZE], struct diag *why)
{
    uint8_t copied[CHAIN_SIZE];
    enum status status = journal_chain_at(archiving->shadow.journal,
                                          archiving->last, chain, why);

    journal_chain(archiving->out, copied);
    if (status == STATUS_OK && memcmp(chain, copied, CHAIN_SIZE) != 0)
        status = diag_set(why, STATUS_CORRUPT, "the copy has another chain");
    return status;
}

static enum status publish(struct archiving *archiving, struct diag *why)
{
    char name[100];
    char path[PATH_MAX];
    enum status status = journal_finish(archiving->out, why);

    journal_close(archiving->out);
    archiving->out = NULL;
    snprintf(name, sizeof name,
             ARCHIVE_FOLDER "/journal-%012" PRIu64 "-%012" PRIu64 ".db",
             archiving->first, archiving->last);
    if (status == STATUS_OK)
        status = file_publish(archiving->beside,
                              home_file(&archiving->home, name, path), why);
    if (status == STATUS_OK)
        printf("archived facts %" PRIu64 " to %" PRIu64 " into %s\n",
               archiving->first, archiving->last, path);
    return status;
}

static void rest_ms(int64_t ms)
{
    const struct timespec pause = {ms / 1000, ms % 1000 * 1000000};

    (void)nanosleep(&pause, NULL);
}

/* Who waits for the journal looks for it now and then: it is free for longer
 * than it is taken. */
static enum status trim(struct journal *journal, struct diag *why)
{
    unsigned step = 1;
    unsigned removed = step;
    enum status status = STATUS_OK;

    while (status == STATUS_OK && removed > 0) {
        int64_t began_ms = clock_monotonic_ms();
        int64_t took_ms;

        status = journal_trim(journal, step, &removed, why);
        took_ms = clock_monotonic_ms() - began_ms;
        if (took_ms > TRIM_STEP_MS && step > 1)
            step /= 2;
        else if (took_ms < TRIM_STEP_MS / 2 && step < TRIM_STEP_MAX)
            step *= 2;
        rest_ms(5 + took_ms);
    }
    return status;
}

/* Without a broker the space is given back; with one it is used again. */
static enum status give_back(struct archiving *archiving,
                             struct journal *journal, struct diag *why)
{
    if (home_lock(&archiving->home, NULL) != STATUS_OK) {
        printf("the broker runs: the space is used again for what comes\n");
        return STATUS_OK;
    }
    return journal_compact(journal, why);
}

static enum status move_border(struct archiving *archiving, struct diag *why)
{
    struct shadow *shadow = &archiving->shadow;
    struct journal *journal = NULL;
    uint8_t chain[CHAIN_SIZE];
    char path[PATH_MAX];
    uint8_t *state = NULL;
    size_t size = 0;
    enum status status = check_copy(archiving, chain, why);

    if (status == STATUS_OK)
        status = publish(archiving, why);
    if (status == STATUS_OK)
        status = journal_open(&journal,
                              home_file(&archiving->home, "journal.db", path),
                              false, why);
    if (status == STATUS_OK) {
        state = snapshot_make(shadow->book, shadow->vault, chain, &size);
        status = journal_rebase(journal, archiving->last, state, size, why);
    }
    if (status == STATUS_OK)
        status = trim(journal, why);
    if (status == STATUS_OK)
        status = give_back(archiving, journal, why);
    free(state);
    journal_close(journal);
    return status;
}

/* ---- all ----------------------------------------------------------------- */

/* A move that was ended half way left records behind its border. */
static enum status finish_earlier(const struct archiving *archiving,
                                  struct diag *why)
{
    struct journal *journal = NULL;
    char path[PATH_MAX];
    enum status status = journal_open(
        &journal, home_file(&archiving->home, "journal.db", path), false, why);

    if (status == STATUS_OK)
        status = trim(journal, why);
    journal_close(journal);
    return status;
}

static void remove_unfinished(const struct archiving *archiving)
{
    static const char *const tails[] = {"", "-wal", "-shm"};
    char path[PATH_MAX + 8];

    for (size_t i = 0; archiving->beside[0] != '\0' && i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", archiving->beside, tails[i]);
        (void)unlink(path);
    }
}

static enum status open_out(struct archiving *archiving, struct diag *why)
{
    char path[PATH_MAX];
    enum status status =
        home_expect(&archiving->home, "journal.db", HOME_NAMED, why);

    if (status != STATUS_OK)
        return status;
    status = file_mkdir(home_file(&archiving->home, ARCHIVE_FOLDER, path), why);
    if (status != STATUS_OK && status != STATUS_EXISTS)
        return status;
    archiving->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (archiving->folder < 0)
        return diag_errno(why, STATUS_SYSTEM, "%s", path);
    if (flock(archiving->folder, LOCK_EX | LOCK_NB) != 0)
        return diag_set(why, STATUS_BUSY, "%s: another archiving has it", path);
    (void)home_file(&archiving->home, ARCHIVE_FOLDER "/.unfinished",
                    archiving->beside);
    remove_unfinished(archiving); /* of an archiving that was ended */
    return journal_open(&archiving->out, archiving->beside, true, why);
}

static enum status archive(struct archiving *archiving, struct diag *why)
{
    enum status status = home_as_owner(archiving->home.path, why);

    if (status == STATUS_OK)
        status = open_out(archiving, why);
    if (status == STATUS_OK)
        status = finish_earlier(archiving, why);
    if (status == STATUS_OK)
        status =
            shadow_open(&archiving->shadow, &archiving->home, SHADOW_BASE, why);
    if (status == STATUS_OK)
        status = copy_old(archiving, why);
    if (status == STATUS_OK && archiving->last < archiving->first)
        printf("nothing is older than %ld days\n", archiving->keep_days);
    else if (status == STATUS_OK)
        status = move_border(archiving, why);
    journal_close(archiving->out);
    remove_unfinished(archiving);
    shadow_close(&archiving->shadow);
    return status;
}

static bool parse(int argc, char **argv, struct archiving *archiving)
{
    static const struct option options[] = {
        {"keep-days", required_argument, NULL, 'k'}, {NULL, 0, NULL, 0}};
    bool good = true;

    archiving->keep_days = KEEP_DAYS_NORMAL;
    optind = 1;
    for (int option;
         (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        char *end = NULL;

        if (option == 'k')
            archiving->keep_days = strtol(optarg, &end, 10);
        good = good && end != NULL && end != optarg && *end == '\0' &&
               archiving->keep_days >= KEEP_DAYS_LEAST &&
               archiving->keep_days <= 36500;
    }
    if (!good || argc - optind != 1 ||
        strlen(argv[optind]) >= sizeof archiving->home.path)
        return false;
    strcpy(archiving->home.path, argv[optind]);
    archiving->before_ms = clock_wall_ms() - archiving->keep_days * DAY_MS;
    return true;
}

int command_archive(int argc, char **argv)
{
    struct archiving *archiving = must_calloc(1, sizeof *archiving);
    struct diag why = {0};
    int code = EXIT_DONE;

    archiving->home.lock = archiving->folder = -1;
    if (!parse(argc, argv, archiving)) {
        fprintf(stderr,
                "usage: tocsind journal archive HOME "
                "[--keep-days N]\n"
                "       N: whole days, at least %d; %d when not "
                "given\n",
                KEEP_DAYS_LEAST, KEEP_DAYS_NORMAL);
        code = EXIT_USAGE;
    } else if (archive(archiving, &why) != STATUS_OK) {
        code = command_failed(&why);
    }
    if (archiving->home.lock >= 0)
        (void)close(archiving->home.lock);
    if (archiving->folder >= 0)
        (void)close(archiving->folder);
    free(archiving);
    return code;
}
