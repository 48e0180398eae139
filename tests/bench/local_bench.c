/*
 * What one process does by itself: a target among the national fleet, and the
 * book rebuilt from a journal of a million facts.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/clock.h"
#include "broker/core.h"
#include "domain/cover.h"
#include "history.h"

#define FLEET 7029
#define ROUNDS 51

/* ---- measurements -------------------------------------------------------- */

static void measure_target(const struct book *book)
{
    Tocsin__V1__Target target = TOCSIN__V1__TARGET__INIT;
    Tocsin__V1__Circle circle = TOCSIN__V1__CIRCLE__INIT;
    Tocsin__V1__Circle *circles[] = {&circle};
    Tocsin__V1__Point point = TOCSIN__V1__POINT__INIT;
    double resolved[ROUNDS];
    double covered[ROUNDS];
    struct prefix_set set;
    size_t count = 0;

    point.latitude = 34.75;
    point.longitude = 113.65;
    circle.centre = &point;
    circle.radius_km = 500;
    target.n_circles = 1;
    target.circles = circles;
    for (int i = 0; i < ROUNDS; i++) {
        int64_t start = clock_monotonic_us();
        uint32_t *numbers = book_resolve(book, &target, &count);

        resolved[i] = (double)(clock_monotonic_us() - start) / 1000;
        start = clock_monotonic_us();
        cover_make(&set, book, numbers, count, NULL);
        covered[i] = (double)(clock_monotonic_us() - start) / 1000;
        free(numbers);
    }
    printf("circle of 500 km among %d nodes: %zu nodes in %.3f ms (goal 2 ms), "
           "their %zu topics in %.3f ms\n",
           FLEET, count, median(resolved, ROUNDS), set.count,
           median(covered, ROUNDS));
}

static enum status replay(void *arg, const struct record *record,
                          struct diag *why)
{
    return broker_replay(arg, record, why);
}

static void measure_rebuild(const struct history *history, const char *path)
{
    struct broker_config config = {.syncs_per_second = 1};
    struct broker_ports ports = {0};
    struct broker *broker = broker_new(&config, &ports, NULL, history->vault);
    struct journal *journal;
    struct diag why = {0};
    int64_t start = clock_monotonic_ms();
    const struct book *book = broker_book(broker);

    if (journal_open_reading(&journal, path, &why) != STATUS_OK ||
        journal_read(journal, 1, replay, broker, &why) != STATUS_OK)
        give_up(why.text);
    printf("journal of %" PRIu64 " facts, chain verified, book rebuilt in "
           "%.2f s (goal 10 s)\n",
           journal_head(journal),
           (double)(clock_monotonic_ms() - start) / 1000);
    if (book->head != history->book->head ||
        book->alert_count != history->book->alert_count ||
        memcmp(book->alerts[0]->reached, history->book->alerts[0]->reached,
               sizeof book->alerts[0]->reached) != 0)
        give_up("the rebuilt book is another one");
    journal_close(journal);
    broker_free(broker);
}

int main(int argc, char **argv)
{
    struct history *history = must_calloc(1, sizeof *history);
    uint64_t facts = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    char folder[] = "/tmp/tocsin-bench.XXXXXX";
    char path[100];
    struct place *places;
    double radius;
    char command[120];

    if (facts < 10000 || argc > 2) {
        fprintf(stderr, "usage: local_bench [FACTS (from 10000)]\n");
        return 2;
    }
    keys_start();
    if (mkdtemp(folder) == NULL)
        give_up("no temporary folder");
    snprintf(path, sizeof path, "%s/journal.db", folder);
    if (journal_open(&history->journal, path, true, NULL) != STATUS_OK)
        give_up("no journal");
    history->next = 1;
    history->vault = vault_new();
    history->book = book_new(NULL);
    places = places_near(34.75, 113.65, FLEET, &radius);
    history_found(history);
    history_enrol_fleet(history, places, FLEET);
    history_go_on(history, facts, 0);
    journal_close(history->journal);
    measure_target(history->book);
    measure_rebuild(history, path);
    book_free(history->book);
    vault_free(history->vault);
    free(history);
    free(places);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    (void)!system(command);
    return 0;
}
