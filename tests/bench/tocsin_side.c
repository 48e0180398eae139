/* The broker itself. A terminal counts as reached when the sealed message is in
 * its hands; that each one can be opened and verified is checked after the
 * clock has stopped, since in the field every terminal does that on a processor
 * of its own. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "contender.h"
#include "wire/decode.h"
#include "wire/document.h"
#include "wire/seal.h"

#define NATION 7029

struct tocsin {
    struct stand stand;
    struct fleet fleet;
    double radius_km;
    char alert_id[27];
};

/* ---- one alert ----------------------------------------------------------- */

static uint8_t *make_report(struct tocsin *tocsin, size_t *size)
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
    ulid_make(tocsin->alert_id, clock_wall_ms(), random);
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
    circle.radius_km = tocsin->radius_km;
    target.n_circles = 1;
    target.circles = circles;
    action.language = "en";
    action.text = words;
    alert.alert_id = tocsin->alert_id;
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
    if (document_sign(&document, &tocsin->stand.centre, &sealed, size, &why) !=
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

static void send_report(struct tocsin *tocsin, const uint8_t *report,
                        size_t size)
{
    if (!line_send(tocsin->stand.command, report, size))
        give_up("the report cannot be sent");
}

static void hear_recorded(struct tocsin *tocsin)
{
    struct line *line = tocsin->stand.command;
    struct line_message message;
    Tocsin__V1__Reply *reply;

    while (!line_receive(line, &message))
        line_wait(&line, 1, 1000);
    reply = tocsin__v1__reply__unpack(NULL, message.size, message.body);
    if (reply == NULL || reply->status != TOCSIN__V1__STATUS__STATUS_RECORDED ||
        reply->filed->nodes != tocsin->fleet.count)
        give_up(reply != NULL ? reply->reason : "the report was not recorded");
    tocsin__v1__reply__free_unpacked(reply, NULL);
}

/* ---- is it real? --------------------------------------------------------- */

static bool opens(const struct tocsin *tocsin, const struct terminal *terminal,
                  const uint8_t key[32])
{
    static struct arena arena;
    struct complaint complaint;
    struct document document;
    uint8_t plain[8192];
    size_t size;
    const Tocsin__V1__FeedMessage *message;
    const Tocsin__V1__FeedPayload *payload;

    if (arena.room == 0)
        arena_init(&arena, 1 << 20);
    arena_reset(&arena);
    message = decode(&arena, &tocsin__v1__feed_message__descriptor,
                     terminal->message, terminal->size, NULL);
    if (message == NULL || feed_open(message, terminal->alert_topic, key, plain,
                                     &size) != STATUS_OK)
        return false;
    payload = decode(&arena, &tocsin__v1__feed_payload__descriptor, plain, size,
                     NULL);
    return payload != NULL &&
           payload->kind_case == TOCSIN__V1__FEED_PAYLOAD__KIND_NOTICE &&
           document_open(&document, &arena, payload->notice->document,
                         tocsin->stand.centre.authority,
                         &complaint) == STATUS_OK &&
           strcmp(document.alert_id, tocsin->alert_id) == 0;
}

/* Every terminal's message, with the key that its topic has by the master key
 * of this broker's home. */
static size_t verify_all(const struct tocsin *tocsin)
{
    char path[120];
    char hex[70] = "";
    uint8_t master[32];
    size_t good = 0;
    FILE *file;

    snprintf(path, sizeof path, "%s/keys/master.key", tocsin->stand.home);
    file = fopen(path, "re");
    if (file == NULL || fgets(hex, sizeof hex, file) == NULL)
        give_up("no master key");
    (void)fclose(file);
    hex[64] = '\0';
    if (!hex_decode(master, sizeof master, hex))
        give_up("master key");
    for (size_t i = 0; i < tocsin->fleet.count; i++) {
        uint8_t key[32];

        topic_key(key, master, tocsin->fleet.terminals[i].alert_topic, 1);
        good += opens(tocsin, &tocsin->fleet.terminals[i], key);
    }
    return good;
}

static void alert(void *self, size_t message, struct outcome *outcome)
{
    struct tocsin *tocsin = self;
    struct effort effort;
    size_t size;
    uint8_t *report = make_report(tocsin, &size);
    int64_t start;

    (void)message;
    fleet_begin_turn(&tocsin->fleet, tocsin->stand.broker.pid);
    fleet_forget(&tocsin->fleet);
    effort = effort_begin(tocsin->stand.broker.pid);
    start = clock_monotonic_us();
    send_report(tocsin, report, size);
    fleet_await_alert(&tocsin->fleet, tocsin->stand.broker.pid);
    fleet_times(&tocsin->fleet, start, outcome);
    effort_end(&effort, outcome);
    hear_recorded(tocsin);
    stand_still(tocsin->stand.broker.pid);
    outcome->message = tocsin->fleet.terminals[0].size;
    outcome->verified = verify_all(tocsin);
    free(report);
}

/* ---- acknowledgements and syncs ------------------------------------------ */

static size_t make_held(const struct terminal *terminal, void *arg,
                        uint8_t *out)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Acknowledge acknowledge = TOCSIN__V1__ACKNOWLEDGE__INIT;
    Tocsin__V1__SignedAnswer sealed = TOCSIN__V1__SIGNED_ANSWER__INIT;
    Tocsin__V1__Answer answer = TOCSIN__V1__ANSWER__INIT;
    const struct tocsin *tocsin = arg;
    uint8_t content[200];
    uint8_t id[32];

    randombytes_buf(id, sizeof id);
    answer.answer_id = (ProtobufCBinaryData){16, id};
    answer.node = (char *)(uintptr_t)terminal->place.id;
    answer.alert_id = (char *)(uintptr_t)tocsin->alert_id;
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

static void ask_all(struct tocsin *tocsin,
                    size_t (*make)(const struct terminal *, void *, uint8_t *),
                    struct outcome *outcome)
{
    struct effort effort;
    int64_t start;

    fleet_prepare(&tocsin->fleet, make, tocsin);
    fleet_begin_turn(&tocsin->fleet, tocsin->stand.broker.pid);
    effort = effort_begin(tocsin->stand.broker.pid);
    start = clock_monotonic_us();
    fleet_ask_all(&tocsin->fleet);
    outcome->ms[LAST] = (double)(clock_monotonic_us() - start) / 1000;
    effort_end(&effort, outcome);
}

static void acknowledge(void *self, struct outcome *outcome)
{
    struct tocsin *tocsin = self;

    ask_all(tocsin, make_held, outcome);
    stand_still(tocsin->stand.broker.pid);
    fleet_check(&tocsin->fleet, is_recorded);
}

static size_t make_sync(const struct terminal *terminal, void *arg,
                        uint8_t *out)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Sync sync = TOCSIN__V1__SYNC__INIT;
    uint8_t id[16];

    (void)terminal;
    (void)arg;
    randombytes_buf(id, sizeof id);
    request.request_id = (ProtobufCBinaryData){sizeof id, id};
    request.body_case = TOCSIN__V1__REQUEST__BODY_SYNC;
    request.sync = &sync;
    return tocsin__v1__request__pack(&request, out);
}

static int64_t sync_pause_ms(const uint8_t *bytes, size_t size)
{
    Tocsin__V1__Reply *reply = tocsin__v1__reply__unpack(NULL, size, bytes);
    int64_t pause = -1;

    if (reply == NULL)
        return -1; /* a page, of which only the beginning is kept */
    if (reply->status == TOCSIN__V1__STATUS__STATUS_BUSY)
        pause = reply->retry_after_ms;
    else if (reply->status != TOCSIN__V1__STATUS__STATUS_OK)
        give_up("a sync was refused");
    tocsin__v1__reply__free_unpacked(reply, NULL);
    return pause;
}

/* FIRST: all have had a word; LAST: all have their picture. */
static void sync_all(void *self, struct outcome *outcome)
{
    struct tocsin *tocsin = self;
    const struct asking asking = {make_sync, NULL, sync_pause_ms};
    struct effort effort;
    int64_t start;
    int64_t answered;

    fleet_begin_turn(&tocsin->fleet, tocsin->stand.broker.pid);
    effort = effort_begin(tocsin->stand.broker.pid);
    start = clock_monotonic_us();
    outcome->put_off = fleet_ask_until(&tocsin->fleet, &asking, &answered);
    outcome->ms[FIRST] = (double)(answered - start) / 1000;
    outcome->ms[LAST] = (double)(clock_monotonic_us() - start) / 1000;
    effort_end(&effort, outcome);
    stand_still(tocsin->stand.broker.pid);
}

/* ---- setting up ---------------------------------------------------------- */

static void enrol_all(struct tocsin *tocsin, size_t count)
{
    size_t nation = count > NATION ? count : NATION;
    double nation_km;
    struct place *places = places_near(34.75, 113.65, nation, &nation_km);
    struct fleet dark;

    /* the whole nation is enrolled, the nearest are connected and meant, so
     * that a report goes out on as many topics as it would in the field */
    free(places_near(34.75, 113.65, count, &tocsin->radius_km));
    fleet_make(&tocsin->fleet, places, count);
    fleet_enrol(&tocsin->fleet, &tocsin->stand);
    fleet_make(&dark, places + count, nation - count);
    fleet_enrol(&dark, &tocsin->stand);
    fleet_close(&dark);
    free(places);
}

static void *open_tocsin(size_t count, struct outcome *outcome)
{
    struct tocsin *tocsin = must_calloc(1, sizeof *tocsin);
    uint8_t key[KEY_SIZE];
    struct server server = {.key = key};
    double kib;

    stand_open(&tocsin->stand);
    enrol_all(tocsin, count);
    if (!key_curve_public(tocsin->stand.administrator.broker_key, key))
        give_up("the broker's key");
    server.feed = tocsin->stand.administrator.feed;
    server.desk = tocsin->stand.administrator.field;
    kib = process_kib(tocsin->stand.broker.pid);
    fleet_connect(&tocsin->fleet, &server);
    outcome->handshakes = 2000.0 * (double)count / tocsin->fleet.connect_ms;
    outcome->kib =
        (process_kib(tocsin->stand.broker.pid) - kib) / (double)count;
    stand_still(tocsin->stand.broker.pid);
    return tocsin;
}

static void close_tocsin(void *self)
{
    struct tocsin *tocsin = self;

    fleet_close(&tocsin->fleet);
    stand_close(&tocsin->stand);
    free(tocsin);
}

const struct contender contender_tocsin = {
    "tocsin", open_tocsin, alert, acknowledge, sync_all, close_tocsin};
