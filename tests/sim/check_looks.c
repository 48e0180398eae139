/* Nobody is given a photograph before it is recorded that he looks at it, nor
 * one that is not for him. */
#include <string.h>

#include "checks.h"
#include "world.h"

/* How often this principal was given the first piece of it. */
struct glimpse {
    uint32_t who;
    uint8_t hash[32];
    char alert_id[ULID_SIZE + 1];
    unsigned given;
};

static struct glimpse *glimpse_of(struct world *world, uint32_t who,
                                  const struct open_request *open)
{
    struct shots *shots = &world->shots;
    struct glimpse *glimpse;

    for (size_t i = 0; i < shots->glimpse_count; i++) {
        glimpse = &shots->glimpses[i];
        if (glimpse->who == who &&
            memcmp(glimpse->hash, open->hash, sizeof open->hash) == 0 &&
            strcmp(glimpse->alert_id, open->alert_id) == 0)
            return glimpse;
    }
    shots->glimpses = must_realloc(shots->glimpses, shots->glimpse_count + 1,
                                   sizeof *shots->glimpses);
    glimpse = &shots->glimpses[shots->glimpse_count++];
    memset(glimpse, 0, sizeof *glimpse);
    glimpse->who = who;
    memcpy(glimpse->hash, open->hash, sizeof open->hash);
    memcpy(glimpse->alert_id, open->alert_id, sizeof open->alert_id);
    return glimpse;
}

/* What the broker has given out of it, by its facts. */
static unsigned looks_of(const struct model *model, const struct glimpse *at)
{
    unsigned count = 0;

    for (uint64_t i = 1; i <= model->head; i++) {
        const struct model_fact *fact = &model->facts[i - 1];

        count += fact->kind == TOCSIN__V1__FACT__BODY_LOOKED &&
                 fact->node == at->who && fact->alert != 0 &&
                 memcmp(fact->picture, at->hash, sizeof at->hash) == 0 &&
                 strcmp(model->alerts[fact->alert - 1]->id, at->alert_id) == 0;
    }
    return count;
}

bool check_concerns(const struct model *model, const struct model_alert *alert,
                    uint32_t who)
{
    const struct model_principal *principal = &model->principals[who - 1];

    if (who < alert->line_count &&
        (alert->lines[who].covered || alert->lines[who].extra ||
         alert->lines[who].once))
        return true;
    for (size_t i = 0; i < alert->prefix_count; i++) {
        if (prefix_holds(alert->prefixes[i], principal->division))
            return true;
    }
    return aim_holds(&alert->history[alert->revision - 1].paper->aim,
                     principal);
}

/* In the field only what an alert shows now, and whom it concerns. */
static bool is_for(const struct world *world, uint32_t who,
                   const struct open_request *open)
{
    const struct model_alert *alert = model_alert(world->model, open->alert_id);
    const struct shot *shown =
        alert != NULL ? alert->history[alert->revision - 1].paper->picture
                      : NULL;

    return shown != NULL &&
           memcmp(shown->hash, open->hash, sizeof open->hash) == 0 &&
           alert->state == TOCSIN__V1__ALERT_STATE__ALERT_STATE_LIVE &&
           check_concerns(world->model, alert, who);
}

void check_asked(struct world *world, struct open_request *open,
                 const Tocsin__V1__GetPicture *get)
{
    const struct connection *from =
        &world->network.connections[open->connection - 1];
    uint32_t who = model_number(world->model, from->wire->who);

    memcpy(open->alert_id, get->alert_id, ULID_SIZE);
    memcpy(open->hash, get->hash.data, sizeof open->hash);
    open->may_see =
        from->gate != GATE_FIELD || (who != 0 && is_for(world, who, open));
}

static bool is_of_a_shot(const struct world *world,
                         const struct open_request *open,
                         const Tocsin__V1__PictureChunk *chunk)
{
    for (size_t i = 0; i < world->shots.count; i++) {
        const struct shot *shot = world->shots.list[i];

        if (memcmp(shot->hash, open->hash, sizeof shot->hash) == 0)
            return chunk->size == shot->size && chunk->offset < shot->size &&
                   chunk->data.len > 0 &&
                   chunk->data.len <= shot->size - chunk->offset &&
                   memcmp(chunk->data.data, shot->bytes + chunk->offset,
                          chunk->data.len) == 0;
    }
    return false;
}

void check_given(struct world *world, const struct open_request *open,
                 const Tocsin__V1__PictureChunk *chunk)
{
    const struct connection *to =
        &world->network.connections[open->connection - 1];
    uint32_t who = model_number(world->model, to->wire->who);
    struct glimpse *glimpse;

    REQUIRE(who != 0);
    model_read(world->model, broker_book(world->host.broker)->head);
    glimpse = glimpse_of(world, who, open);
    glimpse->given += chunk->offset == 0;
    if (looks_of(world->model, glimpse) <
        (glimpse->given > 0 ? glimpse->given : 1))
        broken(world, "a look is recorded before its photograph is given",
               "%s: of %s", to->wire->who, open->alert_id);
    if (!is_of_a_shot(world, open, chunk))
        broken(world, "a photograph is given as it was put", "of %s, from %u",
               open->alert_id, chunk->offset);
    if (!open->may_see)
        broken(world, "in the field only what an alert there shows is given",
               "%s: of %s", to->wire->who, open->alert_id);
}
