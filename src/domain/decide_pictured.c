/* The picture of a sighting: who may bring it, and how many there may be. */
#include <string.h>

#include "domain/decide.h"

#define ALERT_PICTURE_BYTES_MAX (256LL * 1024 * 1024)
#define OUTSIDE_PICTURE_BYTES_MAX (64LL * 1024 * 1024)
#define NODE_PICTURE_BYTES_MAX (32LL * 1024 * 1024)

/* Its own, that of a handheld which it brought the answer of, or that of a
 * handheld which is with it now. */
static bool may_bring(const struct book *book, const struct principal *actor,
                      const struct testimony *testimony)
{
    const struct principal *node = book_number(book, testimony->node);

    if (testimony->node == actor->number ||
        strcmp(testimony->relayed_by, actor->id) == 0)
        return true;
    return actor->role == TOCSIN__V1__ROLE__ROLE_GATEWAY &&
           node->reachable != NULL &&
           strcmp(node->reachable->gateway, actor->id) == 0;
}

/* Several may name the same: those that lack it first. */
static const struct testimony *find(const struct book *book,
                                    const struct alert *alert,
                                    const struct order *order)
{
    const Tocsin__V1__Picture *picture = order->request->put_picture->picture;
    const struct testimony *found = NULL;

    for (size_t i = 0; i < alert->answer_count; i++) {
        const struct testimony *at = &alert->answers[i];

        if (!at->has_picture ||
            memcmp(at->picture, picture->hash.data, sizeof at->picture) != 0 ||
            !may_bring(book, order->actor, at))
            continue;
        if (found == NULL || found->pictured_ms != 0)
            found = at;
    }
    return found;
}

static bool has_room(const struct alert *alert,
                     const struct testimony *testimony)
{
    int64_t of_alert = testimony->picture_size;
    int64_t of_node = testimony->picture_size;
    int64_t outside = testimony->outside ? testimony->picture_size : 0;

    for (size_t i = 0; i < alert->answer_count; i++) {
        const struct testimony *at = &alert->answers[i];

        if (at->pictured_ms == 0)
            continue;
        of_alert += at->picture_size;
        of_node += at->node == testimony->node ? at->picture_size : 0;
        outside += at->outside ? at->picture_size : 0;
    }
    return of_alert <= ALERT_PICTURE_BYTES_MAX &&
           (!testimony->outside || outside <= OUTSIDE_PICTURE_BYTES_MAX) &&
           of_node <= NODE_PICTURE_BYTES_MAX;
}

static void record(struct verdict *verdict, const struct order *order,
                   const struct alert *alert, const struct testimony *testimony)
{
    Tocsin__V1__SightingPictured *pictured =
        order_take(order, sizeof *pictured);

    tocsin__v1__sighting_pictured__init(pictured);
    pictured->alert_id = (char *)(uintptr_t)alert->id;
    pictured->sighting = testimony->sequence;
    pictured->hash = (ProtobufCBinaryData){
        sizeof testimony->picture, (uint8_t *)(uintptr_t)testimony->picture};
    verdict->fact = own_fact(order, TOCSIN__V1__FACT__BODY_SIGHTING_PICTURED);
    verdict->fact->principal = (char *)(uintptr_t)order->actor->id;
    verdict->fact->sighting_pictured = pictured;
    verdict->status = TOCSIN__V1__STATUS__STATUS_RECORDED;
}

void decide_pictured(struct verdict *verdict, const struct book *book,
                     const struct order *order)
{
    const Tocsin__V1__PutPicture *put = order->request->put_picture;
    const struct alert *alert = book_alert(book, put->alert_id);
    const struct testimony *testimony = NULL;

    memset(verdict, 0, sizeof *verdict);
    if (alert != NULL && case_is_sealed(&alert->file)) {
        refuse(verdict, TOCSIN__V1__STATUS__STATUS_CONFLICT, "alert_id",
               "is sealed");
        return;
    }
    if (alert != NULL)
        testimony = find(book, alert, order);
    if (testimony == NULL) {
        refuse(verdict, TOCSIN__V1__STATUS__STATUS_NOT_FOUND, "picture.hash",
               "no sighting that you may bring it for names it");
        return;
    }
    identity_of_picture(verdict->identity, testimony->sequence);
    if (testimony->pictured_ms != 0) {
        verdict->status = TOCSIN__V1__STATUS__STATUS_DUPLICATE;
        verdict->sequence = testimony->pictured_seq;
    } else if (put->picture->size != testimony->picture_size) {
        refuse(verdict, TOCSIN__V1__STATUS__STATUS_INVALID, "picture.size",
               "is not what its answer says");
    } else if (!has_room(alert, testimony)) {
        refuse(verdict, TOCSIN__V1__STATUS__STATUS_CONFLICT, "picture",
               "there are as many of this alert or node as there may be");
    } else {
        record(verdict, order, alert, testimony);
    }
}
