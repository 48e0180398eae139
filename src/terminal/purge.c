/* Sealed cases: nothing of them stays here, and the broker is told so. */
#include "terminal/core.h"

#include <stdlib.h>
#include <string.h>

#include "wire/case_order.h"

/* Off the screen, off the disk; only its id stays, so that it is not taken
 * again, and that it is over, which its withdrawal need not have told us. */
static void forget(struct terminal *terminal, struct holding *holding,
                   int64_t wall_ms)
{
    struct holding kept;

    held_uncount(&terminal->held, holding);
    holding->withdrawn = true;
    held_count(&terminal->held, holding);
    if (holding->ended_ms == 0)
        holding->ended_ms = wall_ms;
    held_touch(&terminal->held, holding);
    if (holding->bare)
        return;
    kept = *holding;
    kept.announced = 0; /* no screen begins with it */
    terminal->store.keep(terminal->store.arg, &kept, (struct blob){NULL, 0});
    holding_strip(terminal, holding);
}

/* It was never here, but may be on its way: it is not taken then. NULL: there
 * is no room to know it. */
static struct holding *foresee(struct terminal *terminal, const char *alert_id)
{
    struct holding *holding = held_add(&terminal->held, alert_id);

    if (holding == NULL)
        return NULL;
    holding->sequence = terminal->chain.newest > 0 ? terminal->chain.newest : 1;
    holding->line = terminal->lines;
    return holding;
}

static bool is_known(const struct purges *purges, const char *alert_id)
{
    for (size_t i = 0; i < purges->count; i++) {
        if (strcmp(purges->alert_ids[i], alert_id) == 0)
            return true;
    }
    return false;
}

static bool is_purged(struct terminal *terminal, const char *alert_id)
{
    return terminal->port.purged == NULL ||
           terminal->port.purged(terminal->port.arg, alert_id);
}

void take_purge(struct terminal *terminal, const Tocsin__V1__Purge *purge,
                struct moment now)
{
    struct purges *purges = &terminal->purges;
    struct holding *holding;

    if (!ulid_valid(purge->alert_id) || is_known(purges, purge->alert_id))
        return;
    holding = held_find(&terminal->held, purge->alert_id);
    if (holding == NULL)
        holding = foresee(terminal, purge->alert_id);
    if (holding != NULL)
        forget(terminal, holding, daytime_ms(terminal, now));
    terminal->store.strip(terminal->store.arg, purge->alert_id);
    if (terminal->store.purge_photographs != NULL)
        terminal->store.purge_photographs(terminal->store.arg, purge->alert_id);
    if (strcmp(terminal->shipment.photograph.alert_id, purge->alert_id) == 0)
        shipment_drop(terminal);
    if (purges->count == PURGES_MAX) { /* it is asked again, and has gone */
        (void)is_purged(terminal, purge->alert_id);
        return;
    }
    memcpy(purges->alert_ids[purges->count++], purge->alert_id, ULID_SIZE + 1);
}

static bool confirm(struct terminal *terminal, const char *alert_id,
                    struct moment now)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__ConfirmPurge body = TOCSIN__V1__CONFIRM_PURGE__INIT;
    Tocsin__V1__PurgeDone done = TOCSIN__V1__PURGE_DONE__INIT;
    uint8_t id[16];
    uint8_t *bytes;
    size_t size;
    bool sent;

    done.node = terminal->node;
    done.alert_id = (char *)(uintptr_t)alert_id;
    done.at_ms = now.wall_ms;
    bytes = purge_sign(&done, terminal->key, &size);
    body.purge = tocsin__v1__signed_purge__unpack(NULL, size, bytes);
    free(bytes);
    terminal->port.random(terminal->port.arg, id, sizeof id);
    request.request_id = (ProtobufCBinaryData){sizeof id, id};
    request.body_case = TOCSIN__V1__REQUEST__BODY_CONFIRM_PURGE;
    request.confirm_purge = &body;
    bytes = encode(&request.base, &size);
    sent = terminal->port.send(terminal->port.arg, bytes, size);
    free(bytes);
    tocsin__v1__signed_purge__free_unpacked(body.purge, NULL);
    return sent;
}

/* What is lost on the way is asked for again by the broker. */
void purges_send(struct terminal *terminal, struct moment now)
{
    struct purges *purges = &terminal->purges;

    for (size_t i = purges->count; i > 0; i--) {
        char *alert_id = purges->alert_ids[i - 1];

        if (!is_purged(terminal, alert_id))
            continue;
        if (terminal->key != NULL && !confirm(terminal, alert_id, now))
            return;
        note(terminal, LEVEL_INFO, "alert.purged", "alert=%s", alert_id);
        memmove(alert_id, purges->alert_ids[--purges->count], ULID_SIZE + 1);
    }
}
