/* A photograph follows its answer, comes once and whole, and is kept. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/core_private.h"
#include "checks.h"
#include "crew.h"
#include "world.h"

/* ---- to the broker ------------------------------------------------------- */

static bool is_of(const struct shot *shot, const char *alert_id,
                  const uint8_t *hash)
{
    return strcmp(shot->alert_id, alert_id) == 0 &&
           memcmp(shot->hash, hash, sizeof shot->hash) == 0;
}

/* One that whoever brings it may bring, whose answer is recorded: as far as it
 * has heard of a restore. */
static const struct shot *recorded(const struct world *world, const char *who,
                                   const Tocsin__V1__PutPicture *put)
{
    for (size_t i = 0; i < world->shots.count; i++) {
        const struct shot *shot = world->shots.list[i];
        const struct model_principal *taker =
            past_principal(world->model, shot->who);
        bool own =
            who == NULL
                ? taker != NULL && taker->role == TOCSIN__V1__ROLE__ROLE_DEVICE
                : strcmp(shot->who, who) == 0;

        if (own && is_of(shot, put->alert_id, put->picture->hash.data) &&
            shot_was_sighted(world, shot))
            return shot;
    }
    return NULL;
}

void check_piece(struct world *world, const char *who,
                 const Tocsin__V1__PutPicture *put)
{
    const struct shot *shot = recorded(world, who, put);

    if (shot == NULL)
        broken(world, "a photograph follows its answer", "%s: of %s",
               who != NULL ? who : "a gateway", put->alert_id);
    if (put->picture->size != shot->size || put->offset >= shot->size ||
        put->data.len == 0 || put->data.len > shot->size - put->offset ||
        memcmp(put->data.data, shot->bytes + put->offset, put->data.len) != 0)
        broken(world, "a photograph is sent as it was taken", "of %s, from %u",
               put->alert_id, put->offset);
}

void check_brought(struct world *world, const uint8_t *bytes, size_t size)
{
    size_t before = world->reading.used;
    const Tocsin__V1__Request *request =
        tocsin__v1__request__unpack(&world->reading.allocator, size, bytes);

    REQUIRE(request != NULL);
    if (request->body_case == TOCSIN__V1__REQUEST__BODY_PUT_PICTURE)
        check_piece(world, NULL, request->put_picture);
    world->reading.used = before;
}

/* ---- at the broker ------------------------------------------------------- */

/* Only who brought the last piece of it waits for the disk. */
void check_piece_came(struct world *world, struct open_request *open,
                      const Tocsin__V1__PutPicture *put)
{
    const struct connection *list = world->network.connections;

    open->piece = true;
    memcpy(open->alert_id, put->alert_id, ULID_SIZE);
    memcpy(open->hash, put->picture->hash.data, sizeof open->hash);
    for (struct open_request *at = world->host.open; at != NULL;
         at = at->next) {
        if (at->piece && strcmp(at->alert_id, open->alert_id) == 0 &&
            memcmp(at->hash, open->hash, sizeof open->hash) == 0 &&
            list[at->connection - 1].wire == list[open->connection - 1].wire)
            at->overtaken = true;
    }
}

void check_piece_named(struct world *world, const struct open_request *open,
                       const struct model_fact *fact)
{
    const struct shot *shot = NULL;

    if (fact->kind == TOCSIN__V1__FACT__BODY_SIGHTING_PICTURED)
        shot =
            shot_of(world, world->model->facts[fact->sighting - 1].answer_id);
    if (shot == NULL || !is_of(shot, open->alert_id, open->hash))
        broken(world, "a photograph's reply names the fact that records it",
               "of %s", open->alert_id);
}

static bool opens_as(const struct vault *vault, const uint8_t *file,
                     size_t size, const struct shot *shot)
{
    uint8_t *plain;
    bool good;

    if (size != KEY_ID_SIZE + VAULT_OVERHEAD + shot->size)
        return false;
    plain = must_calloc(1, size);
    good = vault_open(vault, file, file + KEY_ID_SIZE, size - KEY_ID_SIZE,
                      plain) &&
           memcmp(plain, shot->bytes, shot->size) == 0;
    free(plain);
    return good;
}

static const struct shot *named(const struct world *world, const char *name)
{
    char own[PICTURE_NAME_SIZE];

    for (size_t i = 0; i < world->shots.count; i++) {
        const struct shot *shot = world->shots.list[i];

        picture_name(own, shot->alert_id, shot->hash);
        if (strcmp(own, name) == 0)
            return shot;
    }
    return NULL;
}

void check_store(struct world *world, const char *name, const uint8_t *bytes,
                 size_t size)
{
    const struct shot *shot = named(world, name);
    const struct model_alert *alert;

    if (world->host.full)
        broken(world, "nothing is handed to a full disk", "%s", name);
    if (shot == NULL || !opens_as(world->host.vault, bytes, size, shot))
        broken(world, "what is stored is a photograph that was taken, whole",
               "%s", name);
    alert = model_alert(world->model, shot->alert_id);
    if (alert != NULL && !alert->filed &&
        memcmp(bytes, alert->key_id, KEY_ID_SIZE) != 0)
        broken(world, "a photograph is sealed with the key of its case", "%s",
               name);
}

static bool is_on_disk(const struct world *world, const struct vault *vault,
                       const struct shot *shot)
{
    char name[PICTURE_NAME_SIZE];

    picture_name(name, shot->alert_id, shot->hash);
    for (size_t i = 0; i < world->host.album.count; i++) {
        const struct picture_file *file = &world->host.album.files[i];

        if (strcmp(file->name, name) == 0)
            return opens_as(vault, file->bytes, file->size, shot);
    }
    return false;
}

/* The shot that a fact is about. */
static const struct shot *shot_in(struct world *world,
                                  const Tocsin__V1__SightingPictured *pictured)
{
    const struct model *model = world->model;
    const struct model_fact *sighting = NULL;
    const struct shot *shot = NULL;

    if (pictured->sighting >= 1 && pictured->sighting <= model->head)
        sighting = &model->facts[pictured->sighting - 1];
    if (sighting != NULL && sighting->kind == TOCSIN__V1__FACT__BODY_ANSWERED)
        shot = shot_of(world, sighting->answer_id);
    if (shot == NULL || pictured->hash.len != sizeof shot->hash ||
        !is_of(shot, pictured->alert_id, pictured->hash.data))
        broken(world, "a photograph is recorded for the sighting that names it",
               "%s: %llu", pictured->alert_id,
               (unsigned long long)pictured->sighting);
    return shot;
}

void check_pictured_append(struct world *world,
                           const Tocsin__V1__SightingPictured *pictured)
{
    const struct shot *shot = shot_in(world, pictured);
    char name[PICTURE_NAME_SIZE];
    uint8_t *bytes = NULL;
    size_t size;
    bool good;

    picture_name(name, shot->alert_id, shot->hash);
    good = album_load(&world->host.album, name, &bytes, &size) &&
           opens_as(world->host.vault, bytes, size, shot);
    free(bytes);
    if (!good)
        broken(world, "a photograph is recorded when it is here, whole",
               "%s: %llu", pictured->alert_id,
               (unsigned long long)pictured->sighting);
}

void check_pictured(struct world *world,
                    const Tocsin__V1__SightingPictured *pictured,
                    uint64_t sequence)
{
    const struct model *model = world->model;

    const struct shot *shot = shot_in(world, pictured);

    /* a sealing may have become durable with it, and the key be gone */
    if (!vault_is_destroyed(world->host.vault,
                            model_alert(model, shot->alert_id)->key_id) &&
        !is_on_disk(world, world->host.vault, shot))
        broken(world, "a photograph that is recorded is on the disk",
               "%s: %llu", pictured->alert_id,
               (unsigned long long)pictured->sighting);
    for (uint64_t i = pictured->sighting; i < sequence; i++) {
        if (model->facts[i - 1].sighting == pictured->sighting)
            broken(world, "a photograph is recorded once", "as %llu and %llu",
                   (unsigned long long)i, (unsigned long long)sequence);
    }
}

/* ---- after the calm ------------------------------------------------------ */

static bool is_over(const struct world *world, const struct shot *shot)
{
    const struct model_alert *alert = model_alert(world->model, shot->alert_id);

    return (alert != NULL && alert->filed) ||
           past_was_sealed(world->model, shot->alert_id);
}

static const struct node *node_of(const struct world *world,
                                  const struct shot *shot)
{
    for (size_t i = 0; i < world->node_count; i++) {
        if (strcmp(world->nodes[i].bundle.id, shot->who) == 0)
            return &world->nodes[i];
    }
    return NULL;
}

/* The same bytes were sent with another answer, in a life with a restore: what
 * came was noted at the first that lacked it, and may be lost with its home. */
static bool is_with_another(const struct world *world, const struct shot *shot)
{
    for (size_t i = 0; world->host.restores > 0 && i < world->shots.count;
         i++) {
        const struct shot *other = world->shots.list[i];

        if (is_of(other, shot->alert_id, shot->hash) &&
            shot_was_pictured(world, other))
            return true;
    }
    return false;
}

/* Photographs go behind every answer that waits there. */
static bool an_answer_waits(const struct node *node)
{
    size_t count;
    const struct shelf_answer *answers = shelf_answers(node->shelf, &count);

    for (size_t i = 0; i < count; i++) {
        if (answers[i].state == ANSWER_WAITING)
            return true;
    }
    return false;
}

/* Its node was revoked, or its alert was filed away before it came; or it had
 * come to a home that was lost, and was kept no longer; or what must go before
 * it waits. */
static bool may_lack(const struct world *world, const struct shot *shot)
{
    const struct node *node = node_of(world, shot);

    return is_over(world, shot) || shot->given_up ||
           shot_was_pictured(world, shot) || is_with_another(world, shot) ||
           (node != NULL && (!node->enrolled || an_answer_waits(node))) ||
           crew_waits_with(world->people.crew, shot);
}

static bool film_waits(const struct node *node)
{
    const struct film *film = shelf_film(node->shelf);

    for (size_t i = 0; i < film->count; i++) {
        if (film->list[i].state == PHOTOGRAPH_WAITS && !an_answer_waits(node))
            return true;
    }
    return false;
}

static const char *lack_of(const struct shot *shot)
{
    static char text[120];

    snprintf(text, sizeof text, "%s: a photograph of %s has not come",
             shot->who, shot->alert_id);
    return text;
}

const char *photographs_lack(const struct world *world)
{
    for (size_t i = 0; i < world->node_count; i++) {
        if (world->nodes[i].enrolled && film_waits(&world->nodes[i]))
            return "a photograph waits at a node";
    }
    for (size_t i = 0; i < world->shots.count; i++) {
        const struct shot *shot = world->shots.list[i];
        uint64_t sighting = shot_sighted(world, shot);

        if (sighting != 0 && shot_pictured(world, sighting) == 0 &&
            !may_lack(world, shot))
            return lack_of(shot);
    }
    return NULL;
}

static void check_film(struct world *world, const struct node *node)
{
    const struct film *film = shelf_film(node->shelf);

    for (size_t i = 0; i < film->count; i++) {
        const struct exposure *exposure = &film->list[i];
        uint64_t sighting = shot_sighted(world, exposure->shot);

        if (exposure->state == PHOTOGRAPH_RECORDED &&
            !shot_was_pictured(world, exposure->shot) &&
            !is_with_another(world, exposure->shot))
            broken(world, "who is told that a photograph is recorded is right",
                   "%s: %s", node->bundle.id, exposure->shot->alert_id);
        /* who is revoked does not hear of a restore, and says nothing again */
        if (exposure->state == PHOTOGRAPH_REFUSED && sighting != 0 &&
            !is_over(world, exposure->shot) &&
            (node->enrolled || !exposure->here))
            broken(world, "no photograph is lost", "%s: refused, %d",
                   node->bundle.id, (int)exposure->status);
        if (exposure->state == PHOTOGRAPH_RECORDED && exposure->here)
            broken(world, "what the broker has is kept no longer", "%s",
                   node->bundle.id);
    }
}

static bool is_sealed(const struct world *world, const struct shot *shot)
{
    const struct model_alert *alert = model_alert(world->model, shot->alert_id);

    return alert != NULL && alert->sealed;
}

/* Neither the broker nor a node that is enrolled has a photograph of it. */
static void check_forgotten(struct world *world, const struct vault *vault,
                            const struct shot *shot)
{
    if (is_on_disk(world, vault, shot))
        broken(world, "no photograph of a sealed case can be read", "%s",
               shot->alert_id);
    for (size_t i = 0; i < world->node_count; i++) {
        const struct node *node = &world->nodes[i];
        const struct film *film =
            node->enrolled ? shelf_film(node->shelf) : NULL;

        for (size_t j = 0; film != NULL && j < film->count; j++) {
            if (film->list[j].here &&
                strcmp(film->list[j].shot->alert_id, shot->alert_id) == 0)
                broken(world, "no photograph of a sealed case is kept",
                       "%s: %s", node->bundle.id, shot->alert_id);
        }
    }
}

void check_photographs(struct world *world)
{
    struct vault *vault = host_vault(&world->host);

    for (size_t i = 0; i < world->shots.count; i++) {
        const struct shot *shot = world->shots.list[i];
        uint64_t sighting = shot_sighted(world, shot);

        if (is_sealed(world, shot)) {
            check_forgotten(world, vault, shot);
            continue;
        }
        if (sighting != 0 && shot_pictured(world, sighting) != 0 &&
            !is_on_disk(world, vault, shot))
            broken(world, "what has come stays, whole", "%s: %llu",
                   shot->alert_id, (unsigned long long)sighting);
    }
    for (size_t i = 0; i < world->node_count; i++) {
        if (world->nodes[i].shelf != NULL)
            check_film(world, &world->nodes[i]);
    }
    vault_free(vault);
}
