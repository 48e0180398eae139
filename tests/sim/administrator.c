/* Who is enrolled, given another key, revoked, admitted again. */
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "disk.h"
#include "land.h"
#include "world.h"

#define NEWCOMER "hand-3"
#define NOTICED_MS 10000

static struct errand enrolment(struct world *world, const struct bundle *bundle,
                               bool rekey)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Enrol body = TOCSIN__V1__ENROL__INIT;
    Tocsin__V1__Principal principal = TOCSIN__V1__PRINCIPAL__INIT;
    Tocsin__V1__Point point = TOCSIN__V1__POINT__INIT;
    Tocsin__V1__SignedCertificate certificate =
        TOCSIN__V1__SIGNED_CERTIFICATE__INIT;
    Tocsin__V1__Officer officer = TOCSIN__V1__OFFICER__INIT;

    principal.id = (char *)(uintptr_t)bundle->id;
    principal.role = bundle->role;
    principal.kind = bundle->kind;
    principal.name = (char *)(uintptr_t)bundle->name;
    principal.division = (char *)(uintptr_t)bundle->division;
    principal.public_key = (ProtobufCBinaryData){
        KEY_SIZE, (uint8_t *)(uintptr_t)bundle->key.public_key};
    point.latitude = bundle->latitude;
    point.longitude = bundle->longitude;
    if (bundle->role == TOCSIN__V1__ROLE__ROLE_CHECKPOINT)
        principal.point = &point;
    if (bundle->role == TOCSIN__V1__ROLE__ROLE_DEVICE)
        principal.gateway = (char *)(uintptr_t)CREW_GATEWAY;
    if (bundle->role == TOCSIN__V1__ROLE__ROLE_OFFICER) {
        officer.rank = TOCSIN__V1__RANK__RANK_MINISTRY;
        officer.unit = (char *)(uintptr_t) "a unit";
        principal.officer = &officer;
    }
    if (bundle->certificate_size > 0) {
        certificate.content =
            (ProtobufCBinaryData){bundle->certificate_size,
                                  (uint8_t *)(uintptr_t)bundle->certificate};
        certificate.signature = (ProtobufCBinaryData){
            SIGNATURE_SIZE,
            (uint8_t *)(uintptr_t)bundle->certificate_signature};
        principal.certificate = &certificate;
    }
    body.principal = &principal;
    body.rekey = rekey;
    request.body_case = TOCSIN__V1__REQUEST__BODY_ENROL;
    request.enrol = &body;
    return errand_pack(world, &request);
}

/* While nobody is served. */
static void command_now(struct world *world, struct errand errand)
{
    struct route nowhere = {.size = 5};

    broker_request(world->host.broker, GATE_COMMAND,
                   world->people.list[ADMINISTRATOR].wire.curve, &nowhere,
                   errand.bytes, errand.size, host_moment(world));
    disk_flush(world);
    free(errand.bytes);
}

static void enrol_now(struct world *world, const struct bundle *bundle)
{
    command_now(world, enrolment(world, bundle, false));
}

void people_enrol_all(struct world *world)
{
    for (size_t i = SUPERVISOR; i < world->people.count; i++) {
        const struct bundle *bundle = &world->people.list[i].bundle;

        if (!world->weather.newcomer || strcmp(bundle->id, NEWCOMER) != 0)
            enrol_now(world, bundle);
    }
    for (size_t i = 0; i < world->node_count; i++) {
        enrol_now(world, &world->nodes[i].bundle);
        world->nodes[i].enrolled = true;
    }
}

static struct errand revocation(struct world *world, struct node *node)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Revoke body = TOCSIN__V1__REVOKE__INIT;

    body.id = node->bundle.id;
    body.reason = (char *)(uintptr_t) "lost";
    request.body_case = TOCSIN__V1__REQUEST__BODY_REVOKE;
    request.revoke = &body;
    return errand_pack(world, &request);
}

static void revoke(struct world *world, struct node *node)
{
    struct errand errand = revocation(world, node);

    errand.kind = ERRAND_REVOKE;
    errand.node = node;
    tell(world, "administrator", "revokes %s", node->bundle.id);
    (void)errand_begin(&world->people.list[ADMINISTRATOR], errand);
}

/* With another key, or as it was before it was revoked. */
static void admit(struct world *world, struct node *node, bool same)
{
    struct bundle bundle = node->bundle;
    struct errand errand;

    if (!same)
        keypair_make(&bundle.key);
    errand = enrolment(world, &bundle, true);
    errand.kind = ERRAND_REKEY;
    errand.node = node;
    errand.key = bundle.key;
    tell(world, "administrator", "%s %s", same ? "readmits" : "rekeys",
         bundle.id);
    (void)errand_begin(&world->people.list[ADMINISTRATOR], errand);
}

static void enrol(struct world *world)
{
    struct node *node = land_settle(world);
    struct errand errand = enrolment(world, &node->bundle, false);

    errand.kind = ERRAND_ENROL;
    errand.node = node;
    tell(world, "administrator", "enrols %s in %s", node->bundle.id,
         node->bundle.division);
    (void)errand_begin(&world->people.list[ADMINISTRATOR], errand);
}

static bool is_busy_with(struct world *world, const struct node *node)
{
    const struct person *person = &world->people.list[ADMINISTRATOR];

    for (size_t i = 0; i < person->errand_count; i++) {
        if (person->errands[i]->node == node && !person->errands[i]->answered)
            return true;
    }
    return false;
}

void administrator_acts(struct world *world)
{
    struct node *node =
        &world
             ->nodes[chance_below(&world->chance, (uint32_t)world->node_count)];
    uint32_t what = chance_below(&world->chance, 3);

    if (what == 0 && world->node_count < world->node_room)
        enrol(world);
    else if (is_busy_with(world, node))
        return;
    else if (what == 1 && node->enrolled)
        revoke(world, node);
    else if (node->enrolled || node->shelf != NULL)
        admit(world, node, !node->enrolled && chance_is(&world->chance, 500));
}

/* ---- after a restore ----------------------------------------------------- */

static void revoke_again(struct world *world, struct node *node, bool surely)
{
    uint32_t how = chance_below(&world->chance, surely ? 8 : 10);

    if (how < 6) {
        tell(world, "administrator", "revokes %s, before the start",
             node->bundle.id);
        command_now(world, revocation(world, node));
        node->enrolled = false;
    } else if (how < 8) {
        revoke(world, node);
    }
}

static void admit_again(struct world *world, struct node *node, bool surely)
{
    uint32_t how = chance_below(&world->chance, surely ? 8 : 10);

    if (how < 4) {
        tell(world, "administrator", "readmits %s, before the start",
             node->bundle.id);
        command_now(world, enrolment(world, &node->bundle, true));
        node->enrolled = true;
        node_admit(node, &node->bundle.key);
    } else if (how < 8) {
        admit(world, node, true);
    }
}

/* Where the journal has another key than the node nobody may rest; of the
 * others some are forgotten: they are nobody, or somebody again. */
static void repeat(struct world *world, struct node *node)
{
    const struct model *model = world->model;
    uint32_t number = model_number(model, node->bundle.id);
    bool active = number != 0 && model_active_node(model, number);
    bool own = active && memcmp(model->principals[number - 1].key,
                                node->bundle.key.public_key, KEY_SIZE) == 0;
    bool was = node->enrolled;

    node->enrolled = own;
    if (node->shelf == NULL || is_busy_with(world, node))
        return;
    if (was && !own)
        admit_again(world, node, active);
    else if (!was && active)
        revoke_again(world, node, !own);
}

void administrator_repeats(struct world *world)
{
    for (size_t i = 0; i < world->node_count; i++)
        repeat(world, &world->nodes[i]);
    if (model_number(world->model, NEWCOMER) == 0)
        administrator_enrols_hand(world, world_about(world, NOTICED_MS));
}

/* ---- a handheld ---------------------------------------------------------- */

static void enrol_hand(struct world *world, void *what, uint64_t home)
{
    const struct bundle *bundle = NULL;
    struct errand errand;

    (void)what;
    if (world->host.restores != home)
        return; /* it is lost once more */
    for (size_t i = 0; i < world->people.count; i++) {
        if (strcmp(world->people.list[i].bundle.id, NEWCOMER) == 0)
            bundle = &world->people.list[i].bundle;
    }
    errand = enrolment(world, bundle, false);
    errand.kind = ERRAND_HAND;
    tell(world, "administrator", "enrols %s", bundle->id);
    (void)errand_begin(&world->people.list[ADMINISTRATOR], errand);
}

void administrator_enrols_hand(struct world *world, int64_t in_ms)
{
    if (world->weather.newcomer)
        world_plan(world, in_ms, enrol_hand, NULL, world->host.restores);
}
