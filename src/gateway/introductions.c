/* Where no line is: a handheld that this gateway has never heard of shows the
 * broker's word that its key is its own, and may answer. More it may not, until
 * the broker says the same here, and says that it is not revoked. */
#include <stdlib.h>
#include <string.h>

#include "gateway/core.h"
#include "wire/proof.h"

#define RENEW_MS (24LL * 3600 * 1000)
#define CLOCK_SLACK_MS (24LL * 3600 * 1000) /* of gateways without a line */

void proof_keep(struct device *device,
                const Tocsin__V1__SignedDeviceProof *proof, int64_t now_ms)
{
    free(device->proof);
    device->proof = encode(&proof->base, &device->proof_size);
    device->proof_ms = now_ms;
}

void take_proof(struct gateway *gateway, const struct asked *asked,
                struct moment now)
{
    struct device *device = asked->device;
    const ProtobufCMessage *proof = NULL;

    if (device->proof == NULL || now.monotonic_ms - device->proof_ms > RENEW_MS)
        device_ask(gateway, device);
    if (device->proof != NULL)
        proof = decode(&gateway->inner,
                       &tocsin__v1__signed_device_proof__descriptor,
                       device->proof, device->proof_size, NULL);
    if (proof != NULL)
        respond_message(gateway, asked->exchange, 200, proof, asked->protobuf);
    else
        respond_problem(
            gateway, asked,
            (struct problem){503, TOCSIN__V1__STATUS__STATUS_UNAVAILABLE, 1000},
            "device", "the centre is being asked for it");
}

static const Tocsin__V1__DeviceProof *
open_proof(struct gateway *gateway, const struct asked *asked,
           const Tocsin__V1__SignedDeviceProof *sealed, struct moment now)
{
    const Tocsin__V1__DeviceProof *proof;
    struct problem denied = {403, TOCSIN__V1__STATUS__STATUS_DENIED, 0};
    int64_t today = today_ms(gateway, now);

    if (proof_open(&proof, &gateway->inner, sealed, gateway->broker) !=
        STATUS_OK)
        respond_problem(gateway, asked, denied, "signature",
                        "is not the broker's");
    else if (today < proof->not_before_ms - CLOCK_SLACK_MS ||
             today > proof->not_after_ms)
        respond_problem(gateway, asked, denied, "content",
                        "is not good any more; a new one is needed");
    else
        return proof;
    return NULL;
}

static void introduce(struct gateway *gateway,
                      const Tocsin__V1__DeviceProof *proof)
{
    struct device *device = device_add(gateway, proof->device);

    memcpy(device->key, proof->public_key.data, KEY_SIZE);
    device->introduced = true;
    device->kept = KEPT_NOT;
    gateway->roster.dirty = true;
    gateway_note(gateway, LEVEL_INFO, "device.introduced", "device=%s",
                 device->id);
    device_ask(gateway, device);
}

void take_introduction(struct gateway *gateway, const struct asked *asked,
                       struct moment now)
{
    const struct gateway_response done = {.code = 204};
    const struct problem denied = {403, TOCSIN__V1__STATUS__STATUS_DENIED, 0};
    const Tocsin__V1__SignedDeviceProof *sealed =
        body_of(gateway, asked, &tocsin__v1__signed_device_proof__descriptor);
    const Tocsin__V1__DeviceProof *proof;
    struct device *device;

    if (sealed == NULL)
        return;
    proof = open_proof(gateway, asked, sealed, now);
    if (proof == NULL)
        return;
    device = device_find(gateway, proof->device);
    if (device == NULL) {
        introduce(gateway, proof);
        respond(gateway, asked->exchange, &done);
    } else if (!device_may(gateway, asked, device, now)) {
        return;
    } else if (memcmp(device->key, proof->public_key.data, KEY_SIZE) != 0) {
        respond_problem(gateway, asked, denied, "device",
                        "has another key, as is known here");
    } else {
        respond(gateway, asked->exchange, &done);
    }
}
