/*
 * What one process does by itself: a target among the national fleet and among
 * a hundred thousand nodes, the journal's commits, the book rebuilt from a
 * million facts, the board asked about an alert.
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
#define CROWD 100000
#define ROUNDS 51
#define COMMITS 200
#define BATCH_MAX 500

/* ---- measurements -------------------------------------------------------- */

static void measure_target(const struct book *book, int nodes, double goal_ms)
{
    Tocsin__V1__Target target = TOCSIN__V1__TARGET__INIT;
    Tocsin__V1__Circle circle = TOCSIN__V1__CIRCLE__INIT;
    Tocsin__V1__Circle *circles[] = {&circle};
    Tocsin__V1__Point point = TOCSIN__V1__POINT__INIT;
    const struct scope scope = {.target = &target};
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
        uint32_t *numbers = book_resolve(book, &scope, &count);

        resolved[i] = (double)(clock_monotonic_us() - start) / 1000;
        start = clock_monotonic_us();
        cover_make(&set, book, numbers, count, NULL);
        covered[i] = (double)(clock_monotonic_us() - start) / 1000;
        free(numbers);
    }
    printf("circle of 500 km among %d nodes: %zu nodes in %.3f ms (goal %.0f "
           "ms), their %zu topics in %.3f ms\n",
           nodes, count, median(resolved, ROUNDS), goal_ms, set.count,
           median(covered, ROUNDS));
}

/* Facts of 150 bytes, as an acknowledgement has, in commits of one size. */
static void measure_append(const char *folder, size_t batch)
{
    static const uint8_t body[150];
    struct record records[BATCH_MAX];
    double took[COMMITS];
    struct journal *journal;
    char path[100];
    uint64_t next = 1;

    snprintf(path, sizeof path, "%s/append-%zu.db", folder, batch);
    if (journal_open(&journal, path, true, NULL) != STATUS_OK)
        give_up("no journal");
    for (int i = 0; i < COMMITS; i++) {
        int64_t start = clock_monotonic_us();

        memset(records, 0, sizeof records);
        for (size_t j = 0; j < batch; j++) {
            records[j].sequence = next++;
            records[j].principal = "SR-440300-1";
            records[j].body = body;
            records[j].body_size = sizeof body;
        }
        if (journal_append(journal, records, batch, NULL) != STATUS_OK)
            give_up("the journal");
        took[i] = (double)(clock_monotonic_us() - start) / 1000;
    }
    journal_close(journal);
    printf("journal: %zu facts a commit in %.3f ms, fsynced: %.0f facts a "
           "second\n",
           batch, median(took, COMMITS),
           1000 * (double)batch / median(took, COMMITS));
}

/* ---- the board ----------------------------------------------------------- */

struct asked {
    Tocsin__V1__Reply *reply;
};

static enum sent keep_reply(void *arg, enum gate gate,
                            const struct route *route, const uint8_t *bytes,
                            size_t size)
{
    struct asked *asked = arg;

    (void)gate;
    (void)route;
    asked->reply = tocsin__v1__reply__unpack(NULL, size, bytes);
    return SENT;
}

static void no_line(void *arg, enum log_level level, const char *event,
                    const char *text)
{
    (void)arg;
    (void)level;
    (void)event;
    (void)text;
}

/* One page; the id to go on after, or "" when there is no more. */
static size_t ask_page(struct broker *broker, struct asked *asked,
                       const char *alert_id, char after[48])
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__GetBoard ask = TOCSIN__V1__GET_BOARD__INIT;
    const struct principal *centre =
        book_principal(broker_book(broker), "centre-1");
    struct route route = {.size = 1};
    uint8_t id[16] = {1};
    uint8_t bytes[300];
    const Tocsin__V1__Board *board;
    size_t count;

    ask.alert = (char *)(uintptr_t)alert_id;
    ask.up_to = TOCSIN__V1__RUNG__RUNG_INTERCEPTED;
    ask.after = after;
    request.request_id = (ProtobufCBinaryData){sizeof id, id};
    request.body_case = TOCSIN__V1__REQUEST__BODY_GET_BOARD;
    request.get_board = &ask;
    broker_request(broker, GATE_COMMAND, centre->curve, &route, bytes,
                   tocsin__v1__request__pack(&request, bytes),
                   (struct moment){clock_monotonic_ms(), clock_wall_ms()});
    if (asked->reply == NULL ||
        asked->reply->status != TOCSIN__V1__STATUS__STATUS_OK)
        give_up("the board is not told");
    board = asked->reply->board;
    count = board->n_nodes;
    snprintf(after, 48, "%s",
             board->more ? board->nodes[board->n_nodes - 1]->node : "");
    tocsin__v1__reply__free_unpacked(asked->reply, NULL);
    asked->reply = NULL;
    return count;
}

static void measure_board(struct broker *broker, struct asked *asked)
{
    const struct book *book = broker_book(broker);
    const struct alert *alert = book->alerts[0];
    double took[ROUNDS];
    size_t named = 0;

    for (int i = 0; i < ROUNDS; i++) {
        int64_t start = clock_monotonic_us();
        char after[48] = "";

        named = 0;
        do {
            named += ask_page(broker, asked, alert->id, after);
        } while (after[0] != '\0');
        took[i] = (double)(clock_monotonic_us() - start) / 1000;
    }
    if (named != alert->nodes)
        give_up("the board names other nodes than the coverage");
    printf("board of one of %zu open alerts: all %zu nodes in %.3f ms\n",
           book->alert_count, named, median(took, ROUNDS));
}

/* ---- the book ------------------------------------------------------------ */

static enum status replay(void *arg, const struct record *record,
                          struct diag *why)
{
    return broker_replay(arg, record, why);
}

static void measure_rebuild(const struct history *history, const char *path)
{
    struct broker_config config = {
        .syncs_per_second = 1, .peer_rate = 1000000, .peer_requests_max = 1000};
    struct asked asked = {NULL};
    struct broker_ports ports = {
        .arg = &asked, .send = keep_reply, .say = no_line};
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
    measure_board(broker, &asked);
    broker_free(broker);
}

/* Many more nodes than the nation has today. */
static void measure_crowd(const char *folder)
{
    struct history *crowd = must_calloc(1, sizeof *crowd);
    char path[100];
    double radius;
    struct place *places = places_near(34.75, 113.65, CROWD, &radius);

    snprintf(path, sizeof path, "%s/crowd.db", folder);
    history_open(crowd, path);
    history_enrol_fleet(crowd, places, CROWD);
    measure_target(crowd->book, CROWD, 25);
    history_close(crowd);
    free(crowd);
    free(places);
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
    history_open(history, path);
    places = places_near(34.75, 113.65, FLEET, &radius);
    history_enrol_fleet(history, places, FLEET);
    history_go_on(history, facts, 0);
    measure_target(history->book, FLEET, 2);
    measure_crowd(folder);
    measure_append(folder, 1);
    measure_append(folder, 100);
    measure_append(folder, BATCH_MAX);
    measure_rebuild(history, path);
    history_close(history);
    free(history);
    free(places);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    (void)!system(command);
    return 0;
}
