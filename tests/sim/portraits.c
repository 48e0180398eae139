#include "portraits.h"

#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "faces.h"
#include "world.h"

#define PIECE_MIN 2048
#define PIECE_MAX 20000

/* ---- put ----------------------------------------------------------------- */

/* Its next piece, from there on. Takes the paper. Its receipt is of this moment
 * or a later one. */
static void put(struct person *centre, struct paper *paper, uint32_t offset)
{
    struct world *world = centre->world;
    const struct shot *shot = paper->picture;
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__PutPicture body = TOCSIN__V1__PUT_PICTURE__INIT;
    Tocsin__V1__Picture picture;
    struct errand errand;

    paper->put_at = world->model->head;
    paper->put_to = world->host.restores;
    shot_name(shot, &picture);
    body.alert_id = paper->alert_id;
    body.picture = &picture;
    body.offset = offset;
    body.data.data = shot->bytes + offset;
    body.data.len =
        (size_t)chance_between(&world->chance, PIECE_MIN, PIECE_MAX);
    if (body.data.len > shot->size - offset)
        body.data.len = shot->size - offset;
    request.body_case = TOCSIN__V1__REQUEST__BODY_PUT_PICTURE;
    request.put_picture = &body;
    errand = errand_pack(world, &request);
    errand.kind = ERRAND_PUT;
    errand.draft = paper;
    (void)errand_begin(centre, errand);
}

/* Half of them are shown with a thumbnail: without one the next revision keeps
 * that of the same photograph. */
static void draw_face(struct world *world, struct paper *paper)
{
    if (chance_is(&world->chance, 500))
        paper->face = face_number(paper->revision, false);
}

/* The same photograph as before. */
static bool is_kept(struct world *world, struct paper *paper)
{
    const struct model_alert *alert =
        model_alert(world->model, paper->alert_id);
    const struct paper *before =
        alert != NULL && alert->revision + 1 == paper->revision
            ? alert->history[alert->revision - 1].paper
            : NULL;

    if (before == NULL || before->picture == NULL ||
        !chance_is(&world->chance, 400))
        return false;
    paper->picture = before->picture;
    paper->put_to = before->put_to;
    paper->put_at = before->put_at;
    draw_face(world, paper);
    return true;
}

bool portrait_begin(struct person *centre, struct paper *paper)
{
    struct world *world = centre->world;
    struct paper *draft;

    if (paper->withdrawal || is_kept(world, paper) ||
        !chance_is(&world->chance, world->weather.photographs))
        return false;
    draft = must_memdup(paper, sizeof *paper);
    draft->picture = shot_add(world, centre->bundle.id, paper->alert_id, NULL);
    draw_face(world, draft);
    put(centre, draft, 0);
    return true;
}

bool portrait_again(struct person *centre, const struct paper *paper)
{
    if (paper->picture == NULL)
        return false;
    put(centre, must_memdup(paper, sizeof *paper), 0);
    return true;
}

/* All of it is there: the time that it took is no part of the alert. What was
 * signed already goes as it is. */
static void publish(struct person *centre, struct paper *paper)
{
    int64_t now_ms = world_moment(centre->world, centre->wrong_ms).wall_ms;

    paper->expires_ms += now_ms - paper->sent_ms;
    paper->sent_ms = now_ms;
    centre_publishes(centre, paper);
    free(paper);
}

void portrait_heard(struct errand *errand, const Tocsin__V1__Reply *reply)
{
    struct paper *paper = errand->draft;

    errand->draft = NULL;
    if (reply->body_case != TOCSIN__V1__REPLY__BODY_PICTURE_RECEIPT)
        free(paper); /* refused: another centre was first */
    else if (reply->picture_receipt->have < paper->picture->size)
        put(errand->person, paper, reply->picture_receipt->have);
    else
        publish(errand->person, paper);
}

/* The receipt was of a home that was lost; or the alert came back after it, and
 * without it. */
static bool is_to_put_again(const struct errand *errand)
{
    const struct world *world = errand->person->world;
    const struct model_alert *alert =
        model_alert(world->model, errand->paper->alert_id);

    return errand->put_to != world->host.restores ||
           (world->host.restores > 0 && alert != NULL &&
            alert->history[0].sequence > errand->put_at);
}

/* It has a receipt for the photograph. */
void portrait_check(const struct errand *errand, const Tocsin__V1__Reply *reply)
{
    if (errand->kind != ERRAND_ISSUE || errand->paper->picture == NULL ||
        strcmp(reply->field, "alert.picture") != 0)
        return;
    if (!is_to_put_again(errand))
        broken(errand->person->world, "what has a receipt is there", "%s",
               errand->paper->alert_id);
    (void)portrait_again(errand->person, errand->paper);
}

/* ---- looked at ----------------------------------------------------------- */

static const struct holding *something_here(const struct node *node)
{
    const struct holding *holding;
    size_t cursor = 0;

    while ((holding = terminal_next(node->terminal, &cursor)) != NULL) {
        if (holding->picture_here && !holding->bare)
            return holding;
    }
    return NULL;
}

static void officer_looks(struct world *world, struct node *node)
{
    struct shelf_answer look = {.key_serial = node->key_serial,
                                .given_ms = world->now_ms};
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__NoteLook note = TOCSIN__V1__NOTE_LOOK__INIT;
    const struct holding *holding =
        node->terminal != NULL ? something_here(node) : NULL;

    if (holding == NULL)
        return;
    memcpy(look.alert_id, holding->alert_id, sizeof look.alert_id);
    chance_fill(&world->chance, look.request_id, 16);
    chance_fill(&world->chance, look.answer_id, 16);
    note.alert_id = look.alert_id;
    note.at_ms = world_wall_ms(world);
    note.officer = (char *)(uintptr_t) "000123";
    request.request_id = (ProtobufCBinaryData){16, look.request_id};
    request.body_case = TOCSIN__V1__REQUEST__BODY_NOTE_LOOK;
    request.note_look = &note;
    look.request = encode(&request.base, &look.size);
    tell(world, node->bundle.id, "its officer looks at the photograph of %s",
         look.alert_id);
    node_put_in(node, &look);
}

static void peek(struct world *world, struct person *person)
{
    const struct shot *shot;
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__GetPicture get = TOCSIN__V1__GET_PICTURE__INIT;
    struct errand errand;

    if (world->shots.count == 0)
        return;
    shot =
        world->shots
            .list[chance_below(&world->chance, (uint32_t)world->shots.count)];
    get.alert_id = (char *)(uintptr_t)shot->alert_id;
    get.hash = (ProtobufCBinaryData){sizeof shot->hash,
                                     (uint8_t *)(uintptr_t)shot->hash};
    if (chance_is(&world->chance, 300))
        get.offset = chance_below(&world->chance, shot->size);
    request.body_case = TOCSIN__V1__REQUEST__BODY_GET_PICTURE;
    request.get_picture = &get;
    errand = errand_pack(world, &request);
    errand.kind = ERRAND_PEEK;
    (void)errand_begin(person, errand);
}

void lookers_act(struct world *world)
{
    struct chance *chance = &world->chance;
    struct people *people = &world->people;

    if (world->weather.photographs == 0)
        return;
    switch (chance_below(chance, 4)) {
    case 0:
        peek(world, &people->list[GATEWAY]);
        break;
    case 1:
        peek(world,
             &people->list[FIRST_CENTRE +
                           chance_below(chance, world->weather.centres)]);
        break;
    default:
        officer_looks(
            world,
            &world->nodes[chance_below(chance, (uint32_t)world->node_count)]);
        break;
    }
}
