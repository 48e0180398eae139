#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "crew_inside.h"
#include "terminal/held.h"
#include "wire/document.h"
#include "world.h"

#define TURN_MS 100
#define ACT_MS 1500
#define DAY_MS (24LL * 3600 * 1000)
#define WRITTEN_MS 1735689600000LL /* no clock that says so is right */

struct moment crew_now(const struct crew *crew)
{
    return world_moment(crew->world, crew->ferry->wrong_ms);
}

/* ---- the ports ---- */

static bool on_send(void *arg, const uint8_t *bytes, size_t size)
{
    struct crew *crew = arg;

    check_brought(crew->world, bytes, size);
    return wire_send(&crew->ferry->wire, bytes, size);
}

static void on_respond(void *arg, uint64_t exchange,
                       const struct gateway_response *response)
{
    struct crew *crew = arg;

    if (crew_hears(crew, exchange, response))
        return;
    for (size_t i = 0; i < crew->given_count; i++) {
        struct given *given = &crew->given[i];

        if (given->exchange != exchange)
            continue;
        given->exchange = 0;
        given->again_ms =
            crew->world->now_ms + world_about(crew->world, PATIENCE_MS);
        if (response->code == 200 || response->code == 202) {
            given->has_receipt = true;
            tell(crew->world, crew->hands[given->who]->bundle.id,
                 "has a receipt");
        }
        return;
    }
}

static bool on_stream(void *arg, uint64_t exchange)
{
    (void)arg;
    (void)exchange;
    return false;
}

static bool on_push(void *arg, uint64_t exchange, const char *text, size_t size)
{
    (void)arg;
    (void)exchange;
    (void)text;
    (void)size;
    return false;
}

static void on_end_stream(void *arg, uint64_t exchange)
{
    (void)arg;
    (void)exchange;
}

static void on_note(void *arg, enum log_level level, const char *event,
                    const char *text)
{
    struct crew *crew = arg;

    (void)level;
    tell(crew->world, CREW_GATEWAY, "%s %s", event, text);
}

static void on_random(void *arg, void *out, size_t size)
{
    struct crew *crew = arg;

    chance_fill(&crew->world->chance, out, size);
}

static bool on_each_alert(void *arg, const struct alerts_asked *asked,
                          bool (*each)(void *to,
                                       const struct gateway_alert *alert),
                          void *to)
{
    (void)arg;
    (void)asked;
    (void)each;
    (void)to;
    return true;
}

static bool on_alert_is_over(void *arg, const char *alert_id)
{
    (void)arg;
    (void)alert_id;
    return false;
}

static void start(struct crew *crew)
{
    static const uint8_t secret[KEY_SIZE] = {1};
    static const uint8_t nobody[KEY_SIZE];
    const struct gateway_setup setup = {.id = CREW_GATEWAY,
                                        .broker = nobody,
                                        .software = "sim",
                                        .secret = secret,
                                        .openapi = "{}",
                                        .openapi_size = 2,
                                        .limits = gateway_usual_limits};
    const struct gateway_port port = {.arg = crew,
                                      .send = on_send,
                                      .respond = on_respond,
                                      .stream = on_stream,
                                      .push = on_push,
                                      .end_stream = on_end_stream,
                                      .note = on_note,
                                      .random = on_random,
                                      .each_alert = on_each_alert,
                                      .alert_is_over = on_alert_is_over,
                                      .find_picture = crew_find_picture,
                                      .picture_load = crew_load_picture,
                                      .picture_keep = crew_keep_picture,
                                      .picture_drop = crew_drop_picture};
    struct gateway_spool spool;

    paper_spool_port(crew->paper, &spool);
    crew->gateway = gateway_new(&setup, &port, &spool, crew_now(crew));
}

/* Which time its terminal goes by, terminal/daytime.c: it hears the broker and
 * holds alerts that centres have signed. */
static int64_t daytime(const struct crew *crew)
{
    struct moment now = crew_now(crew);
    int64_t told_ms = now.monotonic_ms + crew->told_offset_ms;
    int64_t signed_ms = world_wall_ms(crew->world);
    bool ahead = now.wall_ms > signed_ms + CLOCKS_APART_MS &&
                 now.wall_ms > told_ms + CLOCKS_APART_MS;
    bool behind =
        now.wall_ms < signed_ms - CLOCKS_APART_MS &&
        (now.wall_ms < told_ms - CLOCKS_APART_MS || now.wall_ms < WRITTEN_MS);

    if (!ahead && !behind)
        return now.wall_ms;
    return told_ms > signed_ms - DAY_MS ? told_ms : signed_ms;
}

/* A week ago by its clock: what it was given until now. */
static void forget_all(struct crew *crew)
{
    for (size_t i = 0; i < crew->given_count; i++)
        crew->given[i].forgotten = true;
}

static void tell_world(struct crew *crew)
{
    struct moment now = crew_now(crew);
    struct gateway_world world = {.connected = crew->up && crew->told};

    if (world.connected) {
        world.daytime_ms = daytime(crew) - now.wall_ms;
        if (daytime(crew) > world_wall_ms(crew->world) + 6 * DAY_MS)
            forget_all(crew);
    }
    gateway_world(crew->gateway, &world, now);
}

static void settle(struct crew *crew)
{
    struct diag why = {0};

    gateway_line(crew->gateway, crew->up, crew->connects, crew_now(crew));
    tell_world(crew);
    if (gateway_settle(crew->gateway, crew_now(crew), &why) != STATUS_OK)
        broken(crew->world, "a gateway's spool on paper never breaks", "%s",
               why.text);
}

/* ---- a restored broker ---- */

static void note_again(struct crew *crew)
{
    for (size_t i = 0; i < crew->given_count; i++) {
        struct given *given = &crew->given[i];
        struct fate fate;
        unsigned times;

        if (!crew_fate(crew, given, &fate) ||
            fate.state == TOCSIN__V1__FATE_STATE__FATE_STATE_WAITING)
            continue;
        if (crew_recorded(crew, given, &times) <= crew->world->model->kept)
            given->again |= 1U << (crew->world->host.restores - 1);
        given->refused =
            given->refused ||
            fate.state == TOCSIN__V1__FATE_STATE__FATE_STATE_REFUSED;
    }
}

/* Its terminal has synced, and what the terminal knows lies on the same disk.
 */
static void hear_journal(struct world *world, void *what, uint64_t connects)
{
    struct crew *crew = what;

    if (!crew->up || crew->connects != connects ||
        crew->journal == world->host.restores)
        return;
    settle(crew); /* what the other one has said is heard first */
    note_again(crew);
    crew->purge_count = 0; /* as its terminal does */
    gateway_say_again(crew->gateway, crew_now(crew));
    if (!crew->paper->full)
        crew->journal = world->host.restores;
    world_plan(world, 1000, hear_journal, crew, connects);
}

/* ---- the line ---- */

static void on_connected(void *arg, struct wire *wire)
{
    struct crew *crew = arg;

    (void)wire;
    crew->up = true;
    crew->connects++;
    if (crew->journal != crew->world->host.restores)
        world_plan(crew->world, world_about(crew->world, 1000), hear_journal,
                   crew, crew->connects);
    settle(crew);
}

static void on_lost(void *arg, struct wire *wire, bool refused)
{
    struct crew *crew = arg;

    (void)wire;
    (void)refused;
    crew->up = false;
    crew->told = false;
    settle(crew);
}

static void hear_time(struct crew *crew, const struct parcel *parcel)
{
    struct arena *reading = &crew->world->reading;
    size_t before = reading->used;
    const Tocsin__V1__Reply *reply = tocsin__v1__reply__unpack(
        &reading->allocator, parcel->size, parcel->bytes);

    if (reply != NULL && reply->time_ms > 0) {
        crew->told = true;
        crew->told_offset_ms = reply->time_ms - crew->world->now_ms;
    }
    if (reply != NULL)
        crew_hears_purge(crew, reply);
    reading->used = before;
}

static void on_take(void *arg, struct wire *wire, struct parcel *parcel)
{
    struct crew *crew = arg;

    (void)wire;
    hear_time(crew, parcel);
    (void)gateway_reply(crew->gateway, parcel->bytes, parcel->size,
                        crew_now(crew));
    settle(crew);
}

/* ---- the handhelds ---- */

static void post(struct crew *crew, struct given *given)
{
    const struct gateway_request request = {.method = "POST",
                                            .path = "/v1/answers",
                                            .query = "",
                                            .authorization = "",
                                            .accept = "",
                                            .content_type =
                                                "application/x-protobuf",
                                            .last_event_id = "",
                                            .body = given->bytes,
                                            .size = given->size};

    given->exchange = ++crew->exchange;
    gateway_request(crew->gateway, given->exchange, &request, crew_now(crew));
}

static Tocsin__V1__Rung draw_rung(struct world *world)
{
    return chance_is(&world->chance, 500) ? TOCSIN__V1__RUNG__RUNG_READ
                                          : TOCSIN__V1__RUNG__RUNG_SIGHTING;
}

static void answer(struct crew *crew)
{
    struct world *world = crew->world;
    struct given *given = &crew->given[crew->given_count];
    Tocsin__V1__Answer answer = TOCSIN__V1__ANSWER__INIT;
    const struct model *model = world->model;
    const struct model_alert *alert;
    Tocsin__V1__Picture picture;
    struct bundle *hand;

    if (crew->given_count == GIVEN_MAX || model->alert_count == 0)
        return;
    alert = model->alerts[chance_below(&world->chance,
                                       (uint32_t)model->alert_count)];
    given->who = (int)chance_below(&world->chance, HANDHELDS);
    hand = &crew->hands[given->who]->bundle;
    chance_fill(&world->chance, given->answer_id, sizeof given->answer_id);
    answer.answer_id = (ProtobufCBinaryData){16, given->answer_id};
    answer.node = hand->id;
    answer.alert_id = (char *)(uintptr_t)alert->id;
    answer.revision = given->revision = alert->revision;
    memcpy(given->alert_id, alert->id, sizeof given->alert_id);
    answer.rung = given->rung = draw_rung(world);
    answer.at_ms = world_wall_ms(world);
    answer.officer = (char *)(uintptr_t) "P-1";
    given->shot = shot_take(world, hand->id, &answer);
    if (given->shot != NULL) {
        shot_name(given->shot, &picture);
        answer.picture = &picture;
    }
    given->bytes = answer_sign(&answer, &hand->key, &given->size);
    crew->given_count++;
    tell(world, hand->id, "answers %s r%u", alert->id, answer.revision);
}

/* Of one handheld the next answer waits until the one before has its receipt:
 * that is the order in which its officer gave them. */
static void give_what_is_due(struct crew *crew)
{
    bool waits[HANDHELDS] = {false};

    for (size_t i = 0; i < crew->given_count; i++) {
        struct given *given = &crew->given[i];

        if (given->has_receipt || waits[given->who])
            continue;
        waits[given->who] = true;
        if (given->exchange == 0 && crew->world->now_ms >= given->again_ms)
            post(crew, given);
    }
}

static void die(struct crew *crew)
{
    tell(crew->world, CREW_GATEWAY, "is killed");
    gateway_free(crew->gateway);
    paper_spool_crash(crew->paper);
    for (size_t i = 0; i < crew->given_count; i++)
        crew->given[i].exchange = 0; /* no answer ever comes */
    crew_forgets(crew);
    start(crew);
}

static void act(struct world *world, void *what, uint64_t number)
{
    struct crew *crew = what;

    (void)number;
    if (!world->calm) {
        if (chance_is(&world->chance, 700))
            answer(crew);
        if (world->weather.photographs > 0 && chance_is(&world->chance, 300))
            crew_looks(crew);
        if (chance_is(&world->chance, 60))
            die(crew);
        if (chance_is(&world->chance, 60))
            crew->paper->full = !crew->paper->full;
    } else {
        crew->paper->full = false;
    }
    world_plan(world, world_about(world, ACT_MS), act, crew, 0);
}

static void turn(struct world *world, void *what, uint64_t number)
{
    struct crew *crew = what;

    (void)number;
    give_what_is_due(crew);
    crew_puts(crew);
    crew_confirms(crew);
    tell_world(crew);
    gateway_tick(crew->gateway, crew_now(crew));
    settle(crew);
    world_plan(world, TURN_MS, turn, crew, 0);
}

/* ---- the crew ---- */

struct crew *crew_new(struct world *world)
{
    struct crew *crew = must_calloc(1, sizeof *crew);
    char id[20];

    crew->world = world;
    crew->paper = paper_spool_new();
    crew->ferry = people_add(world, CREW_GATEWAY,
                             TOCSIN__V1__ROLE__ROLE_GATEWAY, "440300");
    crew->ferry->wire.ports =
        (struct wire_ports){crew, on_connected, on_lost, on_take};
    for (int i = 0; i < HANDHELDS; i++) {
        snprintf(id, sizeof id, "hand-%d", i + 1);
        crew->hands[i] =
            people_add(world, id, TOCSIN__V1__ROLE__ROLE_DEVICE, "440300");
    }
    return crew;
}

void crew_free(struct crew *crew)
{
    for (size_t i = 0; i < crew->given_count; i++)
        free(crew->given[i].bytes);
    free(crew->heard.bytes);
    crew_looks_done(crew);
    gateway_free(crew->gateway);
    paper_spool_free(crew->paper);
    free(crew);
}

void crew_begin(struct crew *crew)
{
    start(crew);
    turn(crew->world, crew, 0);
    act(crew->world, crew, 0);
}
