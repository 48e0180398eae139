#include "terminal/says.h"

#include <stdlib.h>

uint8_t *answer_request(const Tocsin__V1__Answer *answer,
                        const struct keypair *key, const uint8_t request_id[16],
                        size_t *size)
{
    Tocsin__V1__Request request = TOCSIN__V1__REQUEST__INIT;
    Tocsin__V1__Acknowledge acknowledge = TOCSIN__V1__ACKNOWLEDGE__INIT;
    size_t sealed_size;
    uint8_t *sealed = answer_sign(answer, key, &sealed_size);
    uint8_t *bytes;

    acknowledge.answer =
        tocsin__v1__signed_answer__unpack(NULL, sealed_size, sealed);
    REQUIRE(acknowledge.answer != NULL);
    free(sealed);
    request.request_id =
        (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)request_id};
    request.body_case = TOCSIN__V1__REQUEST__BODY_ACKNOWLEDGE;
    request.acknowledge = &acknowledge;
    bytes = encode(&request.base, size);
    tocsin__v1__signed_answer__free_unpacked(acknowledge.answer, NULL);
    return bytes;
}

void say_held(struct terminal *terminal, const struct holding *holding,
              struct moment now)
{
    Tocsin__V1__Answer answer = TOCSIN__V1__ANSWER__INIT;
    struct machine_answer queued = {.alert_id = holding->alert_id,
                                    .revision = holding->revision,
                                    .rung = TOCSIN__V1__RUNG__RUNG_HELD,
                                    .at_ms = now.wall_ms};
    uint8_t ids[32];
    uint8_t *request;

    terminal->port.random(terminal->port.arg, ids, sizeof ids);
    answer.answer_id = (ProtobufCBinaryData){16, ids};
    answer.node = terminal->node;
    answer.alert_id = (char *)(uintptr_t)holding->alert_id;
    answer.revision = holding->revision;
    answer.rung = queued.rung;
    answer.at_ms = now.wall_ms;
    request = answer_request(&answer, NULL, ids + 16, &queued.request.size);
    queued.request.data = request;
    queued.answer_id = ids;
    queued.request_id = ids + 16;
    terminal->store.queue(terminal->store.arg, &queued);
    free(request);
    outbox_look(&terminal->outbox);
}
