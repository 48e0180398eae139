/* Children of unknown origin: centres, officers and checkpoints register them,
 * some through the gateway, some twice, some again with other words; officers
 * say whose they are, close, reopen. Not all of it is allowed when it comes. */
#include <stdlib.h>
#include <string.h>

#include "node.h"
#include "wire/found.h"
#include "world.h"

static struct foundling *new_foundling(struct world *world)
{
    struct people *people = &world->people;
    struct foundling *foundling =
        &people->foundlings[people->foundling_count++];
    uint8_t random[10];

    chance_fill(&world->chance, random, sizeof random);
    ulid_make(foundling->found_id, BEGIN_WALL_MS, random);
    return foundling;
}

static void send(struct world *world, struct person *person,
                 const struct bundle *who, struct foundling *foundling,
                 uint32_t revision, const char *text)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__RegisterFound body = TOCSIN__V1__REGISTER_FOUND__INIT;
    Tocsin__V1__FoundChild found = TOCSIN__V1__FOUND_CHILD__INIT;
    Tocsin__V1__Child child = TOCSIN__V1__CHILD__INIT;
    Tocsin__V1__AgeRange age = TOCSIN__V1__AGE_RANGE__INIT;
    Tocsin__V1__Place place = TOCSIN__V1__PLACE__INIT;
    Tocsin__V1__Keeper keeper = TOCSIN__V1__KEEPER__INIT;
    struct errand errand;
    uint8_t *bytes;
    size_t size;

    age.min_months = 60;
    age.max_months = 83;
    child.sex = TOCSIN__V1__SEX__SEX_FEMALE;
    child.age = &age;
    place.text = (char *)(uintptr_t) "on a bench";
    keeper.name = (char *)(uintptr_t) "a home";
    keeper.division = (char *)(uintptr_t) "440300";
    found.found_id = foundling->found_id;
    found.revision = revision;
    found.node = (char *)(uintptr_t)who->id;
    found.at_ms = BEGIN_WALL_MS; /* the same words are the same content */
    found.found_ms = BEGIN_WALL_MS;
    found.officer = (char *)(uintptr_t) "000123";
    found.child = &child;
    found.place = &place;
    found.keeper = &keeper;
    found.text = (char *)(uintptr_t)text;
    REQUIRE(found_sign(&found, &who->key, &bytes, &size, NULL) == STATUS_OK);
    body.found = tocsin__v1__signed_found__unpack(NULL, size, bytes);
    free(bytes);
    request.body_case = TOCSIN__V1__REQUEST__BODY_REGISTER_FOUND;
    request.register_found = &body;
    errand = errand_pack(world, &request);
    errand.kind = ERRAND_FOUND;
    errand.foundling = foundling;
    errand.revision = revision;
    tell(world, person->bundle.id, "registers %s r%u of %s", who->id, revision,
         foundling->found_id);
    (void)errand_begin(person, errand);
    tocsin__v1__signed_found__free_unpacked(body.found, NULL);
}

/* A checkpoint's word comes by the gateway, as a handheld's does. */
static void register_one(struct world *world)
{
    static const char *const words[] = {"found", "found", "found", "other"};
    struct people *people = &world->people;
    struct chance *chance = &world->chance;
    bool fresh =
        people->foundling_count == 0 ||
        (people->foundling_count < FOUNDLINGS_MAX && chance_is(chance, 400));
    struct foundling *foundling =
        fresh ? new_foundling(world)
              : &people->foundlings[chance_below(
                    chance, (uint32_t)people->foundling_count)];
    uint32_t revision =
        fresh ? 1 : 1 + chance_below(chance, foundling->revision + 1);
    struct person *person =
        &people->list[FIRST_CENTRE +
                      chance_below(chance, world->weather.centres)];

    if (chance_is(chance, 500))
        send(world, &people->list[GATEWAY],
             &world->nodes[chance_below(chance, (uint32_t)world->node_count)]
                  .bundle,
             foundling, revision, words[chance_below(chance, 4)]);
    else
        send(world, person, &person->bundle, foundling, revision,
             words[chance_below(chance, 4)]);
}

/* ---- what becomes of them ------------------------------------------------ */

static void resolve_one(struct world *world)
{
    struct people *people = &world->people;
    struct chance *chance = &world->chance;
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ResolveFound body = TOCSIN__V1__RESOLVE_FOUND__INIT;
    Tocsin__V1__FoundOrder order = TOCSIN__V1__FOUND_ORDER__INIT;
    Tocsin__V1__IdentifyFound identify = TOCSIN__V1__IDENTIFY_FOUND__INIT;
    Tocsin__V1__CloseFound close = TOCSIN__V1__CLOSE_FOUND__INIT;
    Tocsin__V1__ReopenFound reopen = TOCSIN__V1__REOPEN_FOUND__INIT;
    struct person *person =
        &people->list[people->count - 1 - chance_below(chance, 2)];
    uint32_t what = chance_below(chance, 4);
    struct errand errand;
    uint8_t id[16];
    uint8_t *bytes;
    size_t size;

    if (people->foundling_count == 0 || people->dossier_count == 0)
        return;
    chance_fill(chance, id, sizeof id);
    order.order_id = (ProtobufCBinaryData){sizeof id, id};
    order.found_id = people
                         ->foundlings[chance_below(
                             chance, (uint32_t)people->foundling_count)]
                         .found_id;
    order.at_ms = world_moment(world, person->wrong_ms).wall_ms;
    order.officer = (char *)(uintptr_t) "000042";
    identify.alert_id =
        people->dossiers[chance_below(chance, (uint32_t)people->dossier_count)]
            .alert_id;
    identify.reason = close.reason = reopen.reason =
        (char *)(uintptr_t) "so it is";
    order.step_case = what < 2    ? TOCSIN__V1__FOUND_ORDER__STEP_IDENTIFY
                      : what == 2 ? TOCSIN__V1__FOUND_ORDER__STEP_CLOSE
                                  : TOCSIN__V1__FOUND_ORDER__STEP_REOPEN;
    if (what < 2)
        order.identify = &identify;
    else if (what == 2)
        order.close = &close;
    else
        order.reopen = &reopen;
    REQUIRE(found_order_sign(&order, &person->bundle.key, &bytes, &size,
                             NULL) == STATUS_OK);
    body.order = tocsin__v1__signed_found_order__unpack(NULL, size, bytes);
    free(bytes);
    request.body_case = TOCSIN__V1__REQUEST__BODY_RESOLVE_FOUND;
    request.resolve_found = &body;
    errand = errand_pack_as(id, &request);
    errand.kind = ERRAND_RESOLVE;
    tell(world, person->bundle.id, "resolves %s", order.found_id);
    (void)errand_begin(person, errand);
    tocsin__v1__signed_found_order__free_unpacked(body.order, NULL);
}

/* One after the other: a node that has given many gives one in minutes. */
static bool one_waits(const struct world *world)
{
    const struct person *gateway = &world->people.list[GATEWAY];

    for (size_t i = 0; i < gateway->errand_count; i++) {
        if (gateway->errands[i]->kind == ERRAND_FOUND &&
            !gateway->errands[i]->answered)
            return true;
    }
    return false;
}

void finders_act(struct world *world)
{
    if (chance_is(&world->chance, 700) && !one_waits(world))
        register_one(world);
    else
        resolve_one(world);
}
