/* What a handheld has signed, as the request that takes it to the broker. */
#include "gateway/core.h"

static void pack_answer(struct slot *slot,
                        const Tocsin__V1__SignedAnswer *sealed, int64_t now_ms,
                        Tocsin__V1__Request *request)
{
    Tocsin__V1__Acknowledge acknowledge = TOCSIN__V1__ACKNOWLEDGE__INIT;

    acknowledge.answer = (Tocsin__V1__SignedAnswer *)(uintptr_t)sealed;
    acknowledge.taken_ms = slot->fate.taken_ms;
    acknowledge.relayed_ms = now_ms;
    request->body_case = TOCSIN__V1__REQUEST__BODY_ACKNOWLEDGE;
    request->acknowledge = &acknowledge;
    slot->bytes = encode(&request->base, &slot->size);
}

static void pack_found(struct slot *slot,
                       const Tocsin__V1__SignedAnswer *sealed, int64_t now_ms,
                       Tocsin__V1__Request *request)
{
    Tocsin__V1__RegisterFound register_found = TOCSIN__V1__REGISTER_FOUND__INIT;
    Tocsin__V1__SignedFound found = TOCSIN__V1__SIGNED_FOUND__INIT;

    found.content = sealed->content;
    found.signature = sealed->signature;
    register_found.found = &found;
    register_found.taken_ms = slot->fate.taken_ms;
    register_found.relayed_ms = now_ms;
    request->body_case = TOCSIN__V1__REQUEST__BODY_REGISTER_FOUND;
    request->register_found = &register_found;
    slot->bytes = encode(&request->base, &slot->size);
}

void relay_pack(struct slot *slot, const Tocsin__V1__SignedAnswer *sealed,
                int64_t now_ms)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;

    request.request_id =
        (ProtobufCBinaryData){sizeof slot->request_id, slot->request_id};
    switch (slot->fate.kind) {
    case FATE_ANSWER:
        pack_answer(slot, sealed, now_ms, &request);
        break;
    case FATE_FOUND:
        pack_found(slot, sealed, now_ms, &request);
        break;
    }
}
