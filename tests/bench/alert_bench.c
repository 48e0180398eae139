/*
 * The bell itself: from a report to the last of many connected terminals, and
 * the acknowledgements that come back, beside bare libzmq doing the same under
 * the same security, in turn, in one run.
 *
 * A terminal counts as reached when the sealed message is in its hands; that
 * each one can be opened and verified is checked after the clock has stopped,
 * since in the field every terminal does that on a processor of its own.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>
#include <zmq.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "fleet.h"
#include "wire/decode.h"
#include "wire/document.h"
#include "wire/seal.h"

#define ROUNDS_MAX 200

struct bench {
    struct stand stand;
    struct fleet fleet;
    struct fleet bare_fleet;
    struct child bare;
    void *bare_context;
    void *trigger;
    double radius_km;
    char alert_id[27];
    size_t message_size;
};

/* ---- one alert ----------------------------------------------------------- */

static uint8_t *make_report(struct bench *bench, size_t *size)
{
    Tocsin__V1__AlertDocument document = TOCSIN__V1__ALERT_DOCUMENT__INIT;
    Tocsin__V1__Alert alert = TOCSIN__V1__ALERT__INIT;
    Tocsin__V1__Child child = TOCSIN__V1__CHILD__INIT;
    Tocsin__V1__AgeRange age = TOCSIN__V1__AGE_RANGE__INIT;
    Tocsin__V1__LastSeen seen = TOCSIN__V1__LAST_SEEN__INIT;
    Tocsin__V1__Place place = TOCSIN__V1__PLACE__INIT;
    Tocsin__V1__Point point = TOCSIN__V1__POINT__INIT;
    Tocsin__V1__Target target = TOCSIN__V1__TARGET__INIT;
    Tocsin__V1__Circle circle = TOCSIN__V1__CIRCLE__INIT;
    Tocsin__V1__Text action = TOCSIN__V1__TEXT__INIT;
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Report report = TOCSIN__V1__REPORT__INIT;
    Tocsin__V1__Text *actions[] = {&action};
    Tocsin__V1__Circle *circles[] = {&circle};
    char words[420];
    uint8_t random[16];
    uint8_t *sealed;
    uint8_t *bytes;
    struct diag why = {0};

    randombytes_buf(random, sizeof random);
    ulid_make(bench->alert_id, clock_wall_ms(), random);
    memset(words, 'w', sizeof words - 1);
    words[sizeof words - 1] = '\0';
    point.latitude = 34.75;
    point.longitude = 113.65;
    place.point = &point;
    seen.place = &place;
    seen.time_ms = clock_wall_ms() - 60000;
    age.min_months = 72;
    age.max_months = 83;
    child.sex = TOCSIN__V1__SEX__SEX_FEMALE;
    child.age = &age;
    circle.centre = &point;
    circle.radius_km = bench->radius_km;
    target.n_circles = 1;
    target.circles = circles;
    action.language = "en";
    action.text = words;
    alert.alert_id = bench->alert_id;
    alert.revision = 1;
    alert.sent_ms = clock_wall_ms();
    alert.expires_ms = alert.sent_ms + 3600000;
    alert.child = &child;
    alert.last_seen = &seen;
    alert.target = &target;
    alert.n_action = 1;
    alert.action = actions;
    document.kind_case = TOCSIN__V1__ALERT_DOCUMENT__KIND_ALERT;
    document.alert = &alert;
    if (document_sign(&document, &bench->stand.centre, &sealed, size, &why) !=
        STATUS_OK)
        give_up(why.text);
    report.alert = tocsin__v1__signed_alert__unpack(NULL, *size, sealed);
    free(sealed);
    request.request_id = (ProtobufCBinaryData){16, random};
    request.body_case = TOCSIN__V1__REQUEST__BODY_REPORT;
    request.report = &report;
    bytes = encode(&request.base, size);
    tocsin__v1__signed_alert__free_unpacked(report.alert, NULL);
    return bytes;
}

static void forget_alert(struct fleet *fleet)
{
    for (size_t i = 0; i < fleet->count; i++)
        fleet->terminals[i].got_us = 0;
}

static int by_time(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

/* Milliseconds from start to the first, median and last terminal. */
static void times(const struct fleet *fleet, int64_t start, double out[3])
{
    int64_t *all = must_calloc(fleet->count, sizeof *all);

    for (size_t i = 0; i < fleet->count; i++)
        all[i] = fleet->terminals[i].got_us;
    qsort(all, fleet->count, sizeof *all, by_time);
    out[0] = (double)(all[0] - start) / 1000;
    out[1] = (double)(all[fleet->count / 2] - start) / 1000;
    out[2] = (double)(all[fleet->count - 1] - start) / 1000;
    free(all);
}

static void round_of_tocsin(struct bench *bench, double out[3])
{
    struct line *line = bench->stand.command;
    struct line_message message;
    Tocsin__V1__Reply *reply;
    size_t size;
    uint8_t *report = make_report(bench, &size);
    int64_t start;

    forget_alert(&bench->fleet);
    start = clock_monotonic_us();
    if (!line_send(line, report, size))
        give_up("the report cannot be sent");
    (void)fleet_await_alert(&bench->fleet);
    times(&bench->fleet, start, out);
    while (!line_receive(line, &message))
        line_wait(&line, 1, 1000);
    reply = tocsin__v1__reply__unpack(NULL, message.size, message.body);
    if (reply == NULL || reply->status != TOCSIN__V1__STATUS__STATUS_RECORDED ||
        reply->filed->nodes != bench->fleet.count)
        give_up(reply != NULL ? reply->reason : "the report was not recorded");
    tocsin__v1__reply__free_unpacked(reply, NULL);
    bench->message_size = bench->fleet.terminals[0].size;
    free(report);
}

static void round_of_bare(struct bench *bench, double out[3])
{
    int64_t start;

    forget_alert(&bench->bare_fleet);
    start = clock_monotonic_us();
    (void)zmq_send(bench->trigger, bench->fleet.terminals[0].message,
                   bench->message_size, 0);
    (void)fleet_await_alert(&bench->bare_fleet);
    times(&bench->bare_fleet, start, out);
}

/* ---- acknowledgements ---------------------------------------------------- */

static size_t make_held(const struct terminal *terminal, size_t number,
                        void *arg, uint8_t *out)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Acknowledge acknowledge = TOCSIN__V1__ACKNOWLEDGE__INIT;
    Tocsin__V1__SignedAnswer sealed = TOCSIN__V1__SIGNED_ANSWER__INIT;
    Tocsin__V1__Answer answer = TOCSIN__V1__ANSWER__INIT;
    struct bench *bench = arg;
    uint8_t content[200];
    uint8_t id[32];

    (void)number;
    randombytes_buf(id, sizeof id);
    answer.answer_id = (ProtobufCBinaryData){16, id};
    answer.node = (char *)(uintptr_t)terminal->place.id;
    answer.alert_id = bench->alert_id;
    answer.revision = 1;
    answer.rung = TOCSIN__V1__RUNG__RUNG_HELD;
    answer.at_ms = clock_wall_ms();
    sealed.content.data = content;
    sealed.content.len = tocsin__v1__answer__pack(&answer, content);
    acknowledge.answer = &sealed;
    request.request_id = (ProtobufCBinaryData){16, id + 16};
    request.body_case = TOCSIN__V1__REQUEST__BODY_ACKNOWLEDGE;
    request.acknowledge = &acknowledge;
    return tocsin__v1__request__pack(&request, out);
}

static bool is_recorded(const uint8_t *bytes, size_t size)
{
    Tocsin__V1__Reply *reply = tocsin__v1__reply__unpack(NULL, size, bytes);
    bool good =
        reply != NULL && reply->status == TOCSIN__V1__STATUS__STATUS_RECORDED;

    if (reply != NULL)
        tocsin__v1__reply__free_unpacked(reply, NULL);
    return good;
}

static double acknowledge_all(struct bench *bench, struct fleet *fleet,
                              bool (*check)(const uint8_t *, size_t))
{
    int64_t start = clock_monotonic_us();

    return (double)(fleet_ask_all(fleet, make_held, check, bench) - start) /
           1000;
}

/* ---- is it real? --------------------------------------------------------- */

static bool opens(const struct bench *bench, const struct terminal *terminal,
                  const uint8_t key[32])
{
    static struct arena arena;
    struct complaint complaint;
    struct document document;
    uint8_t plain[8192];
    size_t size;
    const Tocsin__V1__FeedMessage *message;
    const Tocsin__V1__FeedPayload *payload;

    if (arena.base == NULL)
        arena_init(&arena, 1 << 20);
    arena_reset(&arena);
    message = decode(&arena, &tocsin__v1__feed_message__descriptor,
                     terminal->message, terminal->size, NULL);
    if (message == NULL ||
        feed_open(message, terminal->topic, key, plain, &size) != STATUS_OK)
        return false;
    payload = decode(&arena, &tocsin__v1__feed_payload__descriptor, plain, size,
                     NULL);
    return payload != NULL &&
           payload->kind_case == TOCSIN__V1__FEED_PAYLOAD__KIND_NOTICE &&
           document_open(&document, &arena, payload->notice->document,
                         bench->stand.centre.authority,
                         &complaint) == STATUS_OK &&
           strcmp(document.alert_id, bench->alert_id) == 0;
}

/* Every terminal's message, with the key that its topic has by the master key
 * of this broker's home. */
static size_t verify_all(const struct bench *bench)
{
    char path[120];
    char hex[70] = "";
    uint8_t master[32];
    size_t good = 0;
    FILE *file;

    snprintf(path, sizeof path, "%s/keys/master.key", bench->stand.home);
    file = fopen(path, "re");
    if (file == NULL || fgets(hex, sizeof hex, file) == NULL)
        give_up("no master key");
    (void)fclose(file);
    hex[64] = '\0';
    if (!hex_decode(master, sizeof master, hex))
        give_up("master key");
    for (size_t i = 0; i < bench->fleet.count; i++) {
        uint8_t key[32];

        topic_key(key, master, bench->fleet.terminals[i].topic, 1);
        good += opens(bench, &bench->fleet.terminals[i], key);
    }
    return good;
}

/* ---- setting up ---------------------------------------------------------- */

static void open_bare(struct bench *bench, size_t count)
{
    static struct keypair server;
    static struct keypair own;
    char seed[65];
    char host[32];
    char database[120];
    static char feed[64];
    static char desk[64];
    static char trigger[64];
    uint8_t curve[KEY_SIZE];
    uint8_t secret[KEY_SIZE];
    uint8_t public_key[KEY_SIZE];
    struct bare_endpoints where = {feed, desk, curve};

    keypair_make(&server);
    keypair_make(&own);
    hex_encode(seed, server.seed, KEY_SIZE);
    snprintf(host, sizeof host, "127.91.%u.%u", randombytes_uniform(250) + 1,
             randombytes_uniform(250) + 1);
    snprintf(database, sizeof database, "%s/bare.db", bench->stand.folder);
    child_start(&bench->bare, (char *[]){BARE, seed, host, database, NULL});
    if (sscanf(bench->bare.ready, "ready %63s %63s %63s", feed, trigger,
               desk) != 3 ||
        !key_curve_public(server.public_key, curve) ||
        !key_curve_public(own.public_key, public_key))
        give_up("the bare server");
    bench->bare_context = zmq_ctx_new();
    bench->trigger = zmq_socket(bench->bare_context, ZMQ_DEALER);
    keypair_curve_secret(&own, secret);
    (void)zmq_setsockopt(bench->trigger, ZMQ_CURVE_SERVERKEY, curve, KEY_SIZE);
    (void)zmq_setsockopt(bench->trigger, ZMQ_CURVE_PUBLICKEY, public_key,
                         KEY_SIZE);
    (void)zmq_setsockopt(bench->trigger, ZMQ_CURVE_SECRETKEY, secret, KEY_SIZE);
    if (zmq_connect(bench->trigger, trigger) != 0)
        give_up("the bare trigger");
    fleet_open_bare(&bench->bare_fleet, &where, count);
}

/* The ratio is taken round by round, since the machine's speed drifts. */
static bool report_line(const char *name, double ours[], double bare[],
                        size_t rounds, double goal)
{
    double ratios[ROUNDS_MAX];
    double ratio;

    for (size_t i = 0; i < rounds; i++)
        ratios[i] = ours[i] / bare[i];
    ratio = median(ratios, rounds);
    printf("%-34s %8.2f ms   bare %8.2f ms   ratio %.2f", name,
           median(ours, rounds), median(bare, rounds), ratio);
    if (goal > 0)
        printf("   goal %.2f: %s", goal, ratio <= goal ? "met" : "MISSED");
    printf("\n");
    return goal == 0 || ratio <= goal;
}

static bool run(struct bench *bench, size_t rounds)
{
    static double ours[3][ROUNDS_MAX];
    static double bare[3][ROUNDS_MAX];
    static double acks[ROUNDS_MAX];
    static double rows[ROUNDS_MAX];
    double out[3];
    size_t verified = 0;
    bool met;

    for (size_t i = 0; i < rounds + 2; i++) {
        size_t at = i < 2 ? 0 : i - 2; /* two rounds to warm up */

        round_of_tocsin(bench, out);
        for (int k = 0; k < 3; k++)
            ours[k][at] = out[k];
        verified = verify_all(bench);
        acks[at] = acknowledge_all(bench, &bench->fleet, is_recorded);
        round_of_bare(bench, out);
        for (int k = 0; k < 3; k++)
            bare[k][at] = out[k];
        rows[at] = acknowledge_all(bench, &bench->bare_fleet, NULL);
    }
    printf("%zu terminals, %zu rounds, feed message of %zu bytes, %zu of %zu "
           "opened and verified\n",
           bench->fleet.count, rounds, bench->message_size, verified,
           bench->fleet.count);
    (void)report_line("report to first terminal", ours[0], bare[0], rounds, 0);
    (void)report_line("report to median terminal", ours[1], bare[1], rounds, 0);
    met =
        report_line("report to last terminal", ours[2], bare[2], rounds, 1.25);
    met = report_line("acknowledgements, all confirmed", acks, rows, rounds,
                      1.5) &&
          met;
    return met && verified == bench->fleet.count;
}

#define NATION 7029

int main(int argc, char **argv)
{
    struct bench bench = {0};
    size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
    size_t rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 15;
    struct place *places;
    double nation_km;
    bool met;

    if (count < 1 || count > 4500 || rounds < 1 || rounds > ROUNDS_MAX ||
        argc > 3) {
        fprintf(stderr,
                "usage: alert_bench [TERMINALS (1..4500) [ROUNDS (1..%d)]]\n",
                ROUNDS_MAX);
        return 2;
    }
    keys_start();
    /* the whole fleet is enrolled, the nearest ones are connected and meant, so
     * that a report goes out on as many topics as it would in the field */
    free(places_near(34.75, 113.65, count, &bench.radius_km));
    places = places_near(34.75, 113.65, NATION, &nation_km);
    stand_open(&bench.stand);
    fleet_enrol_dark(&bench.stand, places + count, NATION - count);
    fleet_open(&bench.fleet, &bench.stand, places, count);
    open_bare(&bench, count);
    met = run(&bench, rounds);
    fleet_close(&bench.bare_fleet);
    (void)zmq_close(bench.trigger);
    (void)zmq_ctx_term(bench.bare_context);
    child_stop(&bench.bare);
    fleet_close(&bench.fleet);
    stand_close(&bench.stand);
    free(places);
    return met ? 0 : 1;
}
