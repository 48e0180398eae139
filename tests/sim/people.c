#include "people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "checks.h"
#include "faces.h"
#include "land.h"
#include "wire/document.h"
#include "crew.h"
#include "portraits.h"
#include "world.h"

const struct bundle *people_administrator(const struct world *world)
{
    return &world->people.list[ADMINISTRATOR].bundle;
}

/* ---- their wires --------------------------------------------------------- */

static void on_connected(void *arg, struct wire *wire)
{
    (void)wire;
    errands_again(arg);
}

static void on_lost(void *arg, struct wire *wire, bool refused)
{
    (void)arg;
    (void)wire;
    (void)refused;
}

static void on_take(void *arg, struct wire *wire, struct parcel *parcel)
{
    (void)wire;
    errands_hear(arg, parcel);
}

/* ---- making them --------------------------------------------------------- */

struct person *people_add(struct world *world, const char *id,
                          Tocsin__V1__Role role, const char *division)
{
    struct people *people = &world->people;
    struct person *person = &people->list[people->count++];
    struct bundle *bundle = &person->bundle;

    person->world = world;
    snprintf(bundle->id, sizeof bundle->id, "%s", id);
    snprintf(bundle->name, sizeof bundle->name, "%s", id);
    snprintf(bundle->division, sizeof bundle->division, "%s", division);
    bundle->role = role;
    land_point(world, division, &bundle->latitude, &bundle->longitude);
    keypair_make(&bundle->key);
    keypair_make(&bundle->exercise_key);
    bundle->has_seed = true;
    bundle->has_exercise_seed = true;
    memcpy(bundle->authority, world->authority.public_key, KEY_SIZE);
    memcpy(bundle->broker_key, world->authority.public_key, KEY_SIZE);
    if (role == TOCSIN__V1__ROLE__ROLE_CENTRE)
        REQUIRE(certificate_issue(bundle, &world->authority, 0,
                                  BEGIN_WALL_MS * 2, NULL) == STATUS_OK);
    person->wire.world = world;
    person->wire.who = bundle->id;
    person->wire.gate =
        role == TOCSIN__V1__ROLE__ROLE_GATEWAY ? GATE_FIELD : GATE_COMMAND;
    person->wire.ports =
        (struct wire_ports){person, on_connected, on_lost, on_take};
    REQUIRE(key_curve_public(bundle->key.public_key, person->wire.curve));
    return person;
}

void people_init(struct world *world)
{
    static const char *const centres[] = {"440300", "440000", "110000",
                                          "440100", "000000"};
    char id[20];

    (void)people_add(world, "administrator",
                     TOCSIN__V1__ROLE__ROLE_ADMINISTRATOR, "000000");
    (void)people_add(world, "supervisor", TOCSIN__V1__ROLE__ROLE_SUPERVISOR,
                     "000000");
    (void)people_add(world, "van", TOCSIN__V1__ROLE__ROLE_GATEWAY, "440301");
    for (unsigned i = 0; i < world->weather.centres; i++) {
        snprintf(id, sizeof id, "centre-%u", i + 1);
        (void)people_add(world, id, TOCSIN__V1__ROLE__ROLE_CENTRE, centres[i]);
    }
    world->people.crew = crew_new(world);
    (void)people_add(world, "lab", TOCSIN__V1__ROLE__ROLE_LABORATORY, "000000");
    (void)people_add(world, "office", TOCSIN__V1__ROLE__ROLE_REGISTRY,
                     "440100");
    (void)people_add(world, "lead-1", TOCSIN__V1__ROLE__ROLE_OFFICER, "000000");
    (void)people_add(world, "lead-2", TOCSIN__V1__ROLE__ROLE_OFFICER, "000000");
}

void people_done(struct world *world)
{
    crew_free(world->people.crew);
    for (size_t i = 0; i < world->people.count; i++) {
        struct person *person = &world->people.list[i];

        for (size_t j = 0; j < person->errand_count; j++) {
            free(person->errands[j]->bytes);
            free(person->errands[j]->draft);
            free(person->errands[j]);
        }
        free(person->errands);
    }
}

/* ---- the supervisor ------------------------------------------------------ */

static void follow(struct world *world)
{
    struct person *person = &world->people.list[SUPERVISOR];
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Follow body = TOCSIN__V1__FOLLOW__INIT;
    struct errand errand;

    body.after = person->followed;
    body.epoch = (ProtobufCBinaryData){EPOCH_SIZE, person->followed_epoch};
    body.wait_ms = 2000;
    request.body_case = TOCSIN__V1__REQUEST__BODY_FOLLOW;
    request.follow = &body;
    errand = errand_pack(world, &request);
    errand.kind = ERRAND_FOLLOW;
    errand.after = body.after;
    errand.journal = person->followed_journal;
    (void)errand_begin(person, errand);
}

/* ---- the gateway --------------------------------------------------------- */

void people_relay(struct world *world, const struct shelf_answer *answer)
{
    Tocsin__V1__Request *copy =
        tocsin__v1__request__unpack(NULL, answer->size, answer->request);
    ProtobufCBinaryData id;
    struct errand errand;

    REQUIRE(copy != NULL);
    id = copy->request_id;
    errand = errand_pack(world, copy);
    copy->request_id = id;
    errand.kind = ERRAND_RELAY;
    errand.revision = answer->revision;
    memcpy(errand.alert_id, answer->alert_id, sizeof errand.alert_id);
    (void)errand_begin(&world->people.list[GATEWAY], errand);
    tocsin__v1__request__free_unpacked(copy, NULL);
}

void people_say_again(struct world *world)
{
    const struct person *van = &world->people.list[GATEWAY];

    for (size_t i = 0; i < van->errand_count; i++) {
        struct errand *errand = van->errands[i];

        if (errand->kind == ERRAND_RELAY && errand->answered &&
            errand->sequence != 0)
            errand_repeat(errand);
    }
}

/* ---- centres ------------------------------------------------------------- */

/* Some kilometres at once, more after some seconds, and for some kinds a speed
 * that is sooner than that. */
static void draw_rings(struct world *world, const struct bundle *centre,
                       int64_t sent_ms, struct aim *aim)
{
    struct chance *chance = &world->chance;
    struct rings *rings = &aim->rings;

    rings->count = 1 + chance_below(chance, RINGS_MAX);
    rings->seen_ms = sent_ms - chance_between(chance, -20000, 80000);
    rings->steps[0].km = (double)chance_between(chance, 1, 40);
    for (size_t i = 1; i < rings->count; i++) {
        rings->steps[i].after_ms =
            rings->steps[i - 1].after_ms + chance_between(chance, 2000, 60000);
        rings->steps[i].km =
            rings->steps[i - 1].km + (double)chance_between(chance, 1, 90);
    }
    for (int i = 0; i < 4; i++) {
        if (chance_is(chance, 500))
            rings->kmh[i] = (double)chance_between(chance, 1, 2000);
    }
    aim->circles[0].latitude = centre->latitude;
    aim->circles[0].longitude = centre->longitude;
    aim->circles[0].km = rings->steps[rings->count - 1].km;
    if (aim->circle_count == 0)
        aim->circle_count = 1;
    if (chance_is(chance, 700)) {
        aim->circle_count = 1;
        aim->division_count = 0;
    }
}

static void draw_aim(struct world *world, const struct bundle *centre,
                     struct aim *aim)
{
    struct chance *chance = &world->chance;

    if (chance_is(chance, 700)) {
        aim->circle_count = 1 + chance_below(chance, 2);
        for (size_t i = 0; i < aim->circle_count; i++) {
            aim->circles[i].latitude =
                centre->latitude + (double)chance_between(chance, -9, 9) / 10;
            aim->circles[i].longitude =
                centre->longitude + (double)chance_between(chance, -9, 9) / 10;
            aim->circles[i].km = (double)chance_between(chance, 1, 300);
        }
    }
    if (aim->circle_count == 0 || chance_is(chance, 200)) {
        aim->division_count = 1 + chance_below(chance, 2);
        for (size_t i = 0; i < aim->division_count; i++)
            land_division(world, aim->divisions[i]);
    }
    if (chance_is(chance, 300)) {
        aim->kind_count = 1 + chance_below(chance, 3);
        for (size_t i = 0; i < aim->kind_count; i++)
            aim->kinds[i] = land_kind(world, i);
    }
}

static struct errand issue(struct world *world, const struct paper *paper)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Report report = TOCSIN__V1__REPORT__INIT;
    Tocsin__V1__Revise revise = TOCSIN__V1__REVISE__INIT;
    Tocsin__V1__Withdraw withdraw = TOCSIN__V1__WITHDRAW__INIT;
    Tocsin__V1__SignedAlert *sealed =
        tocsin__v1__signed_alert__unpack(NULL, paper->size, paper->bytes);
    struct errand errand;

    if (paper->withdrawal) {
        request.body_case = TOCSIN__V1__REQUEST__BODY_WITHDRAW;
        request.withdraw = &withdraw;
        withdraw.alert = sealed;
    } else if (paper->revision == 1) {
        request.body_case = TOCSIN__V1__REQUEST__BODY_REPORT;
        request.report = &report;
        report.alert = sealed;
    } else {
        request.body_case = TOCSIN__V1__REQUEST__BODY_REVISE;
        request.revise = &revise;
        revise.alert = sealed;
    }
    if (paper->face != 0)
        face_give(paper->revision == 1 ? &report.thumbnail : &revise.thumbnail,
                  paper, paper->face);
    errand = errand_pack(world, &request);
    errand.kind = ERRAND_ISSUE;
    errand.paper = paper;
    free(report.thumbnail.data);
    free(revise.thumbnail.data);
    tocsin__v1__signed_alert__free_unpacked(sealed, NULL);
    return errand;
}

/* Somebody's client gives two requests the same id: one of them is refused, or
 * both when the other was first. */
static void twist(struct person *person, const struct errand *errand)
{
    Tocsin__V1__Request *request =
        tocsin__v1__request__unpack(NULL, errand->size, errand->bytes);
    Tocsin__V1__Revise *revise = request->revise;
    uint8_t *bytes;
    size_t size;

    if (request->body_case == TOCSIN__V1__REQUEST__BODY_REVISE) {
        free(revise->thumbnail.data);
        face_give(&revise->thumbnail, errand->paper,
                  face_number(errand->paper->revision, true));
        bytes = encode(&request->base, &size);
        (void)wire_send(&person->wire, bytes, size);
        free(bytes);
    }
    tocsin__v1__request__free_unpacked(request, NULL);
}

static struct dossier *new_dossier(struct world *world, int64_t wall_ms)
{
    struct people *people = &world->people;
    struct dossier *dossier = &people->dossiers[people->dossier_count++];
    uint8_t random[10];

    chance_fill(&world->chance, random, sizeof random);
    ulid_make(dossier->alert_id, wall_ms, random);
    dossier->exercise = chance_is(&world->chance, world->weather.exercises);
    return dossier;
}

static struct dossier *pick_dossier(struct world *world, int64_t wall_ms)
{
    struct people *people = &world->people;
    struct dossier *dossier;

    if (people->dossier_count == 0 || (people->dossier_count < DOSSIERS_MAX &&
                                       chance_is(&world->chance, 350)))
        return new_dossier(world, wall_ms);
    dossier = &people->dossiers[chance_below(&world->chance,
                                             (uint32_t)people->dossier_count)];
    return dossier->withdrawn || dossier->revision == 0 ? NULL : dossier;
}

static int64_t draw_life(struct world *world)
{
    return chance_is(&world->chance, world->weather.brief)
               ? chance_between(&world->chance, 2000, 40000)
               : chance_between(&world->chance, 1, 48) * 3600 * 1000;
}

/* A restore has lost it, and nobody has handed it back: once more, as it was
 * reported. */
static bool files_again(struct world *world, const struct dossier *dossier)
{
    const struct paper *paper = past_paper(world->model, dossier->alert_id, 1);
    struct people *people = &world->people;

    if (paper == NULL || model_alert(world->model, dossier->alert_id) != NULL)
        return false;
    for (size_t i = 0; i < people->count; i++) {
        struct person *person = &people->list[i];

        if (&person->bundle != paper->centre)
            continue;
        tell(world, person->bundle.id, "files %s again", paper->alert_id);
        if (!portrait_again(person, paper))
            (void)errand_begin(person, issue(world, paper));
    }
    return true;
}

void centre_publishes(struct person *centre, const struct paper *paper)
{
    struct world *world = centre->world;
    struct errand errand = issue(
        world, paper->bytes != NULL
                   ? paper_of_bytes(&world->papers, paper->bytes, paper->size)
                   : paper_sign(&world->papers, paper, &centre->bundle));

    errand.put_to = paper->put_to;
    errand.put_at = paper->put_at;
    tell(world, centre->bundle.id, "%s %s r%u",
         paper->withdrawal      ? "withdraws"
         : paper->revision == 1 ? "reports"
                                : "revises",
         paper->alert_id, paper->revision);
    errand.twin = chance_is(&world->chance, world->weather.twisted);
    if (errand.twin)
        twist(centre, &errand);
    (void)errand_begin(centre, errand);
}

void centre_acts(struct world *world)
{
    struct people *people = &world->people;
    struct person *person =
        &people->list[FIRST_CENTRE +
                      chance_below(&world->chance, world->weather.centres)];
    int64_t wall_ms = world_moment(world, person->wrong_ms).wall_ms;
    struct dossier *dossier = pick_dossier(world, wall_ms);
    struct paper paper = {0};

    if (dossier == NULL || files_again(world, dossier))
        return;
    memcpy(paper.alert_id, dossier->alert_id, sizeof paper.alert_id);
    paper.revision = dossier->revision + 1;
    paper.exercise = dossier->exercise;
    paper.sent_ms = wall_ms;
    paper.expires_ms = wall_ms + draw_life(world);
    paper.withdrawal = paper.revision > 1 && chance_is(&world->chance, 200);
    draw_aim(world, &person->bundle, &paper.aim);
    if (chance_is(&world->chance, 500))
        draw_rings(world, &person->bundle, wall_ms, &paper.aim);
    if (!portrait_begin(person, &paper))
        centre_publishes(person, &paper);
}

/* ---- what the answers mean ----------------------------------------------- */

static struct dossier *find_dossier(struct world *world, const char *alert_id)
{
    for (size_t i = 0; i < world->people.dossier_count; i++) {
        if (strcmp(world->people.dossiers[i].alert_id, alert_id) == 0)
            return &world->people.dossiers[i];
    }
    return NULL;
}

static void issued(struct errand *errand)
{
    const struct paper *paper = errand->paper;
    struct dossier *dossier =
        find_dossier(errand->person->world, paper->alert_id);

    if (dossier->revision < paper->revision)
        dossier->revision = paper->revision;
    dossier->withdrawn = dossier->withdrawn || paper->withdrawal;
}

static void follow_again(struct world *world, void *what, uint64_t number)
{
    (void)what;
    (void)number;
    follow(world);
}

/* The other centre was first: as if it had looked the alert up. */
static void look_up(struct errand *errand)
{
    struct world *world = errand->person->world;
    const struct paper *paper = errand->paper;
    struct dossier *dossier = find_dossier(world, paper->alert_id);

    model_look_up(world->model, paper->alert_id, &dossier->revision,
                  &dossier->withdrawn);
}

static void recorded(struct errand *errand)
{
    switch (errand->kind) {
    case ERRAND_ISSUE:
        issued(errand);
        break;
    case ERRAND_ENROL:
        errand->node->enrolled = true;
        node_begin(errand->node);
        break;
    case ERRAND_REKEY:
        errand->node->enrolled = true;
        node_admit(errand->node, &errand->key);
        break;
    case ERRAND_REVOKE:
        errand->node->enrolled = false;
        break;
    case ERRAND_FOUND:
        if (errand->foundling->revision < errand->revision)
            errand->foundling->revision = errand->revision;
        break;
    case ERRAND_RELAY:
    case ERRAND_FOLLOW:
    case ERRAND_ORDER:
    case ERRAND_WORD:
    case ERRAND_QUESTION:
    case ERRAND_RESOLVE:
    case ERRAND_PUT:
    case ERRAND_PEEK:
    case ERRAND_HAND:
        break;
    }
}

void person_errand_done(struct errand *errand, const Tocsin__V1__Reply *reply)
{
    struct world *world = errand->person->world;
    bool good = reply->status == TOCSIN__V1__STATUS__STATUS_RECORDED ||
                reply->status == TOCSIN__V1__STATUS__STATUS_DUPLICATE;

    if (errand->kind == ERRAND_FOLLOW) {
        check_followed(errand, reply);
        world_plan(world, 1, follow_again, NULL, 0);
        return;
    }
    tell(world, errand->person->bundle.id, "is told %s %s %s %llu",
         protobuf_c_enum_descriptor_get_value(&tocsin__v1__status__descriptor,
                                              (int)reply->status)
             ->name,
         reply->field, reply->reason, (unsigned long long)reply->sequence);
    portrait_check(errand, reply);
    if (errand->kind == ERRAND_PUT)
        portrait_heard(errand, reply);
    else if (good)
        recorded(errand);
    else if (errand->kind == ERRAND_ISSUE &&
             reply->status == TOCSIN__V1__STATUS__STATUS_CONFLICT)
        look_up(errand);
}

void people_begin(struct world *world)
{
    struct person *supervisor = &world->people.list[SUPERVISOR];

    for (size_t i = 0; i < world->people.count; i++) {
        if (world->people.list[i].bundle.role != TOCSIN__V1__ROLE__ROLE_DEVICE)
            wire_open(&world->people.list[i].wire);
    }
    crew_begin(world->people.crew);
    supervisor->followed = world->host.disk.durable;
    memcpy(supervisor->followed_epoch, world->model->epoch, EPOCH_SIZE);
    follow(world);
}
