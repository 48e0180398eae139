/* A sealed case at the gateway: asked of its terminal, which says that it is
 * purged when nothing of it is left at the gateway either. */
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "crew_inside.h"
#include "wire/case_order.h"

static void ask_for(struct crew *crew, const char *alert_id)
{
    for (size_t i = 0; i < crew->purge_count; i++) {
        if (strcmp(crew->purges[i], alert_id) == 0)
            return;
    }
    if (crew->purge_count < PURGES_MAX)
        memcpy(crew->purges[crew->purge_count++], alert_id, ULID_SIZE + 1);
}

void crew_hears_purge(struct crew *crew, const Tocsin__V1__Reply *reply)
{
    if (reply->body_case == TOCSIN__V1__REPLY__BODY_PUSH &&
        reply->push->kind_case == TOCSIN__V1__FEED_PAYLOAD__KIND_PURGE)
        ask_for(crew, reply->push->purge->alert_id);
}

static void confirm(struct crew *crew, char *alert_id)
{
    struct bundle *ferry = &crew->ferry->bundle;
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ConfirmPurge body = TOCSIN__V1__CONFIRM_PURGE__INIT;
    Tocsin__V1__PurgeDone done = TOCSIN__V1__PURGE_DONE__INIT;
    uint8_t id[16];
    uint8_t *bytes;
    size_t size;

    done.node = ferry->id;
    done.alert_id = alert_id;
    done.at_ms = world_wall_ms(crew->world);
    bytes = purge_sign(&done, &ferry->key, &size);
    body.purge = tocsin__v1__signed_purge__unpack(NULL, size, bytes);
    free(bytes);
    chance_fill(&crew->world->chance, id, sizeof id);
    request.request_id = (ProtobufCBinaryData){sizeof id, id};
    request.body_case = TOCSIN__V1__REQUEST__BODY_CONFIRM_PURGE;
    request.confirm_purge = &body;
    bytes = encode(&request.base, &size);
    (void)wire_send(&crew->ferry->wire, bytes, size);
    free(bytes);
    tocsin__v1__signed_purge__free_unpacked(body.purge, NULL);
}

/* What is lost on the way the broker asks for again. */
void crew_confirms(struct crew *crew)
{
    for (size_t i = crew->purge_count; i > 0; i--) {
        char *alert_id = crew->purges[i - 1];

        if (!gateway_purged(crew->gateway, alert_id))
            continue;
        confirm(crew, alert_id);
        memmove(alert_id, crew->purges[--crew->purge_count], ULID_SIZE + 1);
    }
}

void crew_check_purged(const struct crew *crew)
{
    const struct paper_page *page = crew->paper->durable;

    for (size_t i = 0; i < page->row_count; i++) {
        const struct paper_row *row = &page->rows[i];
        const struct model_alert *alert =
            model_alert(crew->world->model, row->fate.alert_id);

        /* what waits is told first */
        if (row->used && row->pictured && alert != NULL && alert->sealed &&
            row->fate.state != TOCSIN__V1__FATE_STATE__FATE_STATE_WAITING)
            broken(crew->world, "no photograph of a sealed case is kept",
                   "%s: %s", row->fate.device, row->fate.alert_id);
    }
}
