/* Handhelds: which there are, and which are invited and have not come. */
#include "broker/core_private.h"

#include <stdlib.h>
#include <string.h>

#include "wire/proof.h"

#define DEVICES_PER_PAGE 400
#define INVITATIONS_PER_PAGE 200

static bool is_device(const struct principal *who)
{
    return who != NULL && who->role == TOCSIN__V1__ROLE__ROLE_DEVICE;
}

static bool is_reached_by(const struct principal *device,
                          const struct principal *gateway)
{
    return device->reachable != NULL &&
           strcmp(device->reachable->gateway, gateway->id) == 0;
}

/* One by its id, whoever asks for it and however often; else what comes after
 * the last page of the gateway's own. */
static size_t find_devices(const struct book *book,
                           const struct principal *gateway,
                           const Tocsin__V1__ListDevices *ask,
                           const struct principal **found)
{
    size_t count = 0;

    if (ask->id[0] != '\0') {
        found[0] = book_principal(book, ask->id);
        return is_device(found[0]) ? 1 : 0;
    }
    for (size_t i = 0; i < book->principal_count; i++) {
        if (is_device(book->principals[i]) &&
            is_reached_by(book->principals[i], gateway) &&
            strcmp(book->principals[i]->id, ask->after) > 0)
            found[count++] = book->principals[i];
    }
    return board_sort(found, count, DEVICES_PER_PAGE + 1);
}

static Tocsin__V1__Device *make_device(struct broker *broker,
                                       const struct principal *from)
{
    Tocsin__V1__Device *device =
        arena_message(&broker->arena, &tocsin__v1__device__descriptor);

    device->id = (char *)(uintptr_t)from->id;
    device->public_key = bytes_of(from->key, KEY_SIZE);
    device->revoked = from->revoked;
    if (from->reachable != NULL)
        device->gateway = from->reachable->gateway;
    return device;
}

/* One alone: its gateway gives it to the handheld, for where no line is. */
static void prove_device(struct broker *broker, Tocsin__V1__Device *device,
                         int64_t now_ms)
{
    Tocsin__V1__DeviceProof proof = TOCSIN__V1__DEVICE_PROOF__INIT;

    if (device->revoked || broker->config.key == NULL)
        return;
    proof.device = device->id;
    proof.public_key = device->public_key;
    proof.not_before_ms = now_ms;
    proof.not_after_ms = now_ms + PROOF_MS;
    device->proof = proof_make(&broker->arena, &proof, broker->config.key);
}

void device_list(struct broker *broker, const struct caller *caller,
                 const Tocsin__V1__ListDevices *ask, int64_t now_ms)
{
    const struct book *book = broker->book;
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;
    Tocsin__V1__DeviceList list = TOCSIN__V1__DEVICE_LIST__INIT;
    const struct principal **found = must_calloc(
        ask->id[0] != '\0' ? 1 : book->principal_count + 1, sizeof *found);
    size_t count =
        find_devices(book, book_number(book, caller->principal), ask, found);

    list.devices =
        arena_take(&broker->arena, DEVICES_PER_PAGE * sizeof *list.devices);
    list.more = count > DEVICES_PER_PAGE;
    while (list.n_devices < DEVICES_PER_PAGE && list.n_devices < count) {
        list.devices[list.n_devices] =
            make_device(broker, found[list.n_devices]);
        list.n_devices++;
    }
    free(found);
    if (ask->id[0] != '\0' && list.n_devices == 1)
        prove_device(broker, list.devices[0], now_ms);
    list.generation = book->generation;
    reply.body_case = TOCSIN__V1__REPLY__BODY_DEVICE_LIST;
    reply.device_list = &list;
    reply.status = TOCSIN__V1__STATUS__STATUS_OK;
    reply_send(broker, caller, &reply, now_ms);
}

/* ---- invitations ---------------------------------------------------------
 */

/* In the administrator's jurisdiction, where its gateway is. */
static bool is_asked_for(const struct book *book, const struct principal *who,
                         const struct invitation *invitation,
                         const Tocsin__V1__ListInvitations *ask, int64_t now_ms)
{
    const struct principal *gateway = book_principal(book, invitation->gateway);

    return gateway != NULL &&
           division_contains(who->division, gateway->division) &&
           now_ms < invitation->expires_ms &&
           strcmp(invitation->device, ask->after) > 0;
}

static int by_device(const void *a, const void *b)
{
    return strcmp((*(const struct invitation *const *)a)->device,
                  (*(const struct invitation *const *)b)->device);
}

static const struct invitation **
find_invitations(const struct book *book, const struct principal *who,
                 const Tocsin__V1__ListInvitations *ask, int64_t now_ms,
                 size_t *count)
{
    const struct invitation **found =
        must_calloc(book->invitation_count + 1, sizeof *found);

    *count = 0;
    for (size_t i = 0; i < book->invitation_count; i++) {
        if (is_asked_for(book, who, &book->invitations[i], ask, now_ms))
            found[(*count)++] = &book->invitations[i];
    }
    qsort(found, *count, sizeof *found, by_device);
    return found;
}

static Tocsin__V1__Invitation *make_invitation(struct broker *broker,
                                               const struct invitation *from)
{
    Tocsin__V1__Invitation *invitation =
        arena_message(&broker->arena, &tocsin__v1__invitation__descriptor);

    invitation->device = (char *)(uintptr_t)from->device;
    invitation->gateway = (char *)(uintptr_t)from->gateway;
    invitation->name = from->name;
    invitation->name_en = from->name_en;
    invitation->expires_ms = from->expires_ms;
    invitation->rekey = from->rekey;
    return invitation;
}

void invitation_list(struct broker *broker, const struct caller *caller,
                     const Tocsin__V1__ListInvitations *ask, int64_t now_ms)
{
    const struct book *book = broker->book;
    Tocsin__V1__Reply reply = TOCSIN__V1__REPLY__INIT;
    Tocsin__V1__InvitationList list = TOCSIN__V1__INVITATION_LIST__INIT;
    size_t count;
    const struct invitation **found = find_invitations(
        book, book_number(book, caller->principal), ask, now_ms, &count);
    size_t bytes = 0;

    list.invitations = arena_take(&broker->arena, INVITATIONS_PER_PAGE *
                                                      sizeof *list.invitations);
    for (size_t i = 0; i < count && !list.more; i++) {
        Tocsin__V1__Invitation *entry = make_invitation(broker, found[i]);

        bytes += protobuf_c_message_get_packed_size(&entry->base) + 8;
        if (list.n_invitations == INVITATIONS_PER_PAGE ||
            bytes > PAGE_BYTES_MAX)
            list.more = true;
        else
            list.invitations[list.n_invitations++] = entry;
    }
    free(found);
    reply.status = TOCSIN__V1__STATUS__STATUS_OK;
    reply.body_case = TOCSIN__V1__REPLY__BODY_INVITATION_LIST;
    reply.invitation_list = &list;
    reply_send(broker, caller, &reply, now_ms);
}
