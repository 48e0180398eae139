/* The invitation of a handheld. */
#include <stdlib.h>

#include <sodium.h>

#include "lib/common.h"
#include "wire/decode.h"

const uint8_t *tocsin_bundle_authority(const struct tocsin_bundle *bundle)
{
    return bundle->inner.authority;
}

static uint8_t *pack(Tocsin__V1__Invite *invite, size_t *size)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    uint8_t id[REQUEST_ID_SIZE];

    randombytes_buf(id, sizeof id);
    request.request_id = (ProtobufCBinaryData){sizeof id, id};
    request.body_case = TOCSIN__V1__REQUEST__BODY_INVITE;
    request.invite = invite;
    return encode(&request.base, size);
}

enum tocsin_status
tocsin_invite_prepare(const struct tocsin_invitation *invitation,
                      uint8_t secret[TOCSIN_SECRET_SIZE], uint8_t **request,
                      size_t *size, struct tocsin_diag *why)
{
    Tocsin__V1__Invite invite = TOCSIN__V1__INVITE__INIT;
    struct complaint complaint = {0};
    struct keypair pair;
    enum tocsin_status status;

    lib_start();
    randombytes_buf(secret, TOCSIN_SECRET_SIZE);
    keypair_from_secret(&pair, secret);
    invite.device = (char *)(uintptr_t)invitation->device;
    invite.gateway = (char *)(uintptr_t)invitation->gateway;
    invite.name = (char *)(uintptr_t)invitation->name;
    if (invitation->name_en != NULL)
        invite.name_en = (char *)(uintptr_t)invitation->name_en;
    invite.secret_key = (ProtobufCBinaryData){KEY_SIZE, pair.public_key};
    invite.expires_ms = invitation->expires_ms;
    invite.rekey = invitation->rekey;
    status = check_invite(&invite, &complaint)
                 ? lib_check_texts(&invite.base, why)
                 : lib_complained(why, &complaint);
    if (status == TOCSIN_OK)
        *request = pack(&invite, size);
    keypair_wipe(&pair);
    return status;
}
