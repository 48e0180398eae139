/** Lives of Tocsin under a virtual clock: see README.md. */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wire/keys.h"
#include "world.h"

#define TAIL_LINES 300
#define WORKERS_MAX 64

static const char usage[] =
    "sim --seed N [--verbose]          one life; --verbose prints its "
    "transcript\n"
    "sim --seeds N [--from M] [--jobs J]\n"
    "                                  lives M to M+N-1 (M: 1) in J processes\n"
    "                                  (J: one for each processor)\n"
    "TOCSIN_SEEDS=N                    with --seeds: N instead\n";

static void live(uint64_t seed, FILE *transcript)
{
    struct world *world = world_new(seed, transcript);

    world_live(world);
    world_free(world);
}

/* ---- one that failed ----------------------------------------------------- */

static void print_tail(FILE *transcript)
{
    char *line = NULL;
    size_t room = 0;
    long count = 0;

    rewind(transcript);
    while (getline(&line, &room, transcript) > 0)
        count++;
    if (count > TAIL_LINES)
        printf("... %ld lines before\n", count - TAIL_LINES);
    rewind(transcript);
    for (long i = 0; getline(&line, &room, transcript) > 0; i++) {
        if (i >= count - TAIL_LINES)
            fputs(line, stdout);
    }
    free(line);
}

/* The same life once more, for its transcript. */
static void show(uint64_t seed)
{
    FILE *transcript = tmpfile();
    int status = 0;
    pid_t child;

    (void)fflush(NULL);
    child = transcript != NULL ? fork() : -1;
    if (child == 0) {
        (void)dup2(fileno(transcript), STDERR_FILENO);
        setvbuf(transcript, NULL, _IOLBF, 0);
        live(seed, transcript);
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return;
    print_tail(transcript);
    (void)fclose(transcript);
    if (status == 0)
        printf("but it ended well when it was run again\n");
    printf("seed %" PRIu64 " failed; again with: sim --seed %" PRIu64
           " --verbose\n",
           seed, seed);
}

/* ---- many ---------------------------------------------------------------- */

struct worker {
    pid_t pid;
    int progress; /* the seeds it begins, eight bytes each; -1: it has ended */
    uint64_t seed;
};

static void work(uint64_t from, uint64_t until, unsigned step, int progress)
{
    (void)!freopen("/dev/null", "w", stderr); /* show() tells it better */
    for (uint64_t seed = from; seed < until; seed += step) {
        if (write(progress, &seed, sizeof seed) != (ssize_t)sizeof seed)
            _exit(1);
        live(seed, NULL);
    }
    exit(0);
}

static void start(struct worker *worker, uint64_t from, uint64_t until,
                  unsigned step)
{
    int ends[2];

    if (pipe(ends) != 0 || (worker->pid = fork()) < 0) {
        perror("sim");
        exit(2);
    }
    if (worker->pid == 0) {
        (void)close(ends[0]);
        work(from, until, step, ends[1]);
    }
    (void)close(ends[1]);
    worker->progress = ends[0];
}

/* false: it has ended, and not well. */
static bool hear(struct worker *worker, uint64_t *lived)
{
    int status = 0;

    if (read(worker->progress, &worker->seed, sizeof worker->seed) ==
        (ssize_t)sizeof worker->seed) {
        ++*lived;
        return true;
    }
    (void)close(worker->progress);
    worker->progress = -1;
    (void)waitpid(worker->pid, &status, 0);
    return status == 0;
}

/* The first that ends badly, or NULL when all have ended well. */
static struct worker *watch(struct worker *workers, unsigned jobs,
                            uint64_t *lived)
{
    struct pollfd ends[WORKERS_MAX];
    unsigned running = jobs;

    while (running > 0) {
        for (unsigned i = 0; i < jobs; i++)
            ends[i] = (struct pollfd){workers[i].progress, POLLIN, 0};
        (void)poll(ends, jobs, -1);
        for (unsigned i = 0; i < jobs; i++) {
            if (ends[i].revents == 0)
                continue;
            if (!hear(&workers[i], lived))
                return &workers[i];
            running -= workers[i].progress < 0;
        }
    }
    return NULL;
}

static int live_many(uint64_t from, uint64_t count, unsigned jobs)
{
    struct worker workers[WORKERS_MAX];
    struct worker *failed;
    uint64_t lived = 0;

    (void)fflush(NULL);
    for (unsigned i = 0; i < jobs; i++)
        start(&workers[i], from + i, from + count, jobs);
    failed = watch(workers, jobs, &lived);
    for (unsigned i = 0; i < jobs; i++) {
        if (workers[i].progress < 0)
            continue;
        (void)kill(workers[i].pid, SIGKILL);
        (void)waitpid(workers[i].pid, NULL, 0);
    }
    if (failed != NULL)
        show(failed->seed);
    printf("%" PRIu64 " lives from seed %" PRIu64 ": %s\n", lived, from,
           failed == NULL ? "every promise kept" : "a promise was broken");
    return failed == NULL ? 0 : 1;
}

/* ---- what is asked ------------------------------------------------------- */

struct ask {
    uint64_t seed;
    uint64_t seeds;
    uint64_t from;
    unsigned jobs;
    bool verbose;
};

static bool read_options(struct ask *ask, int argc, char **argv)
{
    static const struct option options[] = {
        {"seed", required_argument, NULL, 's'},
        {"seeds", required_argument, NULL, 'n'},
        {"from", required_argument, NULL, 'f'},
        {"jobs", required_argument, NULL, 'j'},
        {"verbose", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0}};
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 's')
            ask->seed = strtoull(optarg, NULL, 10);
        else if (option == 'n')
            ask->seeds = strtoull(optarg, NULL, 10);
        else if (option == 'f')
            ask->from = strtoull(optarg, NULL, 10);
        else if (option == 'j')
            ask->jobs = (unsigned)strtoul(optarg, NULL, 10);
        else if (option == 'v')
            ask->verbose = true;
        else
            return false;
    }
    if (ask->seeds > 0 && getenv("TOCSIN_SEEDS") != NULL)
        ask->seeds = strtoull(getenv("TOCSIN_SEEDS"), NULL, 10);
    return optind == argc && (ask->seed == 0) != (ask->seeds == 0) &&
           ask->jobs >= 1 && ask->jobs <= WORKERS_MAX;
}

int main(int argc, char **argv)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    struct ask ask = {.from = 1,
                      .jobs = processors >= 1 && processors <= WORKERS_MAX
                                  ? (unsigned)processors
                                  : 1};
    struct chance unused = {0};

    if (!read_options(&ask, argc, argv)) {
        fputs(usage, stderr);
        return 2;
    }
    chance_rules_sodium(&unused);
    keys_start();
    if (ask.seeds > 0)
        return live_many(ask.from, ask.seeds, ask.jobs);
    live(ask.seed, ask.verbose ? stdout : NULL);
    printf("seed %" PRIu64 ": every promise kept\n", ask.seed);
    return 0;
}
