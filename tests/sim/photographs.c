#include "photographs.h"

#include <stdlib.h>
#include <string.h>

#include "wire/seal.h"
#include "world.h"

#define SMALL_MAX (12 * 1024)
#define LARGE_MAX (48 * 1024)

void shots_done(struct shots *shots)
{
    for (size_t i = 0; i < shots->count; i++) {
        free(shots->list[i]->bytes);
        free(shots->list[i]);
    }
    free(shots->list);
    free(shots->glimpses);
}

/* Most go in one piece; JPEG as far as anybody looks. */
static void expose(struct world *world, struct shot *shot)
{
    struct chance *chance = &world->chance;

    shot->size = (uint32_t)chance_between(
        chance, 16, chance_is(chance, 600) ? SMALL_MAX : LARGE_MAX);
    shot->bytes = must_calloc(1, shot->size);
    chance_fill(chance, shot->bytes, shot->size);
    memcpy(shot->bytes, "\xff\xd8\xff", 3);
}

/* Somebody sends again what was sent with another answer. */
static bool copy_another(struct world *world, struct shot *shot)
{
    const struct shots *shots = &world->shots;
    const struct shot *other;

    if (shots->count == 0 || !chance_is(&world->chance, 100))
        return false;
    other = shots->list[chance_below(&world->chance, (uint32_t)shots->count)];
    shot->size = other->size;
    shot->bytes = must_memdup(other->bytes, other->size);
    return true;
}

struct shot *shot_add(struct world *world, const char *who,
                      const char *alert_id, const uint8_t *answer_id)
{
    struct shots *shots = &world->shots;
    struct shot *shot = must_calloc(1, sizeof *shot);

    if (!copy_another(world, shot))
        expose(world, shot);
    strncpy(shot->who, who, ID_MAX);
    memcpy(shot->alert_id, alert_id, ULID_SIZE);
    if (answer_id != NULL)
        memcpy(shot->answer_id, answer_id, 16);
    hash_bytes(shot->hash, shot->bytes, shot->size);
    shots->list =
        must_realloc(shots->list, shots->count + 1, sizeof *shots->list);
    shots->list[shots->count++] = shot;
    tell(world, who, "takes a photograph of %u bytes", shot->size);
    return shot;
}

struct shot *shot_take(struct world *world, const char *who,
                       const Tocsin__V1__Answer *answer)
{
    if (answer->rung < TOCSIN__V1__RUNG__RUNG_SIGHTING ||
        !chance_is(&world->chance, world->weather.photographs))
        return NULL;
    return shot_add(world, who, answer->alert_id, answer->answer_id.data);
}

void shot_name(const struct shot *shot, Tocsin__V1__Picture *out)
{
    tocsin__v1__picture__init(out);
    out->hash = (ProtobufCBinaryData){sizeof shot->hash,
                                      (uint8_t *)(uintptr_t)shot->hash};
    out->media_type = (char *)(uintptr_t) "image/jpeg";
    out->size = shot->size;
}

const struct shot *shot_of(const struct world *world,
                           const uint8_t answer_id[16])
{
    for (size_t i = 0; i < world->shots.count; i++) {
        if (memcmp(world->shots.list[i]->answer_id, answer_id, 16) == 0)
            return world->shots.list[i];
    }
    return NULL;
}

static uint64_t sighted_in(const struct model *model, const struct shot *shot)
{
    uint32_t number = model_number(model, shot->who);

    for (uint64_t i = 1; i <= model->head; i++) {
        const struct model_fact *fact = &model->facts[i - 1];

        if (fact->kind == TOCSIN__V1__FACT__BODY_ANSWERED &&
            fact->node == number &&
            memcmp(fact->answer_id, shot->answer_id, 16) == 0)
            return i;
    }
    return 0;
}

uint64_t shot_sighted(const struct world *world, const struct shot *shot)
{
    return sighted_in(world->model, shot);
}

static uint64_t pictured_in(const struct model *model, uint64_t sighting)
{
    for (uint64_t i = sighting; i <= model->head; i++) {
        const struct model_fact *fact = &model->facts[i - 1];

        if (fact->kind == TOCSIN__V1__FACT__BODY_SIGHTING_PICTURED &&
            fact->sighting == sighting)
            return i;
    }
    return 0;
}

uint64_t shot_pictured(const struct world *world, uint64_t sighting)
{
    return pictured_in(world->model, sighting);
}

bool shot_was_sighted(const struct world *world, const struct shot *shot)
{
    const struct model *model = world->model;

    while (model != NULL && sighted_in(model, shot) == 0)
        model = model->before;
    return model != NULL;
}

bool shot_was_pictured(const struct world *world, const struct shot *shot)
{
    for (const struct model *model = world->model; model != NULL;
         model = model->before) {
        uint64_t sighting = sighted_in(model, shot);

        if (sighting != 0 && pictured_in(model, sighting) != 0)
            return true;
    }
    return false;
}
