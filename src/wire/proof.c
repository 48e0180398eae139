#include "wire/proof.h"

#include <string.h>

#include "wire/check.h"

static void *take(struct arena *arena, size_t size)
{
    void *memory = arena->allocator.alloc(arena, size);

    REQUIRE(memory != NULL);
    return memory;
}

Tocsin__V1__SignedDeviceProof *proof_make(struct arena *arena,
                                          const Tocsin__V1__DeviceProof *proof,
                                          const struct keypair *broker)
{
    Tocsin__V1__SignedDeviceProof *sealed = take(arena, sizeof *sealed);
    size_t size = protobuf_c_message_get_packed_size(&proof->base);
    uint8_t *content = take(arena, size);
    uint8_t *signature = take(arena, SIGNATURE_SIZE);

    (void)protobuf_c_message_pack(&proof->base, content);
    sign(signature, CONTEXT_PROOF, content, size, broker);
    tocsin__v1__signed_device_proof__init(sealed);
    sealed->content = (ProtobufCBinaryData){size, content};
    sealed->signature = (ProtobufCBinaryData){SIGNATURE_SIZE, signature};
    return sealed;
}

enum status proof_open(const Tocsin__V1__DeviceProof **out, struct arena *arena,
                       const Tocsin__V1__SignedDeviceProof *sealed,
                       const uint8_t broker[KEY_SIZE])
{
    const Tocsin__V1__DeviceProof *proof;

    if (sealed->content.len > PROOF_CONTENT_MAX)
        return STATUS_MALFORMED;
    if (!verify(sealed->signature.data, sealed->signature.len, CONTEXT_PROOF,
                sealed->content.data, sealed->content.len, broker))
        return STATUS_FORGED;
    proof = decode(arena, &tocsin__v1__device_proof__descriptor,
                   sealed->content.data, sealed->content.len, NULL);
    if (proof == NULL || !principal_id_valid(proof->device) ||
        proof->public_key.len != KEY_SIZE)
        return STATUS_MALFORMED;
    *out = proof;
    return STATUS_OK;
}
